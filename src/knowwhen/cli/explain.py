"""`knowwhen explain`: what one variant is, where it comes from, what it costs and when it fails."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from knowwhen import registry
from knowwhen.errors import RequestError


def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that `knowwhen list` shows.")],
) -> None:
    """Explain one variant: what it is, its source, its cost, and when it fails."""
    kinds = registry.kinds_of(name)
    if not kinds:
        known = sorted({known for kind in registry.KINDS for known in registry.names(kind)})
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise RequestError(f"Nothing is called '{name}'.{hint} Known: {', '.join(known)}.")
    for number, kind in enumerate(kinds):
        print(f"{chr(10) if number else ''}{name} ({kind})\n\n{registry.explain(kind, name)}")
