"""Being right, minus the squared error of the stated confidence: stating one's true probability pays best.

Source: RLCR (arXiv 2507.16806), §3, R = c − (q − c)²; that it cannot be gamed by being wrong on purpose: Tan et al.
2026 (arXiv 2607.04332), Theorem 1, which holds for weights of the Brier part up to 1.
Cost: no forward pass; the reply must state a confidence.
Fails when: questions are equally hard, so that one confidence fits all (it collapses to a single value), or `weight`
is above 1 (then a sure wrong answer beats an unsure right one).
"""

from __future__ import annotations

from knowwhen.errors import RequestError
from knowwhen.objectives._graded import Graded
from knowwhen.objectives._objective import Objective


def objective(weight: float = 1.0) -> Objective:
    """The Brier objective. Declining is taken as confidence 0 in no answer, and worth 0."""
    if not 0 < weight <= 1:
        raise RequestError(f"brier(weight={weight}): expected a weight above 0 and at most 1; more can be gamed.")

    def reward(graded: Graded) -> float | None:
        if graded.declined:
            return 0.0
        if graded.right is None:
            return None
        if graded.confidence is None or not graded.formed:
            return -weight  # No better than the worst that can be stated: a missing confidence must not pay.
        c = float(graded.right)
        return c - weight * (graded.confidence - c) ** 2

    return Objective(
        "brier" if weight == 1 else f"brier(weight={weight:g})",
        reward,
        threshold=0.0,
        proper=True,
        states="confidence",
        failure="It answers everything and says how sure it is; declining is left to whoever reads the confidence.",
        parameters={"weight": weight},
    )
