"""The lab: its work is done once, stops and goes on, and its figures are those of the audits."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.models import tiny

from knowwhen import suites
from knowwhen.errors import RequestError, RunError
from knowwhen.lab import design as design_
from knowwhen.lab import results as results_
from knowwhen.lab import stages as stages_
from knowwhen.lab.design import Design, audited, slug, trained
from knowwhen.lab.results import Audited, Drawn, direction, measured
from knowwhen.lab.stages import Stage, remaining, rows_for, stages, work
from knowwhen.metrics import detection, ranking
from knowwhen.report import lab_words
from knowwhen.training import dose, split
from knowwhen.types import Estimate, Move, Outcome, Response, ask

pytest.importorskip("trl")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objectives": ("tertiary",)}, "Unknown objective 'tertiary'. Did you mean 'ternary'"),
        ({"held_out": ("weather",)}, "No kind of question is called 'weather'"),
        ({"held_out": ()}, "at least one kind of question kept from training"),
        ({"held_out": suites.DEFAULT[:6]}, "at least two to train on"),
        ({"seeds": (0, 0)}, "expected one or more of each, once"),
        ({"objectives": ("binary", "binary")}, "An objective is named twice"),
        ({"trainer": "dpo"}, "The lab trains by exact or grpo"),
        ({"learning_rate": -1.0}, "expected a rate above 0"),
        ({"kl": -0.1}, "expected a rate above 0 and a weight of at least 0"),
        ({"objectives": ("ternary(knowledge=True)",)}, "its reward needs more of a reply"),
        ({"objectives": ("mode_routing",)}, "naming a mode"),
        ({"objectives": ("refusal_tuning(share=0.3)",)}, "The maker 'refusal_tuning' takes no 'share'"),
        ({"objectives": ("refusal_tuning(declining=1.5)",)}, "declining=1.5.*expected a share above 0 and below 1"),
        ({"objectives": ("refusal_tuning(samples=-1)",)}, "expected samples ≥ 0"),
        ({"trainer": "grpo"}, "Under brier a reply must say how sure it is"),
        ({"held_out_items": 1}, "at least one pair"),
        ({"draws": 0}, "expected a whole number of at least 1"),
        ({"whole": False}, "nothing is audited"),
        ({"withheld": 1.0}, "expected a share of right answers, from 0 to below 1"),
        ({"held_out": ("unsafe",)}, "cannot train safety.*about unsafe questions alone, and held_out=unsafe keeps"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(given: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Design("smollm2", **given)


def test_an_objective_about_one_kind_stands_in_the_way_of_no_other() -> None:
    Design("smollm2", objectives=("ternary",), held_out=("unsafe", "stale"))
    Design("smollm2", objectives=("safety",), held_out=("stale",))


def test_training_and_audits_share_no_twin_no_entity_and_no_held_out_kind() -> None:
    design = Design("smollm2")
    asked = audited(design)
    assert {item.tags["scenario"] for item in asked} == set(suites.DEFAULT)
    assert len(asked) == 3 * design.held_out_items + 4 * design.trained_on_items
    for seed in design.seeds:
        items = trained(design, seed)
        assert {item.tags["scenario"] for item in items} == set(design.trained_on)
        assert not {item.tags["scenario"] for item in items} & set(design.held_out)
        assert split.shared(items, asked) == frozenset()
        assert not {item.id for item in items} & {item.id for item in asked}


def test_further_draws_have_further_questions_of_the_audit_s_side() -> None:
    given: dict[str, Any] = {"objectives": ("binary",), "held_out": ("stale", "unsafe"), "held_out_items": 600}
    one, two = (Design("smollm2", **given, draws=draws) for draws in (1, 2))
    first, both = audited(one), audited(two)
    more = {item.id: item for item in both}
    assert len(more) == len(both) > len(first) + 200
    assert {item.id for item in first} < set(more)
    assert all(item.twin in more and more[item.twin].twin == item.id for item in both)
    assert split.shared(trained(two, 0), both) == frozenset()


def test_doses_are_set_by_questions_that_neither_a_training_nor_an_audit_sees() -> None:
    design = Design("smollm2", withheld=0.1)
    asked = {item.id for item in audited(design)}
    for seed in (0, 1):
        items = design_.validated(design, seed)
        assert {item.tags["scenario"] for item in items} == set(design.trained_on)
        assert len(items) == 4 * design_.VALIDATED
        assert all(item.answerable and item.answers for item in items)
        assert not {item.id for item in items} & ({item.id for item in trained(design, seed)} | asked)
    assert design.fingerprint == replace(design, withheld=None).fingerprint, "a dose joins the folder of the lab"
    assert replace(design, withheld=None).rows == ("start", *design.objectives)
    assert design.rows[:4] == ("start", "start, dosed", "binary", "binary, dosed")
    assert replace(design, whole=False).rows[:2] == ("start, dosed", "binary, dosed")
    assert design.fingerprint == replace(design, whole=False).fingerprint != replace(design, draws=2).fingerprint
    with pytest.raises(RequestError, match="none of 'unknown' is left to set a dose by"):
        design_.validated(replace(design, training_items=400), 0)


def test_a_specification_becomes_a_folder_name() -> None:
    assert slug("safety(charge=0, comply=0)") == "safety-charge-0-comply-0"
    assert slug("confidence_target(t=0.75)") == "confidence_target-t-0.75"


def test_how_long_is_left_is_told_by_kind() -> None:
    stage = Stage("audit", "", lambda: False, lambda _: None)
    train = replace(stage, kind="train")
    assert remaining([stage], {}) == "how long is left shows after the first stage"
    assert remaining([stage, stage], {"audit": [120.0, 60.0]}) == "about 3 min left"
    assert remaining([stage, train], {"audit": [60.0]}) == "about 2 min left, by a guess"
    assert remaining([stage], {"audit": [10.0]}) == "under a minute left"


# ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def fake(hits: int, alarms: int, right: int, n: int = 20) -> tuple[Audited, np.ndarray]:
    """n questions to decline, then n to answer."""
    should_N = np.arange(2 * n) < n
    declined_N = np.r_[np.arange(n) < hits, np.arange(n) < alarms].astype(float)
    right_N = np.r_[np.full(n, np.nan), (np.arange(n) >= n - right).astype(float)]
    payoff_N = np.where(declined_N == 1, 0.0, np.where(right_N == 1, 1.0, -1.0))
    score_N = np.r_[np.linspace(0, 1, n), np.linspace(-0.5, 0.5, n)]
    return Audited(declined_N, right_N, payoff_N, score_N, score_N), should_N


def drawn(should_N: np.ndarray, draws: int = 0) -> Drawn:
    rng = np.random.default_rng(0)
    weight_BN = np.concatenate([np.ones((1, len(should_N))), rng.standard_exponential((draws, len(should_N)))])
    return Drawn(should_N, weight_BN, np.concatenate([np.zeros((1, 2)), rng.standard_gamma(0.5, (draws, 2))]))


def test_the_figures_are_those_of_the_metrics() -> None:
    audit, should_N = fake(12, 3, 9)
    found = measured(audit, drawn(should_N), np.random.default_rng(0))
    hit, alarm = detection.log_linear(12, 20), detection.log_linear(3, 20)
    assert found["hit"][0] == pytest.approx(hit)
    assert found["criterion"][0] == pytest.approx(detection.criterion(hit, alarm))
    assert found["d_prime"][0] == pytest.approx(detection.d_prime(hit, alarm))
    assert found["right"][0] == pytest.approx(9 / 20)
    assert found["payoff"][0] == pytest.approx((9 - 8 - (20 - 3 - 9)) / 40)
    below = [(a > b) + (a == b) / 2 for a in audit.leans_N[:20] for b in audit.leans_N[20:]]
    area = ranking.held_back(sum(below) / 400, 20, 20)
    assert found["leans"][0] == pytest.approx(ranking.to_d_prime(area))


def test_a_reading_that_separates_perfectly_keeps_its_doubt() -> None:
    audit, should_N = fake(12, 3, 9)
    perfect = replace(audit, knows_N=np.where(should_N, 1.0, 0.0))
    found = measured(perfect, drawn(should_N, 400), np.random.default_rng(0))
    assert np.quantile(found["knows"][1:], 0.025) < 4 < found["knows"][0]


def test_differences_are_of_the_questions_graded_in_both() -> None:
    before, should_N = fake(12, 3, 9)
    after, _ = fake(4, 3, 9)
    lost = after.declined_N.copy()
    lost[:12] = np.nan  # all that the first declined rightly could not be graded in the second
    change = results_._change(replace(after, declined_N=lost), before, drawn(should_N), np.random.default_rng(0))
    assert change["hit"][0] == 0  # of the eight left neither declined one
    assert results_._change(before, before, drawn(should_N), np.random.default_rng(0))["hit"].tolist() == [0.0]


def test_few_seeds_leave_a_wide_interval() -> None:
    def width(*values: float) -> float:
        each = [np.full(4001, value) for value in values]
        mean_B = results_._over(each, np.random.default_rng(0))
        assert mean_B[0] == pytest.approx(np.mean(values))
        return float(np.diff(np.quantile(mean_B[1:], [0.025, 0.975]))[0])

    assert width(0.3) == 0  # one seed says nothing of others
    assert width(0.2, 0.4) == pytest.approx(2 * 12.71 * 0.1414 / 2**0.5, rel=0.3)
    assert width(0.2, 0.3, 0.4) == pytest.approx(2 * 4.303 * 0.1 / 3**0.5, rel=0.1)


def test_a_threshold_at_which_the_start_may_stand_predicts_nothing() -> None:
    assert results_._predicted("ternary", Estimate(0.2, 0.1, 0.3, 50))["predicted"] == "declines more"
    assert results_._predicted("ternary", Estimate(0.4, 0.3, 0.55, 50))["predicted"] == ""
    assert results_._predicted("refusal_tuning", Estimate(0.8, 0.7, 0.9, 50))["predicted"] == "answers more"
    for name in ("refusal_tuning(declining=0.3)", "refusal_tuning(least=0.1)", "ternary, dosed", "start, dosed"):
        assert results_._predicted(name, Estimate(0.2, 0.1, 0.3, 50)) == {"threshold": None, "predicted": ""}
    assert results_._predicted("binary", Estimate(0.2, 0.0, 0.3, 50))["predicted"] == "answers too much"
    assert results_._predicted("start", Estimate(0.2, 0.1, 0.3, 50)) == {"threshold": None, "predicted": ""}
    assert results_._predicted("ternary", Estimate.none())["predicted"] == ""
    assert results_._predicted("binary", Estimate.none())["predicted"] == "answers too much"
    kinds = {alarm: f"missing_premise(alarm={alarm}, refuse=1)" for alarm in (1, 2.5, 3)}
    said = {alarm: results_._predicted(name, Estimate(0.2, 0.1, 0.3, 50))["predicted"] for alarm, name in kinds.items()}
    assert said == {1: "declines more", 2.5: "", 3: "answers more"}  # turns at 3 − 2 × (0.2 to 0.6)
    assert results_._predicted("safety", Estimate.none())["predicted"] == ""


def stored(monkeypatch: pytest.MonkeyPatch, audits: dict[str, tuple[int, int, int]], n: int = 20) -> dict[str, Any]:
    """The results of a lab whose audits are made up: folder → hits, false alarms and right answers of each group."""
    kinds = ("unknown", "stale")
    items = [
        ask(f"{kind} {k}?", Move.ABSTAIN if k < n else Move.ANSWER, () if k < n else ("x",), tags={"scenario": kind})
        for kind in kinds
        for k in range(2 * n)
    ]
    outcomes = [Outcome(item, Response("x"), Move.ABSTAIN, None) for item in items]

    def read(folder: Path) -> tuple[Audited, list[Outcome]]:
        half = fake(*audits[folder.name], n)[0]
        return half.where(np.tile(np.arange(2 * n), len(kinds))), outcomes

    monkeypatch.setattr(results_, "read", read)
    seeds = tuple(sorted({int(name.split("-")[1]) for name in audits if name != "base"}))
    names = tuple(sorted({name.split("-", 2)[2] for name in audits if name != "base"} - {"start"}))
    return results_.results(Design("smollm2", objectives=names, seeds=seeds), Path(), draws=200)


def test_a_direction_is_predicted_from_the_start_and_both_figures_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = stored(
        monkeypatch,
        {
            "base": (2, 0, 2),  # right in 2 of 38 answers, 18 of them to what should be declined
            "seed-0-start": (20, 10, 9),  # of 10
            "seed-1-start": (20, 0, 18),  # of 20
            "seed-0-ternary": (20, 10, 9),
            "seed-1-ternary": (20, 0, 18),
        },
    )
    accuracy = found["accuracy"]
    assert (accuracy["base"].value, accuracy["base"].n) == (2 / 38, 38)
    assert accuracy["start"].value == pytest.approx(0.9)
    assert accuracy["start"].n == 15
    assert accuracy["start"].low > 0.5 > accuracy["base"].high
    assert found["objectives"][1]["predicted"] == "answers more"  # from the base it would be "declines more"


def test_a_start_that_answers_nothing_predicts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = {"seed-0-start": (20, 20, 0), "seed-1-start": (20, 20, 0)}
    trained = {"seed-0-ternary": (20, 20, 0), "seed-1-ternary": (20, 20, 0)}
    found = stored(monkeypatch, {"base": (2, 0, 2), **silent, **trained})
    assert found["accuracy"]["start"].n == 0
    assert found["objectives"][1]["predicted"] == ""
    found = stored(monkeypatch, {"base": (2, 0, 2), **silent, **trained, "seed-1-start": (20, 0, 10)})
    assert found["accuracy"]["start"].value == 0.5  # of the seed that answers
    both = {"seed-0-start": (20, 0, 10), "seed-1-start": (20, 12, 8)}  # 10 of 20, 8 of 8
    assert stored(monkeypatch, {"base": (2, 0, 2), **trained, **both})["accuracy"]["start"].value == 0.75


@pytest.mark.parametrize("hits", range(2, 20, 2))
def test_what_was_measured_and_its_interval_are_of_the_same_draws(monkeypatch: pytest.MonkeyPatch, hits: int) -> None:
    """Else the page, which has the interval alone, would tell another direction where it is close."""
    found = stored(
        monkeypatch,
        {
            "base": (2, 0, 9),
            "seed-0-start": (8, 2, 9),
            "seed-1-start": (8, 3, 9),
            "seed-0-ternary": (hits, 2, 9),
            "seed-1-ternary": (hits, 4, 9),
        },
    )
    for entry in found["objectives"]:
        assert entry["measured"] == lab_words.direction(asdict(entry["held out"]["from start"]["criterion"]))
        carried = lab_words.direction(asdict(entry["trained on"]["from start"]["criterion"])) != lab_words.OPEN
        assert bool(entry["carries"].n) == carried
    start = found["objectives"][0]
    for group in ("held out", "trained on"):
        assert start[group]["from base"] == start[group]["from start"]  # one array, so to the last digit


def test_the_grader_s_error_is_said_to_be_on_labelled_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    one = (2, 0, 9)
    found = stored(monkeypatch, {"base": one, "seed-0-start": one, "seed-0-ternary": one})
    assert set(found["grader"]["labelled"]) == {"answers taken for declining", "declining replies missed"}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (Estimate(-0.5, -0.8, -0.2, 9), "declines more"),
        (Estimate(0.5, 0.2, 0.8, 9), "answers more"),
        (Estimate(0.5, -0.2, 0.8, 9), "cannot be told"),
        (Estimate.none(), "cannot be told"),
        (Estimate(0.5, float("nan"), float("nan"), 9), "cannot be told"),
    ],
)
def test_a_direction_is_told_only_where_the_interval_has_one_sign(change: Estimate, found: str) -> None:
    assert direction(change) == found


TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<reply>{{ m['content'] }}<end>{% else %}"
    "<{{ m['role'] }}>{{ m['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}<reply>{% endif %}"
)


# ── whole labs on a tiny model ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "model"
    tiny.model().save_pretrained(path)
    tiny.tokenizer(TEMPLATE).save_pretrained(path)
    return path


def small(folder: Path) -> Design:
    return Design(
        str(folder),
        objectives=("ternary", "brier", "refusal_tuning"),  # a random model is never right, so binary has no gradient
        seeds=(0, 1),
        held_out_items=4,
        trained_on_items=4,
        training_items=6,
        start_items=4,
        start_steps=1,
        steps=2,
        batch=2,
        max_tokens=6,
    )


@pytest.fixture
def few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pairs are enough, and quicker to make."""
    monkeypatch.setattr(design_, "_MOST", 60)


