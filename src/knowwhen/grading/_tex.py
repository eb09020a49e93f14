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
_SEPARATOR = re.compile(r"(?<=\d)(?:,?\\[,! ]\s{0,2}|\{,\})(?=\d{3}(?!\d))|(?<=\d)\{,\}")
_SPACE = re.compile(r"\\(?:left|right|displaystyle)(?![a-zA-Z])|\\[,;:!]|(?<=\d)~")
_WORDS = re.compile(r"\\(?:text|mathrm|textrm|textbf|mathbf|operatorname)\s?\{([^{}\\]{0,200})\}")
_FRACTION = re.compile(
    rf"(?:(?<![\w.,])({_INTEGER})\s?)?\\[dtc]?frac\s?(?:\{{\s?({_SIGN}?{_DECIMAL})\s?\}}\s?\{{\s?({_DECIMAL})\s?\}}|(\d)\s?(\d))"
)
_POWER = re.compile(
    rf"(?:({_DECIMAL})\s{{0,2}}(?:\\times|\\cdot|[×·*x])\s{{0,2}})?(?<![\w.,^])10\s?"
    rf"(?:\^\s?(?:\{{\s?({_SIGN}?\d{{1,3}})\s?\}}|({_SIGN}?\d{{1,3}}))|([⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,3}}))"
)


def _divided(found: re.Match[str]) -> str:
    whole, above, below = found[1], found[2] or found[4], found[3] or found[5]
    above = re.sub(_SIGN, "-", above)
    if not float(below):
        return found[0]
    if whole is None and "." not in above + below:
        return f"{above}/{below}"
    return repr(float(whole or 0) + float(above) / float(below))


def _raised(found: re.Match[str]) -> str:
    power = re.sub(_SIGN, "-", found[2] or found[3] or found[4].translate(_RAISED))
    return f"{found[1] or 1}e{power}"


def without_tex(text: str) -> str:
    r"""A text with the numbers that stand in it in TeX, or as powers of ten, written plainly.

    >>> without_tex(r"\boxed{\frac{17}{50}}, $2\tfrac12$, 36{,}000, $3 \times 10^{8} \text{ m}$, 10⁻³")
    '\\boxed{17/50}, $2.5$, 36,000, $3e8  m$, 1e-3'
    """
    if "\\" in text or "{," in text:
        text = _SEPARATOR.sub(lambda gap: "," if gap[0] == "{,}" else "", text)
        text = _WORDS.sub(r"\1", _SPACE.sub(" ", text))
        text = text.replace("\\%", "%").replace("\\$", "$").replace("^\\circ", "°").replace("^{\\circ}", "°")
        if "frac" in text:
            text = _FRACTION.sub(_divided, text)
    if "10" in text and ("^" in text or not text.isascii()):
        text = _POWER.sub(_raised, text)
    return text
