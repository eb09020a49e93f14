"""From a base model to one with a low-rank adapter to train, and from that to a folder that `audit BASE+DIR` takes."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel, PreTrainedTokenizerBase

import knowwhen
from knowwhen.errors import ModelError, RequestError, RunError
from knowwhen.models._dialogue import Dialogue
from knowwhen.models._folder import is_soft
from knowwhen.models._weights import Located, locate, parts
from knowwhen.models.local import load_weights
from knowwhen.records import digest
from knowwhen.training._plan import RECORD, Plan, Step, Tell, measuring

LOG = "log.jsonl"
MEASURE = "Measure it on questions of the side that `prepare` never takes:"
"""What a model card says before the command."""


@dataclass(frozen=True, slots=True)
class Base:
    """A model to be trained, with what its card must name."""

    model: PeftModel
    tokenizer: PreTrainedTokenizerBase
    talk: Dialogue
    located: Located
    name: str
    """The base alone, as `audit` takes it."""

    @property
    def inner(self) -> PreTrainedModel:
        """The transformers model inside, whose layers carry the adapter."""
        found: Any = self.model.get_base_model()
        assert isinstance(found, PreTrainedModel)
        return found

    def tail(self, text: str) -> tuple[int, ...]:
        """The tokens of what stands behind the beginning of a reply."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"]) if text else ()


