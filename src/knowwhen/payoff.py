"""What a right answer, a wrong one and a declined one are worth, and the one threshold that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from knowwhen.errors import RequestError
from knowwhen.types import Outcome


@dataclass(frozen=True, slots=True)
class Payoff:
    """The worth of each ending; the same object scores an audit, is a training reward and sets a gate.

    Answering is worth ``p·correct + (1−p)·wrong`` when the answer is right with probability p, declining is worth
    ``declined``; answering pays exactly when ``p ≥ threshold``. The threshold is that of Chow's reject rule
    (Chow 1970, "On optimum recognition error and reject tradeoff", eq. 5).

    Raises:
        RequestError: unless ``wrong ≤ declined < correct``, all finite. (wrong == declined, as in binary reward,
            is allowed: its threshold is 0, so declining never pays.)

    >>> Payoff().threshold
    0.5
    >>> Payoff.at(0.75)
    Payoff(correct=1.0, wrong=-3.0, declined=0.0)
    """

    correct: float = 1.0
    wrong: float = -1.0
    declined: float = 0.0

    def __post_init__(self) -> None:
        values = (self.correct, self.wrong, self.declined)
        if not (all(map(math.isfinite, values)) and self.wrong <= self.declined < self.correct):
            raise RequestError(
                f"Payoff(correct={self.correct}, wrong={self.wrong}, declined={self.declined}) orders the endings "
                "wrongly: expected finite numbers with wrong ≤ declined < correct."
            )

    @classmethod
    def at(cls, threshold: float) -> Payoff:
        """The payoff +1 / −t/(1−t) / 0 whose threshold is t in [0, 1) (Kalai et al. 2025, arXiv 2509.04664, §4.2)."""
        if not 0 <= threshold < 1:
            raise RequestError(f"A payoff threshold must lie in [0, 1), not {threshold}.")
        return cls(1.0, -threshold / (1 - threshold) + 0.0, 0.0)

    @property
    def threshold(self) -> float:
        """The probability of being right from which answering pays at least as much as declining."""
        return (self.declined - self.wrong) / (self.correct - self.wrong)

    def of(self, outcome: Outcome) -> float:
        """The worth of one outcome. An answer to what should not be answered counts as wrong; UNGRADED is NaN."""
        if outcome.move is None:
            return math.nan
        if outcome.declined:
            return self.declined
        if outcome.correct is None and outcome.item.answerable:
            return math.nan
        return self.correct if outcome.correct else self.wrong
