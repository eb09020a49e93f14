"""The page of a lab: one base, every objective, where each was predicted to land and where it did.

The page, a terminal's text and a table for docs say the same; their words are lab_words'.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from knowwhen.report import glossary, numbers
from knowwhen.report.charts import Scale
from knowwhen.report.frame import rendered
from knowwhen.report.lab_figure import HUES, drawing
from knowwhen.report.lab_words import (
    COLUMNS,
    READINGS,
    Figures,
    bargain,
    headline,
    hidden,
    real,
    rows,
    surprises,
)
from knowwhen.report.labels import line

WORDS = (
    (
        "payoff",
        "The mean worth of a reply to these questions: right +1, declined 0, wrong −1. To answer what should be "
        "declined is wrong.",
    ),
    (
        "threshold t",
        "What an objective's reward implies: answering pays from this probability of being right on. Where the start's "
        "answers are right more often than t, it is predicted to answer more; else to decline more.",
    ),
    ("start", "A short training by examples, so that declining is sampled at all. Every objective goes on from it."),
    ("carries", "How much of the change on the kinds trained on is also there on the kinds held out: Δc over Δc."),
)

_SHARED = ("d′", "c", "[low, high]", "says", "leans", "knows")
"""Words that the other pages explain too."""


def render(found: Figures, design: Figures) -> str:
    """The lab as one self-contained HTML page.

    Args:
        found: the JSON form of `lab.results.results`: estimates as {"value", "low", "high", "n"}, null for NaN.
        design: the fields of the lab's design.
    """
    listed = rows(found)
    functions = {
        "number": numbers.number,
        "span": numbers.span,
        "strip": _strip,
        "hue": lambda k: k % len(HUES),
        "breakable": lambda name: re.split(r"(?<=[_(,/=-])", name),
    }
    return rendered(
        "lab.html",
        ("page.css", "readings.css", "lab.css"),
        (),
        functions,
        base=line(design["model"]),
        headline=headline(found),
        sentences=[bargain(found), hidden(found)],
        maps=(
            ("wide", drawing(found, 1040, 580, size=14)),
            ("narrow", drawing(found, 340, 460, margins=(30, 6, 4, 22), size=11.5, brief=True)),
        ),
        rows=listed,
        predicted=any(row.predicted for row in listed),
        columns=COLUMNS,
        readings=READINGS,
        before=found["base"]["held out"],
        scale=_scale(found),
        surprises=surprises(found),
        facts=facts(found, design),
        doses=found["doses"],
        command=command(design),
        glossary=[*(word for word in (*glossary.MEASURES, *glossary.READINGS) if word[0] in _SHARED), *WORDS],
        picture=None,
    )


def text(found: Figures, design: Figures) -> str:
    """The same for a terminal of 80 columns: a few lines an objective, figures one below another."""
    lines = [f"{line(design['model'])}: {headline(found)}", ""]
    lines.append("On kinds of question that training never saw: Δc from the start (of the start from the base);")
    if found["doses"]:
        lines.append("of a share of an adapter (dosed) from the start's share;")
    lines.append("says, leans, knows: Δd′ from the base; right: good answers, in points; payoff, both from the base.")
    for row in rows(found):
        lines += ["", ", ".join(part for part in (row.name, row.threshold) if part)]
        said = row.measured if row.verdict in (row.measured, "not predicted") else f"{row.measured}: {row.verdict}"
        lines.append(f"  predicted {row.predicted}, measured {said}" if row.predicted else f"  measured {said}")
        cells = row.cells
        lines.append(_aligned({"Δc": row.moved, "trained on": cells["trained"], "carries": cells["carries"]}))
        lines.append(_aligned({name: cells[name] for name in READINGS}))
        lines.append(_aligned({name: cells[name] for name in ("right", "withheld", "payoff")}))
    return "\n".join([*lines, "", bargain(found), hidden(found)])


def markdown(found: Figures, design: Figures) -> str:
    """The table for docs, with the headline above it and what was gained below."""
    heads = ["objective", "predicted", "measured", "Δc", *(name[:1].lower() + name[1:] for name in COLUMNS.values())]
    heads = [head.replace("δ", "Δ") for head in heads]
    lines = [f"{_code(design['model'])}: {headline(found)}", "", "| " + " | ".join(heads) + " |"]
    lines.append("|---" * len(heads) + "|")
    for row in rows(found):
        name = f"{_code(row.name)}{', ' + row.threshold if row.threshold else ''}"
        measured = row.measured if row.verdict in (row.measured, "not predicted") else f"{row.measured}: {row.verdict}"
        figures = [" ".join(filter(None, cell)) for cell in (row.moved, *row.cells.values())]
        lines.append("| " + " | ".join([name, row.predicted or "–", measured, *figures]) + " |")
    return "\n".join([*lines, "", bargain(found, _code)]) + "\n"


def facts(found: Figures, design: Figures) -> list[tuple[str, str]]:
    """How the lab was made, as (name, value)."""
    from knowwhen import suites

    held = design["held_out"]
    of_draws = f", of {design['draws']} draws" if design["draws"] > 1 else ""
    begun = "the start" if design["whole"] else "the start's share"
    thresholds = (
        "; a threshold above the start's predicts declining, one below it answering, one inside its interval nothing"
        if design["whole"]
        else ""
    )
    right = {name: numbers.figure("hit_rate", accuracy) for name, accuracy in found["accuracy"].items()}
    return [
        ("base", line(design["model"])),
        ("kinds trained on", ", ".join(_kind(kind) for kind in suites.DEFAULT if kind not in held)),
        ("kinds held out", ", ".join(map(_kind, held))),
        ("seeds", ", ".join(map(str, design["seeds"]))),
        ("trainer", f"{design['trainer']}; the start and refusal tuning imitate examples"),
        ("steps", f"{design['start_steps']} of the start, {design['steps']} of each objective"),
        ("batch", f"{design['batch']} questions a step"),
        ("adapters", f"low-rank, r = {design['rank']}, learning rate {design['learning_rate']:g}"),
        ("KL weight", f"{design['kl']:g}, from the start; not of what imitates"),
        (
            "trained on",
            f"{design['training_items']} questions of each kind for each seed; the start on {design['start_items']}",
        ),
        (
            "audited on",
            f"at most {design['held_out_items']} questions of each held-out kind{of_draws}, "
            f"{design['trained_on_items']} of each other (templates of training, but other countries, "
            f"elements and sources); replies of at most {design['max_tokens']} tokens",
        ),
        (
            "right when it answers",
            f"{begun} in {right['start']}, the base in {right['base']} of its answers, on the kinds trained on (an "
            f"answer to what should be declined is wrong){thresholds}",
        ),
        *([("dose", doses(found, design["withheld"]))] if found["doses"] else []),
        ("not graded", ungraded(found)),
        (
            "the grader",
            "beside labels that larger language models gave to replies of the default model: "
            + ", ".join(f"{name} {part} of {whole}" for name, (part, whole) in found["grader"]["labelled"].items())
            + "; rates that low may be the grader's alone",
        ),
    ]


def doses(found: Figures, limit: float) -> str:
    """Which share of each adapter was taken, by seed."""
    shares = "; ".join(
        f"{line(name)} {', '.join(format(dose['share'], 'g') for dose in by)}" for name, by in found["doses"].items()
    )
    counts = [dose["right"] for by in found["doses"].values() for dose in by]
    return (
        "of an adapter the largest share, in eighths and found by halving, that withholds no more than "
        f"{numbers.percent(limit)} of {min(counts)} to {max(counts)} right answers of the base, to questions of the "
        f"kinds trained on that its seed was not trained on; by seed: {shares}. No direction is predicted of it"
    )


def ungraded(found: Figures) -> str:
    """Replies to the kinds held out that could not be graded, by audit: in no figure of what is said."""
    counts = {line(name): groups["held out"] for name, groups in found["ungraded"].items()}
    shown = (f"{name} {lost} of {asked}" for name, (lost, asked) in counts.items())
    return f"on the kinds held out: {', '.join(shown)}; in no figure of what a model says"


def command(design: Figures) -> str:
    """The command that does the same again; "" if the command line cannot say it (seeds that do not follow each
    other)."""
    first, count = design["seeds"][0], len(design["seeds"])
    if list(design["seeds"]) != list(range(first, first + count)):
        return ""
    words = ["knowwhen", "lab", design["model"]]
    words += [word for name in design["objectives"] for word in ("--objective", name)]
    words += ["--seeds", count, *(["--first-seed", first] if first else [])]
    words += [word for kind in design["held_out"] for word in ("--held-out", kind)]
    sizes = ("held_out_items", "draws", "trained_on_items", "training_items")
    for name in ("trainer", "steps", "batch", "learning_rate", "rank", "kl", *sizes):
        words += [f"--{name.replace('_', '-')}", design[name]]
    if design["withheld"] is not None:
        words += ["--withheld", design["withheld"], *([] if design["whole"] else ["--shares-only"])]
    return shlex.join(map(str, words))


def _scale(found: Figures) -> Scale:
    parts = [found["base"]["held out"], *(entry["held out"]["after"] for entry in found["objectives"])]
    figures = [part[key] for part in parts for key in READINGS.values() if real(part[key]["value"])]
    ends = [figure[end] for figure in figures for end in ("low", "high") if real(figure[end])]
    values = [0.0, 1.0, *(figure["value"] for figure in figures), *(min(max(end, -2.5), 4.5) for end in ends)]
    air = 0.04 * (max(values) - min(values))
    return Scale(min(values) - air, max(values) + air)


def _strip(scale: Scale, figure: Figures) -> dict[str, float] | None:
    """Positions (percent) of a reading and its interval; None without a figure."""
    if not real(figure["value"]):
        return None
    ends = {end: figure[end] if real(figure[end]) else figure["value"] for end in ("low", "high")}
    return {"value": scale.at(figure["value"]), **{end: scale.at(value) for end, value in ends.items()}}


def _aligned(parts: Mapping[str, tuple[str, str]]) -> str:
    said = [f"{name} {' '.join(filter(None, cell))}" for name, cell in parts.items()]
    return f"  {said[0]:<25}  {said[1]:<26}  {said[2]}"


def _kind(name: str) -> str:
    return name.replace("_", " ")


def _code(name: str) -> str:
    return f"`{line(name).replace('`', chr(39)).replace('|', chr(92) + '|')}`"
