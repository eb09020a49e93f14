"""`knowwhen dose`: a share of an adapter, chosen or set by what it withholds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from tests.models import tiny

from knowwhen import suites
from knowwhen.cli.dose import trained_on
from knowwhen.cli.main import main
from knowwhen.records import digest
from knowwhen.training import rows, split
from knowwhen.training.rows import Candidate, closed_row
from knowwhen.types import Item, Move

pytest.importorskip("trl")

from knowwhen.training import dose

WHOLE = dose.WEIGHTS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model and an adapter on it that was trained on four questions of the default draw."""
    monkeypatch.chdir(tmp_path)
    tiny.folder(tmp_path / "model")
    asked = split.for_training(suites.load("unknown", pairs=200, seed=1))[:4]
    replies = [Candidate("w3", Move.ANSWER, True), Candidate("w4", Move.ANSWER, False), Candidate("w9", Move.ABSTAIN)]
    rows.write(tmp_path / "closed.jsonl", [closed_row(item, replies) for item in asked])
    small = ("--steps", "2", "--batch", "2", "--rank", "2", "--objective", "binary")
    assert main(["train", "model", "--data", "closed.jsonl", "--out", "tuned", *small]) == 0
    return tmp_path


def test_a_chosen_share_is_written_with_its_record_and_its_card(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dose", "model+tuned", "--share", "0.5", "--out", "half"]) == 0
    whole, half = (load_file(folder / name / WHOLE) for name in ("tuned", "half"))
    for name, weight in whole.items():
        assert half[name].equal(weight * (0.5 if ".lora_B." in name else 1))
    assert capsys.readouterr().out.endswith(
        "0.5 of it is taken.\nhalf\nMeasure it: knowwhen audit model+half --side audit\n"
    )
    kept, whole_kept = (json.loads((folder / name / "training.json").read_text()) for name in ("half", "tuned"))
    assert (kept["plan"], kept["dose"]["share"]) == (whole_kept["plan"], 0.5)
    card = (folder / "half" / "README.md").read_text()
    assert "A share of the low-rank adapter `tuned` for `model`: 0.5 of it is taken." in card
    assert "knowwhen audit model+half --side audit" in card


def test_a_share_is_set_by_questions_of_the_training_side_that_it_was_not_trained_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[Item]] = []
    whole = load_file(folder / "tuned" / WHOLE)

    def right(model: Any, items: Sequence[Item], **_: Any) -> list[Item]:
        asked.append(list(items))
        return list(items)[:40]

    def withheld(model: Any, items: Sequence[Item], **_: Any) -> float:
        """As much as there is of the adapter, which lies on disk by then."""
        name = next(name for name in whole if ".lora_B." in name)
        return float((load_file(folder / "part" / "trial" / WHOLE)[name] / whole[name]).nanmean()) / 2

    monkeypatch.setattr(dose, "right", right)
    monkeypatch.setattr(dose, "withheld", withheld)
    asking = ["--suite", "unknown", "--limit", "50"]
    assert main(["dose", "model+tuned", "--withheld", "0.2", *asking, "--out", "part"]) == 0
    shown = capsys.readouterr()
    assert "0.375 of it is taken; withheld of 40 right answers, by share: 0.25: 12%, 0.375: 19%, 0.5: 25%" in shown.out
    assert dose.current(folder / "tuned", folder / "part", 0.2)
    assert "0.375 of it is taken" in (folder / "part" / "README.md").read_text()
    (items,) = asked
    training = {i.id: i for i in split.for_training(suites.load("unknown", pairs=200, seed=1))}
    learnt = trained_on(folder / "tuned")
    assert len(learnt) == 4
    left = [i for i in training.values() if i.answerable and i.answers and i.id not in learnt]
    assert len(items) == 50 < len(left)
    assert all(i.answerable and i.answers and i.id in training and i.id not in learnt for i in items)
    assert "note:" not in shown.err

    monkeypatch.setattr(dose, "withheld", lambda *_, **__: 0.5)
    assert main(["dose", "model+tuned", "--suite", "unknown", "--out", "part"]) == 0
    shown = capsys.readouterr()
    assert "even an eighth of the adapter withholds more; what was written is the base" in shown.err
    assert dose.read(folder / "part")["limit"] == 0.1
    assert not any(weight.any() for name, weight in load_file(folder / "part" / WHOLE).items() if ".lora_B." in name)


def test_what_an_adapter_was_trained_on_is_told_through_the_one_it_went_on_from(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = trained_on(folder / "tuned")
    more = suites.load("stale", pairs=1)
    replies = [Candidate("w3", Move.ANSWER), Candidate("w9", Move.ABSTAIN)]
    rows.write(folder / "more.jsonl", [closed_row(item, replies) for item in more])
    record = json.loads((folder / "tuned" / "training.json").read_text())
    (folder / "further").mkdir()
    more_sha = digest((folder / "more.jsonl").read_text())
    record["plan"] |= {"data": "more.jsonl", "data_sha256": more_sha, "model": "model+tuned"}
    (folder / "further" / "training.json").write_text(json.dumps(record))
    assert trained_on(folder / "further") == first | {i.id for i in more}
    assert "note" not in capsys.readouterr().err
    with (folder / "closed.jsonl").open("a") as file:
        file.write("\n")
    assert trained_on(folder / "further") == {i.id for i in more}, "another file now than it was trained on"
    assert "note: what tuned was trained on cannot be told" in capsys.readouterr().err
    record["plan"]["model"] = "model+further"
    (folder / "further" / "training.json").write_text(json.dumps(record))
    assert trained_on(folder / "further") == {i.id for i in more}, "it does not go round for ever"
    assert "note: what further was trained on cannot be told" in capsys.readouterr().err


def test_an_adapter_that_knowwhen_did_not_train_has_a_share_too(folder: Path) -> None:
    (folder / "tuned" / "training.json").write_text("{")
    assert main(["dose", "model+tuned", "--share", "1", "--out", "same"]) == 0
    assert (folder / "same" / WHOLE).exists()
    assert dose.read(folder / "same")["share"] == 1.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("model", "--out", "part"), "'model' has no adapter on it. Give BASE+ADAPTER"),
        (("model+tuned", "--out", "tuned", "--share", "0.5"), "--out tuned holds something else"),
        (("model+tuned", "--out", "model", "--share", "0.5"), "--out model holds something else"),
        (("model+tuned", "--out", "part", "--share", "0"), "--share 0: expected a share above 0 and at most 1"),
        (("model+tuned", "--out", "part", "--share", "1.5"), "--share 1.5: expected"),
        (("model+tuned", "--out", "part", "--withheld", "1"), "--withheld 1: expected a share of right answers"),
        (("model+tuned", "--out", "part", "--share", "1", "--withheld", "0"), "not both"),
        (("model+nowhere", "--out", "part"), "Unknown adapter"),
        (("model+tuned", "--out", "part", "--suite", "unknown", "--pairs", "9"), "right on none of them"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], words: str
) -> None:
    assert main(["dose", *given]) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "part" / WHOLE).exists()
