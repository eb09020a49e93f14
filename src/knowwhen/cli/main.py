"""The command `knowwhen`: which commands there are, and how every one of them ends.

Exit codes: 0 done · 1 a --require bar was missed · 2 the request was wrong, or the model or the run folder could not be
used · 130 stopped with Ctrl-C. Those endings print "error: …" and no traceback; a traceback is always a bug.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import knowwhen
from knowwhen.cli.audit import audit
from knowwhen.cli.compare import compare
from knowwhen.cli.dose import dose
from knowwhen.cli.explain import explain
from knowwhen.cli.export import export
from knowwhen.cli.grade import grade
from knowwhen.cli.import_ import import_
from knowwhen.cli.lab import lab
from knowwhen.cli.list_ import list_
from knowwhen.cli.lm_eval_path import lm_eval_path
from knowwhen.cli.objectives import objectives
from knowwhen.cli.prepare import prepare
from knowwhen.cli.report import report
from knowwhen.cli.train import train
from knowwhen.errors import KnowwhenError

# Plain help: the same words in a terminal, in a pipe and in docs/cli.md, and nothing more to import.
app = typer.Typer(name="knowwhen", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command("audit", short_help="Ask a model, and report how well it knows when to answer.")(audit)
app.command("report", short_help="Measure a stored run again; nothing is asked.")(report)
app.command("compare", short_help="Say what changed from one run to others; nothing is asked.")(compare)
app.command("objectives", short_help="Say what each training objective rewards, and where it fails.")(objectives)
app.command("prepare", short_help="Make training data from a model's own replies.")(prepare)
app.command("train", short_help="Train a model under an objective, and write an adapter.")(train)
app.command("dose", short_help="Take a share of an adapter that withholds few good answers.")(dose)
app.command("lab", short_help="Train every objective from one base, and map where each one lands.")(lab)
app.command("grade", short_help="Grade replies that somebody already has.")(grade)
app.command("import", short_help="Make a run of a log of Inspect AI.")(import_)
app.command("export", short_help="Write a run as a log of Inspect AI.")(export)
app.command("lm-eval-path", short_help="Where the task files for lm-evaluation-harness lie.")(lm_eval_path)
app.command("list", short_help="List what there is.")(list_)
app.command("explain", short_help="Explain one of the names that `list` shows.")(explain)

_COMMANDS = {command.name for command in app.registered_commands}

# The error of a command line that does not parse; every Typer has it as the base of BadParameter.
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"knowwhen {knowwhen.__version__}")
        raise typer.Exit


@app.callback()
def knowwhen_(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Measure whether a language model knows when to answer, and in which direction it fails."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Without arguments, say what commands there are."""
    arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal that cannot show ′ or – still gets every figure.
            stream.reconfigure(errors="replace")
    try:
        return int(app(args=arguments, prog_name="knowwhen", standalone_mode=False) or 0)
    except KnowwhenError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except _USAGE_ERROR as error:
        said = " ".join(error.format_message().split())  # type: ignore[attr-defined]
        command = next((name for name in arguments if name in _COMMANDS), "")
        print(f"error: {said}\nSee: knowwhen {command} --help".replace("  ", " "), file=sys.stderr)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print("stopped.", file=sys.stderr)
        return 130
