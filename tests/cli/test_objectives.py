"""`knowwhen objectives`: the table, a specification with parameters, and what it refuses."""

from __future__ import annotations

import json

import pytest

from knowwhen import registry
from knowwhen.cli.main import main
from knowwhen.objectives import load


def test_the_table_has_a_line_for_every_objective_and_says_how_each_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["objectives"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["objective", "answering", "pays", "predicted"]
    plain = " ".join(" ".join(lines).split())
    for name in registry.names("objectives"):
        made = load(name)
        assert any(line.startswith(f"{made.name} ") for line in lines)
        assert f"{made.name}: {made.failure}" in plain
    assert "As much as judgement earns: always answer; hedge: answer and claim one half." in plain


def test_a_specification_with_parameters_is_told_at_an_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["objectives", "confidence_target(t=0.9)", "--accuracy", "0.95"]) == 0
    _, row, *_ = capsys.readouterr().out.splitlines()
    assert row.split() == "confidence_target(t=0.9) from p = 0.9 answers more".split()
    assert main(["objectives", "confidence_target(t=0.9)", "safety(charge=0, comply=0)", "--json"]) == 0
    target, safety = json.loads(capsys.readouterr().out)
    assert target["threshold"] == pytest.approx(0.9)
    assert (target["predicted"], target["proper"], target["cheats"]) == ("declines more", False, {})
    assert (safety["threshold"], safety["predicted"]) == (None, "declines more")
    assert list(safety["cheats"]) == ["always decline"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ternery"], "error: Unknown objective 'ternery'. Did you mean 'ternary'? Known: "),
        (["binary", "ternary(t=1)"], "error: The objective 'ternary' takes no 't'."),
        (["confidence_target(t=1)"], "from 0 to below 1"),
        (["ternary("], "error: Cannot read 'ternary(': expected NAME or NAME(key=value, …)."),
        (["--accuracy", "2"], "See: knowwhen objectives --help"),
    ],
)
def test_what_cannot_be_is_refused_in_words(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["objectives", *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
