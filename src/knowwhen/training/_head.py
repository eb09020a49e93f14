"""Log-probabilities of chosen tokens straight from last hidden states: the logits exist for a few positions at a time.

A vocabulary is fifty times as wide as a small model, so the logits of a batch, their softmax and its gradient are what
most of a step's memory goes to. Here a chunk of positions has its logits made once; what the gradient will need of them
(the mean output embedding under the softmax, as wide as the model) is computed on the spot, so nothing is recomputed
backward and nothing as wide as the vocabulary is kept.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

ROWS = 128
"""Positions whose logits exist at once."""
SCALES = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
"""Settings under which a model's logits are more than a product with its output embedding."""


def plain_head(model: PreTrainedModel) -> nn.Linear | None:
    """The model's frozen output layer, where its logits are that layer's output and nothing more; else None."""
    head: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    config = model.config.get_text_config(decoder=True)
    scaled = any(getattr(config, name, None) not in (None, 1.0) for name in SCALES)
    return head if type(head) is nn.Linear and not head.weight.requires_grad and not scaled else None


def picked(
    state_SD: torch.Tensor, head: nn.Linear, at_P: torch.Tensor, target_P: torch.Tensor, temperature: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """logprob_P of each target, with gradient to the states, and entropy_P of its distribution, without; nats, float32.

    Args:
        state_SD: last hidden states, normalised as the model gives them to its head.
        at_P: for each target the position that predicts it.
    """
    found: tuple[torch.Tensor, torch.Tensor] = _Picked.apply(  # type: ignore[no-untyped-call]
        state_SD, head.weight, head.bias, at_P, target_P, temperature
    )
    return found


class _Picked(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        state_SD: torch.Tensor,
        weight_VD: torch.Tensor,
        bias_V: torch.Tensor | None,
        at_P: torch.Tensor,
        target_P: torch.Tensor,
        temperature: float,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        count = state_SD.shape[0]
        total_S = torch.empty(count, device=state_SD.device)
        entropy_S = torch.empty_like(total_S)
        mean_SD = torch.empty_like(state_SD) if ctx.needs_input_grad[0] else None
        logit_P = torch.empty(at_P.shape[0], device=state_SD.device)
        for start in range(0, count, ROWS):
            part = slice(start, start + ROWS)
            logits_BV = nn.functional.linear(state_SD[part], weight_VD, bias_V).float().div_(temperature)
            total_S[part] = logits_BV.logsumexp(-1)
            here = ((at_P >= start) & (at_P < start + ROWS)).nonzero()[:, 0]
            logit_P[here] = logits_BV[at_P[here] - start, target_P[here]]
            chance_BV = (logits_BV - total_S[part, None]).exp_()
            entropy_S[part] = -torch.xlogy(chance_BV, chance_BV).sum(-1)
            if mean_SD is not None:
                mean_SD[part] = chance_BV.to(weight_VD.dtype) @ weight_VD
        ctx.temperature = temperature
        ctx.save_for_backward(weight_VD, at_P, target_P, mean_SD)
        entropy_P = entropy_S[at_P]
        ctx.mark_non_differentiable(entropy_P)
        return logit_P - total_S[at_P], entropy_P

    @staticmethod
    def backward(ctx: Any, grad_P: torch.Tensor, _: Any) -> Any:
        weight_VD, at_P, target_P, mean_SD = ctx.saved_tensors
        # ∂ log p(target) / ∂ state = (W[target] − Σ p·W) / temperature
        each_PD = grad_P[:, None] * (weight_VD[target_P].float() - mean_SD[at_P].float()) / ctx.temperature
        grad_SD = torch.zeros(mean_SD.shape, device=mean_SD.device).index_add_(0, at_P, each_PD)
        return grad_SD.to(mean_SD.dtype), None, None, None, None, None
