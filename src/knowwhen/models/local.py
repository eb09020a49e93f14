"""A `transformers` causal language model on this machine, run by the batched engine.

Source: greedy tokens are those of ``transformers.generate`` in float32; the engine is described in `_engine.py`.
Cost: one forward pass over each distinct prompt token and one row-step a generated token; nothing is read twice.
Fails when: the model keeps a recurrent state, or needs code of its own (neither is run; serve it instead).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from knowwhen.errors import ModelError, RequestError
from knowwhen.models._engine import Engine
from knowwhen.models._plan import Job
from knowwhen.models._rows import Reply
from knowwhen.models._thinking import split_thinking
from knowwhen.types import Generation, Message, Need, Response, Stop

if TYPE_CHECKING:
    from knowwhen.models._weights import Located

BASE_STOPS = ("\nQuestion:", "\nQ:", "\n\n")
"""What ends an answer of a model without a chat template: the next question, or an empty line."""


class LocalModel:
    """Weights, tokenizer and engine; `respond` is the model protocol, the rest is for those who look inside.

    Args:
        name: as the user wrote it.
        model: a causal language model.
        tokenizer: its tokenizer; with a chat template prompts are chats, without one they are laid out as
            ``Question: … Answer:`` and the reply stops where the answer ends.
        identity: what the manifest records.
        memory: bytes for keys, values and logits; None: a quarter of what is free, at most 768 MiB on a processor,
            60 % of what is free on a GPU.
    """

    offers = frozenset(Need)

    def __init__(
        self,
        name: str,
        model: transformers.PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        identity: Mapping[str, str] | None = None,
        notes: Sequence[str] = (),
        memory: int | None = None,
    ) -> None:
        self.name, self.model, self.tokenizer, self.notes = name, model, tokenizer, tuple(notes)
        model.train(False)
        self.chat = tokenizer.chat_template is not None
        self.engine = Engine(self.model, _end_ids(model, tokenizer), memory or _memory(model.device))
        self.identity: Mapping[str, str] = {
            **(identity or {}),
            "architecture": type(model).__name__,
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": model.device.type,
            "layout": "chat template" if self.chat else "question and answer",
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }
        config = model.config.get_text_config(decoder=True)
        self.context = int(getattr(config, "max_position_embeddings", None) or 1 << 30)

    def tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """The token ids of a conversation, up to where the reply begins."""
        if not self.chat:
            return tuple(self.tokenizer(lay_out(prompt))["input_ids"])
        turns = [{"role": m.role, "content": m.content} for m in prompt]
        apply = partial(self.tokenizer.apply_chat_template, add_generation_prompt=True, tokenize=False)
        try:
            text = apply(turns)
        except Exception as error:  # a template may raise anything; the usual reason is that it knows no system role
            if turns[0]["role"] != "system" or len(turns) < 2:
                raise ModelError(f"The chat template of {self.name} failed: {error}") from error
            system, first, *rest = turns
            text = apply([{"role": first["role"], "content": f"{system['content']}\n\n{first['content']}"}, *rest])
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def respond(
        self, prompts: Sequence[Sequence[Message]], generation: Generation
    ) -> Iterator[tuple[int, Response]]:
        """See `Model.respond`. With Need.HIDDEN, states go to `generation.hidden_folder`, one .npy a prompt.

        Each file holds hidden_LD, float16: the residual stream at the last prompt token, embeddings first.
        """
        folder = Path(generation.hidden_folder) if Need.HIDDEN in generation.needs else None
        if folder is not None and not generation.hidden_folder:
            raise RequestError("Hidden states were asked for, but Generation.hidden_folder does not say where to.")
        asked: list[int] = []
        jobs: list[Job] = []
        for index, prompt in enumerate(prompts):
            ids = self.tokens(prompt)
            if len(ids) + generation.max_tokens > self.context:
                cause = f"prompt too long ({self.context} positions)"
                yield index, Response("", Stop.ERROR, cause, tokens_in=len(ids))
                continue
            asked.append(index)
            jobs.append(Job(ids, generation.max_tokens, generation.samples, hidden=folder is not None))
        stop = None if self.chat else self._answer_is_over
        for number, done in self.engine.run(
            jobs, temperature=generation.temperature, seed=generation.seed, stop=stop
        ):
            reply, ids = done.reply, jobs[number].prompt
            assert reply is not None  # max_tokens ≥ 1
            thinking, text = self._text(reply, ids)
            hidden = None
            if folder is not None and done.hidden_LD is not None:
                hidden = f"{hashlib.sha256(np.asarray(ids, np.int64).tobytes()).hexdigest()[:16]}.npy"
                folder.mkdir(parents=True, exist_ok=True)
                np.save(folder / hidden, done.hidden_LD.astype(np.float16))
            yield asked[number], Response(
                text=text,
                stop=Stop.END if reply.ended else Stop.LENGTH,
                thinking=thinking,
                tokens_in=len(ids),
                tokens_out=len(reply.tokens),
                logprobs=tuple(reply.logprobs) if Need.LOGPROBS in generation.needs else None,
                samples=tuple(self._text(sample, ids)[1] for sample in done.samples),
                hidden=hidden,
            )

    def score(
        self, prompts: Sequence[Sequence[Message]], continuations: Sequence[Sequence[str]]
    ) -> list[list[NDArray[np.float64]]]:
        """Log-probabilities (nats) of given replies: for each prompt and each of its continuations, one per token."""
        lead = "" if self.chat else " "
        jobs = [
            Job(
                self.tokens(prompt),
                continuations=tuple(
                    tuple(self.tokenizer(lead + c, add_special_tokens=False)["input_ids"]) for c in given
                ),
            )
            for prompt, given in zip(prompts, continuations, strict=True)
        ]
        for job, given in zip(jobs, continuations, strict=True):
            if not all(job.continuations):
                raise RequestError(f"A continuation to score has no tokens, among {list(given)!r}.")
            if len(job.prompt) + max(map(len, job.continuations), default=0) > self.context:
                raise RequestError(f"A prompt and its continuations are too long ({self.context} positions).")
        scores: list[list[NDArray[np.float64]]] = [[] for _ in jobs]
        for index, done in self.engine.run(jobs):
            scores[index] = [np.array(s) for s in done.scores]
        return scores

    def _text(self, reply: Reply, prompt: tuple[int, ...]) -> tuple[str, str]:
        """The thinking and the reply proper, as text."""
        text = str(self.tokenizer.decode(reply.tokens, skip_special_tokens=True))
        if not self.chat:
            text = "\n" + text.lstrip()  # empty lines before the answer do not end it
            return "", min((text.partition(mark)[0] for mark in BASE_STOPS), key=len).strip()
        opened = str(self.tokenizer.decode(list(prompt[-8:]))).rstrip().endswith("<think>")
        thinking, said = split_thinking("<think>" + text if opened else text)
        return thinking, said.strip()

    def _answer_is_over(self, tokens: Sequence[int]) -> bool:
        text = "\n" + str(self.tokenizer.decode(list(tokens))).lstrip()
        return any(mark in text for mark in BASE_STOPS)


def lay_out(prompt: Sequence[Message]) -> str:
    """A conversation as plain text for a model that knows no chat: an instruction, questions, answers.

    >>> lay_out([Message("user", "Capital of Peru?")])
    'Question: Capital of Peru?\\nAnswer:'
    """
    labels = {"system": "", "user": "Question: ", "assistant": "Answer: "}
    return "\n".join(labels[m.role] + m.content for m in prompt) + "\nAnswer:"


def open_local(name: str, located: Located, *, device: str | None = None, memory: int | None = None) -> LocalModel:
    """Load located weights: float32 on a processor, the stored type on a GPU. Remote code and pickles never run."""
    target = device or ("cuda" if torch.cuda.is_available() else "cpu")
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    dtype = torch.float32 if target == "cpu" else "auto"
    quiet: Any = transformers.utils.logging
    level, bars = quiet.get_verbosity(), quiet.is_progress_bar_enabled()
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(located.folder, **options)
        model = AutoModelForCausalLM.from_pretrained(located.folder, dtype=dtype, use_safetensors=True, **options)
        if located.adapter is not None:
            from peft import PeftModel

            # Merged, an adapter costs nothing a step; in float32 the merge is exact to rounding.
            model = PeftModel.from_pretrained(model, located.adapter).merge_and_unload()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(f"Cannot load '{name}' from {located.folder}: {error}") from error
    finally:
        quiet.set_verbosity(level)
        if bars:
            quiet.enable_progress_bar()
    torch.nn.Module.to(model, target)
    return LocalModel(
        name, model, tokenizer, identity=located.identity, notes=located.notes, memory=memory
    )


def _end_ids(model: transformers.PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    ends: set[int] = set()
    for source in (model.generation_config, tokenizer):
        ids = getattr(source, "eos_token_id", None)
        ends.update(ids if isinstance(ids, list) else [] if ids is None else [ids])
    return frozenset(ends)


def _memory(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] * 0.6)
    pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in os.sysconf_names else "SC_PHYS_PAGES"
    return min(768 << 20, os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE") // 4)
