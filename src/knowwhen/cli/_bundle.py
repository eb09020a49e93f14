"""The table of a run's bundle in the terminal: the rows and notes that the page shows."""

from __future__ import annotations

import sys
from pathlib import Path

from knowwhen.report import bundle
from knowwhen.suites._bundles import read


def show(folder: Path) -> None:
    """Print the table of FOLDER/bundle.json; nothing if there is none.

    Raises:
        RunError: the file does not read.
    """
    from rich.console import Console
    from rich.table import Table

    content = read(folder)
    if content is None:
        return
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    columns = [column for part in bundle.columns(content) for column in part]
    table = Table(box=None, pad_edge=False, show_edge=False, padding=(0, 1))
    table.add_column(content["bundle"], overflow="fold", min_width=24)
    for heading in ("n", *(bundle.HEADINGS[column] for column in columns)):
        table.add_column(heading, justify="right", overflow="fold")
    for row in (row for group in bundle.groups(content) for row in group):
        table.add_row(row["name"], str(row["n"]), *(bundle.figure(column, row) for column in columns))
    console.print(table)
    for name, text in bundle.notes(content):
        console.print(f"{name}: {text}")
    if known := bundle.published_note(content):
        console.print(f"Recall as published, the mean over models and the best: {known}.")
    console.print("Intervals: in the report and in bundle.json.")
    console.print()
