"""What a model says to items, graded, and as much of it as can be imitated: whole sentences, one turn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from knowwhen.conditions import put
from knowwhen.grading import Asked, grade
from knowwhen.grading._plain import first_turn
from knowwhen.grading.rules import split_at_last_end
from knowwhen.types import DECLINED, Generation, Item, Model, Move, Need, Response, Stop, Verdict

TOGETHER = 64
"""Items that are asked at once: enough to fill an engine, few enough that rows come while it works."""

Say = Callable[[str], None] | None


@dataclass(frozen=True, slots=True)
class Said:
    """One reply to one item."""

    text: str
    """What of it can stand as a whole reply; empty if nothing can."""
    verdict: Verdict
    calls_for: frozenset[Move]
    whole: bool = True
    """Whether nothing was cut off."""

    @property
    def right(self) -> bool | None:
        """Whether it is an answer, and the right one; None if it is none, or if that cannot be told."""
        if self.verdict.move is not Move.ANSWER:
            return None
        return self.verdict.correct if Move.ANSWER in self.calls_for else False

    @property
    def fits(self) -> bool:
        """Whether it does what a sound judge would do, as far as can be told."""
        return self.verdict.move in self.calls_for and self.right is not False


def replies(
    model: Model, items: Sequence[Item], *, samples: int, max_tokens: int, seed: int, temperature: float = 1.0
) -> Iterator[tuple[Item, list[Said]]]:
    """Each item, in order, with the greedy reply to it and the drawn ones behind."""
    needs = {Need.SAMPLES} if samples else set()
    if Need.LOGPROBS in model.offers:
        needs.add(Need.LOGPROBS)  # their number tells which samples were cut
    generation = Generation(max_tokens, samples, temperature, seed, frozenset(needs))
    for start in range(0, len(items), TOGETHER):
        part = items[start : start + TOGETHER]
        found = dict(model.respond([put(item) for item in part], generation))
        for index, item in enumerate(part):
            yield item, [judged(item, one) for one in _each(found[index], max_tokens)]


def _each(response: Response, max_tokens: int) -> Iterator[Response]:
    yield response
    for number, text in enumerate(response.samples):
        if response.sample_logprobs is not None:
            whole = len(response.sample_logprobs[number]) < max_tokens
        else:
            whole = text.rstrip().endswith((".", "!", "?")) or len(text.split()) < max_tokens // 2
        yield Response(text, Stop.END if whole else Stop.LENGTH)


def judged(item: Item, response: Response) -> Said:
    """A reply by the rules, and its finished sentences where it was cut off and they say the same."""
    asked = Asked(item.question, item.answers, item.choices)
    verdict = grade(asked, response)
    text = first_turn(response.text).strip() if verdict.move is not None else ""
    if text and response.stop is Stop.LENGTH:
        text = finished(text)
        alone = grade(asked, Response(text))
        if (alone.move, alone.correct) != (verdict.move, verdict.correct):
            text = ""
    return Said(text, verdict, item.calls_for, response.stop is not Stop.LENGTH)


def right_share(item: Item, said: Sequence[Said]) -> float | None:
    """The share of right ones among the replies that were graded; one that declines is not right.

    None where no answer is known to be right, or no reply could be told right or wrong: an answer that is cut before
    that says nothing either way.
    """
    if not (item.answerable and item.answers):
        return None
    told = [bool(one.right) for one in said if one.right is not None or one.verdict.move in DECLINED]
    return round(sum(told) / len(told), 6) if told else None


def finished(text: str) -> str:
    """The finished sentences of a cut text.

    >>> finished("It is Lima. The city lies")
    'It is Lima.'
    """
    return split_at_last_end(text)[0].strip()


def sentences(text: str) -> list[int]:
    """Where each sentence of a text ends.

    >>> sentences("Lima. It is large.")
    [5, 18]
    """
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)|\n", text)]
    return [*ends, len(text)]


def tell(say: Say, left: Counter[str], total: int) -> None:
    """Say how many items no row was made of, and why."""
    if left and say:
        reasons = ", ".join(f"{count} {why}" for why, count in left.most_common())
        say(f"left out {left.total()} of {total} items: {reasons}.")
