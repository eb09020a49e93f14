"""Which families of `_families` and `_languages` a clause belongs to, in linear time.

Every word that some pattern names becomes a symbol, every other word one of a few; an RE2 automaton then runs over
symbols instead of letters. Words that all patterns treat alike share a symbol, so the automaton meets few states.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import NamedTuple

import re2

from knowwhen.grading._families import FAMILIES
from knowwhen.grading._languages import FOREIGN, OTHER_FAMILIES
from knowwhen.grading._patterns import Node, parse, places, regex

NAMES = tuple(FAMILIES)
BIT = {name: 1 << k for k, name in enumerate(NAMES)}
"""A set of families is an int: the union of their bits."""
GROUPS = (
    ("own ignorance", "no such figures", "unwilling", "no reply to that", "bare no", "limits of a model"),
    ("cannot be known", "no evidence"),
    ("no opinion", "matter of taste", "no such thing", "false premise", "sweeping", "lacks it"),
    ("asks back", "unfit"),
    ("pointer elsewhere", "lecture", "offer", "generality"),
    ("marked answer", "guess", "courtesy", "filler", "many readings"),
)
"""Families that one automaton looks for. One for all would meet new states at every turn, and each costs time."""
DECLINING = 4
"""So many of the groups hold families without which no reply declines; then come these two."""
ASIDES, MANNERS = 4, 5

OTHER, NAME, NUMBER, ADVERB, ALIEN, MODEL = (chr(0x100 + k) for k in range(6))
"""Symbols of words that no pattern names: lower case, capitalised, with digits, adverbs, of another language; "as an
AI language model" in one."""
_FIRST, _LAST = 0x108, 0x7FF  # two bytes each in UTF-8
_ON_LY = frozenset(
    "reply apply supply rely imply only likely family comply early friendly lovely bully july kindly".split()
)
_ADVERBS = frozenset("just still quite even ever also well now then very yet always already myself".split())
_ASIDES = (  # phrases that are left out like adverbs
    "at this time", "at the moment", "at this moment", "at this point", "right now", "of course", "in fact", "at all",
    "for sure", "with certainty", "with any certainty", "in good faith", "in good conscience", "at present", "as of now", "to be honest",
)  # fmt: skip
_ASSISTANTS = "ai model assistant chatbot program llm bot machine robot system".split()
MARKS = ".,;:?!()-–—¶"
JOINTS = (
    "but however nevertheless nonetheless although though whereas "
    "aber jedoch allerdings mais cependant toutefois pero però tuttavia porém mas"
).split()
"""Words that begin a clause which turns against what stood before."""
CONCEDING = "although though while whilst even despite".split()
"""Words that begin a clause which the next comma ends, and which what follows turns against."""
_SPLICING = {
    "i": "i we".split(),
    "would": "would will can could do".split(),
    "think": "think believe guess suspect say assume estimate bet reckon suppose imagine".split(),
    "probably": "probably perhaps maybe possibly so therefore thus please which because since as".split(),
}
"""After a comma these begin a new main clause: ", I think", ", I would say", ", probably", ", please"."""


def _is_adverb(word: str) -> bool:
    return word in _ADVERBS or (word.endswith("ly") and len(word) > 4 and word not in _ON_LY)


