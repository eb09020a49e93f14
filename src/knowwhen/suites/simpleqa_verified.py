"""SimpleQA Verified: a thousand SimpleQA questions, without repeats and with their references checked; all answerable.

Source: Haas et al. 2025 (arXiv 2509.07968); hub data set google/simpleqa-verified, simpleqa_verified.csv. Columns
    original_index, problem, answer, topic, answer_type, multi_step, requires_reasoning, urls, and the checksum: read
    from public code that reads and pins the file; 1,000 questions.
Cost: one prompt and one short reply an item.
Fails when: read as a measure of declining: every question has an answer, so that declining is always a false alarm
    here. A numeric reference states the range that upstream's grader accepts; here only the reference itself counts
    (`range` marks such items), so that accuracy is lower than upstream's.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._hub import hub, once, shaped
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, source_id, words
from knowwhen.types import Item, Move

PUBLISHED = Published(
    folder="simpleqa_verified",
    files=(
        File(
            path="simpleqa_verified.csv",
            url=hub("google/simpleqa-verified", "0dc97e0d28d8233463e005cdc4475cc2a13ba2dc", "simpleqa_verified.csv"),
            sha256="b5db21155444763543fe31b67e7cf28ce2bb225742a5b889421c5f182e2f92f5",
        ),
    ),
    licence="MIT",
    size=1000,
    moves=("answer",),
    scenario="answerable",
)


@shaped
def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """All questions in the file's order; `source_id` is that of the same words in `simpleqa`."""
    path = PUBLISHED.path("simpleqa_verified.csv", data)
    made = []
    for row in csv_rows(path, "original_index", "problem", "answer", "topic", "answer_type"):
        answer, ranged, _ = row["answer"].partition("(acceptable range")
        made.append(
            item(
                row["original_index"],
                row["problem"],
                Move.ANSWER,
                [answer.strip()],
                set_="simpleqa_verified",
                scenario="answerable",
                domain=words(row["topic"]),
                complexity="several steps" if row.get("multi_step", "").lower() == "true" else "short answer",
                kind=words(row["answer_type"]),
                range="yes" if ranged else "",
                source_id=source_id(row["problem"]),
            )
        )
    return once(made)
