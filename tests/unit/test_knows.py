"""The test of a probe on kinds of question that it never saw, against planted truths and a plain twin of itself."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from knowwhen import knows, probes, registry
from knowwhen.errors import RequestError
from knowwhen.knows import known
from knowwhen.probes import _folds

KINDS, PAIRS, LAYERS, WIDTH = 5, 30, 4, 32
READABLE = 2


def world(seed=0, kinds=KINDS, pairs=PAIRS, apart=2.0, shared=True, layers=LAYERS, width=WIDTH):
    """Twins in several scenarios, each with its own mean and topics; at layer READABLE they lie `apart`.

    Along one direction for all scenarios if `shared`, else along a direction of each scenario's own, all orthogonal.
    """
    rng = np.random.default_rng(seed)
    axes_DD = np.linalg.qr(rng.standard_normal((width, width)))[0]
    items = kinds * pairs * 2
    kind_N, label_N = np.repeat(np.arange(kinds), 2 * pairs), np.arange(items) % 2 == 0
    hidden_NLD = rng.standard_normal((items, layers, width))
    hidden_NLD += 3 * rng.standard_normal((kinds, layers, width))[kind_N]
    if layers > READABLE:
        axis_ND = axes_DD[np.zeros(items, int) if shared else kind_N]
        hidden_NLD[:, READABLE] += apart * label_N[:, None] * axis_ND
    words = rng.integers(0, 50, (items, 6))
    return {
        "hidden_NLD": hidden_NLD,
        "label_N": label_N,
        "scenario_N": [f"kind {kind}" for kind in kind_N],
        "cluster_N": np.arange(items) // 2,
        "texts": [" ".join(f"w{word}" for word in row) for row in words],
    }


def take(truth, rows):
    """A world of these rows alone."""
    return {name: [col[n] for n in rows] if isinstance(col, list) else col[rows] for name, col in truth.items()}


def within(truth, score_N):
    """AUROC in each scenario, by scikit-learn."""
    names_N = np.array(truth["scenario_N"])
    return np.array(
        [roc_auc_score(truth["label_N"][s], score_N[s]) for s in (names_N == n for n in np.unique(names_N))]
    )


# ---- planted truths ----


def test_a_direction_that_scenarios_share_is_read_as_well_as_the_closed_form_says():
    found = [known(**world(seed), controls=False) for seed in range(12)]
    assert all((one.layer_S == READABLE).all() for one in found)
    learned_from = (KINDS - 1) * PAIRS  # on each side; noise of the difference of means at right angles to the signal
    angle = 2 / np.hypot(2, np.sqrt(WIDTH * 2 / learned_from))
    expected = norm.cdf(2 * angle / np.sqrt(2))
    aurocs = np.array([within(world(seed), one.score_N).mean() for seed, one in enumerate(found)])
    assert abs(aurocs.mean() - expected) < 3 * aurocs.std() / np.sqrt(12)
    assert expected > 0.9


@pytest.mark.parametrize("probe", registry.names("probes"))
def test_directions_of_each_scenarios_own_are_at_chance(probe):
    aurocs = [
        within(
            truth := world(seed, shared=False, apart=4.0), known(**truth, probe=probe, controls=False).score_N
        ).mean()
        for seed in range(8)
    ]
    assert abs(np.mean(aurocs) - 0.5) < 0.04


def test_scores_of_different_folds_compare_where_scenarios_do_not_differ_in_place():
    truth = world(1, apart=3.0)
    truth["hidden_NLD"] -= truth["hidden_NLD"].reshape(KINDS, -1, LAYERS, WIDTH).mean(axis=1).repeat(2 * PAIRS, axis=0)
    found = known(**truth, controls=False)
    assert found.score_N.mean() == pytest.approx(0, abs=0.05)
    assert roc_auc_score(truth["label_N"], found.score_N) == pytest.approx(
        within(truth, found.score_N).mean(), abs=0.02
    )
    assert found.overall_L[READABLE] == pytest.approx(roc_auc_score(truth["label_N"], found.score_N))


def test_the_heat_map_is_the_test_at_each_layer():
    truth = world(2)
    found = known(**truth, controls=False)
    assert found.auroc_LS.shape == (LAYERS, KINDS)
    np.testing.assert_allclose(found.auroc_LS[READABLE], within(truth, found.score_N))
    assert (np.abs(np.delete(found.auroc_LS, READABLE, axis=0) - 0.5) < 0.25).all()


# ---- the fast way and the plain way ----


def plainly(truth, probe):
    """The same by fitting anew for each choice of what is left out."""
    fit = registry.load("probes", probe).fit
    hidden_NLD, label_N, names_N = truth["hidden_NLD"], truth["label_N"], np.array(truth["scenario_N"])
    kinds = list(dict.fromkeys(truth["scenario_N"]))

    def held_out(layer, left_out, tested):
        seen_N, test_N = ~np.isin(names_N, left_out), names_N == tested
        score = fit(hidden_NLD[seen_N, layer], label_N[seen_N]).score(hidden_NLD[test_N, layer])
        return score, roc_auc_score(label_N[test_N], score)

    layers = range(hidden_NLD.shape[1])
    chosen, score_N = [], np.full(len(label_N), np.nan)
    for left in kinds:
        inner_L = [np.mean([held_out(n, [left, kind], kind)[1] for kind in kinds if kind != left]) for n in layers]
        chosen.append(int(np.argmax(inner_L)))
        score_N[names_N == left] = held_out(chosen[-1], [left], left)[0]
    return chosen, score_N, [[held_out(n, [left], left)[1] for left in kinds] for n in layers]


@pytest.mark.parametrize("probe", registry.names("probes"))
@pytest.mark.parametrize("apart", [0.0, 1.0])
def test_the_fast_way_is_the_plain_way(probe, apart):
    truth = world(3, kinds=4, pairs=12, apart=apart, layers=3, width=10)
    found = known(**truth, probe=probe, controls=False)
    chosen, score_N, auroc_LS = plainly(truth, probe)
    assert found.layer_S.tolist() == chosen
    np.testing.assert_allclose(found.score_N, score_N, atol=1e-3)
    np.testing.assert_allclose(found.auroc_LS, auroc_LS, atol=1e-9 if probe == "mean_difference" else 0.02)


def test_float16_states_are_scored_as_the_numbers_that_they_are():
    truth = world(4)
    half = truth | {"hidden_NLD": truth["hidden_NLD"].astype(np.float16)}
    same = truth | {"hidden_NLD": half["hidden_NLD"].astype(np.float64)}
    np.testing.assert_allclose(known(**half, controls=False).score_N, known(**same, controls=False).score_N)


# ---- nothing is seen that must not be ----


@pytest.mark.parametrize("probe", registry.names("probes"))
def test_the_labels_of_a_scenario_touch_neither_its_layer_nor_its_scores(probe):
    truth = world(5, apart=0.6)
    here_N = np.array(truth["scenario_N"]) == "kind 1"
    turned = truth | {"label_N": truth["label_N"] ^ here_N}
    one, two = (known(**each, probe=probe, controls=False) for each in (truth, turned))
    assert one.layer_S[1] == two.layer_S[1]
    assert np.array_equal(one.score_N[here_N], two.score_N[here_N])
    assert not np.allclose(one.score_N[~here_N], two.score_N[~here_N])


def test_what_shares_a_cluster_with_a_scenario_is_not_learned_from_when_that_is_tested():
    rng = np.random.default_rng(6)
    truth = world(6, kinds=3, apart=0.0, layers=1, width=400)  # wide enough to learn each item by heart
    hidden_NLD, label_N, cluster_N = truth["hidden_NLD"], truth["label_N"].copy(), truth["cluster_N"].copy()
    label_N[:] = rng.permutation(label_N.reshape(-1, 2), axis=1).ravel()
    half = slice(0, PAIRS)
    other = slice(2 * PAIRS, 3 * PAIRS)  # half of kind 1 is half of kind 0 once more
    hidden_NLD[other], label_N[other] = hidden_NLD[half], label_N[half]
    leaky = truth | {"hidden_NLD": hidden_NLD, "label_N": label_N}
    cluster_N[other] = cluster_N[half]
    sound = leaky | {"cluster_N": cluster_N}
    assert roc_auc_score(label_N[half], known(**leaky, controls=False).score_N[half]) > 0.95
    assert roc_auc_score(label_N[half], known(**sound, controls=False).score_N[half]) < 0.8


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.booleans()), min_size=8, max_size=60))
def test_no_fit_sees_a_cluster_or_a_scenario_that_it_is_tested_on(rows):
    cluster_N, scenario_N, label_N = (np.array(column) for column in zip(*rows, strict=True))
    scenario_N = np.unique(scenario_N, return_inverse=True)[1]
    if scenario_N.max() == 0:
        return
    try:
        folds = _folds.plan(label_N, scenario_N, cluster_N, [f"q{row[0]}" for row in rows])
    except RequestError:
        return
    for left, fold in enumerate(folds.outer):
        assert (scenario_N[fold.rows] == left).all()
        assert len(fold.rows) == (scenario_N == left).sum()
        choosing = [part for parts in folds.inner[left] for part in parts]
        for each in (fold, *choosing):
            seen = folds.seen(each)
            assert not set(cluster_N[seen]) & set(cluster_N[each.rows])
            assert not set(cluster_N[seen]) & set(cluster_N[fold.rows])
            assert left not in scenario_N[seen]
        assert all(left not in scenario_N[part.rows] for part in choosing if folds.group_N[part.rows].size) or (
            scenario_N.max() > 1
        )


# ---- layers ----


def test_the_first_of_layers_that_tie_is_chosen():
    truth = world(7, apart=2.0)
    truth["hidden_NLD"] = np.repeat(truth["hidden_NLD"][:, [READABLE]], 3, axis=1) * np.array([1, 2, 3])[:, None]
    assert known(**truth, controls=False).layer_S.tolist() == [0] * KINDS


def test_with_two_scenarios_the_layer_is_chosen_by_parts_of_the_other():
    truth = world(8, kinds=2, pairs=40)
    found = known(**truth, controls=False)
    assert found.layer_S.tolist() == [READABLE, READABLE]
    assert within(truth, found.score_N).min() > 0.8


def test_with_two_scenarios_labels_of_the_tested_one_touch_nothing_either():
    truth = world(9, kinds=2, apart=0.5)
    here_N = np.array(truth["scenario_N"]) == "kind 0"
    one, two = (known(**each, controls=False) for each in (truth, truth | {"label_N": truth["label_N"] ^ here_N}))
    assert one.layer_S[0] == two.layer_S[0]
    assert np.array_equal(one.score_N[here_N], two.score_N[here_N])


# ---- controls ----


def test_words_that_give_the_label_away_are_caught_by_the_words_control_and_by_nothing_else():
    truth = world(10, apart=0.0)
    tell = np.where(truth["label_N"], "perhaps", "surely")
    truth["texts"] = [f"{text} {word}" for text, word in zip(truth["texts"], tell, strict=True)]
    found = known(**truth)
    assert within(truth, found.controls.words_N).min() > 0.95
    assert abs(within(truth, found.score_N).mean() - 0.5) < 0.1


def test_words_of_each_scenarios_own_do_not_help_the_words_control():
    truth = world(11)
    sides_N = np.where(truth["label_N"], "yea", "nay")
    tell = [name.replace(" ", "") + side for name, side in zip(truth["scenario_N"], sides_N, strict=True)]
    truth["texts"] = [f"{text} {word}" for text, word in zip(truth["texts"], tell, strict=True)]
    assert abs(within(truth, known(**truth).controls.words_N).mean() - 0.5) < 0.1


@pytest.mark.parametrize("probe", registry.names("probes"))
def test_shuffled_labels_are_at_chance_where_the_probe_is_not(probe):
    truth = world(12, apart=3.0)
    found = known(**truth, probe=probe)
    assert found.controls.shuffled_BS.shape == (20, KINDS)
    assert found.controls.shuffled_B.shape == (20,)
    means_B = found.controls.shuffled_BS.mean(axis=1)
    assert abs(means_B.mean() - 0.5) < 3 * means_B.std() / np.sqrt(20)
    assert within(truth, found.score_N).min() > means_B.max()
    np.testing.assert_allclose(within(truth, found.controls.shuffled_N), found.controls.shuffled_BS[0])


def test_labels_are_shuffled_between_the_sides_of_twins():
    truth = world(13)
    folds = _folds.plan(truth["label_N"], np.repeat(np.arange(KINDS), 2 * PAIRS), truth["cluster_N"], truth["texts"])
    drawn_N = _folds.shuffled(folds, np.random.default_rng(0))
    assert (drawn_N.reshape(-1, 2).sum(axis=1) == 1).all()
    assert 0.35 < (drawn_N == truth["label_N"]).mean() < 0.65


def test_labels_of_questions_without_a_twin_are_shuffled_within_their_scenario():
    label_N, scenario_N = np.arange(80) % 4 == 0, np.repeat([0, 1], 40)
    folds = _folds.plan(label_N, scenario_N, np.arange(80), [f"q{n}" for n in range(80)])
    drawn_N = _folds.shuffled(folds, np.random.default_rng(0))
    assert [drawn_N[scenario_N == s].sum() for s in (0, 1)] == [10, 10]
    assert (drawn_N != label_N).sum() > 10


def test_other_seeds_shuffle_otherwise_and_touch_no_score():
    truth = world(14, kinds=3)
    one, two, again = (known(**truth, seed=seed, shuffles=2) for seed in (0, 1, 0))
    assert np.array_equal(one.score_N, two.score_N)
    assert not np.array_equal(one.controls.shuffled_N, two.controls.shuffled_N)
    assert np.array_equal(one.controls.shuffled_N, again.controls.shuffled_N)


def test_without_controls_there_are_none():
    assert known(**world(15, kinds=3), controls=False).controls is None


# ---- order, gaps, errors ----


@pytest.mark.parametrize("kinds", [2, 4])
def test_the_order_of_the_items_does_not_matter(kinds):
    truth = world(16, kinds=kinds, apart=1.0)
    order = np.random.default_rng(0).permutation(len(truth["label_N"]))
    mixed = take(truth, order)
    one, two = known(**truth), known(**mixed)
    assert dict(zip(one.scenarios, one.layer_S, strict=True)) == dict(zip(two.scenarios, two.layer_S, strict=True))
    np.testing.assert_allclose(two.score_N, one.score_N[order])
    np.testing.assert_allclose(two.controls.shuffled_N, one.controls.shuffled_N[order])
    np.testing.assert_allclose(two.controls.words_N, one.controls.words_N[order], atol=1e-4)


def test_a_missing_item_has_no_score_and_teaches_nothing():
    truth = world(17)
    truth["hidden_NLD"][4, 1, 0] = np.nan
    found = known(**truth)
    rest = take(truth, np.delete(np.arange(len(found.score_N)), 4))
    assert np.flatnonzero(np.isnan(found.score_N)).tolist() == [4]
    np.testing.assert_allclose(np.delete(found.score_N, 4), known(**rest).score_N)


def test_scenarios_with_one_side_or_too_few_items_are_named_and_left_out_of_everything():
    truth = world(18)
    names_N = np.array(truth["scenario_N"])
    truth["label_N"] = truth["label_N"] | (names_N == "kind 1")
    few = np.flatnonzero(names_N == "kind 3")[6:]
    cut = take(truth, np.setdiff1d(np.arange(len(names_N)), few))
    found = known(**cut)
    assert found.scenarios == ("kind 0", "kind 2", "kind 4")
    assert list(found.untested) == ["kind 1", "kind 3"]
    assert "60 to decline and 0 to answer have states" in found.untested["kind 1"]
    assert "3 to decline and 3 to answer have states; 4 of each" in found.untested["kind 3"]
    out_N = np.isin(np.array(cut["scenario_N"]), ["kind 1", "kind 3"])
    for score_N in (found.score_N, found.controls.words_N, found.controls.shuffled_N):
        assert np.array_equal(np.isnan(score_N), out_N)
    only = take(cut, np.flatnonzero(~out_N))
    np.testing.assert_allclose(known(**only).score_N, found.score_N[~out_N])


@pytest.mark.parametrize(("kinds", "words"), [(1, "there is one"), (0, "there is none")])
def test_fewer_than_two_scenarios_are_a_request_error_in_words(kinds, words):
    truth = world(19, kinds=max(kinds, 1))
    if not kinds:
        truth["label_N"][:] = True
    with pytest.raises(RequestError, match=f"two or more scenarios.*{words}"):
        known(**truth)


def test_twins_that_lie_across_all_scenarios_are_a_request_error():
    truth = world(20, kinds=2)
    truth["cluster_N"] = np.arange(4 * PAIRS) % (2 * PAIRS)
    with pytest.raises(RequestError, match="shares a cluster"):
        known(**truth)


@pytest.mark.parametrize("short", ["label_N", "scenario_N", "cluster_N", "texts"])
def test_arguments_of_unlike_length_are_a_request_error(short):
    truth = world(21, kinds=2)
    with pytest.raises(RequestError, match=re.escape("(120, 4, 32)")):
        known(**(truth | {short: truth[short][:-1]}))


def test_no_shuffles_are_a_request_error_that_says_what_to_write_instead():
    with pytest.raises(RequestError, match="controls=False"):
        known(**world(24, kinds=2), shuffles=0)


def test_an_unknown_probe_is_a_request_error_that_names_the_nearest():
    with pytest.raises(RequestError, match="Did you mean 'logistic'"):
        known(**world(22, kinds=2), probe="logistics")


# ---- the AUROC ----


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=40))
def test_the_auroc_is_the_share_of_pairs_in_order_with_ties_as_halves(rows):
    score_N, positive_N = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])
    if positive_N.all() or not positive_N.any():
        return
    pairs = list(itertools.product(score_N[positive_N], score_N[~positive_N]))
    expected = np.mean([(one > zero) + 0.5 * (one == zero) for one, zero in pairs])
    assert knows._auroc(score_N, positive_N) == pytest.approx(expected)


@pytest.mark.slow
def test_both_probes_with_their_controls_take_less_than_20_s_for_a_default_audit():
    import time

    from threadpoolctl import threadpool_limits

    truth = world(23, kinds=7, pairs=40, layers=31, width=576)
    truth["hidden_NLD"] = truth["hidden_NLD"].astype(np.float16)
    with threadpool_limits(1):  # threads that wait for each other on a busy machine spin, and that counts
        began = time.process_time()
        for probe in registry.names("probes"):
            known(**truth, probe=probe)
        took = time.process_time() - began
    assert took < 20
    assert probes.DEFAULT == "mean_difference"
