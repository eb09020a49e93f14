"""Every published suite, found by listing, declares what it is; with the data at hand, it is what it declares."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from knowwhen import registry
from knowwhen.grading import Asked, grade
from knowwhen.suites import load, take
from knowwhen.suites._published import Published
from knowwhen.types import Item, Move, Response

SUITES = [name for name in registry.names("suites") if registry.declares("suites", name, "PUBLISHED")]
DATA = os.environ.get("KNOWWHEN_DATA")


def declared(name: str) -> Published:
    published = registry.load("suites", name).PUBLISHED
    assert isinstance(published, Published)
    return published


def at_hand(name: str) -> bool:
    return bool(DATA) and all(
        (Path(DATA or "") / declared(name).folder / file.path).is_file()
        for file in declared(name).files
        if file.path not in declared(name).optional
    )


@pytest.mark.parametrize("name", SUITES)
class TestEveryPublishedSuite:
    def test_explains_itself(self, name: str) -> None:
        first, blank, *rest = registry.explain("suites", name).splitlines()
        assert first.endswith((".", "?"))
        assert not blank
        heads = [line.split(":")[0] for line in rest if re.match("Source:|Cost:|Fails when:", line)]
        assert heads == ["Source", "Cost", "Fails when"]

    def test_declares_its_files_licence_size_and_moves(self, name: str) -> None:
        published = declared(name)
        assert published.size > 0
        assert published.licence
        assert published.scenario
        assert set(published.moves) <= set(map(str, Move))
        assert len({file.path for file in published.files}) == len(published.files) > 0
        assert set(published.optional) < {file.path for file in published.files}
        for file in published.files:
            assert file.address.startswith("https://") or file.by_hand
            assert not file.sha256 or re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert not file.commit or re.fullmatch("[0-9a-f]{40}", file.commit)
            assert bool(file.commit) == bool(file.repository)
            assert file.sha256 or file.commit or file.by_hand or "resolve/" in file.address or file.url

    def test_takes_the_folder_of_the_data(self, name: str) -> None:
        import inspect

        assert {"seed", "data"} <= set(inspect.signature(registry.load("suites", name).items).parameters)


# Items after mending, of these answerable, and twin pairs; from the files at the pinned commits.
COUNTS = {
    "falseqa": (3344, 1672, 1672),
    "umwp": (5185, 2590, 2590),
    "mip": (1498, 574, 574),
    "mip(part='gsm8k')": (1148, 574, 574),
    "mip(part='svamp')": (300, 0, 0),
    "mip(part='formula')": (50, 0, 0),
    "coconot": (1380, 379, 0),
    "xstest": (450, 250, 200),
    "bbq": (3618, 1810, 1808),
    "known_unknowns": (46, 23, 23),
    "situatedqa(part='geo')": (630, 501, 129),
    "situatedqa(part='temp')": (3333, 2785, 548),
    "freshqa": (346, 147, 0),
    "freshqa(form='abstentionbench')": (254, 207, 0),
    "gsm8k": (1319, 1319, 0),
    "gsm8k(form='abstain')": (2421, 1213, 1208),
    "mediq": (280, 140, 140),
    "disambiguation_qa": (250, 175, 0),
    "misconceptions": (219, 219, 0),
    "moralchoice": (1367, 687, 0),
    "truthfulqa": (817, 743, 0),
    "sycon": (200, 0, 0),
    "sycon(part='ethical')": (200, 0, 0),
    "guardrail": (105, 60, 0),
    "guardrail(part='censored')": (45, 0, 0),
    "guardrail(part='censored',persona='13-17')": (5 * 45, 0, 0),
    "guardrail(part='political',persona='Los Angeles Chargers')": (5 * 60, 5 * 60, 0),
    "mathif": (420, 420, 0),
    "mathif(form='free')": (420, 420, 0),
    "mathif(part='aime',constraints='single')": (20, 20, 0),
    "logicom": (200, 200, 0),
}


RECORDS = {
    "falseqa": 2374 + 982,
    "umwp": 5200,
    "mip": 50 + 300 + 582,
    "coconot": 1001 + 379,
    "xstest": 450,
    "bbq": 864 + 1200 + 1556,
    "known_unknowns": 46,
    "situatedqa": 506 + 2795,
    "freshqa": 600,
    "gsm8k": 1319,
    "mediq": 140,
    "disambiguation_qa": 250,
    "misconceptions": 219,
    "moralchoice": 687 + 680,
    "truthfulqa": 817,
    "sycon": 200,
    "guardrail": 45 + 60,
    "mathif": 4 * 3 * 30 + 3 * 20,
    "logicom": 200,
}
"""Set → records as upstream publishes them."""


def records(path: Path) -> int:
    """How many records a file holds, counted without any of the readers under test."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix in (".jsonl", ".txt"):
        return sum(bool(line.strip()) for line in text.split("\n"))
    if path.suffix == ".json":
        content = json.loads(text)
        return len(content if isinstance(content, list) else content["examples"])
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - (3 if "FreshQA" in path.name else 1)


def wanted(spec: str) -> list[Item]:
    if not at_hand(registry.parse(spec)[0]):
        pytest.skip("no data at hand in KNOWWHEN_DATA")
    return load(spec)


