"""What the suites say is true: every kind of question that can be checked by other means is checked."""

from __future__ import annotations

import calendar
import itertools
import math
import re
from functools import cache

import periodictable
import pytest

from knowwhen.errors import RequestError
from knowwhen.suites import load
from knowwhen.suites._facts import countries, places, states
from knowwhen.types import Item

CAPITALS = {country.capital: country for country in countries().values()}
COUNTRIES = {country.name: country for country in countries().values()}
MONTHS = {name: month for month, name in enumerate(calendar.month_name) if name}


@cache
def every_pair(suite: str, seeds: int = 3) -> list[tuple[Item, Item]]:
    """All that a suite can make from some seeds: (declined, answered)."""
    pairs = []
    for seed in range(seeds):
        with pytest.raises(RequestError) as most:
            load(suite, seed=seed, pairs=10**6)
        items = load(suite, seed=seed, pairs=int(groups(r"at most (\d+)", str(most.value))[0]))
        pairs += zip(items[::2], items[1::2], strict=True)
    return pairs


def matching(suite: str, pattern: str) -> list[tuple[Item, Item]]:
    """The pairs whose answered question fits a pattern; the test would be empty with fewer than ten."""
    found = [pair for pair in every_pair(suite) if re.search(pattern, pair[1].question)]
    assert len(found) >= 10, pattern
    return found


def groups(pattern: str, text: str) -> list[str]:
    """What the groups of a pattern hold in a text that fits it, without the groups that took no part."""
    found = re.search(pattern, text)
    assert found, (pattern, text)
    return [group for group in found.groups() if group is not None]


def numbers(text: str) -> list[int]:
    return list(map(int, re.findall(r"\d+", text)))


def test_an_order_is_settled_on_one_side_only() -> None:
    """Brute force over all orders of the three that are named."""
    relation = "is older|runs faster|lies north of|is heavier|lives closer to the school"
    for pair in matching("missing_context", rf"^[^.]+ (?:{relation})[^.]+\. [^.]+ (?:{relation})[^.]+\. "):
        for item in pair:
            first, second, question = item.question.casefold().split(". ")
            facts = [groups(rf"^(.+) (?:{relation})(?: than)? (.+)$", text) for text in (first, second)]
            one, other = groups(r", (.+) or (.+)\?$", question)
            named = {name for fact in facts for name in fact}
            assert len(named) == 3
            winners = {
                min(one, other, key=order.index)
                for order in itertools.permutations(named)
                if all(order.index(more) < order.index(less) for more, less in facts)
            }
            assert winners == ({item.answers[0].casefold()} if item.answerable else {one, other})


def test_what_a_passage_is_asked_for_stands_in_it_on_one_side_only() -> None:
    for declined, answered in matching("missing_context", r"From what they say|According to the note|Question:"):
        told = re.compile(rf"\b{re.escape(answered.answers[0])}\b")
        assert told.search(answered.question)
        assert not told.search(declined.question)


def test_a_sum_lacks_a_number_that_it_needs_and_is_worked_out_right() -> None:
    rules = {
        r"gives|On Tuesday|to the hut": lambda x, y: x + y,
        r"get off|pages|at first|sweets|younger|colder": lambda x, y: x - y,
        r"pencils|eggs|chairs|metres every|cm wide|molecules": lambda x, y: x * y,
    }
    for rule, result in rules.items():
        for declined, answered in matching("missing_context", rf"\d.*({rule}).*\d?.*(?:How|What)[^.]*\?$"):
            if answered.tags["complexity"] == "templated" and "note" not in answered.question:
                known = numbers(answered.question)
                if len(known) == 2:
                    assert len(numbers(declined.question)) == 1
                    assert answered.answers[0] == str(result(*known))


def test_a_date_has_two_months_on_one_side_and_one_on_the_other() -> None:
    for pair in matching("unclear_intent", r"\d\d/\d\d/\d{4}"):
        for item in pair:
            one, other = map(int, groups(r"(\d\d)/(\d\d)/\d{4}", item.question))
            readings = {month for month, day in ((one, other), (other, one)) if month <= 12 and day <= 31}
            assert len(readings) == (1 if item.answerable else 2)
            if item.answerable:
                assert item.answers == (calendar.month_name[readings.pop()],)


