"""The core types refuse what would make a wrong figure."""

import math
from dataclasses import FrozenInstanceError

import pytest

from knowwhen.errors import RequestError
from knowwhen.types import DECLINED, Estimate, Generation, Item, Message, Move, Outcome, Response, ask


def test_an_item_is_named_by_its_content():
    one = ask("Capital of Peru?", Move.ANSWER, ["Lima"], tags={"scenario": "x", "domain": "y"})
    same = ask("Capital of Peru?", Move.ANSWER, ["Lima"], tags={"domain": "y", "scenario": "x"}, twin="other")
    assert one.id == same.id
    assert len(one.id) == 16
    changed = [
        ask("Capital of Chile?", Move.ANSWER, ["Lima"], tags=one.tags),
        ask("Capital of Peru?", Move.ABSTAIN, ["Lima"], tags=one.tags),
        ask("Capital of Peru?", Move.ANSWER, ["Lima", "Callao"], tags=one.tags),
        ask("Capital of Peru?", Move.ANSWER, ["Lima"], tags={"scenario": "x"}),
        ask("Capital of Peru?", Move.ANSWER, ["Lima"], tags=one.tags, choices=("Lima", "Oslo")),
        Item((Message("system", "s"), *one.messages), one.calls_for, one.answers, tags=one.tags),
    ]
    assert len({item.id for item in (one, *changed)}) == 7


def test_a_given_id_is_kept():
    assert ask("Why?", Move.ASK, id="mine").id == "mine"


@pytest.mark.parametrize(
    ("messages", "calls_for", "told"),
    [
        ((), {Move.ANSWER}, "last message"),
        ((Message("user", " \n"),), {Move.ANSWER}, "last message"),
        ((Message("user", "Hi"), Message("assistant", "Hello")), {Move.ANSWER}, "last message"),
        ((Message("user", "Hi"),), set(), "calls_for is empty"),
        ((Message("user", "Hi"),), {Move.ANSWER, Move.ASK}, "both answering and declining"),
    ],
)
def test_an_item_that_makes_no_sense_is_refused(messages, calls_for, told):
    with pytest.raises(RequestError, match=told):
        Item(messages, frozenset(calls_for))


def test_an_item_is_answerable_or_calls_for_declining():
    assert ask("Capital of Peru?", Move.ANSWER).answerable
    assert not any(ask("Why?", move).answerable for move in DECLINED)
    assert DECLINED | {Move.ANSWER} == set(Move)


def test_an_item_cannot_be_changed_and_can_be_a_key():
    item = ask("Why?", Move.ASK, tags={"domain": "x"})
    with pytest.raises(FrozenInstanceError):
        item.id = "other"
    assert {item: 1}[item] == 1


def test_an_outcome_says_whether_it_was_graded_and_whether_it_declined():
    item, reply = ask("Why?", Move.ASK), Response("…")
    assert not Outcome(item, reply, None, why="timeout").graded
    assert not Outcome(item, reply, None, why="timeout").declined
    assert [move for move in Move if Outcome(item, reply, move).declined] == [Move.ABSTAIN, Move.REFUSE, Move.ASK]


@pytest.mark.parametrize("move", [None, Move.ABSTAIN, Move.REFUSE, Move.ASK])
@pytest.mark.parametrize("correct", [True, False])
def test_only_an_answer_can_be_right_or_wrong(move, correct):
    with pytest.raises(ValueError, match="needs move=answer"):
        Outcome(ask("Capital of Peru?", Move.ANSWER, ["Lima"]), Response(""), move, correct)


def test_an_answer_to_what_should_be_declined_cannot_be_right():
    with pytest.raises(ValueError, match="cannot be right"):
        Outcome(ask("Who wins in 2190?", Move.ABSTAIN), Response("Me."), Move.ANSWER, True)


def test_no_observations_is_nan_and_never_a_number():
    assert math.isnan(Estimate.none().value)
    with pytest.raises(ValueError, match="must be NaN"):
        Estimate(0.0, 0.0, 0.0, 0)


@pytest.mark.parametrize("wrong", [{"max_tokens": 0}, {"samples": -1}, {"temperature": 0}, {"temperature": math.nan}])
def test_a_generation_that_cannot_be_is_refused(wrong):
    with pytest.raises(RequestError, match="expected max_tokens"):
        Generation(**wrong)
