"""Sampled completions, each rewarded by the objective, against the mean of their group: GRPO on TRL's GRPOTrainer.

The completions come from knowwhen's own engine on the weights under training, and those of one prompt share its forward
and backward pass. The defaults (no division by the group's spread, a constant normaliser) make the gradient that of the
expected reward, so that the threshold that an objective declares is the one that is trained. On several GPUs start the
same command by ``accelerate launch``: questions are split over the processes, gradients averaged, process 0 writes.

Source: Shao et al. 2024 (arXiv 2402.03300); without bias: Liu et al. 2025 (arXiv 2503.20783); with a reward for
declining: TruthRL (arXiv 2509.25760), §3; the decoupled loss of mode tokens: Thinkless (arXiv 2505.13379), §3.3.
Cost: `generations` sampled replies a question, then one forward and backward pass over their tokens.
Fails when: declining is never sampled, or every reply of a question earns the same: then nothing is learned from it.
Seed declining by examples first (`sft`), and look at the note of each step.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import datasets
from accelerate import PartialState
from trl.trainer.grpo_config import GRPOConfig

from knowwhen.errors import ModelError, RequestError
from knowwhen.models._engine import Engine
from knowwhen.models.local import _end_ids, _memory
from knowwhen.objectives import Objective, load
from knowwhen.run import Grade
from knowwhen.training import _adapter, _rollouts, _trl
from knowwhen.training._grpo import DIFFER, SharedGRPO, lead
from knowwhen.training._plan import Plan, Tell, settings
from knowwhen.training._said import REQUESTS
from knowwhen.training.rewards import FACTS, Sound, asking, check_known, check_sound, trl_reward
from knowwhen.training.rows import Row

READS = "prompts"
DEFAULTS: dict[str, object] = {
    "steps": 50,
    "batch": 4,
    "learning_rate": 1e-4,
    "generations": 8,
    "max_completion_length": 64,
    "temperature": 1.0,
    "loss_type": "dr_grpo",
    "scale_rewards": "none",
    "mode_alpha": 0.0,
    "prompts_at_once": 1,
    "shared": True,
    "trl": {},
}
"""generations: replies a question; loss_type and scale_rewards: as in TRL's GRPOConfig; mode_alpha: above 0 the
decoupled loss with that weight of the token that chooses the mode (0.001 in the paper); prompts_at_once: questions
of one forward and backward pass, each with all its replies, which must divide the batch; shared: whether replies share
their prompt's pass; trl: further settings of GRPOConfig, such as {"use_vllm": True}, under which vLLM draws the
completions."""

COMPLETIONS = "completions.jsonl"


def train(
    plan: Plan, rows: list[Row], tell: Tell, *, grade: Grade | None = None, sound: Sound | None = None
) -> Path:
    """Train on prompts by sampled completions and write the adapter folder; completions.jsonl keeps what was sampled.

    Args:
        grade: the grader; None: the default rules.
        sound: what judges the reasoning, for an objective that pays by it.

    Raises:
        RequestError: an option that is not known or does not fit, no rows, a prompt that is too long, or an objective
            that reads what nothing gives.
        ModelError: the loss is no number, memory ran out, the engine cannot run the model, or no reply of the whole run
            had a reward.
    """
    options, objective = settings(plan, DEFAULTS), load(plan.objective)
    if not rows:
        raise RequestError("There are no prompts to train on; expected at least one row of kind 'prompts'.")
    check_known(objective, rows)
    check_sound(objective, sound)
    rows = [asking(row, objective) for row in rows]
    PartialState()  # each process of many takes its own device before the weights are loaded
    base = _adapter.open_base(plan)
    _rollouts.check_lengths(base, rows, int(options["max_completion_length"]))
    with _trl.quiet(), _quiet():
        keep = _keeper(plan, _trl.newest(plan))
        trainer = trainer_of(plan, base, rows, options, objective, grade=grade, keep=keep, tell=tell, sound=sound)
        _trl.fit(trainer, plan)
    steps = _adapter.steps(plan.out) if trainer.is_world_process_zero() else []
    if steps and all("reward" not in step for step in steps):
        raise ModelError(
            "No reply of the whole run had a reward, so nothing was learned and no adapter is written. What was "
            f"sampled is in {plan.out / COMPLETIONS}: if it was cut off, raise max_completion_length; else look at "
            "the grader."
        )
    shown = steps[-1] if steps else {}
    figures = {"prompts": len(rows), "replies a prompt": options["generations"]} | {
        name: round(shown[name], 4) for name in ("reward", "right", "wrong", "declined") if name in shown
    }
    return _trl.ended(base, plan, trainer, figures, (), REQUESTS.get(objective.states, ""))


def trainer_of(
    plan: Plan,
    base: _adapter.Base,
    rows: Sequence[Row],
    options: Mapping[str, Any],
    objective: Objective,
    *,
    tell: Tell,
    grade: Grade | None = None,
    keep: Callable[[list[Row]], None] | None = None,
    sound: Sound | None = None,
) -> SharedGRPO:
    """TRL's trainer with our reward, our rollouts and our log-probabilities."""
    args = _settings(plan, base, options)
    engine = Engine(base.inner, _end_ids(base.inner, base.tokenizer), _room(base))
    draw = _rollouts.rollouts(
        base,
        engine,
        max_tokens=int(options["max_completion_length"]),
        temperature=float(options["temperature"]),
        seed=plan.seed,
    )
    return SharedGRPO(
        model=base.model,
        reward_funcs=trl_reward(objective, grade=grade, end_ids=engine.end_ids, keep=keep, sound=sound),
        args=args,
        train_dataset=datasets.Dataset.from_list(ordered(rows, plan)),
        processing_class=base.tokenizer,
        callbacks=[_trl.Telling(plan, tell, read)],
        rollout_func=None if args.use_vllm else draw,
        mode_alpha=float(options["mode_alpha"]) or None,
        lead=lead(*(base.talk.reply(mark) for mark in ("<short>", "<think>"))),
        shared=bool(options["shared"]),
    )


