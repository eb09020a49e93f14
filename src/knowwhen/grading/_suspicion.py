"""Which declining families a text may hold, by its words alone: a quick no for most answers.

Every match of a pattern holds at least one word of a set that `_patterns.needs` finds; a text without any of them is not
read further. (A pair such as "up to" counts only where it stands together.)
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

import re2

from knowwhen.grading._languages import FOREIGN
from knowwhen.grading._patterns import needs
from knowwhen.grading._plain import plain
from knowwhen.grading._scan import DECLINING, GROUPS, lexicon, options, scan, trees

_COMMON = (  # roughly how often a word stands in English text: the higher, the less its absence tells
    (50, "the a an to of and in is it that more i you for on are be this was with as"),
    (20, "not have from or by at can but while some any people need we your if will which one all there has what when who do my they would"),
    (8, "no up out so time about how people like first only many may over some could me into then other now new"),
    (4, "make made use know get go way see think say find long want take give help each both part tell where let down "
        "information provide include question answer am should law share left open data context far personal life come comes call tell describe assist ask send own begin began created hold held require"),
)  # fmt: skip
_COST = {word: float(cost) for cost, words in _COMMON for word in words.split()}
_ANYWAY = frozenset({"not", "no", "never", "nobody", "none", "unable", "impossible", "QM"})
"""Words that some patterns cannot do without, so that they cost the others nothing."""
FOREIGN_WORDS = 1 << DECLINING
"""The bit that says: a word of another language, or of another script."""
_SCRIPTS = "Han Hiragana Katakana Hangul Cyrillic Greek Arabic Hebrew Thai Devanagari".split()
_SHORT_FOR = {"not": r"n['’]t\b|\bcannot\b|\b(?:do|ca|wo)nt\b", "am": r"\bi['’]m\b", "going": r"\bgonna\b"}


def _cost(needed: str) -> float:
    if needed in _ANYWAY:
        return 0.0
    one, _, two = needed.partition(" ")
    return _COST.get(one, 1.0) * (_COST.get(two, 1.0) / 200 if two else 1)


def _as_written(needed: str, alike: dict[str, list[str]]) -> str:
    """What is needed as a regular expression over letters; words of one symbol stand for each other."""
    if needed == "QM":
        return "[?？]"
    choices = []
    for word in needed.split():
        like = alike[lexicon().symbols[word]]
        written = [rf"\b{re.escape(w[:-1])}" if w.endswith("-") else rf"\b{re.escape(w)}\b" for w in like]
        choices.append(f"(?:{'|'.join([*written, *(_SHORT_FOR[w] for w in like if w in _SHORT_FOR)])})")
    return r"\s+".join(choices)


@cache
def _automaton() -> re2.Set:
    """One pattern for each declining group, and one for other languages."""
    alike: dict[str, list[str]] = defaultdict(list)
    for word, symbol in lexicon().symbols.items():
        alike[symbol].append(word)
    chosen = options()
    chosen.case_sensitive = False
    automaton = re2.Set.SearchSet(chosen)
    for names in GROUPS[:DECLINING]:
        needed: set[str] = set()
        for tree in (tree for name in names for tree in trees()[name]):
            words = needs(tree, _cost)
            if not words:
                raise ValueError(f"A pattern of the families {names} needs no word at all: {tree}")
            needed |= words
        automaton.Add("|".join(sorted(_as_written(words, alike) for words in needed)))
    foreign = "|".join(rf"(?:^|[^\pL]){re.escape(word)}(?:$|[^\pL])" for word in sorted(FOREIGN))
    scripts = "".join(rf"\p{{{script}}}" for script in _SCRIPTS)
    automaton.Add(f"{foreign}|[{scripts}]")
    automaton.Compile()
    return automaton


def suspicion(text: str) -> int:
    """The declining groups that a text may hold, as a union of bits 1 << group: 0 for most answers."""
    found = 0
    for group in _automaton().Match(text.encode("utf-8", "replace")) or ():
        found |= 1 << group
    return found


def declines(text: str) -> bool:
    """Whether some family that declines occurs in a text."""
    suspected = suspicion(text)
    return bool(suspected) and bool(scan(plain(text), suspected).groups)
