"""Completions for sampled training, drawn by knowwhen's own engine on the very weights under training.

    prompts ──each distinct one read once──▶ as many samples of it as it comes ──▶ token ids, log-probabilities, texts

The adapter is active, not merged: to merge and unmerge would leave rounding in the frozen weights after each step, so
that a resumed run would no longer end where the unbroken one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from peft.tuners.lora import Linear as LoraLinear

from knowwhen.errors import RequestError
from knowwhen.models._engine import Engine
from knowwhen.models._plan import Job
from knowwhen.models._rows import Reply
from knowwhen.training._adapter import Base
from knowwhen.training.rows import Row
from knowwhen.types import Message

MEMORY = 256 << 20
"""Bytes for keys, values and logits while completions are drawn on a processor: training itself needs more."""


def prompt_tokens(base: Base, prompt: Any) -> tuple[int, ...]:
    """A prompt in TRL's form as an audit would ask it."""
    turns = [Message("user", prompt)] if isinstance(prompt, str) else [Message(m["role"], m["content"]) for m in prompt]
    return base.talk.tokens(turns)


def check_lengths(base: Base, rows: Sequence[Row], new: int) -> None:
    """Whether every prompt leaves room for a completion.

    Raises:
        RequestError: names the row that does not.
    """
    config = base.inner.config.get_text_config(decoder=True)
    most = int(getattr(config, "max_position_embeddings", None) or 1 << 30)
    for number, row in enumerate(rows):
        if (long := len(prompt_tokens(base, row["prompt"]))) + new > most:
            raise RequestError(
                f"Row {number} ({row.get('id') or 'without id'}) has a prompt of {long} tokens; with {new} new ones "
                f"that is beyond the model's {most} positions. Leave it out, or lower max_completion_length."
            )


def rollouts(
    base: Base, engine: Engine, *, max_tokens: int, temperature: float, seed: int
) -> Callable[[list[Any], Any], dict[str, Any]]:
    """TRL's `rollout_func`: completions for prompts, in their order.

    A prompt that comes n times gets samples 0 … n−1 of it. They depend on seed, step and prompt alone, so that one
    process and several draw the same. Beside what TRL wants, each completion comes with what the reward reads: `ended`,
    `opened`, `said` (`rewards.trl_reward`). The log-probabilities are those at temperature 1.
    """

    def roll_out(prompts: list[Any], trainer: Any) -> dict[str, Any]:
        asked = [prompt_tokens(base, prompt) for prompt in prompts]
        times: dict[tuple[int, ...], int] = {}
        for ids in asked:
            times[ids] = times.get(ids, 0) + 1
        distinct = list(times)
        number = seed * 1_000_003 + int(trainer.state.global_step)
        drawn: dict[tuple[int, ...], Iterator[Reply]] = {}
        with drawing(base):
            jobs = [Job(ids, max_tokens, times[ids]) for ids in distinct]
            stop = None if base.talk.chat else base.talk.is_over
            for k, done in engine.run(jobs, temperature=temperature, seed=number, stop=stop):
                drawn[distinct[k]] = iter(done.samples)
        replies = [next(drawn[ids]) for ids in asked]
        return {
            "prompt_ids": [list(ids) for ids in asked],
            "completion_ids": [reply.tokens for reply in replies],
            "logprobs": [reply.logprobs for reply in replies],
            "ended": [reply.ended for reply in replies],
            "opened": [base.talk.opens_thought(ids) for ids in asked],
            "said": [_said(base, reply, ids) for reply, ids in zip(replies, asked, strict=True)],
        }

    return roll_out


def _said(base: Base, reply: Reply, prompt: tuple[int, ...]) -> str:
    """The completion as text, thinking and marks in it; a base model's ends where its answer ends."""
    if not base.talk.chat:
        return base.talk.text(reply, prompt)[1]
    return str(base.tokenizer.decode(reply.tokens, skip_special_tokens=True)).strip()


@contextmanager
def drawing(base: Base) -> Iterator[None]:
    """Within, the model is in eval mode and its adapters take a short way; afterwards all is as before."""
    training = base.model.training
    base.model.eval()
    try:
        with ExitStack() as undo:
            for layer in base.model.modules():
                if type(layer) is LoraLinear and _simple(layer):
                    name = layer.active_adapters[0]
                    layer.forward = partial(  # type: ignore[method-assign]
                        _short, layer.base_layer, layer.lora_A[name], layer.lora_B[name], layer.scaling[name]
                    )
                    undo.callback(layer.__dict__.pop, "forward", None)
            yield
    finally:
        base.model.train(training)


def _simple(layer: Any) -> bool:
    """Whether a layer adds one plain low-rank product and nothing else."""
    active = layer.active_adapters
    return (
        len(active) == 1
        and active[0] in layer.lora_A
        and not layer.disable_adapters
        and not layer.merged
        and not getattr(layer, "lora_variant", {}).get(active[0])
        and layer.lora_A[active[0]].weight.dtype == layer.base_layer.weight.dtype
    )


def _short(base: Any, a: Any, b: Any, scale: float, x: torch.Tensor) -> torch.Tensor:
    """W x + s·B A x: what the layer computes, without its bookkeeping."""
    out: torch.Tensor = base(x) + b(a(x)) * scale
    return out
