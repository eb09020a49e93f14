"""The page of a comparison: what changed from one run to others becomes one HTML file that asks nothing of anyone.

Figures come from comparison.json and are only written, never computed, here. The page keeps the report's look
(page.css) and its policy: one style sheet and one script, both inside it and named by their SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowwhen.report import numbers, questions
from knowwhen.report.charts import Scale
from knowwhen.report.frame import rendered
from knowwhen.types import Condition, Outcome

Figures = Mapping[str, Any]

TESTED = ("hit_rate", "false_alarm", "d_prime", "criterion")
"""The columns of the slice tables."""

READINGS = (
    ("says", "what the reply did"),
    ("leans", "how much probability it gave to declining"),
    ("knows", "what a probe reads inside it"),
)

KINDS = {
    "declines_rightly": "now declines, and should",
    "answers_rightly": "now answers, and should",
    "declines_wrongly": "now declines, but should not",
    "answers_wrongly": "now answers, but should not",
    "another_way": "declines in another way",
}
"""How a reply changed, as the table names it."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One later run on the map: from the base, on the questions that the two share, to where it is now."""

    number: int
    name: str
    base: tuple[float, float]
    """(criterion, d′), as all points here."""
    tip: tuple[float, float]
    region: tuple[tuple[float, float], ...]
    """Where the tip may lie if the base stands still: the 95 % region of the change."""


@dataclass(frozen=True, slots=True)
class Map:
    """The d′–c plane with an arrow for each later run that has figures."""

    x: Scale
    y: Scale
    arrows: tuple[Arrow, ...]
    bases: tuple[tuple[float, float], ...]
    """Where the base stands: one point if every run shares the same questions with it."""

    def outline(self, arrow: Arrow) -> str:
        """The region as an SVG path in a box of 100 × 100, y downwards."""
        points = [f"{self.x.at(c)},{round(100 - self.y.at(d), 2)}" for c, d in arrow.region]
        return f"M{'L'.join(points)}Z" if len(points) > 2 else ""


