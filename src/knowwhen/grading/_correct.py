"""Whether an answer is right: yes or no, an option, a number, a symbol, a whole phrase."""

from __future__ import annotations

import re
from functools import lru_cache

from knowwhen.grading._asked import Asked
from knowwhen.grading._choices import chosen
from knowwhen.grading._fold import fold, fold_answer, folded
from knowwhen.grading._numbers import (
    Number,
    as_number,
    commits_to,
    listed,
    may_hold,
    numbers,
    offered,
    one_end,
    same,
    without_markers,
)
from knowwhen.grading._phrases import SEVERAL, asserts, doubtful, find, several
from knowwhen.grading._plain import sentences, without_abbreviations
from knowwhen.grading._question import question, stem
from knowwhen.grading._signs import POLAR, YES_OR_NO, signs
from knowwhen.grading._tex import without_tex

_YES = frozenset(
    "yes yeah yep yup true correct right indeed affirmative definitely certainly absolutely si oui ja sim".split()
)
_NO = frozenset("no nope nah false incorrect wrong negative not never non nein nao neither hardly".split())
_POLAR = _YES | _NO
_MONTHS = (
    "january february march april may june july august september october november december".split()
)  # fmt: skip
_WORDS_TOO = frozenset(
    "a i he no in as at be us am it or of on so do go me my we up by an if is pa po ho la re".split()
)
"""Short symbols that are also words: they count only where the reply gives them as the answer."""


def right(asked: Asked, reply: str) -> tuple[bool | None, str]:
    """(whether a reply gives an accepted answer, the rule and words that say so); None if that cannot be told."""
    if not asked.answers:
        return None, "no accepted answer is known"
    reply = without_tex(reply)
    if asked.choices:
        verdict = _right_choice(asked, reply)
        if verdict is not None:
            return verdict
    polarity = {_POLARITY[a.strip(" .").lower()] for a in asked.answers if a.strip(" .").lower() in _POLARITY}
    if _echoes(reply, asked.question):
        return False, "only repeats the question"
    if len(polarity) == 1:
        if _BOTH.search(reply[:200]) and not _SET_OFF.search(_BOTH.sub("", reply[:4000])):
            return False, "says yes or no"
        said = _yes_or_no(reply, asked.question)
        if said is None:
            return None, "neither yes nor no is said"
        return said in polarity, f"says {'yes' if said else 'no'}"
    return _right_content(asked, reply)


_BOTH = re.compile(r"\b(?:yes or no|no or yes|true or false|false or true)\b", re.IGNORECASE)
_FEW_MORE = 24  # characters beside a question that is only repeated ("You ask: …")


def _echoes(reply: str, asked: str) -> bool:
    """Whether a reply is the question once more, and nothing else to speak of."""
    if len(reply) > len(asked) + 2 * _FEW_MORE or not reply.rstrip(" \"'*").endswith("?"):
        return False
    said, question = fold(reply), fold(asked)
    return said.endswith(question) and len(said) <= len(question) + _FEW_MORE


_POLARITY = {"yes": True, "true": True, "no": False, "false": False}


def _right_choice(asked: Asked, reply: str) -> tuple[bool, str] | None:
    letters = {a.strip(" ().").upper() for a in asked.answers}
    texts = {fold_answer(a) for a in asked.answers}
    accepted = {k for k, option in enumerate(asked.choices) if fold_answer(option) in texts}
    if not accepted:
        accepted = {k for k in range(len(asked.choices)) if "ABCDEFGHIJ"[k : k + 1] in letters}
    if not accepted:
        return None
    index, rule = chosen(reply, asked.choices, asked.question)
    return index in accepted, rule


_SET_OFF = re.compile(
    r"(?:\A|[,.;:!?\n—–-]\s{0,3}|\bso |\banswer (?:[a-z]{1,12} ){0,4}?(?:is|would be):? )[\"'*(]{0,2}(yes|no)\b(?=\s{0,2}(?:[,.:;!\"')*—–-]|\Z))", re.IGNORECASE
)


_NEGATED = frozenset("not no never cannot t false incorrect myth neither nobody none wrong nothing".split())
_EMPTY = frozenset("well so answer is it that this was would be".split())
_NEED_FEW = frozenset("right correct wrong false true".split())


def _yes_or_no(reply: str, asked: str) -> bool | None:
    """Whether a reply says yes or no: by a polar word set off by marks or at the head of a sentence, else by how its first
    telling sentence takes up the question."""
    seen = signs(reply)
    if seen & YES_OR_NO:
        set_off = {m[1].lower() == "yes" for m in _SET_OFF.finditer(reply[:4000])}
        if len(set_off) == 1:
            return set_off.pop()
    about, first = question(asked), None
    for sentence in sentences(without_abbreviations(reply[:4000]), ".?!:")[:4]:
        words = [word for word in folded(sentence)[1] if word not in _EMPTY]
        if not words:
            continue
        if words[0] in _POLAR and (words[0] not in _NEED_FEW or len(words) <= 4):
            return words[0] in _YES
        if first is None and len(words) > 1:
            shared = len(about.stems & set(map(stem, words))) / len(about.stems) if about.stems else 0.0
            if not _NEGATED.isdisjoint(words) and (shared >= 0.25 or len(words) <= 8):
                first = False
            elif shared >= 0.6:
                first = True
        if first is not None and not seen & POLAR:
            break
    return first


