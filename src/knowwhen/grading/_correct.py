"""Whether an answer is right: yes or no, an option, a number, a symbol, a whole phrase."""

from __future__ import annotations

import re
from functools import lru_cache

from knowwhen.grading._asked import Asked
from knowwhen.grading._choices import chosen
from knowwhen.grading._numbers import as_number, commits_to, numbers, one_end, same
from knowwhen.grading._phrases import asserts, find, fold, fold_answer
from knowwhen.grading._plain import plain, without_abbreviations
from knowwhen.grading._question import Question, question, stem

_YES = frozenset("yes yeah yep yup true correct right indeed affirmative definitely certainly absolutely si oui ja sim".split())
_NO = frozenset("no nope nah false incorrect wrong negative not never non nein nao neither hardly".split())
_MONTHS = (
    "january february march april may june july august september october november december".split()
)  # fmt: skip
_WORDS_TOO = frozenset("a i he no in as at be us am it or of on so do go me my we up by an if is pa po ho la re".split())
"""Short symbols that are also words: they count only where the reply gives them as the answer."""


def right(asked: Asked, reply: str) -> tuple[bool | None, str]:
    """(whether a reply gives an accepted answer, the rule and words that say so); None if that cannot be told."""
    if not asked.answers:
        return None, "no accepted answer is known"
    if asked.choices:
        verdict = _right_choice(asked, reply)
        if verdict is not None:
            return verdict
    polarity = {_POLARITY[a.strip(" .").lower()] for a in asked.answers if a.strip(" .").lower() in _POLARITY}
    if len(polarity) == 1:
        said = _yes_or_no(reply, question(asked.question))
        if said is None:
            return None, "neither yes nor no is said"
        return said in polarity, f"says {'yes' if said else 'no'}"
    return _right_content(asked, reply, question(asked.question))


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


_SET_OFF = re.compile(r"(?:\A|[,.;:!?\n—–-]\s{0,3}|\bso )[\"'*(]{0,2}(yes|no)\b(?=\s{0,2}(?:[,.:;!\"')*—–-]|\Z))", re.IGNORECASE)


def _yes_or_no(reply: str, about: Question) -> bool | None:
    set_off = {m[1].lower() == "yes" for m in _SET_OFF.finditer(reply[:4000])}
    if len(set_off) == 1:
        return set_off.pop()
    first: bool | None = None
    sentences = re.split(r"(?<=[.!?:\n])\s|\n", without_abbreviations(plain(reply[:4000]).replace(" ¶ ", "\n")))
    for sentence in sentences[:12]:
        words = [w for w in fold(sentence).split() if w not in ("well", "so", "answer", "is", "it", "that", "this", "was", "would", "be")]
        if not words:
            continue
        if words[0] in _YES | _NO and (words[0] not in ("right", "correct", "wrong", "false", "true") or len(words) <= 4 or sentence[0].islower() is False):
            return words[0] in _YES
        if first is None and len(words) > 1:
            negated = bool({"not", "no", "never", "cannot", "false", "incorrect", "myth", "neither", "nobody", "none", "wrong"} & set(words))
            shared = len(about.stems & {stem(w) for w in words}) / len(about.stems) if about.stems else 0.0
            if negated and (shared >= 0.25 or len(words) <= 8):
                first = False
            elif shared >= 0.6:
                first = True
    return first


@lru_cache(maxsize=4096)
def _values(text: str) -> frozenset[float]:
    return frozenset(number.value for number in numbers(text[:20_000]))


def _right_content(asked: Asked, reply: str, about: Question) -> tuple[bool, str]:
    folded, why = fold(reply), ""
    found = None
    for answer in asked.answers:
        number = as_number(answer)
        if number is not None:
            found = numbers(reply) if found is None else found
            if found:
                committed, rule = commits_to(reply, found, about, _values(asked.question))
                for given in committed:
                    if same(number, given):
                        denied = asserts(fold(reply[given.start : given.end]), reply, about) if len(found) > 1 else ""
                        if one_end(found, given, reply) and rule == "a number named":
                            denied = "one end of a range"
                        if denied not in ("negated", "named as a common error", "one end of a range"):
                            return True, f"{rule}: «{reply[given.start : given.end].strip()}»"
                        why = why or f"«{answer}» is {denied}"
                why = why or f"{rule}: «{reply[committed[-1].start : committed[-1].end].strip()}»"
            continue
        if _is_symbol(answer):
            if _symbol(answer).search(reply):
                return True, f"accepted symbol «{answer.strip()}»"
            continue
        for form in _forms(answer):
            if form.strip() and find(form, folded):
                denied = asserts(form, reply, about) if len(folded) > len(form) else ""
                if not denied:
                    return True, f"accepted answer «{form.strip()}»"
                why = why or f"«{form.strip()}» is {denied}"
    return False, why or "no accepted answer is named"


@lru_cache(maxsize=65_536)
def _forms(answer: str) -> tuple[str, ...]:
    """An answer as it is searched for; a date also with day and month changed round."""
    folded = fold_answer(answer)
    words = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", folded).split()
    dates = [w for w in words if w in _MONTHS]
    if len(dates) == 1 and 2 <= len(words) <= 4 and any(w.isdigit() and len(w) <= 2 for w in words):
        day = next(w for w in words if w.isdigit() and len(w) <= 2)
        year = [w for w in words if w.isdigit() and len(w) == 4]
        suffix = {"1": "st", "2": "nd", "3": "rd"}.get(day[-1] if day not in ("11", "12", "13") else "", "th")
        forms = [f"{a} {b}" for a, b in ((day, dates[0]), (dates[0], day), (day + suffix, dates[0]), (dates[0], day + suffix))]
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
