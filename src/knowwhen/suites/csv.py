"""Your own questions from a comma-separated file with a header: csv:FILE.

Source: the file. Columns: input (or question), target (or answers, answer), calls_for (or answerable), id, twin,
    choices; every other column becomes a tag. A bar separates several targets, choices or moves ("Bombay|Mumbai"; a bar
    itself is written \\|). `map` renames columns: --map input=prompt reads the question from "prompt".
Cost: one prompt and one short reply an item.
Fails when: twins differ in more than one respect, or the two sides in length or wording; then the figures measure that.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from knowwhen.errors import RequestError
from knowwhen.suites._rows import NAMES, Row, collect, lines_of
from knowwhen.types import Item


def items(*, path: str, map: Mapping[str, str] | None = None) -> list[Item]:
    """One item a row; empty lines are passed over, and an empty cell is a field that is not there.

    Raises:
        RequestError: names every bad row by its first line (the first 20, and how many more); nothing is left out
            silently.
    """
    return collect(_rows(path, map or {}), path, map, split=True)


def _rows(path: str, map: Mapping[str, str]) -> Iterator[Row]:
    unreadable: dict[int, str] = {}

    def lines() -> Iterator[str]:
        for number, text, fault in lines_of(path):
            if fault:
                unreadable[number] = fault
            yield text

    reader = csv.reader(lines(), strict=True)
    header: list[str] | None = None
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "; is a quotation mark never closed?" if reader.line_num > start or "limit" in str(error) else ""
            yield Row(start, {}, f"is not CSV: {error}{hint}")
            continue
        bad = [unreadable[line] for line in range(start, reader.line_num + 1) if line in unreadable]
        if bad:
            yield Row(start, {}, bad[0])
        elif header is None and cells:
            header = _header(cells, path, start, map)
        elif header is not None and cells and len(cells) != len(header):
            yield Row(start, {}, f"has {len(cells)} cells; the header has {len(header)}")
        elif header is not None and cells:
            yield Row(start, dict(zip(header, cells, strict=True)))


def _header(cells: list[str], path: str, line: int, map: Mapping[str, str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    wanted = (map["input"],) if "input" in map else NAMES["input"]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise RequestError(f"{path}:{line}: the header has one column, {names[0]!r}; expected commas between columns.")
    if "" in names:
        raise RequestError(f"{path}:{line}: column {names.index('') + 1} of the header has no name; give it one.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise RequestError(f"{path}:{line}: the header names the column '{twice[0]}' twice.")
    if not set(wanted) & set(names):
        raise RequestError(
            f"{path}:{line}: the header has no column {' or '.join(wanted)} (it has {', '.join(names)}); if another "
            "column holds the question, name it with map (input=COLUMN)."
        )
    return names
