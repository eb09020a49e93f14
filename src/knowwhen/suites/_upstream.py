"""Shared parts of the published sets: reading upstream's formats, and mending what they are known to get wrong."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from knowwhen.errors import RequestError
from knowwhen.types import Item, Message, Move

DECLINE = frozenset({Move.ABSTAIN, Move.ASK})
"""What a question calls for that lacks something: saying so, or asking for it."""


def jsonl(path: Path, *fields: str) -> list[dict[str, Any]]:
    """The objects of a file with one a line; blank lines are passed over.

    Raises:
        RequestError: a line is no JSON object, or lacks one of `fields`.
    """
    rows = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            try:
                rows.append(_having(json.loads(line), fields))
            except ValueError as error:
                raise _unlike(path, f"line {number} {error}") from None
    return rows


def json_list(path: Path, *fields: str, under: str = "") -> list[dict[str, Any]]:
    """The objects of a JSON array, or of the array that stands under a key of the file's object.

    Raises:
        RequestError: it is not of that form, or an object lacks one of `fields`.
    """
    try:
        content = json.loads(_text(path))
        content = content[under] if under else content
    except (ValueError, KeyError, TypeError) as error:
        raise _unlike(path, f"is not JSON with {under or 'an array'} at its top ({error})") from None
    rows = []
    for number, row in enumerate(content):
        try:
            rows.append(_having(row, fields))
        except ValueError as error:
            raise _unlike(path, f"entry {number} {error}") from None
    return rows


def text_lines(path: Path) -> list[str]:
    """The records of a file with one a line, without blanks around them; the last line may end without a line feed.

    Raises:
        RequestError: a line before the end is empty, which would shift every record after it, or there is none.
    """
    lines = [line.strip() for line in _text(path).rstrip().split("\n")]
    if empty := next((number for number, line in enumerate(lines, 1) if not line), None):
        raise _unlike(path, f"line {empty} is empty; expected one record a line")
    return lines


def csv_rows(path: Path, *fields: str, skip: int = 0) -> list[dict[str, str]]:
    """The records of a comma-separated file by its header; cells may hold line breaks.

    Args:
        skip: records before the header.

    Raises:
        RequestError: it cannot be parsed, or the header lacks one of `fields`.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            records = list(csv.reader(stream, strict=True))[skip:]
        except (csv.Error, UnicodeDecodeError) as error:
            raise _unlike(path, f"is not CSV in UTF-8 ({error})") from None
    header = records[0] if records else []
    if lacking := [name for name in fields if name not in header]:
        raise _unlike(path, f"has no column {lacking[0]} (it has {', '.join(header) or 'none'})")
    if bad := next((n for n, cells in enumerate(records) if cells and len(cells) != len(header)), None):
        raise _unlike(path, f"has {len(records[bad])} cells in record {bad}; the header has {len(header)}")
    return [dict(zip(header, cells, strict=True)) for cells in records[1:] if cells]


def item(
    name: str,
    text: str,
    calls_for: Move | frozenset[Move],
    answers: Iterable[str] = (),
    *,
    set_: str,
    choices: Sequence[str] = (),
    twin: str | None = None,
    **tags: str,
) -> Item:
    """An item of a published set: the id is SET-NAME, the tag `source` is SET; empty tags are left out.

    Choices are shown below the question, one a line, with their letters.
    """
    if choices:
        text = "\n".join([text.rstrip(), *(f"{chr(65 + n)}. {choice}" for n, choice in enumerate(choices))])
    return Item(
        (Message("user", text.strip()),),
        frozenset({calls_for}) if isinstance(calls_for, Move) else calls_for,
        tuple(dict.fromkeys(answers)),
        tuple(choices),
        f"{set_}-{twin}" if twin else None,
        {key: value for key, value in (*tags.items(), ("source", set_)) if value},
        f"{set_}-{name}",
    )


def mended(items: Sequence[Item]) -> list[Item]:
    """The items without repeated questions and without questions that carry both labels.

    Of a question that stands there twice for the same side, the first stays. One that is asked for both sides says
    nothing of judgement, so all its copies go, and the twins of copies that calls for the other side with them. Twins
    that are left alone keep their place without a twin. Case, blanks and full stops make no difference between
    questions.
    """
    sides: dict[str, set[bool]] = {}
    for one in items:
        sides.setdefault(_bare(one.question), set()).add(one.answerable)
    kept: dict[str, Item] = {}
    seen: set[str] = set()
    for one in items:
        bare = _bare(one.question)
        if len(sides[bare]) == 1 and bare not in seen:
            kept[one.id] = one
        seen.add(bare)
    return [one if one.twin is None or one.twin in kept else replace(one, twin=None) for one in kept.values()]


def _bare(question: str) -> str:
    return " ".join(question.casefold().split())


def source_id(question: str) -> str:
    """A name for the entity behind a question: the same for the same words in any set, whatever case and marks."""
    return hashlib.sha256(" ".join(re.findall(r"\w+", question.casefold())).encode()).hexdigest()[:12]


def order(name: str, options: Sequence[str]) -> list[str]:
    """Options in an order drawn from the item's name, so that no letter gives the answer away and none ever moves."""
    mixed = list(options)
    Random(name).shuffle(mixed)
    return mixed


def plain(number: object) -> str:
    """A number as people write it: 460.0 → "460", 0.5 → "0.5"; anything else as it is.

    >>> plain(460.0), plain(0.5), plain("12 kg")
    ('460', '0.5', '12 kg')
    """
    if isinstance(number, float):
        return str(int(number)) if number.is_integer() else repr(number)
    return str(number)


def last_number(worked: str) -> str:
    """The final number of a worked GSM8K solution: what stands after the last "####", without thousands commas."""
    return worked.rsplit("####", 1)[-1].strip().replace(",", "")


def words(value: object) -> str:
    """A tag's value in plain lower-case words: "Physical_appearance" → "physical appearance"."""
    return " ".join(str(value).replace("_", " ").lower().split())


def one_of(name: str, value: str, known: Mapping[str, object] | Sequence[str], suite: str) -> str:
    """The value, if it is known.

    Raises:
        RequestError: it is not.
    """
    if value not in known:
        raise RequestError(f"{suite}({name}={value!r}): expected one of {', '.join(known)}.")
    return value


def _having(row: object, fields: Sequence[str]) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError(f"is no JSON object but {type(row).__name__}")
    if lacking := [name for name in fields if name not in row]:
        raise ValueError(f"has no field '{lacking[0]}' (it has {', '.join(map(str, row))})")
    return row


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unlike(path, f"is not UTF-8 ({error.reason} at byte {error.start})") from None


def _unlike(path: Path, why: str) -> RequestError:
    return RequestError(f"{path}: {why}. Is it the file that upstream publishes? See docs/suites.md.")
