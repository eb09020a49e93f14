"""To judge answers instead of giving them: can the question be answered, what is missing or false, is this one right?

The answer to be judged is the model's own, drawn at temperature 1; what is said of it is written from what is known:
what the question calls for, its accepted answers, and where it differs from its twin.

Source: Critique Fine-Tuning (arXiv 2501.17703), §2: the likelihood of a critique given question and noisy answer is
    raised. There the critiques are a larger model's; here they are templates over known truth.
Cost: two short replies a question, once.
Fails when: the templates are all that is learned (few phrasings, long training); or when judging does not carry over to
    answering: the audit must show that it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from knowwhen.training.makers._critiques import critique, request
from knowwhen.training.makers._said import Said, Say, replies, right_share, tell
from knowwhen.training.rows import Row, reply, row_of
from knowwhen.types import Item, Message, Model, Move

WRITES = "examples"


def make(
    model: Model,
    items: Sequence[Item],
    *,
    seed: int = 0,
    noisy: bool = True,
    max_tokens: int = 48,
    say: Say = None,
) -> Iterator[Row]:
    """One row an item, in order, with `sound`: whether the answer that is judged is as it should be.

    An answer to an open request, of which nothing is known to be right, cannot be judged and is left out.

    Args:
        noisy: judge a drawn reply, else the greedy one.
        say: is told how many items were left out, and why.
    """
    left: Counter[str] = Counter()
    twins = {item.id: item for item in items}
    for item, said in replies(model, items, samples=int(noisy), max_tokens=max_tokens, seed=seed):
        one = said[-1]
        if why := _unfit(one):
            left[why] += 1
            continue
        rng = Random(f"critique_tuning {seed} {item.id}")
        put = (*item.messages[:-1], Message("user", request(item, one.text, rng)))
        twin = twins.get(item.twin) if item.twin else None
        text = critique(item, twin, one.verdict, rng)
        prompt = [{"role": m.role, "content": m.content} for m in put]
        more = {"completion": reply(text), "sound": one.fits, "right_share": right_share(item, said)}
        yield row_of(item, **more) | {"prompt": prompt}
    tell(say, left, len(items))


def _unfit(said: Said) -> str:
    """Why a reply cannot be judged; empty if it can."""
    if said.verdict.move is None:
        return f"ungraded ({said.verdict.why})"
    if not said.text:
        return "without a whole reply"
    if said.verdict.move is Move.ANSWER and said.right is None:
        return "of which rightness cannot be told"
    return ""
