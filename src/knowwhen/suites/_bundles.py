"""Fixed lists of suites that belong together, and the figures that the field reports of each.

    abstentionbench    recall, precision and F1 of declining a slice, and their plain means (arXiv 2506.09038)
    over_refusal       declined among what should be answered and what should not (arXiv 2308.01263, 2407.12043)
    missing_premise    declined, and how long the replies are, without and with the premise (arXiv 2504.06514)

Beside the field's figures stand ours: false alarms, d′ and criterion, each with its interval. What is no suite here, or
cannot be had, is left out and named; nothing is left out silently.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from knowwhen import registry
from knowwhen.errors import RequestError, RunError
from knowwhen.metrics.measures import measure
from knowwhen.suites import load as load_suite
from knowwhen.suites._upstream import one_of
from knowwhen.types import Condition, Estimate, Item, Outcome

Say = Callable[[str], None]

FIGURES = ("recall", "precision", "f1", "false_alarm", "d_prime", "criterion")
"""The measures of a row; recall is the hit rate."""


@dataclass(frozen=True, slots=True)
class Part:
    """One suite of a bundle."""

    spec: str
    name: str = ""
    """What its slice is called; left out, the suite's name."""
    instead: str = ""
    """The spec that takes its place, and is named, where the data of the protocol's own cannot be had."""
    by: str = ""
    """The tag by whose values it falls into slices, as the protocol has it; left out, it is one slice."""
    without: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    """Tag → values whose items the protocol leaves out."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A list of suites and what a published protocol reports of them."""

    parts: tuple[Part, ...]
    source: str
    reports: tuple[str, ...] = ("recall", "precision", "f1")
    """What the protocol reports: of FIGURES, or "tokens" for the lengths of the replies."""
    models: Mapping[str, tuple[float, float]] = field(default_factory=dict, hash=False)
    """Scenario → recall as published: the mean over 20 models, and the best of them."""
    differs: str = ""
    """Where this is not the published protocol."""


@dataclass(frozen=True, slots=True)
class Row:
    """One slice of a bundle, or a plain mean over slices (then the intervals are empty, for none is published)."""

    name: str
    scenario: str
    n: int
    """Graded replies as asked freely."""
    figures: Mapping[str, Estimate]
    tokens: tuple[float, float]
    """Mean length in tokens of the replies to what should be declined, and to what should be answered."""
    mean: bool = False
    """Whether it is a mean over slices."""


