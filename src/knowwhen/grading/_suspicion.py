"""Which declining families a text may hold, by its words alone: a quick no for most answers.

Every match of a pattern holds at least one word of a set that `_patterns.needs` finds; a text without any of them is not
read further. (A pair such as "up to" counts only where it stands together.)
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import product

from knowwhen.grading._fold import fold, folded
from knowwhen.grading._languages import FOREIGN
from knowwhen.grading._patterns import needs
from knowwhen.grading._plain import plain
from knowwhen.grading._scan import DECLINING, GROUPS, lexicon, scan, trees

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
"""The bit that says: a word of another language."""
_SHORT_FOR = {"t": "not", "cannot": "not", "dont": "not", "cant": "not", "wont": "not", "m": "am", "gonna": "going", "ll": "will"}
_SCRIPTS = "\u0370"  # from here on letters are not Latin


def _cost(needed: str) -> float:
    if needed in _ANYWAY:
        return 0.0
    one, _, two = needed.partition(" ")
    return _COST.get(one, 1.0) * (_COST.get(two, 1.0) / 200 if two else 1)


class _Suspects:
    """The words, beginnings of words and pairs of words that some pattern cannot do without, each with its groups."""

    def __init__(self) -> None:
        self.words: dict[str, int] = defaultdict(int)
        self.prefixes: dict[str, int] = defaultdict(int)
        self.pairs: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.question_mark = 0
        alike: dict[str, list[str]] = defaultdict(list)
        for word, symbol in lexicon().symbols.items():
            alike[symbol].append(word)
        for group, names in enumerate(GROUPS[:DECLINING]):
            for tree in (tree for name in names for tree in trees()[name]):
                needed = needs(tree, _cost)
                if not needed:
                    raise ValueError(f"A pattern of the families {names} needs no word at all: {tree}")
                for words in needed:
                    self._add(words, 1 << group, alike)
        for short, long in _SHORT_FOR.items():
            self.words[short] |= self.words.get(long, 0)
        for word in FOREIGN:
            for part in fold(word).split():
                if len(part) > 1 or not word.isascii():
                    self.words[part] |= FOREIGN_WORDS
        self.named = frozenset(self.words) | frozenset(self.pairs)

    def _add(self, needed: str, group: int, alike: dict[str, list[str]]) -> None:
        if needed == "QM":
            self.question_mark |= group
            return
        symbols = [lexicon().symbols[word] for word in needed.split()]
        if len(symbols) == 1:
            for word in alike[symbols[0]]:
                into = self.prefixes if word.endswith("-") else self.words
                into[max(fold(word).split(), key=len)] |= group
            return
        rarer = min((0, 1), key=lambda k: _cost(needed.split()[k]))
        for pair in product(*([fold(word).strip() for word in alike[symbol]] for symbol in symbols)):
            self.pairs[pair[rarer].split()[rarer - 1]][f" {pair[0]} {pair[1]} "] |= group


@cache
def _suspects() -> _Suspects:
    return _Suspects()


def suspicion(text: str) -> int:
    """The declining groups that a text may hold, as a union of bits 1 << group: 0 for most answers."""
    (whole, words), suspects = folded(text), _suspects()
    found = suspects.question_mark if "?" in text or "？" in text else 0
    for word in suspects.named.intersection(words):
        found |= suspects.words.get(word, 0)
        if word in suspects.pairs:
            for pair, group in suspects.pairs[word].items():
                if group & ~found and pair in whole:
                    found |= group
    for prefix, group in suspects.prefixes.items():
        if group & ~found and prefix in whole:
            found |= group
    return found if whole.isascii() or max(whole) < _SCRIPTS else found | FOREIGN_WORDS


def declines(text: str) -> bool:
    """Whether some family that declines occurs in a text."""
    suspected = suspicion(text)
    return bool(suspected) and bool(scan(plain(text), suspected).groups)
