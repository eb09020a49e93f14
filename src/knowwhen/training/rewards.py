"""One reward for every trainer: what TRL calls, what verl calls, and what the audit counts are the same number.

    texts, rows ──the audit's own grading──▶ Outcome ──what the reply states──▶ Graded ──objective──▶ number or None

A reply is graded by the very functions that an audit uses, so a reward is `objective.reward(graded(outcome))` of the
outcome that an audit of the same reply would store. What stands in marks (``<confidence>…</confidence>``, ``<short>``)
is read and then left out of what is graded: a number in it is no answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from knowwhen.conditions import told
from knowwhen.errors import RequestError
from knowwhen.objectives import Graded, Objective, graded, load
from knowwhen.run import Grade, _graded
from knowwhen.training._said import Said, requested, said, unrequested
from knowwhen.training.rows import Row, item_of
from knowwhen.types import Condition, Item, Outcome, Response, Stop

RATES = ("right", "wrong", "declined", "ungraded")
"""What is counted of a batch's replies. An answer whose rightness cannot be told is in none of them."""
FACTS = ("prompt", "calls_for", "answers", "choices", "twin", "scenario", "known", "id")
"""The columns of a row that a reward reads."""

Sound = Callable[[Sequence[str], Sequence[Mapping[str, Any]]], Sequence[bool | None]]
"""Judges the reasoning of completions, given their rows: sound or not, None where the judge failed."""

_log = logging.getLogger(__name__)


def check_known(objective: Objective, rows: Sequence[Mapping[str, Any]]) -> None:
    """Whether the rows say what the model knows, where the objective pays by it.

    Raises:
        RequestError: none does, so that every reward would be None; says how to get it.
    """
    if "known" in objective.needs and all(row.get("known") is None for row in rows):
        raise RequestError(
            f"{objective.name} pays by what the model knows, and none of the {len(rows)} rows has a `known`. Make rows "
            "that have it: knowwhen prepare known MODEL --out FILE; they are for --trainer grpo."
        )


def check_sound(objective: Objective, sound: Sound | None) -> None:
    """Whether something judges the reasoning, where the objective pays by it.

    Raises:
        RequestError: nothing does, so that every reward would be None; says how to get it.
    """
    if "sound" in objective.needs and sound is None:
        raise RequestError(
            f"{objective.name} pays by whether the reasoning is sound, and nothing here judges that. Give a judge from "
            "code of your own: the argument `sound` of knowwhen.training.rewards.trl_reward or of the trainer grpo, a "
            "function of texts and rows that gives True, False or None for each."
        )


def asking(row: Mapping[str, Any], objective: Objective) -> Row:
    """The row with the request for what the objective wants stated behind its question; it is left out of what is
    graded."""
    *turns, last = _turns(row["prompt"])
    return {**row, "prompt": [*turns, {**last, "content": requested(last["content"], objective.states)}]}


def _turns(prompt: Any) -> list[Row]:
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(turn) for turn in prompt]


def judged(
    texts: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    grade: Grade | None = None,
    ended: Sequence[bool] | None = None,
    sound: Sound | None = None,
) -> list[Graded]:
    """Completions as a reward sees them, one for each text and its row.

    A grader that fails on a reply gives `Graded(None)`: no number comes of it.

    Args:
        texts: completions, with their thinking.
        rows: of kind `prompts`; with `opened` true, the chat template had opened the thinking part.
        grade: the grader; None: the default rules.
        ended: whether each completion is whole; one that was cut off is graded as an audit grades it, by its finished
            sentences or not at all. None: all are.
        sound: what judges the reasoning of completions; None: it is not judged.

    Raises:
        RequestError: a row without a prompt or without what it calls for, or a judge that does not give one verdict a
            completion.
    """
    if grade is None:
        from knowwhen.grading.rules import grade_all

        grade = grade_all
    whole = [True] * len(texts) if ended is None else list(ended)
    asked: list[tuple[Item, Condition, Response]] = []
    states: list[Said] = []
    for text, row, end in zip(texts, rows, whole, strict=True):
        found = said(text, opened=bool(row.get("opened")))
        stop = Stop.END if end else Stop.LENGTH
        asked.append((*_asked(row), Response(found.reply.strip(), stop, thinking=found.thinking)))
        states.append(found)
    reasons = [None] * len(texts) if sound is None else list(sound(texts, rows))
    if len(reasons) != len(texts):
        raise RequestError(f"`sound` gave {len(reasons)} verdicts on {len(texts)} completions; expected one on each.")
    return [
        graded(outcome, confidence=s.confidence, mode=s.mode, formed=s.formed, known=row.get("known"), sound=reason)
        for outcome, s, row, reason in zip(_outcomes(grade, asked), states, rows, reasons, strict=True)
    ]


