"""A few examples of both moves: the model's own reply where an answer is called for, declining where it is not.

Source: the cold start that makes declining sampled at all (Abstain-R1, arXiv 2604.17073; arXiv 2601.20126, §4.3).
Cost: one short reply a question that should be answered.
Fails when: there are many of them: then this is training with labels, and what comes after no longer shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

from knowwhen.conditions import put
from knowwhen.training.declining import fitting, phrase
from knowwhen.training.makers.closed import first_sentence
from knowwhen.training.rows import Row, prompt_of, reply
from knowwhen.types import Condition, Generation, Item, Model, Stop

WRITES = "examples"


def make(
    model: Model,
    items: Sequence[Item],
    *,
    seed: int = 0,
    max_tokens: int = 32,
    say: Callable[[str], None] | None = None,
) -> Iterator[Row]:
    """One row an item; items whose reply came to nothing are left out.

    Args:
        say: is told how many were left out.
    """
    asked = [k for k, item in enumerate(items) if item.answerable]
    prompts = [put(items[k], Condition.FREE) for k in asked]
    said = {asked[n]: r for n, r in model.respond(prompts, Generation(max_tokens=max_tokens, seed=seed))}
    left = 0
    for k, item in enumerate(items):
        if item.answerable:
            text = "" if said[k].stop is Stop.ERROR else first_sentence(said[k].text)
        else:
            text = phrase(fitting(item), Random(f"seed {seed} {item.id}"))
        if text:
            yield {"prompt": prompt_of(item), "completion": reply(text), "id": item.id}
        left += not text
    if left and say:
        say(f"{left} of {len(items)} items were left out: the model gave no reply to them.")
