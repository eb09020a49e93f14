import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def renewed(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("renew", HERE / "renew.py")
    renew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(renew)
    folder = tmp_path_factory.mktemp("golden")
    renew.golden(folder)
    return folder


@pytest.mark.parametrize("name", ["items.jsonl", "outcomes.jsonl", "signature.json"])
def test_the_golden_run_is_as_it_was_byte_for_byte(renewed, name):
    before, now = (HERE / name).read_bytes(), (renewed / name).read_bytes()
    if before != now:
        pairs = zip(before.splitlines(), now.splitlines(), strict=False)
        line, (old, new) = next(
            ((n, pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1]),
            (0, (b"(fewer lines)", b"(more lines)")),
        )
        pytest.fail(
            f"{name} moved, first in line {line}:\n  {old.decode()}\n  {new.decode()}\nIf that is meant, write it anew "
            "(python tests/golden/renew.py), read the difference, and enter it in CHANGELOG.md, 'Results that move'."
        )