def open_base(plan: Plan) -> Base:
    """The base with a fresh adapter, or with the one that the model string names, to be trained further.

    An adapter that is there is trained as it is, whatever its kind and rank.

    Raises:
        RequestError: a rank is asked for that the adapter does not have.
        ModelError, RequestError: as `knowwhen.models.open_model`.
    """
    located = locate(plan.model)
    if located.adapter is not None and is_soft(located.adapter):
        raise RequestError(
            f"'{plan.model}' has soft thoughts on it, which these trainers cannot train further. Give the base alone, "
            "or with a PEFT adapter."
        )
    plain = Located(located.folder, None, located.identity, located.notes)
    torch.manual_seed(plan.seed)
    model, tokenizer = load_weights(plan.model, plain, "cuda" if torch.cuda.is_available() else "cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft 0.21 asks transformers 5 by an old name
        if located.adapter is not None:
            adapted = PeftModel.from_pretrained(model, str(located.adapter), is_trainable=True)
            own = rank_of(adapted)
            if plan.rank not in (own, Plan.__dataclass_fields__["rank"].default):  # else it was not asked for
                raise RequestError(
                    f"--rank {plan.rank}: the adapter of '{plan.model}' has {f'rank {own}' if own else 'no rank'} and "
                    "is trained as it is. Leave the option out, or give the base alone."
                )
        else:
            adapted = get_peft_model(
                model,
                LoraConfig(
                    r=plan.rank,
                    lora_alpha=2 * plan.rank,
                    lora_dropout=0.0,
                    target_modules="all-linear",
                    task_type="CAUSAL_LM",
                ),
            )
    name = parts(plan.model)[0]
    adapted.peft_config["default"].base_model_name_or_path = name
    return Base(adapted, tokenizer, Dialogue(plan.model, tokenizer), located, name)


def rank_of(model: PeftModel) -> int | None:
    """The rank of the adapter under training; None if its kind has none."""
    found = getattr(model.peft_config["default"], "r", None)
    return int(found) if found else None


Weights = dict[str, torch.Tensor]


def weights_of(model: PeftModel) -> Weights:
    """A copy of the weights under training as they are now."""
    return {name: weight.detach().clone() for name, weight in model.named_parameters() if weight.requires_grad}


@contextmanager
def put_back(model: PeftModel, before: Weights) -> Iterator[None]:
    """Within, the weights under training are those `before`; after it, to the bit those that they were."""
    now = weights_of(model)

    def put(weights: Weights) -> None:
        for name, weight in model.named_parameters():
            if name in weights:
                weight.data.copy_(weights[name])

    put(before)
    try:
        yield
    finally:
        put(now)


def log(folder: Path, step: Step) -> None:
    """Append a step to log.jsonl.

    Raises:
        RunError: it cannot be written to.
    """
    try:
        with (folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps({k: v for k, v in asdict(step).items() if v == v and v != ""}) + "\n")
    except OSError as error:
        raise RunError(
            f"{folder / LOG} cannot be written to: {error.strerror or error}. The newest checkpoint is kept; the same "
            "command goes on from it."
        ) from error


def steps(folder: Path) -> list[dict[str, Any]]:
    """The steps in log.jsonl, each once, in order; what was not finished is left out."""
    path = folder / LOG
    found: dict[int, dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:  # the line that a kill cut
            continue
        found[row["step"]] = row
    return [found[number] for number in sorted(found)]


def save(
    base: Base, plan: Plan, *, figures: Mapping[str, Any] | None = None, cites: Sequence[str] = (), asks: str = ""
) -> Path:
    """Write the adapter, its record and its model card to `plan.out`.

    Args:
        asks: what the prompts of the training had behind each question, for the card.

    Raises:
        RunError: the folder cannot be written.
    """
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
        (plan.out / RECORD).unlink(missing_ok=True)  # it says that all the rest is there
        base.model.save_pretrained(str(plan.out), save_embedding_layers=False)  # "auto" asks the hub
        whole(plan.out / "README.md", card(base.name, plan, rank_of(base.model), figures or {}, cites, asks))
        record(plan, base.located.identity, figures or {}, ("adapter_model.safetensors", "adapter_config.json"))
    except OSError as error:
        raise RunError(f"The adapter cannot be written to {plan.out}: {error.strerror or error}.") from error
    return plan.out


def record(plan: Plan, base: Mapping[str, str], figures: Mapping[str, Any], files: Sequence[str]) -> None:
    """Write training.json, the last file of an adapter folder: what was trained, and the files that came of it."""
    kept = {name: hashlib.sha256((plan.out / name).read_bytes()).hexdigest() for name in files}
    content = {
        "knowwhen": knowwhen.__version__,
        "plan": json.loads(json.dumps(asdict(plan), default=str)),
        "fingerprint": plan.fingerprint,
        "base": dict(base),
        "figures": dict(figures),
        "files": kept,
    }
    whole(plan.out / RECORD, json.dumps(content, indent=1) + "\n")


def weights(model: str) -> str:
    """What pins down the weights, and the adapter on them, that a model string names now.

    Raises:
        RequestError, ModelError: as `knowwhen.models.open_model`.
    """
    identity = locate(model).identity
    pinned = {key: value for key, value in identity.items() if key.endswith("sha256")}
    return digest(json.dumps(pinned, sort_keys=True))


def card(
    name: str, plan: Plan, rank: int | None, figures: Mapping[str, Any], cites: Sequence[str], asks: str = ""
) -> str:
    """The model card: what was trained on what, under which objective and seed, and how to measure it."""
    objective = f"the objective `{plan.objective}`" if plan.objective else "its examples alone"
    shown = "\n".join(f"| {key} | {value} |" for key, value in figures.items())
    told = "\n".join(f"- {cite}" for cite in cites)
    kind = "A low-rank adapter" if rank else "An adapter"
    asked = f"Behind each question the prompts of the training ask:\n\n> {asks.strip()}\n\n" if asks else ""
    return (
        f"---\nbase_model: {name}\nlibrary_name: peft\ntags: [knowwhen, {plan.trainer}]\n---\n\n"
        f"# {plan.out.name}\n\n{kind} for `{name}`, trained by `{plan.trainer}` under {objective}.\n\n"
        "| | |\n|---|---|\n"
        f"| data | {plan.data or 'not named'} |\n| its SHA-256 | {plan.data_sha256 or 'not known'} |\n"
        f"| seed | {plan.seed} |\n| steps × questions | {plan.steps} × {plan.batch} |\n"
        f"| learning rate | {plan.learning_rate:g} |\n| rank | {rank or 'none'} |\n| KL weight | {plan.kl:g} |\n"
        f"{shown}{chr(10) if shown else ''}\n"
        f"{asked}{MEASURE}\n\n    {measuring(name, plan.out)}\n"
        + (f"\nSources:\n{told}\n" if told else "")
    )


def whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextmanager
def plainly(advice: str) -> Iterator[None]:
    """Turn torch's running out of memory into a plain ending.

    Args:
        advice: what to lower.

    Raises:
        ModelError: memory ran out.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch's own "out of memory" is a RuntimeError
        said = str(error).lower()
        if isinstance(error, RuntimeError) and "out of memory" not in said and "can't allocate memory" not in said:
            raise
        raise ModelError(f"Memory ran out while training. {advice}; the newest checkpoint is kept.") from error


@contextmanager
def reported(plan: Plan) -> Iterator[Tell]:
    """What to call with every step so that it goes where `plan.report_to` says: the trackers of accelerate.

    Raises:
        RequestError: a tracker is not known, or not installed.
    """
    if not (names := plan.trackers):
        yield lambda _: None
        return
    from accelerate import Accelerator

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a tracker is not installed: an error here, not a remark
            tracking = Accelerator(cpu=not torch.cuda.is_available(), log_with=names, project_dir=str(plan.out))
            tracking.init_trackers(plan.out.name, config={"objective": plan.objective, "seed": plan.seed})
    except (ValueError, ImportError) as error:
        raise RequestError(f"--report-to {', '.join(names)}: {error}") from error
    if len(tracking.trackers) < len(names):
        raise RequestError(f"--report-to {', '.join(names)}: not installed. Install it, or leave the option out.")

    def tell(step: Step) -> None:
        figures = {name: value for name, value in asdict(step).items() if isinstance(value, float) and value == value}
        tracking.log(figures, step=step.step)

    try:
        yield tell
    finally:
        tracking.end_training()


def finite(value: float, step: int, what: str = "loss") -> None:
    """Stop a run whose loss, or the norm of whose gradient, is no number.

    Raises:
        ModelError: says what to lower.
    """
    if value != value or value in (float("inf"), float("-inf")):
        raise ModelError(
            f"The {what} at step {step} is {value}: training has diverged. Lower --learning-rate, or raise --kl; the "
            "checkpoint before is kept."
        )
