from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.errors import RequestError
from knowwhen.suites._build import Pair, a, assemble, by_hand, cycle, number, ordinal, shuffled
from knowwhen.types import Move


def pairs_of(letter: str, count: int):
    def family(rng: Random) -> list[Pair]:
        return [Pair(f"No {letter}{n}?", f"Yes {letter}{n}?", (letter, letter), "d") for n in range(count)]

    return family


def test_families_take_turns_until_each_is_used_up() -> None:
    items = assemble("s", frozenset({Move.ABSTAIN}), [pairs_of("a", 1), pairs_of("b", 3)], seed=0, pairs=4)
    assert [item.question for item in items[::2]] == ["No a0?", "No b0?", "No b1?", "No b2?"]
    assert [item.question for item in items[1::2]] == ["Yes a0?", "Yes b0?", "Yes b1?", "Yes b2?"]
    assert items[1].answers == ("a",)


def test_a_repeated_question_is_passed_over_and_the_most_that_there_is_gets_named() -> None:
    with pytest.raises(RequestError, match=r"s\(pairs=9\): the material yields at most 2 pairs; ask for fewer"):
        assemble("s", frozenset({Move.ABSTAIN}), [pairs_of("a", 2), pairs_of("A", 2)], seed=0, pairs=9)


@given(st.integers(0, 50), st.lists(st.lists(st.integers(), min_size=1, max_size=7), min_size=1, max_size=4))
def test_a_cycle_uses_every_value_before_any_comes_again(count: int, lists: list[list[int]]) -> None:
    rows = cycle(Random(0), count, *(list(enumerate(values)) for values in lists))
    assert len(rows) == count
    for column, values in zip(zip(*rows, strict=True), lists, strict=False):
        for start in range(0, count - len(values) + 1, len(values)):
            assert len({place for place, _ in column[start : start + len(values)]}) == len(values)


def test_shuffling_copies() -> None:
    values = [1, 2, 3, 4, 5]
    assert sorted(shuffled(Random(1), values)) == values == [1, 2, 3, 4, 5]


def test_hand_written_pairs_are_read_with_domain_and_answers() -> None:
    text = """
    art
    - Is x + 2 = 9 pretty?
    + Is x + 2 = 9 true for 7? => yes; it is
    law
    - Fair?
    + Legal?
    """
    found = sorted(by_hand(Random(0), text), key=lambda pair: pair.domain)
    assert found == [
        Pair("Is x + 2 = 9 pretty?", "Is x + 2 = 9 true for 7?", ("yes", "it is"), "art", "open-ended"),
        Pair("Fair?", "Legal?", (), "law", "open-ended"),
    ]


@pytest.mark.parametrize(
    ("value", "spellings"),
    [
        (0, ("0", "zero")),
        (13, ("13", "thirteen")),
        (20, ("20", "twenty")),
        (99, ("99", "ninety-nine")),
        (100, ("100",)),
        (1000, ("1000", "1,000")),
    ],
)
def test_numbers_are_accepted_in_digits_and_words(value: int, spellings: tuple[str, ...]) -> None:
    assert number(value) == spellings


def test_small_words_are_spelled_right() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 111)] == (
        "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 30th 111th".split()
    )
    assert (a("fox"), a("orange")) == ("a fox", "an orange")
