"""The training of soft thoughts: what is opened, one step, checkpoints, the folder and its card."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from knowwhen.errors import RequestError
from knowwhen.models._dialogue import Dialogue
from knowwhen.models._engine import Engine
from knowwhen.models._folder import SOFT_SETTINGS, SOFT_WEIGHTS
from knowwhen.models._soft import Assistant, Projection, Settings, Tokens, placeholder, save_soft, width
from knowwhen.models._soft_model import SoftDialogue, Thoughts, open_assistant
from knowwhen.models._weights import Located, locate, pinned
from knowwhen.models.local import load_weights
from knowwhen.training import _adapter
from knowwhen.training._plan import RECORD, Plan, measuring
from knowwhen.training.forest import Group, plant, token_logprobs
from knowwhen.training.rows import Row
from knowwhen.types import Message

CHECKPOINT = "soft_thoughts.pt"
CITES = (
    "SoftCoT: soft chain-of-thought for efficient reasoning with language models, arXiv 2502.12134",
    "SoftCoT++: test-time scaling with soft chain-of-thought reasoning, arXiv 2505.11484",
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its soft tokens, and the reply to be learned."""

    reading: Tokens
    """What the assistant reads."""
    group: Group
    states_ND: torch.Tensor | None = None
    """What it answers the reading with, if that never changes."""


def batches(count: int, plan: Plan) -> Iterator[list[int]]:
    """The examples of each step: all in a random order, then all in another; fixed by the seed alone."""
    generator = np.random.default_rng([plan.seed, count])
    pile: list[int] = []
    for _ in range(plan.steps):
        while len(pile) < plan.batch:
            pile += generator.permutation(count).tolist()
        batch, pile = pile[: plan.batch], pile[plan.batch :]
        yield batch


