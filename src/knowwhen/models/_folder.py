"""What a folder must hold to be run as a model or an adapter, what is refused in it, and the hashes that pin it down.

Only safetensors are read: a pickle can run code when it is opened. Code that a repository brings is never run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from knowwhen.errors import ModelError
from knowwhen.models._cache import sha256

TOKENIZER_FILES = (
    r"tokenizer(_config)?\.json|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt"
    r"|(tokenizer|spiece|sentencepiece(\.bpe)?)\.model|chat_template\.(jinja|json)"
)
"""A regular expression for everything that a tokenizer and its chat template are made of."""

UNMERGEABLE = frozenset(
    {"PROMPT_TUNING", "MULTITASK_PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "ADAPTION_PROMPT", "CPT", "XLORA"}
)
"""Kinds of adapter that add tokens or switch by input, so that no merged weights stand for them."""

SOFT_SETTINGS, SOFT_WEIGHTS = "soft_thoughts.json", "projection.safetensors"
"""What a folder of soft thoughts (`_soft.py`) consists of."""

_GGUF = (
    "A GGUF file is not read directly, because its tokenizer does not always survive the conversion. Give the original "
    "transformers folder or hub id, or serve the file (llama-server) and ask the server: openai:NAME@URL."
)


def check_model(folder: Path, spec: str) -> list[str]:
    """Notes on a folder that can be run.

    Raises:
        ModelError: it cannot be run, or not safely; says what is missing and what to do.
    """
    if not folder.is_dir():
        gguf = f" {_GGUF}" if folder.suffix == ".gguf" else ""
        raise ModelError(f"'{spec}' is a file; expected a folder with config.json, *.safetensors, a tokenizer.{gguf}")
    names = _names(folder)
    if "config.json" not in names:
        if "adapter_config.json" in names:
            base = read_json(folder / "adapter_config.json").get("base_model_name_or_path") or "BASE"
            raise ModelError(f"'{spec}' is an adapter without its base model. Write: {base}+{spec}")
        if SOFT_SETTINGS in names:
            base = read_json(folder / SOFT_SETTINGS).get("base_model_name_or_path") or "BASE"
            raise ModelError(f"'{spec}' holds soft thoughts without their base model. Write: {base}+{spec}")
        if any(name.endswith(".gguf") for name in names):
            raise ModelError(no_safetensors(spec, names))
        raise ModelError(f"'{spec}' is no model folder: there is no config.json in it.")
    notes = _refuse_code(folder, spec)
    weights = _weight_files(folder)
    if not weights:
        raise ModelError(no_safetensors(spec, names))
    if missing := [name for name in weights if name not in names]:
        raise ModelError(f"'{spec}' is incomplete: its index names {', '.join(missing[:3])}, not found in the folder.")
    if not names & {"tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt"}:
        raise ModelError(f"'{spec}' has no tokenizer. Save one into it: tokenizer.save_pretrained(folder).")
    return notes


def check_adapter(folder: Path, spec: str) -> list[str]:
    """Notes on a folder that can be put on a base model: a PEFT adapter to be merged, or soft thoughts.

    Raises:
        ModelError: as `check_model`.
    """
    names = _names(folder) if folder.is_dir() else set()
    if is_soft(folder):
        if SOFT_WEIGHTS not in names:
            raise ModelError(f"'{spec}' has {SOFT_SETTINGS} but no {SOFT_WEIGHTS}: copy it, or train it, once more.")
        return []
    if "adapter_config.json" not in names:
        raise ModelError(
            f"'{spec}' is no PEFT adapter: expected a folder with adapter_config.json (or {SOFT_SETTINGS} for soft "
            "thoughts)."
        )
    if "adapter_model.safetensors" not in names:
        raise ModelError(no_safetensors(spec, names))
    kind = str(read_json(folder / "adapter_config.json").get("peft_type"))
    if kind in UNMERGEABLE:
        raise ModelError(f"'{spec}' is a {kind} adapter, which cannot be merged into its base. Use LoRA or a relative.")
    if "tokenizer.json" in names:
        return [f"The adapter {spec} brings a tokenizer; the base's tokenizer and chat template are used."]
    return []


def is_soft(folder: Path) -> bool:
    """Whether a folder holds soft thoughts."""
    return (folder / SOFT_SETTINGS).is_file()


def made_for(folder: Path) -> str:
    """The base that a folder's adapter or soft thoughts were trained on, by their own word; empty if they name none."""
    settings = read_json(folder / (SOFT_SETTINGS if is_soft(folder) else "adapter_config.json"))
    return str(settings.get("base_model_name_or_path") or "")


