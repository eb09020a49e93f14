"""The payoff: its threshold is where answering starts to pay."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.errors import RequestError
from knowwhen.payoff import Payoff
from knowwhen.types import Move, Outcome, Response, ask

payoffs = st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5)).filter(
    lambda t: t[1] <= t[2] < t[0] and t[0] - t[2] > 1e-6
)
GOOD, BAD = ask("Capital of Peru?", Move.ANSWER, ["Lima"]), ask("Who wins in 2190?", Move.ABSTAIN)


@given(payoffs, st.floats(0, 1))
def test_answering_pays_exactly_from_the_threshold_on(values, p):
    payoff = Payoff(*values)
    gain = p * payoff.correct + (1 - p) * payoff.wrong - payoff.declined
    if abs(p - payoff.threshold) > 1e-9:
        assert (gain > 0) == (p > payoff.threshold)


@given(st.floats(0, 0.999))
def test_the_payoff_at_a_threshold_has_that_threshold(t):
    assert Payoff.at(t).threshold == pytest.approx(t, abs=1e-12)


@given(payoffs, st.floats(0.1, 10), st.floats(-3, 3))
def test_the_threshold_does_not_change_with_unit_or_zero_point(values, scale, shift):
    moved = Payoff(*(scale * value + shift for value in values))
    assert moved.threshold == pytest.approx(Payoff(*values).threshold, abs=1e-6)


def test_known_rewards_have_their_known_thresholds():
    assert Payoff().threshold == 0.5
    assert Payoff(1, 0, 0).threshold == 0  # Binary reward: declining never pays.
    assert Payoff(2, -1, 1).threshold == pytest.approx(2 / 3)
    assert Payoff(1, -1, 0.3).threshold == pytest.approx(0.65)


@pytest.mark.parametrize("values", [(1, 0, -1), (0, -1, 0), (1, -1, 1), (math.inf, 0, 0), (1, math.nan, 0)])
def test_endings_in_the_wrong_order_are_refused(values):
    with pytest.raises(RequestError, match="wrong ≤ declined < correct"):
        Payoff(*values)


@pytest.mark.parametrize("t", [-0.1, 1, math.nan])
def test_a_threshold_outside_its_range_is_refused(t):
    with pytest.raises(RequestError):
        Payoff.at(t)


def test_each_ending_has_its_worth():
    payoff, reply = Payoff(1.0, -2.0, 0.25), Response("…")
    assert payoff.of(Outcome(GOOD, reply, Move.ANSWER, True)) == 1.0
    assert payoff.of(Outcome(GOOD, reply, Move.ANSWER, False)) == -2.0
    assert payoff.of(Outcome(BAD, reply, Move.ANSWER, False)) == -2.0
    assert payoff.of(Outcome(GOOD, reply, Move.ASK)) == payoff.of(Outcome(BAD, reply, Move.ABSTAIN)) == 0.25


def test_an_answer_to_what_should_be_declined_is_wrong_even_if_nobody_said_so():
    assert Payoff().of(Outcome(BAD, Response("Me."), Move.ANSWER)) == -1


def test_what_is_not_known_has_no_worth():
    assert math.isnan(Payoff().of(Outcome(GOOD, Response(""), None, why="timeout")))
    assert math.isnan(Payoff().of(Outcome(GOOD, Response("Dear landlord …"), Move.ANSWER, None)))
