"""How often 95 % intervals hold the truth: the ones used here, and those of plain resampling.

    python benchmarks/interval_coverage.py [--audits 1000]

Each simulated audit has some pairs of independent twins whose hit rate and false-alarm rate follow from a true d′ and
c. "Plain" resamples the pairs with replacement, applies the log-linear correction inside d′ and c, and falls back on
the Jeffreys posterior only for a rate of exactly 0 or 1. Prints the table of docs/measures.md in full.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.special import ndtr

from knowwhen.metrics import detection, intervals

FIGURES = ("hit rate", "false alarm", "d′", "c")
SETTINGS = [(15, 1, 0.3), (15, 3, 1), (40, 0.3, 1.5), (40, 1.5, 0.3), (40, 3, 0), (40, 3, 1), (40, 4, 0)] + [
    (280, d, c) for d, c in ((1.5, 0.3), (3, 0.3), (3, 1))
]
"""Pairs, true d′, true c."""
DRAWS = 1000


def used_here(pairs_C2: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Draws of the four figures from whether each pair had a hit and a false alarm."""
    counts_C3 = np.concatenate([pairs_C2, np.ones((len(pairs_C2), 1), np.int64)], axis=1)
    counts_CM = np.repeat(counts_C3, [1, 1, 2], axis=1)[:, [0, 2, 1, 3]]  # hits, trials, alarms, trials
    prior_PM = np.concatenate([intervals.half_clusters(counts_CM, [[k, k + 1], [k + 1]]) for k in (0, 2)])
    totals_BM = intervals.bootstrap(counts_CM, lambda t_BM: t_BM, DRAWS, rng, prior_PM)
    hit_B, alarm_B = totals_BM[:, 0] / totals_BM[:, 1], totals_BM[:, 2] / totals_BM[:, 3]
    return [hit_B, alarm_B, detection.d_prime(hit_B, alarm_B), detection.criterion(hit_B, alarm_B)]


def plain(pairs_C2: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    n = len(pairs_C2)
    x_B2 = pairs_C2[rng.integers(0, n, (DRAWS, n))].sum(axis=1)
    shown, corrected = [], []
    for x_B, x in zip(x_B2.T, pairs_C2.sum(axis=0), strict=True):
        if x in (0, n):
            rate_B = rng.beta(x + 0.5, n - x + 0.5, DRAWS)
            shown, corrected = [*shown, rate_B], [*corrected, rate_B]
        else:
            shown, corrected = [*shown, x_B / n], [*corrected, detection.log_linear(x_B, n)]
    return [*shown, detection.d_prime(*corrected), detection.criterion(*corrected)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audits", type=int, default=1000)
    audits = parser.parse_args().audits
    rng = np.random.default_rng(0)
    print(f"{audits} audits each. Share of intervals that hold the truth: plain resampling → used here")
    for n, d_prime, criterion in SETTINGS:
        rates = ndtr(d_prime / 2 - criterion), ndtr(-d_prime / 2 - criterion)
        truth = (*rates, d_prime, criterion)
        held = {plain: np.zeros(4), used_here: np.zeros(4)}
        for _ in range(audits):
            pairs_C2 = (rng.random((n, 2)) < rates).astype(np.int64)
            seen = [float(x) for x in pairs_C2.mean(axis=0)]
            for way, hits in held.items():
                for k, draws_B in enumerate(way(pairs_C2, rng)):
                    low, high = np.quantile(draws_B, [0.025, 0.975])
                    if k < 2:  # Both are stretched to hold the rate that was seen.
                        low, high = min(low, seen[k]), max(high, seen[k])
                    hits[k] += low <= truth[k] <= high
        cells = [
            f"{name} {old / audits:.3f} → {new / audits:.3f}"
            for name, old, new in zip(FIGURES, held[plain], held[used_here], strict=True)
        ]
        print(f"{n} pairs, d′ {d_prime}, c {criterion} (H {rates[0]:.3f}, F {rates[1]:.3f}): " + "; ".join(cells))


if __name__ == "__main__":
    main()