def _asked(row: Mapping[str, Any]) -> tuple[Item, Condition]:
    """The item of a row, without the words that ask to state something, and those of the condition under which it was
    put."""
    if missing := [name for name in ("prompt", "calls_for") if row.get(name) is None or not len(row[name])]:
        raise RequestError(
            f"A row has no {' and no '.join(missing)}; a reward needs to know what was asked and what it calls for. "
            f"It has: {', '.join(row) or 'nothing'}. Rows of kind 'prompts' have both."
        )
    *turns, last = _turns(row["prompt"])
    turns.append({**last, "content": unrequested(last["content"])})
    item = item_of({**row, "prompt": turns, "answers": listed(row, "answers"), "choices": listed(row, "choices")})
    messages, condition = told(item.messages)
    return replace(item, messages=messages), condition


def listed(row: Mapping[str, Any], name: str) -> list[str]:
    """A column of words; readers of Parquet give None, lists, or arrays."""
    return [] if row.get(name) is None else [str(word) for word in row[name]]


def _outcomes(grade: Grade, asked: Sequence[tuple[Item, Condition, Response]]) -> list[Outcome]:
    """The audit's outcomes. Where the grader fails on the whole, each reply is tried alone."""
    try:
        found = _graded(grade, asked)
        if len(found) == len(asked):
            return found
    except Exception as error:  # a grader may be anybody's code, or a server
        if len(asked) == 1:
            _log.warning("The grader failed, so a completion has no reward: %r", error)
            return [_ungraded(*asked[0], why=f"grader: {type(error).__name__}")]
    return [outcome for one in asked for outcome in _outcomes(grade, [one])]


def _ungraded(item: Item, condition: Condition, response: Response, why: str) -> Outcome:
    return Outcome(item, response, None, None, why, condition)


def rates(seen: Sequence[Graded]) -> dict[str, float]:
    """Shares of the replies: right, wrong, declined, ungraded. NaN for none."""
    named = [_kind(one) for one in seen]
    return {name: named.count(name) / len(named) if named else float("nan") for name in RATES}


def _kind(seen: Graded) -> str:
    if seen.move is None:
        return "ungraded"
    return "declined" if seen.declined else {True: "right", False: "wrong", None: "open"}[seen.right]


def trl_reward(
    objective: Objective | str,
    *,
    grade: Grade | None = None,
    end_ids: Iterable[int] = (),
    keep: Callable[[list[Row]], None] | None = None,
    sound: Sound | None = None,
) -> Callable[..., list[float | None]]:
    """The reward function that TRL's trainers call: None where nothing can be said, which TRL leaves out.

    Columns that it reads, beside those of the rows: `ended` and `opened` (`judged`), and `said`, the text that an audit
    would grade where that is not the decoded completion. knowwhen's own rollouts give all three.

    Args:
        objective: an objective, or its specification.
        grade: the grader; None: the default rules.
        end_ids: the tokens that end a reply, so that completions that were cut off are known where no column says.
        keep: gets one row for each completion: step, id, text, move, correct, confidence, reward.
        sound: what judges the reasoning, for an objective that pays by it.

    Raises:
        RequestError: the objective pays by the reasoning, and nothing judges it.
    """
    wanted = load(objective) if isinstance(objective, str) else objective
    check_sound(wanted, sound)
    ends = frozenset(end_ids)

    def reward(
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        texts = columns.get("said") or [_text(completion) for completion in completions]
        ended = columns.get("ended")
        if ended is None and ends and completion_ids is not None:
            ended = [bool(len(ids)) and ids[-1] in ends for ids in completion_ids]
        names = [name for name in (*FACTS, "opened") if name != "prompt" and isinstance(columns.get(name), list)]
        rows = [{"prompt": prompt, **{name: columns[name][k] for name in names}} for k, prompt in enumerate(prompts)]
        seen = judged(texts, rows, grade=grade, ended=ended, sound=sound)
        worth = [wanted.reward(one) for one in seen]
        if tell := columns.get("log_metric"):
            for name, share in rates(seen).items():
                tell(f"replies/{name}", share)
        if keep is not None:
            step = getattr(columns.get("trainer_state"), "global_step", None)
            keep([
                {
                    "step": step, "id": row.get("id", ""), "text": text, "move": one.move, "correct": one.correct,
                    "confidence": one.confidence, "reward": value,
                }
                for row, text, one, value in zip(rows, texts, seen, worth, strict=True)
            ])  # fmt: skip
        return worth

    reward.__name__ = wanted.name
    return reward


def _text(completion: Any) -> str:
    """A completion's text: a string, or messages of which the last is the assistant's."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
