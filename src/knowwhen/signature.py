"""Which way it fails: every figure of a run in one object, in the layout of signature.json.

    overall, slices   measure → Estimate, for the run and for each scenario, domain, complexity and source
    moves             what was called for against what was done
    ellipse           the 95 % region of (d′, c)
    readings, layers  says, leans, knows, in one unit, and where in the network it is known (readings.py)
    diagnosis         whether restraint is lost or only unspoken (diagnosis.py)
    switches, stakes  free against forced, and what stated payoffs change
    confidence        how well each estimator tells right answers from wrong ones
    direction, sentences   the same in plain words (words.py); bars (bars.py) test a figure against a bound
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from knowwhen.bars import Bar, bars
from knowwhen.diagnosis import MEANINGS, diagnose
from knowwhen.errors import RequestError
from knowwhen.metrics.grader_error import Confusion, corrected_rates
from knowwhen.metrics.intervals import region
from knowwhen.metrics.measures import measure_table, table
from knowwhen.metrics.stakes import stakes
from knowwhen.payoff import Payoff
from knowwhen.readings import Readings
from knowwhen.types import Condition, Estimate, Item, Move, Outcome
from knowwhen.words import direction, sentences

__all__ = ["Bar", "Signature", "Slice", "bars", "signature"]

VERSION = 1
"""Of the layout of signature.json."""

SLICED_BY = ("scenario", "domain", "complexity", "source")
"""The tags whose values are measured apart; an item without a tag is in none of its slices. Slices by
source are there only where they differ from those by scenario, which those of the built-in suites do not."""

_PARTS = ("readings", "layers", "diagnosis", "switches", "stakes", "confidence")
UNGRADED = "ungraded"
_ENDINGS = ("right", "wrong", "declined")


@dataclass(frozen=True, slots=True)
class Slice:
    """The items that share one value of a tag."""

    counts: Mapping[str, int]
    """items, graded, ungraded (replies, over all conditions), pairs (twins of which both were asked)."""
    measures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Signature:
    """How well a model knows when to answer, and which way it fails."""

    model: str
    payoff: Payoff
    counts: Mapping[str, int]
    """As in `Slice`, and asked: the number of replies, graded + ungraded."""
    ungraded: Mapping[str, int]
    """Cause → replies, the most frequent first."""
    overall: Mapping[str, Estimate]
    slices: Mapping[str, Mapping[str, Slice]]
    """Tag → value → slice."""
    moves: Mapping[str, Mapping[str, int]]
    """Move called for → move done (or "ungraded") → replies as asked freely. Where an item calls for more than one
    move, its row is the move done if that is one of them, else the first of answer, abstain, refuse, ask."""
    ellipse: Mapping[str, Sequence[float]]
    """d_prime, criterion: the outline of the 95 % region, 60 points; empty if there are no figures."""
    direction: str
    sentences: Sequence[str]
    readings: Mapping[str, Any] | None = None
    """JSON-ready, as are the following; None where nothing beside replies was asked for."""
    layers: Mapping[str, Any] | None = None
    diagnosis: Mapping[str, Any] | None = None
    """overall, and scenario → name → as `diagnosis.diagnose` gives it."""
    switches: Mapping[str, Mapping[str, int]] | None = None
    """Of the items asked freely and with declining ruled out: right, wrong or declined → the same when forced →
    items. None where none was asked in both ways."""
    stakes: Mapping[str, Any] | None = None
    """As `metrics.stakes.stakes` gives it; None if no payoff was stated."""
    confidence: Mapping[str, Any] = field(default_factory=dict)
    """Estimator → measure → estimate."""
    corrected: Mapping[str, Any] | None = None
    """Hit rate and false alarm corrected for the grader's measured error, as `metrics.grader_error.corrected_rates`
    gives them; None, and not written, where no error was measured."""

    def to_json(self) -> dict[str, Any]:
        """The content of signature.json: plain JSON values, NaN written as null."""
        return {
            "version": VERSION,
            "model": self.model,
            "payoff": asdict(self.payoff),
            "counts": dict(self.counts),
            "ungraded": dict(self.ungraded),
            "overall": _written(self.overall),
            "slices": {
                tag: {
                    name: {"counts": dict(part.counts), "measures": _written(part.measures)}
                    for name, part in parts.items()
                }
                for tag, parts in self.slices.items()
            },
            "moves": {called: dict(row) for called, row in self.moves.items()},
            "ellipse": {axis: list(points) for axis, points in self.ellipse.items()},
            "direction": self.direction,
            "sentences": list(self.sentences),
            **{name: getattr(self, name) for name in _PARTS},
            **({"corrected": self.corrected} if self.corrected else {}),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Signature:
        """The inverse of `to_json`.

        Raises:
            RequestError: it has another version, or lacks a part.
        """
        if content.get("version") != VERSION:
            raise RequestError(
                f"This signature has version {content.get('version')!r}; this knowwhen reads version {VERSION}. "
                "Write it anew with: knowwhen report DIR"
            )
        try:
            return cls(
                model=content["model"],
                payoff=Payoff(**content["payoff"]),
                counts=content["counts"],
                ungraded=content["ungraded"],
                overall=_read(content["overall"]),
                slices={
                    tag: {name: Slice(part["counts"], _read(part["measures"])) for name, part in parts.items()}
                    for tag, parts in content["slices"].items()
                },
                moves=content["moves"],
                ellipse=content["ellipse"],
                direction=content["direction"],
                sentences=content["sentences"],
                **{name: content[name] for name in _PARTS},
                corrected=content.get("corrected"),
            )
        except KeyError as lack:
            raise RequestError(f"This signature lacks {lack}. Write it anew with: knowwhen report DIR") from None


def signature(
    outcomes: Sequence[Outcome],
    *,
    model: str,
    payoff: Payoff = Payoff(),  # noqa: B008  # frozen
    draws: int = 1000,
    seed: int = 0,
    readings: Readings | None = None,
    confidence: Mapping[str, Mapping[str, Any]] | None = None,
    error: Mapping[str, Confusion] | None = None,
) -> Signature:
    """Measure a run over all slices and say what it means.

    Args:
        outcomes: of one model; both conditions together.
        model: its name, as it shall be shown.
        draws: bootstrap draws behind each interval.
        seed: of the draws; the same outcomes and seed give the same signature.
        readings: of the same outcomes, where more than replies was asked for.
        confidence: estimator → measure → estimate.
        error: source → the grader's error on labelled replies.
    """
    counted = table(outcomes)
    items = [outcome.item for outcome in outcomes]
    graded = np.fromiter((outcome.graded for outcome in outcomes), bool, len(outcomes))

    def part(index: Sequence[int]) -> Slice:
        measured = measure_table(counted.rows(np.array(index, np.int64)), payoff, draws, seed)
        return Slice(_counts([items[n] for n in index], int(graded[index].sum())), measured.estimates)

    rows = {tag: _sliced(items, tag) for tag in SLICED_BY}
    if rows["source"] in ([], rows["scenario"]):
        del rows["source"]
    slices = {tag: {name: part(index) for name, index in found} for tag, found in rows.items()}
    overall = measure_table(counted, payoff, draws, seed)
    counts = _counts(items, int(graded.sum()))
    counts = {"items": counts["items"], "asked": len(outcomes), **counts}
    ungraded = dict(Counter(o.why or "no cause given" for o in outcomes if not o.graded).most_common())
    found = direction(overall.estimates["criterion"])
    scenarios = {name: part.measures for name, part in slices["scenario"].items()}
    said = sentences(overall.estimates, scenarios, counts, ungraded, overall.criterion_B)
    outline = region(overall.d_prime_B, overall.criterion_B)
    diagnosis = _diagnosed(readings, overall.estimates, scenarios) if readings else None
    if diagnosis and (whole := diagnosis["overall"]):
        said = [f"Diagnosis: {whole['name']}. {MEANINGS[whole['name']]} ({whole['evidence']})", *said]
    return Signature(
        model=model,
        payoff=payoff,
        counts=counts,
        ungraded=ungraded,
        overall=overall.estimates,
        slices=slices,
        moves=_moves(outcomes),
        ellipse={name: [point[k] for point in outline] for k, name in enumerate(("d_prime", "criterion"))},
        direction=found,
        sentences=said,
        readings=_plainly(_with_said(readings.figures, overall.estimates, scenarios)) if readings else None,
        layers=_plainly(readings.layers) if readings else None,
        diagnosis=diagnosis,
        switches=_switches(outcomes),
        stakes=_plainly(stakes(outcomes, draws=draws, seed=seed)),
        confidence=_plainly(confidence or {}),
        corrected=_plainly(corrected_rates(overall.estimates, overall.rates_B, error or {}, seed)),
    )


def _with_said(
    figures: Mapping[str, Any], overall: Mapping[str, Estimate], scenarios: Mapping[str, Mapping[str, Estimate]]
) -> dict[str, Any]:
    """The readings with *says* as the rest of the signature has it: one figure, one interval."""
    parts = {name: {"auroc": None, "d_prime": found["d_prime"]} for name, found in scenarios.items()}
    whole = {"auroc": None, "d_prime": overall["d_prime"]}
    return {**figures, "says": {"by": "replies", "overall": whole, "scenario": parts}}


def _diagnosed(
    readings: Readings, overall: Mapping[str, Estimate], scenarios: Mapping[str, Mapping[str, Estimate]]
) -> dict[str, Any]:
    def one(name: str, said: Mapping[str, Estimate]) -> dict[str, Any] | None:
        shown = {"says": said["d_prime"], "criterion": said["criterion"]}
        for kind, part in (*readings.figures.items(), *readings.figures["controls"].items()):
            if kind in ("leans", "knows", "words", "shuffled") and part:
                entry = part["scenario"].get(name) if name else part["overall"]
                if entry and entry["d_prime"].n:
                    shown[kind] = entry["d_prime"]
        figures = {key: (e.value, e.low, e.high) for key, e in shown.items()}
        return diagnose(readings.draws.get(name, {}), figures, readings.figures["lacking"])

    found = {name: one(name, said) for name, said in scenarios.items() if name in readings.draws}
    return {"overall": one("", overall), "scenario": {name: part for name, part in found.items() if part}}


def _switches(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]] | None:
    """What became of each answer when declining was ruled out."""

    def ending(outcome: Outcome) -> str | None:
        if outcome.declined:
            return "declined"
        return {True: "right", False: "wrong", None: None}[outcome.correct] if outcome.graded else None

    pairs: dict[str, dict[Condition, str | None]] = {}
    for outcome in outcomes:
        if outcome.item.answerable and outcome.condition.stake is None:
            pairs.setdefault(outcome.item.id, {})[outcome.condition] = ending(outcome)
    kinds = Counter((found.get(Condition.FREE), found.get(Condition.FORCED)) for found in pairs.values())
    table = {free: {forced: kinds[free, forced] for forced in _ENDINGS} for free in _ENDINGS}
    return table if any(sum(row.values()) for row in table.values()) else None


def _plainly(value: Any) -> Any:
    """A structure with every `Estimate` in it as JSON writes one, and NaN as null."""
    match value:
        case Estimate():
            return _written({"": value})[""]
        case dict():
            return {key: _plainly(part) for key, part in value.items()}
        case list() | tuple():
            return [_plainly(part) for part in value]
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value


def _sliced(items: Sequence[Item], tag: str) -> list[tuple[str, list[int]]]:
    """The rows that have each value of a tag, by name."""
    rows: dict[str, list[int]] = {}
    for n, item in enumerate(items):
        if tag in item.tags:
            rows.setdefault(item.tags[tag], []).append(n)
    return sorted(rows.items())


def _counts(items: Iterable[Item], graded: int) -> dict[str, int]:
    """Items may repeat (once a reply); ids and pairs are counted once."""
    replies, twins = 0, {}
    for item in items:
        replies += 1
        twins[item.id] = item.twin
    pairs = {frozenset((own, twin)) for own, twin in twins.items() if twin in twins and twin != own}
    return {"items": len(twins), "graded": graded, "ungraded": replies - graded, "pairs": len(pairs)}


def _moves(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    kinds = Counter((o.item.calls_for, o.move) for o in outcomes if o.condition is Condition.FREE)
    rows = {str(called): dict.fromkeys([*map(str, Move), UNGRADED], 0) for called in Move}
    for (calls_for, done), count in kinds.items():
        called = done if done in calls_for else next(move for move in Move if move in calls_for)
        rows[str(called)][str(done or UNGRADED)] += count
    return rows


def _written(measures: Mapping[str, Estimate]) -> dict[str, dict[str, float | int | None]]:
    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        name: {"value": plain(e.value), "low": plain(e.low), "high": plain(e.high), "n": e.n}
        for name, e in measures.items()
    }


def _read(measures: Mapping[str, Mapping[str, Any]]) -> dict[str, Estimate]:
    def number(value: float | None) -> float:
        return math.nan if value is None else value

    return {
        name: Estimate(number(e["value"]), number(e["low"]), number(e["high"]), e["n"]) for name, e in measures.items()
    }
