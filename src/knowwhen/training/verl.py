"""What verl takes: its reward function, with the number that TRL and the audit give, and its Parquet file.

For ``reward.custom_reward_function.path=…/knowwhen/training/verl.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

from knowwhen.errors import MissingExtraError, RequestError
from knowwhen.objectives import Graded, Objective, load
from knowwhen.run import Grade
from knowwhen.training.rewards import FACTS, Sound, asking, check_known, check_sound, judged, listed, rates
from knowwhen.training.rows import Row
from knowwhen.types import DECLINED, Move


def compute_score(
    data_source: str,  # noqa: ARG001  # verl's signature
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    objective: str = "ternary",
    ungraded: float | None = None,
    grade: Grade | None = None,
    sound: Sound | None = None,
    **_: object,
) -> dict[str, float]:
    """verl's reward function.

    verl wants a number for every completion. One of which nothing can be said (empty, not gradable) gets the worst that
    the objective gives any reply (`worst`), not 0, which under a ternary payoff would be the reward of declining, and
    not NaN, which would spoil its whole group: nothing can be gained by being unreadable, and what it costs is bounded.
    Its `ungraded` is 1, so that a run shows how often that happens. TRL's way leaves such completions out instead.

    verl does not say whether a completion was cut off at the response length, so one that was is graded as if it were
    whole, mostly as a wrong answer. Keep data.max_response_length high enough that verl's response_length/clip_ratio
    stays near 0, or call this from a reward manager of your own that sets ``extra_info["ended"]``: whether the
    response's last token is the end of the turn.

    Args:
        ground_truth: the accepted answers, as `write_verl` writes them (a list, or one answer).
        extra_info: the row's other facts: prompt, calls_for, choices, known …; and `ended`, which only a caller of your
            own can give.
        objective: specification of the objective (verl: ``reward_kwargs.objective``).
        ungraded: what a completion of which nothing can be said gets; None: the worst.
        sound: as for `trl_reward`; only a function of your own that calls this one can give it.

    Raises:
        RequestError: as `judged` and `trl_reward`.

    Returns:
        score, and right, wrong, declined, ungraded as 0 or 1: the same keys for each completion, as verl needs.
    """
    facts = dict(extra_info or {})
    if ground_truth is not None:
        facts["answers"] = [ground_truth] if isinstance(ground_truth, str) else list(ground_truth)
    wanted, ended = load(objective), facts.get("ended")
    check_sound(wanted, sound)
    seen = judged([solution_str], [facts], grade=grade, ended=None if ended is None else [bool(ended)], sound=sound)
    value = wanted.reward(seen[0])
    if value is None:
        value = worst(wanted) if ungraded is None else ungraded
    return {"score": float(value), **rates(seen)}


def worst(objective: Objective) -> float:
    """The lowest number that an objective gives any reply."""
    both = (True, False)
    seen = [
        Graded(move, correct if move is Move.ANSWER else None, side, sure, "short", formed, known, sound)
        for move, correct, side, sure, formed, known, sound in product(
            Move, both, (frozenset({Move.ANSWER}), DECLINED), (0.0, 1.0, None), both, both, both
        )
    ]
    return min(value for one in seen if (value := objective.reward(one)) is not None)


def write_verl(path: Path, rows: Iterable[Mapping[str, Any]], objective: Objective | str = "ternary") -> int:
    """Write rows of kind `prompts` as the Parquet file that verl trains on; returns how many.

    Columns: data_source, prompt, ability, reward_model {style, ground_truth: the accepted answers}, extra_info (what
    `compute_score` reads of a question).

    Args:
        objective: what the file is for, an objective or its specification: where that wants a confidence or a mode
            stated, the prompts ask for it (`asking`).

    Raises:
        MissingExtraError: pyarrow is not installed.
        RequestError: there are no rows, or none has the `known` that the objective reads.
    """
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingExtraError("Writing Parquet for verl", "data") from None
    wanted = load(objective) if isinstance(objective, str) else objective
    found = [asking(row, wanted) for row in rows]
    made = [_verl_row(row, number) for number, row in enumerate(found)]
    if not made:
        raise RequestError(f"There are no rows to write to {path}; expected at least one of kind 'prompts'.")
    check_known(wanted, found)
    words, text = arrow.list_(arrow.string()), arrow.string()
    turns = arrow.list_(arrow.struct({"role": text, "content": text}))
    facts = {
        "index": arrow.int64(), "prompt": turns, "calls_for": words, "answers": words, "choices": words, "twin": text,
        "scenario": text, "known": arrow.bool_(), "id": text,
    }  # fmt: skip
    schema = arrow.schema({
        "data_source": text,
        "prompt": turns,
        "ability": text,
        "reward_model": arrow.struct({"style": text, "ground_truth": words}),
        "extra_info": arrow.struct(facts),
    })
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    parquet.write_table(arrow.Table.from_pylist(made, schema=schema), part)
    part.replace(path)
    return len(made)


def _verl_row(row: Mapping[str, Any], number: int) -> Row:
    turns = row["prompt"]
    return {
        "data_source": "knowwhen",
        "prompt": turns,
        "ability": row.get("scenario") or "judgement",
        "reward_model": {"style": "rule", "ground_truth": listed(row, "answers")},
        "extra_info": {
            "index": number,
            **{name: row.get(name) for name in FACTS},
            "prompt": turns,
            "answers": listed(row, "answers"),
            "choices": listed(row, "choices"),
        },
    }
