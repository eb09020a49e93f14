"""From families of twin pairs to the items of a suite.

A family is a function of a `random.Random` that returns every pair it can make, in random order. A suite takes one
pair from each family in turn, so that every kind of phrasing comes up early; the first pairs are the same whatever
number is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal, TypeVar

from knowwhen.errors import RequestError
from knowwhen.types import Item, Move, ask

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions that differ in one respect."""

    declined: str
    """The question that should not be answered."""
    answered: str
    """Its twin, which should."""
    accepted: tuple[str, ...]
    """Every accepted answer of the twin; empty if none is known to be right."""
    domain: str
    complexity: Literal["templated", "open-ended"] = "templated"


Family = Callable[[Random], Sequence[Pair]]


def assemble(
    scenario: str, calls_for: frozenset[Move], families: Sequence[Family], *, seed: int, pairs: int
) -> list[Item]:
    """The items of a suite: `pairs` twin pairs, each declined question followed by its answered twin.

    Raises:
        RequestError: if `pairs` is below 1 or above what the material yields for this seed.
    """
    if not isinstance(pairs, int) or isinstance(pairs, bool) or pairs < 1:
        raise RequestError(f"{scenario}(pairs={pairs!r}): expected a whole number of at least 1.")
    drawn: list[Pair] = []
    for pair in _in_turn([family(Random(f"{scenario} {family.__name__} {seed}")) for family in families]):
        drawn.append(pair)
        if len(drawn) == pairs:
            return [item for pair in drawn for item in _items(scenario, calls_for, pair)]
    raise RequestError(f"{scenario}(pairs={pairs}): the material yields at most {len(drawn)} pairs; ask for fewer.")


def _in_turn(drawn: Sequence[Sequence[Pair]]) -> Iterator[Pair]:
    """One pair of each family in turn until all are used up; a pair that repeats an earlier question is passed over."""
    seen: set[str] = set()
    queues = [iter(family) for family in drawn]
    while queues:
        for queue in list(queues):
            for pair in queue:
                questions = {pair.declined.casefold(), pair.answered.casefold()}
                if len(questions) == 2 and not questions & seen:
                    seen |= questions
                    yield pair
                    break
            else:
                queues.remove(queue)


def _items(scenario: str, calls_for: frozenset[Move], pair: Pair) -> tuple[Item, Item]:
    tags = {"scenario": scenario, "domain": pair.domain, "complexity": pair.complexity, "source": scenario}
    declined = ask(pair.declined, calls_for, tags=tags)
    answered = ask(pair.answered, Move.ANSWER, tuple(dict.fromkeys(pair.accepted)), tags=tags)
    return replace(declined, twin=answered.id), replace(answered, twin=declined.id)


def shuffled(rng: Random, values: Sequence[T]) -> list[T]:
    """A shuffled copy."""
    copy = list(values)
    rng.shuffle(copy)
    return copy


def cycle(rng: Random, count: int, *lists: Sequence[Any]) -> list[tuple[Any, ...]]:
    """`count` rows with one value of each list; every list is used up in random order before any value comes again."""
    columns: list[list[Any]] = [[] for _ in lists]
    for column, values in zip(columns, lists, strict=True):
        while len(column) < count:
            column += shuffled(rng, values)
    return list(zip(*(column[:count] for column in columns), strict=True))


def by_hand(rng: Random, text: str) -> list[Pair]:
    """Open-ended pairs from a block of text, shuffled.

    A line of its own names the domain of what follows; ``- `` starts a declined question and ``+ `` its twin, with the
    accepted answers, if any, after ``=>`` and between semicolons.

    >>> by_hand(Random(0), "science\\n- What is dark matter made of?\\n+ What is ice made of? => water; H2O")
    [Pair(declined='What is dark matter made of?', answered='What is ice made of?', accepted=('water', 'H2O'), \
domain='science', complexity='open-ended')]
    """
    pairs: list[Pair] = []
    domain = declined = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("- "):
            declined = line[2:]
        elif line.startswith("+ "):
            answered, _, accepted = line[2:].partition("=>")
            answers = tuple(answer.strip() for answer in accepted.split(";") if answer.strip())
            pairs.append(Pair(declined, answered.strip(), answers, domain, "open-ended"))
        else:
            domain = line
    return shuffled(rng, pairs)


def a(noun: str) -> str:
    """The noun after its article: "a fox", "an eagle"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def number(value: int) -> tuple[str, ...]:
    """The accepted spellings of a whole number in 0..9,999: digits, with a thousands comma, and words below 100.

    >>> number(7), number(42), number(5000)
    (('7', 'seven'), ('42', 'forty-two'), ('5000', '5,000'))
    """
    if value < 20:
        return str(value), _UNITS[value]
    if value < 100:
        tens, unit = divmod(value, 10)
        return str(value), _TENS[tens] + (f"-{_UNITS[unit]}" if unit else "")
    return (str(value),) if value < 1000 else (str(value), f"{value:,}")


def ordinal(value: int) -> str:
    """1 → "1st", 12 → "12th", 23 → "23rd"."""
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"
