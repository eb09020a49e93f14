"""Two runs over the same questions: the draws of every difference, its parts, and which of many differences are sure.

One random weight a cluster of questions serves both runs (`intervals`: the Bayesian bootstrap), so what the two have
in common cancels: a question that both get wrong widens no interval.

Half a cluster of each cell of the paired table (both declined, only one, only the other, neither) is drawn along, so
that a difference that was never seen is not claimed to be impossible; Agresti & Min (2005, Stat. Med. 24:729) add the
same to the counts. Only where all replies of the two runs are the same, word for word, is their difference known to be
0, and then nothing is added that could tell them apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowwhen.metrics import detection, intervals
from knowwhen.metrics.intervals import Array
from knowwhen.metrics.measures import TRUTHFULNESS
from knowwhen.metrics.rates import RATES, declined, free, right, wrong
from knowwhen.payoff import Payoff
from knowwhen.types import Estimate, Outcome

MEASURES = (
    "hit_rate",
    "false_alarm",
    "d_prime",
    "criterion",
    "accuracy_answered",
    "accuracy_forced",
    "truthfulness",
    "score",
)
"""What is compared, in this order."""

_RATIOS = {"hit_rate": 2, "false_alarm": 2, "accuracy_answered": 2, "accuracy_forced": 2, "worth": 3}
"""Ratio → how many results one observation can have; a rate's first result is its event."""
_FIRST = dict(zip(_RATIOS, np.cumsum([0, *_RATIOS.values()]).tolist(), strict=False))
_COLUMNS = {name: slice(_FIRST[name], _FIRST[name] + size) for name, size in _RATIOS.items()}
_WIDTH = sum(_RATIOS.values())
_AT_ONCE = 4_000_000
"""Weights held in memory at a time (32 MB)."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Replies of two runs to the same questions, as counts of results; row by row the same question and condition."""

    base_NR: NDArray[np.int64]
    other_NR: NDArray[np.int64]
    cluster_N: NDArray[np.int64]
    same: bool
    """All replies of the two runs are the same."""

    def rows(self, index: Sequence[int] | NDArray[np.int64]) -> Pairs:
        """A slice. That the runs as a whole are not the same holds for it too."""
        return Pairs(self.base_NR[index], self.other_NR[index], self.cluster_N[index], self.same)


@dataclass(frozen=True, slots=True)
class Differences:
    """Draws of each measure for both runs (shape _B each, one weight for both), and the counts that they are of."""

    base: Mapping[str, Array]
    other: Mapping[str, Array]
    base_R: NDArray[np.int64]
    other_R: NDArray[np.int64]
    payoff: Payoff

    def estimates(self, which: str) -> dict[str, Estimate]:
        """The figures of "base", of "other", or their "delta" (other − base), each with its interval."""
        mine, theirs = _points(self.base_R, self.payoff), _points(self.other_R, self.payoff)
        found: dict[str, Estimate] = {}
        for name in MEASURES:
            if name not in mine or name not in theirs:
                found[name] = Estimate.none()
                continue
            (a, n), (b, m) = mine[name], theirs[name]
            drawn_B = {"base": self.base[name], "other": self.other[name]}.get(which)
            if drawn_B is None:
                found[name] = intervals.estimate(b - a, self.other[name] - self.base[name], min(n, m))
            else:
                found[name] = intervals.estimate(*((a, drawn_B, n) if which == "base" else (b, drawn_B, m)))
        return found

    def p_values(self) -> dict[str, float]:
        """For each measure the two-sided p of "no difference"; NaN where there is no figure."""
        delta = self.estimates("delta")
        return {
            name: p_value(self.other[name] - self.base[name]) if delta[name].n else math.nan for name in MEASURES
        }


def pair(base: Sequence[Outcome], other: Sequence[Outcome]) -> Pairs:
    """Read two runs' graded outcomes, in step: row by row one question under one condition.

    Truthfulness and score are compared over the questions whose worth is known in both runs; accuracy when answering
    is over each run's own answers.
    """
    base_NR, other_NR = _counted(base), _counted(other)
    worth = _COLUMNS["worth"]
    known_N = base_NR[:, worth].any(axis=1) & other_NR[:, worth].any(axis=1)
    for counts_NR in (base_NR, other_NR):
        counts_NR[~known_N, worth] = 0
    same = all(
        (a.response.text, a.move, a.correct) == (b.response.text, b.move, b.correct)
        for a, b in zip(base, other, strict=True)
    )
    return Pairs(base_NR, other_NR, intervals.clusters([outcome.item for outcome in base]), same)


