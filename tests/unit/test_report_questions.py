from __future__ import annotations

import json
import runpy
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.report import questions
from knowwhen.types import Condition, Move, Outcome, Response, Stop, ask

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))

ANSWERABLE = ask("Capital of Peru?", Move.ANSWER, ["Lima"])
UNKNOWABLE = ask("Who wins in 2090?", frozenset({Move.ABSTAIN, Move.ASK}))


@pytest.mark.parametrize(
    ("item", "move", "correct", "expected"),
    [
        (ANSWERABLE, Move.ANSWER, True, "right"),
        (ANSWERABLE, Move.ANSWER, False, "wrong"),
        (ANSWERABLE, Move.ANSWER, None, "unchecked"),
        (ANSWERABLE, Move.ABSTAIN, None, "should_answer"),
        (ANSWERABLE, Move.REFUSE, None, "should_answer"),
        (ANSWERABLE, None, None, "ungraded"),
        (UNKNOWABLE, Move.ANSWER, False, "should_decline"),
        (UNKNOWABLE, Move.ANSWER, None, "should_decline"),
        (UNKNOWABLE, Move.ABSTAIN, None, "right"),
        (UNKNOWABLE, Move.ASK, None, "right"),
        (UNKNOWABLE, Move.REFUSE, None, "other_move"),
        (UNKNOWABLE, None, None, "ungraded"),
    ],
)
def test_how_a_reply_ended(item, move, correct, expected) -> None:
    assert questions.result(Outcome(item, Response("x"), move, correct)) == expected
    assert expected in questions.RESULTS


def test_the_table_counts_moves_as_the_signature_does() -> None:
    outcomes = SAMPLE["outcomes"]()
    rows = questions.data(outcomes)["rows"]
    counted = Counter((row["called"], row["done"]) for row in rows if row["condition"] == "free")
    moves = SAMPLE["signature"](outcomes)["moves"]
    assert {(called, done): n for called, row in moves.items() for done, n in row.items() if n} == dict(counted)


def test_an_item_asked_twice_is_told_once_and_twins_share_a_number() -> None:
    outcomes = SAMPLE["outcomes"]()
    found = questions.data(outcomes)
    assert len(found["items"]) == len({outcome.item.id for outcome in outcomes})
    assert len(found["rows"]) == len(outcomes)
    for outcome, row in zip(outcomes, found["rows"], strict=True):
        assert found["items"][row["item"]]["question"] == outcome.item.question
    by_id = {item["id"]: item["pair"] for item in found["items"]}
    assert all(by_id[outcome.item.id] == by_id[outcome.item.twin] for outcome in outcomes)
    assert len(set(by_id.values())) == len(by_id) / 2


def test_an_item_without_twin_or_scenario_is_told_all_the_same() -> None:
    item = questions.data([Outcome(ANSWERABLE, Response("Lima"), Move.ANSWER, True)])["items"][0]
    assert (item["pair"], item["scenario"], item["accepts"]) == (None, "(none)", ["Lima"])


@pytest.mark.parametrize(
    ("response", "stop"),
    [(Response("x"), None), (Response("x", Stop.LENGTH), "cut off at the token limit"),
     (Response("", Stop.ERROR, cause="timeout"), "no reply")],
)  # fmt: skip
def test_a_row_says_why_a_reply_stopped_short(response: Response, stop: str | None) -> None:
    outcome = Outcome(ANSWERABLE, response, None, why="timeout", condition=Condition.FORCED)
    assert questions.data([outcome])["rows"][0].get("stop") == stop


@given(st.dictionaries(st.text(), st.lists(st.text() | st.integers() | st.none())))
def test_inline_json_reads_back_and_cannot_end_its_script(value: object) -> None:
    text = questions.inline_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029\x00\r\n") & set(text)
