"""How much of a figure could be the grader: rates of declining, corrected for its measured errors.

A grader that sees only a share `sensitivity` of the declined replies, and takes only a share `specificity` of the
answers for answers, reports the rate

    observed = true · sensitivity + (1 − true) · (1 − specificity)

whose inverse is the estimate of Rogan & Gladen (1978, Am. J. Epidemiol. 107:71): `rogan_gladen`. Its interval must
carry three errors: that of the observed rate, and those of the two shares, which were themselves counted on labelled
replies. Each is drawn from its own distribution and put through the formula. Lang & Reiczigel (2014, Prev. Vet.
Med. 113:13) give a closed form for a simple binomial rate; draws are used because our rates come from clusters.

The correction takes for granted that the grader errs on these replies as it did on the labelled ones, and alike on
questions that should be declined and on others. Where it does not, the sources differ among themselves: look at them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from knowwhen.errors import RequestError
from knowwhen.metrics.intervals import Array
from knowwhen.types import Estimate

LIKE_AUDITS = "own greedy"
"""The source of greedy replies of a small model to the questions of an audit."""

MEASURED = Path(__file__).parent.parent / "grading" / "error.json"
"""Source → who labelled it, and counts for the rules: label against grader on labelled replies."""
_COUNTS = (
    "declined, graded declined",
    "declined, graded answered",
    "answered, graded declined",
    "answered, graded answered",
)


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often label and grader agreed; the label stands first."""

    declined_and_declined: int
    declined_but_answered: int
    """The label says declined, the grader answered: a declined reply that it missed."""
    answered_but_declined: int
    answered_and_answered: int
    labelled_by: str = field(default="", kw_only=True)
    """Who gave the labels, in the plural ("people"); empty where that is not known."""

    def __post_init__(self) -> None:
        if any(type(part) is not int or part < 0 for part in self.counts):
            raise RequestError(f"A confusion table counts replies; expected four whole numbers ≥ 0, not {self.counts}.")
        if not self.declined or not self.answered:
            raise RequestError(
                f"A confusion table of {self.declined} declined and {self.answered} answered replies says nothing of "
                "one side: expected at least one reply of each label."
            )

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return (
            self.declined_and_declined,
            self.declined_but_answered,
            self.answered_but_declined,
            self.answered_and_answered,
        )

    @property
    def declined(self) -> int:
        """Replies that the label calls declined."""
        return self.declined_and_declined + self.declined_but_answered

    @property
    def answered(self) -> int:
        return self.answered_but_declined + self.answered_and_answered

    @property
    def sensitivity(self) -> float:
        """Of the replies that decline, the share that the grader calls so."""
        return self.declined_and_declined / self.declined

    @property
    def specificity(self) -> float:
        """Of the replies that answer, the share that the grader calls so."""
        return self.answered_and_answered / self.answered

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(*(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    def draws(self, draws: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Sensitivity and specificity from their Jeffreys posteriors Beta(x + ½, n − x + ½); shape _B each."""
        a, b, c, d = self.counts
        return rng.beta(a + 0.5, b + 0.5, draws), rng.beta(d + 0.5, c + 0.5, draws)


def rogan_gladen(observed: Any, sensitivity: Any, specificity: Any) -> Any:
    """The true rate behind an observed one, held in [0, 1]. Numbers or arrays.

    NaN where sensitivity + specificity ≤ 1: a grader no better than chance leaves nothing to correct.

    >>> round(float(rogan_gladen(0.26, 0.9, 0.9)), 12), float(rogan_gladen(0.05, 0.9, 0.9))
    (0.2, 0.0)
    """
    informed = np.subtract(np.add(sensitivity, specificity), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        true = np.clip((np.add(observed, specificity) - 1.0) / informed, 0.0, 1.0)
    return np.where(informed > 0, true, math.nan)


def corrected(observed: Estimate, observed_B: Array, error: Confusion, rng: np.random.Generator) -> Estimate:
    """A rate of declining, corrected for the grader's error, with the interval that carries all three errors.

    Args:
        observed: the rate as graded.
        observed_B: draws of it, as its own interval is made of; shape _B.
        error: the grader's, counted on labelled replies that are none of these.

    Returns:
        NaN with the observed n where the grader is no better than chance; the empty estimate for an empty one.
    """
    if observed.n == 0:
        return Estimate.none()
    value = float(rogan_gladen(observed.value, error.sensitivity, error.specificity))
    if math.isnan(value):
        return Estimate(math.nan, math.nan, math.nan, observed.n)
    true_B = rogan_gladen(observed_B, *error.draws(len(observed_B), rng))
    # A draw in which the grader is no better than chance allows any rate: it stands at both ends.
    low = float(np.quantile(np.nan_to_num(true_B, nan=0.0), 0.025))
    high = float(np.quantile(np.nan_to_num(true_B, nan=1.0), 0.975))
    return Estimate(value, min(low, value), max(high, value), observed.n)


def measured(path: Path = MEASURED) -> dict[str, Confusion]:
    """The counts that come with the package, by source; empty if there is no such file.

    Raises:
        RequestError: the file is not {"sources": {name: {"declined, graded declined": count, …}}}.
    """
    if not path.exists():
        return {}
    try:
        rows: Mapping[str, Mapping[str, Any]] = json.loads(path.read_bytes())["sources"]
        return {
            source: Confusion(*(row[name] for name in _COUNTS), labelled_by=row.get("labelled by", ""))
            for source, row in rows.items()
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise RequestError(
            f"{path} does not hold a grader's error ({error}); expected sources: {{NAME: {', '.join(_COUNTS)}}}."
        ) from None


def corrected_rates(
    rates: Mapping[str, Estimate], rates_B: Mapping[str, Array], by: Mapping[str, Confusion], seed: int
) -> dict[str, Any] | None:
    """The part `corrected` of a signature: hit rate and false alarm corrected by one source, and by each.

    Graders err differently on different replies, so the headline takes the source whose replies are most like an
    audit's (`LIKE_AUDITS`) where there is one, else all together.

    Args:
        rates, rates_B: figures and draws by measure.
        by: source → the grader's error there.

    Returns:
        hit_rate, false_alarm, sensitivity, specificity, n (labelled replies), labelled_by, by (the sources' names) and,
        where there is more than one, sources: name → the same but `by`. None without a source.
    """
    if not by:
        return None

    def one(error: Confusion) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        shares = zip(("sensitivity", "specificity"), error.draws(1000, rng), strict=True)
        sizes = {"sensitivity": error.declined, "specificity": error.answered}
        found: dict[str, Any] = {
            name: corrected(rates[name], rates_B.get(name, np.empty(0)), error, rng)
            for name in ("hit_rate", "false_alarm")
        }
        for name, share_B in shares:
            value = getattr(error, name)
            low, high = np.quantile(share_B, [0.025, 0.975])
            found[name] = Estimate(value, min(float(low), value), max(float(high), value), sizes[name])
        return found | {"n": sum(error.counts)}

    chosen = {LIKE_AUDITS: by[LIKE_AUDITS]} if LIKE_AUDITS in by else by
    pooled, *rest = chosen.values()
    for error in rest:
        pooled = pooled + error
    labellers = dict.fromkeys(error.labelled_by for error in chosen.values() if error.labelled_by)
    whole = {**one(pooled), "labelled_by": " and ".join(labellers), "by": " + ".join(chosen)}
    if len(by) == 1:
        return whole
    return whole | {"sources": {name: one(error) | {"labelled_by": error.labelled_by} for name, error in by.items()}}
