"""What changed from one run to another: each difference with its interval, over the questions that both answered for.

    counts     what is shared, what only one run has, what could not be graded on either side
    base, other, delta     measure → figure of each run on the shared questions, and other − base
    split      the change of both rates, as the part of judgement (d′) and the part of policy (c)
    readings   the same for what it says, leans to and knows, in units of d′
    slices     tag → value → the same four figures, with p-values corrected for their number
    verdict, sentences     in plain words (comparison_words.py)

The first run is the base. Questions are paired by id; only those count that both runs have graded, and how many were
left out is said. Formulas and limits: docs/compare.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from knowwhen import comparison_words as words
from knowwhen.bars import Bar, bars
from knowwhen.errors import RequestError
from knowwhen.metrics import intervals, paired, ranking
from knowwhen.metrics.intervals import Array
from knowwhen.metrics.paired_scores import Scores, aurocs
from knowwhen.payoff import Payoff
from knowwhen.report.numbers import few
from knowwhen.types import Condition, Estimate, Outcome

VERSION = 1
"""Of the layout of comparison.json."""

SLICED_BY = ("scenario", "domain", "complexity")
TESTED = ("hit_rate", "false_alarm", "d_prime", "criterion")
"""The measures of a slice. Holm's correction is over all of them in all slices of one comparison."""

LEVEL = 0.05
READINGS = {"leans": ("decline_odds", "p_know"), "knows": ("knows",)}
"""Reading → its scores in readings.json, of which the first that both runs have is taken. "says" is d′ itself."""

READ_DRAWS = 2000
"""At most so many draws of a reading: they make intervals, and no p-values far out in the tail."""

_FREE, _FORCED = Condition.FREE, Condition.FORCED