def draw(
    parts: Mapping[str, Pairs],
    payoff: Payoff,
    draws: int,
    rng: np.random.Generator,
    also: Callable[[Array, slice], Array] | None = None,
) -> tuple[dict[str, Differences], Array]:
    """Weigh the clusters at random, the same for both runs and for all parts.

    Args:
        parts: name → pairs; they number their clusters alike.
        also: from some draws' cluster weights (shape _BC) and which draws they are to further values (shape _B…).

    Returns:
        For each part its differences, and the further values, shape _B… .
    """
    number_C = max((int(part.cluster_N.max()) + 1 for part in parts.values() if len(part.cluster_N)), default=0)
    prepared = {name: _prepared(part) for name, part in parts.items()}
    same = any(part.same for part in parts.values())
    # A half in each cell of a table of two by two; with three results, as much in each row and column.
    shape_P = np.array([0.5 if same else 1 / size for size in _RATIOS.values() for _ in _cells(size, same)])
    totals: dict[str, list[tuple[Array, Array]]] = {name: [] for name in parts}
    further: list[Array] = []
    for start, size in _chunks(draws, number_C):
        weight_BC = rng.standard_exponential((size, number_C))
        prior_BP = rng.standard_gamma(shape_P, (size, len(shape_P)))
        for name, (seen_K, base_KR, other_KR) in prepared.items():
            drawn_BK = np.concatenate([weight_BC[:, seen_K], prior_BP], axis=1)
            # Two products of one shape, so that equal counts give equal totals to the last bit.
            totals[name].append((drawn_BK @ base_KR, drawn_BK @ other_KR))
        if also:
            further.append(also(weight_BC, slice(start, start + size)))
    found = {}
    for name, part in parts.items():
        base_BR, other_BR = (np.concatenate(side) for side in zip(*totals[name], strict=True))
        sums = part.base_NR.sum(axis=0), part.other_NR.sum(axis=0)
        found[name] = Differences(_figures(base_BR, payoff), _figures(other_BR, payoff), *sums, payoff)
    return found, np.concatenate(further) if further else np.empty((draws, 0))


def split(base: tuple[Array, Array], other: tuple[Array, Array]) -> dict[str, dict[str, Array]]:
    """The change of both rates, as the part that d′ made and the part that c made.

    The rates are Φ(±d′/2 − c). Each part is the mean over the two orders of moving d′ and c, one after the other: the
    Shapley value of a game of two (Shapley 1953). The two parts add up to the whole change.

    Args:
        base, other: (d′, c) of each run: numbers, or draws of shape _B.

    Returns:
        "hit_rate" and "false_alarm", each with "judgement" (d′), "policy" (c) and "change" (both).
    """
    from scipy.special import ndtr

    (d0, c0), (d1, c1) = base, other
    found = {}
    for name, side in (("hit_rate", 0.5), ("false_alarm", -0.5)):
        before, after = ndtr(side * d0 - c0), ndtr(side * d1 - c1)
        d_first, c_first = ndtr(side * d1 - c0), ndtr(side * d0 - c1)
        found[name] = {
            "judgement": 0.5 * ((d_first - before) + (after - c_first)),
            "policy": 0.5 * ((c_first - before) + (after - d_first)),
            "change": after - before,
        }
    return found


