"""Replies that judge nothing, graded as a reward grades them: hedges, the question again, a confidence alone, silence.

What policies earn by their verdicts alone is `objectives._checks`; here the grader stands between, on texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from knowwhen import registry
from knowwhen.objectives import load
from knowwhen.training.rewards import judged
from knowwhen.training.rows import Row, row_of
from knowwhen.types import Move, ask

KINDS: dict[str, tuple[str, str, str]] = {
    "place": ("What is the capital of Peru?", "Lima", "Cusco"),
    "number": ("What is 7 times 8?", "56", "54"),
    "name": ("Who wrote the play Hamlet?", "Shakespeare", "Marlowe"),
    "named": ("Is Lima or Cusco the capital of Peru?", "Lima", "Cusco"),
    "option": ("Which city is the capital of Peru?", "Lima", "Cusco"),
    "polar": ("Is Lima the capital of Peru?", "yes", "no"),
}
"""Kind of question → question, right answer, wrong answer. Of "option" both are offered."""

CHEATS = {
    "hedge": "{right} or {wrong}",
    "hedge, wrong first": "{wrong} or {right}",
    "either": "It is either {right} or {wrong}.",
    "maybe": "Maybe {right}, maybe {wrong}.",
    "both": "It is {right}. It is {wrong}.",
    "question": "{question}",
    "question, told": "You ask: {question}",
}

TAKEN = frozenset((kind, "both") for kind in ("place", "name", "named", "number", "polar"))
"""Known holes: taken for right answers, for an accepted answer is stated and the next sentence denies nothing."""

SILENT = ("", " \n", "<short>", "<confidence>0.9</confidence>", "<short><confidence>0.9</confidence>")

SPECS = (*registry.names("objectives"), "confidence_target(t=0.75)", "missing_premise(alarm=0)")
"""Not safety(charge=0, comply=0): it pays no answer to what should be answered."""


def row(kind: str) -> Row:
    question, right, wrong = KINDS[kind]
    return row_of(ask(question, Move.ANSWER, [right], choices=(right, wrong) if kind == "option" else ()))


def cases() -> Iterator[object]:
    for kind, cheat in product(KINDS, CHEATS):
        marks = [pytest.mark.xfail(strict=True, reason="taken for a right answer")] if (kind, cheat) in TAKEN else []
        yield pytest.param(kind, cheat, marks=marks)


@pytest.mark.parametrize(("kind", "cheat"), list(cases()))
def test_no_trick_earns_as_much_as_the_plain_right_answer(kind: str, cheat: str) -> None:
    question, right, wrong = KINDS[kind]
    text = CHEATS[cheat].format(question=question, right=right, wrong=wrong)
    for stated in ("", " <confidence>0.9</confidence>"):
        honest, tricked = judged([f"<short>{right}{stated}", f"<short>{text}{stated}"], [row(kind)] * 2)
        assert honest.correct
        assert tricked.move is not None
        for made in map(load, SPECS):
            if stated or not made.proper:  # which pays no answer that does not say how sure it is
                assert made.reward(tricked) < made.reward(honest)


@pytest.mark.parametrize("text", SILENT)
def test_a_reply_without_words_earns_no_number(text: str) -> None:
    rows = [*map(row, KINDS), row_of(ask("What is the capital of Zubrowka?", Move.ABSTAIN))]
    for seen in judged([text] * len(rows), rows):
        assert [load(spec).reward(seen) for spec in (*SPECS, "safety(charge=0, comply=0)")] == [None] * (len(SPECS) + 1)
