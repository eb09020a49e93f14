"""Closed answer sets: the model's own replies to a question, each with its verdict, beside ways to decline.

Source: own design, for exact training: the expected reward over a set is a sum, where sampling would estimate it.
Cost: `samples` + 1 short replies a question, once.
Fails when: the model's own replies hold no right answer: then only declining can earn, whatever it could have learned;
    or replies begin alike and end differently: a set knows their first sentences alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from knowwhen.conditions import put
from knowwhen.grading import Asked, grade
from knowwhen.training.declining import PHRASES, fitting, phrase
from knowwhen.training.rows import Candidate, Row, candidates_of, closed_row, item_of
from knowwhen.types import Condition, Generation, Item, Model, Move, Need, Response, Stop

WRITES = "closed"

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The confidences that a set offers to state, where asked to."""

_SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|\n|$)", re.DOTALL)


def make(
    model: Model,
    items: Sequence[Item],
    *,
    seed: int = 0,
    samples: int = 3,
    temperature: float = 0.7,
    answers: int = 3,
    max_tokens: int = 32,
    words: int = 12,
    gold: bool = False,
    confidence: bool = False,
    say: Callable[[str], None] | None = None,
) -> Iterator[Row]:
    """One row an item of which at least one reply answers and could be graded.

    Args:
        samples: replies drawn beside the greedy one.
        answers: how many different replies a set keeps, the most frequent first.
        words: of a reply's first sentence, how many stand for the replies that begin so.
        gold: whether an accepted answer joins the set where no reply of the model's is right.
        confidence: whether each answer comes with each of `LEVELS` stated behind it; see `stated`.
        say: is told how many items were left out, and why.
    """
    generation = Generation(
        max_tokens=max_tokens, samples=samples, temperature=temperature, seed=seed, needs=frozenset({Need.SAMPLES})
    )
    left = 0
    found = dict(model.respond([put(item, Condition.FREE) for item in items], generation))
    for index, item in enumerate(items):
        response, rng = found[index], Random(f"closed {seed} {item.id}")
        said = [] if response.stop is Stop.ERROR else [response.text, *response.samples]
        candidates = _own(item, said, answers, words)
        if gold and item.answerable and item.answers and not any(c.correct for c in candidates):
            candidates.append(Candidate(f"{item.answers[0]}.", Move.ANSWER, correct=True))
        if not any(c.move is Move.ANSWER for c in candidates):
            left += 1
            continue
        moves = dict.fromkeys((Move.ABSTAIN, fitting(item), rng.choice(tuple(PHRASES))))
        row = closed_row(item, _apart([*candidates, *(Candidate(phrase(move, rng), move) for move in moves)]))
        yield stated(row) if confidence else row
    if left and say:
        say(f"{left} of {len(items)} items were left out: no reply of the model's answers them and could be graded.")


def stated(row: Row) -> Row:
    """The row with every answer at every one of `LEVELS` of confidence, said behind it."""
    candidates: list[Candidate] = []
    for candidate in candidates_of(row):
        if candidate.move is Move.ANSWER:
            candidates += [replace(candidate, tail=f" I am {p:.0%} sure.", confidence=p, ended=True) for p in LEVELS]
        else:
            candidates.append(candidate)
    return closed_row(item_of(row), candidates)


def _own(item: Item, said: Sequence[str], most: int, words: int) -> list[Candidate]:
    """The beginnings of the replies, each once, the most frequent first, each with the verdict on a whole reply.

    A reply that the token limit cut is graded as it stands; its set says of it that it goes on.
    """
    begins: dict[str, list[str]] = {}
    for text in said:
        if sentence := first_sentence(text):
            begins.setdefault(" ".join(sentence.split(" ")[:words]), []).append(text)
    found = []
    for sentence in sorted(begins, key=lambda one: -len(begins[one])):
        verdict = grade(Asked(item.question, item.answers, item.choices), Response(begins[sentence][0]))
        correct = verdict.correct
        if verdict.move is Move.ANSWER and not item.answerable:
            correct = False
        found.append(Candidate(sentence, verdict.move, correct, ended=False))
    return [candidate for candidate in found if candidate.move is not None][:most]


def first_sentence(text: str) -> str:
    """The first sentence of a reply, without what follows."""
    match = _SENTENCE.match(text.strip())
    return match.group().strip() if match else ""


def _apart(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without those that another one begins: the events must not overlap."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: len(c.text)):
        if not any(candidate.text.startswith(other.text) for other in kept):
            kept.append(candidate)
    return kept