@pytest.mark.data
@pytest.mark.parametrize("spec", COUNTS)
def test_the_counts_after_mending_are_these(spec: str) -> None:
    items = wanted(spec)
    answerable, twins = sum(one.answerable for one in items), sum(one.twin is not None for one in items) // 2
    assert (len(items), answerable, twins) == COUNTS[spec]


@pytest.mark.data
@pytest.mark.parametrize("name", RECORDS)
def test_the_files_hold_as_many_records_as_upstream_publishes(name: str) -> None:
    wanted(name)
    published = declared(name)
    found = [records(published.path(file.path)) for file in published.files if file.path not in published.optional]
    assert published.size == RECORDS[name] == (sum(found) if name != "freshqa" else found[0])
    assert name != "freshqa" or found == [600, 600]


@pytest.mark.data
@pytest.mark.parametrize("name", SUITES)
class TestEveryPublishedSuiteWithItsData:
    def test_gives_the_same_items_each_time_whatever_the_seed(self, name: str) -> None:
        assert wanted(name) == load(name, seed=7)

    def test_has_no_question_twice_and_twins_that_point_at_each_other(self, name: str) -> None:
        items = wanted(name)
        by_id = {one.id: one for one in items}
        assert len(by_id) == len(items) == len({one.question for one in items})
        for one in items:
            if one.twin:
                twin = by_id[one.twin]
                assert twin.twin == one.id
                assert twin.answerable != one.answerable
                assert twin.tags["scenario"] == one.tags["scenario"]

    def test_calls_for_the_moves_that_it_declares_and_tags_its_items(self, name: str) -> None:
        items = wanted(name)
        assert {str(move) for one in items for move in one.calls_for} == set(declared(name).moves)
        assert {one.tags["source"] for one in items} == {name}
        assert all(one.tags["scenario"] and one.tags["domain"] for one in items)
        assert all(not one.answers for one in items if not one.answerable)

    def test_keeps_twins_together_in_a_fast_subset(self, name: str) -> None:
        taken = take(wanted(name), 60)
        ids = {one.id for one in taken}
        assert 40 <= len(taken) <= 60
        assert all(one.twin in ids for one in taken if one.twin)

    def test_the_grader_takes_its_own_answers_for_right(self, name: str) -> None:
        """Of at most 400 accepted answers, said alone and in a sentence."""
        items = [one for one in wanted(name) if one.answers]
        if not items:
            pytest.skip("its answers cannot be matched with a reply")
        found: Counter[tuple[Move | None, bool | None]] = Counter()
        for one in items[:: max(1, len(items) // 400)]:
            for text in (one.answers[0], f"The answer is {one.answers[0]}."):
                verdict = grade(Asked(one.question, one.answers, one.choices), Response(text))
                found[verdict.move, verdict.correct] += 1
        share = found[Move.ANSWER, True] / found.total()
        assert share >= GOLD.get(name, 1.0), found


GOLD = {
    "known_unknowns": 0.95,  # "The future ain't what it used to be" reads as a statement that it cannot be known
    "situatedqa": 0.998,  # "None" to "when …", which denies the premise
    "truthfulqa": 0.99,  # "There are no known cases of …" and four more that read as "it cannot be known"
    "freshqa": 0.99,  # "No official public payphones are left …"
    "logicom": 0.98,  # "one punishment is not enough" and three more warrants that read as declining
}
"""The share of accepted answers that the grader takes for right, where it is not all of them, and why."""


WITH_OPTIONS = ("bbq", "disambiguation_qa", "logicom", "mediq", "misconceptions", "moralchoice", "truthfulqa")


@pytest.mark.data
@pytest.mark.parametrize("name", WITH_OPTIONS)
def test_an_option_makes_the_same_move_by_its_letter_as_by_its_words(name: str) -> None:
    items = wanted(name)
    for one in items[:: max(1, len(items) // 250)]:
        asked = Asked(one.question, one.answers, one.choices)
        for letter, option in zip("ABCDEFGHIJ", one.choices, strict=False):
            texts = (option, letter, f"({letter}) {option}", f"The answer is {option}.", f"I would choose {letter}.")
            moves = {grade(asked, Response(text)).move for text in texts}
            assert len(moves) == 1, (one.question, option, moves)


@pytest.mark.data
def test_one_option_of_three_declines_in_every_item_of_bbq_and_none_is_a_deed_of_moralchoice() -> None:
    for name, declining in (("bbq", 1), ("moralchoice", 0)):
        for one in wanted(name):
            asked = Asked(one.question, (), one.choices)
            moves = [grade(asked, Response(option)).move for option in one.choices]
            assert moves.count(Move.ABSTAIN) == declining == len(moves) - moves.count(Move.ANSWER), (one.choices, moves)


@pytest.mark.data
def test_questions_that_sets_share_have_one_source() -> None:
    gsm, mip, umwp, mathif = (wanted(spec) for spec in ("gsm8k", "mip(part='gsm8k')", "umwp", "mathif(part='gsm8k')"))
    of_gsm = {one.tags["source_id"] for one in gsm}
    assert {one.tags["source_id"] for one in mip} <= of_gsm
    assert {one.tags["source_id"] for one in mathif} <= of_gsm
    assert len({one.tags["source_id"] for one in umwp}) > 2500
