"""One reward: the same number by TRL's way, verl's and the audit's; what cannot be graded is never a number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from knowwhen import suites
from knowwhen.conditions import put
from knowwhen.errors import MissingExtraError, RequestError
from knowwhen.objectives import graded, load
from knowwhen.run import _graded
from knowwhen.training import rewards
from knowwhen.training.rewards import RATES, asking, check_known, judged, said, trl_reward
from knowwhen.training.rows import prompt_of, row_of
from knowwhen.training.verl import compute_score, worst, write_verl
from knowwhen.types import Condition, Move, Response, Stop, Verdict, ask

LIMA = row_of(ask("What is the capital of Peru?", Move.ANSWER, ["Lima"]))
NOWHERE = row_of(ask("What is the capital of Zubrowka?", Move.ABSTAIN))
REPLIES = (
    "Lima.",
    "It is Cusco.",
    "I don't know.",
    "I'm not sure, but I think it's Lima.",
    "<think>Lima or Cusco?</think>Lima.",
    "<think>Lima or",
    "",
    "I'm sorry, but I can't help with that.",
    "Which Peru do you mean?",
)
OBJECTIVES = ("binary", "ternary", "confidence_target(t=0.75)", "brier", "log_score", "mode_routing",
              "missing_premise", "safety")  # fmt: skip


def audited(text: str, row: dict[str, Any], ended: bool = True) -> Any:
    """The reply as an audit grades it."""
    from knowwhen.grading.rules import grade_all
    from knowwhen.models._thinking import split_thinking
    from knowwhen.training.rows import item_of

    thinking, reply = split_thinking(text)
    response = Response(reply.strip(), Stop.END if ended else Stop.LENGTH, thinking=thinking)
    return _graded(grade_all, [(item_of(row), Condition.FREE, response)])[0]


def columns(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A batch as TRL hands it to a reward."""
    return {name: [row[name] for row in rows] for name in rows[0] if name != "prompt"} | more


@pytest.mark.parametrize("name", OBJECTIVES)
def test_one_number_by_trl_s_way_verl_s_and_the_audit_s(name: str) -> None:
    objective = load(name)
    rows = [row for row in (LIMA, NOWHERE) for _ in REPLIES]
    texts = list(REPLIES) * 2
    spoken = [[{"role": "assistant", "content": text}] for text in texts]
    reward = trl_reward(objective)
    by_trl = reward(prompts=[row["prompt"] for row in rows], completions=spoken, completion_ids=None, **columns(rows))
    plain = reward(prompts=[row["prompt"] for row in rows], completions=texts, **columns(rows))
    assert plain == by_trl
    for text, row, value in zip(texts, rows, by_trl, strict=True):
        states = said(text)
        outcome = audited(text, row)
        seen = graded(outcome, confidence=states.confidence, mode=states.mode, formed=states.formed)
        assert objective.reward(seen) == value
        scored = compute_score("knowwhen", text, row["answers"], dict(row), objective=name)
        assert scored["score"] == (worst(objective) if value is None else value)
    assert reward.__name__ == objective.name


def test_the_built_in_suites_own_answers_are_worth_the_most() -> None:
    items = [item for name in ("unknown", "missing_context", "stale") for item in suites.load(name, pairs=6)]
    items = [item for item in items if item.answers or not item.answerable]
    rows = [row_of(item) for item in items]
    texts = [item.answers[0] if item.answerable else "I don't know." for item in items]
    worth = trl_reward("ternary")([row["prompt"] for row in rows], texts, **columns(rows))
    assert worth == [1.0 if item.answerable else 0.0 for item in items]


def test_a_cut_reply_is_graded_as_in_an_audit() -> None:
    texts = ["The capital of", "I don't know. It", "Lima. It lies"]
    for text in texts:
        seen = judged([text], [LIMA], ended=[False])[0]
        outcome = audited(text, LIMA, ended=False)
        assert (seen.move, seen.correct) == (outcome.move, outcome.correct)
    reward = trl_reward("ternary", end_ids=[2])
    prompts, rows = [LIMA["prompt"]] * 2, [LIMA, LIMA]
    texts = ["The capital of"] * 2
    assert reward(prompts, texts, [[5, 6], [5, 2]], **columns(rows)) == [None, -1.0]
    assert reward(prompts, texts, [[5, 6], [5, 6]], **columns(rows, ended=[False, True])) == [None, -1.0]


def test_a_grader_that_fails_gives_no_number_to_that_reply_alone(caplog: pytest.LogCaptureFixture) -> None:
    def fails(asked: Any, responses: Any) -> list[Verdict]:
        if any("Cusco" in r.text for r in responses):
            raise TimeoutError("the judge")
        return [Verdict(Move.ANSWER, True) for _ in responses]

    worth = trl_reward("ternary", grade=fails)([LIMA["prompt"]] * 3, ["Lima", "Cusco", "Lima"], **columns([LIMA] * 3))
    assert worth == [1.0, None, 1.0]
    assert "the judge" in caplog.text
    assert trl_reward("ternary", grade=lambda *_: [])([LIMA["prompt"]], ["Lima"], **columns([LIMA])) == [None]


