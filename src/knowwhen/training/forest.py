"""Many token sequences read as forests: what sequences begin with together is computed once, forward and backward.

    prompt A ─┬─ reply 1            one row of tokens: A, 1, 2 (its own part), B, 3
              └─┬ reply 2           each token sees its ancestors and itself only, at its own depth as position
    prompt B ─── reply 3            → log-probabilities of every reply, one pass, no padding inside

A causal model's state at a token depends on what comes before it alone, so a token that stands in several sequences
with the same beginning has one state; the gradient through it is the sum over the sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from knowwhen.errors import RequestError
from knowwhen.models._engine import attention_kinds

MOST_TOKENS = 512
"""Tokens of one pass: enough for full speed on a processor, little enough to bound the attention mask and logits."""

Tokens = Sequence[int]


@dataclass(frozen=True, slots=True)
class Forest:
    """One row of tokens that stands for many sequences."""

    ids_T: NDArray[np.int64]
    depth_T: NDArray[np.int64]
    """The position of each token in its sequences."""
    sees_TT: NDArray[np.bool_]
    """Whether the token of a row sees the token of a column: its ancestors and itself."""
    asked_S: NDArray[np.int64]
    """The tokens whose next-token distributions are wanted."""
    at_P: NDArray[np.int64]
    """For each predicted token, which of `asked_S` predicts it."""
    target_P: NDArray[np.int64]
    owner_P: NDArray[np.int64]
    """For each predicted token, the reply that it belongs to; replies are numbered over all groups of the row."""
    groups: tuple[int, ...]
    """Which of the given groups lie in this row, in order."""


Group = tuple[Tokens, Sequence[Tokens]]
"""A prompt and the replies to it."""


def plant(groups: Sequence[Group], most: int = MOST_TOKENS) -> list[Forest]:
    """Forests that hold every group, each group whole, in the groups' order; a row ends before `most` tokens.

    Raises:
        RequestError: a prompt or a reply without tokens.
    """
    rows: list[_Growing] = []
    for number, (prompt, replies) in enumerate(groups):
        if not prompt or not replies or not all(replies):
            raise RequestError(f"Group {number} has an empty prompt or reply; every one must have a token.")
        upper = len(prompt) + sum(len(reply) - 1 for reply in replies)
        if not rows or len(rows[-1].ids) + upper > most:
            rows.append(_Growing())
        rows[-1].add(number, prompt, replies)
    return [row.grown() for row in rows]


class _Growing:
    def __init__(self) -> None:
        self.ids: list[int] = []
        self.parents: list[int] = []
        self.children: dict[tuple[int, int], int] = {}
        self.predicted: list[tuple[int, int, int]] = []
        """(predicting node, target, reply)"""
        self.groups: list[int] = []
        self.replies = 0

    def _child(self, parent: int, token: int) -> int:
        known = self.children.get((parent, token))
        if known is None:
            known = self.children[parent, token] = len(self.ids)
            self.ids.append(token)
            self.parents.append(parent)
        return known

    def add(self, number: int, prompt: Tokens, replies: Sequence[Tokens]) -> None:
        node = -1
        for token in prompt:
            node = self._child(node, token)
        for reply in replies:
            at = node
            for place, token in enumerate(reply):
                self.predicted.append((at, token, self.replies))
                if place + 1 < len(reply):
                    at = self._child(at, token)
            self.replies += 1
        self.groups.append(number)

    def grown(self) -> Forest:
        count = len(self.ids)
        sees = np.eye(count, dtype=bool)
        depth = np.zeros(count, np.int64)
        for node, parent in enumerate(self.parents):  # parents come before their children
            if parent >= 0:
                sees[node] |= sees[parent]
                depth[node] = depth[parent] + 1
        nodes, targets, owners = (np.array(column, np.int64) for column in zip(*self.predicted, strict=True))
        asked, at = np.unique(nodes, return_inverse=True)
        return Forest(
            np.array(self.ids, np.int64), depth, sees, asked, at.astype(np.int64), targets, owners, tuple(self.groups)
        )


def forest_inputs(model: PreTrainedModel, forest: Forest) -> dict[str, Any]:
    """What a forward pass over a forest is given: ids, positions, and who sees whom in each kind of attention layer.

    Raises:
        ModelError: the model has layers that are not attention.
    """
    device = model.device
    depth_T = torch.from_numpy(forest.depth_T).to(device)
    sees_TT = torch.from_numpy(forest.sees_TT).to(device)
    kinds, window = attention_kinds(model)
    near_TT = sees_TT & (depth_T[None, :] > depth_T[:, None] - window)
    masks = {kind: _mask(model, near_TT if kind == "sliding_attention" else sees_TT) for kind in kinds}
    return {
        "input_ids": torch.from_numpy(forest.ids_T)[None].to(device),
        "position_ids": depth_T[None],
        "attention_mask": masks if len(masks) > 1 else next(iter(masks.values())),
        "use_cache": False,
    }


def token_logprobs(model: PreTrainedModel, forest: Forest) -> torch.Tensor:
    """logprob_P, nats, float32: the log-probability of each predicted token, with gradient."""
    asked_S, at_P, target_P = (
        torch.from_numpy(part).to(model.device) for part in (forest.asked_S, forest.at_P, forest.target_P)
    )
    logits_SV = model(**forest_inputs(model, forest), logits_to_keep=asked_S).logits[0].float()
    picked: torch.Tensor = logits_SV[at_P, target_P] - logits_SV.logsumexp(-1)[at_P]
    return picked


def reply_logprobs(
    model: PreTrainedModel, forest: Forest, stems: Sequence[int] | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """(stem_R, tail_R), nats, float32, with gradient: the log-probability of each reply of the row in two parts.

    Args:
        stems: how many tokens of each reply its stem has; None: all, so that every tail is 0.
    """
    token_P = token_logprobs(model, forest)
    starts_R = np.flatnonzero(np.r_[True, forest.owner_P[1:] != forest.owner_P[:-1]])
    place_P = np.arange(len(forest.owner_P)) - starts_R[forest.owner_P]
    in_stem_P = np.ones(len(place_P), bool) if stems is None else place_P < np.asarray(stems)[forest.owner_P]
    owner_P = torch.from_numpy(forest.owner_P).to(token_P.device)
    zero_R = torch.zeros(len(starts_R), device=token_P.device)
    in_stem = torch.from_numpy(in_stem_P).to(token_P.device)
    return (
        zero_R.index_add(0, owner_P[in_stem], token_P[in_stem]),
        zero_R.index_add(0, owner_P[~in_stem], token_P[~in_stem]),
    )


def _mask(model: PreTrainedModel, sees_TT: torch.Tensor) -> torch.Tensor:
    mask = sees_TT[None, None]
    if model.config._attn_implementation != "eager":
        return mask
    low = torch.finfo(model.dtype).min
    return torch.zeros_like(mask, dtype=model.dtype).masked_fill(~mask, low)
