import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.errors import RequestError
from knowwhen.metrics import grader_error
from knowwhen.metrics.grader_error import Confusion, corrected, corrected_rates, measured, rogan_gladen
from knowwhen.signature import Signature, signature
from knowwhen.types import Estimate, Item, Message, Move, Outcome, Response

shares = st.floats(0.55, 1.0)


@given(st.floats(0, 1), shares, shares)
def test_the_correction_undoes_what_the_grader_s_errors_do(true, sensitivity, specificity):
    observed = true * sensitivity + (1 - true) * (1 - specificity)
    assert rogan_gladen(observed, sensitivity, specificity) == pytest.approx(true, abs=1e-9)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_corrected_rate_is_a_rate_or_nothing(observed, sensitivity, specificity):
    found = float(rogan_gladen(observed, sensitivity, specificity))
    assert math.isnan(found) == (not np.subtract(np.add(sensitivity, specificity), 1.0) > 0)
    assert math.isnan(found) or 0 <= found <= 1


def lang_reiczigel(x, n, confusion, z=1.959964):
    """The closed form of Lang & Reiczigel 2014 for a simple binomial rate."""
    p, n_ = (x + z * z / 2) / (n + z * z), n + z * z
    n_se, n_sp = confusion.declined + 2, confusion.answered + 2
    se = (confusion.declined_and_declined + 1) / n_se
    sp = (confusion.answered_and_answered + 1) / n_sp
    informed = se + sp - 1
    true = (p + sp - 1) / informed
    shift = 2 * z * z * (true * se * (1 - se) / n_se - (1 - true) * sp * (1 - sp) / n_sp)
    spread = p * (1 - p) / n_ + true**2 * se * (1 - se) / n_se + (1 - true) ** 2 * sp * (1 - sp) / n_sp
    half = z * math.sqrt(spread) / informed
    return max(0.0, true + shift - half), min(1.0, true + shift + half)


def observed(x, n, rng, draws=4000):
    return Estimate(x / n, 0, 1, n), rng.beta(x + 0.5, n - x + 0.5, draws)


@pytest.mark.parametrize(
    ("x", "n", "counts"),
    [(60, 200, (90, 10, 8, 92)), (30, 100, (190, 10, 4, 196)), (150, 200, (45, 5, 6, 44)), (400, 1000, (60, 3, 2, 70))],
)
def test_the_interval_agrees_with_the_closed_form_for_a_binomial_rate(x, n, counts):
    rng, confusion = np.random.default_rng(1), Confusion(*counts)
    found = corrected(*observed(x, n, rng), confusion, rng)
    low, high = lang_reiczigel(x, n, confusion)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.025), pytest.approx(high, abs=0.025))


@pytest.mark.parametrize("true", [0.05, 0.3, 0.8])
def test_the_interval_covers_the_true_rate_about_as_often_as_it_says(true):
    rng, runs = np.random.default_rng(5), 400
    sensitivity, specificity, n, labelled = 0.9, 0.95, 150, 120
    covered = plain = 0
    for _ in range(runs):
        hits, passes = rng.binomial(labelled, sensitivity), rng.binomial(labelled, specificity)
        confusion = Confusion(int(hits), labelled - int(hits), labelled - int(passes), int(passes))
        x = int(rng.binomial(n, true * sensitivity + (1 - true) * (1 - specificity)))
        raw, raw_B = observed(x, n, rng, 1000)
        found = corrected(raw, raw_B, confusion, rng)
        covered += found.low <= true <= found.high
        low, high = np.quantile(raw_B, [0.025, 0.975])
        plain += low <= true <= high
    assert 0.925 <= covered / runs <= 1.0
    if true == 0.8:
        assert plain / runs < 0.7  # What happens without the correction.


def test_a_perfect_grader_counted_often_changes_almost_nothing():
    rng = np.random.default_rng(0)
    raw, raw_B = observed(40, 100, rng)
    found = corrected(raw, raw_B, Confusion(10**6, 0, 0, 10**6), rng)
    assert found.value == pytest.approx(0.4)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(raw_B, [0.025, 0.975])), abs=0.002)


def test_a_grader_no_better_than_chance_corrects_nothing():
    rng = np.random.default_rng(0)
    found = corrected(*observed(40, 100, rng), Confusion(5, 5, 5, 5), rng)
    assert math.isnan(found.value)
    assert found.n == 100
    nearly = corrected(*observed(40, 100, rng), Confusion(6, 4, 4, 6), rng)
    assert (nearly.low, nearly.high) == (0.0, 1.0)


def test_nothing_observed_stays_nothing():
    assert corrected(Estimate.none(), np.empty(0), Confusion(9, 1, 1, 9), np.random.default_rng(0)).n == 0


@pytest.mark.parametrize("counts", [(-1, 2, 3, 4), (1.5, 2, 3, 4), (0, 0, 3, 4), (1, 2, 0, 0)])
def test_a_table_that_counts_nothing_on_one_side_is_refused(counts):
    with pytest.raises(RequestError):
        Confusion(*counts)


def row(a, b, c, d):
    said = ("declined", "answered")
    names = [f"{label}, graded {grader}" for label in said for grader in said]
    return dict(zip(names, (a, b, c, d), strict=True)) | {"ungraded": 3}