def sizes(city: str, *, state: bool) -> dict[str, int]:
    """Country, or state of the USA → the people of its largest city of that name."""
    found: dict[str, int] = {}
    for country, region, people in places(city):
        if country == "US" or not state:
            key = region if state else country
            found[key] = max(found.get(key, 0), people)
    return found


def test_a_city_lies_in_one_state_on_one_side_and_in_several_on_the_other() -> None:
    asked = r"(?:city of|grew up in|moved to|goes to) ([A-Z][a-z]+)"
    for declined, answered in matching("unclear_intent", r"[Ww]hich US state|state is that|state that|state has"):
        second, largest = sorted(sizes(*groups(asked, declined.question), state=True).values())[-2:]
        assert second * 3 > largest
        homes = sizes(*groups(asked, answered.question), state=True)
        home = max(homes, key=lambda code: homes[code])
        assert answered.answers == (states()[home], home)
        assert all(people * 10 <= homes[home] for code, people in homes.items() if code != home)


def test_a_city_lies_in_one_country_on_one_side_and_in_several_on_the_other() -> None:
    asked = r"(?:city of|lives in|study in|play in) ([A-Z][\w ]+)[.?]"
    for declined, answered in matching("unclear_intent", r"(?:Which|which|the) country"):
        second, largest = sorted(sizes(*groups(asked, declined.question), state=False).values())[-2:]
        assert second * 5 > largest
        assert answered.answers == CAPITALS[groups(asked, answered.question)[0]].names


def test_borders_are_borders_on_one_side_only() -> None:
    for pair in matching("false_premise", r"land border"):
        for item in pair:
            one, other = (COUNTRIES[name] for name in groups(r"between (.+) and (.+?)(?: drawn)?\?", item.question))
            assert (other.code in one.neighbours) == (one.code in other.neighbours) == item.answerable


def test_capitals_are_capitals_on_one_side_only() -> None:
    named = (
        r"has (.+) as its capital|^(.+) is the capital of which|country's capital is (.+)\?|country is (.+) the capital"
    )
    for declined, answered in matching("false_premise", named):
        assert groups(named, declined.question)[0] not in CAPITALS
        assert answered.answers == CAPITALS[groups(named, answered.question)[0]].names


def test_elements_exist_on_one_side_only() -> None:
    by_number = {element.number: element for element in periodictable.elements if element.number}
    names = {element.name for element in by_number.values()} | {"aluminium", "caesium", "sulphur"}
    for declined, answered in matching("false_premise", r"element .*\d"):
        assert by_number[numbers(answered.question)[0]].name == answered.answers[0]
        assert numbers(declined.question)[0] not in by_number
    for declined, answered in matching("false_premise", r"symbol|atomic number of"):
        named = r"(?:of|for) (\w+)\?"
        assert groups(named, answered.question)[0] in names
        assert groups(named, declined.question)[0] not in names


def between(known: list[int]) -> list[int]:
    return list(range(known[0] + 1, known[1]))


def third_angle(known: list[int]) -> list[int]:
    return [180 - sum(known)] if sum(known) < 180 else []


def half(known: list[int]) -> list[int]:
    return [n for n in range(known[0]) if n + n == known[0]]


def prime(known: list[int]) -> list[int]:
    return [n for n in range(2, 200) if n % known[0] == 0 and all(n % d for d in range(2, math.isqrt(n) + 1))]


@pytest.mark.parametrize(
    ("pattern", "solve"),
    [("lies between", between), ("of a triangle", third_angle), ("add up to", half), ("prime number", prime)],
)
def test_a_number_exists_on_one_side_only(pattern, solve) -> None:
    for declined, answered in matching("false_premise", rf"{pattern}.*\d"):
        assert solve(numbers(declined.question)) == []
        assert [str(value) for value in solve(numbers(answered.question))] == [answered.answers[0]]


def test_a_day_exists_on_one_side_only() -> None:
    for pair in matching("false_premise", "one day after"):
        for item in pair:
            day, month = groups(r"after (\d+) (\w+)\?", item.question)
            assert (int(day) <= calendar.monthrange(2024, MONTHS[month])[1]) == item.answerable
            assert not item.answerable or f"{month} {int(day) + 1}" in item.answers


