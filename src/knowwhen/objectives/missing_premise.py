"""Abstaining or asking earns only where the premise is missing; where it is not, declining costs as much as a mistake.

Source: the reward of Learn2Ask (arXiv 2507.23407) and Abstain-R1 (arXiv 2604.17073) in one symmetric form; its charge
for false alarms is ours (Abstain-R1 makes any guess better than declining on answerable questions).
Cost: no forward pass; each question must say whether it can be answered (twins do).
Fails when: the two kinds of question can be told by their form: then the form is learned, not the missing premise.
"""

from __future__ import annotations

from knowwhen.errors import RequestError
from knowwhen.objectives._graded import Graded
from knowwhen.objectives._objective import Objective
from knowwhen.types import Move


def objective(alarm: float = 1.0, refuse: float = 0.0) -> Objective:
    """The missing-premise objective.

    Args:
        alarm: the cost of declining what can be answered.
        refuse: what a plain refusal earns where the premise is missing: it names nothing that is missing.
    """
    if alarm < 0 or not -1 <= refuse <= 1:
        raise RequestError(
            f"missing_premise(alarm={alarm}, refuse={refuse}): expected a cost of at least 0 and a worth from −1 to 1."
        )

    def reward(graded: Graded) -> float | None:
        if graded.move is None:
            return None
        if not graded.answerable:
            if graded.move is Move.ANSWER:
                return -1.0
            return refuse if graded.move is Move.REFUSE else 1.0
        if graded.declined:
            return -alarm
        return None if graded.right is None else 1.0 if graded.right else -1.0

    chosen = (("alarm", alarm, 1), ("refuse", refuse, 0))
    said = [f"{name}={value:g}" for name, value, plain in chosen if value != plain]
    return Objective(
        f"missing_premise({', '.join(said)})" if said else "missing_premise",
        reward,
        failure="It learns what such questions look like, and declines look-alikes; on others nothing changes.",
        parameters={"alarm": alarm, "refuse": refuse},
    )
