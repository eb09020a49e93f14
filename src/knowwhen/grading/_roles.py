"""The clauses of a reply and the role of each: what it does, seen by itself.

abstain · premise · taste · disclaims · no reply      it holds back knowledge, a premise, a verdict, an opinion
refuse · ask · unfit · aside                          it will not, asks back, says why not, points elsewhere
answer · guess · content · general                    it says something: marked as the answer, a guess, plain, broad
question · nothing                                    a question that asks nothing back; manners
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from knowwhen.grading._plain import plain
from knowwhen.grading._question import OUTCOMES, Question, stem
from knowwhen.grading._scan import (
    ALIEN,
    ASIDES,
    BIT,
    CONCEDING,
    JOINTS,
    MANNERS,
    NAME,
    NUMBER,
    OTHER,
    Scanned,
    bare,
    families,
    foreign_families,
    lexicon,
    negates,
    scan,
)
from knowwhen.grading._suspicion import suspicion

SOLID = ("answer", "guess", "content", "general")
"""The roles that say something."""
CONCLUDING = frozenset("so therefore thus hence since because as consequently accordingly".split())
_FIRST_READ, _LAST_READ = 24, 8
"""Clauses read of a long reply: what a reply does shows in how it begins and how it ends."""
_FIRST_PERSON = frozenset("i we me my us".split())
_PREMISE = BIT["no such thing"] | BIT["false premise"] | BIT["sweeping"]
_ASIDE = BIT["pointer elsewhere"] | BIT["lecture"] | BIT["offer"]
_NEGATIONS = frozenset(
    "not no never none nobody neither nor cannot nothing nicht kein keine nie pas jamais non não nunca mai".split()
)
PRONOUNS = frozenset("he she it they this that these those".split())
_TURNING = frozenset(JOINTS)
_POLAR = (["Yes", ","], ["yes", ","], ["No", ","], ["no", ","])
_NEVER = frozenset("never none nobody nothing nowhere".split())
_ASKING = frozenset("or what which who whose whom where when why how is are do does did was were can could".split())
_ANSWERING = frozenset("answer question information".split())
_LACKED = frozenset("ability abilities capability capabilities capacity equipped capable".split())
_HARMFUL = frozenset("illegal unethical harmful harm violence violent dangerous inappropriate request help".split())
_NUMBER_WORDS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion "
    "dozen half once twice none january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday noon midnight".split()
)


class Clause:
    """A stretch of a reply with one verb or so. What it does is found when it is asked for."""

    __slots__ = ("_about", "_declines", "_family", "_groups", "_lower", "_role", "_stripped", "starts", "symbols", "turns",
                 "words")  # fmt: skip

    def __init__(
        self,
        words: list[str],
        symbols: str,
        stripped: str,
        turns: bool,
        starts: bool,
        groups: tuple[int, ...],
        about: Question,
    ) -> None:
        self.words, self.symbols, self._stripped = words, symbols, stripped
        self.turns, self.starts = turns, starts
        self._groups, self._about = groups, about
        self._role, self._declines = "", -1
        self._lower: frozenset[str] | None = None

    @property
    def role(self) -> str:
        """What it does."""
        if not self._role:
            self._role, self._family = _role(self.words, self.symbols, self.declines, self._about)
        return self._role

    @property
    def family(self) -> str:
        """The family that gave the role; empty if none did."""
        return self._family if self.role else ""

    @property
    def declines(self) -> int:
        """The declining families that it belongs to."""
        if self._declines < 0:
            found = families(self._stripped, self._groups) if self._groups else 0
            self._declines = found | foreign_families(joined(self.words)) if ALIEN in self.symbols else found
        return self._declines

    @property
    def loud(self) -> bool:
        """Whether its role can be another than to say something or to be polite."""
        return bool(self.declines) or self.symbols[-1] == "?" or (negates(self.symbols) and not self._about.undeniable)

    @property
    def lower(self) -> frozenset[str]:
        """Its words in lower case."""
        if self._lower is None:
            self._lower = frozenset(map(str.lower, self.words))
        return self._lower

    @property
    def text(self) -> str:
        """Its first words as a person reads them."""
        return joined(self.words[:24])


def joined(words: Sequence[str]) -> str:
    """Words and marks as running text."""
    text = " ".join(words)
    for mark in ",.;:?!)":
        text = text.replace(f" {mark}", mark)
    return text.replace("( ", "(")


def read(text: str, about: Question) -> list[Clause]:
    """The clauses of a text."""
    return clauses_of(scan(plain(text), suspicion(text)), about)


def clauses_of(scanned: Scanned, about: Question) -> list[Clause]:
    """The clauses of a scanned text; of a very long one only those at the beginning and the end."""
    return [
        Clause(words, symbols, stripped, turns, starts, scanned.groups, about)
        for words, symbols, stripped, turns, starts in _pieces(scanned)
    ]


@cache
def _marking() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The symbols of words that turn, that concede, and that begin a turning clause after a comma."""
    symbols = lexicon().symbols
    spliced = ("i", "we", "probably", "perhaps", "maybe", "possibly")
    return tuple(frozenset(symbols[word] for word in words) for words in (JOINTS, CONCEDING, spliced))  # type: ignore[return-value]  # three of them


