"""Being right, plus the logarithm of the probability given to what came out, clipped so that it stays safe.

Source: the logarithmic rule (Good 1952); the clipping to [1/n, 1 − 1/n] and k = 1/ln(n − 1) that keep a wrong answer
from ever paying more than a right one: Tan et al. 2026 (arXiv 2607.04332), §4, with n = 203.
Cost: no forward pass; the reply must state a confidence.
Fails when: it is not clipped: the score is unbounded, and accuracy collapses (measured there). Beyond the clip it no
longer tells confidences apart.
"""

from __future__ import annotations

import math

from knowwhen.errors import RequestError
from knowwhen.objectives._graded import Graded
from knowwhen.objectives._objective import Objective


def objective(n: int = 203) -> Objective:
    """The clipped log score: c·(1 + k ln q) + (1 − c)·k ln(1 − q), with q in [1/n, 1 − 1/n] and k = 1/ln(n − 1)."""
    if n < 3:
        raise RequestError(f"log_score(n={n}): expected at least 3, so that the clip leaves a range.")
    k, low = 1 / math.log(n - 1), 1 / n
    worst = k * math.log(low)

    def reward(graded: Graded) -> float | None:
        if graded.declined:
            return k * math.log(1 - low)  # As a wrong answer that claims nothing.
        if graded.right is None:
            return None
        if graded.confidence is None or not graded.formed:
            return worst
        q = min(max(graded.confidence, low), 1 - low)
        return 1 + k * math.log(q) if graded.right else k * math.log(1 - q)

    return Objective(
        "log_score" if n == 203 else f"log_score(n={n})",
        reward,
        threshold=0.0,  # Claiming 1/n is worth just what declining is, whatever p; honesty is worth more.
        proper=True,
        states="confidence",
        failure="It answers everything and says how sure it is, in extremes sooner than under a squared error.",
        parameters={"n": n},
    )