def p_value(difference_B: Array) -> float:
    """The two-sided p of "no difference": twice the share of draws on the rarer side of 0, never below 2/(draws + 1).

    It is below 5 % exactly when 0 lies outside the 95 % interval (up to one draw).
    """
    rarer = min(int((difference_B <= 0).sum()), int((difference_B >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(difference_B) + 1))


def holm(p_M: Sequence[float]) -> list[float]:
    """p-values corrected for their number by Holm's step-down method (Holm 1979, Scand. J. Statist. 6:65).

    Of all differences called sure because their corrected p is below 5 %, even one is luck in at most one comparison
    in twenty, however the tests depend on each other. NaN stays NaN and counts as no test.

    >>> holm([0.01, 0.04, 0.03, 0.005])
    [0.03, 0.06, 0.06, 0.02]
    """
    found = [math.nan] * len(p_M)
    tested = sorted((p, k) for k, p in enumerate(p_M) if not math.isnan(p))
    highest = 0.0
    for rank, (p, k) in enumerate(tested):
        highest = max(highest, min(1.0, p * (len(tested) - rank)))
        found[k] = highest
    return found


def _counted(outcomes: Sequence[Outcome]) -> NDArray[np.int64]:
    """Shape _NR: one 1 for each ratio that the outcome counts in, at its result."""
    counts_NR = np.zeros((len(outcomes), _WIDTH), np.int64)
    for n, outcome in enumerate(outcomes):
        for name in _RATIOS:
            result = _result(name, outcome)
            if result is not None:
                counts_NR[n, _FIRST[name] + result] = 1
    return counts_NR


def _result(ratio: str, outcome: Outcome) -> int | None:
    if ratio != "worth":
        rate = RATES[ratio]
        return int(not rate.event(outcome)) if rate.given(outcome) else None
    if not free(outcome):
        return None
    return next((k for k, ending in enumerate((right, wrong, declined)) if ending(outcome)), None)


def _cells(size: int, same: bool) -> list[tuple[int, int]]:
    """The results that a question can have in the two runs together."""
    return [(i, j) for i in range(size) for j in range(size) if i == j or not same]


def _prepared(part: Pairs) -> tuple[NDArray[np.int64], Array, Array]:
    """The clusters that occur, and for both runs what each of them adds, then what each prior cell adds; shape _KR."""
    seen_C, number_N = np.unique(part.cluster_N, return_inverse=True)
    sides = []
    for counts_NR, which in ((part.base_NR, 0), (part.other_NR, 1)):
        counts_CR = intervals.by_cluster(counts_NR, number_N)
        rows = [counts_CR.astype(float)]
        for name, size in _RATIOS.items():
            trials_C = counts_CR[:, _COLUMNS[name]].sum(axis=1).astype(float)
            # As many observations as a cluster holds, seen from an observation (see intervals.half_clusters).
            weight = float((trials_C**2).sum() / trials_C.sum()) if trials_C.any() else 0.0
            cells = _cells(size, part.same)
            prior_PR = np.zeros((len(cells), _WIDTH))
            for row_R, cell in zip(prior_PR, cells, strict=True):
                row_R[_FIRST[name] + cell[which]] = weight
            rows.append(prior_PR)
        sides.append(np.concatenate(rows))
    return seen_C, sides[0], sides[1]


def _chunks(draws: int, number_C: int) -> Iterator[tuple[int, int]]:
    step = max(1, _AT_ONCE // max(1, number_C))
    return ((start, min(step, draws - start)) for start in range(0, draws, step))


def _figures(totals_BR: Array, payoff: Payoff) -> dict[str, Array]:
    """Every measure of each draw; NaN where it has no trials."""
    found = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in list(_RATIOS)[:4]:
            results_BR = totals_BR[:, _COLUMNS[name]]
            found[name] = results_BR[:, 0] / results_BR.sum(axis=1)
        worth_BR = totals_BR[:, _COLUMNS["worth"]]
        for name, worth in (("truthfulness", TRUTHFULNESS), ("score", payoff)):
            found[name] = worth_BR @ np.array([worth.correct, worth.wrong, worth.declined]) / worth_BR.sum(axis=1)
    found["d_prime"] = detection.d_prime(found["hit_rate"], found["false_alarm"])
    found["criterion"] = detection.criterion(found["hit_rate"], found["false_alarm"])
    return found


def _points(counts_R: NDArray[np.int64], payoff: Payoff) -> dict[str, tuple[float, int]]:
    """The measures of the counts themselves, and the number of replies behind each; those without any are left out."""
    found: dict[str, tuple[float, int]] = {}
    for name in list(_RATIOS)[:4]:
        results = counts_R[_COLUMNS[name]]
        if n := int(results.sum()):
            found[name] = float(results[0] / n), n
    if "hit_rate" in found and "false_alarm" in found:
        sides = [counts_R[_COLUMNS[name]] for name in ("hit_rate", "false_alarm")]
        corrected = [detection.log_linear(int(side[0]), int(side.sum())) for side in sides]
        n = found["hit_rate"][1] + found["false_alarm"][1]
        found["d_prime"] = float(detection.d_prime(*corrected)), n
        found["criterion"] = float(detection.criterion(*corrected)), n
    results = counts_R[_COLUMNS["worth"]]
    if n := int(results.sum()):
        for name, worth in (("truthfulness", TRUTHFULNESS), ("score", payoff)):
            found[name] = float(results @ np.array([worth.correct, worth.wrong, worth.declined]) / n), n
    return found