def _pieces(scanned: Scanned) -> Iterator[tuple[list[str], str, str, bool, bool]]:
    """(words, symbols, symbols without adverbs, turns, starts a sentence) of each clause that is read."""
    turning, conceding, splicing = _marking()
    pieces = scanned.symbols.split("\n")
    stripped = scanned.bare.split("\n")
    unread = range(_FIRST_READ, len(pieces) - _LAST_READ)
    at, conceded, starts, spliced = 0, False, True, False
    for k, (piece, bared) in enumerate(zip(pieces, stripped, strict=True)):
        if not piece:
            continue
        words = scanned.words[at : at + len(piece)]
        at += len(piece)
        turns = conceded or (piece[0] in turning and words[1:2] != ["also"]) or (spliced and piece[0] in splicing)
        concedes = piece[0] in conceding
        comma = piece.find(",") if concedes else -1
        if k not in unread:
            if 0 < comma < len(piece) - 1:
                yield words[:comma], piece[:comma], bare(piece[:comma]), turns, starts
                yield words[comma + 1 :], piece[comma + 1 :], bare(piece[comma + 1 :]), True, False
            else:
                yield words, piece, bared, turns, starts
        starts, spliced = piece[-1] in ".!?¶", piece[-1] == ","
        conceded = spliced and concedes


def _role(words: list[str], symbols: str, declines: int, about: Question) -> tuple[str, str]:
    """What a clause does, and the family that says so."""
    if max(symbols) < OTHER:
        return "nothing", ""  # marks alone
    if symbols[-1] == "?":
        return _asking_role(words, declines, families(symbols, (MANNERS,)), about)
    if declines or words[0].lower() in _NEVER:
        role = _declining_role(words, declines, about)
        if role:
            return role
    manners = families(symbols, (MANNERS,)) | declines
    if manners & BIT["filler"]:
        return "nothing", "filler"
    return _saying_role(words, symbols, manners, about)


def _first(found: int, *names: str) -> str:
    return next((name for name in names if found & BIT[name]), "")


def _asking_role(words: list[str], declines: int, manners: int, about: Question) -> tuple[str, str]:
    lower = {word.lower() for word in words}
    ignorant = _first(declines, "no such figures", "own ignorance", "cannot be known")
    if declines & BIT["unwilling"]:
        return "refuse", "unwilling"
    if manners & BIT["courtesy"] or _echoes(words, about):
        return "nothing", ""
    if ignorant and not lower & {"you", "your"}:
        return "abstain", ignorant
    if declines & BIT["asks back"] or lower & {"you", "your"}:
        return "ask", "asks back"
    if manners & (BIT["marked answer"] | BIT["guess"]):
        return "answer", "marked answer"
    if len(words) <= 5 and not lower & _ASKING:
        return "guess", "guess"
    return "question", ""


