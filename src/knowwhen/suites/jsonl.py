"""Your own questions from a file with one JSON object a line: jsonl:FILE.

Source: the file. Fields: input (or question), target (or answers, answer), calls_for (or answerable), id, twin,
    choices; every other field becomes a tag. `map` renames them: --map input=prompt reads the question from "prompt".
Cost: one prompt and one short reply an item.
Fails when: twins differ in more than one respect, or the two sides in length or wording; then the figures measure that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from knowwhen.suites._rows import Row, collect, lines_of
from knowwhen.types import Item


def items(*, path: str, map: Mapping[str, str] | None = None) -> list[Item]:
    """One item a line; blank lines are passed over.

    Raises:
        RequestError: names every bad line (the first 20, and how many more); nothing is left out silently.
    """
    return collect(_rows(path), path, map, split=False)


def _rows(path: str) -> Iterator[Row]:
    for number, text, fault in lines_of(path):
        if fault:
            yield Row(number, {}, fault)
        elif text.strip():
            yield _row(number, text)


def _row(number: int, text: str) -> Row:
    try:
        fields = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
        if "\\u" in text:
            json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Row(number, {}, "holds half of a surrogate pair, which is no character")
    except json.JSONDecodeError as error:
        return Row(number, {}, f"is not JSON: {error.msg} at column {error.colno}")
    except RecursionError:
        return Row(number, {}, "is nested too deeply to be read")
    except ValueError as error:
        return Row(number, {}, str(error))
    if not isinstance(fields, dict):
        hint = "; a file that is one JSON array has to be written one object a line" if number == 1 else ""
        return Row(number, {}, f"is not a JSON object{hint}")
    return Row(number, fields)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise ValueError(f"gives the field '{twice}' twice")
    return fields


def _refuse(constant: str) -> Any:
    raise ValueError(f"holds {constant}, which is not JSON")
