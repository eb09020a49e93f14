"""The measures, against counting by hand, closed forms and slow twins."""

import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowwhen.metrics import MEASURES, RATES, detection, measure
from knowwhen.metrics.measures import table
from knowwhen.metrics.rates import count
from knowwhen.payoff import Payoff
from knowwhen.report import numbers
from knowwhen.types import Condition, Estimate, Item, Message, Move, Outcome, Response, Stop, ask

RIGHT, WRONG, UNKNOWN = True, False, None
_REPLY = Response("…")


def outcome(calls_for, move, correct=None, *, key=0, twin=None, condition=Condition.FREE, tags=None, answers=("Lima",)):
    moves = frozenset({calls_for}) if isinstance(calls_for, Move) else frozenset(calls_for)
    answers = answers if Move.ANSWER in moves else ()
    item = Item((Message("user", f"Question {key}?"),), moves, answers, twin=twin, tags=tags or {}, id=f"q{key}")
    reply = _REPLY if move else Response("", Stop.ERROR, "timeout")
    return Outcome(item, reply, move, correct, "" if move else "timeout", condition)


def run(**counts):
    """Outcomes with so many of each ending: hits, misses, alarms, right, wrong, open (rightness unknown)."""
    endings = {
        "hits": (Move.ABSTAIN, Move.ABSTAIN, None),
        "other_hits": (Move.ABSTAIN, Move.REFUSE, None),
        "misses": (Move.ABSTAIN, Move.ANSWER, False),
        "alarms": (Move.ANSWER, Move.REFUSE, None),
        "right": (Move.ANSWER, Move.ANSWER, True),
        "wrong": (Move.ANSWER, Move.ANSWER, False),
        "open": (Move.ANSWER, Move.ANSWER, None),
        "lost": (Move.ABSTAIN, None, None),
    }
    rows = [endings[name] for name, number in counts.items() for _ in range(number)]
    return [outcome(*row, key=key) for key, row in enumerate(rows)]


def some_outcome(draw):
    answerable = draw(st.booleans())
    calls = {Move.ANSWER} if answerable else draw(st.sets(st.sampled_from(list(Move)[1:]), min_size=1))
    move = draw(st.sampled_from([*Move, None]))
    correct = None
    if move is Move.ANSWER:
        correct = draw(st.sampled_from([True, False, None] if answerable else [False, None]))
    condition = draw(st.sampled_from(Condition)) if answerable else Condition.FREE
    key = draw(st.integers(0, 5))
    return outcome(frozenset(calls), move, correct, key=f"{key}-{answerable}", condition=condition)


outcomes_of_any_kind = st.lists(st.composite(some_outcome)(), max_size=25)


def test_the_measures_of_a_counted_run_are_the_ones_worked_out_by_hand():
    found = measure(run(hits=5, other_hits=1, misses=4, alarms=2, right=9, wrong=3, open=6, lost=7))

    z = lambda p: float(detection.z(p))  # noqa: E731
    hit, alarm = 6.5 / 11, 2.5 / 21
    expected = {
        "hit_rate": (6 / 10, 10),
        "false_alarm": (2 / 20, 20),
        "d_prime": (z(hit) - z(alarm), 30),
        "criterion": (-(z(hit) + z(alarm)) / 2, 30),
        "accuracy_answered": (9 / 12, 12),
        "truthfulness": ((9 - 3 - 4) / 24, 24),
        "score": ((9 - 3 - 4) / 24, 24),
        "precision": (6 / 8, 8),
        "recall": (6 / 10, 10),
        "f1": (12 / 18, 12),
        "right_move": ((5 + 18) / 30, 30),
    }
    for name, (value, n) in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-12), name
        assert found[name].n == n, name
    assert found["accuracy_forced"].n == 0


def test_the_keys_are_the_measures_in_their_order_and_the_report_names_the_same_ones():
    assert tuple(measure([])) == MEASURES == tuple(numbers.MEASURES)


