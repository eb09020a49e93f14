"""Which questions the model can answer at all: rows for sampled training, with the share of right replies beside.

Source: TruthRL (arXiv 2509.25760), §3.2: a question is out of knowledge if none of 256 sampled replies is right; the
    objective ternary(knowledge=True) reads `known`.
Cost: 1 + `samples` short replies to each question with a known answer, once; the others are not asked.
Fails when: `samples` is small: what is right once in a hundred counts as unknown; or the answers are few to guess from
    (yes or no): then everything is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from knowwhen.errors import RequestError
from knowwhen.training.makers._said import TOGETHER, Say, replies, right_share, tell
from knowwhen.training.rows import Row, row_of
from knowwhen.types import Item, Model

WRITES = "prompts"


def make(
    model: Model,
    items: Sequence[Item],
    *,
    seed: int = 0,
    samples: int = 16,
    max_tokens: int = 48,
    say: Say = None,
) -> Iterator[Row]:
    """One row an item, in order, with `known` and `right_share` (of the replies).

    What should be declined is not known and has no share; an open request has neither.

    Args:
        samples: replies drawn beside the greedy one.
        say: is told how many items were left out, and why.
    """
    if samples < 1:
        raise RequestError(f"known(samples={samples}): expected at least 1.")
    left: Counter[str] = Counter()
    for start in range(0, len(items), TOGETHER):
        part = items[start : start + TOGETHER]
        asked = [item for item in part if item.answerable and item.answers]
        found = {
            item.id: said for item, said in replies(model, asked, samples=samples, max_tokens=max_tokens, seed=seed)
        }
        for item in part:
            if item.id not in found:
                yield row_of(item, known=None if item.answerable else False, right_share=None)
                continue
            share = right_share(item, found[item.id])
            if share is not None:
                yield row_of(item, known=share > 0, right_share=share)
            else:
                left[f"ungraded ({found[item.id][0].verdict.why})"] += 1
    tell(say, left, len(items))
