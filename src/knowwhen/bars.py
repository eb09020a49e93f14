"""Bars that a run must clear: ``false_alarm<0.05``, tested against the figures of a signature.

    [TAG:NAME.]MEASURE[.low|.high] OPERATOR NUMBER        OPERATOR: <  <=  >  >=

    false_alarm<0.05                          the figure itself
    hit_rate.low>=0.3                         the low end of its 95 % interval: at least 0.3, and the data show it
    scenario:false_premise.d_prime>1          in one slice; TAG is scenario, domain or complexity

Rates are fractions (0.05 is five percent). Spaces around the operator are allowed.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowwhen.errors import RequestError

_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_FORM = re.compile(r"(?P<left>.+?)\s*(?P<operator><=|>=|<|>)\s*(?P<bound>[^<>=\s]+)")
_GRAMMAR = "expected [TAG:NAME.]MEASURE[.low|.high] and one of < <= > >= and a number, like false_alarm<0.05"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar and whether it was cleared."""

    expression: str
    """As it was given."""
    value: float
    """What the figure is; NaN where nothing was measured."""
    bound: float
    met: bool
    why: str
    """What was compared with what, or why nothing could be."""


def bars(expressions: Sequence[str], signature: Mapping[str, Any]) -> list[Bar]:
    """Test each expression against a signature's figures. A figure that was not measured misses its bar.

    Args:
        signature: the content of signature.json.

    Raises:
        RequestError: an expression does not read, or names a measure or a slice that the signature does not have.
    """
    return [_bar(expression, signature) for expression in expressions]


def _bar(expression: str, signature: Mapping[str, Any]) -> Bar:
    form = _FORM.fullmatch(expression.strip())
    if form is None:
        raise RequestError(f"Cannot read the bar '{expression}': {_GRAMMAR}.")
    try:
        bound = float(form["bound"])
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise RequestError(f"Cannot read the bar '{expression}': '{form['bound']}' is not a number (5 % is 0.05).")
    name = form["left"]
    measure, end = name, "value"
    if name.endswith((".low", ".high")):
        measure, _, end = name.rpartition(".")
    measures: Mapping[str, Any] = signature["overall"]
    if ":" in measure:
        tag, _, rest = measure.partition(":")
        part, _, measure = rest.rpartition(".")
        slices = signature["slices"]
        if not part:
            raise RequestError(f"Cannot read the bar '{expression}': {_GRAMMAR}.")
        if tag not in slices:
            raise _unknown(expression, "tag", tag, slices)
        if part not in slices[tag]:
            raise _unknown(expression, tag, part, slices[tag])
        measures = slices[tag][part]["measures"]
    if measure not in measures:
        raise _unknown(expression, "measure", measure, measures)
    found = measures[measure][end]
    if found is None:
        why = f"{name} was not measured (n = {measures[measure]['n']}), so it cannot be {form['operator']} {bound:g}"
        return Bar(expression, math.nan, bound, False, why)
    met = bool(_COMPARE[form["operator"]](found, bound))
    why = f"{name} is {found:.3g}, {'' if met else 'not '}{form['operator']} {bound:g}"
    return Bar(expression, found, bound, met, why)


def _unknown(expression: str, what: str, name: str, known: Mapping[str, Any]) -> RequestError:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    listed = ", ".join(known) or "none: the questions carry no such tag"
    return RequestError(f"The bar '{expression}' names the unknown {what} '{name}'.{hint} Known: {listed}.")
