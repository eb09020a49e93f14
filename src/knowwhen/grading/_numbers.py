"""Numbers in a reply: digits, words, thousands separators, currencies, percent, units; and which of them it commits to."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from knowwhen.grading._question import Question, stem
from knowwhen.grading._signs import COUNTING, MARKED, WORKING, signs
from knowwhen.grading._tex import without_tex

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: k for k, word in enumerate(_UNITS)} | {word: 10 * k for k, word in enumerate(_TENS) if word != "_"}
_LARGE = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "quadrillion": 1e15,
    "quintillion": 1e18, "k": 1e3, "bn": 1e9, "dozen": 12.0,
}  # fmt: skip
_ODD = {"half": 0.5, "once": 1.0, "twice": 2.0}
_MEASURES: dict[str, tuple[str, float]] = {}
for _dimension, _table in {
    "length": "mm=0.001 millimetre millimeter; cm=0.01 centimetre centimeter; m=1 metre meter; km=1000 kilometre kilometer; "
    "mi=1609.344 mile; ft=0.3048 foot feet; in=0.0254 inch inches; yd=0.9144 yard",
    "mass": "mg=0.000001 milligram; g=0.001 gram gramme; kg=1 kilogram kilo; t=1000 tonne; lb=0.45359237 pound lbs; oz=0.028349523125 ounce",
    "time": "ms=0.001 millisecond; s=1 second sec; min=60 minute; h=3600 hour hr; day=86400; week=604800",
    "volume": "ml=0.001 millilitre milliliter; l=1 litre liter",
    "celsius": "°c=1 celsius; c=1 centigrade",
    "fahrenheit": "°f=1 fahrenheit",
    "kelvin": "k=1 kelvin",
    "percent": "%=1 percent per-cent",
    "dollar": "$=1 dollar usd; ",
    "euro": "€=1 euro eur",
    "sterling": "£=1 gbp",
}.items():
    for _row in filter(None, map(str.strip, _table.split(";"))):
        _names = _row.split()
        _symbol, _factor = _names[0].split("=")
        for _name in (_symbol, *_names[1:]):
            _MEASURES[_name] = (_dimension, float(_factor))
_IN_DIGITS = r"(\d[\d,\u202f\u00a0']*(?:\.\d+)?)(?:[eE]([-+]?\d{1,3})(?!\w)|(/\d+))?(?:(?:st|nd|rd|th)\b)?"
_IN_WORDS = frozenset([*_SMALL, *(word for word in _LARGE if len(word) > 2), *_ODD])
_DIGITS = re.compile(_IN_DIGITS + r"|((?!))")
_EITHER = re.compile(rf"{_IN_DIGITS}|({'|'.join(sorted(_IN_WORDS, key=len, reverse=True))})s?\b")
_FOLLOWING = re.compile(r"[ \u00a0-]{0,2}(°\s?[CFcf]\b|%|[$€£]|[A-Za-z]{1,12})")
_BEFORE_MINUS = " \t\n\u00a0([{=:,$*_~≈<>\"'"
"""What a minus sign stands behind; behind anything else the dash joins two things."""
_DEGREES = re.compile(r" (celsius|fahrenheit|centigrade)", re.IGNORECASE)


class Number(NamedTuple):
    """A number as it stands in a text."""

    value: float
    unit: str
    start: int
    end: int


def _digits(text: str) -> float:
    """The value of digits with separators; a comma before other than three digits is a decimal comma."""
    if len(text) > 300:
        return math.inf
    if text.isdigit():
        return float(text)
    head, comma, tail = text.rstrip(",'").rpartition(",")
    if comma and "." not in tail and "," not in head and len(tail) != 3 and tail.isdigit():
        return float(f"{''.join(filter(str.isdecimal, head)) or '0'}.{tail}")
    return float(re.sub(r"[^\d.]", "", text) or "nan")


def _measured(text: str, end: int) -> tuple[float, str, int]:
    """(scale, unit, end) of what follows a number: "million", "km", "thousand dollars"."""
    scale, unit = 1.0, ""
    if text[end : end + 2] in ("", ".", ". ", ", ", ") "):
        return scale, unit, end
    for _ in range(2):
        found = _FOLLOWING.match(text, end)
        if not found:
            break
        name = found[1].lower().replace(" ", "")
        if name in ("degree", "degrees"):
            degrees = _DEGREES.match(text, found.end())
            return (scale, degrees[1].lower(), degrees.end()) if degrees else (scale, "", end)
        kelvin = found[0] in (" K", "\u00a0K")  # "300K" people, but "300 K" hot
        if name in _LARGE and not kelvin and scale == 1.0 and name not in ("dozen", "hundred"):
            scale, end = _LARGE[name], found.end()
            continue
        if name in _MEASURES or name.removesuffix("s") in _MEASURES:
            unit, end = name if name in _MEASURES else name.removesuffix("s"), found.end()
        break
    return scale, unit, end


def numbers(text: str) -> list[Number]:
    r"""All numbers of a text in order; number words up to the trillions are put together.

    >>> [n.value for n in numbers("1,200 or one thousand two hundred, not -3.5 or twenty-one")]
    [1200.0, 1200.0, -3.5, 21.0]
    >>> [n.value for n in numbers(r"\boxed{-41}, **-41**, 3-41, x-41")]
    [-41.0, -41.0, 3.0, 41.0, 41.0]
    >>> [(n.value, n.unit) for n in numbers("$36$, $x = -7$, $-7 km$, 3e8 m, $5 and 2/5")]
    [(36.0, ''), (-7.0, ''), (-7.0, 'km'), (300000000.0, 'm'), (5.0, '$'), (0.4, '')]
    """
    found: list[Number] = []
    words: list[tuple[str, int, int]] = []

    def close() -> None:
        if words:
            scale, unit, end = _measured(text, words[-1][2])
            found.append(Number(_from_words([word for word, _, _ in words]) * scale, unit, words[0][1], end))
            words.clear()

    lower = text.lower() if text.isascii() else text  # of other letters some change their number in lower case
    for piece in (_EITHER if signs(text) & COUNTING else _DIGITS).finditer(lower):
        digits, power, fraction, word = piece.groups()
        start = piece.start()
        if word:
            if start and text[start - 1].isalnum():
                continue
            gap = text[words[-1][2] : start] if words else ""
            if words and not (gap in (" ", "-") or (gap == " and " and words[-1][0] in _LARGE)):
                close()
            if word in _SMALL or (word in _LARGE and (words or word in ("hundred", "thousand", "million", "dozen"))):
                words.append((word, start, piece.end()))
            elif word in _ODD:
                found.append(Number(_ODD[word], "", start, piece.end()))
            continue
        if words:
            close()
        value, (scale, unit, end) = _digits(digits), _measured(text, piece.end())
        if fraction and 0 < _digits(fraction[1:]) < math.inf:
            value /= _digits(fraction[1:])
        if power:
            value *= float(f"1e{power}")
        if "$" in (unit, text[end : end + 1]) and _opened(text, start):
            unit = "" if unit == "$" else unit  # "$-36$", "$x = 36$" and "$36 km$" are TeX
        elif start and text[start - 1] in "$€£":
            start, unit = start - 1, text[start - 1]
        if start and text[start - 1] in "-−" and not text[start - 2 : start - 1].strip(_BEFORE_MINUS):
            start, value = start - 1, -value
        found.append(Number(value * scale, unit, start, end))
    close()
    return found


_EQUALS = re.compile(r"=|≈|\\(?:approx|sim)(?![a-zA-Z])")
_FORMULA = re.compile(r"[=≈<>^_\\]")


def _opened(text: str, start: int) -> bool:
    """Whether a "$" behind a number closes what one before it opened, as in TeX, and is no currency."""
    at = text.rfind("$", max(0, start - 100), start)
    between = text[at + 1 : start]
    if at < 0 or text[at - 1 : at].isdigit() or "\n" in between:
        return False
    return not between.strip("(= -−") or (between[0] not in " ,.;:" and _FORMULA.search(between) is not None)


_PLAIN = re.compile(
    r"\d[\d,'\u00a0\u202f]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?:[ \u00a0-]{0,2}(?:[kK]|[bB][nN])(?![a-zA-Z]))?"
)


def may_hold(accepted: Number, reply: str) -> bool:
    """A quick look: False if no number of a reply can be the accepted one."""
    if accepted.unit or signs(reply) & COUNTING:
        return True
    sought = abs(accepted.value)
    for digits in _PLAIN.findall(reply):
        if digits.isdigit() and len(digits) < 16:
            if int(digits) == sought:
                return True
        else:
            return True  # a comma, a point, a power or a "k": to be read in full
    return "/" in reply


def _from_words(words: list[str]) -> float:
    total, current = 0.0, 0.0
    for word in words:
        if word in _SMALL:
            small = _SMALL[word]
            fits = current % 100 == 0 if small >= 10 else current % 10 == 0 and current % 100 != 10
            current = current + small if fits else small
        elif word == "hundred":
            current = max(current, 1.0) * 100
        else:
            total, current = total + max(current, 1.0) * _LARGE[word], 0.0
    return total + current


@lru_cache(maxsize=65_536)
def as_number(answer: str) -> Number | None:
    """The number that an accepted answer is, if it is nothing else ("1,200", "+2", "$5", "71%", "twelve", "5 km")."""
    text = without_tex(answer).strip().rstrip(".")
    if text[:1] == text[-1:] == "$":
        text = text[1:-1].strip()
    if text[:1] == "+" and text[1:2].isdigit():
        text = text[1:]
    if len(text) > 60 or not text:
        return None
    found = numbers(text)
    return (
        found[0]
        if len(found) == 1 and not text[: found[0].start].strip() and not text[found[0].end :].strip()
        else None
    )


def same(accepted: Number, given: Number) -> bool:
    """Whether two numbers are equal, units converted; a missing unit agrees with any."""
    if accepted.unit and given.unit:
        kind, factor = _MEASURES[accepted.unit]
        other, other_factor = _MEASURES[given.unit]
        if kind != other:
            return False
        return math.isclose(accepted.value * factor, given.value * other_factor, rel_tol=1e-6)
    return math.isclose(accepted.value, given.value, rel_tol=1e-9)


_MARKED = re.compile(
    r"####\s{0,4}|(\\boxed\{)|\b(?:final|correct|right|the) answer(?: to [\w ]{1,40})?(?: is|:| =| would be)+|"
    r"\banswer(?: is|:| =)+|\b(?:total|sum|result|difference|product)(?: \w+){0,3}(?: is|:| =)+",
    re.IGNORECASE,
)
_WORKING = re.compile(
    r"=|\d\s?[+×*÷/x]\s?\d|\bstep \d|\b(?:multiply|multiplied|subtract|divide|divided by)\b", re.IGNORECASE
)


def commits_to(reply: str, found: list[Number], about: Question, asked: frozenset[float]) -> tuple[list[Number], str]:
    """The numbers that a reply commits to, and the rule that picked them: the marked one, the last of a working, or all."""
    seen = signs(reply)
    marks = list(_MARKED.finditer(reply)) if seen & MARKED else []
    if marks:
        start = marks[-1].end()
        end = _closed(reply, start) if marks[-1][1] else start
        if reply[start:end].strip():
            held = _held(reply, start, end, found)
            return ([held], "marked as the answer") if held else ([], "what is boxed is no single number")
        after = next((n for n in found if n.start >= marks[-1].end() - 1), None)
        if after and after.start - marks[-1].end() < 80:
            return [after], "marked as the answer"
    if len(found) > 1 and seen & WORKING and _WORKING.search(reply):
        return [_result(found, reply, asked)], "last number of a working"
    first = found[0]
    if len(found) > 1 and _counts(reply, first, about):
        clause = re.split(r"[.;!?\n]", reply[max(0, first.start - 200) : first.start])[-1]
        said = {stem(word) for word in clause.split()}
        if about.stems and len(about.stems & said) + 1 >= 0.6 * len(about.stems):
            return [first], "the number of what was asked"
    return found, "a number named"


_BRACE = re.compile(r"[{}]")
_LONGEST_BOX = 400


def _closed(reply: str, start: int) -> int:
    """Where the box ends whose brace opens before `start`; there, if it is not closed."""
    depth = 1
    for brace in _BRACE.finditer(reply, start, start + _LONGEST_BOX):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return start


_LISTED = re.compile(r"[,;]|\b(?:and|or)\b")
_OPTION = re.compile(r"\([A-J]\)")
_POWER = r"(?:\$?\^\{?[-−]?\d\}?\$?|[²³])"
_SPELT = re.compile(rf"((?:\\(?:mu|Omega|AA|degree))?[^\W\d_²³]+(?:-[^\W\d_²³]+)*|\\(?:mu|Omega|AA|degree)){_POWER}?")
_JOINING = re.compile(r"\\(?:cdot|[dt]?frac)(?![a-zA-Z])")
"""What joins units: kg \\cdot m, \\frac{m}{s}."""
_SYMBOLS = frozenset("J N W V A K C F T L H Ω Å nm pm pc ly cc".split()) | frozenset(_MEASURES)
"""Units, short enough to be taken for variables."""
_MARKS_BEFORE, _MARKS_BEHIND = " \t\n\u00a0.,:$€£()\"'*~{+", " \t\n\u00a0.,°%$€£()\"'*/·{}"


def _held(reply: str, start: int, end: int, found: list[Number]) -> Number | None:
    r"""The number in a box, alone or with words, a unit or "x =" to it; None of a formula, a word or several numbers."""
    equals = list(_EQUALS.finditer(reply, start, end))
    if equals and _LISTED.search(reply, equals[0].end(), equals[-1].start()):
        return None
    start = equals[-1].end() if equals else start
    inside = [n for n in found if start <= n.start < end]
    if not inside or any(reply[n.start].isalpha() and n.value != inside[0].value for n in inside):
        return None
    held = inside[0]
    before, behind = reply[start : held.start], reply[held.end : end]
    glued = re.match("[a-z]{1,2}(?![a-zA-Z])", behind)
    if glued and glued[0] not in _SYMBOLS:
        return None  # "3x", "2ab"
    if held.unit:
        behind = re.sub(rf"\A{_POWER}", "", behind)
    return held if _only_words(before, _MARKS_BEFORE) and _only_words(behind, _MARKS_BEHIND) else None


def _only_words(text: str, marks: str) -> bool:
    """Whether a text is words, units and some marks, without a variable: a letter that stands alone and is no unit."""
    text = _JOINING.sub(" ", _OPTION.sub("", text))
    for word in _SPELT.findall(text):
        if len(word) == 1 and (word.isascii() or "Ͱ" <= word <= "Ͽ") and not {word, word.lower()} & _SYMBOLS:
            return False
    return not _SPELT.sub("", text).strip(marks)


_REASON = re.compile(r"\b(?:because|since)\b", re.IGNORECASE)


def _result(found: list[Number], reply: str, asked: frozenset[float]) -> Number:
    """The number that a working ends in: behind the last "=", or the last new one of a sentence after it."""
    equals = reply.find("=")
    because = _REASON.search(reply, equals) if equals >= 0 else None
    reason = because.start() if because else len(reply)
    found = [n for n in found if n.start < reason] or found
    equals = reply.rfind("=", 0, reason)
    after = next((n for n in found if n.start > equals >= 0), None)
    if after is None or (after is not found[-1] and re.search(r"[.!?\n]\s", reply[after.end : found[-1].start][:2000])):
        later = [n for n in found if n.start > equals and n.value not in asked]
        return later[-1] if later else found[-1]
    return after


_BETWEEN = re.compile(r"\bbetween\s+\Z", re.IGNORECASE)
_TO = re.compile(r"\s{0,2}(?:to|and|[–—-])\s{0,2}\Z", re.IGNORECASE)


def one_end(found: list[Number], at: int, reply: str) -> bool:
    """Whether a number is one end of a range ("between five and seven", "5 to 7")."""
    for low, high in zip(found[max(0, at - 1) : at + 1], found[max(0, at - 1) + 1 : at + 2], strict=False):
        joint = reply[low.end : high.start]
        if _TO.match(joint) and (" and " not in joint or _BETWEEN.search(reply[max(0, low.start - 12) : low.start])):
            return True
    return False


_OR = re.compile(r",?\s?(?:or|or maybe|or perhaps|or possibly|maybe|perhaps|possibly)\s{1,2}\Z", re.IGNORECASE)


def offered(found: list[Number], at: int, reply: str) -> bool:
    """Whether a number is one of two that are offered, none of them asserted ("54 or 56", "maybe 54, maybe 56")."""
    return any(
        _OR.match(reply[one.end : two.start]) is not None and one.unit == two.unit and not same(one, two)
        for one, two in pairwise(found[max(0, at - 1) : at + 2])
    )


_NEXT = re.compile(r"\s{0,2}[.,;]?\s{1,2}(?:(?:and|or)\s)?\Z|\s?[.,;]\Z")
_ENUMERATION = 4
"""So many numbers in a row, with nothing to tell one from the others, assert none of them."""


def listed(found: list[Number], at: int, reply: str, asked: frozenset[float]) -> bool:
    """Whether a number is one of many in a row ("12, 13, 14, 15, 16"); those of the question do not count."""
    row = {found[at].value}
    for step in (1, -1):
        here = at
        for _ in range(4 * _ENUMERATION):  # the same number over and over is passed by, but not for ever
            if not 0 <= here + step < len(found):
                break
            one, two = (found[here], found[here + step]) if step > 0 else (found[here + step], found[here])
            if two.start - one.end > 8 or not _NEXT.match(reply[one.end : two.start]):
                break
            here += step
            row |= {found[here].value} - asked
    return len(row) >= _ENUMERATION


_MARKER = re.compile(r"(?:\A|\n)[ \t*_#>-]{0,6}(\d{1,2})[.)][ \t*_]{1,3}(?=\S)")


def without_markers(found: list[Number], reply: str) -> list[Number]:
    """The numbers, but for those that number the lines of a list: 1, 2 and so on, each where a line begins."""
    if "\n" not in reply or not ("2." in reply or "2)" in reply):
        return found
    markers, next_one = set(), 1
    for marker in _MARKER.finditer(reply):
        if int(marker[1]) in (1, next_one):
            markers.add(marker.start(1))
            next_one = int(marker[1]) + 1
    return found if len(markers) < 2 else [number for number in found if number.start not in markers]


_COUNTED = re.compile(r"[ -]?([A-Za-z]{3,30})")


def _counts(reply: str, number: Number, about: Question) -> bool:
    """Whether the word behind a number is one of the question's ("4 moons")."""
    if about.kind != "number":
        return False
    word = _COUNTED.match(reply, number.end)
    return bool(word and stem(word[1]) in about.stems)
