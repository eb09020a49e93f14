"""`knowwhen prepare`: ask a model the training side of the suites, and write what it can learn from."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from knowwhen.errors import RequestError

if TYPE_CHECKING:
    from knowwhen.types import Item

PAIRS = 200
"""Twin pairs of each built-in suite, before those of the audit's side are left out."""

EVERY_SECONDS = 10.0

FEW = 8
"""Up to so many items nothing is said of the time left: the first come when many more are half done."""


Suites = Annotated[
    list[str] | None,
    typer.Option(
        "--suite", metavar="NAME", help="What to ask, as for audit. Repeat for more. Left out: every built-in suite."
    ),
]
Pairs = Annotated[int, typer.Option("--pairs", metavar="N", min=1, help="Twin pairs drawn of each built-in suite.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Where the files of published sets lie.")]


def prepare(
    maker: Annotated[
        str,
        typer.Argument(
            metavar="MAKER",
            help="What to make: closed, known, seed, refusal_tuning, critique_tuning or self_feedback, with settings "
            "as in known(samples=64).",
        ),
    ],
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Whose replies are used; as for audit, and best the one to train.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The JSONL file to write; what was there goes.")],
    suite: Suites = None,
    pairs: Pairs = PAIRS,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=1, help="Ask at most N items in all: twins together, scenarios evenly."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of the questions, of sampling and of phrasings.")
    ] = 0,
    unanswerable: Annotated[
        float | None,
        typer.Option(
            "--unanswerable", metavar="SHARE", help="Keep rows so that this share of them should not be answered."
        ),
    ] = None,
    curriculum: Annotated[
        bool,
        typer.Option(
            "--curriculum",
            help="Order the rows: twins side by side, the easiest first. For sft and dpo with --option in_order=True.",
        ),
    ] = False,
    data: Data = None,
) -> None:
    """Make training data from MODEL's own replies to questions that no audit of the other side asks.

    Questions are split by what their truth hangs on (a country, an element, …), always in the same way; only those of
    the training side are asked.
    """
    from knowwhen import registry
    from knowwhen.models import open_model
    from knowwhen.training import curriculum as order
    from knowwhen.training import makers
    from knowwhen.training import rows as rows_

    name, given = registry.parse(maker)
    made = registry.load("makers", name)
    makers.check(name, given)
    items = training_items(suite, pairs=pairs, limit=limit, seed=seed, data=data)
    _say(f"{len(items)} items of the training side.")
    opened = open_model(model, items=items, say=_say)
    for note in getattr(opened, "notes", ()):
        _say(f"note: {note}")
    watched = Watched(opened, len(items))
    found = list(watched.rows(made.make(watched, items, seed=seed, say=_say, **given), items))
    if unanswerable is not None:
        found = order.mix(found, unanswerable, seed)
    if curriculum:
        found = order.curriculum(found, seed)
    if not found:
        raise RequestError(f"{name} made no row of {len(items)} items; why is said above. Nothing was written.")
    try:
        rows_.write(out, found)
    except OSError as error:
        raise RequestError(f"{out} cannot be written: {error.strerror or error}.") from error
    print("\n".join(summary(found, made.WRITES, out)))


def training_items(
    specs: Sequence[str] | None, *, pairs: int, limit: int | None, seed: int, data: Path | None
) -> list[Item]:
    """The items of the suites that are on the training side.

    Raises:
        RequestError: none of them is.
    """
    from knowwhen import suites
    from knowwhen.training.split import for_training

    drawn = [
        item
        for spec in specs or suites.DEFAULT
        for item in suites.load(spec, seed=seed, pairs=pairs, data=data)
    ]
    items = for_training(drawn)
    if not items:
        raise RequestError(f"None of the {len(drawn)} items is on the training side; ask for more, or other suites.")
    return suites.take(items, limit, seed) if limit is not None else items


class Watched:
    """A model whose replies are counted on their way, with a line on stderr every ten seconds."""

    def __init__(self, model: Any, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._total, self._clock = model, total, clock
        self._done, self._began = 0, clock()
        self._told = self._began

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def respond(self, *given: Any, **more: Any) -> Iterator[Any]:
        for reply in self._model.respond(*given, **more):
            self._at(self._done + 1)
            yield reply

    def rows(self, made: Iterator[dict[str, Any]], items: Sequence[Item]) -> Iterator[dict[str, Any]]:
        """The rows; one tells how far a maker is that does not ask by `respond`, for rows come in the items' order."""
        places = {item.id: place for place, item in enumerate(items, 1)}
        for row in made:
            self._at(max(self._done, places.get(row.get("id", ""), 0)))
            yield row

    def _at(self, done: int) -> None:
        from knowwhen.cli._progress import _duration

        self._done, now = min(done, self._total), self._clock()
        if now - self._told >= EVERY_SECONDS and self._done < self._total:
            self._told = now
            left = (now - self._began) / max(self._done, 1) * (self._total - self._done)
            when = f", about {_duration(left)} left" if self._done >= max(FEW, self._total / 20) else ""
            _say(f"{self._done}/{self._total} items{when}")


def summary(rows: Sequence[Mapping[str, Any]], kind: str, out: Path) -> list[str]:
    """What was made, in lines: how many rows of each scenario and side, and what is peculiar to the kind."""
    sides: dict[str, Counter[str]] = {}
    for row in rows:
        side = "answer" if "answer" in row["calls_for"] else "decline"
        sides.setdefault(row.get("scenario") or "(none)", Counter())[side] += 1
    lines = [f"{'scenario':18} {'to answer':>10} {'to decline':>10}"]
    lines += [f"{name:18} {count['answer']:>10} {count['decline']:>10}" for name, count in sides.items()]
    for column, words in (
        ("kept", "{} completions are the model's own replies, {} decline in other words"),
        ("sound", "{} of the judged answers are as they should be, {} are not"),
        ("known", "{} questions are known, {} are not"),
    ):
        values = [row[column] for row in rows if row.get(column) is not None]
        if values:
            lines.append(words.format(sum(values), len(values) - sum(values)) + ".")
    if kind == "pairs":
        from knowwhen.training.makers.self_feedback import chosen_wrong

        wrong = chosen_wrong(rows)  # type: ignore[arg-type]  # rows are only read
        if wrong.n:
            lines.append(
                f"Of {wrong.n} chosen replies to questions with a known answer {wrong.value:.0%} are wrong "
                f"(95 %: {wrong.low:.0%} to {wrong.high:.0%}); training on these pairs would teach them."
            )
    return [*lines, f"{len(rows)} rows of kind '{kind}' are in {out}."]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
