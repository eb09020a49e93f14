"""In which order, and in which mixture, rows are learned from. Pure functions of rows; standard library only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from knowwhen.errors import RequestError
from knowwhen.training.rows import Row
from knowwhen.types import Move

HALF = 0.5
"""The ease of a question of which no share of right replies is known: in the middle."""


def curriculum(rows: Sequence[Row], seed: int = 0) -> list[Row]:
    """The same rows, twins side by side, the easiest first, every stretch with all kinds in proportion.

    Units of two rows are ordered, so that an even batch never parts twins: twins by their `id` and `twin`; of the
    others, two of one kind and like ease. Ease is the `right_share` of a unit's rows that have one, how often the model
    itself is right; `self_feedback` writes none, for it knows no gold answers. A row that no other is left for comes
    last. For a trainer that keeps the order (`in_order` of sft and dpo).
    """
    rng = Random(f"curriculum {seed}")
    kinds: dict[str, list[list[Row]]] = {}
    spare: list[Row] = []
    pairs, singles = _twins(rows)
    for pair in pairs:
        kinds.setdefault(_kind(pair[0]), []).append(pair)
    alone: dict[str, list[Row]] = {}
    for row in singles:
        alone.setdefault(_kind(row), []).append(row)
    for kind, some in alone.items():
        flat = [row for unit in _easiest_first([[row] for row in some], rng) for row in unit]
        if len(flat) % 2:
            spare.append(flat.pop())
        kinds.setdefault(kind, []).extend(flat[k : k + 2] for k in range(0, len(flat), 2))
    placed: list[tuple[float, float, list[Row]]] = []
    for kind in sorted(kinds):
        units = _easiest_first(kinds[kind], rng)
        # Unit k of n lies at (k + ½)/n of the way, so that each kind is spread over the whole.
        placed += [((k + 0.5) / len(units), rng.random(), unit) for k, unit in enumerate(units)]
    placed.sort(key=lambda entry: entry[:2])
    return [row for _, _, unit in placed for row in unit] + spare


def unanswerable(row: Mapping[str, Any]) -> bool:
    """Whether a row's question should be declined.

    Raises:
        RequestError: the row does not say.
    """
    if not row.get("calls_for"):
        raise RequestError(f"The row {row.get('id') or '(without id)'} has no calls_for; which side is it on?")
    return Move.ANSWER not in row["calls_for"]


def mix(
    rows: Sequence[Row], share: float = 0.1, seed: int = 0, of: Callable[[Row], bool] = unanswerable
) -> list[Row]:
    """As many of the rows as can be had, in their order, of which this share is declined.

    Source: "The Hallucination Tax of Reinforcement Finetuning" (arXiv 2505.13988): a tenth of unanswerable ones among
    the questions brings refusals back.

    Args:
        of: which rows count as declined; by default those whose question should be.

    Raises:
        RequestError: a share that is not above 0 and below 1, or one side has no rows, or too few for one row.
    """
    if not 0 < share < 1:
        raise RequestError(f"A share of {share:g} of declined rows: expected one above 0 and below 1.")
    sides: dict[bool, list[int]] = {True: [], False: []}
    for place, row in enumerate(rows):
        sides[of(row)].append(place)
    answered, declined = len(sides[False]), len(sides[True])
    odds = share / (1 - share)
    keep = {False: min(answered, round(declined / odds)), True: min(declined, round(answered * odds))}
    if not keep[True] or not keep[False]:
        raise RequestError(
            f"{answered} rows to answer and {declined} to decline cannot be mixed so that a share of {share:g} is "
            "declined; give more of both."
        )
    rng = Random(f"mix {seed}")
    chosen = {place for side, places in sides.items() for place in rng.sample(places, keep[side])}
    return [row for place, row in enumerate(rows) if place in chosen]


def _twins(rows: Sequence[Row]) -> tuple[list[list[Row]], list[Row]]:
    """Rows with their twins, each row once; and those without one here."""
    where = {row["id"]: place for place, row in enumerate(rows) if row.get("id")}
    pairs, singles, seen = [], [], set()
    for place, row in enumerate(rows):
        twin = where.get(row.get("twin") or "")
        if place in seen:
            continue
        if twin is None or twin == place or twin in seen:
            singles.append(row)
        else:
            seen |= {place, twin}
            pairs.append([row, rows[twin]])
    return pairs, singles


def _easiest_first(units: Sequence[list[Row]], rng: Random) -> list[list[Row]]:
    drawn = rng.sample(list(units), len(units))
    return sorted(drawn, key=lambda unit: -_ease(unit))


def _ease(unit: Sequence[Mapping[str, Any]]) -> float:
    shares = [row["right_share"] for row in unit if row.get("right_share") is not None]
    return sum(shares) / len(shares) if shares else HALF


def _kind(row: Mapping[str, Any]) -> str:
    return str(row.get("scenario") or "")
