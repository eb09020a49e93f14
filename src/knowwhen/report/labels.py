"""Where words stand beside the points of a drawing, so that they cover neither each other nor what they name.

Places are in units of the drawing, y downwards.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Line = tuple[Point, Point]
Box = tuple[float, float, float, float]
"""left, top, right, bottom"""

DOT = 5.5
"""Radius of a point."""
FAR = 4 * DOT
"""A label that stands farther from its point than this needs a line to it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a label should not cover, the worst first."""

    points: Sequence[Point]
    """One for each label, in their order."""
    arrows: Sequence[Line] = ()
    dots: Sequence[Point] = ()
    faint: Sequence[Line] = ()


def line(name: str) -> str:
    r"""A name on one line, without what could move a terminal's cursor or turn the direction of writing.

    >>> line("a\n b\x1b[2J")
    'a b [2J'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())


def width(text: str, size: float, letter: float) -> float:
    """About how wide a line of words is; `letter` is the mean width of a letter in sizes.

    >>> width("abc", 10, 0.6), width("未来", 10, 0.6)
    (18.0, 21.0)
    """
    return sum(1.05 if unicodedata.east_asian_width(sign) in "WF" else letter for sign in text) * size


def place(sizes: Sequence[Point], drawn: Drawn, frame: Box) -> list[Box]:
    """A box for each label of these (width, height): where it costs least beside the others.

    Three rounds over all labels, so that the first ones may move again when the others have their places. The same
    drawing gives the same places.
    """
    boxes: dict[int, Box] = {}
    for _ in range(3):
        for k, (point, size) in enumerate(zip(drawn.points, sizes, strict=True)):
            others = [box for j, box in boxes.items() if j != k]
            costs = {box: _cost(box, point, drawn, others, frame) for box in _around(point, size, frame)}
            boxes[k] = min(costs, key=costs.__getitem__)
    return [boxes[k] for k in range(len(sizes))]


def nearest(box: Box, point: Point) -> Point:
    """The point of a box that is nearest to a point."""
    return min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3])


def overlap(one: Box, other: Box, air: float = 0.0) -> bool:
    """Whether two boxes overlap, or come nearer than `air`."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    return across > -air and min(one[3], other[3]) - max(one[1], other[1]) > -air


def inside(line: Line, box: Box) -> float:
    """How long a line runs inside a box (Liang and Barsky's clipping).

    >>> inside(((-4, 1), (4, 1)), (0, 0, 2, 2)), inside(((-4, 3), (4, 3)), (0, 0, 2, 2))
    (2.0, 0.0)
    """
    (x0, y0), (x1, y1) = line
    enter, leave = 0.0, 1.0
    for low, high, start, step in ((box[0], box[2], x0, x1 - x0), (box[1], box[3], y0, y1 - y0)):
        if abs(step) < 1e-9:
            if not low < start < high:
                return 0.0
            continue
        first, last = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, first), min(leave, last)
    return max(leave - enter, 0.0) * math.dist(*line)


def _around(point: Point, size: Point, frame: Box) -> Iterator[Box]:
    """Places around the point, near and then farther, and then over the whole drawing."""
    (x, y), (wide, high) = point, size

    def box(cx: float, cy: float) -> Box:
        return cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2

    for gap in (4, 14, 30, 50):
        for turn in range(16):
            east, south = math.cos(turn * math.pi / 8), math.sin(turn * math.pi / 8)
            yield box(x + east * (wide / 2 + DOT + gap), y + south * (high / 2 + DOT + gap))
    for column in range(9):
        for row in range(12):
            cx = frame[0] + wide / 2 + (frame[2] - frame[0] - wide) * column / 8
            yield box(cx, frame[1] + high / 2 + (frame[3] - frame[1] - high) * row / 11)


def _cost(box: Box, point: Point, drawn: Drawn, labels: Sequence[Box], frame: Box) -> float:
    """How much is wrong with a place: to leave the drawing or cover words most; then points, arrows, dots; then far."""
    edge = nearest(box, point)
    far = math.dist(edge, point)
    cost = 0.4 * far + (25.0 if far > FAR else 0.0)
    beyond = max(frame[0] - box[0], frame[1] - box[1], box[2] - frame[2], box[3] - frame[3])
    cost += 2000.0 + 10 * beyond if beyond > 0.5 else 0.0
    cost += 1000.0 * sum(overlap(box, other, 3.0) for other in labels)
    cost += 60.0 * sum(inside((point, edge), other) > 0 for other in labels)
    cost += 300.0 * sum(math.dist(nearest(box, other), other) < DOT + 2 for other in drawn.points)
    cost += sum(20.0 + 1.5 * length for line in drawn.arrows if (length := inside(line, box)) > 0)
    cost += 12.0 * sum(math.dist(nearest(box, dot), dot) < 3 for dot in drawn.dots)
    return cost + 0.1 * sum(inside(line, box) for line in drawn.faint)
