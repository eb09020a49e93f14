import io
import re
import sys

import pytest

from knowwhen.cli import _progress
from knowwhen.run import Tally


def steps(total, **last):
    for done in range(total + 1):
        yield Tally(total=total, done=done, **(last if done == total else {}))


def test_a_pipe_gets_a_plain_line_every_ten_seconds_and_one_at_the_end():
    now = [0.0]
    file = io.StringIO()
    with _progress.progress(file, clock=lambda: now[0]) as show:
        for tally in steps(50, should_decline=20, hits=5, should_answer=20, false_alarms=1, ungraded=2):
            show(tally)
            now[0] += 0.7
    lines = file.getvalue().splitlines()
    assert lines[0] == (
        "15/50: 1.4 replies/s, about 24 s left; declined 0 of 0 when it should, 0 of 0 when it should not; 0 ungraded"
    )
    assert [line.split(":")[0] for line in lines] == [
        "15/50",
        "30/50",
        "45/50",
        "50/50",
    ]
    assert lines[-1].endswith(
        "50 new replies in 36 s; declined 5 of 20 when it should, 1 of 20 when it should not; 2 ungraded"
    )
    assert "\x1b" not in file.getvalue()


def test_nothing_is_promised_before_the_first_reply():
    assert _progress.pace(Tally(total=9, done=4, resumed=4), 3.0) == "waiting for the first reply"
    assert _progress.pace(Tally(total=9), 0.0) == "waiting for the first reply"


@pytest.mark.parametrize(("left", "says"), [(80, "80 s"), (600, "10 min"), (9000, "2.5 h")])
def test_what_is_left_is_said_in_a_unit_that_fits(left, says):
    assert _progress.pace(Tally(total=left + 1, done=1), 1.0) == f"1.0 replies/s, about {says} left"


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_a_terminal_shows_the_counts_whole_however_narrow(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    file = Terminal()
    with _progress.progress(file) as show:
        for tally in steps(30, should_decline=10, hits=4, should_answer=10, false_alarms=3, ungraded=1):
            show(tally)
    last = " ".join(re.sub(r"\x1b\[[0-9?]*[A-Za-z]", " ", file.getvalue()).split("30/30: ")[-1].split())
    assert "declined 4 of 10 when it should, 3 of 10 when it should not; 1 ungraded" in last
    assert "\x1b[3" not in file.getvalue()  # NO_COLOR


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    file = io.StringIO()
    file.isatty = lambda: True
    with _progress.progress(file) as show:
        show(Tally(total=1, done=1))
    assert file.getvalue() == (
        "1/1: 1 new replies in 0 s; declined 0 of 0 when it should, 0 of 0 when it should not; 0 ungraded\n"
    )


def test_an_audit_that_fails_leaves_no_line_that_says_it_ended():
    file = io.StringIO()
    with pytest.raises(ZeroDivisionError), _progress.progress(file) as show:
        show(1 / 0)
    assert file.getvalue() == ""