def _declining_role(words: list[str], found: int, about: Question) -> tuple[str, str] | None:
    first = words[0].lower()
    if found & BIT["bare no"] and about.request:
        return "refuse", "bare no"
    if first in _NEVER and len(words) <= 3 and about.kind in ("who", "when", "where", "why", "what") and not about.outcome:
        return "premise", "bare no"
    if found & BIT["no opinion"]:
        return "disclaims", "no opinion"
    if found & BIT["no such figures"]:
        return "abstain", "no such figures"
    if found & BIT["sweeping"] and not _FIRST_PERSON.intersection(map(str.lower, words)) and _premise_counts(words, found, about):
        return "premise", "sweeping"
    if found & BIT["unwilling"]:
        lower = set(map(str.lower, words))
        if about.defining and not lower & {"i", "we", "my"}:
            return "content", ""  # says of the word that was asked about that it should not be used
        if lower & _LACKED and not lower & _HARMFUL and about.kind != "how":
            return "abstain", "own ignorance"  # "I do not have the ability to provide the weather"
        return "refuse", "unwilling"
    if found & BIT["asks back"] and not found & BIT["cannot be known"]:
        return "ask", "asks back"
    if found & BIT["no reply to that"]:
        return "no reply", "no reply to that"
    ignorant = _first(found, "own ignorance", "cannot be known")
    if ignorant == "cannot be known" and about.defining:
        ignorant = ""
    if ignorant and not (about.kind == "yes_no" and first in ("yes", "no")):
        return "abstain", ignorant
    if found & BIT["no evidence"] and about.kind != "yes_no":
        return "abstain", "no evidence"
    if found & _PREMISE and not found & BIT["no evidence"] and _premise_counts(words, found, about):
        return "premise", _first(found, "no such thing", "false premise", "sweeping")
    if found & BIT["limits of a model"]:
        return "refuse", "limits of a model"
    if found & BIT["matter of taste"] and not about.defining and not (about.kind == "yes_no" and words[:2] in _POLAR):
        ranges = about.kind in ("number", "when") and numeric(words, about)
        return ("guess", "guess") if ranges else ("taste", "matter of taste")
    if found & BIT["unfit"] and not (about.judging or about.defining) and about.kind != "yes_no":
        return "unfit", "unfit"
    return None


def _saying_role(words: list[str], symbols: str, manners: int, about: Question) -> tuple[str, str]:
    marked = manners & (BIT["guess"] | BIT["marked answer"])
    if marked and sum(map(str.isalnum, words)) < 2:  # "Perhaps," with what follows in the next clause
        return ("nothing", "") if symbols[-1] == "," else ("content", "")
    if manners & BIT["marked answer"]:
        return "answer", "marked answer"
    asides = families(symbols, (ASIDES,))
    if asides & _ASIDE or manners & BIT["many readings"]:
        return "aside", _first(asides, "pointer elsewhere", "offer", "lecture") or "many readings"
    if (negates(symbols) or ALIEN in symbols) and denies(words, about, bool(manners & BIT["lacks it"])):
        return "premise", "denial"
    if marked:
        return "guess", "guess"
    return ("general", "generality") if asides & BIT["generality"] else ("content", "")


def _premise_counts(words: list[str], found: int, about: Question) -> bool:
    """Whether a denied premise is no answer: to a yes/no question or a request it often is one."""
    if about.request:
        return overlap(words, about) >= 0.3 or (about.foreign and not words[0].isascii())
    if about.kind != "yes_no":
        return True
    if found & BIT["sweeping"]:
        return words[0].lower() not in ("no", "yes")  # says that the question must not be put so
    return bool(found & BIT["no such thing"]) and not about.existence and words[0].lower() not in ("no", "yes")


