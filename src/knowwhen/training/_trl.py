"""What the trainers on TRL share: its arguments from a plan, steps told, checkpoints resumed, plain endings.

TRL's trainer classes stay as they are; all that is ours comes in by their arguments, their data and a callback.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import datasets
import torch
import transformers
from transformers import PrinterCallback, TrainerCallback

from knowwhen.errors import RequestError, RunError
from knowwhen.models._dialogue import lay_out
from knowwhen.training import _adapter
from knowwhen.training._adapter import Base
from knowwhen.training._plan import Plan, Step, Tell
from knowwhen.training.rows import Row
from knowwhen.types import Message

WHOLE = "whole"
"""The file that a checkpoint gets last; one without it was cut by a kill."""

Config = TypeVar("Config")
Read = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From what TRL logs of a step to further fields of `Step`."""


def without_kl(plan: Plan, instead: str) -> None:
    """Refuse a KL weight where the trainer has no use for one.

    Raises:
        RequestError: says what to do instead.
    """
    if plan.kl:
        raise RequestError(f"kl={plan.kl:g}: '{plan.trainer}' takes no KL weight; {instead}.")


def checkpoints(plan: Plan) -> Path:
    """Where a run's checkpoints lie: apart from those of any other plan for the same folder."""
    return plan.out / "checkpoints" / plan.fingerprint[:16]


def arguments(
    config: Callable[..., Config], plan: Plan, base: Base, *, rows_at_once: int = 0, **more: object
) -> Config:
    """TRL's arguments for a plan; `more` goes before what is set here.

    Args:
        config: SFTConfig, DPOConfig, GRPOConfig.
        rows_at_once: rows of one forward and backward pass, which must divide the batch; 0: the whole batch.

    Raises:
        RequestError: the batch does not split evenly over passes and processes.
    """
    integrations: Any = transformers.integrations
    known = {*integrations.get_available_reporting_integrations(), "all", "none"}
    if missing := [name for name in plan.report_to if name not in known]:
        raise RequestError(
            f"--report-to {', '.join(missing)}: not known to transformers, or not installed. Here it can be "
            f"{', '.join(sorted(known))}."
        )
    on_cpu = base.model.device.type == "cpu"
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    at_once = rows_at_once or max(1, plan.batch // processes)
    if plan.batch % (at_once * processes):
        raise RequestError(
            f"A batch of {plan.batch} does not split into passes of {at_once} on {processes} processes; choose numbers "
            "that divide it."
        )
    chosen: dict[str, object] = {
        "output_dir": str(checkpoints(plan)),
        "max_steps": plan.steps,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": plan.batch // (at_once * processes),
        "learning_rate": plan.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": 0,  # transformers' first warm-up step has rate 0: of a short run it would be a waste
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "seed": plan.seed,
        "data_seed": plan.seed,
        "use_cpu": on_cpu,
        "bf16": not on_cpu and base.inner.dtype == torch.bfloat16,
        "activation_checkpointing": False,
        "dataloader_pin_memory": not on_cpu,
        "save_strategy": "steps",
        "save_steps": plan.save_every,
        # Two, so that a kill while one is written leaves the one before.
        "save_total_limit": 2,
        "logging_steps": 1,
        # Else the Trainer shows the mean of the steps before in place of a loss that is no number.
        "logging_nan_inf_filter": False,
        "report_to": plan.trackers or "none",
        "run_name": plan.out.name,
        "disable_tqdm": True,
    }
    return config(**{**chosen, **more})


def conversations(base: Base, rows: Sequence[Row], columns: Sequence[str]) -> datasets.Dataset:
    """Rows as a data set in the layout in which the model is asked: chats, or ``Question: … Answer:`` without them.

    Args:
        columns: the prompt first, then what is replied to it.
    """
    prompt, *replies = columns
    made = []
    for row in rows:
        if base.talk.chat:
            made.append({prompt: _accepted(base, row[prompt]), **{name: row[name] for name in replies}})
        else:
            asked = lay_out([Message(turn["role"], turn["content"]) for turn in row[prompt]])
            made.append({prompt: asked, **{name: f" {row[name][-1]['content']}" for name in replies}})
    return datasets.Dataset.from_list(made)


def _accepted(base: Base, turns: Sequence[Row]) -> list[Row]:
    """The turns, a system message put into the first question where the chat template knows none."""
    listed = [dict(turn) for turn in turns]
    if listed[0]["role"] == "system" and len(listed) > 1:
        try:
            base.tokenizer.apply_chat_template(listed, tokenize=False, add_generation_prompt=True)
        except Exception:  # a template may raise anything; `Dialogue.rendered` does the same when it asks
            system, first, *rest = listed
            return [{"role": first["role"], "content": f"{system['content']}\n\n{first['content']}"}, *rest]
    return listed


class Telling(TrainerCallback):
    """Tells every step and writes it to the log, stops at a loss that is no number, marks whole checkpoints."""

    def __init__(self, plan: Plan, tell: Tell, read: Read = lambda _: {}) -> None:
        self.plan, self.tell, self.read = plan, tell, read

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self.started, self.begun = time.monotonic(), int(state.global_step)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any  # noqa: ARG002
    ) -> None:
        if not logs or "loss" not in logs:  # the summary at the end
            return
        loss, number = float(logs["loss"]), int(state.global_step)
        _adapter.finite(loss, number)
        _adapter.finite(float(logs.get("grad_norm", 0.0)), number, "gradient")
        if state.is_world_process_zero:
            seconds = time.monotonic() - self.started
            step = Step(number, self.plan.steps, loss, seconds=seconds, begun=self.begun, **self.read(logs))
            _adapter.log(self.plan.out, step)
            self.tell(step)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / WHOLE).touch()


