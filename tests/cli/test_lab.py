"""`knowwhen lab` from the command line: what it refuses before any work, and what it writes once the work is done."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from knowwhen.cli.main import main

pytest.importorskip("trl")

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "lab_sample.py"))


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """The designs whose work was begun; none is done."""
    from knowwhen.lab import stages

    asked: list[Any] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stages, "work", lambda design, folder, _: asked.append((design, folder)))
    return asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--objective", "tertiary"], "Unknown objective 'tertiary'. Did you mean 'ternary'?"),
        (["--held-out", "weather"], "No kind of question is called 'weather'. Known: unknown, false_premise"),
        (["--held-out", "unsafe"], "cannot train safety(charge=0, comply=0): it is about unsafe questions alone"),
        (["--objective", "ternary(t=1)"], "The objective 'ternary' takes no 't'."),
        (["--objective", "binary", "--objective", "binary"], "An objective is named twice: binary, binary."),
        (["--trainer", "dpo"], "The lab trains by exact or grpo, which follow a reward, not by 'dpo'."),
        (["--trainer", "grpo"], "Under brier a reply must say how sure it is"),
        (["--learning-rate", "0"], "expected a rate above 0"),
        (["--seeds", "0"], "See: knowwhen lab --help"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_begun(
    words: list[str], said: str, begun: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", *words]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ")
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert begun == []
    assert list(Path().iterdir()) == []


def test_without_its_libraries_it_says_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch, begun: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "trl" else object())
    assert main(["lab"]) == 2
    assert "knowwhen[train]" in capsys.readouterr().err
    assert begun == []


def test_seeds_draws_and_shares_reach_the_design(
    monkeypatch: pytest.MonkeyPatch, begun: list[Any], tmp_path: Path
) -> None:
    monkeypatch.setattr("knowwhen.lab.results.results", lambda *_: SAMPLE["results"]())
    (tmp_path / "here").mkdir()
    words = ["--first-seed", "7", "--draws", "2", "--withheld", "0.1", "--shares-only", "--out", "here"]
    assert main(["lab", "smollm2", *words]) == 0
    design, _ = begun[0]
    assert (design.seeds, design.draws, design.withheld, design.whole) == ((7, 8, 9), 2, 0.1, False)
    assert main(["lab", "smollm2", "--shares-only", "--out", "here"]) == 2


@pytest.mark.parametrize("json_", [False, True])
def test_what_was_found_is_written_and_told(
    monkeypatch: pytest.MonkeyPatch, begun: list[Any], capsys: pytest.CaptureFixture[str], json_: bool
) -> None:
    found = SAMPLE["results"]()
    found["accuracy"]["base"] = SAMPLE["estimate"](None) | {"value": float("nan")}
    monkeypatch.setattr("knowwhen.lab.results.results", lambda *_: found)
    words = ["--objective", "ternary", "--seeds", "2", "--held-out", "unsafe", "--held-out", "stale", "--out", "here"]
    Path("here").mkdir()
    assert main(["lab", "smollm2", *words, *(["--json"] if json_ else [])]) == 0
    design, folder = begun[0]
    assert (design.objectives, design.seeds, design.held_out) == (("ternary",), (0, 1), ("unsafe", "stale"))
    assert folder == Path("here")
    out = capsys.readouterr().out
    stored = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert set(stored["accuracy"]) == {"base", "start"}
    assert stored["accuracy"]["base"]["value"] is None  # JSON has no NaN
    if json_:
        assert json.loads(out) == stored
    else:
        assert "5 of 6 objectives moved the criterion" in out
        assert out.splitlines()[-1] == str(folder / "lab.html")
    assert (folder / "lab.html").read_text(encoding="utf-8").count("</html>") == 1
    assert (folder / "lab.svg").stat().st_size > 1000


def test_a_stop_says_that_what_was_done_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("knowwhen.lab.stages.work", stops)
    assert main(["lab", "--out", str(tmp_path)]) == 130
    assert f"stopped. What was done is kept in {tmp_path}; the same command goes on" in capsys.readouterr().err
