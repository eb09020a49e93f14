"""A `transformers` causal language model on this machine, run by the batched engine.

Source: greedy tokens are those of ``transformers.generate`` in float32; the engine is described in `_engine.py`.
Cost: one forward pass over each distinct prompt token and one row-step a generated token; nothing is read twice.
Fails when: the model keeps a recurrent state, or needs code of its own (neither is run; serve it instead).
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from knowwhen.errors import ModelError, RequestError
from knowwhen.models._asides import continued, instead, log_odds
from knowwhen.models._dialogue import Dialogue
from knowwhen.models._engine import Done, Engine
from knowwhen.models._folder import is_soft
from knowwhen.models._plan import Job
from knowwhen.types import Aside, Generation, Message, Need, Response, Stop

if TYPE_CHECKING:
    from knowwhen.models._weights import Located


_HALF = 65504.0
"""The largest number in float16."""
_TOGETHER = 64
"""Replies whose later asides are asked at once; a kill loses no more than these."""


@dataclass(slots=True)
class _Asking:
    """What is run for one prompt, by name, and what came of it: "" is the prompt itself, the others are asides."""

    index: int
    prompt: Sequence[Message]
    jobs: dict[str, Job] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)
    branches: list[str] = field(default_factory=list)
    """The asides that the prompt's own job asks behind its reply."""
    later: list[Aside] = field(default_factory=list)
    """The asides that need the reply's text first."""
    rich: bool = True