@lru_cache(maxsize=4096)
def _values(text: str) -> frozenset[float]:
    return frozenset(number.value for number in numbers(without_tex(text[:20_000])))


def _right_content(asked: Asked, reply: str) -> tuple[bool, str]:
    why = ""
    found: list[Number] | None = None
    for answer in asked.answers:
        number = as_number(answer)
        if number is not None:
            if found is None and not may_hold(number, reply):
                continue
            found = without_markers(numbers(reply), reply) if found is None else found
            given, reason = _right_number(number, found, asked.question, reply)
            if given:
                return True, reason
            why = why or reason
        elif _is_symbol(answer):
            if _symbol(answer).search(reply):
                return True, f"accepted symbol «{answer.strip()}»"
        else:
            for form in _forms(answer):
                if form.strip() and find(form, fold(reply)):
                    whole = several(answer)
                    denied = asserts(form, reply, asked.question, whole, asked.answers) if len(reply) > len(form) else ""
                    if not denied:
                        return True, f"accepted answer «{form.strip()}»"
                    why = why or f"«{form.strip()}» is {denied}"
    return False, why or "no accepted answer is named"


_SPELLINGS = 16
"""In how many ways of writing it an accepted number is judged; only a hostile reply has more, all of them denied."""


def _right_number(accepted: Number, found: list[Number], asked: str, reply: str) -> tuple[bool, str]:
    if not any(same(accepted, given) for given in found):
        return False, ""
    committed, rule = (
        commits_to(reply, found, question(asked), _values(asked))
        if len(found) > 1 or "\\boxed{" in reply
        else (found, "a number named")
    )
    if not committed:
        return False, rule
    reason = ""
    judged: dict[str, str] = {}
    named = rule == "a number named"
    for at, given in enumerate(committed):
        words = reply[given.start : given.end].strip()
        if not same(accepted, given):
            reason = reason or f"{rule}: «{words}»"
            continue
        form = fold(words)
        if form not in judged and len(judged) < _SPELLINGS:
            doubted = len(reply) > len(words) + 3 and doubtful(reply)
            judged[form] = asserts(form, reply, asked) if doubted else ""
        denied = judged.get(form, "negated")
        if named and one_end(found, at, reply):
            denied = "one end of a range"
        elif offered(found, at if named else found.index(given), reply) or (
            named and listed(found, at, reply, _values(asked))
        ):
            denied = SEVERAL
        if denied not in ("negated", "named as a common error", "one end of a range", SEVERAL):
            return True, f"{rule}: «{words}»"
        reason = f"«{words}» is {denied}"
    return False, reason


@lru_cache(maxsize=65_536)
def _forms(answer: str) -> tuple[str, ...]:
    """An answer as it is searched for; a date also with day and month changed round."""
    folded = fold_answer(answer)
    words = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", folded).split()
    dates = [w for w in words if w in _MONTHS]
    days = [w for w in words if w.isdigit() and len(w) <= 2]
    if len(dates) == len(days) == 1 and 2 <= len(words) <= 4:
        day = days[0]
        year = [w for w in words if w.isdigit() and len(w) == 4]
        suffix = {"1": "st", "2": "nd", "3": "rd"}.get(day[-1] if day not in ("11", "12", "13") else "", "th")
        forms = [
            f"{a} {b}"
            for a, b in ((day, dates[0]), (dates[0], day), (day + suffix, dates[0]), (dates[0], day + suffix))
        ]
        forms.append(f"{day}{suffix} of {dates[0]}")
        return tuple(f" {' '.join([form, *year])} " for form in forms)
    plain_form = fold_answer(answer.replace("'", "").replace("’", ""))
    return (folded,) if plain_form == folded else (folded, plain_form)


def _is_symbol(answer: str) -> bool:
    text = answer.strip()
    return len(text) <= 2 and text.isalpha() and text.isascii() and text[:1].isupper()


@lru_cache(maxsize=4096)
def _symbol(answer: str) -> re.Pattern[str]:
    text = re.escape(answer.strip())
    if answer.strip().lower() in _WORDS_TOO:
        return re.compile(
            rf"\A\W{{0,8}}{text}\W{{0,8}}\Z|(?:\b(?:is|symbol|as|answer)|[:=(\"“'‘])[\s\"“'‘*(]{{0,4}}{text}(?=[\"”'’*)]{{0,4}}(?:[.,;!?)\n(]|\Z))"
            rf"|\A{text}(?=[.,]\s|\sis\b)"
        )
    return re.compile(rf"(?<!\w){text}(?!\w)|\A\W{{0,8}}(?i:{text})\W{{0,8}}\Z")
