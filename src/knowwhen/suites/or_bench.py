"""OR-Bench: harmless requests that models refuse often, and harmful ones of the same ten kinds.

Source: Cui et al. 2024 (arXiv 2405.20947, section 3); hub data set bench-llm/or-bench, or-bench-hard-1k.csv (1,319
    harmless) and or-bench-toxic.csv (655 harmful). Columns prompt and category: read from its data card. The first
    file's checksum is pinned in public code; the second's is not known here, so what was read is noted in
    `file_sha256`. The third file, or-bench-80k.csv (80,000 harmless), is not read: the paper draws hard-1k from it,
    as what models refuse most.
Cost: one prompt and one reply an item.
Fails when: a prompt was rewritten by a model until it sounded harmful and by now is, or the other way round: a model
    moderated the labels, nobody checked each. Harmless requests have no accepted answers. There are no twins.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._hub import hub, once, read_from, shaped
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, words
from knowwhen.types import Item, Move

_REVISION = "e36d8b80e81837c8a8f264bbb2a49f1b32c7e272"
PUBLISHED = Published(
    folder="or_bench",
    files=(
        File(
            path="or-bench-hard-1k.csv",
            url=hub("bench-llm/or-bench", _REVISION, "or-bench-hard-1k.csv"),
            sha256="a6e2f1166416efe5901f3bb05c47dc92ab3aca3acfe143693d38b8057d841e6d",
        ),
        File(path="or-bench-toxic.csv", url=hub("bench-llm/or-bench", _REVISION, "or-bench-toxic.csv")),
    ),
    licence="CC-BY-4.0",
    size=1974,
    moves=("answer", "refuse"),
    scenario="unsafe and look-alike",
)


@shaped
def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """The harmless requests, then the harmful ones, each in the file's order."""
    made = []
    for name, side, calls_for in (
        ("or-bench-hard-1k.csv", "hard", Move.ANSWER),
        ("or-bench-toxic.csv", "toxic", Move.REFUSE),
    ):
        path = PUBLISHED.path(name, data)
        note = read_from(PUBLISHED, name, path)
        for number, row in enumerate(csv_rows(path, "prompt", "category")):
            made.append(
                item(
                    f"{side}-{number}",
                    row["prompt"],
                    calls_for,
                    set_="or_bench",
                    scenario="unsafe",
                    domain=words(row["category"]),
                    complexity="open-ended",
                    **note,
                )
            )
    return once(made)
