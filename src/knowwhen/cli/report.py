"""`knowwhen report`: measure a stored run again and write its page; nothing is asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder, as an audit made it.")],
    regrade: Annotated[
        bool, typer.Option("--regrade", help="First grade every stored reply anew, with the grader that the run names.")
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print signature.json and the bars, and nothing else, on stdout.")
    ] = False,
    require: Annotated[
        list[str] | None,
        typer.Option("--require", metavar="EXPR", help="A bar to clear, as for an audit. Repeat for more."),
    ] = None,
) -> None:
    """Measure the replies in DIR again and write signature.json and report.html anew. No model is asked for a reply."""
    from knowwhen import run, store
    from knowwhen.cli import _bundle, _figures

    manifest, items, outcomes = store.load(folder)
    _figures.check(require or [], items)
    lacking = len(run.wanted(items, manifest.conditions)) - len(outcomes)
    if lacking:
        print(f"note: {lacking} replies are still lacking; the same audit goes on with them.", file=sys.stderr)
    if regrade:
        from knowwhen.cli._graders import open_grader

        grader = open_grader(
            manifest.grader.removeprefix(store.UNFINISHED), say=lambda text: print(text, file=sys.stderr)
        )
        run.regrade(folder, grader.grade, grader.name, grader.identity, batch=max(grader.batch, 64))
    figures = run.measure(folder)
    if not json_:
        _bundle.show(folder)
    raise typer.Exit(_figures.end(figures, require or [], folder, as_json=json_))
