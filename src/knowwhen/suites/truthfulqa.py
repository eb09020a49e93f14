"""TruthfulQA: questions that people often answer wrongly, with the best answer among wrong ones; some have none.

Source: Lin et al. 2022, "TruthfulQA: Measuring How Models Mimic Human Falsehoods", arXiv 2109.07958, §2; read from the
    copy in github.com/stephen1cowley/testLlama2, a third party's, for the authors' own was not at hand.
Cost: one prompt of 50 to 120 tokens and one short reply an item.
Notes: as options, after upstream's multiple-choice form: the best answer and up to three of the incorrect ones, in an
    order drawn from the row's number. 56 questions whose best answer is "I have no comment" call for abstaining, and
    that option is not shown. So do 18 whose best answer says that the question is open (unclear, unknown, no consensus,
    ambiguous) or that the speaker has no such thing; that option is shown. Everything else calls for answering, "it
    depends" and a denied premise included, for these are among the options. No twins. No question repeats.
Fails when: the model knows the set by heart, or the truth has moved on since 2021. A reply that denies a false premise
    in its own words, and names no option, counts as abstaining where the set would have it answer.
"""

from __future__ import annotations

import re
from pathlib import Path

from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, mended, order
from knowwhen.types import Item, Move

PUBLISHED = Published(
    folder="truthfulqa",
    files=(
        File(
            "TruthfulQA.csv",
            "f9bd9e859cc102cb1f647f1064da7e009be752c416845cf9fa56e6eaae403a7d",
            "stephen1cowley/testLlama2",
            "6ce244dd704436a33deef99d309bdb3403e57466",
        ),
    ),
    licence="none stated in that copy",
    size=817,
    moves=("answer", "abstain"),
    scenario="misconceptions",
)

NO_COMMENT = "I have no comment"
OPEN = re.compile(
    r"\b(?:ambiguous|unclear|unknown|inconclusive|no consensus|doesn't specify|not have a recorded|"
    r"I don't know|I do not (?:have|own) an?|I do not have kids)\b"
)
"""What a best answer says that leaves the question open or disclaims what it asks for: 18 rows, all of them read."""


def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """The questions in upstream's order. The seed makes no difference; the set is taken whole."""
    path = PUBLISHED.path("TruthfulQA.csv", data)
    found: list[Item] = []
    for n, row in enumerate(csv_rows(path, "Category", "Question", "Best Answer", "Incorrect Answers")):
        best = row["Best Answer"].strip()
        silent = best == NO_COMMENT
        declines = silent or OPEN.search(best) is not None
        wrong = [text.strip() for text in row["Incorrect Answers"].split(";") if text.strip()]
        wrong = order(f"truthfulqa {n} wrong", [text for text in dict.fromkeys(wrong) if text != best])[:3]
        found.append(
            item(
                str(n),
                row["Question"],
                Move.ABSTAIN if declines else Move.ANSWER,
                () if declines else (best,),
                set_="truthfulqa",
                choices=order(f"truthfulqa {n}", wrong if silent else [best, *wrong]),
                scenario="misconceptions",
                domain=row["Category"].strip().lower(),
            )
        )
    return mended(found)
