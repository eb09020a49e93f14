"""WHAT IT LEARNS FROM: one file a kind of training data; `make(model, items, …)` yields rows that TRL reads.

Each declares `WRITES`, the kind of rows that it makes (`knowwhen.training.rows`).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from knowwhen import registry
from knowwhen.errors import RequestError
from knowwhen.training._plan import fits


def check(name: str, given: Mapping[str, object]) -> None:
    """Refuse settings that a maker does not take, or that are out of their range, before anything is asked.

    Raises:
        RequestError: no such maker; or says what it takes.
    """
    maker = registry.load("makers", name)
    parameters = inspect.signature(maker.make).parameters
    known = [key for key in parameters if key not in ("model", "items", "seed", "say")]
    if strange := [key for key in given if key not in known]:
        hint = " The seed is the command's." if strange[0] == "seed" else ""
        raise RequestError(f"The maker '{name}' takes no '{strange[0]}'.{hint} It takes: {', '.join(known)}.")
    for key, value in given.items():
        if not fits(value, default := parameters[key].default):
            kind = type(default).__name__
            raise RequestError(f"{name}({key}={value!r}): expected a value of type {kind}, such as {key}={default!r}.")
    if hasattr(maker, "check"):
        maker.check(**given)
