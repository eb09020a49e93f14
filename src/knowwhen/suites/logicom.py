"""LOGICOM's claims: a claim, a reason for it, and which of two opposite assumptions makes the reason support the claim.

Source: Payandeh et al. 2023, "How susceptible are LLMs to Logical Fallacies?", arXiv 2308.09853;
    github.com/Amir-pyh/LOGICOM. The claims with their warrants come from Habernal et al. 2018, "The Argument Reasoning
    Comprehension Task", arXiv 1708.01425, whose question is asked here: which warrant is the right one. Every item
    calls for an answer.
Cost: one prompt of about 100 tokens and one short reply an item.
Notes: 200 claims, two opposite ones of each of 100 debates, which share a source_id. Upstream's right warrant is the
    second in 106 rows; here the two stand in an order drawn from the row's id. What LOGICOM itself measures, whether
    fallacies talk a model round in a debate, takes several turns and a second model: it is not measured here, so this
    suite shows accuracy and false alarms alone. No argument repeats.
Fails when: a model goes by the words: where "not" stands in one warrant alone (70 rows), that is the right one in 44;
    Niven & Kao 2019 (arXiv 1907.07355) found such cues to explain all that BERT scored on the task. Read accuracy
    against 0.5. Some warrants are garbled, and the claim itself may be one to disagree with, which is not asked.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._hub import unlike
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, mended, order, source_id
from knowwhen.types import Item, Move

PUBLISHED = Published(
    folder="logicom",
    files=(
        File(
            "all-claim-not-claim.csv",
            "86761a6d5b4debb35d70998cb950594d98df4f5c8dfa818454dd8def2f7c2a8b",
            "Amir-pyh/LOGICOM",
            "38a6b0338495bafc00b14a891a41db02ab427673",
            "claims/all-claim-not-claim.csv",
        ),
    ),
    licence="MIT",
    size=200,
    moves=("answer",),
    scenario="answerable",
)

_COLUMNS = ("id", "warrant_one", "warrant_two", "correctLabelW0orW1", "reason", "claim", "debateInfo")


def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """The claims in upstream's order. The seed makes no difference; the set is taken whole."""
    path = PUBLISHED.path("all-claim-not-claim.csv", data)
    found: list[Item] = []
    for n, row in enumerate(csv_rows(path, *_COLUMNS)):
        label, warrants = row["correctLabelW0orW1"], [row["warrant_one"].strip(), row["warrant_two"].strip()]
        if label not in ("0", "1"):
            raise unlike(path, f"record {n + 1} has correctLabelW0orW1 {label!r}; expected 0 or 1")
        found.append(
            item(
                row["id"],
                f"{row['debateInfo'].strip()}\n\nClaim: {row['claim'].strip()}\nReason: {row['reason'].strip()}\n"
                "Which of these two assumptions makes the reason support the claim?",
                Move.ANSWER,
                (warrants[int(label)],),
                set_="logicom",
                choices=order(f"logicom {row['id']}", warrants),
                scenario="answerable",
                domain="arguments",
                source_id=source_id(row["debateInfo"]),
            )
        )
    return mended(found)
