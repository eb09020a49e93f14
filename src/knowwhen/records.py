"""What a run's files hold: manifest, items and outcomes as JSON, written to the same bytes everywhere, read with care.

A line that does not read is damage, named with file and line; `store` decides which lines were never finished.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_serializer

from knowwhen.errors import RunError
from knowwhen.types import Condition, Generation, Item, Move, Outcome, Response

Key = tuple[str, Condition]
"""What one line of outcomes.jsonl is about: the item's id and how the item was put."""

_ASKED = ("knowwhen", "model", "identity", "items_sha256", "seed", "system", "conditions", "generation")
_GRADED = ("grader", "grader_identity")
_NUMBERS = {"logprobs", "margins", "entropies", "sample_logprobs", "scores"}
"""Fields of a response that hold numbers, in sequences."""
_RESPONSE, _ITEM = TypeAdapter(Response), TypeAdapter(Item)


class Manifest(BaseModel):
    """What was asked of whom. Two runs with the same `fingerprint` ask the same thing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    knowwhen: str
    """The version that asked: the words around a question belong to it."""
    created: str
    """ISO 8601, UTC."""
    model: str
    identity: dict[str, str]
    """What pins the model down, as the model states it."""
    suites: tuple[str, ...]
    options: tuple[str, ...] = ()
    """Of the command line, the words that decided which of the suites' items were asked, and what beside replies; for
    the record: `items_sha256` and `generation` say the same exactly."""
    items: int
    items_sha256: str
    """SHA-256 (hex) of items.jsonl."""
    seed: int
    system: str | None
    conditions: tuple[Condition, ...]
    generation: Generation
    grader: str
    grader_identity: dict[str, str]
    """What pins the grader down: the version of knowwhen that graded, and what a judge states of itself."""
    versions: dict[str, str]
    """Of Python and the libraries that compute, for the record; what changes replies is in `identity`."""

    @field_serializer("generation")
    def _plain(self, generation: Generation) -> dict[str, object]:
        # A frozenset has no order of its own, and files are compared byte for byte.
        names = ("max_tokens", "samples", "temperature", "seed", "continuations")
        asides = [asdict(aside) for aside in generation.asides]
        return {name: getattr(generation, name) for name in names} | {
            "needs": sorted(generation.needs),
            "asides": asides,
        }

    def deciding(self) -> dict[str, object]:
        """The fields that change results, flattened to ``identity.weights`` and the like."""
        flat: dict[str, object] = {}
        for name, value in self.model_dump(mode="json", include={*_ASKED, *_GRADED}).items():
            flat |= {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, dict) else {name: value}
        return flat

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over everything that changes results."""
        return digest(json.dumps(self.deciding(), sort_keys=True))

    @property
    def text(self) -> str:
        """manifest.json for this manifest."""
        return json.dumps(self.model_dump(mode="json"), indent=1) + "\n"


def versions() -> dict[str, str]:
    """The versions of Python and of the libraries that compute, those that are installed; imports none of them."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "torch", "transformers"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def digest(text: str) -> str:
    """SHA-256 (hex) of a text as UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def items_text(items: Sequence[Item]) -> str:
    """items.jsonl for these items."""
    return "".join(
        _line(
            {
                "id": item.id,
                "messages": [{"role": m.role, "content": m.content} for m in item.messages],
                "calls_for": sorted(item.calls_for),
                "answers": item.answers,
                "choices": item.choices,
                "twin": item.twin,
                "tags": dict(sorted(item.tags.items())),
            }
        )
        for item in items
    )


def outcome_line(outcome: Outcome) -> str:
    """One line of outcomes.jsonl; fields of the response that say nothing are left out."""
    response, silent = outcome.response, Response("")
    given = {name: getattr(response, name) for name in Response.__dataclass_fields__}
    fields = {name: v for name, v in given.items() if name in ("text", "stop") or v != getattr(silent, name)}
    for name in _NUMBERS & fields.keys():  # JSON has no infinity and no NaN.
        fields[name] = _finite(fields[name])
    return _line(
        {
            "item": outcome.item.id,
            "condition": outcome.condition,
            "response": fields,
            "move": outcome.move,
            "correct": outcome.correct,
            "why": outcome.why,
        }
    )


def read_manifest(path: Path) -> Manifest:
    """Read manifest.json (RunError if it is not there or damaged)."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise RunError(f"{path.parent} is no run folder: it has no {path.name}. Give the folder of an audit.") from None
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise RunError(
            f"{path} is damaged, or of another version of knowwhen: {_first(error)}. Put it back, or audit into "
            "another folder with --out."
        ) from None


def read_items(path: Path, sha256: str) -> list[Item]:
    """Read items.jsonl, which must be the file that the manifest names (RunError)."""
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RunError(
            f"{path} is not the file that manifest.json names by its SHA-256: it was changed or cut. Put it back, or "
            "audit into another folder with --out."
        )
    return [_ITEM.validate_python(record) for _, record in _records(path, data)]


def read_outcomes(path: Path, items: Mapping[str, Item]) -> dict[Key, Outcome]:
    """Read outcomes.jsonl (no file: nothing yet). Of several lines about one key the last counts.

    What follows the last newline is a line that was never finished, and is left out.

    Raises:
        RunError: a line that was finished does not read, or is about no item of the run.
    """
    data = read_bytes(path) if path.exists() else b""
    found: dict[Key, Outcome] = {}
    for number, record in _records(path, data[: data.rfind(b"\n") + 1]):
        try:
            outcome = _outcome(record, items)
        except (KeyError, TypeError, ValueError) as error:  # pydantic's errors are ValueErrors.
            raise _damaged(path, number, error) from None
        found[outcome.item.id, outcome.condition] = outcome
    return found


def read_bytes(path: Path) -> bytes:
    """The file's bytes (RunError if it cannot be read)."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.") from error


def _line(record: dict[str, object]) -> str:
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # Half a surrogate pair, as servers sometimes send, is no UTF-8. Escaped, it is JSON.
        line = json.dumps(record, separators=(",", ":"), allow_nan=False)
    return line + "\n"


def _outcome(record: dict[str, Any], items: Mapping[str, Item]) -> Outcome:
    if record["item"] not in items:
        raise ValueError(f"no item of this run has the id {record['item']!r}")
    given = dict(record["response"])
    for name in _NUMBERS & given.keys():
        given[name] = _numbers(given[name])
    if not isinstance(record["why"], str) or record["correct"] not in (True, False, None):
        raise ValueError("why must be a text, and correct true, false or null")
    return Outcome(
        items[record["item"]],
        _RESPONSE.validate_python(given),
        None if record["move"] is None else Move(record["move"]),
        record["correct"],
        record["why"],
        Condition(record["condition"]),
    )


def _finite(value: Any) -> Any:
    """Numbers, in sequences of any depth, with None for what JSON cannot say."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return [_finite(part) for part in value]


def _numbers(value: Any) -> Any:
    """The inverse of `_finite`."""
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    return math.nan if value is None else value


def _records(path: Path, data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            record = json.loads(line.decode())
            if not isinstance(record, dict):
                raise ValueError("not a JSON object")
        except (ValueError, RecursionError) as error:
            raise _damaged(path, number, error) from None
        yield number, record


def _damaged(path: Path, number: int, error: Exception) -> RunError:
    if isinstance(error, ValidationError):
        cause = _first(error)
    else:
        cause = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
    return RunError(
        f"{path}, line {number}, is damaged: {cause}. Remove that line, and the same audit asks its item again; or "
        "audit into another folder with --out."
    )


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ")
