"""How conversations become tokens, and tokens words again: by a chat template, or as questions and answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

from transformers import PreTrainedTokenizerBase

from knowwhen.errors import ModelError
from knowwhen.models._asides import behind, first_tokens, marked
from knowwhen.models._rows import Reply
from knowwhen.models._thinking import split_thinking
from knowwhen.types import Aside, Message

BASE_STOPS = ("\nQuestion:", "\nQ:", "\n\n")
"""What ends an answer of a model without a chat template: the next question, or an empty line."""


class Dialogue:
    """A tokenizer's way of writing conversations.

    Args:
        name: of the model, for messages.
        tokenizer: with a chat template prompts are chats; without one they are laid out as ``Question: … Answer:``.
    """

    def __init__(self, name: str, tokenizer: PreTrainedTokenizerBase) -> None:
        self.name, self.tokenizer = name, tokenizer
        self.chat = tokenizer.chat_template is not None
        self._suffixes: dict[Aside, tuple[int, ...]] = {}

    def tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """The token ids of a conversation, up to where the reply begins."""
        if not self.chat:
            return tuple(self.tokenizer(lay_out(prompt))["input_ids"])
        return tuple(self.tokenizer(self.rendered(prompt), add_special_tokens=False)["input_ids"])

    def rendered(self, prompt: Sequence[Message]) -> str:
        turns = [{"role": m.role, "content": m.content} for m in prompt]
        apply = partial(self.tokenizer.apply_chat_template, add_generation_prompt=True, tokenize=False)
        try:
            return str(apply(turns))
        except Exception as error:  # a template may raise anything; the usual reason is that it knows no system role
            if turns[0]["role"] != "system" or len(turns) < 2:
                raise ModelError(f"The chat template of {self.name} failed: {error}") from error
            system, first, *rest = turns
            return str(apply([{"role": first["role"], "content": f"{system['content']}\n\n{first['content']}"}, *rest]))

    @cached_property
    def yes_no(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The tokens that a reply of "yes" may begin with, and those of "no"."""
        return first_tokens(self.tokenizer)

    def suffix(self, aside: Aside) -> tuple[int, ...]:
        """The tokens from the end of a reply to where the reply to `aside` begins; empty if the template hides them."""
        if aside not in self._suffixes:
            after = behind(self.rendered(marked((Message("user", "?"),), aside)))
            ids = self.tokenizer(after, add_special_tokens=False)["input_ids"] if after else []
            self._suffixes[aside] = tuple(ids)
        return self._suffixes[aside]

    @cached_property
    def closing(self) -> int | None:
        """The token that ends an assistant's turn; None without a chat template: nothing ends a reply there.

        It is what the template writes behind a reply, if that is a special token (the ends of turn of Gemma and Llama 3
        are not their tokenizers' end of text); else the end of text.
        """
        if not self.chat:
            return None
        behind_reply = self.suffix(Aside("", "?"))[:1]
        special = {token for token, added in self.tokenizer.added_tokens_decoder.items() if added.special}
        end = behind_reply[0] if special & set(behind_reply) else self.tokenizer.eos_token_id
        return None if end is None else int(end)

    def reply(self, text: str) -> tuple[int, ...]:
        """The tokens of a text as the model would begin its reply with it."""
        lead = "" if self.chat else " "
        return tuple(self.tokenizer(lead + text, add_special_tokens=False)["input_ids"])

    def text(self, reply: Reply, prompt: tuple[int, ...]) -> tuple[str, str]:
        """The thinking and the reply proper, as text."""
        text = str(self.tokenizer.decode(reply.tokens, skip_special_tokens=True))
        if not self.chat:
            text = "\n" + text.lstrip()  # empty lines before the answer do not end it
            return "", min((text.partition(mark)[0] for mark in BASE_STOPS), key=len).strip()
        thinking, said = split_thinking("<think>" + text if self.opens_thought(prompt) else text)
        return thinking, said.strip()

    def opens_thought(self, prompt: Sequence[int]) -> bool:
        """Whether the template has opened a <think> part at the end of a prompt."""
        return self.chat and str(self.tokenizer.decode(list(prompt[-8:]))).rstrip().endswith("<think>")

    def is_over(self, tokens: Sequence[int]) -> bool:
        text = "\n" + str(self.tokenizer.decode(list(tokens))).lstrip()
        return any(mark in text for mark in BASE_STOPS)


def lay_out(prompt: Sequence[Message]) -> str:
    """A conversation as plain text for a model that knows no chat: an instruction, questions, answers.

    >>> lay_out([Message("user", "Capital of Peru?")])
    'Question: Capital of Peru?\\nAnswer:'
    """
    labels = {"system": "", "user": "Question: ", "assistant": "Answer: "}
    return "\n".join(labels[m.role] + m.content for m in prompt) + "\nAnswer:"
