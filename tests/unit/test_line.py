"""Retries wait as they should and end when they should; no test waits for real."""

import threading
from collections.abc import Callable

import pytest

from knowwhen.models._line import Settings, Timing, is_loopback, persist
from knowwhen.models._wire import MANY, Fault


class Waits(list[float]):
    """A clock that stands still and notes how long it was asked to wait."""

    def timing(self, chance: float = 1.0, cancel_at: int = 10**9) -> Timing:
        def wait(event: threading.Event, seconds: float) -> bool:
            self.append(seconds)
            return len(self) >= cancel_at

        return Timing(now=lambda: 0.0, wait=wait, chance=lambda: chance)


def failing(*faults: Fault) -> tuple[Callable[[], str], list[int]]:
    """Raises the faults in turn, then gives "done"; and the count of calls."""
    left, calls = list(faults), [0]

    def send() -> str:
        calls[0] += 1
        if left:
            raise left.pop(0)
        return "done"

    return send, calls


def busy(after: float | None = None) -> Fault:
    return Fault("http 429", retries=MANY, after=after)


def test_a_fault_that_passes_is_tried_again_with_doubling_waits() -> None:
    waits, (send, calls) = Waits(), failing(*[busy() for _ in range(5)])
    assert persist(send, Settings(), waits.timing(), threading.Event()) == "done"
    assert calls == [6]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_chance_halves_a_wait_at_most() -> None:
    waits, (send, _) = Waits(), failing(*[busy() for _ in range(3)])
    persist(send, Settings(), waits.timing(chance=0.0), threading.Event())
    assert waits == [0.25, 0.5, 1.0]


def test_waits_are_capped() -> None:
    waits, (send, _) = Waits(), failing(*[busy() for _ in range(40)])
    persist(send, Settings(attempts=50, longest_wait=3.0), waits.timing(), threading.Event())
    assert waits == [0.5, 1.0, 2.0] + [3.0] * 37


def test_retry_after_lengthens_a_wait_but_never_beyond_the_cap_nor_below_the_back_off() -> None:
    waits, (send, _) = Waits(), failing(busy(after=7.0), busy(after=0.1), busy(after=1e9))
    persist(send, Settings(longest_wait=60.0), waits.timing(), threading.Event())
    assert waits == [7.0, 1.0, 60.0]


def test_attempts_are_bounded_and_the_last_fault_is_raised() -> None:
    waits, (send, calls) = Waits(), failing(*[busy() for _ in range(99)])
    with pytest.raises(Fault, match="http 429"):
        persist(send, Settings(attempts=4), waits.timing(), threading.Event())
    assert calls == [4]
    assert len(waits) == 3


def test_each_kind_of_fault_has_its_own_number_of_retries() -> None:
    garbled = [Fault("unreadable reply", retries=1) for _ in range(2)]
    waits, (send, calls) = Waits(), failing(busy(), busy(), *garbled)
    with pytest.raises(Fault, match="unreadable reply"):
        persist(send, Settings(), waits.timing(), threading.Event())
    assert calls == [4]


def test_what_cannot_pass_is_not_tried_again() -> None:
    waits, (send, calls) = Waits(), failing(Fault("http 400"))
    with pytest.raises(Fault, match="http 400"):
        persist(send, Settings(), waits.timing(), threading.Event())
    assert (calls, waits) == ([1], [])


def test_cancelling_ends_a_wait_and_prevents_the_next_attempt() -> None:
    waits, (send, calls) = Waits(), failing(*[busy() for _ in range(9)])
    with pytest.raises(Fault, match="cancelled"):
        persist(send, Settings(attempts=9), waits.timing(cancel_at=2), threading.Event())
    assert calls == [2]
    over = threading.Event()
    over.set()
    send, calls = failing()
    with pytest.raises(Fault, match="cancelled"):
        persist(send, Settings(), waits.timing(), over)
    assert calls == [0]


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.1/v1", True),
        ("http://127.1.2.3/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://a.localhost/v1", True),
        ("https://example.org/v1", False),
        ("http://10.0.0.1/v1", False),
        ("http://localhost.example.org/v1", False),
    ],
)
def test_loopback_addresses_are_told_from_others(url: str, here: bool) -> None:
    assert is_loopback(url) is here
