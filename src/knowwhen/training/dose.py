"""How much of an adapter to take: the largest share of it that withholds few of the good answers its base gave.

A low-rank adapter adds a product to each weight; a share of that product lies on the straight line between the base and
what was trained. Along it a model comes to decline more and more. Where training itself ends on that way is left to
noise as long as the model hardly tells the two kinds of question apart; the share puts it where it should be.

Source: interpolation between a model and what was tuned from it, Wortsman et al. 2022 (WiSE-FT, arXiv 2109.01903).
Cost: one short reply to each validation question by the base, and at most four to each that it answers rightly.
Fails when: declining does not grow along the line; or the validation questions are of other kinds than those to come,
    for then as much is withheld of those as it happens to be.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from knowwhen.errors import ModelError, RequestError, RunError
from knowwhen.models import open_model
from knowwhen.models._folder import digests, read_json
from knowwhen.training._adapter import MEASURE, whole
from knowwhen.training._plan import RECORD, measuring
from knowwhen.training.makers._said import replies
from knowwhen.types import DECLINED, Item, Model

HALVINGS = 3
"""Shares are told apart to an eighth."""

WEIGHTS = "adapter_model.safetensors"

_MOVES_BASE = ("pissa", "olora", "corda", "loftq")
"""Ways to begin a low-rank adapter under which PEFT takes its beginning off the base's weights."""


def check(adapter: Path) -> None:
    """Refuse an adapter of which a share is no point on the line between the base and what was trained.

    Raises:
        RequestError: it is not a low-rank one, trains more than that, or changes the base's weights when it is loaded.
        ModelError: its settings cannot be read.
    """
    names = _names(adapter / WEIGHTS) if (adapter / WEIGHTS).exists() else ["no " + WEIGHTS]
    config = read_json(adapter / "adapter_config.json") if (adapter / "adapter_config.json").exists() else {}
    begun = str(config.get("init_lora_weights", True)).lower()
    other = [name for name in names if ".lora_A." not in name and ".lora_B." not in name]
    if begun.startswith(_MOVES_BASE):
        other.append(f"init_lora_weights={begun}, which changes the base")
    if config.get("layer_replication"):
        other.append("layers that stand twice")
    if other:
        raise RequestError(f"{adapter} is no plain low-rank adapter (it has {other[0]}): no share of it can be taken.")


def _names(file: Path) -> list[str]:
    try:
        with safe_open(file, "pt") as weights:
            return list(weights.keys())
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{file} cannot be read: {error}.") from error


def scaled(adapter: Path, share: float, out: Path) -> Path:
    """An adapter folder whose product is `share` times that of `adapter`: 1 is the adapter, 0 the base.

    Raises:
        RequestError, ModelError: as `check`.
    """
    check(adapter)
    out.mkdir(parents=True, exist_ok=True)
    weights = load_file(adapter / WEIGHTS)
    found = {name: value * share if ".lora_B." in name else value for name, value in weights.items()}
    save_file(found, out / WEIGHTS, metadata={"format": "pt"})
    shutil.copyfile(adapter / "adapter_config.json", out / "adapter_config.json")
    return out


def largest(withheld: Callable[[float], float], limit: float) -> float:
    """The largest share, to an eighth, at which no more than `limit` is withheld, found by halving: what is withheld
    is taken to grow with the share.

    >>> largest(lambda share: share / 2, 0.2), largest(lambda share: 0.1, 0.2), largest(lambda share: 1.0, 0.2)
    (0.375, 1.0, 0.0)
    """
    if withheld(1.0) <= limit:
        return 1.0
    low, step = 0.0, 0.5
    for _ in range(HALVINGS):
        if withheld(low + step) <= limit:
            low += step
        step /= 2
    return low


def right(model: Model, items: Sequence[Item], *, max_tokens: int, seed: int = 0) -> list[Item]:
    """Those of the items to which the model's greedy reply is right."""
    said = replies(model, items, samples=0, max_tokens=max_tokens, seed=seed)
    return [item for item, (reply, *_) in said if reply.right]


def withheld(model: Model, items: Sequence[Item], *, max_tokens: int, seed: int = 0) -> float:
    """The share of the items that the model declines; what cannot be graded is left out, and 1 if nothing can."""
    said = [reply.verdict.move for _, (reply, *_) in replies(model, items, samples=0, max_tokens=max_tokens, seed=seed)]
    graded = [move for move in said if move is not None]
    return sum(move in DECLINED for move in graded) / len(graded) if graded else 1.0