def no_safetensors(spec: str, names: Iterable[str]) -> str:
    """Why a model without safetensors is not loaded, and what to do about it."""
    names = sorted(names)
    pickles = [n for n in names if n.endswith((".bin", ".pt", ".pth", ".ckpt")) and n != "training_args.bin"]
    if pickles:
        return (
            f"'{spec}' has its weights only as {pickles[0]}. Such files are pickles, which can run code when they are "
            f"opened, so they are never read. Convert them once, in a place where that would do no harm: load them "
            f"there with transformers or peft and call save_pretrained(folder), which writes safetensors. On the hub, "
            f"a revision or another repository may have them already."
        )
    if any(name.endswith(".gguf") for name in names):
        return f"'{spec}' has only GGUF weights. {_GGUF}"
    return f"'{spec}' has no weights: expected *.safetensors."


def digests(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """weights_sha256, tokenizer_sha256 and config_sha256 of a model or adapter folder, as far as it has each.

    One file: its own SHA-256, as sha256sum prints it. Several: the SHA-256 of the lines "hash  name", by name.

    Args:
        known: file name → sha256 of files that need not be read again.
    """
    tokens = sorted(name for name in _names(folder) if re.fullmatch(TOKENIZER_FILES, name))
    config = [name for name in ("config.json", "adapter_config.json", SOFT_SETTINGS) if (folder / name).exists()]
    groups = {"weights_sha256": _weight_files(folder), "tokenizer_sha256": tokens, "config_sha256": config}
    todo = [name for names in groups.values() for name in names if name not in (known or {})]
    with ThreadPoolExecutor(4) as pool:  # hashing lets other threads run, and large models come in many files
        hashes = {**(known or {}), **dict(zip(todo, pool.map(lambda n: sha256(folder / n), todo), strict=True))}

    def together(names: list[str]) -> str:
        lines = "".join(f"{hashes[name]}  {name}\n" for name in names)
        return hashes[names[0]] if len(names) == 1 else hashlib.sha256(lines.encode()).hexdigest()

    return {key: together(names) for key, names in groups.items() if names}


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; ModelError if it is missing, damaged or something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path} holds a {type(value).__name__}; expected a JSON object.")
    return value


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _weight_files(folder: Path) -> list[str]:
    """The safetensors that make up the model or the adapter, in name order."""
    for name in ("model.safetensors", "adapter_model.safetensors", SOFT_WEIGHTS):
        if (folder / name).exists():
            return [name]
    index = folder / "model.safetensors.index.json"
    return sorted(set(read_json(index).get("weight_map", {}).values())) if index.exists() else []


def _refuse_code(folder: Path, spec: str) -> list[str]:
    """A configuration can ask for the repository's own Python, or for a kernel from the hub. Neither is ever run."""
    config = read_json(folder / "config.json")
    for key, value in _flat(config):
        if key.endswith(("attn_implementation", "experts_implementation")) and "/" in str(value):
            raise ModelError(f"'{spec}' asks for a kernel from the hub ({key}: {value}). It was not fetched or run.")
    if not config.get("auto_map"):
        return []
    from transformers import CONFIG_MAPPING

    kind = config.get("model_type")
    if kind in CONFIG_MAPPING:
        return [f"{spec} brings Python code of its own. It is not run: transformers' built-in '{kind}' is used."]
    raise ModelError(
        f"'{spec}' needs Python code of its own (auto_map in config.json; type '{kind}' is not built into this "
        f"transformers). Such code is never run here. Serve the model in a place that you trust with it, and ask the "
        f"server: openai:NAME@URL."
    )


def _flat(config: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Every key and value, those of nested configurations too."""
    for key, value in config.items():
        yield key, value
        if isinstance(value, Mapping):
            yield from _flat(value)
