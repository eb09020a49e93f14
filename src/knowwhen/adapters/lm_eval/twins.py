"""What the task files (*.yaml beside this) name: the questions, the grading of a reply, and the figures.

The harness loads this file by its path. It keeps no word of why a reply ended, so a reply that was cut off at
max_gen_toks is graded as if it were whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from knowwhen import suites
from knowwhen.adapters._facts import facts, figure
from knowwhen.grading import Asked, grade
from knowwhen.models._thinking import split_thinking
from knowwhen.types import Condition, Item, Message, Move, Outcome, Response

MEASURES = ("hit_rate", "false_alarm", "d_prime", "criterion")
_SIDES = ("value", "low", "high")


def dataset(
    suite: str | Sequence[str], seed: int = 0, pairs: int | None = None, items: int | None = None, **_: Any
) -> dict[str, Any]:
    """The questions of one suite or several, under the split "test".

    Args:
        seed, pairs, items: settable on the command line: --metadata '{"items": 40}'. `items` keeps twins together,
            where the harness's own --limit takes the first.
    """
    import datasets

    specs = [suite] if isinstance(suite, str) else suite
    drawn = suites.together([(spec, suites.load(spec, seed=seed, pairs=pairs)) for spec in specs])
    if items is not None:
        drawn = suites.take(drawn, items, seed)
    return {"test": datasets.Dataset.from_list([_doc(item) for item in drawn])}


def _doc(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "question": item.question,
        "answers": list(item.answers),
        "choices": list(item.choices),
        "calls_for": sorted(map(str, item.calls_for)),
        "twin": item.twin,
        "scenario": item.tags.get("scenario", ""),
    }


def question(doc: Mapping[str, Any]) -> str:
    return str(doc["question"])


def target(doc: Mapping[str, Any]) -> str:
    """The first accepted answer, for the harness's records; grading reads them all."""
    return str(doc["answers"][0]) if doc["answers"] else ""


def graded(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """For every metric the facts of the reply; `aggregations` makes figures of them."""
    thinking, text = split_thinking(results[0])
    item = Item(
        (Message("user", doc["question"]),),
        frozenset(map(Move, doc["calls_for"])),
        tuple(doc["answers"]),
        tuple(doc["choices"]),
        doc["twin"],
        id=doc["id"],
    )
    response = Response(text, thinking=thinking)
    verdict = grade(Asked(item.question, item.answers, item.choices), response)
    correct = verdict.correct if item.answerable or verdict.move is not Move.ANSWER else False
    outcome = Outcome(item, response, verdict.move, correct, verdict.why)
    kept = facts(item, True, outcome.move, outcome.correct, Condition.FREE) | {"why": outcome.why}
    names = [name if side == "value" else f"{name}_{side}" for name in MEASURES for side in _SIDES]
    return {**dict.fromkeys(names, kept), "ungraded": float(outcome.move is None)}


def _aggregation(name: str, side: str) -> Callable[[Sequence[Mapping[str, Any]]], float]:
    def computed(kept: Sequence[Mapping[str, Any]]) -> float:
        return float(getattr(figure(name, kept), side))

    return computed


hit_rate, hit_rate_low, hit_rate_high = (_aggregation("hit_rate", side) for side in _SIDES)
false_alarm, false_alarm_low, false_alarm_high = (_aggregation("false_alarm", side) for side in _SIDES)
d_prime, d_prime_low, d_prime_high = (_aggregation("d_prime", side) for side in _SIDES)
criterion, criterion_low, criterion_high = (_aggregation("criterion", side) for side in _SIDES)