def newest(plan: Plan) -> Path | None:
    """The newest whole checkpoint of this very run; None: it starts anew."""
    found = [path.parent for path in checkpoints(plan).glob(f"checkpoint-*/{WHOLE}")]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def fit(trainer: Any, plan: Plan) -> None:
    """Run a TRL trainer to its last step, from the newest checkpoint on.

    Raises:
        ModelError: memory ran out, or the loss is no number.
        RunError: a checkpoint cannot be written.
    """
    trainer.remove_callback(PrinterCallback)
    plan.out.mkdir(parents=True, exist_ok=True)
    # A checkpoint is for this very run. Were the base named in it, PEFT would look that name up, on the hub too.
    configs = list(trainer.model.peft_config.values())
    names = [config.base_model_name_or_path for config in configs]
    start = newest(plan)
    if start is None:
        (plan.out / _adapter.LOG).unlink(missing_ok=True)
    try:
        for config in configs:
            config.base_model_name_or_path = None
        with _adapter.plainly("Lower rows_at_once or prompts_at_once, the batch, or the length of the rows"):
            trainer.train(resume_from_checkpoint=None if start is None else str(start))
    except OSError as error:
        raise RunError(f"The run cannot go on in {plan.out}: {error.strerror or error}.") from error
    finally:
        for config, name in zip(configs, names, strict=True):
            config.base_model_name_or_path = name


def ended(
    base: Base, plan: Plan, trainer: Any, figures: Mapping[str, Any], cites: Sequence[str], asks: str = ""
) -> Path:
    """Write the adapter folder and take the checkpoints away; one process of many does."""
    if trainer.is_world_process_zero():
        for name in [name for name in base.model.peft_config if name != "default"]:
            base.model.delete_adapter(name)  # DPO's reference would be saved, and loaded, beside it
        _adapter.save(base, plan, figures=figures, cites=cites, asks=asks)
        shutil.rmtree(plan.out / "checkpoints", ignore_errors=True)
    return plan.out


@contextmanager
def quiet() -> Iterator[None]:
    """Without the bars of `datasets` and the remarks of transformers; errors are still told."""
    remarks: Any = transformers.utils.logging
    hidden, level = datasets.are_progress_bars_disabled(), remarks.get_verbosity()
    datasets.disable_progress_bars()
    remarks.set_verbosity_error()
    try:
        yield
    finally:
        remarks.set_verbosity(level)
        if not hidden:
            datasets.enable_progress_bars()
