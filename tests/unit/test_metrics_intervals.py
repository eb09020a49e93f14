"""Intervals, against exact posteriors, brute force and simulated audits whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, ks_2samp

from knowwhen.metrics import intervals, measure
from knowwhen.models.simulated import Simulated
from knowwhen.types import Estimate, Item, Message, Move, Outcome, Response

RATE = [[0, 1], [1]]
"""Column 0 counts events, column 1 trials."""


def ratio(totals_BM):
    return totals_BM[:, 0] / totals_BM[:, 1]


def rate_draws(counts_CM, draws=20_000, seed=0):
    rng = np.random.default_rng(seed)
    return intervals.bootstrap(counts_CM, ratio, draws, rng, intervals.half_clusters(counts_CM, RATE))


def item(name, twin=None, **tags):
    return Item((Message("user", f"{name}?"),), frozenset({Move.ANSWER}), twin=twin, tags=tags, id=name)


def pairs(number):
    found = []
    for k in range(number):
        tags = {"scenario": f"s{k % 2}"}
        good = Item((Message("user", f"a{k}"),), frozenset({Move.ANSWER}), (f"w{k}",), (), f"d{k}", tags, f"a{k}")
        found += [good, Item((Message("user", f"d{k}"),), frozenset({Move.ABSTAIN}), (), (), f"a{k}", tags, f"d{k}")]
    return found


def test_twins_sources_and_repeats_are_one_cluster_also_through_others():
    items = [
        item("a", twin="b"),
        item("lone"),
        item("b", twin="a"),
        item("c", twin="b"),
        item("d", source_id="x"),
        item("e", source_id="x"),
        item("f", cluster="x"),
        item("g", twin="e"),
        item("lone"),
        item("h", twin="absent"),
        item("i", twin="absent"),
    ]
    assert intervals.clusters(items).tolist() == [0, 1, 0, 0, 2, 2, 3, 2, 1, 4, 4]


def test_long_chains_of_twins_are_one_cluster():
    items = [item(f"n{k}", twin=f"n{k + 1}") for k in range(5000)]
    assert set(intervals.clusters(items).tolist()) == {0}


@given(st.lists(st.tuples(st.integers(0, 4), st.lists(st.integers(0, 3), min_size=3, max_size=3)), max_size=30))
def test_summing_by_cluster_is_summing_by_hand(rows):
    counts_NM = np.array([row for _, row in rows], np.int64).reshape(-1, 3)
    cluster_N = np.array([name for name, _ in rows], np.int64)
    by_hand = [counts_NM[cluster_N == name].sum(axis=0).tolist() for name in sorted(set(cluster_N.tolist()))]
    assert intervals.by_cluster(counts_NM, cluster_N).tolist() == by_hand


@pytest.mark.parametrize("top", [3, 10**9])
def test_kinds_are_the_distinct_rows_with_their_number(top):
    counts_CM = np.random.default_rng(0).integers(0, 3, (200, 4))
    counts_CM[0, :] = top  # So large that rows no longer fit in one number.
    rows_KM, number_K = intervals.kinds(counts_CM)
    expected = {tuple(row): int((counts_CM == row).all(axis=1).sum()) for row in counts_CM}
    assert dict(zip(map(tuple, rows_KM.tolist()), number_K.tolist(), strict=True)) == expected


@pytest.mark.parametrize(("x", "n"), [(0, 40), (1, 40), (13, 40), (40, 40), (3, 7)])
def test_for_single_questions_the_draws_of_a_rate_are_its_jeffreys_posterior(x, n):
    counts_CM = np.array([[1, 1]] * x + [[0, 1]] * (n - x))
    exact = beta(x + 0.5, n - x + 0.5)
    for level in (0.025, 0.25, 0.5, 0.75, 0.975):
        assert np.mean(rate_draws(counts_CM) < exact.ppf(level)) == pytest.approx(level, abs=0.01)


def test_ten_equal_questions_of_one_source_weigh_as_one():
    counts_CM = np.array([[10, 10]] * 6 + [[0, 10]] * 14)
    exact = beta(6.5, 14.5)
    for level in (0.025, 0.5, 0.975):
        assert np.mean(rate_draws(counts_CM) < exact.ppf(level)) == pytest.approx(level, abs=0.01)


def test_one_source_alone_leaves_almost_everything_open():
    low, high = np.quantile(rate_draws(np.array([[6, 10]])), [0.025, 0.975])
    assert low < 0.2
    assert high > 0.9


def test_draws_by_kind_equal_brute_force_over_single_clusters():
    rng = np.random.default_rng(5)
    # Clusters of mixed size with dependence inside: columns are hits, trials, alarms, trials.
    size_C = rng.integers(1, 4, 60)
    chance_C = rng.beta(1, 1, 60)
    hits_C, alarms_C = rng.binomial(size_C, chance_C), rng.binomial(size_C, chance_C / 2)
    counts_CM = np.stack([hits_C, size_C, alarms_C, size_C], axis=1)

    def statistic(totals_BM):
        hit_B, alarm_B = totals_BM[:, 0] / totals_BM[:, 1], totals_BM[:, 2] / totals_BM[:, 3]
        return np.stack([hit_B, alarm_B, hit_B - alarm_B, totals_BM[:, 0] / (totals_BM[:, 0] + totals_BM[:, 2])], 1)

    ours_B4 = intervals.bootstrap(counts_CM, statistic, 4000, np.random.default_rng(1))
    brute = []
    for _ in range(1500):
        total_M = np.zeros(4)
        for row_M in counts_CM:  # One exponential weight for every cluster, one by one.
            total_M += rng.exponential() * row_M
        brute.append(statistic(total_M[None])[0])
    for ours_B, brute_B in zip(ours_B4.T, np.array(brute).T, strict=True):
        assert ks_2samp(ours_B, brute_B).pvalue > 0.01


def test_the_spread_is_that_of_resampling_whole_clusters():
    # The classical bootstrap, by drawing clusters with replacement: same centre and spread for many clusters.
    rng = np.random.default_rng(2)
    size_C = rng.integers(1, 5, 400)
    counts_CM = np.stack([rng.binomial(size_C, rng.beta(2, 3, 400)), size_C], axis=1)
    resampled = ratio(counts_CM[rng.integers(0, 400, (4000, 400))].sum(axis=1))
    ours_B = intervals.bootstrap(counts_CM, ratio, 4000, rng)
    assert ours_B.mean() == pytest.approx(resampled.mean(), abs=0.002)
    assert ours_B.std() == pytest.approx(resampled.std(), rel=0.05)


def test_a_paired_difference_uses_the_pairing():
    # Two models on the same 300 questions, differing on 9: far surer than two independent rates would be.
    counts_CM = np.array([[1, 1, 1]] * 140 + [[0, 0, 1]] * 151 + [[1, 0, 1]] * 9)
    difference = intervals.bootstrap(
        counts_CM, lambda t_BM: (t_BM[:, 0] - t_BM[:, 1]) / t_BM[:, 2], 4000, np.random.default_rng(0)
    )
    low, high = np.quantile(difference, [0.025, 0.975])
    assert 0.01 < low < 0.03 < high < 0.055


def test_counts_need_not_be_whole_and_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(intervals, "_AT_ONCE", 1000)
    error_CM = np.stack([np.random.default_rng(0).random(500), np.ones(500)], axis=1)
    draws_B = intervals.bootstrap(error_CM, ratio, 777, np.random.default_rng(0))
    assert draws_B.shape == (777,)
    assert draws_B.mean() == pytest.approx(error_CM[:, 0].mean(), abs=0.005)
    assert draws_B.std() == pytest.approx(error_CM[:, 0].std() / 500**0.5, rel=0.1)


def test_an_estimate_without_a_finite_value_is_nan():
    assert repr(intervals.estimate(0.5, np.array([0.4, 0.6]), 0)) == repr(Estimate.none())


def test_intervals_ignoring_the_clusters_would_be_too_narrow_and_ours_are_not():
    # 30 sources of 8 questions that stand or fall together; the truth is 0.5 by construction.
    rng = np.random.default_rng(11)
    covered, naive = 0, 0
    for _ in range(300):
        chance_C = rng.beta(0.5, 0.5, 30)
        x_C = rng.binomial(8, chance_C)
        for rows_CM, ours in ((np.stack([x_C, np.full(30, 8)], 1), True), (None, False)):
            if not ours:
                ones = int(x_C.sum())
                rows_CM = np.array([[1, 1]] * ones + [[0, 1]] * (240 - ones))
            low, high = np.quantile(rate_draws(rows_CM, 400), [0.025, 0.975])
            covered += ours and low <= 0.5 <= high
            naive += (not ours) and low <= 0.5 <= high
    assert 0.91 <= covered / 300 <= 0.99
    assert naive / 300 < 0.75


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "d_prime", "criterion"),
    [(40, 1.5, 0.3), (40, 3.0, 0.3), (40, 3.0, 1.0), (40, 0.3, 1.5), (280, 3.0, 1.0)],
)
def test_the_truth_lies_in_95_of_100_intervals(number, d_prime, criterion):
    items, audits = pairs(number), 300
    inside = dict.fromkeys(("hit_rate", "false_alarm", "d_prime", "criterion", "truthfulness", "f1", "precision"), 0)
    for seed in range(audits):
        model = Simulated(items, d_prime=d_prime, criterion=criterion, seed=seed)
        verdicts = [(item, model.verdict(item)) for item in items]
        outcomes = [Outcome(item, Response(""), verdict.move, verdict.correct) for item, verdict in verdicts]
        found, truth = measure(outcomes, draws=500, seed=seed), model.truth()
        for name in inside:
            inside[name] += found[name].low <= truth[name] <= found[name].high
    coverage = {name: times / audits for name, times in inside.items()}
    assert all(0.91 <= share <= 0.99 for share in coverage.values()), coverage
    assert 0.93 <= sum(coverage.values()) / len(coverage) <= 0.975, coverage