def render(comparison: Figures, outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """The comparison as one self-contained HTML page.

    Args:
        comparison: the content of comparison.json; "runs" and "warnings" may be missing.
        outcomes: by run name; the replies whose move changed are shown one by one.
    """
    from markupsafe import Markup

    functions = {
        "measures": numbers.MEASURES,
        "value": numbers.value,
        "interval": numbers.interval,
        "number": numbers.number,
        "difference": difference,
        "strip": strip,
        "reach": reach,
        "large_first": large_first,
        "dumbbell": dumbbell,
    }
    found = data(comparison, outcomes)
    return rendered(
        "compare.html",
        ("page.css", "compare.css"),
        ("cells.js", "compare.js"),
        functions,
        base=comparison["base"],
        comparisons=comparison["comparisons"],
        payoff=comparison["payoff"],
        draws=comparison["draws"],
        runs=comparison.get("runs", ()),
        warnings=comparison.get("warnings", ()),
        map=arrows(comparison),
        readings=READINGS,
        tested=TESTED,
        changed=len(found["rows"]),
        data=Markup(questions.inline_json(found)),
    )


def difference(measure: str, delta: Figures) -> str:
    """A difference with its sign and interval; of rates in percentage points.

    >>> difference("hit_rate", {"value": 0.31, "low": 0.22, "high": 0.4, "n": 80})
    '+31 [22, 40]'
    >>> difference("d_prime", {"value": None, "low": None, "high": None, "n": 0})
    '–'
    """
    if delta["value"] is None:
        return "–"
    if numbers.MEASURES[measure].unit == "rate":
        points = [numbers.number(100 * delta[end], digits=0, sign=end == "value") for end in ("value", "low", "high")]
    else:
        points = [numbers.number(delta[end], sign=end == "value") for end in ("value", "low", "high")]
    return f"{points[0]} [{points[1]}, {points[2]}]"


def reach(deltas: Sequence[Figures]) -> float:
    """How far a scale around 0 must reach for these differences: at least a tenth."""
    ends = [abs(delta[end]) for delta in deltas if delta["value"] is not None for end in ("low", "high")]
    return float(max([0.1, *ends]))


def strip(delta: Figures, far: float) -> dict[str, float] | None:
    """Positions (percent) of a difference on a scale from −far to far; None without a figure."""
    if delta["value"] is None:
        return None
    scale = Scale(-far, far)
    return {end: scale.at(delta[end]) for end in ("value", "low", "high")}


def large_first(slices: Figures) -> list[tuple[str, Figures]]:
    """Slices that are large enough to test, then the others; by name."""
    return sorted(slices.items(), key=lambda entry: (bool(entry[1]["few"]), entry[0]))


def dumbbell(readings: Figures) -> list[dict[str, Any]]:
    """For each reading that there is: the positions (percent) of both runs on one common scale of d′."""
    have = [(name, plain, readings[name]) for name, plain in READINGS if readings.get(name)]
    have = [(name, plain, one) for name, plain, one in have if one["delta"]["value"] is not None]
    ends = [one[side][end] for _, _, one in have for side in ("base", "other") for end in ("low", "high")]
    low, high = min([0.0, *ends]), max([1.0, *ends])
    scale = Scale(low - 0.03 * (high - low), high + 0.03 * (high - low))
    return [
        {
            "name": name,
            "plain": plain,
            "delta": one["delta"],
            "zero": scale.at(0.0),
            **{
                side: {**one[side], "at": {end: scale.at(one[side][end]) for end in ("value", "low", "high")}}
                for side in ("base", "other")
            },
        }
        for name, plain, one in have
    ]


def arrows(comparison: Figures) -> Map:
    """The map of a comparison."""
    found = []
    for k, part in enumerate(comparison["comparisons"], 1):
        if part["delta"]["d_prime"]["value"] is None:
            continue
        base, tip = ((part[side]["criterion"]["value"], part[side]["d_prime"]["value"]) for side in ("base", "other"))
        region = tuple((base[0] + c, base[1] + d) for c, d in part["region"])
        found.append(Arrow(k, part["name"], base, tip, region))
    points = [point for arrow in found for point in (arrow.base, arrow.tip, *arrow.region)]
    x, y = (_axis([point[side] for point in points]) for side in (0, 1))
    return Map(x, y, tuple(found), tuple(dict.fromkeys(arrow.base for arrow in found)))


def data(comparison: Figures, outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """What the table of changed replies reads: a row a question and later run where the move is another."""
    base = {outcome.item.id: outcome for outcome in outcomes.get(comparison["base"], ()) if _shown(outcome)}
    items: dict[str, int] = {}
    told: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for run, part in enumerate(comparison["comparisons"]):
        for after in outcomes.get(part["name"], ()):
            before = base.get(after.item.id)
            if before is None or not _shown(after) or before.move == after.move:
                continue
            if after.item.id not in items:
                items[after.item.id] = len(told)
                told.append(_item(before))
            rows.append(
                {
                    "item": items[after.item.id],
                    "run": run,
                    "kind": kind(before, after),
                    "before": _reply(before),
                    "after": _reply(after),
                }
            )
    names = [part["name"] for part in comparison["comparisons"]]
    return {"base": comparison["base"], "runs": names, "items": told, "rows": rows, "kinds": KINDS}


def kind(before: Outcome, after: Outcome) -> str:
    """The key of KINDS for a question whose move changed."""
    if before.declined and after.declined:
        return "another_way"
    rightly = after.declined != after.item.answerable
    return f"{'declines' if after.declined else 'answers'}_{'rightly' if rightly else 'wrongly'}"


def _shown(outcome: Outcome) -> bool:
    return outcome.condition is Condition.FREE and outcome.graded


def _item(outcome: Outcome) -> dict[str, Any]:
    item = outcome.item
    return {
        "id": item.id,
        "question": item.question,
        "before": [[message.role, message.content] for message in item.messages[:-1]],
        "calls": sorted(move.value for move in item.calls_for),
        "scenario": item.tags.get("scenario") or "(none)",
    }


def _reply(outcome: Outcome) -> dict[str, Any]:
    return {
        "reply": outcome.response.text,
        "did": outcome.move.value if outcome.move else "ungraded",
        "result": questions.RESULTS[questions.result(outcome)],
        "grade": _grade(questions.result(outcome)),
        "why": outcome.why,
    }


def _grade(result: str) -> str:
    return "bad" if result in questions.MISTAKES else "good" if result == "right" else "open"


def _axis(values: Sequence[float]) -> Scale:
    # At least 1.5 wide, so that a small change is not blown up; 0 is always in sight; air for labels and ticks.
    low, high = min([0.0, *values]), max([0.0, *values])
    middle, width = (low + high) / 2, max(high - low, 1.5)
    return Scale(middle - 0.62 * width, middle + 0.56 * width)
