"""TRL's GRPOTrainer with four things of ours: shared prompts in the loss, the decoupled loss, a stop at no number, and
the divergence from the start told where nothing is charged for it.

    completions of one prompt ──planted as one row of tokens──▶ one pass, no padding, no prompt twice

Everything else (advantages, clipping, loss types, accumulation, many processes, checkpoints) is TRL's.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate.utils import DistributedType
from torch import nn
from transformers import PreTrainedModel
from trl.trainer.grpo_trainer import GRPOTrainer

from knowwhen.training import _adapter
from knowwhen.training._head import picked, plain_head
from knowwhen.training._plan import kl_told
from knowwhen.training.forest import MOST_TOKENS, Forest, forest_inputs, plant

CLOSE_ENOUGH = 1e-3
"""Nats between our log-probabilities and TRL's own on a probe, in float32; a tenth in half precision."""
DIFFER = "groups/differ"
"""The share of groups of which something can be learned, as it is logged."""


class SharedGRPO(GRPOTrainer):
    """GRPO whose log-probabilities read what the completions of a micro-batch share once.

    Args:
        mode_alpha: the weight of the token that chooses the mode in the decoupled loss (`decoupled`); None: TRL's loss
            as it is.
        lead: the tokens with which the marks of both modes begin (`lead`).
        shared: whether prompts are shared; a model on which that disagrees with TRL's own computation gets TRL's.
    """

    def __init__(
        self,
        *given: Any,
        mode_alpha: float | None = None,
        lead: Sequence[int] = (),
        shared: bool = True,
        **named: Any,
    ) -> None:
        super().__init__(*given, **named)
        self.mode_alpha, self.lead = mode_alpha, tuple(lead)
        adapted = self.accelerator.unwrap_model(self.model)
        self.before = _adapter.weights_of(adapted) if self._tells_kl() else None
        inner = adapted.get_base_model()
        self.shared = False
        self.note = ""
        if shared and (head := plain_head(inner)) is not None and not self._entropy_bonus_enabled:
            add_forest(inner, head, self.temperature)
            gap = self._gap(inner)
            self.shared = gap <= (CLOSE_ENOUGH if inner.dtype == torch.float32 else 0.1)
            self.note = "" if self.shared else f"log-probabilities differ from TRL's by {gap:.2g} nats"

    @torch.no_grad()
    def _gap(self, inner: PreTrainedModel) -> float:
        """How far our log-probabilities are from TRL's own, on two prompts with two completions each."""
        model: Any = self.model
        training = model.training
        model.eval()
        top = min(int(inner.config.get_text_config(decoder=True).vocab_size), 1000)
        rng = torch.Generator().manual_seed(0)
        ids = torch.randint(1, top, (4, 24), generator=rng)
        ids[1, :14], ids[3, :14] = ids[0, :14], ids[2, :14]
        mask = torch.ones_like(ids)
        mask[2:, :3] = 0  # a shorter prompt, padded on the left
        mask[1, 20:] = 0  # a shorter completion, padded on the right
        ids, mask = ids.to(inner.device), mask.to(inner.device)
        ours = self._shared_logps(model, ids, mask, 10)[0]
        theirs = super()._get_per_token_logps_and_entropies(model, ids, mask, 10)[0]
        model.train(training)
        return float(((ours - theirs) * mask[:, -10:]).abs().max())

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        compute_aux_loss: bool = False,
        **media: Any,
    ) -> Any:
        """As TRL's, which it is for whatever is not plain text."""
        if not self.shared or compute_aux_loss or any(value is not None for value in media.values()):
            return super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy, compute_aux_loss, **media
            )
        logps, entropies = self._shared_logps(model, input_ids, attention_mask, logits_to_keep)
        return logps, entropies if compute_entropy else None, None

    def _shared_logps(
        self, model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor, keep: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """logprob_BT and entropy_BT of the last `keep` tokens of each row; 0 where the mask is 0."""
        logps = torch.zeros(input_ids.shape[0], keep, device=input_ids.device)
        entropies = torch.zeros_like(logps)
        # With a gradient one pass, for a wrapper that synchronises gradients expects one; without, bounded ones.
        most = 1 << 30 if torch.is_grad_enabled() else MOST_TOKENS
        for forest, row_P, col_P in planted(input_ids, attention_mask, keep, most):
            ids = torch.from_numpy(forest.ids_T)[None].to(input_ids.device)
            with self.accelerator.autocast():
                logprob_P, entropy_P = model(input_ids=ids, forest=forest)
            logps = logps.index_put((row_P, col_P), logprob_P)
            entropies = entropies.index_put((row_P, col_P), entropy_P)
        return logps, entropies

    def _calculate_rewards(self, inputs: Any, *given: Any) -> torch.Tensor:
        """As TRL's, and tells in how many of the groups the rewards differ: of the others nothing is learned."""
        reward_BF: torch.Tensor = super()._calculate_rewards(inputs, *given)
        count: Any = self.num_generations
        self._log_metric(DIFFER, differ(reward_BF, count))
        return reward_BF

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        output = super()._generate_and_score_completions(inputs)
        output["row"] = torch.arange(len(output["prompt_ids"]))
        number, steps = self.state.global_step + 1, self.state.max_steps
        model: Any = self.model
        if self.before is not None and model.training and kl_told(number, steps):
            self._metrics["train"]["kl"].append(self._kl(output))
        return output

    def _tells_kl(self) -> bool:
        """Whether the divergence from the start is ours to tell: TRL does where it is charged for; and weights that are
        split over processes cannot be put back."""
        whole = {DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU}
        return self.beta == 0 and self.accelerator.distributed_type in whole

    @torch.no_grad()
    def _kl(self, output: Mapping[str, torch.Tensor]) -> float:
        """How far the policy is from the start on what was just sampled, nats a token, over all processes: TRL's own
        estimate, exp(d) − d − 1 with d = log p(start) − log p(now) (Schulman 2020, k3)."""
        assert self.before is not None
        ids = torch.cat([output["prompt_ids"], output["completion_ids"]], 1)
        mask = torch.cat([output["prompt_mask"], output["completion_mask"]], 1)
        rows: Any = self.args.per_device_train_batch_size  # of a pass, where it is TRL's own
        told = (self.model, ids, mask, output["completion_ids"].shape[1], rows)
        now_BT = self._get_per_token_logps_and_entropies(*told)[0]
        with _adapter.put_back(self.accelerator.unwrap_model(self.model), self.before):
            before_BT = self._get_per_token_logps_and_entropies(*told)[0]
        gap_BT = before_BT - now_BT
        kept_BT = output["completion_mask"].to(gap_BT.dtype)
        total, count = ((gap_BT.exp() - gap_BT - 1) * kept_BT).sum(), kept_BT.sum()
        total, count = self.accelerator.reduce(torch.stack([total, count]), reduction="sum")
        return float(total / count.clamp(min=1.0))

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        """As TRL's, but the completions of a prompt stay together: TRL shuffles them over the passes of a step."""
        before = self._buffered_inputs
        inputs = super()._prepare_inputs(generation_batch)
        if self._buffered_inputs is before or not self.model.training:
            return inputs
        self._buffered_inputs = in_order(self._buffered_inputs)
        return self._buffered_inputs[self._step % self.args.steps_per_generation]

    def _compute_loss(self, model: Any, inputs: Any) -> torch.Tensor:
        if self.mode_alpha is not None:
            mask = inputs["completion_mask"]
            at = parting(inputs["completion_ids"], mask, self.lead)
            weighed = decoupled(inputs["advantages"], mask, self.mode_alpha, at)
            inputs = {**inputs, "advantages": weighed}
        loss: torch.Tensor = super()._compute_loss(model, inputs)  # type: ignore[no-untyped-call]
        return loss

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        loss: torch.Tensor = super().training_step(  # type: ignore[no-untyped-call]
            model, inputs, num_items_in_batch
        )
        _adapter.finite(float(loss), self.state.global_step + 1)
        return loss


def differ(reward_BF: torch.Tensor, count: int) -> float:
    """The share of groups of `count` completions in which the rewards that there are differ.

    >>> differ(torch.tensor([1.0, -1, 1, 1, torch.nan, 1, torch.nan, torch.nan])[:, None], 2)
    0.25
    """
    reward_GCF = reward_BF.view(-1, count, reward_BF.shape[-1])
    high_GF = reward_GCF.nan_to_num(-torch.inf).amax(1)
    low_GF = reward_GCF.nan_to_num(torch.inf).amin(1)
    return float((high_GF > low_GF).any(-1).float().mean())


def lead(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """The tokens with which the marks of both modes begin; the one behind them chooses the mode.

    >>> lead([44, 9485, 46], [44, 31210, 46])
    (44,)
    """
    same = [a for k, a in enumerate(one) if list(one[: k + 1]) == list(other[: k + 1])]
    return tuple(same[: min(len(one), len(other)) - 1])


def parting(ids_BT: torch.Tensor, mask_BT: torch.Tensor, lead: Sequence[int]) -> torch.Tensor:
    """at_B, where in each completion the mode is chosen: behind `lead`; 0 where it begins otherwise, or ends there."""
    size = len(lead)
    if ids_BT.shape[1] <= size:
        return torch.zeros(len(ids_BT), dtype=torch.long, device=ids_BT.device)
    begins_B = (ids_BT[:, :size] == torch.tensor(lead, dtype=ids_BT.dtype, device=ids_BT.device)).all(-1)
    return size * (begins_B & (mask_BT[:, : size + 1] > 0).all(-1)).long()


def decoupled(advantage_B: torch.Tensor, mask_BT: torch.Tensor, alpha: float, at_B: torch.Tensor) -> torch.Tensor:
    """advantage_BT under which TRL's loss "grpo" is the decoupled one: the mean of α·l(i,m) + (1/T_i)·Σ_{t≠m} l(i,t).

    l(i,t) is the clipped loss of a token, positively homogeneous in its advantage; m is the token that chooses the
    mode; T_i counts the others. "grpo" divides a completion's sum by T_i + 1, so that token is weighed α·(T_i + 1),
    others (T_i + 1)/T_i.

    Args:
        at_B: m of each completion (`parting`).

    Source: Thinkless (arXiv 2505.13379), §3.3, the form per sample, whose marks are one token each, so that m is 0.
    Their code takes the mean over all tokens instead.
    """
    mask_BT = mask_BT.to(advantage_B.dtype)
    size_B1 = mask_BT.sum(-1, keepdim=True)
    weight_BT = (size_B1 / (size_B1 - 1).clamp(min=1.0)).expand_as(mask_BT).clone()
    weight_BT.scatter_(1, at_B[:, None], alpha * size_B1)
    return advantage_B[:, None] * weight_BT * mask_BT


def in_order(batches: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The passes of a step with their rows in the order in which they were drawn ("row")."""
    row = torch.cat([batch["row"] for batch in batches])
    order, size = torch.argsort(row), len(batches[0]["row"])
    merged: dict[str, Any] = {}
    for name, value in batches[0].items():
        if isinstance(value, torch.Tensor) and value.ndim:
            merged[name] = torch.cat([batch[name] for batch in batches])[order.to(value.device)]
    return [
        {name: merged[name][start : start + size] if name in merged else value for name, value in batches[0].items()}
        for start in range(0, len(row), size)
    ]


def planted(
    input_ids: torch.Tensor, attention_mask: torch.Tensor, keep: int, most: int
) -> list[tuple[Forest, torch.Tensor, torch.Tensor]]:
    """Prompts padded left and completions padded right, as forests, with the row and column of each predicted token."""
    ids, mask = input_ids.cpu().numpy(), attention_mask.cpu().numpy().astype(bool)
    groups: dict[tuple[int, ...], list[int]] = {}
    for row in range(len(ids)):
        prompt = tuple(ids[row, :-keep][mask[row, :-keep]].tolist())
        if mask[row, -keep:].any():  # a completion that is masked out whole has no token to predict
            groups.setdefault(prompt, []).append(row)
    replies = [
        (prompt, [ids[row, -keep:][mask[row, -keep:]].tolist() for row in rows]) for prompt, rows in groups.items()
    ]
    members, found = list(groups.values()), []
    for forest in plant(replies, most):
        rows, cols = [], []
        for group in forest.groups:
            for row in members[group]:
                places = mask[row, -keep:].nonzero()[0].tolist()
                rows += [row] * len(places)
                cols += places
        device = input_ids.device
        found.append((forest, torch.tensor(rows, device=device), torch.tensor(cols, device=device)))
    return found


def add_forest(model: PreTrainedModel, head: nn.Linear, temperature: float) -> None:
    """Let `model(input_ids=…, forest=…)` give (logprob_P, entropy_P) of a forest; without `forest` nothing changes.

    It goes through the model's own forward, as TRL's fused head does, so that adapters and the wrappers of many
    processes see the call.
    """
    plain = model.forward

    @functools.wraps(type(model).forward)
    def forward(self: Any, *given: Any, forest: Forest | None = None, **named: Any) -> Any:
        if forest is None:
            return plain(*given, **named)
        out = self.base_model(**forest_inputs(self, forest))
        asked_S, at_P, target_P = (
            torch.from_numpy(part).to(self.device) for part in (forest.asked_S, forest.at_P, forest.target_P)
        )
        return picked(out.last_hidden_state[0, asked_S], head, at_P, target_P, temperature)

    model.forward = types.MethodType(forward, model)
