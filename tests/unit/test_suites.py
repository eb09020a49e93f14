from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.errors import RequestError
from knowwhen.suites import DEFAULT, load, take, together
from knowwhen.types import Item, Move, ask


def test_loads_a_suite_by_name_with_arguments_of_the_call_and_of_the_spec() -> None:
    assert len(load("unsafe")) == 80
    assert load("unsafe", seed=2, pairs=5) == load("unsafe(pairs=5, seed=2)")
    assert len(load("unsafe(pairs=3)", pairs=7)) == 6


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("unsave", {}, "Unknown suite 'unsave'. Did you mean 'unsafe'"),
        ("unsafe(pears=3)", {}, "The suite 'unsafe' takes no 'pears'. It takes: seed, pairs."),
        ("unsafe(pairs=0)", {}, r"unsafe(pairs=0): expected a whole number of at least 1."),
        ("unsafe(pairs='x')", {}, r"unsafe(pairs='x'): expected a whole number of at least 1."),
        ("unsafe(pairs=True)", {}, r"unsafe(pairs=True): expected a whole number of at least 1."),
        ("unsafe(", {}, "Cannot read 'unsafe('"),
        ("unsafe:x.jsonl", {}, "The suite 'unsafe' reads no file: write unsafe instead of 'unsafe:x.jsonl'."),
        ("unsafe", {"map": {"input": "prompt"}}, "The suite 'unsafe' has no fields to map"),
        ("jsonl", {}, "The suite 'jsonl' reads a file: write jsonl:FILE."),
        ("csv:", {}, "The suite 'csv' reads a file: write csv:FILE."),
        ("mine.jsonl", {}, "'mine.jsonl' looks like a file. To ask its questions write jsonl:mine.jsonl"),
        ("a/b.csv", {}, "'a/b.csv' looks like a file. To ask its questions write csv:a/b.csv"),
        ("jsonl:nowhere.jsonl", {}, "Cannot read nowhere.jsonl: No such file or directory."),
        ("xml:a.xml", {}, "Unknown suite 'xml'"),
    ],
)
def test_says_what_is_wrong_with_a_request(spec: str, options: dict, message: str) -> None:
    with pytest.raises(RequestError) as error:
        load(spec, **options)
    assert message in str(error.value)


def test_a_file_is_read_through_the_spec_with_a_map_and_pairs_left_aside(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"prompt": "Two and two?", "target": "4"}\n', encoding="utf-8")
    (item,) = load(f"jsonl:{path}", seed=5, pairs=40, map={"input": "prompt"})
    assert (item.question, item.answers, item.tags["scenario"]) == ("Two and two?", ("4",), "mine")


EVERYTHING = [item for name in DEFAULT for item in load(name, pairs=12)]


@given(st.integers(1, len(EVERYTHING) + 20), st.integers(0, 3))
def test_taking_keeps_twins_together_and_order_and_evenness(limit: int, seed: int) -> None:
    taken = take(EVERYTHING, limit, seed)
    ids = {item.id for item in taken}
    assert len(taken) == min(limit - limit % 2, len(EVERYTHING))
    assert all(item.twin in ids for item in taken)
    places = [EVERYTHING.index(item) for item in taken]
    assert places == sorted(set(places))
    counts = Counter(item.tags["scenario"] for item in taken)
    assert max(counts.values(), default=0) - min((counts[name] for name in DEFAULT), default=0) <= 2


def test_taking_is_drawn_from_the_seed() -> None:
    assert take(EVERYTHING, 28, 1) == take(EVERYTHING, 28, 1) != take(EVERYTHING, 28, 2)


def test_taking_fills_up_with_items_that_have_no_twin() -> None:
    lone = ask("Alone?", Move.ANSWER, tags={"scenario": "lone"})
    orphan = ask("Twin elsewhere?", Move.ANSWER, twin="not here", tags={"scenario": "lone"})
    items: list[Item] = [*load("unsafe", pairs=2), lone, orphan]
    assert len(take(items, 5)) == 5
    assert take(items, 6) == items
    assert take([], 3) == []


@pytest.mark.parametrize("limit", [0, -2])
def test_a_limit_that_leaves_nothing_is_refused(limit: int) -> None:
    with pytest.raises(RequestError, match="expected at least 1"):
        take(EVERYTHING, limit)


def test_suites_that_share_an_item_are_named():
    some = load("unknown(pairs=2)")
    assert together([("unknown", some), ("stale", load("stale(pairs=2)"))])[:4] == some
    with pytest.raises(RequestError, match=rf"suites unknown and mine both hold the item '{some[3].id}'.*Leave one"):
        together([("unknown", some), ("mine", some[3:])])
