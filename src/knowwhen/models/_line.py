"""One connection to a server, and patience with it: time-outs, retries with back-off, and a way to hang up at once."""

from __future__ import annotations

import contextlib
import itertools
import random
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from knowwhen.models._wire import MANY, Fault, refusal

T = TypeVar("T")

LARGEST = 32 << 20
"""Bytes after which an answer is not read on."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is asked; times in seconds."""

    concurrency: int = 8
    """Requests in flight at any moment, at most."""
    attempts: int = 6
    """Requests made for one reply, at most."""
    connect: float = 10.0
    """Until a connection stands."""
    read: float = 300.0
    """Between two pieces of an answer. Most servers send nothing until the whole reply is there."""
    total: float = 900.0
    """For one request, however slowly its answer trickles."""
    longest_wait: float = 60.0
    """Between two attempts, whatever Retry-After asks for."""
    give_up: int = 16
    """Replies in a row that fail for want of any answer, after which nothing more is asked."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock, the waiting and the chance that retries need; tests put their own here."""

    now: Callable[[], float] = time.time
    """Seconds since 1970."""
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait
    """Wait so many seconds or until the event is set; returns whether it is."""
    chance: Callable[[], float] = field(default_factory=lambda: random.Random().random)
    """A number in [0, 1). It spreads retries in time and touches no result."""


def persist(
    send: Callable[[], T], settings: Settings, timing: Timing, cancelled: threading.Event, *, attempts: int = MANY
) -> T:
    """What `send` gives, tried again after a fault that may pass.

    The k-th wait is drawn from [½, 1] × ½ s × 2^(k−1) and is never shorter than Retry-After, never longer than
    `Settings.longest_wait`.

    Raises:
        Fault: the last one, once its kind's retries or all attempts are used up; "cancelled" when that is set.
    """
    attempts = min(attempts, settings.attempts)
    seen: Counter[str] = Counter()
    for attempt in itertools.count(1):
        if cancelled.is_set():
            break
        try:
            return send()
        except Fault as fault:
            seen[fault.cause] += 1
            if attempt >= attempts or seen[fault.cause] > fault.retries:
                raise
            wait = 0.5 * 2 ** min(attempt - 1, 30) * (0.5 + 0.5 * timing.chance())
            wait = min(max(wait, fault.after or 0.0), settings.longest_wait)
        if timing.wait(cancelled, wait):
            break
    raise Fault("cancelled")


class Line:
    """One connection, used by one thread at a time; `cut` may be called from any."""

    def __init__(
        self, url: str, headers: Mapping[str, str], settings: Settings, timing: Timing, *, verify: ssl.SSLContext
    ) -> None:
        self._url, self._total, self._timing = url, settings.total, timing
        self._timeouts = f"{settings.connect:g} s to connect, {settings.read:g} s without a byte, {settings.total:g} s"
        self._socket: socket.socket | None = None
        self._over = self._late = False
        self._client = httpx.Client(
            headers=dict(headers),
            timeout=httpx.Timeout(settings.read, connect=settings.connect),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            verify=verify,
            trust_env=not is_loopback(url),  # A proxy from the environment has no business with this machine.
        )

    def post(self, body: bytes) -> bytes:
        """The answer's body.

        Raises:
            Fault: "connection failed", "timeout", "http …", or "unreadable reply" for one that does not end.
        """
        self._late = False
        timer = threading.Timer(self._total, self._hang_up, kwargs={"late": True})
        timer.daemon = True
        timer.start()
        try:
            return self._post(body)
        except httpx.ConnectTimeout as error:
            raise Fault("connection failed", f"no connection: {error}", retries=MANY) from None
        except httpx.TimeoutException:
            # A server that is too slow only gets slower when it is asked more often.
            raise Fault("timeout", f"the limits are {self._timeouts} in all", retries=2) from None
        except httpx.DecodingError as error:
            raise Fault("unreadable reply", str(error), retries=1) from None
        except (httpx.TransportError, OSError, ssl.SSLError) as error:
            if self._late:
                raise Fault("timeout", f"no whole answer after {self._total:g} s", retries=2) from None
            raise Fault("connection failed", str(error) or type(error).__name__, retries=MANY) from None
        finally:
            timer.cancel()

    def _post(self, body: bytes) -> bytes:
        headers = {"content-type": "application/json"}
        with self._client.stream(
            "POST", self._url, content=body, headers=headers, extensions={"trace": self._watch}
        ) as answer:
            payload = bytearray()
            for piece in answer.iter_bytes():
                payload += piece
                if len(payload) > LARGEST:
                    raise Fault("unreadable reply", f"longer than {LARGEST >> 20} MiB", retries=1)
        if not answer.is_success:
            raise refusal(answer.status_code, answer.headers, bytes(payload), self._timing.now())
        return bytes(payload)

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx tells of every step of a request; what matters is the socket, once there is one."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._over or self._late:
                self._hang_up()

    def _hang_up(self, *, late: bool = False) -> None:
        self._late = self._late or late
        if self._socket is not None:
            # Closing a socket does not wake a thread that reads from it; shutting it down does. The plain socket's
            # method, because the encrypted one's would pull its state from under that thread.
            with contextlib.suppress(OSError):  # It was closed already.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def cut(self) -> None:
        self._over = True
        self._hang_up()

    def close(self) -> None:
        self._client.close()


def is_loopback(url: str) -> bool:
    """Whether the URL names this very machine."""
    host = httpx.URL(url).host
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
