"""Closed answer sets: the model's own replies to a question, each with its verdict, beside more ways to decline.

Source: own design, for exact training: the expected reward over a set is a sum, where sampling would estimate it.
Cost: `samples` + 1 replies a question, once.
Fails when: the model's own replies hold no right answer: then only declining can earn, whatever it could have learned.
    Or most replies are cut off before they say anything: those are left out; raise `max_tokens`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from knowwhen.conditions import put
from knowwhen.grading import Asked, grade
from knowwhen.training.declining import PHRASES, fitting
from knowwhen.training.makers._said import Said, Say, replies, sentences, tell
from knowwhen.training.rows import Candidate, Row, candidates_of, closed_row, item_of
from knowwhen.types import Item, Model, Move, Response

WRITES = "closed"

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""The confidences that a set offers to state, where asked to. With 0 among them a wrong answer can cost nothing, so
that under a proper score declining never pays more than an answer with an honest confidence."""

SAYING = " My confidence is {:.1f}."
"""How a confidence is stated behind an answer: of what was tried on the default model, the words under which its levels
are likely most evenly (1.5 nats of at most 1.8). Of "I am 100% sure." and the like one level has 97 %, and what is
never tried is never learned."""


def make(
    model: Model,
    items: Sequence[Item],
    *,
    seed: int = 0,
    samples: int = 3,
    temperature: float = 0.7,
    keep: int = 3,
    max_tokens: int = 48,
    gold: bool = False,
    confidence: bool = False,
    say: Say = None,
) -> Iterator[Row]:
    """One row an item of which at least one reply could be graded.

    Args:
        samples: replies drawn beside the greedy one.
        keep: how many different replies of the model's own a set keeps, the most frequent first.
        gold: whether an accepted answer joins the set where no reply of the model's is right.
        confidence: whether each answer comes with each of `LEVELS` stated behind it; see `stated`.
        say: is told how many items were left out, and why.
    """
    left: Counter[str] = Counter()
    asked = replies(model, items, samples=samples, max_tokens=max_tokens, seed=seed, temperature=temperature)
    made: list[tuple[Item, list[Candidate]]] = []
    for item, said in asked:
        rng = Random(f"closed {seed} {item.id}")
        candidates = _own(item, said, keep)
        if gold and item.answerable and item.answers and not any(c.correct for c in candidates):
            candidates.append(Candidate(f"{item.answers[0]}.", Move.ANSWER, correct=True))
        if not candidates:
            left["without a reply that could be graded"] += 1
            continue
        moves = dict.fromkeys((Move.ABSTAIN, fitting(item), rng.choice(tuple(PHRASES))))
        listed = [Candidate(text, move) for move in moves for text in PHRASES[move]]
        made.append((item, _apart([*candidates, *listed])))
    for item, candidates in scored(model, made):
        row = closed_row(item, _likeliest(candidates))
        yield stated(row) if confidence else row
    tell(say, left, len(items))


def scored(model: Model, made: Sequence[tuple[Item, list[Candidate]]]) -> Iterator[tuple[Item, list[Candidate]]]:
    """The sets with the log-probability of each text (with its end, if it is whole), from a model that scores."""
    score: Callable[..., Any] | None = getattr(model, "score", None)
    if score is None:
        yield from made
        return
    texts, ends = ([[getattr(c, name) for c in candidates] for _, candidates in made] for name in ("text", "ended"))
    found = score([put(item) for item, _ in made], texts, ends)
    for (item, candidates), logprobs in zip(made, found, strict=True):
        totals = (round(float(tokens.sum()), 4) for tokens in logprobs)
        yield item, [replace(c, logprob=total) for c, total in zip(candidates, totals, strict=True)]


def _likeliest(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of the ways to decline beside the model's own, the likeliest of each move, which takes the least to be said; the
    shortest where likelihoods are not known."""
    best: dict[Move | None, Candidate] = {}
    for c in candidates:
        if c.share is None and c.move is not Move.ANSWER and _likelihood(c) > _likelihood(best.get(c.move)):
            best[c.move] = c
    return [c for c in candidates if c.share is not None or c.move is Move.ANSWER or c is best.get(c.move)]


def _likelihood(candidate: Candidate | None) -> float:
    if candidate is None:
        return -math.inf
    return 0.0 if candidate.logprob is None else candidate.logprob


def stated(row: Row) -> Row:
    """The row with every answer at every one of `LEVELS` of confidence, said behind it."""
    candidates: list[Candidate] = []
    for candidate in candidates_of(row):
        if candidate.move is Move.ANSWER:
            candidates += [replace(candidate, tail=SAYING.format(p), confidence=p, ended=True) for p in LEVELS]
        else:
            candidates.append(candidate)
    return closed_row(item_of(row), candidates)


def _own(item: Item, said: Sequence[Said], most: int) -> list[Candidate]:
    """What the model says, declining or not, each reply once, the most frequent first.

    A set's texts stand for all replies that begin so, so the verdict must be that of the text itself. Of a right answer
    the first sentences that are right alone are kept; of a wrong one all that was said, for its beginning may still
    lead to a right one. What declines stands for itself alone, with its end: another ending may answer.
    """
    counted: Counter[Candidate] = Counter()
    for one in said:
        if not one.text or one.verdict.move is None:
            continue
        if one.verdict.move is Move.ANSWER:
            text = _rightly(item, one.text) if one.right else one.text
            counted[Candidate(text, Move.ANSWER, one.right, ended=False)] += 1
        else:
            counted[Candidate(one.text, one.verdict.move, ended=one.whole)] += 1
    kept = counted.most_common(most)
    total = sum(count for _, count in kept)
    return [replace(candidate, share=n / total) for candidate, n in kept]


def _rightly(item: Item, text: str) -> str:
    """The fewest sentences of a right answer that are right alone."""
    parts = sentences(text)
    for count in range(1, len(parts)):
        begun = text[: parts[count - 1]].strip()
        if grade(Asked(item.question, item.answers, item.choices), Response(begun)).correct:
            return begun
    return text


def _apart(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without those that another one stands for: the events must not overlap. Its share of what was drawn joins it."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: len(c.text)):
        for k, other in enumerate(kept):
            if candidate.text == other.text or (not other.ended and candidate.text.startswith(other.text)):
                if candidate.share is not None and other.share is not None:
                    kept[k] = replace(other, share=other.share + candidate.share)
                break
        else:
            kept.append(candidate)
    return kept