def _settings(plan: Plan, base: _adapter.Base, options: Mapping[str, Any]) -> GRPOConfig:
    count, alpha = int(options["generations"]), float(options["mode_alpha"])
    if count < 2 or alpha < 0 or not float(options["temperature"]) > 0:
        raise RequestError(
            f"generations={count}, mode_alpha={alpha}, temperature={options['temperature']}: expected at least 2 "
            "replies a question, a weight of at least 0, a temperature above 0."
        )
    if alpha and (options["loss_type"], options["scale_rewards"]) not in {("dr_grpo", "none"), ("grpo", "none")}:
        raise RequestError(
            f"The decoupled loss (mode_alpha={alpha}) has a form of its own; leave loss_type and scale_rewards as they "
            f"are (found {options['loss_type']!r}, {options['scale_rewards']!r})."
        )
    at_once = int(options["prompts_at_once"]) * count
    try:
        return _trl.arguments(
            GRPOConfig,
            plan,
            base,
            rows_at_once=int(options["prompts_at_once"]),
            **{
                "per_device_train_batch_size": at_once,
                "num_generations": count,
                "max_completion_length": int(options["max_completion_length"]),
                "temperature": float(options["temperature"]),
                "loss_type": "grpo" if alpha else str(options["loss_type"]),
                "scale_rewards": str(options["scale_rewards"]),
                "beta": plan.kl,
                "disable_dropout": True,
                "gradient_checkpointing": False,
                "ddp_find_unused_parameters": False,
                "shuffle_dataset": False,  # `ordered` has done it, in a way that a resumed run repeats
                **options["trl"],
            },
        )
    except (TypeError, ValueError) as error:
        raise RequestError(f"TRL does not take these settings of GRPO: {error}") from error


def ordered(rows: Sequence[Row], plan: Plan) -> list[Row]:
    """The questions of all steps in order, shuffled anew each time they are used up, with the columns that are read.

    A step has no question twice, if there are as many: on several processes both would draw the same samples for it.
    """
    rng, picked = Random(f"grpo {plan.seed}"), list[int]()
    names = [name for name in FACTS if any(name in row for row in rows)]
    while len(picked) < plan.steps * plan.batch:
        begun = set(picked[len(picked) - len(picked) % plan.batch :])
        picked += sorted(rng.sample(range(len(rows)), len(rows)), key=begun.__contains__)
    found = []
    for row in (rows[k] for k in picked[: plan.steps * plan.batch]):
        turns = row["prompt"]
        asked = [{"role": "user", "content": turns}] if isinstance(turns, str) else turns
        found.append({**{name: row.get(name) for name in names}, "prompt": asked})
    return found


def read(logs: Mapping[str, Any]) -> dict[str, Any]:
    """A step's fields from what TRL logs, and a note where nothing could be learned from it."""
    found = {name: logs.get(f"replies/{name}") for name in ("right", "wrong", "declined")}
    found |= {"reward": logs.get("reward"), "kl": logs.get("kl")}
    fields: dict[str, Any] = {name: float(value) for name, value in found.items() if value is not None}
    return {**fields, "note": _note(logs)}


def _note(logs: Mapping[str, Any]) -> str:
    ungraded = float(logs.get("replies/ungraded") or 0.0)
    if logs.get("reward") is None:  # TRL's word for none at all
        cut = "; none could be graded: raise max_completion_length if they were cut off" if ungraded == 1 else ""
        return f"no reply has a reward, so nothing was learned{cut}"
    if logs.get(DIFFER) == 0:
        same = "the replies of each question earned the same" + (", as far as they have a reward" if ungraded else "")
        return f"{'every reply declined' if logs.get('replies/declined') == 1 else same}, so nothing was learned"
    return f"{ungraded:.0%} of the replies could not be graded and were left out" if ungraded > 0 else ""


def _keeper(plan: Plan, start: Path | None) -> Callable[[list[Row]], None]:
    """Appends completions to completions.jsonl (process k of many: completions-k.jsonl).

    What an interrupted run had sampled after the checkpoint from which it goes on is taken out first.
    """
    rank = int(os.environ.get("RANK", "0"))
    path = plan.out / (COMPLETIONS if not rank else f"completions-{rank}.jsonl")
    plan.out.mkdir(parents=True, exist_ok=True)
    done = 0 if start is None else int(start.name.rpartition("-")[2])
    if path.exists():
        kept = [line for line in path.read_text(encoding="utf-8").splitlines() if _step(line) < done]
        path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def keep(made: list[Row]) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in made)

    return keep


def _step(line: str) -> float:
    """The steps that were done when a completion was sampled; a line that a kill cut counts as never."""
    try:
        return float(json.loads(line)["step"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return float("inf")


def _room(base: _adapter.Base) -> int:
    """Bytes for the engine: little on a processor, a third of what an audit takes on a GPU; training needs the rest."""
    device = base.model.device
    return _rollouts.MEMORY if device.type == "cpu" else _memory(device) // 3


@contextmanager
def _quiet() -> Iterator[None]:
    """Without TRL's word that rollout functions are experimental, and its page of text for each unrewarded reply."""
    told = logging.getLogger("trl.trainer.grpo_trainer")
    level = told.level
    told.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*rollout_func.*")
        yield
    told.setLevel(level)
