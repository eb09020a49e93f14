"""What is counted: rates, each made of two small functions of an outcome.

The same objects are what an audit shows and what a gate can promise to hold, so the two never drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from knowwhen.types import Condition, Outcome, Rate


def free(outcome: Outcome) -> bool:
    """Asked as it stands."""
    return outcome.condition is Condition.FREE


def forced(outcome: Outcome) -> bool:
    """Asked with declining ruled out."""
    return outcome.condition is Condition.FORCED


def declined(outcome: Outcome) -> bool:
    """The reply withheld an answer."""
    return outcome.declined


def should_answer(outcome: Outcome) -> bool:
    """Asked as it stands, and a sound judge would answer."""
    return free(outcome) and outcome.item.answerable


def should_decline(outcome: Outcome) -> bool:
    """Asked as it stands, and a sound judge would decline."""
    return free(outcome) and not outcome.item.answerable


def right(outcome: Outcome) -> bool:
    """Answered, and the answer is right."""
    return outcome.correct is True


def wrong(outcome: Outcome) -> bool:
    """Answered, and the answer is wrong; an answer to what should be declined is wrong by that alone."""
    answered = outcome.graded and not outcome.declined
    return answered and (outcome.correct is False or not outcome.item.answerable)


def matched(outcome: Outcome) -> bool:
    """Did exactly a move that was called for."""
    return outcome.move in outcome.item.calls_for


def _rightness_known(outcome: Outcome) -> bool:
    return should_answer(outcome) and outcome.correct is not None


def _free_and_declined(outcome: Outcome) -> bool:
    return free(outcome) and outcome.declined


HIT_RATE = Rate("hit_rate", event=declined, given=should_decline, better="high")
FALSE_ALARM = Rate("false_alarm", event=declined, given=should_answer, better="low")
ACCURACY_ANSWERED = Rate("accuracy_answered", event=right, given=_rightness_known, better="high")
ACCURACY_FORCED = Rate("accuracy_forced", event=right, given=forced, better="high")
"""A forced reply that declines all the same is not right: it did not do what it was told that it must."""
PRECISION = Rate("precision", event=should_decline, given=_free_and_declined, better="high")
RIGHT_MOVE = Rate("right_move", event=matched, given=free, better="high")

RATES: dict[str, Rate] = {
    rate.name: rate for rate in (HIT_RATE, FALSE_ALARM, ACCURACY_ANSWERED, ACCURACY_FORCED, PRECISION, RIGHT_MOVE)
}
"""Every rate by its name. Recall of declining is the hit rate, so it is not listed a second time."""


def count(rate: Rate, outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """How often the rate's event happened, and among how many graded outcomes.

    >>> count(HIT_RATE, [])
    (0, 0)
    """
    seen = [bool(rate.event(outcome)) for outcome in outcomes if outcome.graded and rate.given(outcome)]
    return sum(seen), len(seen)
