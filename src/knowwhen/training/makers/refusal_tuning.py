"""What the model knows it keeps saying, and where it is wrong it learns to say that it does not know.

Its own replies to each question are graded by the rules. Where answers are right often enough, its own right reply is
the example; where not, an "I don't know". Questions that should be declined get its own reply if that declines as it
should, else a declining one: of the kind (does not know, asks back, refuses) that the question calls for. How readily
a model declines afterwards follows the share of examples that do; it can be chosen.

Source: R-Tuning (arXiv 2311.09677), §3: certain and uncertain data told apart by the model's own answers. The share is
    ours; of reinforcement arXiv 2505.13988 shows that the share of unanswerable questions does as much.
Cost: 1 + `samples` short replies a question, once.
Fails when: the model is right by luck (raise `samples`); when right answers are told by string match, which makes known
    things unknown; or when nearly all is unknown: then the set teaches to decline always, unless `declining` says less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from knowwhen.errors import RequestError
from knowwhen.training.curriculum import mix
from knowwhen.training.declining import phrase
from knowwhen.training.makers._said import Said, Say, replies, right_share, tell
from knowwhen.training.rows import Row, reply, row_of
from knowwhen.types import DECLINED, Item, Model, Move

WRITES = "examples"


def check(samples: int = 0, least: float = 0.5, declining: float | None = None, **_: object) -> None:
    """Refuse settings out of their range.

    Raises:
        RequestError: says which.
    """
    if samples < 0 or not 0 < least <= 1:
        raise RequestError(f"refusal_tuning(samples={samples}, least={least}): expected samples ≥ 0 and 0 < least ≤ 1.")
    if declining is not None and not (isinstance(declining, float) and 0 < declining < 1):
        raise RequestError(f"refusal_tuning(declining={declining!r}): expected a share above 0 and below 1.")


def make(
    model: Model,
    items: Sequence[Item],
    *,
    seed: int = 0,
    samples: int = 0,
    least: float = 0.5,
    max_tokens: int = 48,
    keep_open: bool = True,
    declining: float | None = None,
    say: Say = None,
) -> Iterator[Row]:
    """One row an item, in order, with `kept` (whether the completion is the model's own reply), `declines` (whether it
    declines) and `right_share`.

    Args:
        samples: replies drawn beside the greedy one.
        least: the share of right ones, among the answers that can be told right or wrong, from which a question counts
            as known.
        keep_open: whether an answer to an open request, of which nothing is known to be right, is kept.
        declining: the share of rows that decline; of what is too many some are left out, at random. None: as they come.
        say: is told how many items were left out, and why.

    Raises:
        RequestError: settings out of their range, or too few rows of one side for that share.
    """
    check(samples, least, declining)
    rows = _rows(model, items, seed, samples, least, max_tokens, keep_open, say)
    yield from rows if declining is None else mix(list(rows), declining, seed, of=lambda row: bool(row["declines"]))


def _rows(
    model: Model,
    items: Sequence[Item],
    seed: int,
    samples: int,
    least: float,
    max_tokens: int,
    keep_open: bool,
    say: Say,
) -> Iterator[Row]:
    left: Counter[str] = Counter()
    for item, said in replies(model, items, samples=samples, max_tokens=max_tokens, seed=seed):
        rng = Random(f"refusal_tuning {seed} {item.id}")
        if not item.answerable:
            moves = sorted(item.calls_for & DECLINED)
            own = next((one.text for one in said if one.fits and one.text), "")
            text, why, declines = own or phrase(rng.choice(moves), rng), "", True
        else:
            own, why = _known(item, said, least, keep_open)
            text, declines = own or phrase(Move.ABSTAIN, rng), not own
        if why:
            left[why] += 1
        else:
            seen = {"kept": bool(own), "declines": declines, "right_share": right_share(item, said)}
            yield row_of(item, completion=reply(text), **seen)
    tell(say, left, len(items))


def _known(item: Item, said: Sequence[Said], least: float, keep_open: bool) -> tuple[str, str]:
    """(the reply to keep, empty for "I don't know"; why the item is left out, empty if it is not)."""
    answering = [one for one in said if one.verdict.move is Move.ANSWER]
    if not answering:
        declining = any(one.verdict.move is not None for one in said)
        return "", "declined though they should be answered" if declining else f"ungraded ({said[0].verdict.why})"
    if not item.answers:
        whole = next((one.text for one in answering if one.text), "")
        if keep_open and whole:
            return whole, ""
        return "", "without a whole reply" if keep_open else "without a known answer"
    told = [one.right for one in answering if one.right is not None]
    if not told:
        return "", "of which rightness cannot be told"
    if sum(told) < least * len(told):
        return "", ""
    whole = next((one.text for one in answering if one.right and one.text), "")
    return whole, "" if whole else "without a whole reply"