class LocalModel:
    """Weights, tokenizer and engine; `respond` is the model protocol, the rest is for those who look inside.

    Args:
        name: as the user wrote it.
        model: a causal language model.
        tokenizer: its tokenizer; with a chat template prompts are chats, without one they are laid out as
            ``Question: … Answer:`` and the reply stops where the answer ends.
        identity: what the manifest records.
        memory: bytes for keys, values and logits; None: a quarter of what is free, at most 1.5 GiB on a processor,
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
        self.talk = Dialogue(name, tokenizer)
        self.chat = self.talk.chat
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

    def respond(
        self, prompts: Sequence[Sequence[Message]], generation: Generation, plain: Collection[int] = ()
    ) -> Iterator[tuple[int, Response]]:
        """See `Model.respond`. With Need.HIDDEN, states go to `generation.hidden_folder`, one .npy a prompt.

        Each file holds hidden_LD, float16: the residual stream at the last prompt token, embeddings first.
        """
        folder = Path(generation.hidden_folder) if Need.HIDDEN in generation.needs else None
        if folder is not None and not generation.hidden_folder:
            raise RequestError("Hidden states were asked for, but Generation.hidden_folder does not say where to.")
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        wanted: list[_Asking] = []
        jobs: list[tuple[int, str, Job]] = []
        for index, prompt in enumerate(prompts):
            asking = self._asking(index, prompt, generation, rich=index not in plain)
            if isinstance(asking, Response):
                yield index, asking
                continue
            number = len(wanted)
            wanted.append(asking)
            jobs += [(number, aside, job) for aside, job in asking.jobs.items()]
        left = [len(asking.jobs) for asking in wanted]
        second: list[tuple[_Asking, Response]] = []
        for k, done in self.engine.run(
            [job for _, _, job in jobs],
            temperature=generation.temperature,
            seed=generation.seed,
            stop=None if self.chat else self.talk.is_over,
        ):
            number, aside, _ = jobs[k]
            asking = wanted[number]
            asking.done[aside] = done
            left[number] -= 1
            if left[number]:
                continue
            response = self._response(asking, generation, folder)
            asking.done.clear()
            if asking.later:
                second.append((asking, response))
                if len(second) >= _TOGETHER:
                    yield from self._later(second, generation)
                    second = []
            else:
                yield asking.index, response
        yield from self._later(second, generation)

    def _asking(
        self, index: int, prompt: Sequence[Message], generation: Generation, *, rich: bool
    ) -> _Asking | Response:
        """What to run for a prompt, or the failure that it is."""
        ids, needs = self.talk.tokens(prompt), generation.needs
        if len(ids) + generation.max_tokens > self.context:
            return Response("", Stop.ERROR, f"prompt too long ({self.context} positions)", tokens_in=len(ids))
        asking = _Asking(index, prompt)
        if not rich:
            asking.rich = False
            asking.jobs[""] = Job(ids, generation.max_tokens)
            return asking
        branches = []
        for aside in generation.asides if Need.ASIDES in needs else ():
            if aside.tokens or (aside.after and not self.chat):
                asking.later.append(aside)
            elif not aside.after:
                asked = self.talk.tokens(instead(prompt, aside))
                if self._fits(asked, 1) and all(self.talk.yes_no):
                    asking.jobs[aside.name] = self._polar(asked)
            elif (
                all(self.talk.yes_no)
                and (suffix := self.talk.suffix(aside))
                and len(ids) + generation.max_tokens + len(suffix) <= self.context
            ):
                asking.branches.append(aside.name)
                branches.append(suffix)
        given = tuple(map(self.talk.reply, generation.continuations)) if Need.SCORES in needs else ()
        asking.jobs[""] = Job(
            ids,
            generation.max_tokens,
            generation.samples,
            continuations=given if all(given) and self._fits(ids, sum(map(len, given))) else (),
            branches=tuple(branches),
            read=sum(self.talk.yes_no, ()) if branches else (),
            hidden=Need.HIDDEN in needs,
            spread=bool(needs & {Need.MARGINS, Need.ENTROPIES}),
        )
        return asking

    def _response(self, asking: _Asking, generation: Generation, folder: Path | None) -> Response:
        """All that was found out about one prompt, but for the asides that come later."""
        done, ids, needs = asking.done[""], asking.jobs[""].prompt, generation.needs
        reply = done.reply
        assert reply is not None  # max_tokens ≥ 1
        thinking, text = self.talk.text(reply, ids)
        plain = Response(
            text=text,
            stop=Stop.END if reply.ended else Stop.LENGTH,
            thinking=thinking,
            tokens_in=len(ids),
            tokens_out=len(reply.tokens),
        )
        if not asking.rich:
            return replace(plain, logprobs=_kept(reply.logprobs) if Need.LOGPROBS in needs else None)
        hidden = None
        if folder is not None and done.hidden_LD is not None:
            hidden = f"{hashlib.sha256(np.asarray(ids, np.int64).tobytes()).hexdigest()[:16]}.npy"
            # Some models hold a few activations beyond float16; what a probe reads of them is their sign.
            try:
                np.save(folder / hidden, np.clip(done.hidden_LD, -_HALF, _HALF).astype(np.float16))
            except OSError as error:
                raise ModelError(
                    f"The hidden states cannot be written to {folder}: {error.strerror}. The replies before are kept. "
                    "Make room, then run the same command again: it goes on from there."
                ) from error
        # A model that thinks first begins its reply inside its thoughts: what is read there says nothing of the reply.
        thinks = bool(thinking) or self.talk.opens_thought(ids)
        odds = {name: self._odds(read) for name, read in zip(asking.branches, done.branches, strict=True)}
        odds |= {name: self._odds([p for (p,) in other.scores]) for name, other in asking.done.items() if name}
        return replace(
            plain,
            logprobs=_kept(reply.logprobs) if Need.LOGPROBS in needs else None,
            margins=_kept(reply.margins) if Need.MARGINS in needs else None,
            entropies=_kept(reply.entropies) if Need.ENTROPIES in needs else None,
            samples=tuple(self.talk.text(sample, ids)[1] for sample in done.samples),
            sample_logprobs=tuple(_kept(s.logprobs) for s in done.samples) if Need.LOGPROBS in needs else None,
            scores=tuple(map(_kept, done.scores)) if done.scores and not thinks else None,
            asides=None if Need.ASIDES not in needs else {} if thinks else dict(odds),
            hidden=hidden,
        )

    def _later(
        self, second: Sequence[tuple[_Asking, Response]], generation: Generation
    ) -> Iterator[tuple[int, Response]]:
        """Ask what is asked with the reply's text in the conversation, read anew."""
        jobs: list[tuple[int, Aside, Job]] = []
        found = [dict(response.asides or {}) for _, response in second]
        for k, (asking, response) in enumerate(second):
            for aside in asking.later:
                if aside.after:
                    ids = self._behind(asking.prompt, response.text, aside)
                else:
                    ids = self.talk.tokens(instead(asking.prompt, aside))
                if aside.tokens and len(ids) + aside.tokens <= self.context:
                    jobs.append((k, aside, Job(ids, aside.tokens)))
                elif not aside.tokens and self._fits(ids, 1) and all(self.talk.yes_no):
                    jobs.append((k, aside, self._polar(ids)))
        stop = None if self.chat else self.talk.is_over
        for n, done in self.engine.run([job for _, _, job in jobs], seed=generation.seed, stop=stop):
            k, aside, job = jobs[n]
            if aside.tokens and done.reply is not None:
                found[k][aside.name] = self.talk.text(done.reply, job.prompt)[1]
            else:
                found[k][aside.name] = self._odds([p for (p,) in done.scores])
        for (asking, response), asides in zip(second, found, strict=True):
            yield asking.index, replace(response, asides=asides)

    def _behind(self, prompt: Sequence[Message], reply: str, aside: Aside) -> tuple[int, ...]:
        """The tokens of a conversation with the reply to it and a second question."""
        return self.talk.tokens(continued(prompt, reply, aside))

    def _polar(self, prompt: tuple[int, ...]) -> Job:
        """A prompt of which only the first token's odds of yes and no are read."""
        return Job(prompt, continuations=tuple((token,) for token in sum(self.talk.yes_no, ())))

    def _odds(self, logprobs: Sequence[float]) -> float:
        """The log-odds of "yes" over "no" from the log-probabilities of the tokens that they begin with."""
        split = len(self.talk.yes_no[0])
        return round(log_odds(logprobs[:split], logprobs[split:]), 6)

    def _fits(self, prompt: Sequence[int], more: int) -> bool:
        return len(prompt) + more <= min(self.context, self.engine.scorable)

    def score(
        self,
        prompts: Sequence[Sequence[Message]],
        continuations: Sequence[Sequence[str]],
        ended: Sequence[Sequence[bool]] | None = None,
    ) -> list[list[NDArray[np.float64]]]:
        """Log-probabilities (nats) of given replies: for each prompt and each of its continuations, one per token.

        Args:
            ended: whether the end of the turn is scored behind a continuation; None: behind none.
        """
        end = () if self.talk.closing is None else (self.talk.closing,)
        whole = ended or [[False] * len(given) for given in continuations]
        jobs = [
            Job(
                self.talk.tokens(prompt),
                continuations=tuple(
                    (*self.talk.reply(text), *(end if last else ())) for text, last in zip(given, lasts, strict=True)
                ),
            )
            for prompt, given, lasts in zip(prompts, continuations, whole, strict=True)
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


def open_local(name: str, located: Located, *, device: str | None = None, memory: int | None = None) -> LocalModel:
    """Load located weights, the adapter merged or the soft thoughts put on, ready to reply."""
    if located.adapter is not None and is_soft(located.adapter):
        from knowwhen.models._soft_model import open_soft

        return open_soft(name, located, device=device, memory=memory)
    model, tokenizer = load_weights(name, located, device or ("cuda" if torch.cuda.is_available() else "cpu"))
    return LocalModel(
        name, model, tokenizer, identity=located.identity, notes=located.notes, memory=memory
    )


def load_weights(
    name: str, located: Located, device: str
) -> tuple[transformers.PreTrainedModel, PreTrainedTokenizerBase]:
    """A model and its tokenizer: float32 on a processor, the stored type on a GPU. Remote code and pickles never run.

    An adapter is merged: that costs nothing a step, and in float32 it is exact to rounding.
    """
    if located.adapter is not None and is_soft(located.adapter):
        raise ModelError(f"{located.adapter} holds soft thoughts, which cannot be merged into weights. Give the base.")
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    dtype = torch.float32 if device == "cpu" else "auto"
    quiet: Any = transformers.utils.logging
    level, bars = quiet.get_verbosity(), quiet.is_progress_bar_enabled()
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(located.folder, **options)
        model = AutoModelForCausalLM.from_pretrained(located.folder, dtype=dtype, use_safetensors=True, **options)
        if located.adapter is not None:
            from peft import PeftModel

            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # peft 0.21 asks transformers 5 by an old name
                model = PeftModel.from_pretrained(model, located.adapter).merge_and_unload()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(f"Cannot load '{name}' from {located.folder}: {error}") from error
    finally:
        quiet.set_verbosity(level)
        if bars:
            quiet.enable_progress_bar()
    torch.nn.Module.to(model, device)
    return model, tokenizer


def _kept(values: Sequence[float]) -> tuple[float, ...]:
    """To a millionth: what is beyond is noise of the arithmetic, and would be most of a run's bytes."""
    return tuple(round(value, 6) for value in values)


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
    return min(1536 << 20, os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE") // 4)