@dataclass(frozen=True, slots=True)
class Dose:
    """What was taken of an adapter, and why."""

    share: float
    limit: float | None = None
    """The share of right answers that may be withheld; None if the share was chosen."""
    right: int = 0
    """Right answers of the base that it was set by."""
    withheld: dict[str, float] = field(default_factory=dict)
    """Share tried → the share of these right answers that it withholds."""

    def __str__(self) -> str:
        if self.limit is None:
            return f"{self.share:g} of it is taken"
        tried = ", ".join(f"{one}: {value:.0%}" for one, value in self.withheld.items())
        return f"{self.share:g} of it is taken; withheld of {self.right} right answers, by share: {tried}"


def by_limit(
    base: str,
    adapter: Path,
    good: Sequence[Item],
    limit: float,
    out: Path,
    *,
    max_tokens: int,
    seed: int = 0,
    named: str = "",
) -> Dose:
    """Write to `out` the largest share of the adapter that withholds no more than `limit` of the right answers.

    Args:
        base: the model below the adapter, as for `open_model`.
        good: items that the base answers rightly.
        named: the adapter's name for the model card, if not its folder.

    Raises:
        RequestError: no low-rank adapter.
        ModelError: as `open_model`.
        RunError: the folder cannot be written.
    """
    rates: dict[float, float] = {}
    trial = out / "trial"

    def tell(share: float) -> float:
        with _written(out):
            scaled(adapter, share, trial)
        rates[share] = withheld(open_model(f"{base}+{trial}"), good, max_tokens=max_tokens, seed=seed)
        return rates[share]

    _begin(adapter, out)
    share = largest(tell, limit)
    found = Dose(share, limit, len(good), {f"{one:g}": value for one, value in sorted(rates.items())})
    write(base, adapter, found, out, named=named)
    shutil.rmtree(trial)
    return found


def write(base: str, adapter: Path, dose: Dose, out: Path, *, named: str = "") -> None:
    """Write a share of an adapter with its model card and, as the last file, training.json: that of the adapter, and
    what was taken of it and why.

    Raises:
        RequestError: no low-rank adapter.
        RunError: the folder cannot be written.
    """
    _begin(adapter, out)
    try:
        content = dict(json.loads((adapter / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # not every adapter is our own
        content = {}
    for name in ("fingerprint", "files"):  # it is not the end of that training
        content.pop(name, None)
    with _written(out):
        scaled(adapter, dose.share, out)
        hashes = {"of": digests(adapter)["weights_sha256"], "weights_sha256": digests(out)["weights_sha256"]}
        whole(out / "README.md", card(base, named or str(adapter), out, dose))
        whole(out / RECORD, json.dumps({**content, "dose": {**asdict(dose), **hashes}}, indent=1) + "\n")


def _begin(adapter: Path, out: Path) -> None:
    """Mark a folder as that of a dose which is not there yet; of an adapter that has shares."""
    check(adapter)
    with _written(out):
        out.mkdir(parents=True, exist_ok=True)
        whole(out / RECORD, '{"dose": {}}\n')
        for name in (WEIGHTS, "README.md"):
            (out / name).unlink(missing_ok=True)


@contextmanager
def _written(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"A share of the adapter cannot be written to {out}: {error.strerror or error}.") from error


def ours(out: Path) -> bool:
    """Whether a folder is empty but for a lock, or holds a dose, whole or begun: then another may take its place."""
    if not out.exists() or not {path.name for path in out.iterdir()} - {"lock", "lock.json"}:
        return True
    try:
        return isinstance(json.loads((out / RECORD).read_text(encoding="utf-8"))["dose"], dict)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def card(base: str, adapter: str, out: Path, taken: Dose) -> str:
    """The model card of a share of an adapter."""
    return (
        f"---\nbase_model: {base}\nlibrary_name: peft\ntags: [knowwhen]\n---\n\n# {out.name}\n\n"
        f"A share of the low-rank adapter `{adapter}` for `{base}`: {taken}.\n\n"
        f"{MEASURE}\n\n    {measuring(base, out)}\n\n"
        "Sources:\n- shares of what was trained: Wortsman et al. 2022 (WiSE-FT, arXiv 2109.01903)\n"
    )


def read(out: Path) -> dict[str, Any]:
    """What `write` wrote of the dose: its fields, and the hashes of the adapter and of what was taken.

    Raises:
        RunError: there is no such record.
    """
    try:
        found: dict[str, Any] = dict(json.loads((out / RECORD).read_text(encoding="utf-8"))["dose"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{out / RECORD} does not say which share of an adapter was taken: {error!r}.") from None
    return found


def current(adapter: Path, out: Path, limit: float) -> bool:
    """Whether `out` holds, whole, what was taken of the adapter as it is now, by that limit."""
    try:
        written = read(out)
        kept = digests(adapter)["weights_sha256"], digests(out)["weights_sha256"], limit
        return kept == tuple(written.get(key) for key in ("of", "weights_sha256", "limit"))
    except (OSError, RunError, KeyError):
        return False
