"""A signature in plain words, for someone who meets these figures for the first time.

Numbers are written by report/numbers.py, which owns all formatting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from knowwhen.metrics.intervals import Array
from knowwhen.report.numbers import FEW, figure, percent
from knowwhen.types import Estimate

Measures = Mapping[str, Estimate]

SMALL = 0.25
"""A criterion within ±SMALL is no lean worth the name: at d′ = 1.5 it moves the two kinds of error from 23 % each to
at most 31 % and 16 %."""

UNGRADED_SHARE = 0.02
"""From this share of ungraded replies on, the sentences say so."""


def direction(criterion: Estimate) -> str:
    """Which way it errs, from the criterion's interval.

    ==================  ====================================================
    balanced            the whole interval lies within ±SMALL
    answers too much    else, the whole interval lies above 0
    declines too much   else, the whole interval lies below 0
    cannot tell         else, or there is no figure: the data allow either
    ==================  ====================================================
    """
    if math.isnan(criterion.value):
        return "cannot tell"
    if criterion.low > -SMALL and criterion.high < SMALL:
        return "balanced"
    if criterion.low > 0:
        return "answers too much"
    return "declines too much" if criterion.high < 0 else "cannot tell"


def sentences(
    overall: Measures,
    scenarios: Mapping[str, Measures],
    counts: Mapping[str, int],
    ungraded: Mapping[str, int],
    criterion_B: Array,
) -> list[str]:
    """Which direction it fails, how surely, how well it tells the two kinds of question apart, and where worst.

    Args:
        scenarios: the measures of each.
        counts: "asked" and "ungraded".
        ungraded: cause → replies, the most frequent first.
        criterion_B: bootstrap draws of c.
    """
    if math.isnan(overall["d_prime"].value):
        said = [_nothing(overall)]
    else:
        said = [_errs(overall), _surely(overall["criterion"], criterion_B), _apart(overall["d_prime"])]
    said += _worst(overall, scenarios)
    if counts["asked"] and counts["ungraded"] > UNGRADED_SHARE * counts["asked"]:
        share = percent(counts["ungraded"] / counts["asked"])
        said.append(
            f"{counts['ungraded']} of {counts['asked']} replies ({share}) could not be graded, most often: "
            f"{next(iter(ungraded))}. They count in no figure."
        )
    return said


def _nothing(overall: Measures) -> str:
    lacking = [
        side
        for side, rate in (("should be declined", "hit_rate"), ("should be answered", "false_alarm"))
        if overall[rate].n == 0
    ]
    return (
        f"Nothing can be said of its judgement: there is no graded reply to a question that {' or '.join(lacking)}, "
        "and it takes both kinds."
    )


def _errs(overall: Measures) -> str:
    hit, alarm = _figure("hit_rate", overall), _figure("false_alarm", overall)
    match direction(overall["criterion"]):
        case "answers too much":
            lead = "It answers too much: it"
        case "declines too much":
            return (
                f"It declines too much: it declined {alarm} of the questions that it should answer, "
                f"and {hit} of those that it should decline."
            )
        case "balanced":
            lead = "It leans to neither side: it"
        case _:
            lead = "These data do not show which way it errs: it"
    return f"{lead} declined {hit} of the questions that it should decline, and {alarm} of those that it should answer."


def _surely(criterion: Estimate, criterion_B: Array) -> str:
    above = float(np.mean(criterion_B > 0))
    lean, share = ("answering", above) if criterion.value > 0 else ("declining", 1 - above)
    drawn = "all" if share == 1 else percent(share)
    return (
        f"Its criterion is c = {_figure('criterion', {'criterion': criterion})} (0 is even-handed, above 0 leans to "
        f"answering, below 0 to declining); {drawn} of {len(criterion_B)} resamplings lean to {lean}."
    )


_GRADES = (
    (0.5, "It can hardly tell the two apart"),
    (1.0, "It tells the two apart only a little"),
    (2.0, "It tells the two apart fairly well"),
    (3.0, "It tells the two apart well"),
    (math.inf, "It almost always tells the two apart"),
)
"""d′ below which → what to say."""


def _apart(d_prime: Estimate) -> str:
    lead = next(words for below, words in _GRADES if d_prime.value < below)
    if d_prime.high < 0:
        lead = "It gets the two the wrong way round, and declines more of what it should answer"
    elif d_prime.low <= 0:
        lead = "It does not show that it can tell the two apart"
    return f"{lead}: d′ = {_figure('d_prime', {'d_prime': d_prime})} (0 is guessing, 1 is fair, 3 is nearly perfect)."


def _worst(overall: Measures, scenarios: Mapping[str, Measures]) -> list[str]:
    """The scenario with the lowest d′ among those with at least FEW graded replies on both sides, if there are two."""
    enough = [name for name, m in scenarios.items() if min(m["hit_rate"].n, m["false_alarm"].n) >= FEW]
    if len(enough) < 2:
        return []
    name = min(enough, key=lambda scenario: scenarios[scenario]["d_prime"].value)
    found = scenarios[name]
    # The lowest of several is partly luck; it is called worst only when its interval is clear of the whole run's.
    clear = found["d_prime"].high < overall["d_prime"].low
    lead = f"Worst at {name}" if clear else f"Lowest at {name}, though not surely worse than elsewhere"
    return [
        f"{lead}: d′ = {_figure('d_prime', found)}; it declined {_figure('hit_rate', found)} of what it should decline "
        f"there, and {_figure('false_alarm', found)} of what it should answer."
    ]


def _figure(measure: str, measures: Measures) -> str:
    estimate = measures[measure]
    return figure(measure, {"value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n})
