"""What a lab found: for each objective where it went, what was predicted, what it cost, with intervals.

All audits of a lab ask the same questions. Every draw weights the twin pairs at random (the Bayesian bootstrap, as in
`metrics.intervals`), and the seeds too, so that an interval holds for other questions of these kinds and for other
seeds of training. Three seeds are few: what they say of the spread over seeds is rough.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowwhen import objectives, store
from knowwhen.lab.design import TUNINGS, Design, slug
from knowwhen.lab.stages import START
from knowwhen.metrics import detection, intervals, ranking
from knowwhen.metrics.intervals import Array
from knowwhen.payoff import Payoff
from knowwhen.types import Condition, Estimate, Outcome

FIGURES = ("criterion", "d_prime", "leans", "knows", "right", "payoff", "hit", "false_alarm")
"""What is measured of every audit: c, d′ of the replies, AUROC of both readings as d′, right answers a question that
should be answered, payoff a question, the two rates."""


@dataclass(frozen=True, slots=True)
class Audited:
    """One audit as columns, items in the lab's order; NaN where nothing can be said."""

    declined_N: Array
    right_N: Array
    """1 right, 0 not (wrong or declined), of questions that should be answered and have known answers."""
    payoff_N: Array
    leans_N: Array
    knows_N: Array


def read(folder: Path) -> tuple[Audited, list[Outcome]]:
    """One run folder as columns."""
    _, _, outcomes = store.load(folder)
    free = [o for o in outcomes if o.condition is Condition.FREE]
    path = folder / "readings.json"
    scores: Mapping[str, Mapping[str, float]] = json.loads(path.read_text())["items"] if path.exists() else {}
    payoff = Payoff()

    def right(outcome: Outcome) -> float:
        if not outcome.graded or not (outcome.item.answerable and outcome.item.answers):
            return math.nan
        return float(outcome.correct is True)

    def score(outcome: Outcome, name: str) -> float:
        return scores.get(outcome.item.id, {}).get(name, math.nan)

    columns = (
        [float(o.declined) if o.graded else math.nan for o in free],
        [right(o) for o in free],
        [payoff.of(o) for o in free],
        [score(o, "decline_odds") for o in free],
        [score(o, "knows") for o in free],
    )
    return Audited(*(np.array(column) for column in columns)), free


def measured(audited: Audited, should_N: Array, weight_BN: Array, doubt_B22: Array) -> dict[str, Array]:
    """Draws of every figure, shape _B.

    Args:
        should_N: whether each question should be declined.
        weight_BN: weights of the questions; 0 leaves one out.
        doubt_B22: half a question of each result for each side, (side, declined or not), in weights.
    """
    rates = []
    for side, doubt_B2 in zip((should_N, ~should_N), (doubt_B22[:, 0], doubt_B22[:, 1]), strict=True):
        seen = side & np.isfinite(audited.declined_N)
        event_B = weight_BN[:, seen] @ audited.declined_N[seen]
        rates.append((event_B + doubt_B2[:, 0]) / (weight_BN[:, seen].sum(1) + doubt_B2.sum(1)))
    hit_B, alarm_B = rates
    found = {
        "hit": hit_B,
        "false_alarm": alarm_B,
        "d_prime": detection.d_prime(hit_B, alarm_B),
        "criterion": detection.criterion(hit_B, alarm_B),
        "right": _mean(audited.right_N, weight_BN),
        "payoff": _mean(audited.payoff_N, weight_BN),
    }
    for name, score_N in (("leans", audited.leans_N), ("knows", audited.knows_N)):
        used = np.where(weight_BN.any(0), score_N, math.nan)
        area_B = ranking.weighted_auroc(used, should_N, weight_BN)
        found[name] = np.asarray(ranking.to_d_prime(np.clip(area_B, 0.005, 0.995)))
    return found


def _mean(value_N: Array, weight_BN: Array) -> Array:
    seen = np.isfinite(value_N)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(weight_BN[:, seen] @ value_N[seen] / weight_BN[:, seen].sum(1))


