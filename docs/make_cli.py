"""Write docs/cli.md from the commands' own help. A test fails when the page is stale.

    python docs/make_cli.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = (
    "", "audit", "report", "compare", "grade", "import",
    "export", "lm-eval-path", "objectives", "prepare", "train", "dose", "lab", "list", "explain",
)

LEAD = """\
# The command line

Made from `--help` by `python docs/make_cli.py`.

Results go to standard output, everything else (progress, notes, errors) to standard error.

| exit code | what |
|---|---|
| 0 | done |
| 1 | done, but a `--require` bar was missed |
| 2 | the request was wrong, or the model or the run folder could not be used: `error: …` says what to do |
| 130 | stopped with Ctrl-C; the same command goes on from there |
"""


def page() -> str:
    """The page as it should be."""
    parts = [LEAD]
    for command in COMMANDS:
        words = ["knowwhen", *command.split(), "--help"]
        shown = subprocess.run(
            [sys.executable, "-m", *words],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100"},
        ).stdout
        lines = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        parts.append(f"## {' '.join(words[:-1])}\n\n```text\n{lines}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "cli.md").write_text(page(), encoding="utf-8")
