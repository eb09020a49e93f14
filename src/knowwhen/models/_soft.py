"""Soft thoughts: vectors that a second, frozen model's reading of a question puts in front of the reply.

    question ──▶ assistant, then N placeholders ──▶ its last states there ──▶ projection ──▶ N vectors
    question ─────────────── end of the user's turn ──▶ N vectors in place of words ──▶ base ──▶ reply

Source: SoftCoT (arXiv 2502.12134); learned placeholders after SoftCoT++ (2505.11484).
These are the parts; a model that replies with them is in `_soft_model.py`, their training in `training/_soft.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from knowwhen.errors import ModelError, RequestError
from knowwhen.models._dialogue import Dialogue, lay_out
from knowwhen.models._folder import SOFT_SETTINGS, SOFT_WEIGHTS, read_json
from knowwhen.models._plan import chunks
from knowwhen.types import Message

MOST_THOUGHTS = 256
_MARK = "\u2980thoughts\u2980"
"""Stands for the thoughts in a rendered conversation; no template and no question holds it."""

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """What soft_thoughts.json holds."""

    base_model_name_or_path: str
    assistant: str = ""
    """A model string; empty: the base itself (the control's always, for nothing of it is used)."""
    assistant_sha256: str = ""
    """Of its weights, for a note where they have changed."""
    thoughts: int = 4
    zero: bool = False
    """The control: the vectors are zeros, whatever the assistant reads."""
    learned: bool = False
    """Whether the placeholders' embeddings are trained too; else they are those of the token `placeholder`."""
    placeholder: int = 0
    """A token of the assistant's, read `thoughts` times."""

    def __post_init__(self) -> None:
        if type(self.thoughts) is not int or not 1 <= self.thoughts <= MOST_THOUGHTS:
            raise RequestError(f"thoughts={self.thoughts!r}: expected a whole number from 1 to {MOST_THOUGHTS}.")


class Projection(nn.Module):
    """From the assistant's states to the base's embeddings: all that is trained. Float32."""

    def __init__(self, settings: Settings, read: int, written: int) -> None:
        super().__init__()
        self.zero = settings.zero
        self.linear = nn.Linear(read, written)
        self.placeholders = nn.Parameter(torch.zeros(settings.thoughts, read)) if settings.learned else None

    def forward(self, states_BND: torch.Tensor) -> torch.Tensor:
        """thought_BND, in the base's width."""
        made: torch.Tensor = self.linear(states_BND)
        return torch.zeros_like(made) if self.zero else made


class Words(nn.Module):
    """A model's input embeddings, to which ids from `first` on are soft: they stand for `vectors`."""

    def __init__(self, words: nn.Module) -> None:
        super().__init__()
        self.words = words
        weight: Any = words.weight
        self.first, self.width = int(weight.shape[0]), int(weight.shape[1])
        self.vectors: dict[int, torch.Tensor] = {}

    def forward(self, ids_BT: torch.Tensor) -> torch.Tensor:
        soft_BT = ids_BT >= self.first
        embedded: torch.Tensor = self.words(ids_BT.masked_fill(soft_BT, 0))
        if not bool(soft_BT.any()):
            return embedded
        given_SD = torch.stack([self.vectors[i] for i in ids_BT[soft_BT].tolist()])
        return embedded.index_put((soft_BT,), given_SD.to(embedded))


class Assistant:
    """The frozen model that reads along."""

    def __init__(self, model: PreTrainedModel, talk: Dialogue, settings: Settings) -> None:
        self.model, self.talk, self.settings = model.train(False), talk, settings
        config = model.config.get_text_config(decoder=True)
        self.width = int(config.hidden_size)
        self.context = int(getattr(config, "max_position_embeddings", None) or 1 << 30)

    def reading(self, prompt: Sequence[Message], turn: int | None = None) -> Tokens:
        """What it reads before its placeholders: the conversation up to the end of the user's turn."""
        return split(self.talk, prompt, turn)[0]

    def fits(self, reading: Tokens) -> bool:
        return len(reading) + self.settings.thoughts <= self.context

    def states(self, readings: Sequence[Tokens], placeholders_ND: torch.Tensor | None = None) -> torch.Tensor:
        """states_BND, float32: its last hidden states at the placeholders, with gradient to their embeddings only."""
        count, thoughts = len(readings), self.settings.thoughts
        width = max(map(len, readings)) + thoughts
        ids, seen = np.full((count, width), self.settings.placeholder, np.int64), np.zeros((count, width), np.int64)
        for i, reading in enumerate(readings):
            ids[i, : len(reading)] = reading
            seen[i, : len(reading) + thoughts] = 1
        device = self.model.device
        row_B1 = torch.arange(count, device=device)[:, None]
        at_BN = torch.tensor([[len(r)] for r in readings], device=device) + torch.arange(thoughts, device=device)
        embedded_BTD = self.model.get_input_embeddings()(torch.from_numpy(ids).to(device))
        if placeholders_ND is not None:
            given = placeholders_ND.to(embedded_BTD).expand(count, -1, -1)
            embedded_BTD = embedded_BTD.index_put((row_B1, at_BN), given)
        out = self.model.base_model(
            inputs_embeds=embedded_BTD, attention_mask=torch.from_numpy(seen).to(device), use_cache=False
        )
        states: torch.Tensor = out.last_hidden_state[row_B1, at_BN].float()
        return states

    @torch.no_grad()
    def all_states(self, readings: Sequence[Tokens], placeholders_ND: torch.Tensor | None = None) -> torch.Tensor:
        """`states` of any number of readings, in passes over those of like length."""
        order = sorted(range(len(readings)), key=lambda i: -len(readings[i]))
        found: dict[int, torch.Tensor] = {}
        for part in chunks([len(readings[i]) + self.settings.thoughts for i in order]):
            some = order[part]
            found.update(zip(some, self.states([readings[i] for i in some], placeholders_ND), strict=True))
        return torch.stack([found[i] for i in range(len(readings))])


def width(model: PreTrainedModel) -> int:
    """Of its input embeddings."""
    words: Any = model.get_input_embeddings()
    return int(words.weight.shape[1])


def split(talk: Dialogue, prompt: Sequence[Message], turn: int | None = None) -> tuple[Tokens, Tokens]:
    """A conversation's tokens up to the end of a turn (the user's last if none is named), and those behind it.

    Raises:
        ModelError: the chat template does not show that turn, or not once.
    """
    turn = last_user(prompt) if turn is None else turn
    marked = [replace(m, content=m.content + _MARK) if i == turn else m for i, m in enumerate(prompt)]
    before, mark, after = (talk.rendered(marked) if talk.chat else lay_out(marked)).partition(_MARK)
    if not mark or _MARK in after:
        raise ModelError(
            f"The chat template of {talk.name} does not show the user's turn {'once' if mark else 'at all'}, so there "
            "is no one place for soft thoughts."
        )
    tokenizer = talk.tokenizer
    front = tokenizer(before, add_special_tokens=not talk.chat)["input_ids"]
    return tuple(front), tuple(tokenizer(after, add_special_tokens=False)["input_ids"])


def last_user(prompt: Sequence[Message]) -> int:
    """The number of the user's last turn; that of the last turn if none is the user's."""
    return max((i for i, m in enumerate(prompt) if m.role == "user"), default=len(prompt) - 1)


def placeholder(tokenizer: PreTrainedTokenizerBase) -> int:
    """A token that any tokenizer has: the one that ends a text, else the unknown one, else the first."""
    found = (tokenizer.eos_token_id, tokenizer.unk_token_id, 0)
    return int(next(token for token in found if token is not None))


def save_soft(folder: Path, settings: Settings, projection: Projection) -> None:
    """Write soft_thoughts.json and projection.safetensors, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{SOFT_WEIGHTS}.part"
    # safetensors' own `save_file` lets nobody but the writer read the file.
    part.write_bytes(save({name: weight.detach().cpu() for name, weight in projection.state_dict().items()}))
    part.replace(folder / SOFT_WEIGHTS)
    part = folder / f"{SOFT_SETTINGS}.part"
    part.write_text(json.dumps(asdict(settings), indent=1) + "\n", encoding="utf-8")
    part.replace(folder / SOFT_SETTINGS)


def read_settings(folder: Path) -> Settings:
    """The settings of a folder of soft thoughts; what later versions add to the file is passed over."""
    found, known = read_json(folder / SOFT_SETTINGS), {field.name: field for field in fields(Settings)}
    try:
        return Settings(**{name: value for name, value in found.items() if name in known})
    except (TypeError, RequestError) as error:
        raise ModelError(f"{folder / SOFT_SETTINGS} is not as knowwhen writes it: {error}") from error


def read_projection(folder: Path, settings: Settings, read: int, written: int) -> Projection:
    """The trained projection, between widths `read` (the assistant's) and `written` (the base's)."""
    path = folder / SOFT_WEIGHTS
    try:
        weights = load_file(path)
        made = tuple(weights["linear.weight"].shape)
    except (OSError, SafetensorError, KeyError) as error:
        raise ModelError(f"{path} cannot be read as a projection: {error}") from error
    if made != (written, read):
        raise ModelError(
            f"The soft thoughts in {folder} turn states of width {made[-1]} into embeddings of width {made[0]}; this "
            f"assistant has width {read} and this base {written}. Put them on the models that they were trained with: "
            f"base '{settings.base_model_name_or_path}', assistant '{settings.assistant or 'the base itself'}'."
        )
    projection = Projection(settings, read, written)
    try:
        projection.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(f"{path} does not hold what {SOFT_SETTINGS} says: {error}") from error
    return projection.requires_grad_(False).eval()
