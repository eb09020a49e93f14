"""`knowwhen train` from the command line: what it takes, what it refuses, what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.models import tiny

from knowwhen.cli.main import main
from knowwhen.training import rows
from knowwhen.training.rows import Candidate, closed_row
from knowwhen.types import Move, ask

pytest.importorskip("trl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny.folder(tmp_path / "model")
    item = ask("w1 w2 ?", Move.ANSWER, ["w3"], tags={"scenario": "known"})
    replies = [Candidate("w3", Move.ANSWER, True), Candidate("w4", Move.ANSWER, False), Candidate("w9", Move.ABSTAIN)]
    rows.write(tmp_path / "closed.jsonl", [closed_row(item, replies)])
    return tmp_path


def run(folder: Path, *more: str) -> int:
    model, data, out = (str(folder / name) for name in ("model", "closed.jsonl", "out"))
    small = ("--steps", "3", "--batch", "1", "--rank", "2")
    return main(["train", model, "--data", data, "--out", out, *small, *more])


def test_a_run_says_how_it_goes_and_how_to_measure_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--objective", "ternary", "--learning-rate", "0.01") == 0
    said = capsys.readouterr()
    assert said.err.count("step ") == 3
    assert "step 3/3: loss" in said.err
    adapted = f"{folder / 'model'}+{folder / 'out'}"
    assert said.out == f"{folder / 'out'}\nMeasure it: knowwhen audit {adapted} --side audit\n"
    assert (folder / "out" / "adapter_model.safetensors").exists()

    assert run(folder, "--objective", "ternary", "--learning-rate", "0.01") == 0
    assert "nothing is left to do" in capsys.readouterr().err
    (folder / "out" / "adapter_model.safetensors").unlink()  # what is not there is not done
    assert run(folder, "--objective", "ternary", "--learning-rate", "0.01") == 0
    assert "step 3/3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ((), "The trainer 'exact' follows an objective; name one with --objective"),
        (("--trainer", "sft", "--objective", "ternary"), "follows its rows alone; leave out --objective"),
        (("--trainer", "magic"), "Unknown trainer 'magic'"),
        (("--objective", "tertiary"), "Unknown objective 'tertiary'. Did you mean 'ternary'?"),
        (("--objective", "ternary", "--option", "beam=3"), "The trainer 'exact' has no option 'beam'. It takes none."),
        (("--objective", "ternary", "--option", "beam"), "Cannot read --option 'beam': expected KEY=VALUE"),
        (("--objective", "ternary", "--kl", "inf"), "expected a rate above 0 and a weight of at least 0, both finite"),
        (("--trainer", "dpo"), "closed.jsonl:1: has no chosen, rejected; rows of kind 'pairs' have"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], words: str
) -> None:
    assert run(folder, *more) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "out" / "training.json").exists()


def test_a_file_where_the_folder_should_be_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "out").write_text("mine")
    assert run(folder, "--objective", "ternary") == 2
    assert str(folder / "out") in capsys.readouterr().err
    assert (folder / "out").read_text() == "mine"
