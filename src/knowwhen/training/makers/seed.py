"""A few examples of both moves: the model's own reply where an answer is called for, declining where it is not.

Source: the cold start that makes declining sampled at all (Abstain-R1, arXiv 2604.17073; arXiv 2601.20126, §4.3).
Cost: one short reply a question that should be answered.
Fails when: there are many of them: then this is training with labels, and what comes after no longer shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from knowwhen.training.declining import fitting, phrase
from knowwhen.training.makers._said import Say, replies, right_share, tell
from knowwhen.training.rows import Row, reply, row_of
from knowwhen.types import Item, Model, Move

WRITES = "examples"


def make(
    model: Model, items: Sequence[Item], *, seed: int = 0, max_tokens: int = 48, say: Say = None
) -> Iterator[Row]:
    """One row an item, with `right_share`; what should be answered and was not, in whole sentences, is left out.

    Args:
        say: is told how many were left out.
    """
    left: Counter[str] = Counter()
    answered = [item for item in items if item.answerable]
    own = {item.id: said for item, said in replies(model, answered, samples=0, max_tokens=max_tokens, seed=seed)}
    for item in items:
        said = own.get(item.id, [])
        if item.answerable:
            text = said[0].text if said[0].verdict.move is Move.ANSWER else ""
        else:
            text = phrase(fitting(item), Random(f"seed {seed} {item.id}"))
        if text:
            yield row_of(item, completion=reply(text), right_share=right_share(item, said))
        else:
            left["without an answer in whole sentences"] += 1
    tell(say, left, len(items))