def test_nothing_measured_is_nan_with_n_zero_and_never_zero():
    for outcomes in ([], run(lost=3)):
        for name, estimate in measure(outcomes).items():
            assert estimate.n == 0, name
            assert all(map(math.isnan, (estimate.value, estimate.low, estimate.high))), name


def test_with_one_kind_of_question_only_its_own_figures_exist():
    found = measure(run(hits=3, misses=3))
    assert found["hit_rate"].value == 0.5
    assert found["f1"].value == pytest.approx(2 / 3)
    for name in ("false_alarm", "d_prime", "criterion", "accuracy_answered"):
        assert found[name].n == 0, name
    found = measure(run(alarms=3, right=3))
    assert found["false_alarm"].value == 0.5
    assert found["precision"].value == 0
    for name in ("hit_rate", "d_prime", "criterion", "recall", "f1"):
        assert found[name].n == 0, name


def test_precision_does_not_exist_where_nothing_was_declined_but_f1_is_zero():
    found = measure(run(misses=4, right=4))
    assert found["precision"].n == 0
    assert found["f1"].value == 0
    assert found["f1"].n == 4
    assert 0 < found["f1"].high < 0.7


def test_a_forced_reply_that_declines_is_not_right_and_counts_nowhere_else():
    rows = [(Move.ANSWER, True), (Move.ANSWER, False), (Move.REFUSE, None), (None, None)]
    forced = [outcome(Move.ANSWER, *row, key=k, condition=Condition.FORCED) for k, row in enumerate(rows)]
    found = measure(forced)
    assert found["accuracy_forced"].value == pytest.approx(1 / 3)
    assert found["accuracy_forced"].n == 3
    assert all(found[name].n == 0 for name in MEASURES if name != "accuracy_forced")
    both = measure(run(hits=6, misses=2, right=5, alarms=3) + forced)
    alone = measure(run(hits=6, misses=2, right=5, alarms=3))
    assert {k: (e.value, e.n) for k, e in both.items() if k != "accuracy_forced"} == {
        k: (e.value, e.n) for k, e in alone.items() if k != "accuracy_forced"
    }


def test_ungraded_outcomes_change_no_figure_and_no_interval():
    counted = run(hits=6, misses=2, right=5, alarms=3)
    lost = [outcome(Move.ABSTAIN, None, key=f"lost{k}") for k in range(9)]
    with_lost, without = measure(lost + counted), measure(counted)
    assert all(with_lost[name] == without[name] for name in MEASURES if without[name].n)


@given(outcomes_of_any_kind)
@settings(max_examples=60, deadline=None)
def test_every_rate_is_its_event_counted_among_its_given(outcomes):
    found = measure(outcomes, draws=20)
    for name, rate in RATES.items():
        events, n = count(rate, outcomes)
        assert found[name].n == n
        assert n == 0 or found[name].value == pytest.approx(events / n)


@given(outcomes_of_any_kind, st.floats(-4, 0), st.floats(0, 0.9))
@settings(max_examples=60, deadline=None)
def test_score_is_the_mean_worth_under_the_payoff(outcomes, wrong, declined):
    payoff = Payoff(1.0, wrong, declined)
    worths = [payoff.of(o) for o in outcomes if o.condition is Condition.FREE]
    known = [worth for worth in worths if not math.isnan(worth)]
    score = measure(outcomes, payoff=payoff, draws=20)["score"]
    assert score.n == len(known)
    assert not known or score.value == pytest.approx(sum(known) / len(known))


@given(outcomes_of_any_kind)
@settings(max_examples=60, deadline=None)
def test_intervals_hold_their_figure_and_stay_within_what_is_possible(outcomes):
    for name, estimate in measure(outcomes, draws=50).items():
        if estimate.n:
            assert estimate.low <= estimate.value <= estimate.high, name
            if name not in ("d_prime", "criterion"):
                assert -1 <= estimate.low <= estimate.high <= 1, name
            if name in RATES or name in ("recall", "f1"):
                assert estimate.low >= 0, name


