"""Rows, sides and closed answer sets: what is trained on, and that no audit of the other side asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from knowwhen import suites
from knowwhen.errors import RequestError
from knowwhen.grading import Asked, grade
from knowwhen.training import declining, rows, split
from knowwhen.training.makers import closed, seed
from knowwhen.training.rows import Candidate, closed_row
from knowwhen.types import DECLINED, Generation, Item, Move, Need, Response, Stop, ask


@pytest.fixture(scope="module")
def everything() -> list[Item]:
    return [item for kind in suites.DEFAULT for item in suites.load(kind, pairs=150, seed=3)]


def test_no_twin_and_no_entity_stands_on_both_sides(everything: list[Item]) -> None:
    training, audit = split.sides(everything)
    assert split.shared(training, audit) == frozenset()
    side = {item.id: True for item in training} | {item.id: False for item in audit}
    assert all(side[item.id] == side[item.twin] for item in everything if item.id in side and item.twin)
    assert not {item.question.casefold() for item in training} & {item.question.casefold() for item in audit}
    for kind in suites.DEFAULT:  # both sides have something of each kind
        assert sum(item.tags["scenario"] == kind for item in training) >= 60
        assert sum(item.tags["scenario"] == kind for item in audit) >= 40


def test_sides_do_not_depend_on_what_else_is_there(everything: list[Item]) -> None:
    training = {item.id for item in split.for_training(everything)}
    some = everything[:200]
    assert [item.id for item in split.for_training(some)] == [item.id for item in some if item.id in training]
    assert {item.id for item in split.for_training(everything, seed=1)} != training


@pytest.mark.parametrize(
    ("question", "answers", "found"),
    [
        ("What is the capital of Peru?", ["Lima"], {"country PE"}),
        ("Of which country is London the capital?", ["UK"], {"country GB"}),
        ("Between Germany and Belgium, tell me which is larger.", [], {"country DE", "country BE"}),
        ("What is the symbol of gold?", ["Au"], {"element Au"}),
        ("Which US state is Minneapolis in?", ["Minnesota"], {"state MN", "country US", "name Minneapolis"}),
        ("Which number did Peter write?", ["8"], set()),
        ("What did Guy Fawkes want?", [], {"name Guy", "name Fawkes"}),
        ("Why do fish have feathers?", [], set()),
    ],
)
def test_what_a_question_hangs_on(question: str, answers: list[str], found: set[str]) -> None:
    assert split.entities(ask(question, Move.ANSWER, answers)) == found


def test_published_sets_are_split_by_their_source() -> None:
    made = [
        ask(f"question {k} about {part}?", Move.ANSWER, tags={"source_id": f"page {k // 4}"})
        for k in range(80)
        for part in ("this", "that")
    ]
    training, audit = split.sides(made)
    assert training
    assert audit
    assert not {i.tags["source_id"] for i in training} & {i.tags["source_id"] for i in audit}
    assert len(training) + len(audit) == len(made)


@pytest.mark.parametrize("move", sorted(DECLINED))
def test_every_phrasing_is_taken_for_its_move(move: Move) -> None:
    for text in declining.PHRASES[move]:
        for question in ("What is the capital of Kalbania?", "How many days of fog were there in 1817?"):
            assert grade(Asked(question), Response(text)).move is move, text


class Scripted:
    """A model that says what it is told to say."""

    name, offers = "scripted", frozenset(Need)

    def __init__(self, said: dict[str, Sequence[str]]) -> None:
        self.said, self.identity = said, {"name": self.name}

    def respond(
        self, prompts: Any, generation: Generation, plain: Any = ()  # noqa: ARG002  # the protocol's
    ) -> Iterator[tuple[int, Response]]:
        for index in reversed(range(len(prompts))):
            first, *others = self.said[prompts[index][-1].content]
            stop = Stop.ERROR if first == "!" else Stop.END
            yield index, Response(first, stop, samples=tuple(others[: generation.samples]))


CAPITAL = ask("What is the capital of Peru?", Move.ANSWER, ["Lima"], tags={"scenario": "capital"})
NEVER = ask("What is the capital of Kalbania?", Move.ABSTAIN, tags={"scenario": "capital"})


def made(said: Sequence[str], item: Item = CAPITAL, **settings: Any) -> list[Candidate]:
    (row,) = closed.make(Scripted({item.question: said}), [item], **settings)
    return rows.candidates_of(json.loads(json.dumps(row)))


def test_a_closed_set_holds_the_models_own_replies_with_their_verdicts_and_ways_to_decline() -> None:
    found = made(["The capital of Peru is Lima. It is large.", *["The capital of Peru is Cusco."] * 2])
    own = [c for c in found if c.move is Move.ANSWER]
    assert {(c.text, c.correct, c.ended) for c in own} == {
        ("The capital of Peru is Lima.", True, False),
        ("The capital of Peru is Cusco.", False, False),
    }
    assert any(c.move is Move.ABSTAIN and c.ended for c in found)


def test_an_answer_to_what_should_be_declined_is_wrong() -> None:
    assert [c.correct for c in made(["It is Drevon."], NEVER) if c.move is Move.ANSWER] == [False]


def test_what_the_model_declines_by_itself_stands_for_itself_alone_and_is_counted() -> None:
    own = "I don't know. Ask somebody else."
    found = made(["It is Lima.", own, own, "It is Cusco."], samples=3)
    drawn = {c.text: c for c in found if c.share is not None}
    assert {text: c.share for text, c in drawn.items()} == {"It is Lima.": 0.25, own: 0.5, "It is Cusco.": 0.25}
    assert drawn[own].move is Move.ABSTAIN
    assert drawn[own].ended
    assert drawn[own].correct is None


def test_a_phrasing_that_the_model_chose_itself_is_there_once_with_its_share() -> None:
    for text in declining.PHRASES[Move.ABSTAIN]:
        same = [c for c in made(["It is Lima.", text]) if c.text == text]
        assert [c.share for c in same] == [0.5]


def test_of_each_way_to_decline_the_likeliest_is_listed() -> None:
    class Scoring(Scripted):
        def score(self, prompts: Any, texts: Any, ended: Any) -> list[list[np.ndarray]]:  # noqa: ARG002
            return [[np.array([-float(len(text))]) for text in each] for each in texts]  # the shortest is the likeliest

    unclear = replace(CAPITAL, calls_for=frozenset({Move.ASK}), answers=())
    (row,) = closed.make(Scoring({unclear.question: ["It is Lima."]}), [unclear])
    listed = {c.move: c for c in rows.candidates_of(row) if c.share is None}
    assert {Move.ABSTAIN, Move.ASK} <= set(listed)
    assert all(c.text == min(declining.PHRASES[move], key=len) for move, c in listed.items())
    assert sum(c.share is None for c in rows.candidates_of(row)) == len(listed)


def test_replies_of_a_set_do_not_overlap_and_share_what_was_drawn() -> None:
    found = made(["Lima", "Lima is the capital of Peru and large.", "Cusco"])
    assert not any(b is not a and not b.ended and a.text.startswith(b.text) for a in found for b in found)
    assert len({c.text for c in found}) == len(found)
    assert {c.text: c.share for c in found if c.share is not None} == pytest.approx({"Lima": 2 / 3, "Cusco": 1 / 3})


def test_an_accepted_answer_joins_only_where_it_is_asked_for_and_none_is_right() -> None:
    assert not any(c.correct for c in made(["It is Cusco."]))
    assert any(c.text == "Lima." and c.correct for c in made(["It is Cusco."], gold=True))
    assert [c.text for c in made(["It is Lima."], gold=True) if c.correct] == ["It is Lima."]


def test_stated_confidences_multiply_the_answers_and_leave_declining_alone() -> None:
    found = made(["It is Lima."], confidence=True)
    answers = [c for c in found if c.move is Move.ANSWER]
    assert [c.confidence for c in answers] == list(closed.LEVELS)
    assert {c.text for c in answers} == {"It is Lima."}
    assert answers[1].tail == " My confidence is 0.2."
    assert all(c.confidence is None and not c.tail for c in found if c.move is not Move.ANSWER)


def test_items_without_a_reply_that_can_be_graded_are_left_out_and_counted() -> None:
    told: list[str] = []
    model = Scripted({CAPITAL.question: [" "], NEVER.question: ["!"]})
    assert list(closed.make(model, [CAPITAL, NEVER], say=told.append)) == []
    assert told == ["left out 2 of 2 items: 2 without a reply that could be graded."]


def test_the_seed_of_declining_keeps_answers_and_declines_the_rest() -> None:
    model = Scripted({CAPITAL.question: ["It is Lima. And so on."]})
    first, second = seed.make(model, [CAPITAL, NEVER])
    assert first["completion"][0]["content"] == "It is Lima. And so on."
    assert grade(Asked(NEVER.question), Response(second["completion"][0]["content"])).move is Move.ABSTAIN


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    item = replace(CAPITAL, twin="other", choices=("Lima", "Cusco"))
    row = closed_row(item, [Candidate("Lima", Move.ANSWER, True, 0.9, False, " I am 90% sure.")])
    path = tmp_path / "deep" / "rows.jsonl"
    assert rows.write(path, [row]) == 1
    (back,) = rows.read(path, "closed")
    assert rows.item_of(back) == item
    assert rows.candidates_of(back) == rows.candidates_of(row)
    assert rows.graded(rows.candidates_of(back)[0], back).confidence == 0.9
    assert [each.name for each in path.parent.iterdir()] == ["rows.jsonl"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ("{", ":1: is not JSON"),
        ("[1]", ":1: expected an object, found list"),
        ('{"prompt": [1]}', ":1: has no calls_for, candidates; rows of kind 'closed' have"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(RequestError, match=message):
        rows.read(path, "closed")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read as JSONL"):
        rows.read(tmp_path / "no.jsonl", "closed")


def test_phrases_are_drawn_by_the_seed() -> None:
    drawn = {declining.phrase(Move.ABSTAIN, Random(k)) for k in range(40)}
    assert drawn == set(declining.PHRASES[Move.ABSTAIN])
