"""Words and marks that decide how an answer has to be compared, found in one pass over its letters."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import re2

from knowwhen.grading._scan import options

DOUBT, COUNTING, POLAR, YES_OR_NO, MARKED, WORKING = (1 << k for k in range(6))
"""Something may be denied or left open; number words; words such as "true"; yes or no; "the answer is"; a calculation."""
_WORDS = {
    DOUBT: "not never no nor neither without unlike than rather instead other except or either wrong incorrect false think "
    "thought believe believed assume assumed say mistake mistaken confused guess cannot maybe perhaps possibly",
    COUNTING: "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion "
    "quadrillion quintillion dozen half once twice",
    POLAR: "yes yeah yep yup true correct right indeed affirmative definitely certainly absolutely si oui ja sim no nope nah "
    "false incorrect wrong negative not never non nein nao neither hardly",
    YES_OR_NO: "yes no",
    MARKED: "answer boxed total sum result difference product",
    WORKING: "step multiply multiplied multiplying subtract subtracting divide divided x",
}
_MARKS = {DOUBT: r"\?|n['’]t\b", MARKED: "####", WORKING: r"[=+×*÷/]", COUNTING: r"hundreds\b|thousands\b|dozens\b|millions\b"}


@cache
def _automaton() -> re2.Set:
    chosen = options()
    chosen.case_sensitive = False
    automaton = re2.Set.SearchSet(chosen)
    for sign, words in _WORDS.items():
        written = rf"\b(?:{'|'.join(map(re.escape, words.split()))})\b"
        automaton.Add(f"{written}|{_MARKS[sign]}" if sign in _MARKS else written)
    automaton.Compile()
    return automaton


@lru_cache(maxsize=16)  # asked several times for one reply
def signs(text: str) -> int:
    """The signs that a text holds, as a union of bits."""
    found = 0
    for index in _automaton().Match(text.encode("utf-8", "replace")) or ():
        found |= 1 << index
    return found
