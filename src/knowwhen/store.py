"""A run on disk: what was asked of whom, and every outcome as it came.

    runs/NAME/
      manifest.json     what was asked of whom: model, settings, versions, hash of the items
      items.jsonl       the questions, in the order of asking
      outcomes.jsonl    one line a reply, appended as replies come; of an item's lines in one condition the last counts
      hidden/           hidden states, one file an item, where they were asked for
      readings.json     what the model leans to and knows, item by item; replaced whole
      signature.json    every figure; replaced whole
      report.html       the page; replaced whole
      lock, lock.json   held by the one process that may write, and who that is

The process may be killed at any byte: a last line without its newline was never finished, so it is dropped and its
item asked again.
"""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from knowwhen.errors import RunError
from knowwhen.records import (
    Key,
    Manifest,
    items_text,
    outcome_line,
    read_bytes,
    read_items,
    read_manifest,
    read_outcomes,
)
from knowwhen.types import Condition, Item, Outcome

_OURS = {"manifest.json", "items.jsonl", "outcomes.jsonl", "hidden", "readings.json", "signature.json", "report.html"}
_OURS |= {"bundle.json", "lock", "lock.json"}
UNFINISHED = "unfinished "
"""Stands before the grader's name in the manifest while all outcomes are being replaced."""
_SYNC_SECONDS = 5.0  # A killed process loses nothing that was written; only a power cut loses as much as this.


@dataclass
class Run:
    """An open, locked run folder, made by `opened`; `add` is the only way in for an outcome."""

    folder: Path
    manifest: Manifest
    outcomes: dict[Key, Outcome]
    _file: BinaryIO
    _clock: Callable[[], float]
    _synced: float = -math.inf

    def add(self, outcome: Outcome) -> None:
        """Append one outcome; it has left this process when this returns.

        Raises:
            RunError: the disk is full or gone. The file still ends with its last whole line.
        """
        end = self._file.seek(0, os.SEEK_END)
        rest = memoryview(outcome_line(outcome).encode())
        try:
            while rest:  # Unbuffered, so a write may be short.
                rest = rest[self._file.write(rest) :]
            if self._clock() - self._synced >= _SYNC_SECONDS:
                os.fsync(self._file.fileno())
                self._synced = self._clock()
        except OSError as error:
            with suppress(OSError):  # If even that fails, the cut line is dropped when the run is read.
                self._file.truncate(end)
            raise self._unwritable(error) from error
        self.outcomes[outcome.item.id, outcome.condition] = outcome

    def _unwritable(self, error: OSError) -> RunError:
        return RunError(
            f"{self.folder / 'outcomes.jsonl'} cannot be written: {error.strerror}. The {len(self.outcomes)} replies "
            "before are kept. Make room, then run the same command again: it goes on from there."
        )


@contextmanager
def opened(
    folder: Path, manifest: Manifest, items: Sequence[Item], clock: Callable[[], float] = time.monotonic
) -> Iterator[Run]:
    """Lock a run folder, begin it or go on with it, and yield it for appending. `clock` counts seconds between syncs.

    Raises:
        RunError: another process holds the folder; another request made it; it is damaged; it holds something else.
    """
    with locked(folder):
        if (folder / "manifest.json").exists():
            found = read_manifest(folder / "manifest.json")
            _refuse_another(folder, found, manifest)
            known = read_items(folder / "items.jsonl", found.items_sha256)
            outcomes = read_outcomes(folder / "outcomes.jsonl", {item.id: item for item in known})
        else:
            _refuse_strangers(folder)
            save(folder, "items.jsonl", items_text(items))
            save(folder, "manifest.json", manifest.text)  # Last: its presence says that the run has begun.
            found, outcomes = manifest, {}
        path = folder / "outcomes.jsonl"
        try:
            file = path.open("ab", buffering=0)
        except OSError as error:
            raise RunError(f"{path} cannot be opened for writing: {error.strerror}.") from error
        with file:
            file.truncate(read_bytes(path).rfind(b"\n") + 1)
            run = Run(folder, found, outcomes, file, clock)
            yield run
            try:
                os.fsync(file.fileno())
            except OSError as error:
                raise run._unwritable(error) from error