def options() -> re2.Options:
    """What all our automata share: nothing on stderr, and room for many states."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = 64 << 20  # bytes for states met so far; an automaton that fills them starts over
    return chosen


class Lexicon(dict[str, str]):
    """Word → symbol. The words of replies are added as they are met, up to a bound."""

    _BOUND = 200_000

    def __init__(self, trees: list[Node]) -> None:
        super().__init__()
        where: dict[str, set[int]] = defaultdict(set)
        for tree in trees:
            for word, place in places(tree):
                where[word].add(place)
        for group in (JOINTS, CONCEDING, *_SPLICING.values()):
            for word in group:
                where[word].add(id(group))
        for prefix in [word[:-1] for word in where if word.endswith("-")]:
            for word in where:
                if word.startswith(prefix) and word != prefix + "-":
                    where[word].add(id(prefix))
        for word in " ".join(_ASIDES).split():
            where[word].add(hash(word))
        for word in _ASSISTANTS:
            where[word].add(id(_ASSISTANTS))
        for word in where:
            if _is_adverb(word):
                where[word].add(-1)
        classes: dict[frozenset[int], str] = {}
        self.symbols = {
            word: classes.setdefault(frozenset(where[word]), chr(_FIRST + len(classes))) for word in sorted(where)
        }
        if _FIRST + len(classes) > _LAST:
            raise ValueError(f"The patterns need {len(classes)} symbols, more than there are ({_LAST - _FIRST}).")
        self.prefixes = tuple(sorted((w[:-1] for w in where if w.endswith("-")), key=len, reverse=True))
        self._restart()

    def _restart(self) -> None:
        self.clear()
        self.update({word: symbol for word, symbol in self.symbols.items() if not word.endswith("-")})
        self.update({mark: mark for mark in MARKS})
        self.update({mark: mark + "\n" for mark in ".;:?!-–—¶"})
        self.update({joint: "\n" + self.symbols[joint] for joint in JOINTS})

    def __missing__(self, word: str) -> str:
        if len(self) > self._BOUND:
            self._restart()
        self[word] = symbol = self._symbol(word)
        return symbol

    def _symbol(self, word: str) -> str:
        if "0" <= word[0] <= "9":
            return NUMBER
        lower = word.lower()
        if lower != word and lower in self:
            return self[lower]
        if lower in FOREIGN:
            return ALIEN
        if lower.startswith(self.prefixes):
            return next(self.symbols[prefix + "-"] for prefix in self.prefixes if lower.startswith(prefix))
        if any(map(str.isdigit, word)):
            return NUMBER
        if not word.isascii() and any(c > "\u036f" and c.isalpha() for c in word):
            return ALIEN  # a script other than Latin
        if _is_adverb(lower):
            return ADVERB
        return NAME if word[:1].isupper() else OTHER

    def word(self, text: str) -> str:
        """A word of a pattern as a regular expression over symbols."""
        if not text.endswith("-"):
            return self.symbols[text]
        return f"[{''.join({s for w, s in self.symbols.items() if w.startswith(text[:-1])})}]"

    def mark(self, text: str) -> str:
        """A mark of a pattern as a regular expression over symbols."""
        return {
            "_": f"[{OTHER}-{chr(_LAST)}]",
            "~": r"[^\n]",
            "^": rf"\n[(,]?{self.any_of(JOINTS)}?,?",
            "START": r"\n[(,]?",
            "$": r"[,.!:;)¶-]*\n",
            "QM": r"[)]?\?",
            "NUMBER": NUMBER,
            "MODEL": MODEL,
        }.get(text) or re.escape(text)

    def any_of(self, words: list[str]) -> str:
        """A regular expression for one of the words."""
        return f"[{''.join({self.symbols[w] for w in words})}]"


@cache
def trees() -> dict[str, list[Node]]:
    return {name: [parse(pattern) for pattern in patterns] for name, patterns in FAMILIES.items()}


@cache
def lexicon() -> Lexicon:
    return Lexicon([tree for trees in trees().values() for tree in trees])


@cache
def _splices() -> re.Pattern[str]:
    i, would, think, probably = map(lexicon().any_of, _SPLICING.values())
    return re.compile(f",(?={i}{would}?{think}|{probably})")


_SPACED = (
    (", ", " , "),
    (". ", " . "),
    ("? ", " ? "),
    ("! ", " ! "),
    (": ", " : "),
    ("; ", " ; "),
    (" (", " ( "),
    (") ", " ) "),
)


def tokens(text: str) -> list[str]:
    """The words and marks of a text in normal form."""
    text += " "
    for mark, spaced in _SPACED:
        if mark in text:
            text = text.replace(mark, spaced)
    return text.split()


def symbols(words: list[str]) -> str:
    """One symbol a token, with line feeds between clauses and at both ends."""
    coded = "\n" + "".join(map(lexicon().__getitem__, words)) + "\n"
    return _splices().sub(",\n", coded) if "," in coded else coded


@cache
def _asides() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], tuple[str, ...], tuple[str, ...]]:
    """Patterns of adverbs alone, of adverbs and asides with the commas around them, of "as an AI language model (made by
    …)"; the symbols that an aside and such a phrase begin with."""
    lexis = lexicon()
    adverbs = ADVERB + "".join({symbol for word, symbol in lexis.symbols.items() if _is_adverb(word)})
    asides = ["".join(lexis.symbols[word] for word in aside.split()) for aside in _ASIDES]
    word = f"[{OTHER}-{chr(_LAST)}]"
    made = lexis.any_of(["developed", "created", "designed", "trained", "made", "built"])
    model = f"{lexis.symbols['as']}{lexis.any_of(['a', 'an'])}{word}{{0,3}}{lexis.any_of(_ASSISTANTS)}(?:{made}{word}{{1,5}}(?=,))?"
    return (
        re.compile(f"[{adverbs}]"),
        re.compile(f",?(?:[{adverbs}]|{'|'.join(asides)})(?:,(?!\n))?"),
        re.compile(f",?{model},?"),
        tuple({aside[:2] for aside in asides}),
        tuple({lexis.symbols["as"] + lexis.symbols[article] for article in ("a", "an")}),
    )


