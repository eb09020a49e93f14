"""Which of the shown options a reply chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from knowwhen.grading._fold import fold, fold_answer
from knowwhen.grading._phrases import asserts, find, several
from knowwhen.grading._plain import replaced
from knowwhen.grading._question import question
from knowwhen.grading._roles import overlap, read
from knowwhen.grading._suspicion import suspicion

_LETTERS = "ABCDEFGHIJ"
_ALONE = re.compile(r"\A[\W_]{0,8}([A-Ja-j])[\W_]{0,8}\Z")
_FIRST = re.compile(r"\A[\s*_]{0,8}(?:\(([A-J])\)|([A-J])(?:[.):,]| ?[-–—]|\*\*)(?:\s|\Z))")
_STATED = re.compile(
    r"\b(?:answer|option|choice|correct|choose|pick|select)\b(?:\W{0,3}(?:is|one|answer|option|would|be|:|choice|the|it|as|letter)){0,5}"
    r"\W{0,4}\(?\b([A-J])\b(?![\w'])",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\(([A-J])\)")
_SINGLE = re.compile(r"(?<![\w'])([B-HJ])(?![\w'])")
_TURNS = re.compile(r"\b(?:but|however|actually|whereas|instead|therefore|so)\b", re.IGNORECASE)
_REPLYING = frozenset("answer respond reply comment say tell question".split())
_IN_PERSON = frozenset("i we me my us our".split())
_FEW = 8  # words of a clause that speaks of not knowing and of nothing else
_DENIED = re.compile(r"\b(?:not|neither|nor|isn't|wasn't|except|than)\s{1,2}\(?\Z")


@lru_cache(maxsize=8192)
def _folded(choices: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(fold_answer(choice) for choice in choices)


def chosen(reply: str, choices: Sequence[str], asked: str) -> tuple[int | None, str]:
    """(index of the option that a reply chooses, how); the index is None if it chooses none or several."""
    letter, rule = _letter(reply, len(choices))
    named = _named(reply, tuple(choices), asked)
    if len(named) == 1 and (rule == "several letters" or letter not in (None, *named)):
        letter, rule = _letter(without(choices[named[0]], reply), len(choices))  # "A" may be a word of the option
    if letter is None and rule == "several letters" and len(named) != 1:
        return None, "names several options and asserts none"
    if letter is not None:
        if len(named) == 1 and named != [letter] and rule != "states a letter":
            return None, "its letter and its words name different options"
        return letter, f"{rule} ({_LETTERS[letter]})"
    if len(named) == 1:
        return named[0], "names one option"
    turns = list(_TURNS.finditer(reply))
    if named and turns:
        last = _named(reply[turns[-1].end() :], tuple(choices), asked)
        if len(last) == 1:
            return last[0], "names one option after it turns"
    return None, "names several options and asserts none" if named else "names no option"


def _letter(reply: str, count: int) -> tuple[int | None, str]:
    valid = _LETTERS[:count]
    for pattern, rule in ((_ALONE, "only a letter"), (_FIRST, "begins with a letter")):
        found = pattern.match(reply)
        if found:
            letter = next(filter(None, found.groups())).upper()
            if letter in valid:
                return valid.index(letter), rule
    stated = [m for m in _STATED.finditer(reply) if m[1].isupper() and m[1] in valid]
    if stated and not re.match(
        r"\W{0,3}(?:,|or|and|/)\W{0,3}\(?[A-J]\b", reply[stated[-1].end() : stated[-1].end() + 12]
    ):
        return valid.index(stated[-1][1]), "states a letter"
    for pattern in (_BRACKETED, _SINGLE):
        letters = {
            m[1]
            for m in pattern.finditer(reply)
            if m[1] in valid and not _DENIED.search(reply[max(0, m.start() - 12) : m.start()])
        }
        if len(letters) == 1:
            return valid.index(letters.pop()), "names one letter"
        if letters:
            return None, "several letters"
    return None, ""


def _named(reply: str, choices: tuple[str, ...], asked: str) -> list[int]:
    """The options whose words a reply asserts; one that lies inside a longer named one does not count."""
    text, options = fold(reply), _folded(choices)
    held: list[int] = []
    for k in sorted(range(len(options)), key=lambda k: -len(options[k])):
        if options[k].strip() and find(options[k], text):
            if not asserts(options[k], reply, asked, several(choices[k])):
                held.append(k)
            text = text.replace(options[k], " ")
    return sorted(held)


def without(option: str, reply: str) -> str:
    """A reply with the words of an option marked as quoted."""
    words = option.strip().rstrip(".!")
    return replaced(reply, words) if words else reply


@lru_cache(maxsize=4096)
def withholds(option: str, choices: tuple[str, ...], asked: str) -> bool:
    """Whether to choose an option is to leave the question open: it says that the answer cannot be told.

    An option that rejects the premise, says what it depends on or refuses a deed is a statement like the others: who
    chooses it has chosen. Where all options are told in the first person they are deeds of a person in a scene.
    """
    if not suspicion(option):
        return False
    about = question(asked)
    clause = next((c for c in read(option, about) if c.role != "nothing"), None)
    if clause is None:
        return False
    if all(choice.startswith(("I ", "I'")) for choice in choices):
        return clause.family in ("own ignorance", "no opinion") and len(clause.words) <= _FEW
    if clause.role == "refuse":
        return not _REPLYING.isdisjoint(clause.lower)
    if clause.role not in ("abstain", "disclaims", "no reply", "ask"):
        return False
    if clause.role == "disclaims" and _IN_PERSON.isdisjoint(clause.lower):
        return not overlap(clause.words, about)  # "Rainbows have no taste" speaks of what was asked about
    return True
