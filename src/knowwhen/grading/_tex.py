r"""Numbers that are written in TeX, as they are written in prose: fractions, powers of ten, separators, units.

Reasoning models end in ``\boxed{\frac{17}{50}}`` or ``3 \times 10^{8} \text{ m/s}``. Linear: the patterns repeat nothing
without a bound.
"""

from __future__ import annotations

import re

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SIGN = "[-−–]"
_INTEGER = r"\d{1,30}"
_DECIMAL = r"\d{1,30}(?:\.\d{1,30})?"
_SEPARATOR = re.compile(
    r"(?<=\d)(?:,\\!\s{0,2}|(?<!\d{4})\\[,! ]\s{0,2})(?=\d{3}(?!\d))|(?<=\d)\{,\}"
)  # "100,\ 200" is a list: behind a comma only "\!" makes a thousands mark of it
_SPACE = re.compile(r"\\(?:left|right|displaystyle|qquad|quad)(?![a-zA-Z])|\\[,;:! ]|(?<=\d)~")
_WORDS = re.compile(
    r"\\(?:text|mathrm|textrm|textbf|mathbf|textit|mathit|mathsf|boldsymbol|mbox|operatorname)\s?"
    r"\{((?:[^{}\\]|\{[^{}\\]{0,20}\}){0,200})\}"
)
_THOUSANDS = r"\d{1,30}(?:,\d{3}(?!\d)){0,6}(?:\.\d{1,30})?"
_FRACTION = re.compile(
    rf"(?:(?<![\w.,])({_INTEGER}) ?)?\\[dtc]?frac\s?(?:\{{\s?({_SIGN}?{_THOUSANDS})\s?\}}|(\d))\s?(?:\{{\s?({_THOUSANDS})\s?\}}|(\d))"
)
_POWER = re.compile(
    rf"(?:({_DECIMAL})\s{{0,4}}(?:\\(?:times|cdot)(?![a-zA-Z])|[×·*x])\s{{0,4}}|(\\[a-zA-Z]{{1,12}})|(?<![\w.,^\\]))10\s?"
    rf"(?:\^\s?(?:\{{\s?({_SIGN}?\d{{1,3}})\s?\}}|({_SIGN}?\d{{1,3}})(?!\d))|([⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,3}}))"
)
"""Behind a letter "10" is part of a name (x10^5), unless the letter is a factor's sign (6.02x10^23) or a command's."""


def _apart(found: re.Match[str], written: str) -> str:
    """What is written for a match, set apart from a word or a digit that follows it."""
    return written + " " * found.string[found.end() : found.end() + 1].isalnum()


def _divided(found: re.Match[str]) -> str:
    whole, above, below = found[1], (found[2] or found[3]).replace(",", ""), (found[4] or found[5]).replace(",", "")
    above = re.sub(_SIGN, "-", above)
    if not float(below):
        return found[0]
    if whole and 0 <= float(above) < float(below):
        return _apart(found, repr(int(whole) + float(above) / float(below)))
    fraction = repr(float(above) / float(below)) if "." in above + below else f"{above}/{below}"
    product = whole or found.string[found.start() - 1 : found.start()].isdigit()
    return _apart(found, f"{whole or ''}{'*' if product else ''}{fraction}")


def _raised(found: re.Match[str]) -> str:
    power = re.sub(_SIGN, "-", found[3] or found[4] or found[5].translate(_RAISED))
    return _apart(found, f"{found[2] + ' ' if found[2] else ''}{found[1] or 1}e{power}")


def without_tex(text: str) -> str:
    r"""A text with the numbers that stand in it in TeX, or as powers of ten, written plainly.

    >>> without_tex(r"\boxed{\frac{17}{50}}, $2\tfrac12$, 36{,}000, $3 \times 10^{8} \text{ m}$, 10⁻³")
    '\\boxed{17/50}, $2.5$, 36,000, $3e8  m$, 1e-3'
    """
    if "\\" in text or "{," in text:
        text = _SEPARATOR.sub(lambda gap: "," if gap[0] == "{,}" else "", text)
        text = _SPACE.sub(" ", text).replace("\\%", "%").replace("\\$", "$")
        for _ in range(2):  # \textbf{\text{42}}
            text = _WORDS.sub(r"\1", text)
        text = text.replace("^\\circ", "°").replace("^{\\circ}", "°")
        if "frac" in text:
            text = _FRACTION.sub(_divided, text)
    if "10" in text and ("^" in text or not text.isascii()):
        text = _POWER.sub(_raised, text)
    return text
