"""The four kinds of training rows, one JSON object a line, in the columns that TRL reads.

    prompts    prompt [{role, content}], and the item beside: id, calls_for, answers, choices, scenario, known
    closed     the same, and candidates: the closed set of replies, each with its verdict
    pairs      prompt, chosen, rejected      (lists of messages: TRL's conversational preference format)
    examples   prompt, completion            (TRL's conversational prompt-completion format)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowwhen.errors import RequestError
from knowwhen.objectives import Graded
from knowwhen.types import Item, Message, Move

Row = dict[str, Any]

COLUMNS = {
    "prompts": ("prompt", "calls_for"),
    "closed": ("prompt", "calls_for", "candidates"),
    "pairs": ("prompt", "chosen", "rejected"),
    "examples": ("prompt", "completion"),
}
"""Kind of rows → the columns that every row of it has."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reply of a closed answer set, with what a grader said of it."""

    text: str
    move: Move | None
    correct: bool | None = None
    confidence: float | None = None
    """The probability of being right that the text states; None if it states none."""
    ended: bool = True
    """Whether the reply is whole; else it stands for all replies that begin with it."""
    tail: str = ""
    """What is stated behind the text, such as how sure it is: a second choice, made after the text's."""
    share: float | None = None
    """How often the model gave this very reply among the replies of its own in the set; None if it was not drawn."""
    logprob: float | None = None
    """Of the text, nats, under the model that made the set; None if not known."""


def prompt_of(item: Item) -> list[Row]:
    """The conversation in TRL's form."""
    return [{"role": m.role, "content": m.content} for m in item.messages]


def reply(text: str) -> list[Row]:
    """An assistant's turn in TRL's form."""
    return [{"role": "assistant", "content": text}]


def row_of(item: Item, **more: object) -> Row:
    """An item as a row of kind `prompts`, with further columns."""
    return {
        "prompt": prompt_of(item),
        "id": item.id,
        "calls_for": sorted(item.calls_for),
        "answers": list(item.answers),
        "choices": list(item.choices),
        "twin": item.twin,
        "scenario": item.tags.get("scenario", ""),
        **more,
    }


def closed_row(item: Item, candidates: Sequence[Candidate]) -> Row:
    """An item and its closed answer set as a row."""
    listed = [
        {
            "text": c.text,
            "move": c.move,
            "correct": c.correct,
            "confidence": c.confidence,
            "ended": c.ended,
            "tail": c.tail,
            "share": c.share,
            "logprob": c.logprob,
        }
        for c in candidates
    ]
    return row_of(item, candidates=listed)


def item_of(row: Mapping[str, Any]) -> Item:
    """The item of a row of kind `prompts` or `closed`."""
    return Item(
        tuple(Message(m["role"], m["content"]) for m in row["prompt"]),
        frozenset(Move(move) for move in row["calls_for"]),
        tuple(row.get("answers") or ()),
        tuple(row.get("choices") or ()),
        row.get("twin"),
        {"scenario": row.get("scenario") or ""},
        row.get("id") or "",
    )


def candidates_of(row: Mapping[str, Any]) -> list[Candidate]:
    """The closed answer set of a row."""
    return [
        Candidate(
            c["text"],
            None if c.get("move") is None else Move(c["move"]),
            c.get("correct"),
            c.get("confidence"),
            c.get("ended", True),
            c.get("tail", ""),
            c.get("share"),
            c.get("logprob"),
        )
        for c in row["candidates"]
    ]


def graded(candidate: Candidate, row: Mapping[str, Any]) -> Graded:
    """A candidate as a reward sees it."""
    calls_for = frozenset(Move(move) for move in row["calls_for"])
    correct = candidate.correct
    if candidate.move is Move.ANSWER and Move.ANSWER not in calls_for:
        correct = False
    return Graded(candidate.move, correct, calls_for, candidate.confidence, known=row.get("known"))


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSONL, whole or not at all; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part, count = path.with_name(path.name + ".part"), 0
    with part.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    part.replace(path)
    return count


def read(path: Path, kind: str) -> list[Row]:
    """The rows of a JSONL file.

    Raises:
        RequestError: the file cannot be read, has no rows, or a row lacks a column of its kind; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} cannot be read as JSONL: {error}.") from error
    found: list[Row] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise RequestError(f"{path}:{number}: is not JSON: {error}.") from None
        if not isinstance(row, dict):
            raise RequestError(f"{path}:{number}: expected an object, found {type(row).__name__}.")
        if missing := [name for name in COLUMNS[kind] if not row.get(name)]:
            raise RequestError(
                f"{path}:{number}: has no {', '.join(missing)}; rows of kind '{kind}' have "
                f"{', '.join(COLUMNS[kind])}. It has: {', '.join(row) or 'nothing'}."
            )
        if fault := _fault(row, kind):
            raise RequestError(f"{path}:{number}: {fault}.")
        found.append(row)
    if not found:
        raise RequestError(f"{path} holds no rows; expected at least one of kind '{kind}'.")
    return found


def _fault(row: Mapping[str, Any], kind: str) -> str:
    """What is wrong inside a row's columns; empty if nothing is."""
    for name in ("prompt", "completion", "chosen", "rejected"):
        turns = row.get(name) if name in COLUMNS[kind] else None
        if turns is not None and not (
            isinstance(turns, list)
            and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in turns)
            and all(isinstance(turn[part], str) for turn in turns for part in ("role", "content"))
        ):
            return f"its {name} is {_shown(turns)}; expected a list of messages, [{{role, content}}, …]"
    if "calls_for" in COLUMNS[kind] and not (isinstance(row["calls_for"], list) and set(row["calls_for"]) <= set(Move)):
        return f"its calls_for is {_shown(row['calls_for'])}; expected some of {', '.join(Move)}, in a list"
    for candidate in row["candidates"] if kind == "closed" else ():
        if not (isinstance(candidate, dict) and isinstance(candidate.get("text"), str) and candidate["text"].strip()):
            return f"a candidate is {_shown(candidate)}; expected an object with a text"
        if candidate.get("move") not in (None, *Move):
            return f"a candidate's move is {_shown(candidate['move'])}; expected one of {', '.join(Move)}, or null"
    return ""


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"
