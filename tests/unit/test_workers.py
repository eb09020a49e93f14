"""Threads behind an iterator: every task once, never too many at a time, and none left behind."""

import threading
import time
from collections.abc import Iterator

import pytest

from knowwhen.models._workers import in_parallel


class Tool:
    """A resource that can be made to hang until it is cut."""

    def __init__(self) -> None:
        self.severed = threading.Event()
        self.closed = 0

    def cut(self) -> None:
        self.severed.set()

    def close(self) -> None:
        self.closed += 1


def test_every_task_is_done_once_whatever_the_number_of_threads() -> None:
    for count in (1, 3, 8):
        tools = [Tool() for _ in range(count)]
        found = in_parallel(lambda _, task: task * 2, range(100), tools, threading.Event())
        assert sorted(found) == [2 * i for i in range(100)]
        assert [tool.closed for tool in tools] == [1] * count


def test_a_slow_reader_holds_the_work_up() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for i in range(1000):
            taken.append(i)
            yield i

    found = in_parallel(lambda _, task: task, tasks(), [Tool(), Tool()], threading.Event())
    assert taken == []
    for read in range(1, 20):
        next(found)
        assert len(taken) <= read + 4
    found.close()  # type: ignore[attr-defined]  # a generator


def test_closing_cuts_what_hangs_and_leaves_no_thread() -> None:
    tools, cancelled = [Tool() for _ in range(4)], threading.Event()

    def work(tool: Tool, task: int) -> int:
        if task:
            tool.severed.wait(60)
        return task

    before = threading.active_count()
    found = in_parallel(work, range(100), tools, cancelled)
    assert next(found) == 0
    start = time.monotonic()
    found.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - start < 5
    assert cancelled.is_set()
    assert threading.active_count() == before
    assert all(tool.closed == 1 for tool in tools)


def test_an_error_in_the_work_is_raised_to_the_reader() -> None:
    def work(tool: Tool, task: int) -> int:
        return 1 // (task - 5)

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        list(in_parallel(work, range(10), [Tool(), Tool()], threading.Event()))
    assert threading.active_count() == before


def test_an_error_in_the_tasks_ends_the_threads() -> None:
    def tasks() -> Iterator[int]:
        yield 1
        raise LookupError

    before = threading.active_count()
    with pytest.raises(LookupError):
        list(in_parallel(lambda _, task: task, tasks(), [Tool()], threading.Event()))
    assert threading.active_count() == before


def test_a_thread_that_cannot_be_cut_does_not_keep_the_reader() -> None:
    free = threading.Event()
    found = in_parallel(
        lambda _, task: free.wait(60) if task else True, range(2), [Tool(), Tool()], threading.Event(), patience=0.05
    )
    assert next(found)
    start = time.monotonic()
    found.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - start < 5
    free.set()
