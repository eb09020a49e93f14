"""Thinking aloud, told apart from the reply."""

from __future__ import annotations

import re

OPEN, CLOSE = "<think>", "</think>"
_MARK = re.compile(f"{OPEN}|{CLOSE}")


def split_thinking(text: str) -> tuple[str, str]:
    """The thinking and the reply, both without marks; a text without marks is all reply, untouched.

    Thinking that was never closed runs to the end, so a reply cut off while thinking is empty. A closing mark before
    any opening one means that the chat template had opened the thinking: what stands before it is thinking.
    Linear in the length of the text.

    >>> split_thinking("<think>Lima or Cusco?</think>Lima.")
    ('Lima or Cusco?', 'Lima.')
    >>> split_thinking("Lima or Cusco?</think>Lima.")
    ('Lima or Cusco?', 'Lima.')
    >>> split_thinking("<think>Lima or")
    ('Lima or', '')
    """
    marks = list(_MARK.finditer(text))
    if not marks:
        return "", text
    inside = marks[0].group() == CLOSE
    thinking: list[str] = []
    reply: list[str] = []
    start = 0
    for mark in marks:
        (thinking if inside else reply).append(text[start : mark.start()])
        # An opening mark inside a thought, or a closing one outside, changes nothing: only the mark itself goes.
        inside = mark.group() == OPEN
        start = mark.end()
    (thinking if inside else reply).append(text[start:])
    return "\n\n".join(filter(None, map(str.strip, thinking))), "".join(reply).strip()
