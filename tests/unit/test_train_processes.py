"""`knowwhen train` in two processes, as accelerate starts them: they share the questions and end where one would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tests.models import tiny

from knowwhen.cli.main import main
from knowwhen.training import rows
from knowwhen.training.rows import reply, row_of
from knowwhen.types import Move, ask

pytest.importorskip("trl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.folder(tmp_path / "model")
    items = [ask(f"w1 w{k} ?", Move.ANSWER, ["w3"], tags={"scenario": "known"}) for k in range(2, 10)]
    rows.write(tmp_path / "examples.jsonl", [row_of(item, completion=reply("w3")) for item in items])
    return tmp_path


@pytest.mark.slow
def test_two_processes_end_at_the_weights_of_one(folder: Path) -> None:
    asked = ["knowwhen", "train", "model", "--trainer", "sft", "--data", "examples.jsonl"]
    asked += ["--steps", "3", "--batch", "4", "--rank", "2"]
    together = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m"]
    for launched, out in ((together, "two"), ([sys.executable, "-m"], "one")):
        ended = subprocess.run(
            [*launched, *asked, "--out", out],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr.count("step 3/3") == ended.stdout.count("Measure it") == 1, "one process speaks"
    two, one = (load_file(folder / out / "adapter_model.safetensors") for out in ("two", "one"))
    assert max(float((two[name] - one[name]).abs().max()) for name in one) < 1e-6
    assert max(float(value.abs().max()) for value in one.values()) > 1e-3


def test_a_trainer_of_one_process_is_not_started_in_many(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    given = ["--data", str(folder / "examples.jsonl"), "--out", str(folder / "out"), "--objective", "ternary"]
    assert main(["train", str(folder / "model"), *given]) == 2
    assert "The trainer 'exact' runs in one process, not in 2: leave out accelerate launch" in capsys.readouterr().err
