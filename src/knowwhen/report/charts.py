"""Where things stand in the charts: positions in percent of the drawing, so that one drawing fits every width.

The page draws them as inline SVG (page.html), `figure.plot` with matplotlib; both take their geometry from here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowwhen.report.numbers import MEASURES, few

Figures = Mapping[str, Mapping[str, Any]]
"""Measure → {"value", "low", "high", "n"}, as in signature.json."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight axis from `low` to `high`."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Position of a value in percent of the axis, from its low end; beyond the ends, the end."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def ticks(self) -> list[float]:
        """Round values inside the axis, three to seven of them."""
        step = next(s for s in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0) if (self.high - self.low) / s <= 7)
        first = math.ceil(self.low / step)
        return [step * k for k in range(first, math.floor(self.high / step) + 1)]


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of the d′–c plane. number 0 is the whole run."""

    number: int
    name: str
    criterion: Mapping[str, Any]
    d_prime: Mapping[str, Any]
    few: str = ""
    """Why it should be read with care; empty if it need not be."""
    side: tuple[int, int] = (1, -1)
    """Where its number stands beside it: steps to the right and down."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The d′–c plane: criterion to the right, d′ upwards, and the 95 % region of the whole run."""

    x: Scale
    y: Scale
    overall: Mark | None
    marks: tuple[Mark, ...]
    region: tuple[tuple[float, float], ...]
    """Outline of (criterion, d′) for the whole run; empty if there is none."""


def worst_first(slices: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Slices by d′, the lowest first; those that are too small to read, or without d′, come last."""

    def rank(entry: tuple[str, Mapping[str, Any]]) -> tuple[bool, float, str]:
        name, found = entry
        d_prime = found["measures"]["d_prime"]["value"]
        unread = d_prime is None or bool(few(found["measures"]))
        return unread, math.inf if d_prime is None else d_prime, name

    return sorted(slices.items(), key=rank)


def plane(signature: Mapping[str, Any]) -> Plane:
    """The d′–c plane of a signature: the run, its region, and a numbered point a scenario (those that have figures)."""
    overall = _mark(0, signature["model"], signature["overall"])
    slices = signature["slices"].get("scenario", {})
    marks = [
        mark
        for k, (name, found) in enumerate(worst_first(slices), 1)
        if (mark := _mark(k, name, found["measures"])) is not None
    ]
    outline = zip(signature["ellipse"]["criterion"], signature["ellipse"]["d_prime"], strict=True)
    region = tuple((c, d) for c, d in outline if c is not None and d is not None)
    seen = [mark for mark in (overall, *marks) if mark]
    x = _axis([mark.criterion for mark in seen], [bool(mark.few) for mark in seen], [c for c, _ in region])
    y = _axis([mark.d_prime for mark in seen], [bool(mark.few) for mark in seen], [d for _, d in region])
    return Plane(x, y, overall, _spread(marks, overall, x, y), region)


def outline(figure: Plane) -> str:
    """The region as an SVG path in a box of 100 × 100, y downwards; empty if there is none."""
    points = [f"{figure.x.at(c)},{round(100 - figure.y.at(d), 2)}" for c, d in figure.region]
    return f"M{'L'.join(points)}Z" if len(points) > 2 else ""


def strip(measure: str, estimate: Mapping[str, Any]) -> dict[str, float] | None:
    """Positions (percent) of value, low, high and zero on the measure's own small scale; None without a figure."""
    if estimate["value"] is None:
        return None
    scale = Scale(*MEASURES[measure].scale)
    low, high = _ends(estimate)
    return {"value": scale.at(estimate["value"]), "low": scale.at(low), "high": scale.at(high), "zero": scale.at(0.0)}


def shade(count: int, total: int) -> int:
    """How dark a cell of the move table is, 0 (none) to 5 (the whole row)."""
    return math.ceil(5 * count / total) if total else 0


def _mark(number: int, name: str, measures: Figures) -> Mark | None:
    d_prime, criterion = measures["d_prime"], measures["criterion"]
    if d_prime["value"] is None or criterion["value"] is None:
        return None
    return Mark(number, name, criterion, d_prime, few(measures))


def _ends(estimate: Mapping[str, Any]) -> tuple[float, float]:
    low, high = estimate["low"], estimate["high"]
    middle = estimate["value"]
    return (middle if low is None else low), (middle if high is None else high)


def _axis(shown: Sequence[Mapping[str, Any]], small: Sequence[bool], region: Sequence[float]) -> Scale:
    # Whiskers of points that are too small to read may leave the drawing: they must not shrink the others.
    values = [0.0, *region, *(estimate["value"] for estimate in shown)]
    for estimate, unread in zip(shown, small, strict=True):
        values += [] if unread else _ends(estimate)
    # At least 1.5 wide, so that a run without spread is not blown up; air for the labels, more where the ticks stand.
    low, high = min(values), max(values)
    middle, width = (low + high) / 2, max(high - low, 1.5)
    return Scale(middle - 0.62 * width, middle + 0.56 * width)


_SIDES = ((1, -1), (-1, -1), (1, 1), (-1, 1), (0, -1), (0, 1), (1, 0), (-1, 0))


def _spread(marks: Sequence[Mark], overall: Mark | None, x: Scale, y: Scale) -> tuple[Mark, ...]:
    """Give each number the side of its point where it is farthest from all other points and numbers.

    Judged in a drawing of 300 × 330 px, a phone's, where things lie closest.
    """

    def pixel(mark: Mark) -> tuple[float, float]:
        return 3.0 * x.at(mark.criterion["value"]), 330 - 3.3 * y.at(mark.d_prime["value"])

    taken = [pixel(mark) for mark in (*marks, *([overall] if overall else []))]
    placed = []
    for mark in marks:
        left, top = pixel(mark)
        others = [spot for spot in taken if spot != (left, top)]
        spots = [(left + 11 * right, top + 11 * down) for right, down in _SIDES]
        # Enough room is enough: up and to the right unless another side is truly better (`index` takes the first).
        rooms = [min(_room(spot, others), 18.0) for spot in spots]
        best = rooms.index(max(rooms))
        taken.append(spots[best])
        placed.append(Mark(mark.number, mark.name, mark.criterion, mark.d_prime, mark.few, _SIDES[best]))
    return tuple(placed)


def _room(spot: tuple[float, float], others: Sequence[tuple[float, float]]) -> float:
    if not (8 < spot[0] < 292 and 8 < spot[1] < 322):
        return -1.0
    return min((math.dist(spot, other) for other in others), default=99.0)