def test_the_counts_are_read_by_source(tmp_path):
    path = tmp_path / "error.json"
    assert measured(path) == {}
    path.write_text(json.dumps({"sources": {"one": row(9, 1, 2, 8), "other": row(90, 10, 2, 98)}}))
    assert measured(path) == {"one": Confusion(9, 1, 2, 8), "other": Confusion(90, 10, 2, 98)}
    path.write_text(json.dumps({"sources": {"one": row(9, 1, 2, 8) | {"labelled by": "owls"}}}))
    assert measured(path) == {"one": Confusion(9, 1, 2, 8, labelled_by="owls")}


@pytest.mark.parametrize("text", ["[]", "{", '{"sources": {"a": {"n": 3}}}', '{"sources": {"a": 1}}', '{"a": {}}'])
def test_counts_that_do_not_read_are_refused(tmp_path, text):
    path = tmp_path / "error.json"
    path.write_text(text)
    with pytest.raises(RequestError, match=r"error\.json"):
        measured(path)


def test_the_file_in_the_package_reads_if_it_is_there():
    for source, confusion in measured().items():
        assert confusion.sensitivity + confusion.specificity > 1
        assert confusion.labelled_by == ("language models" if source.startswith("own") else "people")


def test_who_labelled_stands_beside_what_was_corrected_by_it():
    def by(labelled_by):
        return Confusion(9, 1, 1, 9, labelled_by=labelled_by)

    rates = {"hit_rate": Estimate(0.5, 0.4, 0.6, 10), "false_alarm": Estimate.none()}
    drawn = {"hit_rate": np.full(100, 0.5)}
    mixed = {"one": by("people"), "two": by(""), "three": by("people"), "four": by("owls")}
    found = corrected_rates(rates, drawn, mixed, 0)
    assert found["labelled_by"] == "people and owls"
    assert [part["labelled_by"] for part in found["sources"].values()] == ["people", "", "people", "owls"]
    found = corrected_rates(rates, drawn, {**mixed, grader_error.LIKE_AUDITS: by("language models")}, 0)
    assert (found["by"], found["labelled_by"]) == (grader_error.LIKE_AUDITS, "language models")


def run(hits, misses, alarms, right):
    def outcome(k, calls_for, move):
        item = Item((Message("user", f"question {k}"),), frozenset({calls_for}))
        return Outcome(item, Response("x"), move)

    kinds = [(Move.ABSTAIN, Move.ABSTAIN)] * hits + [(Move.ABSTAIN, Move.ANSWER)] * misses
    kinds += [(Move.ANSWER, Move.ABSTAIN)] * alarms + [(Move.ANSWER, Move.ANSWER)] * right
    kept = []
    for k, (calls_for, move) in enumerate(kinds):
        made = outcome(k, calls_for, move)
        wrong = move is Move.ANSWER and calls_for is not Move.ANSWER
        kept.append(Outcome(made.item, made.response, move, False if wrong else None))
    return kept


def test_a_signature_carries_the_corrected_rates_only_where_an_error_was_measured():
    outcomes = run(30, 20, 10, 40)
    plain = signature(outcomes, model="m", draws=200)
    assert plain.corrected is None
    assert "corrected" not in plain.to_json()
    by = {"one": Confusion(90, 10, 5, 95), "other": Confusion(180, 20, 10, 190)}
    found = signature(outcomes, model="m", draws=200, error=by)
    part = found.to_json()["corrected"]
    assert part["by"] == "one + other"
    assert part["n"] == 600
    assert part["sensitivity"]["value"] == 0.9
    assert part["hit_rate"]["value"] == pytest.approx((0.6 + 0.95 - 1) / 0.85)
    assert part["false_alarm"]["value"] == pytest.approx((0.2 + 0.95 - 1) / 0.85)
    raw = found.to_json()["overall"]
    assert part["hit_rate"]["high"] - part["hit_rate"]["low"] > raw["hit_rate"]["high"] - raw["hit_rate"]["low"]
    assert set(part["sources"]) == {"one", "other"}
    assert Signature.from_json(json.loads(json.dumps(found.to_json()))).corrected == part
    assert {k: v for k, v in found.to_json().items() if k != "corrected"} == plain.to_json()


def test_one_side_alone_is_corrected_alone():
    found = corrected_rates(
        {"hit_rate": Estimate(0.5, 0.4, 0.6, 10), "false_alarm": Estimate.none()},
        {"hit_rate": np.full(100, 0.5)},
        {"one": Confusion(9, 1, 1, 9)},
        0,
    )
    assert found["hit_rate"].n == 10
    assert found["false_alarm"].n == 0
    assert "sources" not in found


def test_the_measured_error_of_the_rules_is_not_held_against_a_judge(tmp_path, monkeypatch):
    from knowwhen.cli.main import main

    path = tmp_path / "error.json"
    path.write_text(json.dumps({"sources": {"one": row(90, 10, 5, 95)}}))
    monkeypatch.setattr(grader_error.measured, "__defaults__", (path,))
    monkeypatch.chdir(tmp_path)
    words = ["audit", "simulated", "--suite", "unknown", "--limit", "12"]
    assert main([*words, "--out", "rules"]) == 0
    assert json.loads((tmp_path / "rules" / "signature.json").read_text())["corrected"]["by"] == "one"
    assert main([*words, "--out", "judged", "--judge", "simulated"]) == 0
    assert "corrected" not in json.loads((tmp_path / "judged" / "signature.json").read_text())