def overlap(words: Sequence[str], about: Question) -> float:
    """The share of the question's content words that a clause repeats."""
    return len(about.stems & set(map(stem, words))) / len(about.stems) if about.stems else 0.0


def _echoes(words: Sequence[str], about: Question) -> bool:
    return overlap(words, about) > 0.75 and sum(word.lower() not in about.words for word in words) <= 3


def repeats(clause: Clause, about: Question) -> bool:
    """Whether a clause holds nothing but words of the question ("…, but illegal for men")."""
    return all(word in about.words for word in clause.lower - _TURNING if word.isalnum())


def denies(words: list[str], about: Question, lacks: bool) -> bool:
    """A short clause that denies what the question takes for granted ("Penguins can not fly").

    `lacks` says that it only says of something what it does not have, which takes more of the question's words.
    """
    if about.undeniable:
        return False
    if words[0].lower() in CONCLUDING:
        words = words[1:]
    head = words[: words.index(",", 2)] if "," in words[2:] else words
    if any(word.lower() in _NEGATIONS for word in head):
        words = head
    lower = [word.lower() for word in words]
    if not lower or len(words) > (10 if about.kind == "why" else 16) or not _NEGATIONS.intersection(lower[:9]):
        return False
    if "because" in lower:
        return False
    if about.outcome and ("nothing" in lower or not OUTCOMES.isdisjoint(lower)):
        return False  # "If you break a mirror, nothing happens" tells what happens
    if sum(word not in about.words for word in lower if word.isalnum()) <= 1 and not _NEGATIONS.isdisjoint(about.words):
        return False  # says a sentence of the question once more, with its negation
    needed = 0.5 if about.kind in ("why", "what") and not lacks else 0.4
    return overlap(words, about) >= (0.25 if lower[0] in PRONOUNS and not lacks else needed)


def numeric(words: Sequence[str], about: Question) -> bool:
    """Whether words hold a number or a date that the question does not."""
    new = (w for w in words if w.lower() not in about.words)
    return any(any(map(str.isdigit, w)) or w.lower() in _NUMBER_WORDS for w in new)


def supplies(clause: Clause, about: Question) -> bool:
    """Whether a clause holds content of the kind that the question asks for: a number, a date, a name, anything."""
    if about.kind in ("number", "when"):
        return numeric(clause.words, about)
    if about.kind in ("who", "where") and not about.foreign:
        new = (word for word in clause.words[clause.starts :] if word.lower() not in about.words)
        return any((word[:1].isupper() and word != "I") or not word.isascii() for word in new)
    return clause.role in (SOLID if about.kind not in ("what", "yes_no") else ("answer", "guess", "content"))


def direct(clause: Clause, about: Question) -> bool:
    """Whether a clause states an answer outright: the question's words, or a pronoun, with content of the right kind."""
    if clause.role == "answer" and about.kind != "number":
        return True
    if clause.role not in SOLID or about.request or not supplies(clause, about):
        return False
    words = clause.words
    short = len(words) == 1 or (len(words) <= 4 and words[-1] in ".!?¶")
    return short or words[0].lower() in PRONOUNS or words[0].lower() in ("yes", "no") or overlap(words, about) >= 0.5


def concerns(clause: Clause, about: Question) -> bool:
    """Whether a late "not known" is about what was asked, rather than a side remark."""
    unnamed, symbols = (OTHER, NAME, NUMBER), lexicon()
    new = [w for w in clause.words if symbols[w][-1:] in unnamed and stem(w) not in about.stems]
    if not _ANSWERING.isdisjoint(map(str.lower, clause.words)):
        return True
    return not new or clause.words[0].lower() in CONCLUDING or overlap(clause.words, about) >= 0.3
