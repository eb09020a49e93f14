"""Where in a reply its final answer stands, and how surely the model wrote those tokens.

A marked answer ("The answer is 42") goes before all else; then, where a number is asked for, the last one; then the
words of the first sentence with content that neither fill ("The … is") nor are taken over from the question; then the
whole of the reply. The same order by which the grader and the estimators read a reply.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from knowwhen.estimators._answers import _DENYING, _FILLING, _MARK
from knowwhen.grading._fold import folded
from knowwhen.grading._numbers import numbers
from knowwhen.grading._question import question as read_question
from knowwhen.grading._question import stem

Range = tuple[int, int]
"""Characters from … up to …"""

_SENTENCE = re.compile(r"[^.?!\n]+(?:[.?!](?=\S)[^.?!\n]*)*")
_WORD = re.compile(r"[\w’'-]+")


def answer_ranges(question: str, reply: str) -> list[Range]:
    """The characters of the final answer, in order; of an empty reply none.

    >>> text = "The capital of Peru is Lima. It is large."
    >>> [text[a:b] for a, b in answer_ranges("What is the capital of Peru?", text)]
    ['Lima']
    >>> text = "3 plus 4 is 7, less 2 is 5."
    >>> [text[a:b] for a, b in answer_ranges("How many are left?", text)]
    ['5']
    """
    marks = list(_MARK.finditer(reply))
    if marks and (sentence := _SENTENCE.search(reply, marks[-1].end())):
        return [_trimmed(reply, sentence.span())]
    if read_question(question).kind == "number" and (found := numbers(reply)):
        return [(found[-1].start, found[-1].end)]
    asked = frozenset(map(stem, folded(question)[1]))
    for sentence in _SENTENCE.finditer(reply):
        words = [
            word.span()
            for word in _WORD.finditer(reply, *sentence.span())
            if (lower := word.group().lower()) not in _FILLING and lower not in _DENYING and stem(lower) not in asked
        ]
        if words:
            return words
    return [_trimmed(reply, (0, len(reply)))] if reply.strip() else []


def _trimmed(text: str, whole: Range) -> Range:
    part = text[slice(*whole)]
    start = whole[0] + len(part) - len(part.lstrip())
    return start, start + len(part.strip())


def confidence(
    tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int], margins: Sequence[float], question: str, reply: str
) -> float | None:
    """The mean margin over the tokens of the final answer.

    Args:
        tokens: all that the model wrote, thinking and ending token included.
        margins: one a token, as `Reply.margins`.
        reply: the part of their text that is the reply proper.

    Returns:
        None if the reply, or an answer in it, does not stand in the tokens' text.
    """
    ends = [len(tokenizer.decode(list(tokens[: k + 1]), skip_special_tokens=True)) for k in range(len(tokens))]
    at = str(tokenizer.decode(list(tokens), skip_special_tokens=True)).rfind(reply)
    if at < 0:
        return None
    ranges = [(at + start, at + end) for start, end in answer_ranges(question, reply)]
    inside = [
        margin
        for begin, end, margin in zip([0, *ends[:-1]], ends, margins, strict=True)
        if any(begin < stop and start < end for start, stop in ranges)
    ]
    return sum(inside) / len(inside) if inside else None
