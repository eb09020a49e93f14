"""Right +1, declined 0, wrong −1: declining pays below a probability of one half.

Source: TruthRL (arXiv 2509.25760), §3; the knowledge-enhanced variant §3.2, the reasoning-enhanced ones §3.3.
Cost: no forward pass; the knowledge-enhanced variant needs many samples a question beforehand (256 in the paper), the
reasoning-enhanced ones a judge of each completion's reasoning.
Fails when: right answers are told by string match, which punishes right answers in other words so that declining always
pays (TruthRL's table: the model falls silent); or when declining is never sampled.
"""

from __future__ import annotations

import math

from knowwhen.errors import RequestError
from knowwhen.objectives._graded import Graded
from knowwhen.objectives._objective import Objective, of_payoff
from knowwhen.payoff import Payoff

REASONING = ("", "additive", "multiplicative", "conditional")
THRESHOLDS = {"": 0.5, "multiplicative": 1 / 3, "conditional": 0.5}
"""Where the reasoning of right answers and of declining is judged sound, and that of wrong ones not. Additive:
(weight + 1)/(weight + 2), for declining earns the weight too."""


def objective(knowledge: bool = False, reasoning: str = "", weight: float = 0.5) -> Objective:
    """The ternary objective.

    Args:
        knowledge: on questions out of the model's knowledge (`Graded.known` False) declining is worth +1 and all else
            −1. Not to be had where knowledge was not probed: then the reward is None.
        reasoning: with the judged reasoning r in {0, 1} and the outcome o: "additive" o + weight · r,
            "multiplicative" o · (1 + r), "conditional" o · r if o = 1, else o. A judge that failed gives None.
        weight: of the judged reasoning, for "additive"; at least 0.
    """
    if reasoning not in REASONING:
        raise RequestError(f"ternary(reasoning={reasoning!r}): expected one of {', '.join(map(repr, REASONING))}.")
    if not 0 <= weight < math.inf:
        raise RequestError(
            f"ternary(weight={weight}): expected a finite number of at least 0; below it unsound reasoning would pay."
        )
    base = of_payoff("ternary", Payoff(1.0, -1.0, 0.0), "")

    def outcome(graded: Graded) -> float | None:
        if not knowledge or graded.known:
            return base.reward(graded)
        if graded.known is None or graded.move is None:
            return None
        return 1.0 if graded.declined else -1.0

    def reward(graded: Graded) -> float | None:
        o = outcome(graded)
        if o is None or not reasoning:
            return o
        if graded.sound is None:
            return None
        r = float(graded.sound)
        if reasoning == "additive":
            return o + weight * r
        return o * (1 + r) if reasoning == "multiplicative" else o * r if o == 1 else o

    chosen = {"knowledge": knowledge, "reasoning": reasoning, "weight": weight}
    said = [f"{key}={value!r}" for key, value in chosen.items() if value not in (False, "", 0.5)]
    return Objective(
        f"ternary({', '.join(said)})" if said else "ternary",
        reward,
        threshold=THRESHOLDS[reasoning] if reasoning != "additive" else (weight + 1) / (weight + 2),
        payoff=base.payoff if not (knowledge or reasoning) else None,
        needs=(("known",) if knowledge else ()) + (("sound",) if reasoning else ()),
        failure="It declines what it is less than half sure of. Where it is rarely right, that is nearly everything.",
        parameters=chosen,
    )