@pytest.mark.slow
@pytest.mark.usefixtures("few_pairs")
def test_a_lab_stops_goes_on_and_does_nothing_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design, home, said = small(folder), tmp_path / "lab", []
    done: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("[") and len([t for t in said if t.startswith("[")]) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(design, home, say)
    listed = stages(design, home)
    assert [stage.done() for stage in listed] == [True] * 5 + [False] * (len(listed) - 5)
    assert len(listed) == 1 + 2 * (2 + 2 * 4)
    files = [path for path in home.rglob("*") if path.is_file() and path.name not in ("times.json", "lab.json", "lock")]
    before = {path: path.stat().st_mtime_ns for path in files}
    work(design, home, done.append)
    assert done[0] == f"going on: 5 of {len(listed)} stages are done."
    assert all(path.stat().st_mtime_ns == before[path] for path in before if path.exists())
    again: list[str] = []
    work(design, home, again.append)
    assert again == []

    found = results_.results(design, home, draws=50)
    assert [entry["name"] for entry in found["objectives"]] == ["start", *design.objectives]
    for entry in found["objectives"]:
        for group in ("held out", "trained on"):
            assert len(entry[group]["seeds"]) == 2
            change, whole = entry[group]["from base"]["criterion"], found["ungraded"]["base"][group]
            assert math.isnan(change.value) or change.n <= whole[1]
            lost, asked = found["ungraded"][entry["name"]][group]
            assert 0 <= lost <= asked == 2 * whole[1]
    start = found["objectives"][0]["held out"]
    first, second = (start[since]["criterion"].value for since in ("from start", "from base"))
    assert first == second or math.isnan(second)

    dosed = replace(design, objectives=("ternary",), seeds=(0,), withheld=0.2)
    with pytest.raises(RunError, match=r"right on none of .* Leave --withheld out"):
        work(dosed, home, done.append)
    declined = iter([0.1, 0.5, 0.3, 0.1, 0.2])
    monkeypatch.setattr(dose, "right", lambda _, items, **__: list(items))
    monkeypatch.setattr(dose, "withheld", lambda *_, **__: next(declined))
    work(dosed, home, said.append)
    start, told = (text for text in said if " of it is taken" in text)
    assert start.startswith("    1 of it")
    assert told.startswith("    0.375 of it")
    assert told.endswith("by share: 0.25: 10%, 0.375: 20%, 0.5: 30%, 1: 50%")
    work(dosed, home, again.append)
    assert again == [], "nothing is tried twice"
    found = results_.results(dosed, home, draws=50)
    named = ["start", "start, dosed", "ternary", "ternary, dosed"]
    assert [entry["name"] for entry in found["objectives"]] == named
    assert [entry["role"] for entry in found["objectives"]] == ["start", "start", "objective", "dosed"]
    assert found["objectives"][3]["predicted"] == ""
    assert {name: by[0]["share"] for name, by in found["doses"].items()} == {named[1]: 1.0, named[3]: 0.375}

    alone = replace(dosed, whole=False)
    assert {stage.name for stage in stages(alone, home) if stage.kind == "audit"} == {
        "audit base", "audit seed-0-start-dosed", "audit seed-0-ternary-dosed",
    }  # fmt: skip
    assert all(stage.done() for stage in stages(alone, home))
    shares = results_.results(alone, home, draws=50)
    assert [entry["name"] for entry in shares["objectives"]] == named[1::2]
    for entry, like in zip(shares["objectives"], found["objectives"][1::2], strict=True):
        assert str(entry["held out"]["seeds"]) == str(like["held out"]["seeds"])  # of NaN too
        before, after = (one["held out"]["from start"]["right"].value for one in (entry, like))
        assert before == after or math.isnan(before + after)
    assert [entry["role"] for entry in shares["objectives"]] == ["start", "dosed"]

    other = replace(dosed, withheld=0.3)  # another limit, another dose, and another audit of it
    declined = iter([0.3, 0.4, 0.3, 0.35, 0.4])
    work(other, home, said.append)
    assert {name: by[0]["share"] for name, by in results_.results(other, home, draws=50)["doses"].items()} == {
        named[1]: 1.0,
        named[3]: 0.5,
    }
    assert all(stage.done() for stage in stages(other, home))
    (home / "seed-0" / "closed.jsonl").unlink()
    lost = {stage.name for stage in stages(other, home) if not stage.done()}
    assert lost == {"data, seed 0", "train ternary, seed 0"}, "what it was trained on is made again"

    with pytest.raises(RunError, match="holds another lab"):
        work(replace(design, steps=3), home, done.append)