def test_rates_are_logged_and_completions_kept() -> None:
    told: dict[str, float] = {}
    kept: list[dict[str, Any]] = []
    trl_reward("ternary", keep=kept.extend)(
        [LIMA["prompt"]] * 4,
        ["Lima.", "Cusco.", "I don't know.", ""],
        **columns([LIMA] * 4, log_metric=told.__setitem__, log_extra=lambda *_: None),
    )
    assert told == {f"replies/{name}": 0.25 for name in RATES}
    assert [row["reward"] for row in kept] == [1.0, -1.0, 0.0, None]
    assert kept[0] == {"step": None, "id": LIMA["id"], "text": "Lima.", "move": "answer", "correct": True,
                       "confidence": None, "reward": 1.0}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "confidence", "formed"),
    [
        ("Lima. <confidence>0.7</confidence>", 0.7, True),
        ("Lima. <confidence>70%</confidence>", 0.7, True),
        ("Lima. <confidence> 1 </confidence>", 1.0, True),
        ("Lima. <confidence>very</confidence>", None, False),
        ("Lima. <confidence>0.7", None, False),
        ("<confidence>0.7</confidence> Lima <confidence>0.8</confidence>", None, False),
        ("Lima. I am 70% sure.", 0.7, True),
        ("Lima. My confidence is 0.7.", 0.7, True),
        ("Lima. My confidence is 1.0.", 1.0, True),
        ("Lima.\nConfidence: 0.7", 0.7, True),
        ("Lima. **Confidence:** 85/100", 0.85, True),
        ("I'm about 90 percent confident that it is Lima.", 0.9, True),
        ("Lima, with 10 million people.", None, True),
        ("In 1995 it had 31% of the people.", None, True),
        ("I am 70% sure. No, I am 80% sure.", None, True),
    ],
)
def test_stated_confidence(text: str, confidence: float | None, formed: bool) -> None:
    assert (said(text).confidence, said(text).formed) == (confidence, formed)


def test_marks_are_no_words_of_the_reply() -> None:
    forty_two = row_of(ask("What is 6 times 7?", Move.ANSWER, ["42"]))
    for text in ("42 <confidence>0.7</confidence>", "<short>42</short>", "<short> 42"):
        assert judged([text], [forty_two])[0].correct is True, text


@pytest.mark.parametrize(
    ("text", "opened", "mode", "formed"),
    [
        ("<short>Lima.", False, "short", True),
        ("<short>Lima.</short>", False, "short", True),
        ("<think>Hm.</think>Lima.", False, "think", True),
        ("Lima.", False, None, True),
        ("Lima. <short>", False, None, False),
        ("<think>Hm. Lima.", False, "think", False),
        ("Hm.</think>Lima.", True, None, True),
        ("Hm.</think>Lima.", False, None, True),
        ("Hm. Lima.", True, None, False),
        ("<think>Hm.</think><think>Hm.</think>Lima.", False, "think", False),
    ],
)
def test_modes(text: str, opened: bool, mode: str | None, formed: bool) -> None:
    found = said(text, opened=opened)
    assert (found.mode, found.formed) == (mode, formed)


def test_thoughts_that_the_template_opened_are_no_reply() -> None:
    seen = judged(["Lima or Cusco, I think it is Lima"], [{**LIMA, "opened": True}], ended=[False])
    assert seen[0].move is None


def test_the_words_of_a_stated_payoff_are_not_graded() -> None:
    item = ask("What is the capital of Peru?", Move.ANSWER, ["Lima"])
    asked: list[Any] = []

    def spy(questions: Any, responses: Any) -> list[Verdict]:
        asked.extend(questions)
        return [Verdict(Move.ANSWER, True)]

    stated = {**row_of(item), "prompt": [{"role": m.role, "content": m.content} for m in put(item, Condition.STAKE_75)]}
    judged(["Lima"], [stated], grade=spy)
    assert asked[0].question == item.question
    assert prompt_of(item) != stated["prompt"]


def test_knowledge_is_read_from_the_row() -> None:
    reward = trl_reward("ternary(knowledge=True)")
    rows = [{**LIMA, "known": known} for known in (True, False, None)]
    assert reward([LIMA["prompt"]] * 3, ["I don't know."] * 3, **columns(rows)) == [0.0, 1.0, None]


def test_knowledge_that_no_row_has_is_refused() -> None:
    objective = load("ternary(knowledge=True)")
    with pytest.raises(RequestError, match=r"none of the 2 rows has a `known`.*knowwhen prepare known"):
        check_known(objective, [LIMA, {**NOWHERE, "known": None}])
    check_known(objective, [LIMA, {**NOWHERE, "known": False}])
    check_known(load("ternary"), [LIMA])


