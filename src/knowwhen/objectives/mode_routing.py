"""A right answer at once is worth more than one after thinking, a wrong one costs, and declining is a third way.

Source: Thinkless (arXiv 2505.13379), §3: right and short 1, right and thinking ½, wrong or malformed −1; the third
mode, declining, is ours, worth `declined`.
Cost: no forward pass; the reply's first token must say its mode. Train with the decoupled loss, or the one token that
decides drowns among hundreds.
Fails when: thinking is worth so little that short answers crowd it out (raise `think` to 0.7-0.8, as its authors do).
"""

from __future__ import annotations

from knowwhen.errors import RequestError
from knowwhen.objectives._graded import Graded
from knowwhen.objectives._objective import Objective


def objective(short: float = 1.0, think: float = 0.5, wrong: float = -1.0, declined: float = 0.0) -> Objective:
    """The mode-routing objective; wrong ≤ declined < think ≤ short."""
    if not wrong <= declined < think <= short:
        raise RequestError(
            f"mode_routing(short={short}, think={think}, wrong={wrong}, declined={declined}) orders the endings "
            "wrongly: expected wrong ≤ declined < think ≤ short."
        )

    def reward(graded: Graded) -> float | None:
        if graded.move is None:
            return None
        if not graded.formed or (graded.mode is None and not graded.declined):
            return wrong
        if graded.declined:
            return declined
        if graded.right is None:
            return None
        return (think if graded.mode == "think" else short) if graded.right else wrong

    given = {"short": short, "think": think, "wrong": wrong, "declined": declined}
    plain = {"short": 1.0, "think": 0.5, "wrong": -1.0, "declined": 0.0}
    said = [f"{name}={value:g}" for name, value in given.items() if value != plain[name]]
    return Objective(
        f"mode_routing({', '.join(said)})" if said else "mode_routing",
        reward,
        threshold=(declined - wrong) / (short - wrong),
        states="mode",
        failure="It stops thinking where thinking would have helped, and answers at once.",
        parameters=given,
    )