@given(outcomes_of_any_kind, st.randoms())
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_outcomes_does_not_matter(outcomes, rng):
    shuffled = rng.sample(outcomes, len(outcomes))
    one, other = measure(outcomes, draws=50), measure(shuffled, draws=50)
    assert repr(one) == repr(other)


def test_the_same_seed_gives_the_same_intervals_and_another_gives_others():
    outcomes = run(hits=6, misses=5, right=7, alarms=3)
    assert repr(measure(outcomes, seed=1)) == repr(measure(outcomes, seed=1))
    assert measure(outcomes, seed=1)["hit_rate"].low != measure(outcomes, seed=2)["hit_rate"].low


def test_precision_recall_and_f1_are_those_of_scikit_learn():
    from sklearn.metrics import precision_recall_fscore_support

    rng = random.Random(3)
    should = [rng.random() < 0.5 for _ in range(200)]
    did = [rng.random() < (0.6 if s else 0.2) for s in should]
    outcomes = [
        outcome(Move.ABSTAIN if s else Move.ANSWER, Move.ABSTAIN if d else Move.ANSWER, None if d else False, key=k)
        for k, (s, d) in enumerate(zip(should, did, strict=True))
    ]
    theirs = precision_recall_fscore_support(should, did, average="binary")[:3]
    found = measure(outcomes, draws=50)
    assert [found[name].value for name in ("precision", "recall", "f1")] == pytest.approx(list(theirs))


def test_the_table_counts_what_each_outcome_adds_to_each_rate():
    outcomes = run(hits=2, misses=1, alarms=3, right=2, wrong=1, open=1, lost=1)
    counts_NM = table(outcomes).counts_NM
    for k, rate in enumerate(RATES.values()):
        assert [tuple(row) for row in counts_NM[:, 2 * k : 2 * k + 2].tolist()] == [count(rate, [o]) for o in outcomes]


@pytest.mark.parametrize(("x", "n"), [(0, 1), (0, 40), (40, 40), (7, 30)])
def test_the_log_linear_correction_keeps_d_prime_finite(x, n):
    rate = detection.log_linear(x, n)
    assert rate == (x + 0.5) / (n + 1)
    assert math.isfinite(detection.d_prime(rate, 1 - rate))


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_d_prime_and_criterion_invert_to_the_two_rates(hit, alarm):
    from scipy.special import ndtr

    d, c = detection.d_prime(hit, alarm), detection.criterion(hit, alarm)
    assert ndtr(d / 2 - c) == pytest.approx(hit, abs=1e-9)
    assert ndtr(-d / 2 - c) == pytest.approx(alarm, abs=1e-9)


def test_textbook_value_of_d_prime():
    # Hit rate 0.8, false alarms 0.4: d′ = 1.095, c = −0.294 (Macmillan & Creelman 2005, ch. 1 and 2).
    assert detection.d_prime(0.8, 0.4) == pytest.approx(1.095, abs=5e-4)
    assert detection.criterion(0.8, 0.4) == pytest.approx(-0.294, abs=5e-4)


def test_a_rate_of_zero_has_an_honest_upper_end():
    found = measure(run(hits=20, misses=20, right=40))["false_alarm"]
    assert found.value == found.low == 0
    assert 0.03 < found.high < 0.09  # Jeffreys: 0.061 for 0 of 40


def test_an_item_of_one_turn_can_be_measured_without_tags():
    assert measure([Outcome(ask("Capital of Peru?", Move.ANSWER, ["Lima"]), _REPLY, Move.ANSWER, True)])[
        "accuracy_answered"
    ] == Estimate(1.0, pytest.approx(0.15, abs=0.1), 1.0, 1)


def test_numpy_numbers_do_not_leak_into_estimates():
    for estimate in measure(run(hits=3, misses=2, right=3, alarms=1)).values():
        assert not isinstance(estimate.value, np.generic)
        assert type(estimate.n) is int


def test_the_page_on_measures_explains_each_and_says_what_the_report_greys():
    page = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in MEASURES)
    assert f"fewer than **{numbers.FEW}** graded replies" in page
