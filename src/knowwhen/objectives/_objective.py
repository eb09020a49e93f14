"""What every objective gives back, and the failure that follows from it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from knowwhen import registry
from knowwhen.errors import RequestError
from knowwhen.objectives._graded import ANSWERABLE, Graded
from knowwhen.payoff import Payoff
from knowwhen.types import DECLINED, Move

NEVER = 0.01
"""A threshold below this never makes declining pay: no model is so sure of being wrong."""

Reward = Callable[[Graded], float | None]


@dataclass(frozen=True, slots=True)
class Objective:
    """A reward and what it implies."""

    name: str
    """As written on the command line, with its parameters."""
    reward: Reward
    """Worth of one completion; None where nothing can be said of it (excluded from training, not 0)."""
    threshold: float | None = None
    """The probability of being right from which answering pays at least as much as declining; 0: declining never pays.
    None: it does not turn on that probability."""
    proper: bool = False
    """Whether stating one's true probability of being right maximises the expected reward."""
    states: str = ""
    """What a reply must state beside its answer to be paid: "confidence", "mode", or nothing."""
    needs: tuple[str, ...] = ()
    """What it reads of `Graded` that no reply states: "known" (of the question), "sound" (of the reasoning)."""
    payoff: Payoff | None = None
    """The audit's payoff that scores the same, where there is one."""
    failure: str = ""
    """How a model fails that is trained on it to the end, in a sentence."""
    parameters: Mapping[str, object] = field(default_factory=dict)


def load(spec: str) -> Objective:
    """The objective of a specification such as ``ternary`` or ``confidence_target(t=0.75)``.

    Raises:
        RequestError: no such objective, an unknown parameter, or one out of its range.
    """
    name, given = registry.parse(spec)
    make = registry.load("objectives", name).objective
    known = inspect.signature(make).parameters
    if strange := [key for key in given if key not in known]:
        takes = ", ".join(known) or "no parameters"
        raise RequestError(f"The objective '{name}' takes no '{strange[0]}'. It takes: {takes}.")
    try:
        made: Objective = make(**given)
    except TypeError as error:
        raise RequestError(f"Cannot make the objective '{spec}': {error}.") from None
    return made


def predicted(objective: Objective, accuracy: float = 0.5) -> str:
    """Which way a model moves under it: "answers too much" (declining never pays), "answers more" or "declines more".

    Args:
        accuracy: how often the model is right when it answers what can be answered. A threshold below it makes
            answering pay on the typical question, one above it makes declining pay. Where it turns on the kind of
            question instead, what pays is told for a model that cannot tell the two kinds apart, half of each.
    """
    if objective.threshold is None:
        declining, answering = _blindly(objective, accuracy)
        return "declines more" if declining > answering else "answers more"
    if objective.threshold < NEVER:
        return "answers too much"
    return "declines more" if objective.threshold > accuracy else "answers more"


def _blindly(objective: Objective, accuracy: float) -> tuple[float, float]:
    """What a question earns on average by declining always, in the way that pays most, and by answering always, where
    half of them can be answered and half cannot."""

    def worth(move: Move, right: bool | None, calls_for: frozenset[Move]) -> float:
        return objective.reward(Graded(move, right, calls_for)) or 0.0

    declining = [max(worth(move, None, kind) for move in DECLINED) for kind in (ANSWERABLE, DECLINED)]
    known, unknown = (worth(Move.ANSWER, right, ANSWERABLE) for right in (True, False))
    answering = (accuracy * known + (1 - accuracy) * unknown, worth(Move.ANSWER, False, DECLINED))
    return sum(declining) / 2, sum(answering) / 2


def of_payoff(name: str, payoff: Payoff, failure: str, **parameters: object) -> Objective:
    """The objective whose reward is a payoff."""

    def reward(graded: Graded) -> float | None:
        if graded.declined:
            return payoff.declined
        return None if graded.right is None else payoff.correct if graded.right else payoff.wrong

    return Objective(name, reward, payoff.threshold, payoff=payoff, failure=failure, parameters=parameters)