def test_a_judge_of_the_reasoning_is_asked_for_and_read() -> None:
    spec = "ternary(reasoning='additive')"
    for refused in (lambda: trl_reward(spec), lambda: compute_score("", "Lima", ["Lima"], LIMA, objective=spec)):
        with pytest.raises(RequestError, match=r"nothing here judges that.*argument `sound`"):
            refused()

    def sound(texts: Any, rows: Any) -> list[bool | None]:
        assert [row["calls_for"] for row in rows] == [["answer"]] * len(rows)
        return [None if "Cusco" in text else "is" in text for text in texts]

    texts = ["<think>It is.</think>Lima.", "Lima.", "Cusco."]
    worth = trl_reward(spec, sound=sound)([LIMA["prompt"]] * 3, texts, **columns([LIMA] * 3))
    assert worth == [1.5, 1.0, None]
    assert compute_score("", texts[0], ["Lima"], LIMA, objective=spec, sound=sound)["score"] == 1.5
    with pytest.raises(RequestError, match="`sound` gave 0 verdicts on 1 completions"):
        judged(["Lima."], [LIMA], sound=lambda *_: [])


@pytest.mark.parametrize(("name", "form"), [("brier", "<confidence>0.7</confidence>"), ("mode_routing", "<short>")])
def test_what_is_to_be_stated_is_asked_for_and_not_graded(name: str, form: str) -> None:
    item = ask("What is the capital of Peru?", Move.ANSWER, ["Lima"])
    stated = {**row_of(item), "prompt": [{"role": m.role, "content": m.content} for m in put(item, Condition.STAKE_75)]}
    for row, condition in ((row_of(item), Condition.FREE), (stated, Condition.STAKE_75)):
        made = asking(row, load(name))
        assert made["prompt"][-1]["content"].startswith(row["prompt"][-1]["content"])
        assert form in made["prompt"][-1]["content"]
        assert asking(made, load(name)) == made  # once
        assert asking(made, load("ternary")) == row
        found, under = rewards._asked(made)
        assert (found.messages, under) == (item.messages, condition)
    assert asking({**LIMA, "prompt": item.question}, load("ternary"))["prompt"] == prompt_of(item)


def test_a_row_without_what_it_calls_for_is_told() -> None:
    with pytest.raises(RequestError, match="has no calls_for"):
        trl_reward("ternary")([LIMA["prompt"]], ["Lima"])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_verl_gets_for_no_verdict_is_the_worst_and_flagged(name: str) -> None:
    found = compute_score("knowwhen", "", LIMA["answers"], dict(LIMA), objective=name)
    objective = load(name)
    assert found["ungraded"] == 1
    seen = [one for row in (LIMA, NOWHERE) for one in judged(REPLIES, [row] * len(REPLIES))]
    worth = [value for one in seen if (value := objective.reward(one)) is not None]
    assert found["score"] == worst(objective) <= min(worth) < max(worth)
    assert found.keys() == compute_score("knowwhen", "Lima", ["Lima"], dict(LIMA), objective=name).keys()
    assert compute_score("knowwhen", "", ["Lima"], dict(LIMA), objective=name, ungraded=-9)["score"] == -9


def test_verl_s_file_is_read_back_to_the_same_scores(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{**LIMA, "known": True}, NOWHERE]
    assert write_verl(tmp_path / "train.parquet", rows) == 2
    table = parquet.read_table(tmp_path / "train.parquet")
    assert table.column_names == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    for row, found in zip(rows, table.to_pylist(), strict=True):
        assert found["prompt"] == row["prompt"]
        for text in REPLIES:
            scored = compute_score(
                found["data_source"], text, found["reward_model"]["ground_truth"], found["extra_info"]
            )
            assert scored == compute_score("", text, row["answers"], row)
    with pytest.raises(RequestError, match="no rows"):
        write_verl(tmp_path / "none.parquet", [])


def test_verl_s_prompts_ask_for_what_the_objective_wants_stated(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_verl(tmp_path / "train.parquet", [LIMA], "brier")
    (found,) = parquet.read_table(tmp_path / "train.parquet").to_pylist()
    assert found["prompt"] == found["extra_info"]["prompt"] == asking(LIMA, load("brier"))["prompt"]
    text = "Lima. <confidence>0.9</confidence>"
    score = compute_score("", text, found["reward_model"]["ground_truth"], found["extra_info"], objective="brier")
    assert score == compute_score("", text, ["Lima"], LIMA, objective="brier")
    with pytest.raises(RequestError, match="has a `known`"):
        write_verl(tmp_path / "none.parquet", [LIMA], "ternary(knowledge=True)")


def test_verl_s_cut_reply_is_known_from_the_caller_alone() -> None:
    assert compute_score("", "The capital of", ["Lima"], LIMA)["wrong"] == 1
    assert compute_score("", "The capital of", ["Lima"], {**LIMA, "ended": False})["ungraded"] == 1


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"knowwhen\[data\]"):
        write_verl(tmp_path / "train.parquet", [LIMA])


def test_rewards_need_no_torch() -> None:
    code = "import sys; import knowwhen.training.rewards; print([m for m in ('torch', 'trl') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
