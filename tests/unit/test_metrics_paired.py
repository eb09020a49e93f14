"""Differences between two runs: their parts, their draws, and which of many are sure."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowwhen.metrics import measure
from knowwhen.metrics.intervals import region
from knowwhen.metrics.paired import MEASURES, draw, holm, p_value, pair, split
from knowwhen.models.simulated import Simulated
from knowwhen.payoff import Payoff
from knowwhen.types import Condition, Item, Message, Move

P = st.floats(0, 1)


def items(pairs):
    found = []
    for k in range(pairs):
        good, bad = Message("user", f"Capital of land {k}?"), Message("user", f"Who rules land {k} in 2190?")
        found.append(Item((good,), frozenset({Move.ANSWER}), ("Lima",), (), f"d{k}", {}, f"a{k}"))
        found.append(Item((bad,), frozenset({Move.ABSTAIN}), (), (), f"a{k}", {}, f"d{k}"))
    return found


def outcomes(pairs=80, **law):
    return Simulated(items(pairs), **law).outcomes()


def drawn(base, other, draws=2000, seed=0):
    return draw({"": pair(base, other)}, Payoff(), draws, np.random.default_rng(seed))[0][""]


# ---- Holm ----


def test_holm_gives_the_published_values():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"); statsmodels: multipletests(p, method="holm")[1]
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(P, min_size=1, max_size=6))
def test_holm_is_the_closure_of_bonferroni(p):
    """A difference is sure only if every set of tests that holds it is (Marcus, Peritz & Gabriel 1976)."""
    sets = [s for size in range(1, len(p) + 1) for s in itertools.combinations(range(len(p)), size)]
    closed = [max(min(1.0, len(s) * min(p[k] for k in s)) for s in sets if j in s) for j in range(len(p))]
    assert holm(p) == pytest.approx(closed)


def test_what_was_not_tested_costs_nothing():
    found = holm([0.01, math.nan, 0.04])
    assert found[0] == 0.02
    assert math.isnan(found[1])
    assert found[2] == 0.04


# ---- judgement and policy ----


@settings(deadline=None)  # The first call imports scipy.
@given(*(st.floats(-4, 4) for _ in range(4)))
def test_judgement_and_policy_add_up_to_the_whole_change(d0, c0, d1, c1):
    for rate, side in (("hit_rate", 0.5), ("false_alarm", -0.5)):
        part = split((d0, c0), (d1, c1))[rate]
        whole = phi(side * d1 - c1) - phi(side * d0 - c0)
        assert part["judgement"] + part["policy"] == pytest.approx(whole, abs=1e-12)
        assert part["change"] == pytest.approx(whole, abs=1e-12)


def phi(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


@settings(deadline=None)
@given(*(st.floats(-4, 4) for _ in range(3)))
def test_what_did_not_move_gets_no_part(d, c, moved):
    assert split((d, c), (d, moved))["hit_rate"]["judgement"] == pytest.approx(0, abs=1e-12)
    assert split((d, c), (moved, c))["false_alarm"]["policy"] == pytest.approx(0, abs=1e-12)


def test_better_judgement_raises_hits_and_lowers_false_alarms_and_policy_moves_both_one_way():
    found = split((1.0, 0.2), (2.0, -0.5))
    assert found["hit_rate"]["judgement"] > 0 > found["false_alarm"]["judgement"]
    assert found["hit_rate"]["policy"] > 0
    assert found["false_alarm"]["policy"] > 0


# ---- draws ----


def test_each_runs_own_figures_are_those_of_an_audit():
    base, other = outcomes(d_prime=1.5, criterion=0.3), outcomes(d_prime=1.0, criterion=-0.2, seed=4)
    found = drawn(base, other)
    for which, run in (("base", base), ("other", other)):
        alone = measure(run, draws=2000)
        for name in MEASURES:
            one = found.estimates(which)[name]
            assert (one.value, one.n) == (pytest.approx(alone[name].value), alone[name].n)
            # A little more is drawn along for a pair than for one run.
            assert one.low == pytest.approx(alone[name].low, abs=0.1)
            assert one.high == pytest.approx(alone[name].high, abs=0.1)


def test_a_run_against_itself_differs_by_exactly_nothing():
    run = outcomes(d_prime=1.5, criterion=0.3, knows=0.6)
    found = drawn(run, run)
    for name, delta in found.estimates("delta").items():
        assert (delta.value, delta.low, delta.high) == (0, 0, 0), name
    assert set(found.p_values().values()) == {1.0}
    assert region(*(found.other[m] - found.base[m] for m in ("criterion", "d_prime"))) == []


def test_runs_that_only_do_the_same_are_not_known_to_be_the_same():
    run = outcomes(pairs=20)
    other = [replace(o, response=replace(o.response, text=o.response.text + " ")) for o in run]
    delta = drawn(run, other).estimates("delta")["hit_rate"]
    assert delta.value == 0
    assert delta.low < -0.03 < 0.03 < delta.high


def test_paired_intervals_are_narrower_than_those_of_two_strangers():
    base, other = outcomes(d_prime=1.5, criterion=0.3), outcomes(d_prime=1.5, criterion=-0.1)
    paired = drawn(base, other).estimates("delta")
    stranger = drawn(base, outcomes(d_prime=1.5, criterion=-0.1, seed=9)).estimates("delta")
    for name in ("hit_rate", "false_alarm", "d_prime", "criterion"):
        assert paired[name].high - paired[name].low < 0.75 * (stranger[name].high - stranger[name].low), name


def test_swapping_the_runs_turns_every_sign():
    base, other = outcomes(d_prime=1.5, criterion=0.3), outcomes(d_prime=0.7, criterion=-0.2, seed=2)
    there, back = drawn(base, other).estimates("delta"), drawn(other, base).estimates("delta")
    for name in MEASURES:
        assert there[name].value == pytest.approx(-back[name].value)
        assert there[name].low == pytest.approx(-back[name].high, abs=0.08)
        assert there[name].high == pytest.approx(-back[name].low, abs=0.08)


def test_slices_share_the_weights_of_their_clusters():
    base, other = outcomes(d_prime=1.5, criterion=0.3), outcomes(d_prime=1.0, criterion=0.0, seed=3)
    whole = pair(base, other)
    everything = np.arange(len(base))
    found, _ = draw({"": whole, "again": whole.rows(everything)}, Payoff(), 200, np.random.default_rng(0))
    assert np.array_equal(found[""].other["d_prime"], found["again"].other["d_prime"])


def test_a_measure_that_one_run_lacks_is_none_and_no_test():
    run = [o for o in outcomes(10) if o.condition is Condition.FREE and o.item.answerable]
    found = drawn(run, run)
    assert math.isnan(found.estimates("delta")["d_prime"].value)
    assert math.isnan(found.p_values()["hit_rate"])
    assert found.estimates("delta")["accuracy_forced"].n == 0


def test_p_is_small_exactly_when_the_interval_leaves_0_out():
    rng = np.random.default_rng(0)
    for centre in (0.0, 1.0, 1.9, 2.1, 3.0):
        draws_B = rng.normal(centre, 1, 4000)
        low = np.quantile(draws_B, 0.025)
        assert (p_value(draws_B) < 0.05) == (low > 0) or abs(low) < 0.05
    assert p_value(np.ones(999)) == pytest.approx(2 / 1000)
    assert p_value(np.zeros(999)) == 1.0


def test_the_region_holds_19_of_20_draws():
    rng = np.random.default_rng(0)
    x_B = rng.normal(0, 2, 4000)
    y_B = 0.5 * x_B + rng.normal(0, 1, 4000)
    outline = np.array(region(x_B, y_B))
    centre, (a, b) = np.array([x_B.mean(), y_B.mean()]), (outline - outline.mean(axis=0))[[0, 15]]
    inside = np.linalg.solve(np.stack([a, b], axis=1), (np.stack([x_B, y_B], axis=1) - centre).T)
    assert np.mean((inside**2).sum(axis=0) <= 1) == pytest.approx(0.95, abs=0.01)


# ---- the truth is inside the interval ----


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"d_prime": 1.5, "criterion": 0.3}, {"d_prime": 1.5, "criterion": 0.3}),
        ({"d_prime": 1.5, "criterion": 0.3}, {"d_prime": 0.8, "criterion": -0.4}),
        ({"d_prime": 2.5, "criterion": 0.8}, {"d_prime": 1.5, "criterion": 1.2}),
    ],
)
@pytest.mark.parametrize("alike", [True, False])
def test_95_percent_intervals_of_a_difference_hold_the_truth_as_often(before, after, alike):
    """300 audits of 60 pairs each. Binomial noise at 95 % is ±2.5 points (two standard errors)."""
    names, runs = ("hit_rate", "false_alarm", "d_prime", "criterion"), 300
    asked = items(60)
    truths = [Simulated(asked, **law).truth() for law in (before, after)]
    held, sure = dict.fromkeys(names, 0), 0
    for seed in range(runs):
        luck = seed if alike else seed + 10_000
        both = Simulated(asked, **before, seed=seed), Simulated(asked, **after, seed=luck)
        found = drawn(*(model.outcomes([Condition.FREE]) for model in both), draws=600, seed=seed).estimates("delta")
        for name in names:
            held[name] += found[name].low <= truths[1][name] - truths[0][name] <= found[name].high
        sure += found["d_prime"].low > 0 or found["d_prime"].high < 0
    if before == after and alike:
        assert set(held.values()) == {runs}  # The same model: every reply is the same.
        return
    assert all(0.91 <= count / runs <= 1 for count in held.values()), held
    if before == after:
        assert sure / runs <= 0.08  # A change where there is none: one in twenty.
