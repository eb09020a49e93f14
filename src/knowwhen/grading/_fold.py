"""The form that words are compared in."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


class _Folding(dict[int, str]):
    """Code point → what it is compared as: lower case, no accent; marks and blanks are one blank.

    Character by character, because normalising a text as a whole takes quadratic time on long runs of combining marks.
    """

    _BOUND = 70_000

    def __missing__(self, code: int) -> str:
        if len(self) > self._BOUND:
            self.clear()
        parts = unicodedata.normalize("NFKD", chr(code)).casefold()
        kept = "".join(c for c in parts if not unicodedata.combining(c))
        self[code] = folded = "".join(c if c.isalnum() else " " for c in kept) if kept else ""
        return folded


_FOLDING = _Folding()
_ASCII = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)


@lru_cache(maxsize=16)  # a reply is folded for its move, its numbers and its phrases
def folded(text: str) -> tuple[str, tuple[str, ...]]:
    """Text as it is compared, and its words."""
    if text.isascii():
        words = text.encode().translate(_ASCII).decode().split()
    else:
        words = text.translate(_FOLDING).split()
    whole = f" {' '.join(words)} "
    return (whole.replace(" the ", " ") if " the " in whole else whole), tuple(words)


def fold(text: str) -> str:
    """Text as it is compared: words in lower case without accents, single blanks between and around them, no "the".

    >>> fold("The “Brasília”, in Brazil!")
    ' brasilia in brazil '
    """
    return folded(text)[0]


@lru_cache(maxsize=65_536)
def fold_answer(text: str) -> str:
    """`fold` of an accepted answer, without a leading article; kept, since every reply to the item needs it."""
    whole = fold(text)
    for article in (" a ", " an "):
        if whole.startswith(article) and len(whole) > len(article) + 2:
            return whole[len(article) - 1 :]
    return whole
