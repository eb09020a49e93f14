"""Thinking is told apart from the reply, whichever marks are there or missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.models._thinking import split_thinking


@pytest.mark.parametrize(
    ("text", "thinking", "reply"),
    [
        ("Lima.", "", "Lima."),
        ("  Lima.\n", "", "  Lima.\n"),
        ("", "", ""),
        ("<think>a</think>b", "a", "b"),
        ("\n<think>\na\n</think>\n\nb\n", "a", "b"),
        ("<think></think>b", "", "b"),
        ("<think>\n\n</think>\n\nb", "", "b"),
        ("<think>never closed", "never closed", ""),
        ("a</think>b", "a", "b"),
        ("</think>b", "", "b"),
        ("a</think>", "a", ""),
        ("<think>a</think>b<think>c</think>d", "a\n\nc", "bd"),
        ("a</think>b<think>c</think>d", "a\n\nc", "bd"),
        ("Sure. <think>a", "a", "Sure."),
        ("<think>a<think>b</think>c", "a\n\nb", "c"),
        ("<think>a</think>b</think>c", "a", "bc"),
        ("<think", "", "<think"),
        ("</think", "", "</think"),
        ("1 < 2 <b>", "", "1 < 2 <b>"),
        ("<Think>a</Think>b", "", "<Think>a</Think>b"),
    ],
)
def test_known_cases_split_as_written(text: str, thinking: str, reply: str) -> None:
    assert split_thinking(text) == (thinking, reply)


PIECES = st.lists(st.sampled_from(["<think>", "</think>", "a", "b c", "\n", "<", "think>"]), max_size=12).map("".join)


def twin(text: str) -> tuple[list[str], list[str]]:
    """The same rule, one character at a time: thinking and reply as lists of characters, white space left out."""
    first_open, first_close = text.find("<think>"), text.find("</think>")
    inside = first_close >= 0 and (first_open < 0 or first_close < first_open)
    thinking, reply, at = [], [], 0
    while at < len(text):
        if text.startswith("<think>", at):
            inside, at = True, at + len("<think>")
        elif text.startswith("</think>", at):
            inside, at = False, at + len("</think>")
        else:
            (thinking if inside else reply).append(text[at])
            at += 1
    return [c for c in thinking if not c.isspace()], [c for c in reply if not c.isspace()]


@given(PIECES)
def test_it_agrees_with_reading_one_character_at_a_time(text: str) -> None:
    thinking, reply = split_thinking(text)
    assert ([c for c in thinking if not c.isspace()], [c for c in reply if not c.isspace()]) == twin(text)


@given(st.text())
def test_a_text_without_marks_is_untouched(text: str) -> None:
    if "<think>" not in text and "</think>" not in text:
        assert split_thinking(text) == ("", text)


def test_a_long_hostile_text_is_split_in_one_pass() -> None:
    text = "<think>" * 200_000 + "x" + "</think>" * 200_000 + "y"
    assert split_thinking(text) == ("x", "y")
