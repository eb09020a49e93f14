"""The normal form that replies are read in, and what is taken out of a reply before it is judged.

Everything here is linear in the length of the text: string methods, and patterns without unbounded repetition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_MARKS = (
    ("’", "'"), ("‘", "'"), ("ʼ", "'"), ("“", '"'), ("”", '"'), ("„", '"'), ("«", '"'), ("»", '"'), ("「", '"'),
    ("」", '"'), ("『", '"'), ("』", '"'), ("…", ". "), ("。", ". "), ("！", "! "), ("？", "? "), ("，", ", "),
    ("、", ", "), ("；", "; "), ("：", ": "), ("（", " ("), ("）", ") "), ("、", ", "), ("但是", " but "), ("不过", " but "),
    ("しかし", " but "), ("ただし", " but "), ("—", " — "),
)  # fmt: skip
_SHORT = re.compile(r"'(m|re|ve|ll|d|s)\b")
_LONG = {"m": " am", "re": " are", "ve": " have", "ll": " will", "d": " would"}
_BEFORE_IS = ("it", "that", "what", "here", "there", "where", "who", "how", "he", "she")


def _written_out(short: re.Match[str]) -> str:
    if short[1] != "s":
        return _LONG[short[1]]
    word = short.string[max(0, short.start() - 6) : short.start()].lower().rpartition(" ")[2]
    return " is" if word in _BEFORE_IS else " us" if word == "let" else short[0]


_MODALS = (
    ("ca not", "can not"),
    ("Ca not", "Can not"),
    ("wo not", "will not"),
    ("Wo not", "Will not"),
    (" ai not", " is not"),
)
_SLANG = (
    (" dont ", " do not "),
    (" cant ", " can not "),
    ("I dont ", "I do not "),
    ("I cant ", "I can not "),
    (" gonna ", " going to "),
)


def plain(text: str) -> str:
    """Straight marks, contractions written out, no emphasis, one space between words; ¶ ends a line. Case is kept.

    >>> plain("I can’t  say.\\nIt isn't **known**")
    'I can not say. ¶ It is not known'
    """
    if not text.isascii():
        for mark, straight in _MARKS:
            text = text.replace(mark, straight)
    if "\n" in text:
        text = text.strip().replace("\n", " ¶ ")
    if "'" in text:
        if "n't" in text:
            text = text.replace("n't", " not")
            for short, long in _MODALS:
                if short in text:
                    text = text.replace(short, long)
        text = _SHORT.sub(_written_out, text)
    if "nt " in text or "gonna" in text:
        for short, long in _SLANG:
            text = text.replace(short, long)
    if "annot" in text:
        text = text.replace("cannot", "can not").replace("Cannot", "Can not")
    if "*" in text:
        text = text.replace("*", "")
    if ".." in text:
        text = text.replace("...", ". ").replace("..", ".")
    return " ".join(text.split())


_TURN = re.compile(
    r"\n[ \t]{0,4}(?:#{1,4} ?)?(?:Q|Question|User|Human|Student|Instruction|Frage|Pregunta)(?: ?\d{1,4})?:",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\s{0,8}(?:#{1,4} ?)?(?:A|Answer|Assistant|AI|Response|Reply|Antwort|Respuesta):", re.IGNORECASE)


def first_turn(text: str) -> str:
    """The reply up to where the model goes on to write somebody's next turn, and without a label such as "Answer:".

    >>> first_turn("A: Lima\\nQ: And of Chile?\\nA: I don't know")
    ' Lima'
    """
    if ":" not in text:
        return text
    turn = _TURN.search(text) if "\n" in text else None
    if turn and text[: turn.start()].strip():
        text = text[: turn.start()]
    label = _LABEL.match(text)
    return text[label.end() :] if label and text[label.end() :].strip() else text


_SINGLE = re.compile(r"(?:(?<=[\s(\[:,])|\A)'(?=\w)|(?<=[\w.!?,])'(?=[\s.,;:!?)\]]|\Z)")
_LONGEST_QUOTE = 400
QUOTED = "‹quoted›"


def _single_quoted(text: str) -> Iterator[tuple[int, int]]:
    """Spans from an opening single quote to the next closing one; apostrophes inside words are neither."""
    start = -1
    for mark in _SINGLE.finditer(text):
        at = mark.start()
        if at == 0 or text[at - 1] in " \t\n([:,":
            start = at if start < 0 else start
        elif start >= 0:
            yield start, at + 1
            start = -1


def quotations(text: str) -> list[str]:
    """What stands in quotation marks.

    >>> quotations("Who sang 'I Don't Know' and \\"Crazy Train\\"?")
    ["I Don't Know", 'Crazy Train']
    """
    for mark, straight in _MARKS[:11]:
        text = text.replace(mark, straight)
    single = [text[a + 1 : b - 1] for a, b in _single_quoted(text)] if "'" in text else []
    return single + (text.split('"')[1::2] if text.count('"') > 1 else [])


_ABBREVIATIONS = frozenset(
    "Dr Mr Mrs Ms Prof St Sr Jr e.g i.e vs approx U.S U.K Inc Ltd cf Jan Feb Aug Sept Oct Nov".split()
) | set("ABCDEFGHJKLMNOPQRSTUVWXYZ")
_INITIALS = re.compile(r"(?:[A-Z]\.){1,4}[A-Z]")


def without_abbreviations(text: str) -> str:
    """The text without the full stops that end no sentence.

    >>> without_abbreviations("Dr. Who left J.R. in the U.S. in May. He")
    'Dr Who left J.R in the U.S in May. He'
    """
    if ". " not in text:
        return text
    pieces = text.split(". ")
    short = [
        (word := piece[-8:].rpartition(" ")[2].rpartition("(")[2]) in _ABBREVIATIONS
        or ("." in word and _INITIALS.fullmatch(word) is not None)
        for piece in pieces[:-1]
    ]
    if not any(short):
        return text
    return "".join(p + (" " if s else ". ") for p, s in zip(pieces, short, strict=False)) + pieces[-1]


def sentences(text: str, ends: str = ".?!;") -> list[str]:
    """A text cut behind each of `ends` and at line ends.

    >>> sentences("I see. Really? Yes")
    ['I see.', 'Really?', 'Yes']
    """
    for end in ends:
        if f"{end} " in text:
            text = text.replace(f"{end} ", f"{end}\n")
    if not text.isascii():
        for end in "。！？":
            text = text.replace(end, f"{end}\n")
    return [sentence for sentence in text.split("\n") if sentence and not sentence.isspace()]


def replaced(text: str, words: str) -> str:
    """A text with some words, of which there is at least one, marked as quoted wherever they stand, whatever their case.

    >>> replaced("To be or not", "to be")
    '‹quoted› or not'
    """
    lower, sought = text.lower(), words.lower()
    if sought not in lower or len(lower) != len(text):
        return text.replace(words, QUOTED)
    pieces, last = [], 0
    at = lower.find(sought)
    while at >= 0:
        pieces += [text[last:at], QUOTED]
        last = at + len(sought)
        at = lower.find(sought, last)
    return "".join([*pieces, text[last:]])


def unquoted(text: str, loud: Callable[[str], bool]) -> str:
    """The text with code blocks and `loud` quotations taken out: their words are somebody else's.

    A text that is one quotation as a whole is the reply itself, so it is unwrapped.

    >>> unquoted('She said "I do not know" in "Emma".', lambda quoted: "know" in quoted)
    'She said ‹quoted› in Emma.'
    """

    def instead(quoted: str) -> str:
        if len(quoted) > _LONGEST_QUOTE or not loud(quoted):
            return quoted
        return QUOTED + quoted[-1] if quoted[-1:] in (".", "!", "?") else QUOTED

    if not text.isascii():
        for mark, straight in _MARKS[:11]:
            text = text.replace(mark, straight)
    whole = text.strip()
    if (
        len(whole) > 2
        and whole[0] == whole[-1]
        and whole[0] in "\"'"
        and whole[0] not in whole[1:-1].replace("n't", "")
    ):
        return whole[1:-1]
    if "```" in text:
        text = "\n".join(text.split("```")[::2])
    if " '" in text or text[:1] == "'" or "\n'" in text or "('" in text:
        pieces, last = [], 0
        for start, end in _single_quoted(text):
            pieces += [text[last:start], instead(text[start + 1 : end - 1])]
            last = end
        text = "".join([*pieces, text[last:]])
    if '"' in text:
        parts = text.split('"')
        for k in range(1, len(parts) - 1, 2):
            parts[k] = instead(parts[k])
        text = "".join(parts)
    return text
