"""What a completion states beside its answer: how sure it is, the mode that it chose, and whether its marks are whole;
and the words that ask for it.

Marks are no words of the reply, so what is graded is without them: a number in ``<confidence>0.7</confidence>`` is no
answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from knowwhen.estimators.stated_confidence import stated
from knowwhen.models._thinking import CLOSE, OPEN, split_thinking

Mode = Literal["short", "think"]

REQUESTS = {
    "confidence": (
        "\n\nIf you answer, write behind your answer how likely it is to be right, as a number from 0 to 1, in this "
        "form: <confidence>0.7</confidence>"
    ),
    "mode": (
        "\n\nBegin your reply with <short> and answer at once; or begin it with <think>, think, write </think>, and "
        "then answer."
    ),
}
"""What an objective wants stated (`Objective.states`), and what stands behind a question to ask for it."""

_TAG = re.compile(r"<confidence>(.*?)</confidence>", re.DOTALL | re.IGNORECASE)
_TAG_OPEN = re.compile(r"</?confidence>", re.IGNORECASE)
_NUMBER = r"(?:\d{1,3}(?:\.\d+)?|\.\d+)\s*(?:%|percent\b|per cent\b|/\s*100?\b|out of 100?\b)?"
_NAMED = re.compile(
    rf"\b(?:confidence(?: level| score)?|certainty|probability of being (?:right|correct))\s*(?:\*\*)?(?:is|=|:)?"
    rf"(?:\*\*)?\s*(?:about |around |roughly )?({_NUMBER})(?![\w/]|[.,]\d)",
    re.IGNORECASE,
)
_SURE = re.compile(
    rf"(?<![\w.,/-])({_NUMBER})\s+(?:sure|certain|confident|confidence|certainty|likely to be (?:right|correct))\b",
    re.IGNORECASE,
)
_SHORT = re.compile(r"</?short>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """What a completion states beside its answer."""

    reply: str
    """The reply proper: thinking and marks left out."""
    thinking: str
    confidence: float | None
    mode: Mode | None
    formed: bool
    """Whether its marks are whole: thoughts closed, at most one confidence and that one readable, the mode at the
    beginning."""


def requested(question: str, states: str) -> str:
    """The question with the request for what is to be stated behind it, once.

    >>> unrequested(requested("Capital of Peru?", "mode"))
    'Capital of Peru?'
    """
    return unrequested(question) + REQUESTS.get(states, "")


def unrequested(question: str) -> str:
    """The question without a request for what is to be stated."""
    for words in REQUESTS.values():
        question = question.removesuffix(words)
    return question


def said(text: str, *, opened: bool = False) -> Said:
    """What a completion states.

    Args:
        opened: the chat template has opened the thinking part, so that the text begins inside it.

    >>> said("<short>Lima. <confidence>0.7</confidence>")
    Said(reply='Lima.', thinking='', confidence=0.7, mode='short', formed=True)
    """
    start = text.lstrip().casefold()
    mode: Mode | None = "short" if start.startswith("<short>") else "think" if start.startswith(OPEN) else None
    before, closed, _ = text.partition(CLOSE)
    opened = opened or bool(closed and OPEN not in before)  # then the template had opened it, and does not say so
    whole = (OPEN if opened else "") + text
    thinking, reply = split_thinking(whole)
    formed = whole.count(OPEN) == whole.count(CLOSE) <= 1
    shorts = len(_SHORT.findall(reply))
    if shorts:
        formed &= mode == "short" and shorts <= 2
        reply = _SHORT.sub(" ", reply)
    tags = _TAG.findall(reply)
    if _TAG_OPEN.search(reply):
        values = {_value(tag) for tag in tags}
        confidence = values.pop() if len(values) == 1 else None
        formed &= confidence is not None and len(_TAG_OPEN.findall(reply)) == 2 * len(tags)
        reply = _TAG_OPEN.sub(" ", _TAG.sub(" ", reply))
    else:
        values = {_value(words) for found in (_NAMED, _SURE) for words in found.findall(reply)}
        confidence = values.pop() if len(values) == 1 else None
    return Said(reply.strip() if shorts or tags else reply, thinking, confidence, mode, formed)


def _value(words: str) -> float | None:
    """A confidence in [0, 1]; None if it is none. A bare 1 means certain, as 1.0 does."""
    words = words.strip()
    value = 1.0 if words == "1" else stated(words)
    return None if value != value else value
