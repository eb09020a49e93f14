"""The d′–c figure as a file of its own, for a README or a paper."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowwhen.errors import RequestError
from knowwhen.report import numbers
from knowwhen.report.charts import Mark, Plane, plane

_INK, _QUIET, _GRID = "#1d2430", "#5b6472", "#e3e6ea"
_BLUE, _ORANGE, _GREY = "#0072B2", "#B34700", "#8a93a0"


def plot(signature: Mapping[str, Any], path: Path) -> None:
    """Write the d′–c plane: the run with its 95 % region and one numbered point a scenario with its intervals.

    The same signature gives the same bytes, with the same matplotlib.

    Args:
        signature: the content of signature.json.
        path: where to write; its suffix, .svg or .png, picks the format.
    """
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("svg", "png"):
        raise RequestError(f"Cannot write a figure to '{path.name}': expected a name that ends in .svg or .png.")

    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Glyphs as paths and a fixed salt: the same bytes and the same look wherever it is opened. A model's name may hold
    # a "$": it is a name, not a formula.
    with rc_context({"svg.hashsalt": "knowwhen", "svg.fonttype": "path", "text.parse_math": False, "font.size": 11}):
        canvas = Figure(figsize=(9, 5.2), facecolor="white", layout="constrained")
        _draw(canvas.add_subplot(), plane(signature), signature)
        canvas.savefig(path, format=kind, dpi=160, metadata={"Date" if kind == "svg" else "Software": None})


def _draw(axes: Any, found: Plane, signature: Mapping[str, Any]) -> None:
    axes.set_xlim(found.x.low, found.x.high)
    axes.set_ylim(found.y.low, found.y.high)
    axes.set_title(f"{signature['model']}: {signature['direction']}", loc="left", color=_INK, weight="bold", pad=14)
    axes.set_xlabel("← declines readily     criterion c     answers readily →", color=_INK)
    axes.set_ylabel("← cannot tell     sensitivity d′     tells apart →", color=_INK)
    axes.grid(color=_GRID, linewidth=0.8)
    axes.axhline(0, color=_QUIET, linewidth=1, zorder=1.9)
    axes.axvline(0, color=_QUIET, linewidth=1, zorder=1.9)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelcolor=_QUIET)
    axes.spines[:].set_visible(False)
    if found.region:
        axes.fill(*zip(*found.region, strict=True), facecolor=_BLUE, alpha=0.22, edgecolor=_BLUE, zorder=2)
    for mark in found.marks:
        _point(axes, mark, _GREY if mark.few else _ORANGE)
    if found.overall:
        _point(axes, found.overall, _BLUE)
    if not (found.overall or found.marks):
        axes.text(0.03, 0.93, "No figures: nothing was graded on one side.", transform=axes.transAxes, color=_INK)
    entries = [] if found.overall is None else [(_BLUE, "◆", "all questions, with its 95 % region", found.overall)]
    entries += [(_GREY if mark.few else _ORANGE, str(mark.number), mark.name, mark) for mark in found.marks]
    step = min(0.088, 1.0 / max(len(entries), 1))
    for row, (colour, sign, name, mark) in enumerate(entries):
        top = 1.0 - step * row
        axes.text(1.03, top, sign, transform=axes.transAxes, color=colour, weight="bold", va="top")
        axes.text(1.075, top, name, transform=axes.transAxes, color=_INK, va="top")
        d_prime, criterion = numbers.value("d_prime", mark.d_prime), numbers.value("criterion", mark.criterion)
        note = f"d′ {d_prime}, c {criterion}" + (f" ({mark.few})" if mark.few else "")
        axes.text(1.075, top - 0.43 * step, note, transform=axes.transAxes, color=_QUIET, va="top", fontsize=8.5)


def _point(axes: Any, mark: Mark, colour: str) -> None:
    from matplotlib.patheffects import withStroke

    c, d = mark.criterion["value"], mark.d_prime["value"]
    for estimate, along in ((mark.criterion, "x"), (mark.d_prime, "y")):
        if mark.number and estimate["low"] is not None and estimate["high"] is not None:
            ends = [estimate["low"], estimate["high"]]
            axes.plot(*((ends, [d, d]) if along == "x" else ([c, c], ends)), color=colour, alpha=0.45, linewidth=1.2)
    size, shape = (7, "o") if mark.number else (10, "D")
    axes.plot([c], [d], shape, color=colour, markersize=size, markeredgecolor="white", zorder=4)
    if mark.number:
        right, down = mark.side
        number = axes.annotate(
            str(mark.number), (c, d), (9 * right, -9 * down), textcoords="offset points",
            ha="center", va="center", color=colour, weight="bold", fontsize=10, zorder=5,
        )  # fmt: skip
        number.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