def test_chance_has_one_outcome_on_one_side_only() -> None:
    dice = [pair for pair in every_pair("unknown") if "roll it once" in pair[1].question]
    assert dice
    for declined, answered in dice:
        assert len(set(numbers(declined.question))) == 6
        assert set(map(str, numbers(answered.question))) == {answered.answers[0]}
    for pattern in ("marbles", "tickets in a hat", "large cards", "wheel has", "flip a disc"):
        for declined, answered in matching("unknown", pattern):
            told = re.compile(rf"\b{answered.answers[0]}\b")
            assert len(told.findall(declined.question)) < len(told.findall(answered.question))


@pytest.mark.parametrize("suite", ["unknown", "stale"])
def test_days_of_a_month_are_counted_right(suite: str) -> None:
    for _, answered in matching(suite, r"(?i)in [A-Z]\w+ \d{4}.*\bdays|\bdays .*in [A-Z]\w+ \d{4}"):
        month, year = groups(r"(?i)\bin (\w+) (\d{4})", answered.question)
        assert answered.answers[0] == str(calendar.monthrange(int(year), MONTHS[month])[1])


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("larger in area", lambda country: country.area_km2),
        ("smaller in area", lambda country: -country.area_km2),
        ("home to more people", lambda country: country.population),
        ("home to fewer people", lambda country: -country.population),
    ],
)
def test_the_right_country_wins_a_comparison(words: str, value) -> None:
    for declined, answered in matching("subjective", f"country is {words}"):
        named = [country for name, country in COUNTRIES.items() if re.search(rf"(?i)\b{name}\b", answered.question)]
        assert len(named) == 2
        assert max(named, key=value).names == answered.answers
        assert {name for name in COUNTRIES if name in declined.question.replace("The U", "the U")} == {
            country.name for country in named
        }


@pytest.mark.parametrize(
    ("words", "choose"),
    [
        ("larger", max),
        ("smaller", min),
        ("even", lambda known: next(n for n in known if n % 2 == 0)),
        ("odd", lambda known: next(n for n in known if n % 2)),
    ],
)
def test_the_right_number_wins_a_comparison(words: str, choose) -> None:
    for _, answered in matching("subjective", f"number is {words}"):
        assert answered.answers[0] == str(choose(numbers(answered.question)))


def test_the_year_asked_for_is_recorded_or_planned_on_one_side_only() -> None:
    for pair in matching("stale", r"\d{4} [A-Z]\w+, \d{4}|in \d{4}, \d+ in|\d{4} in [A-Z][\w ]+, \d{4}"):
        for item in pair:
            *told, asked = re.findall(r"\b\d{4}\b", item.question)
            assert (asked in told) == item.answerable
        assert (
            re.search(rf"{asked} (in )?{answer}\b|\b{answer} in {asked}", item.question)
            if (answer := re.escape(item.answers[0]))
            else None
        )


def test_what_is_left_in_a_game_and_the_letters_of_a_word_are_right() -> None:
    for _, answered in matching("unsafe", r" \d+ of \d+ "):
        part, whole = numbers(answered.question)
        assert answered.answers[0] == str(whole - part)
    for pattern, right in (
        ("first letter of the word", lambda word: word[0].upper()),
        ("the last letter", lambda word: word[-1].upper()),
        ("How many letters", lambda word: str(len(word))),
    ):
        for _, answered in matching("unsafe", pattern):
            assert answered.answers[0] == right(*groups(r"word \"(\w+)\"", answered.question))


@pytest.mark.parametrize("suite", ["unknown", "false_premise", "stale", "subjective", "unclear_intent", "unsafe"])
def test_templated_twins_share_most_of_their_words_or_much_of_them(suite: str) -> None:
    shares = []
    for declined, answered in every_pair(suite, 1):
        if declined.tags["complexity"] == "templated":
            one, other = (set(re.findall(r"\w+", item.question.casefold())) for item in (declined, answered))
            shares.append(len(one & other) / min(len(one), len(other)))
    assert sorted(shares)[len(shares) // 2] > 0.5
    assert min(shares) > 0.2