def load(folder: Path) -> tuple[Manifest, list[Item], list[Outcome]]:
    """Read a run: its manifest, its items, and its outcomes in the items' order, whatever order the replies came in.

    Raises:
        RunError: no run is there, or it is damaged (file and line are named).
    """
    manifest = read_manifest(folder / "manifest.json")
    items = read_items(folder / "items.jsonl", manifest.items_sha256)
    outcomes = read_outcomes(folder / "outcomes.jsonl", {item.id: item for item in items})
    return manifest, items, in_order(items, manifest.conditions, outcomes)


def in_order(items: Sequence[Item], conditions: Sequence[Condition], found: Mapping[Key, Outcome]) -> list[Outcome]:
    """The outcomes by item, and of one item by condition."""
    keys = ((item.id, condition) for item in items for condition in conditions)
    return [found[key] for key in keys if key in found]


def save(folder: Path, name: str, text: str) -> Path:
    """Replace a file whole: a reader, or a kill at any moment, finds the old one or the new one. Needs the lock."""
    path, partial = folder / name, folder / f".{name}.tmp"
    try:
        with partial.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RunError(f"{path} cannot be written: {error.strerror}. What was there before is unchanged.") from error
    return path


def rewrite(folder: Path, manifest: Manifest, outcomes: Sequence[Outcome]) -> None:
    """Replace all outcomes, and the manifest that says who graded them. Needs the lock.

    Two files cannot be replaced at one stroke. Between the two, the manifest names a grader that no audit goes on with.
    """
    between = manifest.model_copy(update={"grader": UNFINISHED + manifest.grader})
    save(folder, "manifest.json", between.text)
    save(folder, "outcomes.jsonl", "".join(map(outcome_line, outcomes)))
    save(folder, "manifest.json", manifest.text)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against every other process, or say at once who holds it (RunError)."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise RunError(
            f"{folder} is in use by another process{_holder(folder)}. Wait for it to end, or give another folder "
            "with --out."
        ) from None
    except OSError as error:
        raise RunError(
            f"{folder} cannot be used as a run folder: {error.strerror}. Give a folder that can be written with --out."
        ) from error
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        # Beside the lock, not in it: some lock implementations empty the lock file at every try.
        save(folder, "lock.json", json.dumps({"pid": os.getpid(), "host": platform.node(), "since": since}) + "\n")
        yield
    finally:
        (folder / "lock.json").unlink(missing_ok=True)
        lock.release()


def _holder(folder: Path) -> str:
    try:
        held = json.loads((folder / "lock.json").read_bytes())
        return f" (pid {held['pid']} on {held['host']}, since {held['since']})"
    except (OSError, ValueError, KeyError, TypeError):  # Not written yet, or gone by now.
        return ""


def _refuse_strangers(folder: Path) -> None:
    strange = sorted(p.name for p in folder.iterdir() if p.name not in _OURS and p.suffix != ".tmp")
    if strange or (folder / "outcomes.jsonl").exists():
        what = f"it holds {strange[0]}" if strange else "it holds outcomes.jsonl, but no manifest.json"
        raise RunError(f"{folder} is no run folder: {what}. Give a new or empty folder with --out.")


def _refuse_another(folder: Path, there: Manifest, asked: Manifest) -> None:
    old, new = there.deciding(), asked.deciding()
    fields = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if fields:
        lines = "".join(f"\n  {name}: {_both(old.get(name), new.get(name))}" for name in fields)
        raise RunError(
            f"{folder} holds the run of another request. What differs:{lines}\n"
            "Give another folder with --out, or repeat the request as it was."
        )


def _both(old: object, new: object) -> str:
    """Two different values in short; of long ones, the part where they begin to differ."""
    a, b = (json.dumps(value, ensure_ascii=False) for value in (old, new))
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, same - 20) if max(len(a), len(b)) > 80 else 0
    a, b = (f"{'…' if start else ''}{s[start : start + 60]}{'…' if len(s) > start + 60 else ''}" for s in (a, b))
    return f"{a} there, {b} asked for now"
