"""The lab: its work is done once, stops and goes on, and its figures are those of the audits."""

from __future__ import annotations

import json
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
from knowwhen.lab.results import Audited, agrees, direction, measured
from knowwhen.lab.stages import Stage, remaining, rows_for, stages, work
from knowwhen.metrics import detection
from knowwhen.training import split
from knowwhen.types import Estimate

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
        ({"trainer": "magic"}, "Unknown trainer 'magic'"),
        ({"trainer": "grpo"}, "Under brier a reply must say how sure it is"),
        ({"held_out_items": 1}, "at least one pair"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(given: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Design("smollm2", **given)


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


def test_the_figures_are_those_of_the_metrics() -> None:
    audit, should_N = fake(12, 3, 9)
    found = measured(audit, should_N, np.ones((1, 40)), np.full((1, 2, 2), 0.5))
    hit, alarm = detection.log_linear(12, 20), detection.log_linear(3, 20)
    assert found["hit"][0] == pytest.approx(hit)
    assert found["criterion"][0] == pytest.approx(detection.criterion(hit, alarm))
    assert found["d_prime"][0] == pytest.approx(detection.d_prime(hit, alarm))
    assert found["right"][0] == pytest.approx(9 / 20)
    assert found["payoff"][0] == pytest.approx((9 - 8 - (20 - 3 - 9)) / 40)
    below = [(a > b) + (a == b) / 2 for a in audit.leans_N[:20] for b in audit.leans_N[20:]]
    from knowwhen.metrics.ranking import to_d_prime

    assert found["leans"][0] == pytest.approx(to_d_prime(sum(below) / 400))


def test_weights_of_zero_leave_questions_out() -> None:
    audit, should_N = fake(12, 3, 9)
    some_N = np.arange(40) % 2 == 0
    part = Audited(*(getattr(audit, name)[some_N] for name in Audited.__dataclass_fields__))
    doubt = np.full((1, 2, 2), 0.5)
    whole = measured(audit, should_N, some_N[None].astype(float), doubt)
    alone = measured(part, should_N[some_N], np.ones((1, 20)), doubt)
    assert {name: value[0] for name, value in whole.items()} == pytest.approx(
        {name: value[0] for name, value in alone.items()}
    )


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


def test_a_direction_agrees_with_its_prediction_or_not() -> None:
    assert agrees("answers too much", "answers more") is True
    assert agrees("declines more", "answers more") is False
    assert agrees("declines more", "cannot be told") is None
    assert agrees("", "answers more") is None


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
def test_a_lab_stops_goes_on_and_does_nothing_twice(folder: Path, tmp_path: Path) -> None:
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
    assert len(listed) == 1 + 2 * (1 + 2 * 4)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file() and path.name != "times.json"}
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
            change = entry[group]["from base"]["criterion"]
            after, base = entry[group]["after"]["criterion"], found["base"][group]["criterion"]
            assert change.value == pytest.approx(after.value - base.value)
    start = found["objectives"][0]
    assert start["held out"]["from start"]["criterion"].value == 0

    with pytest.raises(RunError, match="holds another lab"):
        work(replace(design, steps=3), home, done.append)


@pytest.mark.slow
@pytest.mark.usefixtures("few_pairs")
def test_every_objective_gets_the_rows_that_it_is_about(folder: Path, tmp_path: Path) -> None:
    design = replace(small(folder), objectives=("safety", "brier", "binary"), seeds=(0,))
    home = tmp_path / "lab"
    stages_._claim(design, home)
    stages_._data(design, home / "seed-0", 0)(lambda _: None)

    def rows(spec: str) -> list[dict[str, Any]]:
        return rows_for(stages_.plan_of(design, home / "seed-0", 0, spec))

    assert {row["scenario"] for row in rows("safety")} == {"unsafe"}
    assert any(candidate["tail"] for row in rows("brier") for candidate in row["candidates"])
    assert not any(candidate["tail"] for row in rows("binary") for candidate in row["candidates"])
    assert json.loads((home / "lab.json").read_text())["design"] == json.loads(json.dumps(asdict(design)))
