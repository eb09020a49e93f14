"""`knowwhen list`: what there is. Published sets alone are imported, for what they declare; that is light."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from knowwhen import registry


def list_(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help=f"One of: {', '.join(registry.KINDS)}. Left out: all.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Where to look for the files of published sets, DIR/SET/FILE. Left out: KNOWWHEN_DATA.",
        ),
    ] = None,
) -> None:
    """List the variants, one line each: name and what it is.

    A published set has a second line: records, licence, kinds of question, the moves it calls for, and whether its data
    is at hand.
    """
    kinds = list(registry.KINDS) if kind is None else [kind]
    found = {kind: {name: _sentence(registry.explain(kind, name)) for name in registry.names(kind)} for kind in kinds}
    width = max((len(name) for names in found.values() for name in names), default=0) + 2
    for number, (heading, names) in enumerate(found.items()):
        if kind is None:
            print(f"{chr(10) if number else ''}{heading}")
        for name, sentence in names.items():
            print(_fitted(f"  {name:<{width}}", sentence))
            if heading == "suites" and (facts := _published(name, data)):
                print(_fitted(" " * (width + 2), facts))


def _published(name: str, data: Path | None) -> str:
    """What a published set declares of itself, in a line; empty for any other suite."""
    if not registry.declares("suites", name, "PUBLISHED"):
        return ""
    published = registry.load("suites", name).PUBLISHED
    hand = "data at hand" if published.at_hand(data) else "data not at hand"
    facts = (f"{published.size:,} records", published.licence, published.scenario, ", ".join(published.moves), hand)
    return " · ".join(facts)


def _sentence(docstring: str) -> str:
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", paragraph, maxsplit=1)[0]


def _fitted(lead: str, sentence: str) -> str:
    """One line where lines can be of any length; in a terminal, broken under its beginning."""
    if not sys.stdout.isatty():
        return lead + sentence
    columns = max(shutil.get_terminal_size().columns, len(lead) + 20)
    return textwrap.fill(sentence, columns, initial_indent=lead, subsequent_indent=" " * len(lead))
