"""The map of a lab: d′ against c, an arrow from the base to the start and one from there to each objective, and labels
that cover no other.

Everything has its place in units of one drawing (pixels of an SVG, points of a figure), y downwards. The page draws it
twice as inline SVG, wide and narrow (lab.html), `lab_plot` with matplotlib; both take their geometry from here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from knowwhen.report import labels, numbers
from knowwhen.report.charts import Scale
from knowwhen.report.figure import _GRID, _INK, _QUIET, _save
from knowwhen.report.labels import DOT, Box, Line, Point

HUES = ("#b34700", "#00704f", "#96366f", "#5a4bbd", "#7a5c00", "#0b7285", "#a3243b", "#4d6a12")
"""Colours of the objectives, by number, each readable as text on white; lab.css has them for the page, and for dark."""
_BASE = "#0067a5"
_LONGEST = 30  # characters of a name in a label
_HEAD = 9.0
_ACROSS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}


@dataclass(frozen=True, slots=True)
class Label:
    """Two lines of words beside a point."""

    name: str
    note: str
    """The threshold and an arrow where the objective was predicted to go; may be empty."""
    box: Box
    leader: Line | None = None
    """From the point to a label that had to stand away from it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """The base, the start, or where an objective landed."""

    name: str
    kind: str
    """base, start or objective"""
    number: int
    """Of HUES; objectives count from 0."""
    at: Point
    cross: tuple[Line, ...]
    """The 95 % intervals of c and d′."""
    seeds: tuple[Point, ...]
    shaft: Line | None
    """The arrow that leads here; None for the base, or where it would be too short to see."""
    head: tuple[Point, ...]
    label: Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole map."""

    width: float
    height: float
    frame: Box
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    spots: tuple[Spot, ...]
    size: float
    """Of the labels' letters."""


def threshold(value: float | None) -> str:
    """A threshold as it is written; empty if there is none.

    >>> threshold(0.5), threshold(1 / 3), threshold(0.0), threshold(0.9), threshold(None)
    ('½', '⅓', '0', '0.9', '')
    """
    if value is None or not math.isfinite(value):
        return ""
    return next((sign for sign, share in _ACROSS.items() if abs(value - share) < 1e-6), f"{value:.2g}")


def _whole(name: str) -> str:
    """The name of what a row is a share of, or its own."""
    return name.removesuffix(", dosed")


def numbered(found: Mapping[str, Any]) -> list[int]:
    """The number of each entry's objective, from 0; a share of its adapter has the same; that of a start is −1."""
    names = [None if entry["role"] == "start" else _whole(entry["name"]) for entry in found["objectives"]]
    order = list(dict.fromkeys(filter(None, names)))
    return [-1 if name is None else order.index(name) for name in names]


