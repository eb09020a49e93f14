"""The table of a bundle, as the page and the terminal show it: what the field reports, and beside it the rest.

Every function takes the content of bundle.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from knowwhen.report import numbers

HEADINGS = {
    "recall": "Recall",
    "precision": "Precision",
    "f1": "F1",
    "false_alarm": "False alarm",
    "d_prime": "d′",
    "criterion": "c",
    "tokens": "Tokens",
}
"""Column → its heading. Tokens: the mean lengths of replies, where the field reports them."""

Row = Mapping[str, Any]


def columns(content: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The columns that the field reports, and those that stand beside."""
    field = content["reports"]
    return field, [column for column in HEADINGS if column not in (*field, "tokens")]


def groups(content: Mapping[str, Any]) -> list[list[Row]]:
    """The rows scenario by scenario, each with its mean; then the slices that need none; then the mean of all.

    A mean that would only repeat another row is left out, unless there is a published one to compare it with.
    """
    rows: list[Row] = content["rows"]
    slices, means = [row for row in rows if not row["mean"]], {row["scenario"]: row for row in rows if row["mean"]}
    scenarios = dict.fromkeys(row["scenario"] for row in slices)
    found: list[list[Row]] = []
    others: list[Row] = []
    for scenario in scenarios:
        own = [row for row in slices if row["scenario"] == scenario]
        if (len(own) > 1 and len(scenarios) > 1) or scenario in content["published_recall"]:
            found.append([*own, means[scenario]])
        else:
            others += own
    return [group for group in (*found, others, [means[""]]) if group]


def few(row: Row) -> str:
    """As `numbers.few`, for a slice; "" for a mean."""
    figures = row["figures"]
    return "" if row["mean"] else numbers.few({"hit_rate": figures["recall"], "false_alarm": figures["false_alarm"]})


def figure(column: str, row: Row) -> str:
    """What stands in a cell, without its interval."""
    if column == "tokens":
        return " / ".join(numbers.number(row["tokens"][side], digits=0) for side in ("should_decline", "should_answer"))
    return numbers.value(column, row["figures"][column])


def below(content: Mapping[str, Any], column: str, row: Row) -> tuple[str, ...]:
    """What stands in a cell below its figure: the interval, or why there is none; at a mean, the published recalls."""
    if row["mean"]:
        return _published(content).get(row["scenario"], ()) if column == "recall" else ()
    return () if column == "tokens" else (numbers.interval(column, row["figures"][column]) or "(n = 0)",)


def notes(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a reader of the table must know, as (name, sentences)."""
    in_place = ", ".join(f"{other} for {spec}" for spec, other in content["in_place"].items())
    without = ", ".join(content["without"])
    lengths = "Mean length of the replies: without the premise / with it."
    found = [
        ("Tokens", lengths if "tokens" in content["reports"] else ""),
        ("After", f"{content['source']}."),
        ("Not as there", content["differs"]),
        ("In the place of others", in_place and f"{in_place}: the data of those could not be had."),
        ("Left out", without and f"{without}: the data could not be had."),
        ("Means", "Every slice weighs the same in a mean, whatever its size; means are published without intervals."),
    ]
    return [(name, text) for name, text in found if text]


def published_note(content: Mapping[str, Any]) -> str:
    """All published recalls in one line, for where there is no room beside the means; "" if there are none."""
    return "; ".join(f"{scenario}: {', '.join(told)}" for scenario, told in _published(content).items())


def _published(content: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        scenario: (f"models {numbers.percent(found['mean'])}", f"best {numbers.percent(found['best'])}")
        for scenario, found in content["published_recall"].items()
    }
