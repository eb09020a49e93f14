"""A frozen base that replies with soft thoughts (`_soft.py`).

A vector is a token whose number lies beyond the vocabulary and is made of what the assistant has read. So it has the
same number wherever the same question is asked, and prompts with thoughts are token sequences like any others: the
engine sorts them, shares their beginnings, scores and samples behind them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from knowwhen.errors import RequestError
from knowwhen.models._asides import continued, instead
from knowwhen.models._dialogue import Dialogue
from knowwhen.models._engine import Done, Engine
from knowwhen.models._plan import Job
from knowwhen.models._soft import (
    Assistant,
    Projection,
    Settings,
    Tokens,
    Words,
    last_user,
    read_projection,
    read_settings,
    split,
    width,
)
from knowwhen.models.local import LocalModel, load_weights
from knowwhen.types import Aside, Generation, Message, Response, Stop

if TYPE_CHECKING:
    from knowwhen.models._weights import Located


class Thoughts:
    """Soft thoughts on a base: which tokens stand for them, and what vectors those are at present."""

    def __init__(self, base: PreTrainedModel, assistant: Assistant, projection: Projection) -> None:
        words = base.get_input_embeddings()
        self.words = words if isinstance(words, Words) else Words(words)
        base.set_input_embeddings(self.words)
        self.assistant, self.projection = assistant, projection.to(base.device)
        self.count = assistant.settings.thoughts
        self.readings: dict[int, Tokens] = {}
        """First soft token of a question → what the assistant reads of it."""

    def ids(self, reading: Tokens) -> Tokens:
        """The soft tokens of what the assistant has read."""
        digest = hashlib.sha256(np.asarray(reading, np.int64).tobytes()).digest()
        start = self.words.first + int.from_bytes(digest[:6]) * self.count
        self.readings[start] = reading
        return tuple(range(start, start + self.count))

    def given(self, readings: Sequence[Tokens], thought_BND: torch.Tensor) -> None:
        """Let the soft tokens of these readings stand for these vectors."""
        for reading, thought_ND in zip(readings, thought_BND, strict=True):
            self.words.vectors.update(zip(self.ids(reading), thought_ND, strict=True))

    @torch.inference_mode()
    def think(self, prompts: Sequence[Tokens]) -> None:
        """Have the assistant read what these prompts' soft tokens stand for, where it has not yet."""
        known = self.words.vectors
        starts = {i for ids in prompts for i in ids if i in self.readings and i not in known}
        readings = [self.readings[start] for start in sorted(starts)]
        if not readings:
            return
        if not all(map(self.assistant.fits, readings)):
            raise RequestError(f"A prompt is too long for the assistant ({self.assistant.context} positions).")
        if self.projection.zero:
            blank = torch.zeros(self.count, self.words.width, device=self.assistant.model.device)
            self.given(readings, blank.expand(len(readings), -1, -1))
        else:
            self.given(readings, self.projection(self.assistant.all_states(readings, self.projection.placeholders)))


class SoftDialogue(Dialogue):
    """Conversations whose last user turn ends with soft thoughts."""

    def __init__(self, name: str, tokenizer: PreTrainedTokenizerBase, thoughts: Thoughts) -> None:
        super().__init__(name, tokenizer)
        self.thoughts = thoughts

    def tokens(self, prompt: Sequence[Message], turn: int | None = None) -> Tokens:
        """As `Dialogue.tokens`, with the thoughts at the end of a turn, the user's last if none is named."""
        before, after = split(self, prompt, turn)
        return (*before, *self.thoughts.ids(self.thoughts.assistant.reading(prompt, turn)), *after)

    def opens_thought(self, prompt: Sequence[int]) -> bool:
        return super().opens_thought([token for token in prompt if token < self.thoughts.words.first])


class SoftEngine(Engine):
    """The engine, which has the assistant read before it runs, and drops the vectors behind."""

    def __init__(self, model: PreTrainedModel, end_ids: frozenset[int], memory: int, thoughts: Thoughts) -> None:
        super().__init__(model, end_ids, memory)
        self.thoughts, self.running = thoughts, 0

    def run(self, jobs: Sequence[Job], **options: Any) -> Iterator[tuple[int, Done]]:
        """See `Engine.run`."""
        self.running += 1
        try:
            self.thoughts.think([job.prompt for job in jobs])
            yield from super().run(jobs, **options)
        finally:
            self.running -= 1
            if not self.running:  # runs nest: second questions are asked while the first still run
                self.thoughts.words.vectors.clear()


class SoftModel(LocalModel):
    """A frozen base with soft thoughts.

    A second question behind a reply finds the thoughts where they were, at the end of the question replied to, as in a
    conversation that goes on; every question of its own has its own.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        thoughts: Thoughts,
        **options: Any,
    ) -> None:
        super().__init__(name, model, tokenizer, **options)
        self.thoughts = thoughts
        self.talk: SoftDialogue = SoftDialogue(name, tokenizer, thoughts)
        self.engine = SoftEngine(model, self.engine.end_ids, self.engine.memory, thoughts)

    def _asking(self, index: int, prompt: Sequence[Message], generation: Generation, *, rich: bool) -> Any:
        assistant = self.thoughts.assistant
        asked = [prompt, *(instead(prompt, aside) for aside in generation.asides if not aside.after)]
        if not all(assistant.fits(assistant.reading(one)) for one in asked):
            return Response("", Stop.ERROR, f"prompt too long for the assistant ({assistant.context} positions)")
        return super()._asking(index, prompt, generation, rich=rich)

    def _behind(self, prompt: Sequence[Message], reply: str, aside: Aside) -> Tokens:
        return self.talk.tokens(continued(prompt, reply, aside), last_user(prompt))


def open_assistant(
    settings: Settings, model: PreTrainedModel, talk: Dialogue, located: Located | None, device: str
) -> Assistant:
    """The model that reads along: loaded if it is another one, else the base that is there."""
    if located is None:
        return Assistant(model, talk, settings)
    other, tokenizer = load_weights(settings.assistant, located, device)
    return Assistant(other, Dialogue(settings.assistant, tokenizer), settings)


def open_soft(name: str, located: Located, *, device: str | None = None, memory: int | None = None) -> SoftModel:
    """Load a located base with its soft thoughts, ready to reply."""
    assert located.adapter is not None
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    settings = read_settings(located.adapter)
    model, tokenizer = load_weights(name, replace(located, adapter=None), device)
    assistant = open_assistant(settings, model, Dialogue(name, tokenizer), located.assistant, device)
    projection = read_projection(located.adapter, settings, assistant.width, width(model))
    thoughts = Thoughts(model, assistant, projection)
    return SoftModel(name, model, tokenizer, thoughts, identity=located.identity, notes=located.notes, memory=memory)