class Run:
    """A frozen base, a frozen assistant, and the projection between them."""

    def __init__(
        self,
        base: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        assistant: Assistant,
        located: Located,
        seed: int,
    ) -> None:
        for weight in (*base.parameters(), *assistant.model.parameters()):
            weight.requires_grad_(False)
        self.base, self.located, self.settings = base.train(False), located, assistant.settings
        engine = Engine(base, frozenset())  # refuses a model that could not be audited
        self.longest = min(engine.scorable, _context(base))
        torch.manual_seed(seed)
        self.projection = Projection(self.settings, assistant.width, width(base))
        if self.projection.placeholders is not None:
            given = assistant.model.get_input_embeddings()(torch.tensor([self.settings.placeholder]).to(base.device))
            self.projection.placeholders.data.copy_(given.float().cpu().expand(self.settings.thoughts, -1))
        if self.settings.zero:
            for weight in self.projection.parameters():
                torch.nn.init.zeros_(weight)
        self.thoughts = Thoughts(base, assistant, self.projection)
        self.talk = SoftDialogue(self.settings.base_model_name_or_path, tokenizer, self.thoughts)
        self.assistant, self.end = assistant, self.talk.closing
        self.done = 0

    def examples(self, rows: Sequence[Row]) -> list[Example]:
        """The rows as tokens, without those that are too long.

        Raises:
            RequestError: a completion that is not one assistant's turn with words in it.
        """
        found = []
        for number, row in enumerate(rows, 1):
            prompt = tuple(Message(turn["role"], turn["content"]) for turn in row["prompt"])
            turns = row["completion"]
            if len(turns) != 1 or turns[0]["role"] != "assistant" or not turns[0]["content"].strip():
                raise RequestError(f"Example {number}: expected a completion of one assistant's turn, not {turns!r}.")
            reply = self.talk.reply(turns[0]["content"]) + (() if self.end is None else (self.end,))
            ids, reading = self.talk.tokens(prompt), self.assistant.reading(prompt)
            if len(ids) + len(reply) <= self.longest and self.assistant.fits(reading):
                found.append(Example(reading, (ids, [reply])))
        return found

    def start(self, examples: list[Example], plan: Plan) -> None:
        """Have the assistant read once what never changes; begin, or go on from this run's checkpoint."""
        if not self.settings.zero and not self.settings.learned:
            states = self.assistant.all_states([example.reading for example in examples])
            examples[:] = [replace(e, states_ND=own_ND) for e, own_ND in zip(examples, states, strict=True)]
        self.optimizer = torch.optim.AdamW(self.projection.parameters(), lr=plan.learning_rate, weight_decay=0.0)
        path = plan.out / "checkpoints" / CHECKPOINT
        kept = torch.load(path, weights_only=True, map_location=self.base.device) if path.exists() else {}
        if kept.get("fingerprint") != plan.fingerprint:
            (plan.out / _adapter.LOG).unlink(missing_ok=True)
            return
        self.projection.load_state_dict(kept["projection"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.done = int(kept["done"])

    def keep(self, plan: Plan, done: int) -> None:
        """Write a checkpoint, whole, over the one before."""
        folder = plan.out / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        state = {"fingerprint": plan.fingerprint, "done": done}
        weights = {"projection": self.projection.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**state, **weights}, folder / f"{CHECKPOINT}.part")
        (folder / f"{CHECKPOINT}.part").replace(folder / CHECKPOINT)

    def step(self, batch: Sequence[Example], number: int, plan: Plan) -> float:
        """One update; returns the loss before it, nats a token.

        Raises:
            ModelError: the loss or its gradient is no number; then nothing is changed.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = plan.learning_rate * pace(number, plan.steps)
        self.optimizer.zero_grad(set_to_none=True)
        loss = 0.0
        for part in self._losses(batch):
            if math.isfinite(part.item()):
                torch.autograd.backward(part)
            loss += part.item()
        _adapter.finite(loss, number)
        norm = torch.nn.utils.clip_grad_norm_(self.projection.parameters(), 1.0)
        _adapter.finite(norm.item(), number, "gradient")
        self.optimizer.step()
        return loss

    @torch.no_grad()
    def loss(self, batch: Sequence[Example]) -> float:
        """Mean negative log-likelihood of the completions, nats a token."""
        return sum(part.item() for part in self._losses(batch))

    def _losses(self, batch: Sequence[Example]) -> Iterator[torch.Tensor]:
        """The batch's loss in parts that sum to it, each of one pass of the base."""
        tokens = sum(len(reply) for example in batch for reply in example.group[1])
        for forest in plant([example.group for example in batch]):
            self._think([batch[k] for k in forest.groups])
            yield -token_logprobs(self.base, forest).sum() / tokens
        self.thoughts.words.vectors.clear()

    def _think(self, examples: Sequence[Example]) -> None:
        """Let the examples' soft tokens stand for what the projection makes of them now."""
        readings = [example.reading for example in examples]
        kept = [example.states_ND for example in examples if example.states_ND is not None]
        if self.settings.zero:
            states = torch.zeros(len(examples), self.settings.thoughts, self.assistant.width, device=self.base.device)
        elif len(kept) == len(examples):
            states = torch.stack(kept)
        else:
            states = self.assistant.states(readings, self.projection.placeholders)
        self.thoughts.given(readings, self.projection(states))

    def save(self, plan: Plan, figures: dict[str, Any]) -> None:
        """Write what `audit BASE+DIR` reads, the record of the run, and the model card."""
        steps = _adapter.steps(plan.out)
        if steps:
            figures |= {"loss, first step": round(steps[0]["loss"], 4), "loss, last step": round(steps[-1]["loss"], 4)}
        (plan.out / RECORD).unlink(missing_ok=True)  # it says that all the rest is there
        save_soft(plan.out, self.settings, self.projection)
        _adapter.whole(plan.out / "README.md", card(self.settings, plan, figures))
        _adapter.record(plan, self.located.identity, figures, (SOFT_SETTINGS, SOFT_WEIGHTS))


def open_run(plan: Plan, asked: Mapping[str, Any]) -> Run:
    """The base and the assistant, as the plan and its options name them.

    Raises:
        RequestError: the base has an adapter.
        RequestError, ModelError: as `knowwhen.models.open_model`.
    """
    located = locate(plan.model)
    if located.adapter is not None:
        raise RequestError(
            f"'{plan.model}' has an adapter already; soft thoughts go on a base that has none. Merge the adapter first "
            "(peft: merge_and_unload, save_pretrained) and name the merged folder."
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    base, tokenizer = load_weights(plan.model, located, device)
    name = "" if asked["zero"] else str(asked["assistant"])
    other = locate(name) if name else None
    if other is not None and other.adapter is None and other.folder == located.folder:
        name, other = "", None  # the base under its own name is held once
    sha256 = pinned(other) if other else ""
    settings = Settings(plan.model, name, sha256, asked["thoughts"], asked["zero"], asked["learned"])
    assistant = open_assistant(settings, base, Dialogue(plan.model, tokenizer), other, device)
    assistant.settings = replace(settings, placeholder=placeholder(assistant.talk.tokenizer))
    return Run(base, tokenizer, assistant, located, plan.seed)


def pace(number: int, steps: int) -> float:
    """Which part of the learning rate a step has: a short rise, then down to a tenth."""
    rise = max(1, min(5, steps // 4))
    return min(1.0, number / rise, 1 - 0.9 * (number - 1) / steps)


def card(settings: Settings, plan: Plan, figures: Mapping[str, Any]) -> str:
    """The model card: what was trained on what, with which seed and assistant, and where the control is."""
    base = settings.base_model_name_or_path
    if settings.zero:
        what = (
            f"The zero-thought control for `{base}`: {settings.thoughts} vectors of zeros at the end of the user's "
            "turn. Nothing was trained. Soft thoughts that do no better than this carry nothing."
        )
    else:
        more = " and the placeholders' embeddings" if settings.learned else ""
        what = (
            f"{settings.thoughts} soft thoughts for `{base}`, read off {_reader(settings)}. Base and assistant are "
            f"frozen; a linear projection{more} was trained. What it is worth shows beside its control: the same "
            "command with zero=True."
        )
    shown = "".join(f"| {key} | {value} |\n" for key, value in figures.items())
    return (
        f"---\nbase_model: {base}\ntags: [knowwhen, soft_thoughts]\n---\n\n# {plan.out.name}\n\n{what}\n\n"
        "| | |\n|---|---|\n"
        f"| data | {plan.data or 'not named'} |\n| its SHA-256 | {plan.data_sha256 or 'not known'} |\n"
        f"| seed | {plan.seed} |\n| steps × examples | {plan.steps} × {plan.batch} |\n"
        f"| learning rate | {plan.learning_rate:g} |\n| control | {'this is it' if settings.zero else 'zero=True'} |\n"
        f"{shown}\n{_adapter.MEASURE}\n\n    {measuring(base, plan.out)}\n\n"
        "Sources:\n" + "".join(f"- {cite}\n" for cite in CITES)
    )


def _reader(settings: Settings) -> str:
    return f"the assistant `{settings.assistant}`" if settings.assistant else "the base itself as assistant"


def _context(model: PreTrainedModel) -> int:
    return int(getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None) or 1 << 30)
