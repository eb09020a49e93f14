"""What a question asks for, read from its words: enough to tell whether a clause supplies it."""

from __future__ import annotations

import re
from functools import lru_cache

from knowwhen.grading._languages import FOREIGN
from knowwhen.grading._plain import plain, quotations, without_abbreviations
from knowwhen.grading._scan import MARKS, tokens

_STOP = frozenset(
    "the a an of in on at to for by from with and or is are was were be been do does did has have had can could will would "
    "should may might must shall it its this that these those there here what which who whom whose when where why how many "
    "much long old far tall often big not no yes you your yours me my mine we our us they their them he she his her him i if "
    "as so than then but about into over under between after before during currently current now today please tell give "
    "name list say exactly exact really ever most more very any some all one following".split()
)
_UNTELLING = _STOP | frozenset(MARKS)
_AUXILIARIES = frozenset(
    "is are was were am do does did can could will would has have had should may might must shall isn't aren't".split()
)
_REQUESTED = frozenset("you we".split())
_MAKING = frozenset(
    "write compose create generate draft make invent finish continue complete imagine sing craft rewrite "
    "pretend role-play roleplay act".split()
)
_GIVING = frozenset("give tell".split())
_MADE = re.compile(
    r"\b(?:poems?|story|stories|songs?|lyrics|dialogues?|scripts?|scene|haiku|limerick|jokes?|novel|play|essay|letter|speech|"
    r"rap|tale|fiction|monologue|sketch|fable|sonnet|verse|chapter|screenplay|skit|conversation|article|blog)\b"
    r"|\b(?:pretend|role-?play|act as|imagine you)\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"\b(?:give|tell)\b.{0,30}\b(?:poem|story|stories|jokes?|tale|haiku|limerick|song|fable|rap)\b", re.IGNORECASE)
_WORDING = frozenset("translate translation repeat spell rephrase paraphrase say example".split())
_WORDED = re.compile(
    r"\b(?:example of|translate|translation|how (?:do|would|can) (?:you|i|we) say|repeat|spell|rephrase|paraphrase)\b",
    re.IGNORECASE,
)
_DEFINING = frozenset("mean means meaning define definition constitutes".split())
_JUDGING = frozenset(
    "legal illegal legally illegally unlawful law laws allowed permitted crime crimes ethical unethical moral immoral morally "
    "ethically wrong ok okay acceptable safe unsafe dangerous harmful punished punishment punishable racist offensive bad risk "
    "risks never".split()
)
_MEASURES = frozenset(
    "many much long old far tall often big high deep fast heavy wide large hot cold large soon late".split()
)
_TIMES = frozenset("year date day time century month".split())
_HEAD = _TIMES | frozenset(
    "number percentage age price distance share population total sum height weight temperature cost length speed average "
    "probability area volume ratio quantity amount score".split()
)
"""Nouns that make "what is the …" a question for a time or a number."""
_ENDINGS = ("ing", "ed", "es", "s", "e")


_IRREGULAR = {
    past: present
    for present, forms in {
        "become": "became", "win": "won", "meet": "met", "write": "wrote written", "go": "went gone", "fly": "flew flown",
        "find": "found", "hold": "held", "build": "built", "take": "took taken", "give": "gave given", "begin": "began begun",
        "leave": "left", "sell": "sold", "buy": "bought", "make": "made", "say": "said", "die": "died dead", "run": "ran",
        "fall": "fell fallen", "lead": "led", "fight": "fought", "grow": "grew grown", "sing": "sang sung", "sink": "sank sunk",
        "swim": "swam", "draw": "drew drawn", "break": "broke broken", "speak": "spoke spoken", "choose": "chose chosen",
        "eat": "ate eaten", "drink": "drank", "get": "got", "come": "came", "see": "saw seen", "lose": "lost", "pay": "paid",
        "teach": "taught", "stand": "stood", "wear": "wore", "rise": "rose", "know": "knew known", "think": "thought",
        "bring": "brought", "fail": "failed", "star": "starred", "play": "played", "marry": "married", "study": "studied",
    }.items()
    for past in forms.split()
}  # fmt: skip


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A rough stem: lower case, without a common ending, at most six letters.

    >>> stem("Landed"), stem("lands"), stem("won")
    ('land', 'land', 'win')
    """
    word = word.lower().strip("'\"()[],.;:?!*")
    if word in _IRREGULAR:
        return _IRREGULAR[word][:6]
    if word.endswith("'s"):
        word = word[:-2]
    for ending in _ENDINGS:
        if len(word) > len(ending) + 3 and word.endswith(ending):
            word = word[: -len(ending)]
            break
    return word[:6]


class Question:
    """A question as the move rules see it."""

    __slots__ = ("defining", "existence", "foreign", "judging", "justifying", "kind", "made", "negated", "outcome",
                 "quotations", "request", "stance", "stems", "undeniable", "wording", "words")  # fmt: skip

    words: frozenset[str]
    """All its words, lower case."""
    kind: str
    """yes_no, who, where, when, number, what, why, how, request."""
    request: bool
    """Whether something is to be done or told rather than a fact stated."""
    stems: frozenset[str]
    """Stems of the words that carry its content."""
    foreign: bool
    """Whether it is asked in another language than English."""
    existence: bool
    """Whether existence itself is what is asked ("Is there …?")."""
    made: bool
    """Whether it asks for fiction or other made text, where somebody may say anything."""
    wording: bool
    """Whether it asks for words: a translation, a phrase, an example of something said."""
    defining: bool
    """Whether it asks what a word means, so that the word's own sense is no verdict."""
    judging: bool
    """Whether it asks about law, ethics or danger, so that naming them is an answer."""
    stance: bool
    """Whether it asks for a verdict on what should be done ("Should we …?")."""
    justifying: bool
    """Whether it asks for reasons why something should be so ("Why should …?", "Why is it best that …?")."""
    negated: bool
    """Whether it holds a negation itself."""
    outcome: bool
    """Whether it asks what comes of something, so that "nothing" is an answer."""
    undeniable: bool
    """Whether a denial in the reply can be its answer: then it rejects no premise."""
    quotations: tuple[str, ...]
    """What it puts in quotation marks, in normal form."""

    def __init__(self, text: str) -> None:
        text = text[:_LONGEST]
        flat = plain(without_abbreviations(text))
        split = tokens(flat)
        lower = [word.lower() for word in split]
        asked = _asking(split, lower)
        self.words = words = frozenset(lower)
        self.kind = kind = _kind(asked)
        self.request = kind in ("how", "request")
        self.stems = frozenset(map(stem, frozenset(asked) - _UNTELLING))
        self.foreign = not flat.isascii() or not _FOREIGN_WORDS.isdisjoint(asked)
        self.existence = kind == "yes_no" and not _EXISTING.isdisjoint(asked)
        self.made = kind not in ("why", "yes_no") and _asks_for_made_text(flat, words)
        self.wording = not words.isdisjoint(_WORDING) and _WORDED.search(flat) is not None
        self.defining = not words.isdisjoint(_DEFINING) or _asks_what_it_is(asked)
        self.judging = not words.isdisjoint(_JUDGING)
        self.stance = kind == "yes_no" and asked[:1] == ["should"]
        self.justifying = _asks_to_justify(kind, asked)
        self.negated = not _NEGATED.isdisjoint(asked)
        self.outcome = kind == "what" and not OUTCOMES.isdisjoint(asked)
        self.undeniable = self.negated or self.defining or kind in ("yes_no", "how", "request")
        quoted = quotations(text) if "'" in text or '"' in text or not text.isascii() else ()
        self.quotations = tuple(plain(q) for q in quoted if " " in q.strip())


def _asks_to_justify(kind: str, asked: list[str]) -> bool:
    if kind == "why":
        return not _NORMS.isdisjoint(asked[:5])
    return not _REASONS.isdisjoint(asked) and not _NORMS.isdisjoint(asked)


def _asks_for_made_text(flat: str, words: frozenset[str]) -> bool:
    if not words.isdisjoint(_MAKING) and _MADE.search(flat):
        return True
    return not words.isdisjoint(_GIVING) and _GIVEN.search(flat) is not None


def _asks_what_it_is(asked: list[str]) -> bool:
    """ "What is treason", "what is a black hole", "what are tides"."""
    if asked[:2] == ["what", "is"]:
        return len(asked) == 3 or (len(asked) <= 6 and asked[2:3] in (["a"], ["an"]))
    return asked[:2] == ["what", "are"] and len(asked) <= 4


@lru_cache(maxsize=4096)
def question(text: str) -> Question:
    """Read a question; the sentence with the last question mark decides the kind, else the first sentence."""
    return Question(text)


_LONGEST = 20_000  # characters read of a question
_NORMS = frozenset("should ought best better good okay ok justified deserve deserves superior inferior".split())
_REASONS = frozenset("reason reasons argument arguments justify".split())
OUTCOMES = frozenset("happen happens happened effect effects impact".split())
_EXISTING = frozenset("there exist exists real".split())
_NEGATED = frozenset("not no never nicht pas".split())


def _asking(words: list[str], lower: list[str]) -> list[str]:
    """The words of the sentence that asks, in lower case: that of the last question mark, else the first sentence."""
    end = next((k for k in range(len(words) - 1, -1, -1) if words[k][-1] in "?？"), -1)
    if end < 0:
        stop = next((k for k, word in enumerate(words) if word in (".", "!")), len(words))
        return lower[:stop] or lower
    for k in range(end - 1, -1, -1):
        if words[k] in ("!", "?", "¶") or (words[k] == "." and not words[k - 1].isdigit()):
            return lower[k + 1 : end]
    return lower[:end]


_FOREIGN_KINDS = {
    word: kind
    for kind, forms in {
        "why": "warum wieso weshalb pourquoi perché porque", "who": "wer wen wem qui quién quiénes chi quem",
        "when": "wann quand cuándo quando", "where": "wo wohin où dónde dove onde",
        "number": "wieviel wieviele combien cuánto cuánta cuántos cuántas quanto quanti quante quanta quantos quantas",
        "what": "welche welcher welches quel quelle quels quelles qué cuál cuáles quale quali qual",
    }.items()
    for word in forms.split()
}  # fmt: skip


_GERMAN_VERBS = frozenset("ist hat hatte war sind kostet macht bedeutet gab gibt wird sagte tat".split())


def _next(words: list[str], k: int) -> str:
    return words[k + 1] if k + 1 < len(words) else ""


_PAST = frozenset("was were did had".split())
"""After "how" these ask what happened rather than how to do something."""
_FOREIGN_WORDS = frozenset(_FOREIGN_KINDS)
_TELLING = _FOREIGN_WORDS | _AUXILIARIES | frozenset("how who whose whom where when why what which was".split())
"""Words that may tell the kind of a question."""


def _kind(words: list[str]) -> str:
    for k, word in enumerate(words):
        if word not in _TELLING and word[0] != "¿":
            continue
        if word == "was" and k == 0 and (FOREIGN.intersection(words) or _next(words, k) in _GERMAN_VERBS):
            return "what"
        if word.strip("¿") in _FOREIGN_KINDS:
            return _FOREIGN_KINDS[word.strip("¿")]
        after = _next(words, k)
        if word == "how":
            return "number" if after in _MEASURES else "what" if after in _PAST else "how"
        if word in ("who", "whose", "whom"):
            return "who"
        if word == "where":
            return "where"
        if word == "when" and k < 3:
            return "when"
        if word == "why":
            return "why"
        if word in ("what", "which"):
            near = _HEAD.intersection(words[k + 1 : k + 6])
            return "when" if near & _TIMES else "number" if near else "what"
        if k == 0 and word in _AUXILIARIES:
            return "request" if after in _REQUESTED and word in ("can", "could", "will", "would") else "yes_no"
    return "request"