def points(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The base, the start and each objective as c, d′, seeds and note; those without figures are left out.

    "of" has the figures, "number" counts the objectives, "note" stands below the name.
    """
    listed: list[dict[str, Any]] = [
        {"name": "base", "kind": "base", "number": 0, "note": "", "of": found["base"]["held out"], "seeds": []}
    ]
    for entry, number in zip(found["objectives"], numbered(found), strict=True):
        listed.append(
            {
                "name": entry["name"],
                "kind": entry["role"],
                "number": number,
                "note": _note(entry),
                "of": entry["held out"]["after"],
                "seeds": [
                    (seed["criterion"], seed["d_prime"])
                    for seed in entry["held out"]["seeds"]
                    if _real(seed["criterion"]) and _real(seed["d_prime"])
                ],
            }
        )
    return [p for p in listed if _real(p["of"]["criterion"]["value"]) and _real(p["of"]["d_prime"]["value"])]


def drawing(
    found: Mapping[str, Any],
    width: float,
    height: float,
    *,
    margins: Box = (34, 8, 8, 24),
    size: float = 13.0,
    letter: float = 0.6,
    brief: bool = False,
) -> Drawing | None:
    """The map in a box; None without a point to show.

    Args:
        margins: room left, above, right and below of the plane.
        letter: mean width of a letter, in sizes.
        brief: leave out parameters where the names without them are still told apart.
    """
    shown = points(found)
    if not shown:
        return None
    frame = (margins[0], margins[1], width - margins[2], height - margins[3])
    x = _axis([(p["of"]["criterion"], [c for c, _ in p["seeds"]]) for p in shown])
    y = _axis([(p["of"]["d_prime"], [d for _, d in p["seeds"]]) for p in shown])

    def place(c: float, d: float) -> Point:
        return _along(frame[0], frame[2], x.at(c)), _along(frame[3], frame[1], y.at(d))

    spots: list[Spot] = []
    names = _names([_first(p["name"]) for p in shown], brief)
    for p, name in zip(shown, names, strict=True):
        c, d = p["of"]["criterion"], p["of"]["d_prime"]
        at = place(c["value"], d["value"])
        (left, right), (low, high) = _ends(c), _ends(d)
        cross = (
            (place(left, d["value"]), place(right, d["value"])),
            (place(c["value"], low), place(c["value"], high)),
        )
        seeds = tuple(place(*seed) for seed in p["seeds"]) if len(p["seeds"]) > 1 else ()
        shaft, head = _arrow(_origin(p["kind"], spots), at)
        wide = max(labels.width(words, size, letter) for words in (name, p["note"]))
        box = (0.0, 0.0, wide, size * (2.3 if p["note"] else 1.2))
        label = Label(name, p["note"], box)
        spots.append(Spot(p["name"], p["kind"], p["number"], at, cross, seeds, shaft, head, label))
    x_ticks = tuple((place(t, y.low)[0], text) for t, text in _ticks(x))
    y_ticks = tuple((place(x.low, t)[1], text) for t, text in _ticks(y))
    return Drawing(width, height, frame, x_ticks, y_ticks, _labelled(spots, frame), size)


def lab_plot(found: Mapping[str, Any], design: Mapping[str, Any], path: Path) -> None:
    """Write the map of a lab.

    The same results give the same bytes, with the same matplotlib.

    Args:
        found: the JSON form of `lab.results.results`.
        design: the JSON form of the lab's design.
        path: where to write; its suffix, .svg or .png, picks the format.
    """
    width, height = 660.0, 470.0
    made = drawing(found, width, height, margins=(40, 50, 14, 50), size=9.5, letter=0.68)
    _save(path, (width / 72, height / 72), lambda canvas: _draw(canvas, made, design, width, height), None)


def _draw(canvas: Any, made: Drawing | None, design: Mapping[str, Any], width: float, height: float) -> None:
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    kinds = labels.line(", ".join(design["held_out"]))
    axes.text(14, 18, labels.line(design["model"])[:60], color=_BASE, weight="bold", va="center")
    axes.text(14, 36, f"on kinds of question that training never saw: {kinds}"[:110], color=_QUIET, va="center", size=9)
    if made is None:
        axes.text(14, 70, "No figures: nothing was graded on one side.", color=_INK)
        return
    left, top, right, bottom = made.frame
    for at, text in made.x_ticks:
        axes.plot([at, at], [top, bottom], color=_QUIET if text == "0" else _GRID, linewidth=0.8, zorder=1)
        axes.text(at, bottom + 11, text, color=_QUIET, size=8.5, ha="center", va="center")
    for at, text in made.y_ticks:
        axes.plot([left, right], [at, at], color=_QUIET if text == "0" else _GRID, linewidth=0.8, zorder=1)
        axes.text(left - 6, at, text, color=_QUIET, size=8.5, ha="right", va="center")
    axes.text(left, height - 14, "← declines more", color=_INK, size=10, va="center")
    axes.text((left + right) / 2, height - 14, "criterion c", color=_QUIET, size=9, va="center", ha="center")
    axes.text(right, height - 14, "answers more →", color=_INK, size=10, va="center", ha="right")
    axes.text(10, top, "tells apart →", color=_INK, size=10, rotation=90, va="top", ha="center")
    axes.text(10, (top + bottom) / 2, "sensitivity d′", color=_QUIET, size=9, rotation=90, va="center", ha="center")
    for spot in made.spots:
        _draw_spot(axes, spot, made.size)


def _draw_spot(axes: Any, spot: Spot, size: float) -> None:
    from matplotlib.patheffects import withStroke

    colour = {"base": _BASE, "start": _QUIET}.get(spot.kind, HUES[spot.number % len(HUES)])
    for ends in spot.cross:
        axes.plot(*zip(*ends, strict=True), color=colour, alpha=0.3, linewidth=1, zorder=2)
    if spot.shaft:
        axes.plot(*zip(*spot.shaft, strict=True), color=colour, linewidth=1.8, zorder=3)
        axes.fill(*zip(*spot.head, strict=True), color=colour, linewidth=0, zorder=3)
    for x, y in spot.seeds:
        axes.plot([x], [y], "o", color=colour, alpha=0.55, markersize=3.6, markeredgewidth=0, zorder=3)
    shape, across = {"base": ("D", 9.0), "start": ("s", 7.5)}.get(spot.kind, ("o", 8.5))
    axes.plot([spot.at[0]], [spot.at[1]], shape, color=colour, markersize=across, markeredgecolor="white", zorder=4)
    if spot.label.leader:
        axes.plot(*zip(*spot.label.leader, strict=True), color=colour, linewidth=0.7, zorder=2.5)
    left, top = spot.label.box[:2]
    for text, down, weight in ((spot.label.name, 0.95, "bold"), (spot.label.note, 2.05, "normal")):
        drawn = axes.text(left, top + down * size, text, color=colour, size=size, weight=weight, zorder=5)
        drawn.set_path_effects([withStroke(linewidth=2.5, foreground="white")])


# ---- where points and arrows stand ----


def _note(entry: Mapping[str, Any]) -> str:
    at, predicted = threshold(entry["threshold"]), entry["predicted"]
    if not predicted:
        return f"t = {at}" if at else ""
    words = f"t = {at}" if at else "predicted"
    return f"{words} →" if "answers" in predicted else f"← {words}"


def _real(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _ends(figure: Mapping[str, Any]) -> Point:
    low, high = (figure[end] if _real(figure[end]) else figure["value"] for end in ("low", "high"))
    return low, high


def _axis(shown: Sequence[tuple[Mapping[str, Any], Sequence[float]]]) -> Scale:
    """0 and all points in sight, at least 1 wide; a very wide interval may leave the drawing: it must not shrink it."""
    values = [0.0, *(figure["value"] for figure, _ in shown), *(seed for _, seeds in shown for seed in seeds)]
    low, high = min(values), max(values)
    room = 0.4 * max(high - low, 1.0)
    ends = [end for figure, _ in shown for end in _ends(figure)]
    low, high = max(min([low, *ends]), low - room), min(max([high, *ends]), high + room)
    middle, width = (low + high) / 2, max(high - low, 1.0)
    return Scale(middle - 0.56 * width, middle + 0.56 * width)


def _ticks(scale: Scale) -> list[tuple[float, str]]:
    ticks = scale.ticks()
    digits = 1 if all(2 * tick == int(2 * tick) for tick in ticks) else 2
    return [(tick, "0" if tick == 0 else numbers.number(tick, digits=digits)) for tick in ticks]


def _along(start: float, end: float, percent: float) -> float:
    return round(start + (end - start) * percent / 100, 1)


def _origin(kind: str, spots: Sequence[Spot]) -> Point | None:
    """Where the arrow to a spot begins: the start for an objective, the base for the start and for a share."""
    wanted = {"start": ("base",), "dosed": ("base",), "objective": ("start", "base")}.get(kind, ())
    return next((spot.at for name in wanted for spot in spots if spot.kind == name), None)


def _arrow(begin: Point | None, end: Point) -> tuple[Line | None, tuple[Point, ...]]:
    if begin is None or (far := math.dist(begin, end)) < 2 * DOT + _HEAD + 2:
        return None, ()
    east, south = (end[0] - begin[0]) / far, (end[1] - begin[1]) / far

    def at(along: float, aside: float = 0.0) -> Point:
        return round(begin[0] + along * east - aside * south, 1), round(begin[1] + along * south + aside * east, 1)

    tip, neck = far - DOT - 1.5, far - DOT - 1.5 - _HEAD
    return (at(DOT + 1), at(neck + 1)), (at(tip), at(neck, _HEAD * 0.45), at(neck, -_HEAD * 0.45))


# ---- the labels ----


def _first(name: str) -> str:
    """A name with what sets it apart before its parameters, where a cut leaves it: ``ternary, dosed`` → its share."""
    whole = _whole(name)
    return name if whole == name else f"share of {whole}"


def _names(names: Sequence[str], brief: bool) -> list[str]:
    stems = [name.split("(")[0] for name in names]
    shown = [s if brief and stems.count(s) == 1 else n for s, n in zip(stems, names, strict=True)]
    lines = [labels.line(name) for name in shown]
    return [name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name in lines]


def _labelled(spots: Sequence[Spot], frame: Box) -> tuple[Spot, ...]:
    drawn = labels.Drawn(
        [spot.at for spot in spots],
        [spot.shaft for spot in spots if spot.shaft],
        [seed for spot in spots for seed in spot.seeds],
        [line for spot in spots for line in spot.cross],
    )
    boxes = labels.place([spot.label.box[2:] for spot in spots], drawn, frame)
    placed = []
    for spot, (left, top, right, bottom) in zip(spots, boxes, strict=True):
        box = (round(left, 1), round(top, 1), round(right, 1), round(bottom, 1))
        edge = labels.nearest(box, spot.at)
        leader = (spot.at, edge) if math.dist(edge, spot.at) > labels.FAR else None
        placed.append(replace(spot, label=replace(spot.label, box=box, leader=leader)))
    return tuple(placed)
