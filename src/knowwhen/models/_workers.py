"""Work done by a few threads, each with a resource of its own, behind a plain iterator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from queue import SimpleQueue
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Resource(Protocol):
    """What one thread works with."""

    def cut(self) -> None:
        """End at once whatever the resource waits for; called from another thread."""
        ...

    def close(self) -> None: ...


L = TypeVar("L", bound=Resource)


def in_parallel(
    work: Callable[[L, T], R],
    tasks: Iterable[T],
    resources: Sequence[L],
    cancelled: threading.Event,
    *,
    patience: float = 5.0,
) -> Iterator[R]:
    """Yield ``work(resource, task)`` for every task as each is ready, one thread a resource.

    At most twice as many tasks as threads are begun but not yet taken, so a slow reader holds the work up rather than
    filling memory. However the iteration ends (exhausted, closed, interrupted, or by an error in `work`, which is
    raised here), `cancelled` is set, every resource is cut and closed, and the threads have `patience` seconds to end;
    they are daemons, so one that is stuck in the operating system never keeps the process alive.
    """
    todo: SimpleQueue[T | None] = SimpleQueue()
    done: SimpleQueue[tuple[R, None] | tuple[None, BaseException]] = SimpleQueue()

    def serve(resource: L) -> None:
        try:
            while (task := todo.get()) is not None and not cancelled.is_set():
                try:
                    done.put((work(resource, task), None))
                except BaseException as error:
                    done.put((None, error))
        finally:
            resource.close()

    threads = [threading.Thread(target=serve, args=(r,), name="knowwhen-worker", daemon=True) for r in resources]
    left = iter(tasks)
    pending = 0
    try:
        for thread in threads:
            thread.start()
        for task in islice(left, 2 * len(threads)):
            todo.put(task)
            pending += 1
        while pending:
            result, error = done.get()
            pending -= 1
            if error is not None:
                raise error
            yield result  # type: ignore[misc]  # without an error it is a result
            for task in islice(left, 1):
                todo.put(task)
                pending += 1
    finally:
        cancelled.set()
        for resource, _ in zip(resources, threads, strict=True):
            todo.put(None)
            resource.cut()
        for thread in threads:
            if thread.ident is not None:
                thread.join(patience)
