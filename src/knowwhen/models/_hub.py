"""Model folders from the Hugging Face hub: named files only, never code, never pickles; and no waiting when offline.

The files of a repository are listed first, at a commit; then exactly those that a model or an adapter consists of are
fetched. `huggingface_hub` is imported only when the hub is really to be asked.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from knowwhen.models._cache import FORBIDDEN, FULL, Say
from knowwhen.models._folder import TOKENIZER_FILES

ANSWER_SECONDS = 6.0
"""How long the hub has to say what a repository holds. There is no second try: offline should be noticed at once."""

REPOSITORY = re.compile(r"(?P<repo>[\w][\w.-]*/[\w][\w.-]*)(?:@(?P<revision>(?!.*\.\.)[\w][\w./-]*))?")
"""``org/name`` or ``org/name@revision``."""

_SHARDS = r"model.*-\d+-of-\d+\.safetensors|model\.safetensors(\.index\.json)?"
WANTED = re.compile(
    rf"{_SHARDS}|{TOKENIZER_FILES}|config\.json|generation_config\.json|adapter_config\.json|adapter_model\.safetensors"
    r"|soft_thoughts\.json|projection\.safetensors"
)
"""The files that are fetched, by their whole name at the top of the repository."""


class HubError(Exception):
    """The hub gave no usable answer; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    repo: str
    revision: str
    """As it was asked for: a branch, a tag or a commit."""
    commit: str
    files: tuple[str, ...]

    @property
    def wanted(self) -> tuple[str, ...]:
        return tuple(name for name in self.files if WANTED.fullmatch(name))


def skipped() -> str:
    """The environment variable that tells us not to ask the hub, or an empty string."""
    switches = ("KNOWWHEN_OFFLINE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return next((name for name in switches if os.environ.get(name, "").lower() in ("1", "true", "yes", "on")), "")


def listing(repo: str, revision: str) -> Listing:
    """What the hub holds for `repo` at `revision` (branch, tag or commit).

    Raises:
        HubError: offline, no answer in time, not found, or no access.
    """
    if name := skipped():
        raise HubError(f"not asked, because {name} is set")
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(repo, revision=revision, timeout=ANSWER_SECONDS)
    except Exception as error:  # any fault of network, proxy or server means the same here: no answer
        raise HubError(_why(error)) from error
    return Listing(repo, revision, str(info.sha), tuple(file.rfilename for file in info.siblings or ()))


def fetch(found: Listing, *, into: Path | None = None, say: Say) -> Path:
    """Download the wanted files of a listing; returns their folder.

    Args:
        into: an empty folder to fill; None keeps them in the hub library's own cache, where later calls find them.

    Raises:
        HubError: as `listing`, or the connection broke on the way.
        OSError: the disk is full or may not be written.
    """
    from huggingface_hub import hf_hub_download

    say(f"{found.repo}: fetching {len(found.wanted)} files from the hub at commit {found.commit[:12]}.")
    try:
        paths = [
            Path(hf_hub_download(found.repo, name, revision=found.commit, local_dir=into, etag_timeout=ANSWER_SECONDS))
            for name in found.wanted
        ]
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (*FULL, *FORBIDDEN):
            raise  # the disk's fault, not the hub's
        raise HubError(_why(error)) from error
    if into is not None:
        return into
    folder = paths[0].parent
    if found.revision != found.commit:  # so that `kept` and other programs find the commit by this name, offline
        name = folder.parent.parent / "refs" / found.revision
        name.parent.mkdir(parents=True, exist_ok=True)
        name.write_text(found.commit, encoding="utf-8")
    return folder


def kept(repo: str, revision: str) -> tuple[Path, str] | None:
    """(folder, commit) of a copy in the hub library's cache, without asking the network; None if there is none."""
    from huggingface_hub import try_to_load_from_cache

    for name in ("config.json", "adapter_config.json"):
        path = try_to_load_from_cache(repo, name, revision=revision)
        if isinstance(path, str):
            return Path(path).parent, Path(path).parent.name
    return None


def _why(error: Exception) -> str:
    """One line for people, without the library's advice and links."""
    kind = type(error).__name__
    known = {
        "GatedRepoError": "its makers want their terms accepted first: do so on its page, then run 'hf auth login'",
        "RepositoryNotFoundError": "there is no such repository, or it is private and no token is set",
        "RevisionNotFoundError": "the repository has no such revision",
        "OfflineModeIsEnabled": "the hub library is set to offline mode",
        "ConnectError": "no connection",
        "ProxyError": "no connection through the proxy",
    }
    if "Timeout" in kind:
        return f"no answer within {ANSWER_SECONDS:g} s"
    return known.get(kind) or f"{kind}: {(str(error).splitlines() or [''])[0][:200]}"
