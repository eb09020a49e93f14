"""What a lab found: for each objective where it went, what was predicted, what it cost, with intervals.

All audits of a lab ask the same questions. Every draw weights the twin pairs at random (the Bayesian bootstrap, as in
`metrics.intervals`), and adds the doubt of having seen few seeds: a t-distributed error of the mean over them. So an
interval holds for other questions of these kinds and for other seeds of training; with two seeds it is very wide, and
with one it says nothing of others. Differences are taken on the questions that were graded in both audits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowwhen import objectives, registry, store
from knowwhen.lab.design import DOSED, START, Design, imitates, slug
from knowwhen.metrics import detection, grader_error, intervals, ranking
from knowwhen.metrics.intervals import Array
from knowwhen.payoff import Payoff
from knowwhen.training import dose
from knowwhen.types import Condition, Estimate, Outcome

FIGURES = ("criterion", "d_prime", "leans", "knows", "right", "payoff", "hit", "false_alarm")
"""What is measured of every audit: c, d′ of the replies, AUROC of both readings as d′, right answers a question that
should be answered, payoff a question, the two rates."""

_COLUMNS = {
    "criterion": "declined_N",
    "d_prime": "declined_N",
    "hit": "declined_N",
    "false_alarm": "declined_N",
    "right": "right_N",
    "payoff": "payoff_N",
    "leans": "leans_N",
    "knows": "knows_N",
}


@dataclass(frozen=True, slots=True)
class Audited:
    """One audit as columns, items in the lab's order; NaN where nothing can be said."""

    declined_N: Array
    right_N: Array
    """1 right, 0 not (wrong or declined), of questions that should be answered and have known answers."""
    payoff_N: Array
    leans_N: Array
    knows_N: Array

    def where(self, chosen_N: Array) -> Audited:
        """Some of the items."""
        return Audited(*(getattr(self, name)[chosen_N] for name in self.__dataclass_fields__))

    def seen_in(self, other: Audited) -> Audited:
        """With NaN wherever the other audit has NaN."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__)
        return Audited(*(np.where(np.isfinite(theirs), own, math.nan) for own, theirs in pairs))


@dataclass(frozen=True, slots=True)
class Drawn:
    """The random numbers that all figures of a group of questions share. Row 0 of each is the figure itself."""

    should_N: Array
    """Whether each question should be declined."""
    weight_BN: Array
    doubt_B2: Array
    """Of rankings; see `ranking.doubts`."""


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

    def worth(outcome: Outcome) -> float:
        if outcome.item.answerable and not outcome.item.answers:
            return math.nan  # open: right or wrong cannot be told, and declining alone must not count
        return payoff.of(outcome)

    def score(outcome: Outcome, name: str) -> float:
        return scores.get(outcome.item.id, {}).get(name, math.nan)

    columns = (
        [float(o.declined) if o.graded else math.nan for o in free],
        [right(o) for o in free],
        [worth(o) for o in free],
        [score(o, "decline_odds") for o in free],
        [score(o, "knows") for o in free],
    )
    return Audited(*(np.array(column, float) for column in columns)), free


def measured(audited: Audited, drawn: Drawn, rng: np.random.Generator) -> dict[str, Array]:
    """Draws of every figure, shape _B; the first is the figure itself."""
    should_N, weight_BN, rates = drawn.should_N, drawn.weight_BN, []
    for side_N in (should_N, ~should_N):
        half_B2 = rng.standard_gamma(0.5, (len(weight_BN), 2))
        half_B2[0] = 0.5  # the log-linear correction
        rates.append(_share(np.where(side_N, audited.declined_N, math.nan), weight_BN, half_B2))
    hit_B, alarm_B = rates
    found = {
        "hit": hit_B,
        "false_alarm": alarm_B,
        "d_prime": detection.d_prime(hit_B, alarm_B),
        "criterion": detection.criterion(hit_B, alarm_B),
        "right": _share(audited.right_N, weight_BN),
        "payoff": _share(audited.payoff_N, weight_BN),
    }
    for name, score_N in (("leans", audited.leans_N), ("knows", audited.knows_N)):
        yes, no = (int(np.isfinite(score_N[side_N]).sum()) for side_N in (should_N, ~should_N))
        if not yes or not no:
            found[name] = np.full(len(weight_BN), math.nan)
            continue
        first = ranking.weighted_auroc(score_N, should_N, weight_BN[:1])
        rest = ranking.weighted_auroc(score_N, should_N, weight_BN[1:], drawn.doubt_B2[1:])
        area_B = np.concatenate([[ranking.held_back(float(first[0]), yes, no)], rest])
        found[name] = np.asarray(ranking.to_d_prime(area_B))
    return found


def _share(value_N: Array, weight_BN: Array, half_B2: Array | None = None) -> Array:
    """The weighted mean of what is not NaN, half an event and half a non-event being drawn along if given."""
    seen = np.isfinite(value_N)
    total_B, trials_B = weight_BN[:, seen] @ value_N[seen], weight_BN[:, seen].sum(1)
    if half_B2 is not None:
        total_B, trials_B = total_B + half_B2[:, 0], trials_B + half_B2.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total_B / trials_B)


def results(design: Design, folder: Path, *, draws: int = 2000) -> dict[str, Any]:
    """Everything that the lab found, as JSON objects; `Estimate` for figures.

    Raises:
        RunError: an audit is missing or damaged.
    """
    base, outcomes = read(folder / "audits" / "base")
    scenario_N = np.array([o.item.tags["scenario"] for o in outcomes])
    audits = {
        name: [read(folder / "audits" / f"seed-{seed}-{slug(name)}")[0] for seed in design.seeds]
        for name in design.rows
    }
    groups = {"held out": np.isin(scenario_N, design.held_out), "trained on": np.isin(scenario_N, design.trained_on)}
    asked = [o for o, inside in zip(outcomes, groups["trained on"], strict=True) if inside]
    seen = {"base": [base], "start": audits[design.rows[0]]}  # its share, where whole adapters are not audited
    accuracy = {
        name: _accuracy([one.where(groups["trained on"]) for one in each], asked, draws) for name, each in seen.items()
    }
    found: dict[str, Any] = {"accuracy": accuracy, "base": {}, "ungraded": {"base": {}}}
    entries: list[dict[str, Any]] = [
        {"name": name, "role": _role(name), **_predicted(name, accuracy["start"])} for name in design.rows
    ]
    moved: dict[str, list[Array]] = {name: [] for name in design.rows}
    for group, inside_N in groups.items():
        drawn, rng = _drawn([o for o, inside in zip(outcomes, inside_N, strict=True) if inside], draws)
        before = base.where(inside_N)
        found["base"][group] = _figures(_means([measured(before, drawn, rng)], rng), [before])
        found["ungraded"]["base"][group] = [int(np.isnan(before.declined_N).sum()), len(before.declined_N)]
        for entry in entries:
            name, own = entry["name"], [each.where(inside_N) for each in audits[entry["name"]]]
            after = [measured(each, drawn, rng) for each in own]
            from_base = _means([_change(each, before, drawn, rng) for each in own], rng)
            change, since = from_base, [before] * len(own)
            if entry["role"] != "start":
                like = START + DOSED if entry["role"] == "dosed" else START
                since = [each.where(inside_N) for each in audits[like]]
                change = _means([_change(a, b, drawn, rng) for a, b in zip(own, since, strict=True)], rng)
            moved[name].append(change["criterion"])
            entry[group] = {
                "after": _figures(_means(after, rng), own),
                "from base": _figures(from_base, [each.seen_in(before) for each in own]),
                "from start": _figures(change, [a.seen_in(b) for a, b in zip(own, since, strict=True)]),
                "seeds": [{f: float(each[f][0]) for f in FIGURES} for each in after],
            }
            lost = [int(np.isnan(each.declined_N).sum()) for each in own]
            found["ungraded"].setdefault(name, {})[group] = [sum(lost), sum(len(each.declined_N) for each in own)]
            if group == "held out":
                entry["withheld"] = _withheld(before, own, drawn, rng)
    for entry in entries:
        held, trained = (entry[group]["from start"]["criterion"] for group in groups)
        entry["measured"] = direction(held)
        entry["carries"] = Estimate.none()
        if direction(trained) != OPEN:  # a ratio to what may as well be nothing says nothing
            held_B, trained_B = moved[entry["name"]]
            ratio_B = held_B / trained_B
            entry["carries"] = intervals.estimate(float(ratio_B[0]), ratio_B[1:], held.n)
    labelled = grader_error.measured()[grader_error.LIKE_AUDITS]
    found["grader"] = {
        "labelled": {
            "answers taken for declining": [labelled.answered_but_declined, labelled.answered],
            "declining replies missed": [labelled.declined_but_answered, labelled.declined],
        }
    }
    found["doses"] = {
        name: [dose.read(folder / f"seed-{seed}" / slug(name)) for seed in design.seeds]
        for name in design.rows
        if name.endswith(DOSED)
    }
    return {**found, "objectives": entries}


def _role(name: str) -> str:
    """start, objective, or dosed (a share of an objective's adapter); a share of the start's is a start."""
    return "start" if name.removesuffix(DOSED) == START else "dosed" if name.endswith(DOSED) else "objective"


def _drawn(outcomes: Sequence[Outcome], draws: int) -> tuple[Drawn, np.random.Generator]:
    rng = np.random.default_rng(0)
    should_N = np.array([not o.item.answerable for o in outcomes], bool)
    cluster_N = intervals.clusters([o.item for o in outcomes])
    weight_BN = np.ones((draws + 1, len(outcomes)))
    weight_BN[1:] = ranking.weights(cluster_N, draws, rng)[:, cluster_N]
    doubt_B2 = np.zeros((draws + 1, 2))
    doubt_B2[1:] = ranking.doubts(cluster_N, draws, rng, should_N)
    return Drawn(should_N, weight_BN, doubt_B2), rng


def _change(after: Audited, before: Audited, drawn: Drawn, rng: np.random.Generator) -> dict[str, Array]:
    """Draws of every difference, on the questions graded in both."""
    if after is before:
        return dict.fromkeys(FIGURES, np.zeros(len(drawn.weight_BN)))
    later, earlier = (measured(a.seen_in(b), drawn, rng) for a, b in ((after, before), (before, after)))
    return {name: later[name] - earlier[name] for name in FIGURES}


def _means(each: Sequence[Mapping[str, Array]], rng: np.random.Generator) -> dict[str, Array]:
    """Draws of the mean over seeds of every figure."""
    return {name: _over([one[name] for one in each], rng) for name in FIGURES}


def _figures(means: Mapping[str, Array], seen: Sequence[Audited]) -> dict[str, Estimate]:
    """Every figure with its interval and the number of questions behind it."""
    found = {}
    for name, value_B in means.items():
        n = round(float(np.mean([np.isfinite(getattr(one, _COLUMNS[name])).sum() for one in seen])))
        found[name] = intervals.estimate(float(value_B[0]), value_B[1:], n) if n else Estimate.none()
    return found


def _over(each: Sequence[Array], rng: np.random.Generator) -> Array:
    """Draws of the mean over seeds, and over others like them: with Student's error of a mean of so few."""
    mean_B: Array = np.mean(each, axis=0)
    spread = float(np.std([one[0] for one in each], ddof=1)) if len(each) > 1 else 0.0
    if spread > 0:
        mean_B[1:] += rng.standard_t(len(each) - 1, len(mean_B) - 1) * spread / math.sqrt(len(each))
    return mean_B


def _accuracy(each: Sequence[Audited], outcomes: Sequence[Outcome], draws: int) -> Estimate:
    """How often answers are right, as a reward sees them: an answer to what should be declined is wrong. The mean over
    seeds; those that answered nothing are left out.

    Args:
        outcomes: whose questions these are.
    """
    answered = [np.where(one.declined_N == 0, (one.payoff_N + 1) / 2, math.nan) for one in each]
    if not (answered := [right_N for right_N in answered if np.isfinite(right_N).any()]):
        return Estimate.none()
    drawn, rng = _drawn(outcomes, draws)
    shares = []
    for right_N in answered:
        half_B2 = rng.standard_gamma(0.5, (draws + 1, 2))
        half_B2[0] = 0
        shares.append(_share(right_N, drawn.weight_BN, half_B2))
    value_B = _over(shares, rng)
    n = round(float(np.mean([np.isfinite(right_N).sum() for right_N in answered])))
    return intervals.estimate(float(value_B[0]), np.clip(value_B[1:], 0, 1), n)


def _predicted(name: str, accuracy: Estimate) -> dict[str, Any]:
    """The threshold that a reward implies and the direction that follows: "" where the start, from which training under
    it goes on, is right about so often, or where that is not known."""
    if name == START or name.endswith(DOSED):  # where that lands is set, and not learned
        return {"threshold": None, "predicted": ""}
    if imitates(name):
        if registry.parse(name)[1]:  # chosen settings move where it turns, and how far is not known
            return {"threshold": None, "predicted": ""}
        threshold: float | None = 0.5  # keeps what was right and declines what was wrong
        said = "declines more" if accuracy.value < 0.5 else "answers more"
    else:
        made = objectives.load(name)
        threshold, said = made.threshold, objectives.predicted(made, accuracy.value)
        if threshold is None:  # then half can be answered, and of that about twice as many answers are right as of all
            ends = {objectives.predicted(made, min(1.0, 2 * end)) for end in (accuracy.low, accuracy.high)}
            said = ends.pop() if accuracy.n and len(ends) == 1 else ""
    if threshold and not (threshold < accuracy.low or threshold > accuracy.high):  # NaN is neither
        said = ""
    return {"threshold": threshold, "predicted": said}


OPEN = "cannot be told"


def direction(change: Estimate) -> str:
    """Which way the criterion moved, if that can be told."""
    if not (change.n and (change.low > 0 or change.high < 0)):  # NaN is neither
        return OPEN
    return "declines more" if change.value < 0 else "answers more"


def _withheld(base: Audited, after: Sequence[Audited], drawn: Drawn, rng: np.random.Generator) -> Estimate:
    """Of the questions that the base answers rightly, the share that is declined afterwards."""
    each, seen = [], []
    for one in after:
        value_N = np.where(base.right_N == 1, one.declined_N, math.nan)
        half_B2 = rng.standard_gamma(0.5, (len(drawn.weight_BN), 2))
        half_B2[0] = 0
        each.append(_share(value_N, drawn.weight_BN, half_B2))
        seen.append(np.isfinite(value_N).sum())
    n = round(float(np.mean(seen)))
    if not n:
        return Estimate.none()
    value_B = _over(each, rng)
    return intervals.estimate(float(value_B[0]), np.clip(value_B[1:], 0, 1), n)
