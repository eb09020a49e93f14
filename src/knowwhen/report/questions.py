"""Every question with its reply and verdict, as the inline JSON that the page's table reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from knowwhen.types import Item, Move, Outcome, Stop

RESULTS = {
    "right": "right",
    "wrong": "wrong answer",
    "should_decline": "should have declined",
    "should_answer": "should have answered",
    "other_move": "declined, but another way was called for",
    "unchecked": "answered; rightness not checked",
    "ungraded": "ungraded",
}
"""How a reply ended, as the table names it."""

MISTAKES = ("wrong", "should_decline", "should_answer", "other_move")
"""The results that "only mistakes" shows."""

MOVES = tuple(move.value for move in Move)


def result(outcome: Outcome) -> str:
    """The key of RESULTS for one outcome."""
    if outcome.move is None:
        return "ungraded"
    if outcome.item.answerable:
        if outcome.declined:
            return "should_answer"
        return {True: "right", False: "wrong", None: "unchecked"}[outcome.correct]
    if not outcome.declined:
        return "should_decline"
    return "right" if outcome.move in outcome.item.calls_for else "other_move"


def called_for(outcome: Outcome) -> str:
    """An outcome's row in the move table: the move done if it was called for, else the first that was."""
    calls = outcome.item.calls_for
    return (outcome.move if outcome.move in calls else next(move for move in Move if move in calls)).value


def data(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What the table reads: each item once, then a row an outcome, in the order given; twins share a pair number."""
    items: dict[str, int] = {}
    pairs: dict[frozenset[str], int] = {}
    told: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        item = outcome.item
        if item.id not in items:
            items[item.id] = len(told)
            pair = pairs.setdefault(frozenset({item.id, item.twin}), len(pairs) + 1) if item.twin else None
            told.append(_item(item, pair))
        rows.append(_row(items[item.id], outcome))
    return {"items": told, "rows": rows, "results": RESULTS, "mistakes": MISTAKES, "moves": MOVES}


def _item(item: Item, pair: int | None) -> dict[str, Any]:
    return {
        "id": item.id,
        "question": item.question,
        "before": [[message.role, message.content] for message in item.messages[:-1]],
        "calls": [move.value for move in Move if move in item.calls_for],
        "accepts": list(item.answers),
        "scenario": item.tags.get("scenario") or "(none)",
        "tags": {key: value for key, value in item.tags.items() if key != "scenario"},
        "pair": pair,
    }


def _row(item: int, outcome: Outcome) -> dict[str, Any]:
    response = outcome.response
    row = {
        "item": item,
        "condition": outcome.condition.value,
        "called": called_for(outcome),
        "done": outcome.move.value if outcome.move else "ungraded",
        "result": result(outcome),
        "why": outcome.why,
        "reply": response.text,
    }
    # Left out where there is nothing to say: most rows, and there may be 10,000.
    if response.thinking:
        row["thinking"] = response.thinking
    if response.stop is not Stop.END:
        row["stop"] = "cut off at the token limit" if response.stop is Stop.LENGTH else "no reply"
    return row


def inline_json(value: object) -> str:
    """JSON that is safe between <script> tags: no "<", ">" or "&" and no line separators stand in it as themselves.

    >>> inline_json("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
