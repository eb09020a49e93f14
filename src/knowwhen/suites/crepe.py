"""CREPE: questions from a forum for explanations, a quarter of them with a presupposition that is false.

Source: Yu et al. 2023 (arXiv 2211.17257, section 3); format from the README of velocityCavalry/CREPE: id, question,
    comment, labels (normal, false_presupposition; both where annotators disagree, in the training part only),
    presuppositions, corrections, passages. The authors' Google Drive link is reported dead, so the test part comes from
    the mirror tasksource/CREPE (revision main; its page states the checksum). 3,004 questions, 751 with a false
    presupposition.
Cost: one prompt and one reply of several sentences an item; the file is 42 MB, most of it passages that are not used.
Fails when: a right answer has to be told from a wrong one: explanations have no accepted answers, so only the move is
    graded. A reply that corrects the presupposition and then answers what was meant counts by what it begins with.
    There are no twins.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._hub import hub, lines, once, shaped, unlike
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import item, source_id
from knowwhen.types import Item, Move

PUBLISHED = Published(
    folder="crepe",
    files=(
        File(
            path="test.jsonl",
            url=hub("tasksource/CREPE", "main", "test.jsonl"),
            sha256="2ac1a3a04b5124c701efb7e6842737ea2c8ee53915250b5f2ee877af284f5efe",
        ),
    ),
    licence="BSD",
    size=3004,
    moves=("answer", "abstain"),
    scenario="false premise",
)

KNOWN = ("normal", "false_presupposition")
LABELS = {("normal",): Move.ANSWER, ("false_presupposition",): Move.ABSTAIN}


@shaped
def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """The questions on which the annotators agree, in the file's order."""
    path = PUBLISHED.path("test.jsonl", data)
    made = []
    for row in lines(path.read_bytes(), path, "id", "question", "labels"):
        labels = tuple(label.replace(" ", "_") for label in row["labels"])
        if not labels or set(labels) - set(KNOWN):
            raise unlike(path, f"question {row['id']} has the labels {row['labels']}; expected {', '.join(KNOWN)}")
        if labels in LABELS:
            made.append(
                item(
                    row["id"],
                    row["question"],
                    LABELS[labels],
                    set_="crepe",
                    scenario="false_premise",
                    domain="general",
                    complexity="explanation",
                    source_id=source_id(row["question"]),
                )
            )
    return once(made)
