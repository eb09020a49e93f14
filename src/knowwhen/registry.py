"""Variants found by listing folders: a file is a variant, and its stem is its name everywhere.

Nothing is imported to list or explain variants; asking for one imports exactly that one. A third party adds variants
through the entry-point groups ``knowwhen.suites``, ``knowwhen.graders`` and so on, each naming a module of the same
form. Files whose name begins with an underscore are shared parts, not variants.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import inspect
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from knowwhen.errors import RequestError

KINDS = {
    "suites": "knowwhen.suites",
    "graders": "knowwhen.grading",
    "models": "knowwhen.models",
    "estimators": "knowwhen.estimators",
    "calibrators": "knowwhen.calibrators",
    "probes": "knowwhen.probes",
    "objectives": "knowwhen.objectives",
    "makers": "knowwhen.training.makers",
    "trainers": "knowwhen.training.trainers",
}
"""Kind of variant → the package whose modules are its variants."""


@cache
def _entry_points(kind: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"knowwhen.{kind}")}


def names(kind: str) -> list[str]:
    """Every variant of a kind, sorted, without importing any."""
    if kind not in KINDS:
        raise RequestError(f"Unknown kind '{kind}'. Kinds: {', '.join(KINDS)}.")
    folder = _folder(kind)
    own = {module.name for module in pkgutil.iter_modules([folder]) if not module.name.startswith("_")}
    return sorted(own | set(_entry_points(kind)))


def _folder(kind: str) -> str:
    """Where a kind's own variants lie. Their package is not imported, for it may load what they need."""
    spec = importlib.util.find_spec(KINDS[kind])
    return spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else ""


def load(kind: str, name: str) -> ModuleType:
    """Import one variant. A missing dependency inside it raises its own ImportError, not "unknown name"."""
    name = _known(kind, name)
    if name in _entry_points(kind):
        return importlib.import_module(_entry_points(kind)[name].module)
    return importlib.import_module(f"{KINDS[kind]}.{name}")


def explain(kind: str, name: str) -> str:
    """A variant's docstring, read from its source without importing it."""
    docstring = ast.get_docstring(_tree(kind, name))
    return inspect.cleandoc(docstring or "(no docstring)")


def declares(kind: str, name: str, constant: str) -> bool:
    """Whether a variant assigns a constant of that name at its top level, read without importing it."""
    targets = (node.targets[0] for node in _tree(kind, name).body if isinstance(node, ast.Assign))
    return any(isinstance(target, ast.Name) and target.id == constant for target in targets)


def _tree(kind: str, name: str) -> ast.Module:
    name = _known(kind, name)
    point = _entry_points(kind).get(name)
    if point is None:
        origin: str | None = str(Path(_folder(kind)) / f"{name}.py")
    else:
        spec = importlib.util.find_spec(point.module)
        origin = spec.origin if spec else None
    if origin is None:
        raise RequestError(f"The {kind} variant '{name}' has no source to explain.")
    return ast.parse(Path(origin).read_text(encoding="utf-8"))


def kinds_of(name: str) -> list[str]:
    """The kinds that have a variant of this name."""
    return [kind for kind in KINDS if name.replace("-", "_") in names(kind)]


def parse(spec: str) -> tuple[str, dict[str, object]]:
    """Split ``name(key=value, …)`` into the name and its keyword arguments (Python literals).

    >>> parse("false_premise(pairs=10)")
    ('false_premise', {'pairs': 10})
    """
    name, bracket, rest = spec.strip().partition("(")
    if not bracket:
        return name, {}
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise ValueError("only key=value arguments are allowed")
        return name.strip(), {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError) as error:
        raise RequestError(f"Cannot read '{spec}': expected NAME or NAME(key=value, …). {error}") from None


def _known(kind: str, name: str) -> str:
    """The name as its file is called: ``gemma3-270m`` is the file gemma3_270m.py, for a module cannot have a hyphen."""
    known = names(kind)
    if name.replace("-", "_") in known:
        return name.replace("-", "_")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise RequestError(f"Unknown {kind.removesuffix('s')} '{name}'.{hint} Known: {', '.join(known)}.")
