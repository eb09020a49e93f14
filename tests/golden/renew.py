"""Write the golden run anew: a small audit of the simulated model, from its questions to its figures.

    python tests/golden/renew.py

Read the difference before you commit it, and enter what moved in CHANGELOG.md under "Results that move".
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from knowwhen import registry, run, suites
from knowwhen.models import open_model

FILES = ("items.jsonl", "outcomes.jsonl", "signature.json")
HERE = Path(__file__).parent


def golden(folder: Path) -> None:
    """Run the golden audit into a folder: every built-in suite, three twin pairs each, some replies that fail."""
    items = [item for name in suites.DEFAULT for item in suites.load(name, seed=7, pairs=3)]
    model = open_model("simulated(d_prime=1.2, criterion=0.4, ungraded=0.03, truncated=0.03, seed=7)", items=items)
    manifest = run.request(model, items, suites=suites.DEFAULT, seed=7, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    run.audit(model, items, folder, manifest, registry.load("graders", "rules").grader())
    run.measure(folder, draws=200)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        golden(Path(folder))
        for name in FILES:
            (HERE / name).write_bytes((Path(folder) / name).read_bytes())