def bare(coded: str) -> str:
    """Symbols without adverbs and asides; clauses stay apart."""
    adverb, aside, model, asides, models = _asides()
    for start in models:
        if start in coded:
            coded = model.sub(MODEL, coded)
            break
    if adverb.search(coded):
        return aside.sub("", coded)
    for start in asides:
        if start in coded:
            return aside.sub("", coded)
    return coded


@cache
def _automaton(group: int) -> tuple[re2.Set, tuple[int, ...]]:
    automaton, of_pattern, lexis = re2.Set.SearchSet(options()), [], lexicon()
    for name in GROUPS[group]:
        for tree in trees()[name]:
            automaton.Add(regex(tree, lexis.word, lexis.mark))
            of_pattern.append(BIT[name])
    automaton.Compile()
    return automaton, tuple(of_pattern)


@cache
def _foreign() -> tuple[re2.Set, tuple[int, ...]]:
    automaton, of_pattern = re2.Set.SearchSet(options()), []
    for name, patterns in OTHER_FAMILIES.items():
        for pattern in patterns:
            automaton.Add(pattern)
            of_pattern.append(BIT[name])
    automaton.Compile()
    return automaton, tuple(of_pattern)


@cache
def _negations() -> re.Pattern[str]:
    return re.compile(lexicon().any_of("not no never none nobody neither nor nothing".split()))


def negates(piece: str) -> bool:
    """Whether a clause, given as symbols, holds a negation of any kind."""
    return _negations().search(piece) is not None


class Scanned(NamedTuple):
    """A text in words and symbols, and what may be found in it."""

    words: list[str]
    symbols: str
    """One for each word, with line feeds between clauses and at both ends."""
    bare: str
    """The symbols without adverbs and asides."""
    groups: tuple[int, ...]
    """The declining groups of which some family occurs: none for most answers."""


def scan(flat: str, suspected: bool) -> Scanned:
    """Scan a text in normal form; one that is not suspected of declining is not searched for it."""
    words = tokens(flat)
    coded = symbols(words)
    stripped, found = bare(coded), []
    for group in range(DECLINING if suspected else 0):
        if _automaton(group)[0].Match(stripped.encode()):
            found.append(group)
    return Scanned(words, coded, stripped, tuple(found))


@lru_cache(maxsize=65_536)
def families(coded: str, groups: tuple[int, ...]) -> int:
    """The families (a union of `BIT`) of some groups in the symbols of a clause, bare for the declining groups.

    Kept, because clauses repeat: words that no pattern names look the same.
    """
    text, found = f"\n{coded}\n".encode(), 0
    for group in groups:
        automaton, of_pattern = _automaton(group)
        for index in automaton.Match(text) or ():
            found |= of_pattern[index]
    return found


def foreign_families(text: str) -> int:
    """The families of text in another language than English, which is read letter by letter."""
    automaton, of_pattern = _foreign()
    found = 0
    for index in automaton.Match(text.lower().encode("utf-8", "replace")) or ():
        found |= of_pattern[index]
    return found
