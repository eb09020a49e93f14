"""What a training run is asked, and what it tells while it runs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from knowwhen.errors import RequestError
from knowwhen.records import digest


@dataclass(frozen=True, slots=True)
class Plan:
    """A training run, apart from its rows. Two runs with equal `fingerprint` on the same machine end the same."""

    model: str
    """As the user wrote it; with ``BASE+ADAPTER`` that adapter is trained further."""
    trainer: str
    out: Path
    """The adapter folder to be written; checkpoints lie in it until the run is done."""
    objective: str = ""
    """Empty for trainers that follow their rows alone (sft, dpo)."""
    data: str = ""
    """Where the rows came from, for the model card."""
    data_sha256: str = ""
    weights: str = ""
    """What pins down the weights that training starts from (`_adapter.weights`), so that a base or a start that has
    changed is another run."""
    steps: int = 30
    batch: int = 8
    """Questions a step."""
    learning_rate: float = 3e-4
    rank: int = 8
    """Of the low-rank adapter; its scale alpha is twice that. An adapter that is trained further keeps its own."""
    kl: float = 0.0
    """Weight of the KL divergence from the policy at the start, in reward units a nat."""
    seed: int = 0
    save_every: int = 10
    """Steps between checkpoints."""
    report_to: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    """What one trainer alone knows."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.rank < 1 or self.save_every < 1:
            raise RequestError(
                f"steps={self.steps}, batch={self.batch}, rank={self.rank}, save_every={self.save_every}: expected at "
                "least 1 of each."
            )
        if not (0 < self.learning_rate < math.inf and 0 <= self.kl < math.inf):
            raise RequestError(
                f"learning_rate={self.learning_rate}, kl={self.kl}: expected a rate above 0 and a weight of at least "
                "0, both finite."
            )

    @property
    def trackers(self) -> list[str]:
        """Where steps are reported; "none" is transformers' word for nowhere."""
        return [name for name in self.report_to if name != "none"]

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that decides the result."""
        asked = asdict(self)
        for name in ("out", "save_every", "report_to"):
            del asked[name]
        return digest(json.dumps(asked, sort_keys=True, default=str))


def settings(plan: Plan, defaults: Mapping[str, object]) -> dict[str, Any]:
    """A trainer's own options: those of the plan over its defaults.

    Raises:
        RequestError: an option that the trainer does not know, or a value of another kind than its default.
    """
    known = {name: value for name, value in defaults.items() if name not in Plan.__dataclass_fields__}
    for name, value in plan.options.items():
        if name not in known:
            takes = f"It takes: {', '.join(known)}." if known else "It takes none."
            raise RequestError(f"The trainer '{plan.trainer}' has no option '{name}'. {takes}")
        if not fits(value, known[name]):
            kind = type(known[name]).__name__
            raise RequestError(f"{name}={value!r}: expected a value of type {kind}, such as {name}={known[name]!r}.")
    return {**known, **plan.options}


def fits(value: object, default: object) -> bool:
    """Whether a setting is of its default's kind; a whole number will do for another number.

    >>> fits(3, 0.5), fits(True, 1), fits("8", 8)
    (True, False, False)
    """
    return default is None or type(value) is type(default) or (type(value) is int and type(default) is float)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a run is. Rates are of the batch's replies, as the policy stood before the step; NaN if not known."""

    step: int
    """Steps done, from 1."""
    steps: int
    loss: float
    reward: float = float("nan")
    right: float = float("nan")
    wrong: float = float("nan")
    declined: float = float("nan")
    kl: float = float("nan")
    """From the policy at the start, nats: of what is said to a question (exact), or of a token, estimated (grpo). Known
    at every step where the KL weight is above 0, else at some (`kl_told`)."""
    seconds: float = 0.0
    """Since this process began to train."""
    begun: int = 0
    """Steps that had been done then: those of the checkpoint that it went on from."""
    note: str = ""
    """What a person should know: a batch that was skipped, and why."""


def kl_told(number: int, steps: int) -> bool:
    """Whether step `number` tells how far the policy has moved where nothing is charged for it: that takes a pass more.

    >>> [number for number in range(1, 13) if kl_told(number, 12)]
    [5, 10, 12]
    """
    return number % 5 == 0 or number == steps


Tell = Callable[[Step], None]

RECORD = "training.json"
"""The file of an adapter folder that says what was trained; it is written last."""


def finished(plan: Plan) -> bool:
    """Whether `plan.out` holds the end of this very run, as it was written."""
    try:
        record = json.loads((plan.out / RECORD).read_text(encoding="utf-8"))
        written: dict[str, str] = record["files"]
        kept = {name: hashlib.sha256((plan.out / name).read_bytes()).hexdigest() for name in written}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return bool(record.get("fingerprint") == plan.fingerprint and kept == written)


def measuring(base: str, adapter: Path) -> str:
    """The command that measures what was trained, on questions of the side that `prepare` never takes."""
    return f"knowwhen audit {base}+{adapter} --side audit"


def told(step: Step) -> str:
    """A step in a line.

    >>> told(Step(10, 30, 0.25, reward=-0.25, right=0.3, seconds=60.0))
    'step 10/30: loss 0.250, reward -0.25, right 0.30; about 120 s left'
    >>> told(Step(5, 5, 0.25, reward=-0.25, kl=0.00123))
    'step 5/5: loss 0.250, reward -0.25, KL 0.0012'
    """
    rates = {"reward": step.reward, "right": step.right, "wrong": step.wrong, "declined": step.declined}
    shown = "".join(f", {name} {value:.2f}" for name, value in rates.items() if value == value)
    shown += f", KL {step.kl:.2g}" if step.kl == step.kl else ""
    left = step.seconds / (step.step - step.begun) * (step.steps - step.step)
    when = f"; about {left:.0f} s left" if left >= 1 else ""
    return f"step {step.step}/{step.steps}: loss {step.loss:.3f}{shown}{when}" + (f"; {step.note}" if step.note else "")
