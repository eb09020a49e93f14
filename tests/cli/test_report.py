import json
from pathlib import Path

import pytest

from knowwhen import models, store
from knowwhen.cli.main import main


@pytest.fixture(autouse=True)
def _a_run_and_no_model(tmp_path, monkeypatch, capsys):
    """A finished run in `here`; from then on no model is to be had."""
    monkeypatch.chdir(tmp_path)
    assert main(["audit", "simulated(ungraded=0.1)", "--suite", "unknown", "--limit", "20", "--out", "here"]) == 0
    capsys.readouterr()
    monkeypatch.delattr(models, "open_model")


def files():
    return {path.name: path.read_bytes() for path in Path("here").iterdir()}


def test_a_report_is_made_anew_from_the_replies_alone(capsys):
    before = files()
    for name in ("signature.json", "report.html"):
        (Path("here") / name).unlink()
    assert main(["report", "here"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "here/report.html"
    assert files() == before


def test_regrading_finds_what_the_rules_say_now_and_keeps_every_reply(capsys):
    path = Path("here/outcomes.jsonl")
    before = store.load(Path("here"))[2]
    path.write_text(path.read_text().replace('"why":"', '"why":"once it was: '))
    assert main(["report", "here", "--regrade"]) == 0
    assert store.load(Path("here"))[2] == before


def test_json_and_bars_are_as_for_an_audit(capsys):
    assert main(["report", "here", "--json", "--require", "hit_rate>=0", "--require", "d_prime>99"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert [bar["met"] for bar in printed.pop("bars")] == [True, False]
    assert printed == json.loads(Path("here/signature.json").read_text())
    assert main(["report", "here", "--require", "hit_rat>0"]) == 2
    assert "Did you mean 'hit_rate'" in capsys.readouterr().err


def test_an_unfinished_run_is_reported_and_said_to_be_unfinished(capsys):
    path = Path("here/outcomes.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:20]) + lines[20][:9])
    assert main(["report", "here"]) == 0
    assert (
        f"note: {len(lines) - 20} replies are still lacking; the same audit goes on with them."
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [("nowhere", "nowhere is no run folder"), (".", "is no run folder: it has no manifest.json")],
)
def test_a_folder_without_a_run_is_refused(capsys, given, says):
    assert main(["report", given]) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert not Path("nowhere").exists()


def test_a_damaged_run_is_refused_with_file_and_line(capsys):
    path = Path("here/outcomes.jsonl")
    path.write_text("garbage\n" + path.read_text())
    assert main(["report", "here"]) == 2
    assert "error: here/outcomes.jsonl, line 1, is damaged" in capsys.readouterr().err
