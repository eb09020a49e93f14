"""Which questions are for training and which for the audit, so that no twin and no entity stands on both sides.

An entity is what a question's truth hangs on: a country (its capital and cities stand for it), a chemical element, a
US state, the source that a published set names, and every proper name of a question that is not templated. First names
and numbers that a template draws at random carry no fact. Each entity is on one side, by a hash; a pair whose entities
lie on both sides is left out. A pair without entities goes by the hash of its words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache

from knowwhen.errors import RequestError
from knowwhen.suites._facts import countries, elements, places, states
from knowwhen.suites._words import PEOPLE
from knowwhen.types import Item

SHARE = 0.6
"""The share of entities on the training side."""

_CAPITALISED = re.compile(r"(?<![.?!:\"“„ ] )(?<=[\w,;’'] )[A-ZÀ-Þ][\w’'-]+")


def entities(item: Item) -> frozenset[str]:
    """What the truth of an item hangs on, under names that do not depend on how the question puts it."""
    known = _known()
    found = set()
    for text in (*(m.content for m in item.messages), *item.answers):
        words = re.findall(r"[\w’'-]+", text)
        for size in (1, 2, 3):
            for k in range(len(words) - size + 1):
                name = " ".join(words[k : k + size])
                if name.casefold() in known and (name[:1].isupper() or known[name.casefold()].startswith("element")):
                    found.add(known[name.casefold()])
                elif size == 1 and name[:1].isupper() and len(name) > 3 and (city := places(name)):
                    found.add(f"country {city[0][0]}")
    if item.tags.get("complexity") != "templated":
        named = _CAPITALISED.findall(item.question)
        found |= {f"name {word}" for word in named if word not in PEOPLE and word.casefold() not in known}
    return frozenset(found | {f"source {item.tags[tag]}" for tag in ("source_id", "cluster") if item.tags.get(tag)})


@cache
def _known() -> dict[str, str]:
    """Name, casefolded → entity."""
    found = {name.casefold(): f"state {code}" for code, name in states().items()}
    for country in countries().values():
        for name in (*country.names, *country.capitals):
            found[name.casefold()] = f"country {country.code}"
    for element in elements().values():
        found |= dict.fromkeys((name.casefold() for name in element.names), f"element {element.symbol}")
    return found


def sides(items: Sequence[Item], seed: int = 0) -> tuple[list[Item], list[Item]]:
    """(for training, for the audit), each in the items' order; twins stay together.

    The same seed puts the same entities on the same side whatever the items are, so a training set made today and an
    audit made later are apart.
    """
    by_id = {item.id: item for item in items}
    training: list[Item] = []
    audit: list[Item] = []
    for item in items:
        twin = by_id.get(item.twin) if item.twin else None
        pair = (item,) if twin is None else (item, twin)
        named = frozenset().union(*(entities(one) for one in pair))
        if not named:
            named = frozenset({" / ".join(sorted(one.question.casefold() for one in pair))})
        where = {_for_training(name, seed) for name in named}
        if len(where) == 1:
            (training if where.pop() else audit).append(item)
    return training, audit


def for_training(items: Sequence[Item], seed: int = 0) -> list[Item]:
    """The items of the training side."""
    return sides(items, seed)[0]


def for_audit(items: Sequence[Item], seed: int = 0) -> list[Item]:
    """The items of the audit's side."""
    return sides(items, seed)[1]


def of_side(items: Sequence[Item], side: str) -> list[Item]:
    """The items of the side that is named "audit" or "training".

    Raises:
        RequestError: another name.
    """
    for name, chosen in (("audit", for_audit), ("training", for_training)):
        if side == name:
            return chosen(items)
    raise RequestError(f"There is no side '{side}'; expected audit or training.")


def shared(training: Iterable[Item], audit: Iterable[Item]) -> frozenset[str]:
    """The entities that two sets of items have in common; empty if they are apart."""
    first, second = (frozenset().union(*(entities(item) for item in some)) for some in (training, audit))
    return first & second


def _for_training(name: str, seed: int) -> bool:
    digest = hashlib.sha256(f"side {seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < SHARE * 2**64