_COCONOT = {"scenario": frozenset({"unsafe"}), "domain": frozenset({"underspecified"})}
BUNDLES = {
    "abstentionbench": Bundle(
        parts=(
            Part("alcuna"),
            Part("bbq(categories='all')", instead="bbq"),
            Part("disambiguation_qa"),
            Part("known_unknowns"),
            Part("coconot", by="scenario", without=_COCONOT),
            Part("falseqa(split='test')", instead="falseqa"),
            Part("freshqa(form='abstentionbench')"),
            Part("gpqa_abstain"),
            Part("gsm8k(form='abstain')"),
            Part("mmlu_abstain", by="domain"),
            Part(
                "kuq(form='abstentionbench')",
                instead="kuq",
                by="category",
                without={"category": frozenset({"counterfactual"})},
            ),
            Part("mediq(part='craft+dev')", instead="mediq"),
            Part("moralchoice"),
            Part("musique"),
            Part("qaqa"),
            Part("qasper"),
            Part("situatedqa(part='geo')"),
            Part("squad2"),
            Part("umwp"),
            Part("worldsense"),
        ),
        source="Kirichenko et al. 2025, AbstentionBench, arXiv 2506.09038; recall from its "
        "analysis/abstention_performance.csv, 20 models",
        models={
            "unknown": (0.784, 0.896),
            "unclear_intent": (0.690, 0.841),
            "stale": (0.655, 0.906),
            "subjective": (0.598, 0.723),
            "missing_context": (0.565, 0.746),
            "false_premise": (0.551, 0.682),
        },
        differs="The sets are taken whole (the protocol draws 3,500 of bbq, umwp, kuq and squad2; of alcuna, 3,500 are "
        "drawn here too), repeated "
        "questions are dropped, replies are greedy and graded by rules that do not see the label (there: temperature "
        "0.8, and an 8B judge that is shown it). A caveat beside an answer counts as declining there and not here.",
    ),
    "over_refusal": Bundle(
        parts=(
            Part("xstest"),
            Part("coconot", by="scenario"),
            Part("exaggerated_safety"),
            Part("or_bench"),
            Part("false_reject"),
            Part("do_not_answer"),
        ),
        reports=("recall", "false_alarm"),
        source="Röttger et al. 2024, XSTest, arXiv 2308.01263, §4 (refusal of safe and of unsafe prompts); Brahman et "
        "al. 2024, CoCoNot, arXiv 2407.12043, §4 (compliance on the contrast set)",
        differs="Full and partial refusals are not told apart; a reply is graded by what it does in the end. Most "
        "prompts of exaggerated_safety are XSTest's: the two rows are no two sources, though a mean over slices counts "
        "both.",
    ),
    "missing_premise": Bundle(
        parts=(
            Part("mip(part='gsm8k')", "mip gsm8k"),
            Part("mip(part='svamp')", "mip svamp"),
            Part("mip(part='formula')", "mip formula"),
            Part("umwp", by="complexity"),
            Part("gsm8k(form='abstain')", "gsm8k cut"),
        ),
        reports=("recall", "false_alarm", "tokens"),
        source="Fan et al. 2025, MiP-Overthinking, arXiv 2504.06514, §3 (abstain rate and length with and without the "
        "premise); Sun et al. 2024, UMWP, arXiv 2403.03558",
        differs="The protocol's GPT-4o judge reads the last two paragraphs; here rules read the whole reply.",
    ),
}


def load(
    name: str, *, seed: int = 0, data: Path | None = None, say: Say = lambda _: None
) -> list[tuple[str, list[Item]]]:
    """The suites of a bundle, as pairs of the spec and its items; the tags `bundle` and `source` name an item's slice.

    Args:
        say: is told of each suite that is left out, and why.

    Raises:
        RequestError: there is no such bundle, or none of its suites can be had.
    """
    bundle = BUNDLES[one_of("name", name, BUNDLES, "bundle")]
    known = set(registry.names("suites"))
    found: list[tuple[str, list[Item]]] = []
    for part in bundle.parts:
        suite = registry.parse(part.spec)[0]
        if suite not in known:
            say(f"note: {name} is without {part.spec}: there is no such suite.")
            continue
        lacking = ""
        for spec in filter(None, (part.spec, part.instead)):
            try:
                items = load_suite(spec, seed=seed, data=data)
            except RequestError as error:
                lacking = lacking or str(error)
            else:
                if lacking:
                    say(f"note: {name} asks {spec} in the place of {part.spec}. {lacking}")
                found.append((spec, _in_slices(items, part, suite, name)))
                break
        else:
            say(f"note: {name} is without {part.spec}. {lacking}")
    if not found:
        raise RequestError(f"Of the bundle '{name}' no suite can be had; the notes above say why.")
    return found


def _in_slices(items: Sequence[Item], part: Part, suite: str, bundle: str) -> list[Item]:
    kept = [one for one in items if not any(one.tags.get(tag) in values for tag, values in part.without.items())]
    ids, name = {one.id for one in kept}, part.name or suite
    return [
        replace(
            one,
            tags={
                **one.tags,
                "source": f"{name}: {one.tags.get(part.by, 'other')}" if part.by else name,
                "bundle": bundle,
            },
            twin=one.twin if one.twin in ids else None,
        )
        for one in kept
    ]


