"""Data of published sets: found where it lies, else fetched once from its pinned place and checked.

    --data DIR or KNOWWHEN_DATA    DIR/FOLDER/FILE, as it stands; a file that differs from the pinned one is noted
    cache/data/FOLDER/FILE         what an earlier run fetched (KNOWWHEN_CACHE, else ~/.cache/knowwhen)
    the upstream address           fetched with a time limit, checked against its sha256, moved into the cache whole

Nothing is fetched for a suite that was not asked for. A suite mends what it reads, never the file.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from knowwhen.errors import RequestError
from knowwhen.places import cache_dir

Say = Callable[[str], None]
announce: Say = logging.getLogger("knowwhen").warning
"""Where fetching and differing files are told of: standard error, unless the program has set up logging otherwise."""

TIMEOUT = 30.0
"""Seconds without a byte after which fetching gives up."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a set, and where it is published."""

    path: str
    """Its name in the set's folder."""
    sha256: str = ""
    """Hex. Empty where it is not known: then the address's revision alone pins the content."""
    repository: str = ""
    """OWNER/NAME of a GitHub repository."""
    commit: str = ""
    upstream: str = ""
    """Its path in the repository; left out, `path`."""
    url: str = ""
    """The address, where it is no GitHub repository."""
    member: str = ""
    """Its path within the archive (zip, whl or tar.gz) that the address leads to."""
    by_hand: str = ""
    """Why it cannot be fetched by a program (a form to sign, a shared drive), and what to do; empty if it can."""

    @property
    def address(self) -> str:
        """Where it is fetched from."""
        if self.url or not self.repository:
            return self.url
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.upstream or self.path}"


@dataclass(frozen=True, slots=True)
class Published:
    """What a published set is, as its suite file declares it in the constant PUBLISHED."""

    folder: str
    """Below the data folder."""
    files: tuple[File, ...]
    licence: str
    """As stated upstream; "none stated" if there is none."""
    size: int
    """Records in the files that the suite reads by default, as published: before anything is mended or dropped."""
    moves: tuple[str, ...]
    """The moves that its items call for."""
    scenario: str
    """In a few words, the kinds of question."""
    optional: tuple[str, ...] = ()
    """The `path` of files that are read only where an argument of the suite asks for them."""

    def path(self, name: str, data: Path | None = None, *, say: Say | None = None) -> Path:
        """Where the file lies, after fetching it if need be.

        Args:
            name: the `path` of one of `files`.
            data: the folder to look in first; None is KNOWWHEN_DATA.
            say: is told of fetching, and of a file in `data` that is not the pinned one.

        Raises:
            RequestError: it lies nowhere and cannot be fetched, or what came is not what is pinned.
        """
        say = say or announce
        file = next(file for file in self.files if file.path == name)
        for local in self._local(name, data):
            if local.is_file():
                _compare(local, file, say)
                return local
        if file.by_hand or not file.address:
            raise RequestError(f"{self._lack(file)} It cannot be fetched by a program: {file.by_hand or 'no address'}.")
        target = cache_dir() / "data" / self.folder / file.path
        say(f"{self.folder}: fetching {file.address}")
        _fetch(file, target, self)
        return target

    def at_hand(self, data: Path | None = None) -> bool:
        """Whether all that the suite reads by default lies in the data folder or the cache. Nothing is read for it."""
        return all(self.has(file.path, data) for file in self.files if file.path not in self.optional)

    def has(self, name: str, data: Path | None = None) -> bool:
        """Whether one file lies in the data folder or the cache."""
        return any(local.is_file() for local in self._local(name, data))

    def _local(self, name: str, data: Path | None) -> Iterator[Path]:
        given = data or os.environ.get("KNOWWHEN_DATA")
        if given:
            yield Path(given).expanduser() / self.folder / name
        yield cache_dir() / "data" / self.folder / name

    def _lack(self, file: File) -> str:
        source = f" from {file.address}" + (f" ({file.member} in it)" if file.member else "") if file.address else ""
        return (
            f"The data of '{self.folder}' is not at hand: {file.path}. Put the file{source} into "
            f"DIR/{self.folder}/{file.path} and name DIR with --data or KNOWWHEN_DATA, or run once with a connection."
        )


@cache
def _noted(path: Path, sha256: str, say: Say) -> None:
    found = _sha256(path)
    if found != sha256:
        say(f"note: {path} is not the pinned file (sha256 {found[:12]}…, pinned {sha256[:12]}…); it is read as it is.")


def _compare(path: Path, file: File, say: Say) -> None:
    """Say once a process that a local file is another one; people may have newer copies, so that is no error."""
    if file.sha256:
        _noted(path, file.sha256, say)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fetch(file: File, target: Path, published: Published) -> None:
    """Fetch, take out of its archive, check, move to `target` in one step; whatever ends it early leaves nothing."""
    import http.client
    import shutil
    import urllib.error
    import urllib.request

    scratch = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}")
    fetched, content = scratch.with_name(scratch.name + ".fetched"), scratch.with_name(scratch.name + ".content")
    elsewhere = "To keep data elsewhere, set KNOWWHEN_CACHE."
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"cannot make {target.parent} ({error.strerror})"
        raise RequestError(f"{published.folder}: {why}. {elsewhere}") from error
    try:
        try:
            request = urllib.request.Request(file.address, headers={"User-Agent": "knowwhen"})
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply, fetched.open("wb") as out:
                shutil.copyfileobj(reply, out)
                size, promised = out.tell(), reply.headers.get("Content-Length")
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = str(error) or type(error).__name__
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            raise RequestError(f"{published._lack(file)} Fetching it failed: {why}.") from None
        if promised and promised.isdigit() and int(promised) != size:
            raise RequestError(f"{published._lack(file)} Fetching it failed: cut off at {size} of {promised} bytes.")
        if file.member:
            try:
                with content.open("wb") as out:
                    _extract(fetched, file, out)
            except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
                raise RequestError(f"{file.address} does not hold {file.member}: {error}. Nothing was kept.") from None
        else:
            fetched.replace(content)
        found = _sha256(content)
        if file.sha256 and found != file.sha256:
            raise RequestError(
                f"{file.address} gave another file than the one that is pinned: sha256 {found}, expected "
                f"{file.sha256}. Nothing was kept. If you trust it, put it into DIR/{published.folder}/{file.path} "
                "yourself and name DIR with --data."
            )
        content.replace(target)
    except OSError as error:
        raise RequestError(f"{published.folder}: cannot write {target} ({error.strerror}). {elsewhere}") from error
    finally:
        fetched.unlink(missing_ok=True)
        content.unlink(missing_ok=True)


def _extract(archive: Path, file: File, out: IO[bytes]) -> None:
    import shutil

    if file.address.endswith((".tar.gz", ".tgz")):
        with tarfile.open(archive, "r:gz") as tar:
            part = tar.extractfile(file.member)
            if part is None:
                raise KeyError(f"{file.member} is no file")
            with part:
                shutil.copyfileobj(part, out)
    else:
        with zipfile.ZipFile(archive) as package, package.open(file.member) as part:
            shutil.copyfileobj(part, out)
