"""How sure: a bootstrap over clusters of questions, never over rows.

Twins (and questions from one source) stand or fall together, so they are weighted together. Each draw gives every
cluster a random weight from the standard exponential distribution: the Bayesian bootstrap (Rubin 1981, Ann. Statist.
9:130), which resamples smoothly instead of by whole numbers. Clusters with the same counts are exchangeable, and the
weights of k of them add up to one Gamma(k) weight; so a draw costs one number per *kind* of cluster, exactly, however
many clusters there are.

Half a cluster of each possible result is drawn along (`half_clusters`). For single questions the draws of a rate then
are exactly its Jeffreys posterior Beta(x + ½, n − x + ½), whose interval covers well for small n and for x = 0 or
x = n (Brown, Cai & DasGupta 2001, Stat. Sci. 16:101), where resampling alone would claim no uncertainty at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowwhen.types import Estimate, Item

Array = NDArray[Any]

_AT_ONCE = 4_000_000
"""Weights held in memory at a time (32 MB)."""


def clusters(items: Sequence[Item]) -> NDArray[np.int64]:
    """The cluster of each item, numbered from 0 in order of first appearance; shape _N.

    Linked, directly or through others: an item and its twin, the same item asked twice, and items that share the tag
    ``cluster`` or the tag ``source_id``. Everything else stands alone.
    """
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for item in items:
        me = root(("id", item.id))
        links = [] if item.twin is None else [("id", item.twin)]
        links += [(tag, item.tags[tag]) for tag in ("cluster", "source_id") if tag in item.tags]
        for link in links:
            parent[root(link)] = me
    number: dict[tuple[str, str], int] = {}
    return np.fromiter((number.setdefault(root(("id", item.id)), len(number)) for item in items), np.int64, len(items))


def by_cluster(counts_NM: Array, cluster_N: NDArray[np.int64]) -> Array:
    """Sum rows that belong to one cluster; shape _CM, clusters in order of their number."""
    if not len(cluster_N):
        return counts_NM
    order_N = np.argsort(cluster_N, kind="stable")
    sorted_N = cluster_N[order_N]
    starts_C = np.flatnonzero(np.r_[True, sorted_N[1:] != sorted_N[:-1]])
    return np.asarray(np.add.reduceat(counts_NM[order_N], starts_C, axis=0))


def kinds(counts_CM: Array) -> tuple[Array, NDArray[np.int64]]:
    """The distinct rows (shape _KM, in a fixed order) and how many clusters have each (shape _K)."""
    if np.issubdtype(counts_CM.dtype, np.integer) and counts_CM.size and counts_CM.min() >= 0:
        base_M = [int(top) + 1 for top in counts_CM.max(axis=0)]
        if math.prod(base_M) < 2**62:  # One number a row sorts far faster than rows do.
            place_M = np.cumprod([1, *base_M[:-1]], dtype=np.int64)
            _, first_K, number_K = np.unique(counts_CM @ place_M, return_index=True, return_counts=True)
            return counts_CM[first_K], number_K
    rows_KM, number_K = np.unique(counts_CM, axis=0, return_counts=True)
    return rows_KM, number_K


def half_clusters(counts_CM: Array, outcomes: Sequence[Sequence[int]]) -> Array:
    """The rows that let a bootstrap doubt what it has not seen; pass them as ``prior_PM``.

    Args:
        counts_CM: counts of each cluster.
        outcomes: the columns to which one observation adds, for each result that it can have. A rate whose event is
            counted in column 0 and whose trials are counted in column 1 has ``[[0, 1], [1]]``. The last column of
            each counts trials.

    Returns:
        One row a result, shape _PM. It holds as many observations as a cluster holds on average (seen from an
        observation: Σn²/Σn), so that ten questions of one source weigh in as one source and not as ten.
    """
    rows_PM = np.zeros((len(outcomes), counts_CM.shape[1]))
    trials_C = counts_CM[:, outcomes[0][-1]].astype(float)
    size = float((trials_C**2).sum() / trials_C.sum()) if trials_C.any() else 0.0
    for row_M, columns in zip(rows_PM, outcomes, strict=True):
        row_M[list(columns)] = size
    return rows_PM


def bootstrap(
    counts_CM: Array,
    statistic: Callable[[Array], Array],
    draws: int,
    rng: np.random.Generator,
    prior_PM: Array | None = None,
) -> Array:
    """Draws of a statistic of the column totals, clusters being weighted at random.

    Args:
        counts_CM: what each cluster adds to the totals; any numbers (counts, sums of squared errors, differences of
            two models on the same questions …).
        statistic: from totals of shape _BM to values of shape _B… . It must not change when all totals are
            multiplied by one number: ratios, and functions of ratios.
        prior_PM: rows that are drawn along with the weight of half a cluster each, Gamma(½); see `half_clusters`.

    Returns:
        The values, shape _B… .
    """
    # Clusters that add nothing (all ungraded) must not even shift the random numbers of the others.
    counts_KM, number_K = kinds(counts_CM[counts_CM.any(axis=1)])
    shape_K = number_K.astype(float)
    if prior_PM is not None:
        counts_KM = np.concatenate([counts_KM, prior_PM])
        shape_K = np.concatenate([shape_K, np.full(len(prior_PM), 0.5)])
    step = max(1, _AT_ONCE // max(1, len(shape_K)))
    sizes = [min(step, draws - start) for start in range(0, draws, step)]
    parts = [rng.standard_gamma(shape_K, (size, len(shape_K))) @ counts_KM for size in sizes]
    return statistic(np.concatenate(parts))


def estimate(value: float, draws_B: Array, n: int) -> Estimate:
    """The figure with the interval that holds the middle 95 % of the draws.

    The interval is stretched to hold the figure itself where that lies at the end of what is possible (0 of n, n of
    n), as Brown, Cai & DasGupta (2001, §4.1.2) advise.
    """
    if n == 0 or not math.isfinite(value):
        return Estimate(math.nan, math.nan, math.nan, n)
    low, high = np.quantile(draws_B, [0.025, 0.975])
    return Estimate(float(value), min(float(low), float(value)), max(float(high), float(value)), n)


def region(x_B: Array, y_B: Array, points: int = 60) -> list[list[float]]:
    """The outline [x, y] of the ellipse that holds 95 % of the draws; [] where there is no spread.

    It is shaped by the draws' covariance about their mean. Its width is the draws' own 95 % quantile, not that of a
    normal law, so it holds what it says when a rate is near 0 or 1 and the draws are skewed.
    """
    if len(x_B) < 3 or min(x_B.std(), y_B.std()) < 1e-9:
        return []
    draws_B2 = np.stack([x_B, y_B], axis=1)
    centre_2 = draws_B2.mean(axis=0)
    root_22 = np.linalg.cholesky(np.cov(draws_B2.T))
    distance_B = np.linalg.norm(np.linalg.solve(root_22, (draws_B2 - centre_2).T), axis=0)
    turn_P = np.linspace(0, 2 * math.pi, points, endpoint=False)
    circle_2P = np.quantile(distance_B, 0.95) * np.stack([np.cos(turn_P), np.sin(turn_P)])
    outline: list[list[float]] = (centre_2[:, None] + root_22 @ circle_2P).T.tolist()
    return outline
