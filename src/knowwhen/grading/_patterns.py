"""Reads the patterns of `_families` and writes them as regular expressions over word symbols.

parse ──▶ a tree ──┬──▶ regex      the same pattern over symbols, for RE2
                   ├──▶ needs      words of which every match holds at least one: text without them is skipped
                   └──▶ places     where each word stands: words that stand in the same places share a symbol
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from knowwhen.grading._families import PIECES

_ATOM = re.compile(r"[a-z][a-z'-]*|[A-Z]+|[^ ]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or with a final hyphen the beginning of one."""

    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Anything that is no word: punctuation, an anchor, a class of words such as `_` or LY."""

    text: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """Something with ?, * or + behind it."""

    what: Node
    how: str


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    branches: tuple[Node, ...]


Node = Word | Mark | Repeat | Sequence | Either


def parse(pattern: str) -> Node:
    """The tree of a pattern, its pieces put in.

    >>> parse("i (know|see)?")
    Sequence(parts=(Word(text='i'), Repeat(what=Either(branches=(Word(text='know'), Word(text='see'))), how='?')))
    """
    atoms = _ATOM.findall(pattern)[::-1]
    tree = _either(atoms)
    if atoms:
        raise ValueError(f"Unbalanced brackets in the pattern {pattern!r}")
    return tree


def _either(atoms: list[str]) -> Node:
    branches = [_sequence(atoms)]
    while atoms and atoms[-1] == "|":
        atoms.pop()
        branches.append(_sequence(atoms))
    return branches[0] if len(branches) == 1 else Either(tuple(branches))


def _sequence(atoms: list[str]) -> Node:
    parts: list[Node] = []
    while atoms and atoms[-1] not in "|)":
        atom = atoms.pop()
        part: Node
        if atom == "(":
            part = _either(atoms)
            if not atoms or atoms.pop() != ")":
                raise ValueError("A bracket in a pattern is not closed")
        elif atom in PIECES:
            part = parse(PIECES[atom])
        else:
            part = Word(atom) if atom[0].islower() else Mark(atom)
        while atoms and atoms[-1] in ("?", "*", "+"):
            part = Repeat(part, atoms.pop())
        parts.append(part)
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def places(tree: Node) -> Iterator[tuple[str, int]]:
    """Every word of a tree with a number for the place where it stands; words that may replace each other share one."""
    if isinstance(tree, Word):
        yield tree.text, id(tree)
    elif isinstance(tree, Repeat):
        yield from places(tree.what)
    elif isinstance(tree, Sequence):
        for part in tree.parts:
            yield from places(part)
    elif isinstance(tree, Either):
        for branch in tree.branches:
            if isinstance(branch, Word):
                yield branch.text, id(tree)
            else:
                yield from places(branch)


def needs(tree: Node, cost: Callable[[str], float]) -> frozenset[str] | None:
    """The cheapest set of words of which every match holds at least one; None if some match holds none.

    Two words that must follow each other may stand in the set as one ("up to"), and so may the mark QM.
    """
    if isinstance(tree, Word):
        return frozenset({tree.text})
    if isinstance(tree, Mark):
        return frozenset({tree.text}) if tree.text == "QM" else None
    if isinstance(tree, Repeat):
        return needs(tree.what, cost) if tree.how == "+" else None
    if isinstance(tree, Either):
        each = [needs(branch, cost) for branch in tree.branches]
        return frozenset().union(*(words for words in each if words)) if all(each) else None
    sets: list[frozenset[str]] = [found for part in tree.parts if (found := needs(part, cost))]
    for one, two in pairwise(tree.parts):
        if isinstance(one, Word) and isinstance(two, Word) and not {"the", two.text[-1:]} & {one.text, two.text, "-"}:
            sets.append(frozenset({f"{one.text} {two.text}"}))
    return min(sets, key=lambda words: sum(cost(word) for word in words), default=None)


def regex(tree: Node, word: Callable[[str], str], mark: Callable[[str], str]) -> str:
    """A tree as a regular expression, its words and marks written by the given functions."""
    if isinstance(tree, Word):
        return word(tree.text)
    if isinstance(tree, Mark):
        return mark(tree.text)
    if isinstance(tree, Repeat):
        return f"(?:{regex(tree.what, word, mark)}){tree.how}"
    if isinstance(tree, Sequence):
        return "".join(regex(part, word, mark) for part in tree.parts)
    singles = {word(branch.text) for branch in tree.branches if isinstance(branch, Word)}
    others = [regex(branch, word, mark) for branch in tree.branches if not isinstance(branch, Word)]
    return f"(?:{'|'.join([*sorted(singles), *others])})"
