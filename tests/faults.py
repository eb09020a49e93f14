"""Faults of the machine, for tests to run into."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def full_disk(name: str) -> Callable[..., Any]:
    """A `Path.open` under which files of that name cannot be added to: the disk is full."""
    real = Path.open

    def opened(self: Path, mode: str = "r", **more: Any) -> Any:
        if self.name == name and mode == "a":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(self, mode, **more)

    return opened
