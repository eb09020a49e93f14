"""WHAT IS ASKED: one file a suite; `items(...)` gives its items, twins together.

false_premise · missing_context · stale · subjective · unclear_intent · unknown · unsafe     built in, from a seed
falseqa · umwp · xstest · …                       published sets, from --data DIR, KNOWWHEN_DATA or their own address
jsonl:FILE · csv:FILE                                                                        your own questions
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from knowwhen import registry
from knowwhen.errors import RequestError
from knowwhen.types import Item

DEFAULT = ("unknown", "false_premise", "stale", "subjective", "missing_context", "unclear_intent", "unsafe")
"""The built-in suites, in the order in which they are asked and reported."""

FAST = 30
"""How many items of each suite a fast audit asks: with fifteen pairs the interval of a d′ is about ±1."""


def load(
    spec: str,
    *,
    seed: int = 0,
    pairs: int | None = None,
    map: Mapping[str, str] | None = None,
    data: Path | None = None,
) -> list[Item]:
    """The items of a suite.

    Args:
        spec: ``NAME``, ``NAME(pairs=10)``, ``jsonl:FILE`` or ``csv:FILE``. What stands in brackets goes before the
            other arguments.
        seed: draws the items of a built-in suite; a file is always taken whole.
        pairs: how many twin pairs of a built-in suite; None is the suite's own default.
        map: for files only, our name of a field → the file's ("input" → "prompt").
        data: for published sets only, the folder that holds their files (`_published`); None is KNOWWHEN_DATA.

    Raises:
        RequestError: unknown suite or argument, more pairs than the suite has, a file that cannot be read.

    >>> [len(load("unknown", pairs=5)), len(load("unsafe(pairs=3)"))]
    [10, 6]
    """
    name, colon, path = spec.strip().partition(":")
    if colon:
        given: dict[str, object] = {"path": path}
    else:
        name, given = registry.parse(spec)
        if Path(name).suffix in (".jsonl", ".csv") and name not in registry.names("suites"):
            raise RequestError(f"'{spec}' looks like a file. To ask its questions write {Path(name).suffix[1:]}:{spec}")
    items = registry.load("suites", name).items
    known = inspect.signature(items).parameters
    if "path" in known and not given.get("path"):
        raise RequestError(f"The suite '{name}' reads a file: write {name}:FILE.")
    if colon and "path" not in known:
        raise RequestError(f"The suite '{name}' reads no file: write {name} instead of '{spec}'.")
    if map and "map" not in known:
        raise RequestError(f"The suite '{name}' has no fields to map; map is for suites that read a file.")
    if unknown := [key for key in given if key not in known]:
        raise RequestError(f"The suite '{name}' takes no '{unknown[0]}'. It takes: {', '.join(known)}.")
    offered = {"seed": seed, "pairs": pairs, "map": map or None, "data": data}
    chosen = {key: value for key, value in offered.items() if key in known and value is not None} | given
    drawn: list[Item] = items(**chosen)
    return drawn


def together(parts: Sequence[tuple[str, Sequence[Item]]]) -> list[Item]:
    """The items of several suites, given as pairs of a spec and its items, in one list.

    Raises:
        RequestError: two suites hold the same item.
    """
    holder: dict[str, str] = {}
    for spec, items in parts:
        for item in items:
            other = holder.setdefault(item.id, spec)
            if other != spec:
                raise RequestError(
                    f"The suites {other} and {spec} both hold the item '{item.id}'; one run asks it once. "
                    "Leave one of them out, or audit each into a folder of its own (--out)."
                )
    return [item for _, items in parts for item in items]


def take(items: Sequence[Item], limit: int, seed: int = 0) -> list[Item]:
    """At most `limit` items, in their order: twins stay together, and scenarios come as evenly as they can.

    A pair that no longer fits is left out, so that with an odd limit and nothing but pairs one item less comes back.

    Raises:
        RequestError: if `limit` is below 1.
    """
    if limit < 1:
        raise RequestError(f"A limit of {limit} items leaves nothing to ask; expected at least 1.")
    where = {item.id: place for place, item in enumerate(items)}
    units: dict[str, list[list[int]]] = {}
    for place, item in enumerate(items):
        twin = where.get(item.twin) if item.twin else None
        if twin is None or place < twin:
            unit = [place] if twin is None else [place, twin]
            units.setdefault(item.tags.get("scenario", ""), []).append(unit)
    rng = Random(f"take {seed}")
    for scenario in units.values():
        rng.shuffle(scenario)
    taken: list[int] = []
    while any(units.values()):
        for scenario in units.values():
            if scenario and len(taken) + len(unit := scenario.pop()) <= limit:
                taken += unit
    return [items[place] for place in sorted(taken)]