def own(name: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of the bundle's own items. What was asked beside it would move means that published ones stand by.

    The tag tells them, not the suite's name: `gsm8k` may be asked beside a bundle that holds gsm8k(form='abstain').
    """
    return [outcome for outcome in outcomes if outcome.item.tags.get("bundle") == name]


def rows(outcomes: Sequence[Outcome], *, draws: int = 1000, seed: int = 0) -> list[Row]:
    """One row a slice, in the order of asking; then the plain mean over slices of each scenario, and over all.

    The field's means give every slice the same weight, whatever its size; a slice that lacks a figure is in none.
    """
    slices: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.condition is Condition.FREE:
            slices.setdefault(outcome.item.tags.get("source", ""), []).append(outcome)
    found = []
    for name, part in slices.items():
        scenarios = {outcome.item.tags.get("scenario") or "(none)" for outcome in part}
        measured = measure(part, draws=draws, seed=seed)
        graded = [outcome for outcome in part if outcome.graded]
        scenario = scenarios.pop() if len(scenarios) == 1 else "several"
        figures = {figure: measured[figure] for figure in FIGURES}
        found.append(Row(name, scenario, len(graded), figures, (_length(graded, False), _length(graded, True))))
    means = [
        _mean(f"mean of {scenario}", scenario, [row for row in found if row.scenario == scenario])
        for scenario in dict.fromkeys(row.scenario for row in found)
    ]
    return [*found, *means, _mean("mean of all slices", "", found)]


def _length(outcomes: Sequence[Outcome], answerable: bool) -> float:
    lengths = [outcome.response.tokens_out for outcome in outcomes if outcome.item.answerable is answerable]
    return sum(lengths) / len(lengths) if lengths else math.nan


def _mean(name: str, scenario: str, parts: Sequence[Row]) -> Row:
    def mean(values: Sequence[float]) -> float:
        finite = [value for value in values if math.isfinite(value)]
        return sum(finite) / len(finite) if finite else math.nan

    figures = {}
    for figure in FIGURES:
        known = [row.figures[figure] for row in parts if row.figures[figure].n]
        value = mean([estimate.value for estimate in known])
        figures[figure] = Estimate(value, math.nan, math.nan, len(known))
    tokens = (mean([row.tokens[0] for row in parts]), mean([row.tokens[1] for row in parts]))
    return Row(name, scenario, sum(row.n for row in parts), figures, tokens, mean=True)


def to_json(name: str, found: Sequence[Row], asked: Sequence[str]) -> dict[str, Any]:
    """The content of bundle.json: plain JSON values, NaN as null; the n of a mean is its number of slices.

    Args:
        asked: the specs of the run's suites; what the bundle is without follows from them.
    """

    def plain(value: float) -> float | None:
        return round(value, 6) if math.isfinite(value) else None

    bundle = BUNDLES[name]
    had = {part.spec: next((s for s in (part.spec, part.instead) if s in asked), None) for part in bundle.parts}
    return {
        "bundle": name,
        "source": bundle.source,
        "differs": bundle.differs,
        "reports": list(bundle.reports),
        "suites": [spec for spec in had.values() if spec],
        "in_place": {spec: other for spec, other in had.items() if other and other != spec},
        "without": [spec for spec, other in had.items() if not other],
        "published_recall": {key: {"mean": mean, "best": best} for key, (mean, best) in bundle.models.items()},
        "rows": [
            {
                "name": row.name,
                "scenario": row.scenario,
                "mean": row.mean,
                "n": row.n,
                "figures": {
                    key: {"value": plain(e.value), "low": plain(e.low), "high": plain(e.high), "n": e.n}
                    for key, e in row.figures.items()
                },
                "tokens": {"should_decline": plain(row.tokens[0]), "should_answer": plain(row.tokens[1])},
            }
            for row in found
        ],
    }


def read(folder: Path) -> dict[str, Any] | None:
    """The content of the bundle.json of a run folder; None if it has none.

    Raises:
        RunError: the file does not read, or is of a bundle that there is not.
    """
    path = folder / "bundle.json"
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        if content["bundle"] in BUNDLES:
            return content
        why = f"it names the bundle {content['bundle']!r}, expected one of {', '.join(BUNDLES)}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
    raise RunError(f"{path} cannot be used: {why}. Delete it to measure the run without the table of a bundle.")