@dataclass(frozen=True, slots=True)
class Compared:
    """One run, as it is compared."""

    name: str
    """As it shall be shown; unique among the runs."""
    outcomes: Sequence[Outcome]
    """Graded or not, all conditions."""
    readings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Item id → score → value: "items" of readings.json. Empty where nothing was read."""


def compare(
    runs: Sequence[Compared],
    *,
    draws: int = 10_000,
    seed: int = 0,
    payoff: Payoff = Payoff(),  # noqa: B008  # frozen
) -> dict[str, Any]:
    """Compare every later run with the first; the content of comparison.json, plain JSON values, null for NaN.

    Args:
        draws: bootstrap draws. Also the finest p-value, 2/(draws + 1): with fewer than some 10,000, a slice among
            many cannot be called sure.
        seed: of the draws; the same outcomes and seed give the same comparison, in whatever order they come.
        payoff: what `score` is the mean of.

    Raises:
        RequestError: fewer than two runs, two of one name, no question in common with the first run, or one id that
            stands for different questions.
    """
    if len(runs) < 2:
        raise RequestError(f"A comparison needs at least two runs, and {len(runs)} was given.")
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        raise RequestError(f"Two runs have the same name ({', '.join(names)}); expected a name of its own for each.")
    base, *others = runs
    return {
        "version": VERSION,
        "base": base.name,
        "payoff": asdict(payoff),
        "draws": draws,
        "seed": seed,
        "comparisons": [_against(base, other, draws, seed, payoff) for other in others],
    }


def require(expressions: Sequence[str], comparison: Mapping[str, Any]) -> list[Bar]:
    """Test bars against one entry of "comparisons".

    As `bars.bars`, of the later run on the shared questions; with ``delta.`` before it, of the change from the base:
    ``delta.false_alarm<0.02``, ``delta.scenario:unknown.d_prime.high>-0.5``. Also ``delta.leans`` and ``delta.knows``
    (in units of d′), and ``judgement.`` and ``policy.`` before hit_rate and false_alarm.

    Raises:
        RequestError: an expression does not read, or names what the comparison does not have.
    """
    overall = {f"delta.{name}": found for name, found in comparison["delta"].items()}
    for name in READINGS:
        found = comparison["readings"][name]
        overall[f"delta.{name}"] = found["delta"] if found else _written(Estimate.none())
    for part in ("judgement", "policy"):
        overall |= {f"{part}.{rate}": found[part] for rate, found in comparison["split"].items()}
    slices = {}
    for tag, parts in comparison["slices"].items():
        slices[f"delta.{tag}"] = {name: {"measures": part["delta"]} for name, part in parts.items()}
        slices[tag] = {name: {"measures": part["other"]} for name, part in parts.items()}
    return bars(expressions, {"overall": {**overall, **comparison["other"]}, "slices": slices})


def _against(base: Compared, other: Compared, draws: int, seed: int, payoff: Payoff) -> dict[str, Any]:
    mine, theirs = _by_key(base), _by_key(other)
    shared = sorted(mine.keys() & theirs.keys())
    if not any(condition is _FREE for _, condition in shared):
        raise RequestError(
            f"'{base.name}' and '{other.name}' have no question in common, so there is nothing to compare. Audit both "
            "with the same suites (and the same --limit)."
        )
    for key in shared:
        _same_question(base.name, mine[key], other.name, theirs[key])
    graded = [key for key in shared if mine[key].graded and theirs[key].graded]
    rows = [mine[key] for key in graded]
    pairs = paired.pair(rows, [theirs[key] for key in graded])
    index = _slices(rows)
    rng = np.random.default_rng(seed)
    read = _read(base, other, rows, pairs, min(draws, READ_DRAWS), np.random.default_rng([seed, 1]))
    parts = {"": pairs, **{f"{tag}:{name}": pairs.rows(rows_n) for (tag, name), rows_n in index.items()}}
    scores = [one for one in read.values() if not isinstance(one, str)]
    found, auroc_B = paired.draw(parts, payoff, draws, rng, lambda *drawn: aurocs(scores, *drawn))
    whole = found[""]
    figures: dict[str, Any] = {
        "name": other.name,
        "counts": _counts(mine, theirs),
        "same": pairs.same and bool(graded),
        **{which: _figures(whole.estimates(which)) for which in ("base", "other", "delta")},
        "split": _split(whole),
        "readings": _readings(read, auroc_B, whole),
        "region": _rounded(
            intervals.region(
                whole.other["criterion"] - whole.base["criterion"], whole.other["d_prime"] - whole.base["d_prime"]
            )
            if whole.estimates("delta")["d_prime"].n
            else []
        ),
        "slices": {tag: {} for tag in SLICED_BY},
    }
    p_values: dict[tuple[str, str, str], float] = {}
    for (tag, name), rows_n in index.items():
        part = found[f"{tag}:{name}"]
        each = {w: _figures(part.estimates(w), TESTED) for w in ("base", "other", "delta")}
        small = few(each["base"])
        figures["slices"][tag][name] = {"items": len({rows[n].item.id for n in rows_n}), "few": small, **each}
        # A slice that is too small to read is no test, and takes no power from the others.
        p_values |= {(tag, name, m): math.nan if small else p for m, p in part.p_values().items() if m in TESTED}
    for ((tag, name, measure), p), corrected in zip(p_values.items(), paired.holm([*p_values.values()]), strict=True):
        figures["slices"][tag][name]["delta"][measure] |= {"p": _plain(p), "p_holm": _plain(corrected)}
    figures["holm"] = {"tests": sum(not math.isnan(p) for p in p_values.values()), "level": LEVEL}
    figures["verdict"] = words.verdict(figures)
    figures["headline"] = words.headline(figures)
    figures["sentences"] = words.sentences(base.name, figures)
    return figures


def _by_key(run: Compared) -> dict[tuple[str, Condition], Outcome]:
    """Stated stakes are other questions in all but name, and are not compared."""
    return {(o.item.id, o.condition): o for o in run.outcomes if o.condition in (_FREE, _FORCED)}


def _same_question(mine: str, a: Outcome, theirs: str, b: Outcome) -> None:
    for what in ("messages", "calls_for"):
        if getattr(a.item, what) != getattr(b.item, what):
            raise RequestError(
                f"The id '{a.item.id}' stands for different questions in '{mine}' and in '{theirs}' (their {what} "
                "differ), so the runs cannot be paired. Audit both with the same suites of the same version."
            )


def _counts(mine: Mapping[Any, Outcome], theirs: Mapping[Any, Outcome]) -> dict[str, int]:
    """Of questions asked freely: shared, only in one run; of the shared: paired, ungraded in one run or in both."""
    free = [{name: o for (name, condition), o in side.items() if condition is _FREE} for side in (mine, theirs)]
    shared = free[0].keys() & free[1].keys()
    graded = [(free[0][name].graded, free[1][name].graded) for name in shared]
    forced = [k for k in mine.keys() & theirs.keys() if k[1] is _FORCED]
    return {
        "shared": len(shared),
        "only_base": len(free[0]) - len(shared),
        "only_other": len(free[1]) - len(shared),
        "paired": graded.count((True, True)),
        "ungraded_base": graded.count((False, True)),
        "ungraded_other": graded.count((True, False)),
        "ungraded_both": graded.count((False, False)),
        "forced": sum(mine[key].graded and theirs[key].graded for key in forced),
        "changed": sum(free[0][name].move != free[1][name].move for name in shared if _both(free, name)),
    }


def _both(free: Sequence[Mapping[str, Outcome]], name: str) -> bool:
    return all(side[name].graded for side in free)


def _slices(rows: Sequence[Outcome]) -> dict[tuple[str, str], list[int]]:
    """(tag, value) → its rows as asked freely; a tag that all rows share one value of splits nothing."""
    free = [n for n, outcome in enumerate(rows) if outcome.condition is _FREE]
    found: dict[tuple[str, str], list[int]] = {}
    for tag in SLICED_BY:
        for n in free:
            if tag in rows[n].item.tags:
                found.setdefault((tag, rows[n].item.tags[tag]), []).append(n)
    ordered = sorted(found, key=lambda key: (SLICED_BY.index(key[0]), key[1]))
    return {key: found[key] for key in ordered if len(found[key]) < len(free)}


# ---- readings ----


def _read(
    base: Compared, other: Compared, rows: Sequence[Outcome], pairs: paired.Pairs, draws: int, rng: np.random.Generator
) -> dict[str, Scores | str]:
    """Each reading, or why there is none."""
    found: dict[str, Scores | str] = {}
    free = [n for n, outcome in enumerate(rows) if outcome.condition is _FREE]
    label_N = np.array([not rows[n].item.answerable for n in free], bool)
    for reading, keys in READINGS.items():
        have = [{key for scores in run.readings.values() for key in keys if key in scores} for run in (base, other)]
        by = next((key for key in keys if all(key in each for each in have)), None)
        if by is None:
            lacking = [run.name for run, each in zip((base, other), have, strict=True) if not each]
            found[reading] = f"not read in {' and in '.join(lacking)}" if lacking else "read in different ways"
            continue
        score_N2 = np.array([[_score(run, rows[n].item.id, by) for run in (base, other)] for n in free]).reshape(-1, 2)
        both_N = np.isfinite(score_N2).all(axis=1)
        label = label_N[both_N]
        if label.all() or not label.any():
            found[reading] = "not read on questions of both kinds in both runs"
            continue
        cluster_N = pairs.cluster_N[free][both_N]
        doubts = [ranking.doubts(cluster_N, draws, rng, label) for _ in range(1 if pairs.same else 2)]
        found[reading] = Scores(by, score_N2[both_N].T, label, cluster_N, (doubts[0], doubts[-1]))
    return found


def _score(run: Compared, name: str, key: str) -> float:
    value = run.readings.get(name, {}).get(key)
    return math.nan if value is None else float(value)


def _readings(read: Mapping[str, Scores | str], auroc_B: Array, whole: paired.Differences) -> dict[str, Any]:
    says = {which: _written(whole.estimates(which)["d_prime"]) for which in ("base", "other", "delta")}
    found: dict[str, Any] = {"says": {"by": "replies", **says, "auroc": None}}
    lacking, column = {}, 0
    for reading, one in read.items():
        if isinstance(one, str):
            found[reading], lacking[reading] = None, one
            continue
        d_primes, areas = one.figures(auroc_B[:, column : column + 2])
        column += 2
        found[reading] = {"by": one.by, **_figures(d_primes), "auroc": _figures(areas)}
    return {**found, "lacking": lacking}


def _split(whole: paired.Differences) -> dict[str, Any]:
    base, other = whole.estimates("base"), whole.estimates("other")
    n = min(base["d_prime"].n, other["d_prime"].n)
    rates = ("hit_rate", "false_alarm")
    if not n:
        return {r: {p: _written(Estimate.none()) for p in ("judgement", "policy", "change")} for r in rates}
    point = paired.split(*((run["d_prime"].value, run["criterion"].value) for run in (base, other)))  # type: ignore[arg-type]
    drawn = paired.split(*((run["d_prime"], run["criterion"]) for run in (whole.base, whole.other)))
    return {
        rate: {
            part: _written(intervals.estimate(float(value), drawn[rate][part], n))
            for part, value in point[rate].items()
        }
        for rate in rates
    }


# ---- plain values ----


def _figures(estimates: Mapping[str, Estimate], names: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    return {name: _written(one) for name, one in estimates.items() if names is None or name in names}


def _written(estimate: Estimate) -> dict[str, Any]:
    ends = {end: _plain(getattr(estimate, end)) for end in ("value", "low", "high")}
    return {**ends, "n": estimate.n}


def _plain(value: float) -> float | None:
    # Ten digits: what is beyond differs from one processor to the next, and is no result.
    return float(f"{value:.10g}") if math.isfinite(value) else None


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float | None]]:
    return [[_plain(number) for number in point] for point in points]