@pytest.mark.usefixtures("few_pairs")
def test_data_is_made_for_what_is_trained_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, str]] = []

    def data(design: Design, home: Path, seed: int, spec: str, files: dict[str, str]) -> tuple[Any, Any]:
        made.append(files)
        return (lambda: True), (lambda _: None)

    monkeypatch.setattr(stages_, "_data", data)
    tuned = {"refusal_tuning-declining-0.3": "refusal_tuning(declining=0.3)"}
    for named, expected in (
        (("ternary", "binary"), {"closed": "closed"}),
        ((*tuned.values(),), tuned),
        (("ternary", "refusal_tuning"), {"closed": "closed", "refusal_tuning": "refusal_tuning"}),
    ):
        made.clear()
        stages(Design("smollm2", objectives=named, seeds=(0,)), tmp_path)
        assert made == [{"start": "seed"}, expected]


@pytest.mark.slow
@pytest.mark.usefixtures("few_pairs")
def test_every_objective_gets_the_rows_that_it_is_about(folder: Path, tmp_path: Path) -> None:
    design = replace(small(folder), objectives=("safety", "brier", "binary"), seeds=(0,), kl=0.5)
    home = tmp_path / "lab"
    stages_._claim(design, home)
    for stage in stages(design, home)[1:5]:
        stage.work(lambda _: None)

    def rows(spec: str) -> list[dict[str, Any]]:
        return rows_for(stages_.plan_of(design, home / "seed-0", 0, spec))

    assert {row["scenario"] for row in rows("safety")} == {"unsafe"}
    assert any(candidate["tail"] for row in rows("brier") for candidate in row["candidates"])
    assert not any(candidate["tail"] for row in rows("binary") for candidate in row["candidates"])
    assert json.loads((home / "lab.json").read_text())["design"] == json.loads(json.dumps(asdict(design)))
    weights = {spec: stages_.plan_of(design, home / "seed-0", 0, spec).kl for spec in ("binary", "start")}
    assert weights == {"binary": 0.5, "start": 0.0}  # imitation has no policy at the start to stay near
