"""Soft thoughts: the frozen base reads, before it replies, what a trained projection makes of an assistant's states.

Source: SoftCoT (arXiv 2502.12134); learned placeholders after SoftCoT++ (2505.11484, without its contrastive loss). No
    figure of either is claimed here: one replication found the thoughts better than their zero control and, on
    arithmetic, worse than none. So train the control too (`zero`).
Cost: the assistant reads every question once, before the first step; a step is one forward and one backward pass of the
    base over the batch. With `learned` the assistant is run, forward and backward, in each step.
Fails when: what is asked of the model must be learned, not elicited: the base stays as it is, and all that moves is a
    few vectors before the reply; or the run is short: then the thoughts are a prompt that is the same for all
    questions (the default model, 40 steps: another question's thoughts served as well as its own), which the zero
    control does not show.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from knowwhen.errors import RequestError, RunError
from knowwhen.training import _adapter, _soft
from knowwhen.training._plan import Plan, Step, Tell, settings
from knowwhen.training.rows import Row

READS = "examples"
DEFAULTS: dict[str, object] = {
    "steps": 100,
    "batch": 8,
    "learning_rate": 1e-3,
    "assistant": "",
    "thoughts": 4,
    "zero": False,
    "learned": False,
}
"""assistant: a model string, empty for the base itself, whose weights are then held once; thoughts: how many, the same
in training and after it (the released code trains 32 and uses 4, so that most of what was trained is thrown away and
the reply begins where no gradient ever saw it begin); zero: the control, whose thoughts are zeros and nothing is
trained; learned: whether the embeddings that the assistant reads as placeholders are trained too."""


def train(plan: Plan, rows: list[Row], tell: Tell) -> Path:
    """Train the projection on the completions and write the folder; a step's loss is in nats a token.

    Raises:
        RequestError: an option that is not known, a base with an adapter, rows that cannot be trained on.
        ModelError: a model cannot be had, or the loss is no number.
        RunError: the folder cannot be written.
    """
    asked = settings(plan, DEFAULTS)
    if plan.kl:
        raise RequestError(f"kl={plan.kl}: soft thoughts move no weights of the model, so they take no KL weight.")
    run = _soft.open_run(plan, asked)
    examples = run.examples(rows)
    if not examples:
        raise RequestError(f"None of the {len(rows)} examples fits the context of {plan.model} or of its assistant.")
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        run.start(examples, plan)
        started = time.monotonic()
        with _adapter.reported(plan) as report, _adapter.plainly("Lower --batch, or the length of the rows"):
            for number, batch in enumerate(_soft.batches(len(examples), plan), 1):
                if number <= run.done:
                    continue
                picked = [examples[k] for k in batch]
                if run.settings.zero:
                    loss, note = run.loss(picked), "The control: the thoughts are zeros, and nothing is trained."
                    number = plan.steps
                else:
                    loss, note = run.step(picked, number, plan), ""
                _adapter.finite(loss, number)  # of the control too, which has no gradient
                seconds = time.monotonic() - started
                step = Step(number, plan.steps, loss, seconds=seconds, begun=run.done, note=note)
                _adapter.log(plan.out, step)
                for listener in (tell, report):
                    listener(step)
                if number == plan.steps:
                    break
                if number % plan.save_every == 0:
                    run.keep(plan, number)
        run.save(plan, {"examples": len(examples), "too long": len(rows) - len(examples)})
        shutil.rmtree(plan.out / "checkpoints", ignore_errors=True)
    except OSError as error:
        raise RunError(f"{plan.out} cannot be written to: {error.strerror or error}.") from error
    return plan.out
