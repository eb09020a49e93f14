"""How an audit shows that it goes on: a live bar in a terminal, else a plain line every ten seconds. On stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from knowwhen.run import Tally

if TYPE_CHECKING:
    from rich.console import Console

EVERY_SECONDS = 10.0


@contextmanager
def progress(
    file: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[Tally], None]]:
    """Yield what to call with every tally."""
    file = file or sys.stderr
    from rich.console import Console

    console = Console(file=file)
    with _live(console, clock) if console.is_interactive else _lines(file, clock) as show:
        yield show


def line(tally: Tally, seconds: float) -> str:
    """All of it in one line."""
    return f"{tally.done}/{tally.total}: {pace(tally, seconds)}; {counts(tally)}"


def counts(tally: Tally) -> str:
    """The running counts in words.

    >>> counts(Tally(total=90, done=50, ungraded=1, should_decline=20, hits=4, should_answer=19, false_alarms=1))
    'declined 4 of 20 when it should, 1 of 19 when it should not; 1 ungraded'
    """
    return (
        f"declined {tally.hits} of {tally.should_decline} when it should, "
        f"{tally.false_alarms} of {tally.should_answer} when it should not; {tally.ungraded} ungraded"
    )


def pace(tally: Tally, seconds: float) -> str:
    """How fast, and how long still; resumed replies took no time.

    >>> pace(Tally(total=100, done=40, resumed=20), 10.0)
    '2.0 replies/s, about 30 s left'
    """
    fresh = tally.done - tally.resumed
    if tally.done == tally.total:
        return f"{fresh} new replies in {_duration(seconds)}"
    if not fresh or seconds <= 0:
        return "waiting for the first reply"
    rate = fresh / seconds
    return f"{rate:.1f} replies/s, about {_duration((tally.total - tally.done) / rate)} left"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def _lines(file: TextIO, clock: Callable[[], float]) -> Iterator[Callable[[Tally], None]]:
    began = shown = clock()
    last = Tally(total=0)

    def show(tally: Tally) -> None:
        nonlocal shown, last
        last, now = tally, clock()
        if now - shown >= EVERY_SECONDS and tally.done < tally.total:
            shown = now
            print(line(tally, now - began), file=file, flush=True)

    yield show
    print(line(last, clock() - began), file=file, flush=True)


@contextmanager
def _live(console: Console, clock: Callable[[], float]) -> Iterator[Callable[[Tally], None]]:
    from rich.console import Group
    from rich.live import Live
    from rich.padding import Padding
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    bar, words, began = ProgressBar(), Text(), clock()
    # A bar does not end its line; as a padded block it does.
    with Live(Group(Padding(bar, 0), words), console=console, refresh_per_second=4):

        def show(tally: Tally) -> None:
            bar.update(tally.done, tally.total)
            words.plain = line(tally, clock() - began)

        yield show