def results(design: Design, folder: Path, *, draws: int = 2000) -> dict[str, Any]:
    """Everything that the lab found, as JSON objects; `Estimate` for figures.

    Raises:
        RunError: an audit is missing or damaged.
    """
    base, outcomes = read(folder / "audits" / "base")
    should_N = np.array([not o.item.answerable for o in outcomes], bool)
    scenario_N = np.array([o.item.tags["scenario"] for o in outcomes])
    cluster_N = intervals.clusters([o.item for o in outcomes])
    names = (START, *design.objectives)
    audits = {
        name: [read(folder / "audits" / f"seed-{seed}-{slug(name)}")[0] for seed in design.seeds] for name in names
    }
    groups = {
        "held out": np.isin(scenario_N, design.held_out),
        "trained on": np.isin(scenario_N, design.trained_on),
    }
    accuracy = _accuracy(outcomes, groups["trained on"])
    found: dict[str, Any] = {"accuracy": accuracy, "objectives": [], "base": {}}
    drawn: dict[str, dict[str, list[dict[str, Array]]]] = {}
    for group, inside_N in groups.items():
        rng = np.random.default_rng(0)
        weight_BN = ranking.weights(cluster_N, draws, rng)[:, cluster_N] * inside_N
        weight_BN = np.concatenate([inside_N[None].astype(float), weight_BN])  # row 0 is the figure itself
        own = {name: [_draws(a, should_N, weight_BN, rng) for a in audits[name]] for name in names}
        own["base"] = [_draws(base, should_N, weight_BN, rng)] * len(design.seeds)
        drawn[group] = own
        found["base"][group] = {f: _estimate(own["base"][0][f], len(outcomes)) for f in FIGURES}
    rng = np.random.default_rng(1)
    seed_BS = np.concatenate([np.ones((1, len(design.seeds))), rng.standard_exponential((draws, len(design.seeds)))])
    seed_BS /= seed_BS.sum(1, keepdims=True)
    n = len(outcomes) * len(design.seeds)
    for name in names:
        entry: dict[str, Any] = {"name": name, **_predicted(name, accuracy)}
        moved: dict[str, Array] = {}
        for group, own in drawn.items():
            after = {f: _over(own[name], f, seed_BS) for f in FIGURES}
            since = "base" if name == START else START
            moved[group] = after["criterion"] - _over(own[since], "criterion", seed_BS)
            entry[group] = {
                "after": {f: _estimate(after[f], n) for f in FIGURES},
                "from base": {f: _estimate(after[f] - _over(own["base"], f, seed_BS), n) for f in FIGURES},
                "from start": {f: _estimate(after[f] - _over(own[START], f, seed_BS), n) for f in FIGURES},
                "seeds": [{f: float(each[f][0]) for f in FIGURES} for each in own[name]],
            }
        entry["measured"] = direction(_estimate(moved["held out"], n))
        # A ratio to what may as well be nothing says nothing.
        sure = direction(_estimate(moved["trained on"], n)) != "cannot be told"
        entry["carries"] = _estimate(moved["held out"] / moved["trained on"], n) if sure else Estimate.none()
        entry["withheld"] = _withheld(base, audits[name], groups["held out"])
        found["objectives"].append(entry)
    return found


def _draws(audited: Audited, should_N: Array, weight_BN: Array, rng: np.random.Generator) -> dict[str, Array]:
    doubt_B22 = rng.standard_gamma(0.5, (len(weight_BN), 2, 2))
    doubt_B22[0] = 0.5  # the log-linear correction
    return measured(audited, should_N, weight_BN, doubt_B22)


def _over(each: Sequence[Mapping[str, Array]], figure: str, seed_BS: Array) -> Array:
    return np.asarray((np.stack([one[figure] for one in each], axis=1) * seed_BS).sum(1))


def _estimate(value_B: Array, n: int) -> Estimate:
    return intervals.estimate(float(value_B[0]), value_B[1:], n)


def _accuracy(outcomes: Sequence[Outcome], inside_N: Array) -> float:
    """How often the base is right when it answers what can be answered, of the kinds that training sees."""
    told = [o.correct for o, inside in zip(outcomes, inside_N, strict=True) if inside and o.item.answerable]
    known = [correct for correct in told if correct is not None]
    return sum(known) / len(known) if known else math.nan


def _predicted(name: str, accuracy: float) -> dict[str, Any]:
    if name == START:
        return {"threshold": None, "predicted": ""}
    if name in TUNINGS:  # keeps what was right and declines what was wrong: a threshold of one half
        return {"threshold": 0.5, "predicted": "declines more" if accuracy < 0.5 else "answers more"}
    made = objectives.load(name)
    return {"threshold": made.threshold, "predicted": objectives.predicted(made, accuracy)}


def direction(change: Estimate) -> str:
    """Which way the criterion moved, if that can be told."""
    if not (change.n and (change.low > 0 or change.high < 0)):  # NaN is neither
        return "cannot be told"
    return "declines more" if change.value < 0 else "answers more"


def agrees(predicted: str, found: str) -> bool | None:
    """Whether a measured direction is the predicted one; None where there is nothing to compare."""
    if not predicted or found == "cannot be told":
        return None
    return ("answers" in predicted) == (found == "answers more")


def _withheld(base: Audited, after: Sequence[Audited], inside_N: Array) -> Estimate:
    """Of the questions that the base answers rightly, the share that is declined afterwards, over all seeds."""
    good = inside_N & (base.right_N == 1)
    seen = np.concatenate([one.declined_N[good] for one in after])
    seen = seen[np.isfinite(seen)]
    n, x = len(seen), float(seen.sum())
    if not n:
        return Estimate.none()
    from scipy.stats import beta

    low, high = beta.ppf([0.025, 0.975], x + 0.5, n - x + 0.5)
    return Estimate(x / n, min(float(low), x / n), max(float(high), x / n), n)
