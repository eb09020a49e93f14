"""Whole phrases in a reply: the form that they are compared in, and whether a reply asserts one or only mentions it."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from knowwhen.grading._fold import fold
from knowwhen.grading._plain import sentences, without_abbreviations
from knowwhen.grading._question import Question, question, stem
from knowwhen.grading._signs import DOUBT, signs

SEVERAL = "one of several, none asserted"
_NO_BLANKS = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff]")


def find(answer: str, folded_reply: str) -> bool:
    """Whether a folded answer stands in a folded reply as whole words (or as it is, in scripts without blanks)."""
    return answer in folded_reply or (_NO_BLANKS.search(answer) is not None and answer.strip() in folded_reply)


_BEFORE = re.compile(
    r"(?:\b(?:not|never|no|nor|neither|without|unlike|than|isn t|wasn t|aren t|weren t|cannot be|can t be|rather than|"
    r"instead of|other than|except)(?: (?:actually|really|in|by|to|a|an|be|necessarily|called|from|simply|called|merely)){0,2}(?: (?!but|only|just)\w+)? )$"
)
_AFTER = re.compile(
    r"^ (?:is|was|are|were) (?:not|never|wrong|incorrect|false)\b|^ (?:isn|wasn|aren|weren) t\b|^ (?:would|can) ?not be\b"
)
_COMMON_ERROR = re.compile(
    r"\b(?:many|most|some|people|often|commonly|frequently|popularly|sometimes|you (?:might|may)|widely) (?:people )?(?:\w+ )?"
    r"(?:think|believe|assume|assumed|thought|believed|say|mistaken|mistake|confused|guess)\b"
)
_TURN = re.compile(r" (?:but|however|actually|in fact|in reality|whereas) ")
_HEDGED = re.compile(r" (?:maybe|perhaps|probably|possibly|guess|think|likely) ")
_UNDECIDED = re.compile(r" (?:either|could be|might be|may be|possibly|one of) ")
_COPULA = re.compile(
    r" (?:is|was|are|were|be|being|called|named|by|equals|answer|it|of|in|as|yes|no|say|guess|think|actually) $"
)


def doubtful(reply: str) -> bool:
    """Whether a reply holds a word that could deny or doubt what it names."""
    return bool(signs(reply) & DOUBT)


@lru_cache(maxsize=8192)
def several(answer: str) -> bool:
    """Whether an accepted answer runs over the end of a sentence ("Faster. Higher. Stronger")."""
    return len(sentences(without_abbreviations(answer))) > 1


def asserts(answer: str, reply: str, asked: str, whole: bool = False, accepted: Collection[str] = ()) -> str:
    """How a reply that holds a folded answer stands to it: "" if it asserts it, else why not.

    Linear: each sentence is folded once, and each mention is judged by a bounded stretch around it. An answer of
    several sentences is looked for in the reply as a `whole`. What it is offered beside ("Lima or Cusco") does not count
    against it if it is one of the `accepted` answers too.
    """
    every = [reply] if whole else sentences(without_abbreviations(reply))
    if not doubtful(reply):
        if find(answer, fold(every[0])):
            return ""
    another_first, reason = False, ""
    bare = answer.strip() if _NO_BLANKS.search(answer) else answer
    about = question(asked)
    for k, sentence in enumerate(every):
        folded = fold(sentence)
        at = folded.find(bare)
        others: frozenset[str] | None = None
        if at < 0:
            another_first = another_first or _states_another(folded, about)
            continue
        asked_about = (
            k < len(every) - 1
            and sentence.rstrip().endswith("?")
            and len(folded.split(" ", 5)) > 4
            and not _HEDGED.search(folded)
        )
        while at >= 0:
            before, after = folded[max(0, at - 60) : at + 1], folded[at + len(bare) - 1 : at + len(bare) + 60]
            reason = _mention(before, after, folded, at, asked_about)
            if not reason and (beside := _BESIDE_BEFORE.search(before) or _BESIDE_AFTER.match(after)):
                others = _others(sentence, accepted) if others is None else others
                reason = SEVERAL if beside[1] in others else ""
            if not reason:
                if another_first and not _COPULA.search(before) and _shared(folded, about) < 0.5:
                    reason = "another answer is stated first"
                else:
                    return ""
            at = folded.find(bare, at + 1)
    return reason or "not as one phrase"


def _mention(before: str, after: str, folded: str, at: int, asked_about: bool) -> str:
    if _BEFORE.search(before) and not before.endswith((" not only ", " no doubt ")):
        return "negated"
    if _AFTER.search(after):
        return "negated"
    if _COMMON_ERROR.search(folded[max(0, at - 200) : at + 1]) and _TURN.search(folded[at : at + 200]):
        return "named as a common error"
    if asked_about:
        return "only asked about"
    if _alternative(before, after) and (_UNDECIDED.search(before) or " decide " in after or " sure which " in after):
        return SEVERAL
    return ""


def _alternative(before: str, after: str) -> bool:
    return bool(re.search(r" (?:or|and) $", before) or re.match(r" (?:\w+ ){0,3}or ", after))


_BESIDE_BEFORE = re.compile(r" (\w+) (?:or|or maybe|or perhaps|or possibly|maybe|perhaps|possibly) $")
_BESIDE_AFTER = re.compile(r" (?:or|or maybe|or perhaps|or possibly|maybe|perhaps|possibly) (\w+) ")
_APPOSITION = re.compile(r", or |\b(?:known as|called|formerly|named)\b")


def _others(sentence: str, accepted: Collection[str]) -> frozenset[str]:
    """The names in a sentence that are no part of an accepted answer, as they are compared; none where "or" only gives
    another name of the same thing ("Mumbai, or Bombay")."""
    if _APPOSITION.search(sentence):
        return frozenset()
    named = {word for name in re.findall(r"\b[A-ZÀ-ÖØ-Þ][\w’'-]*", sentence) for word in fold(name).split()}
    return frozenset(named) - {word for answer in accepted for word in fold(answer).split()}


def _shared(folded: str, about: Question) -> float:
    return len(about.stems & {stem(w) for w in folded[:400].split()}) / len(about.stems) if about.stems else 0.0


def _states_another(folded: str, about: Question) -> bool:
    """Whether a sentence without the answer answers the question with something else ("The capital is Sydney.")."""
    return (
        (" is " in folded[:400] or " was " in folded[:400])
        and " not " not in folded
        and not _COMMON_ERROR.search(folded[:400])
        and _shared(folded, about) >= 0.75
    )
