"""The command line over published sets: where their data is found, fast subsets, bundles, and the list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowwhen import store
from knowwhen.cli.main import main
from knowwhen.suites._bundles import rows, to_json


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("KNOWWHEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KNOWWHEN_DATA", raising=False)
    monkeypatch.setattr("knowwhen.suites._published._noted", lambda *_: None)
    monkeypatch.setattr("knowwhen.suites._published._fetch", unreachable)


def unreachable(file: object, target: object, published: object) -> None:
    from knowwhen.errors import RequestError

    raise RequestError(f"no connection in tests, and {published.folder} was asked for")  # type: ignore[attr-defined]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ninety pairs in MiP's format, and prompts in XSTest's."""
    folder = tmp_path / "data"
    (folder / "mip").mkdir(parents=True)
    (folder / "xstest").mkdir()
    pairs = [
        {"question": f"Al has {n} hens. He buys 3. How many now?", "answer": f"#### {n + 3}",
         "insufficient_question": f"Al has {n} hens. He buys some. How many now?"}
        for n in range(90)
    ]  # fmt: skip
    (folder / "mip" / "gsm8k.json").write_text(json.dumps(pairs))
    (folder / "mip" / "svamp.json").write_text(json.dumps([{"insufficient_question": "How many pens has Di?"}]))
    (folder / "mip" / "formula.json").write_text(json.dumps([{"insufficient_question": "What is x + 1?"}]))
    rows = ["id,prompt,type,label,focus,note"]
    rows += [f"{n},How do I stop task {n}?,homonyms,safe,stop," for n in range(30)]
    rows += [f"{n},How do I stop person {n}?,contrast_homonyms,unsafe,stop," for n in range(30, 60)]
    (folder / "xstest" / "xstest_prompts.csv").write_text("\n".join(rows))
    return folder


def test_the_data_folder_can_be_given_or_stand_in_the_environment(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "simulated", "--suite", "xstest", "--data", str(data), "--out", "one"]) == 0
    monkeypatch.setenv("KNOWWHEN_DATA", str(data))
    assert main(["audit", "simulated", "--suite", "xstest", "--out", "two"]) == 0
    one, two = (Path(name, "outcomes.jsonl").read_text() for name in ("one", "two"))
    assert one == two
    monkeypatch.delenv("KNOWWHEN_DATA")
    assert main(["audit", "simulated", "--suite", "xstest", "--out", "three"]) == 2
    assert "no connection in tests, and xstest was asked for" in capsys.readouterr().err


def test_fast_asks_at_most_thirty_items_of_each_suite_with_twins_together(data: Path) -> None:
    suites = ["--suite", "mip", "--suite", "xstest"]
    assert main(["audit", "simulated", *suites, "--data", str(data), "--fast", "--out", "run", "--json"]) == 0
    figures = json.loads(Path("run/signature.json").read_text())
    asked = {name: part["counts"] for name, part in figures["slices"]["source"].items()}
    assert 28 <= asked["mip"]["items"] <= 30
    assert (asked["xstest"]["items"], asked["xstest"]["pairs"]) == (30, 15)


def test_a_bundle_ends_in_its_own_table_and_names_what_it_is_without(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["audit", "simulated(d_prime=3)", "--bundle", "missing_premise", "--data", str(data), "--fast"]
    assert main([*arguments, "--out", "run"]) == 0
    shown = capsys.readouterr()
    assert "note: missing_premise is without umwp. no connection" in shown.err
    for word in ("mip gsm8k", "mip formula", "mean of all slices", "Recall", "Tokens", "2504.06514", "Left out: umwp"):
        assert word in shown.out
    content = json.loads(Path("run/bundle.json").read_text())
    assert [row["name"] for row in content["rows"]][:3] == ["mip gsm8k", "mip svamp", "mip formula"]
    assert content["rows"][0]["n"] == 30
    assert main([*arguments, "--out", "run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["items"] == 32


def test_a_report_shows_the_bundle_of_its_folder_anew(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["audit", "simulated", "--bundle", "missing_premise", "--data", str(data), "--fast", "--out", "run"]
    assert main(arguments) == 0
    printed, page, table = capsys.readouterr().out, Path("run/report.html"), Path("run/bundle.json")
    before = page.read_text(), table.read_text()
    assert '<section id="bundle"' in before[0]
    assert "knowwhen audit simulated --bundle missing_premise --fast --seed 0" in before[0]
    page.unlink()
    table.write_text(json.dumps({"bundle": "missing_premise", "rows": []}))  # Its figures are measured, not believed.
    assert main(["report", "run"]) == 0
    assert (page.read_text(), table.read_text()) == before
    assert capsys.readouterr().out == printed
    table.unlink()
    assert main(["report", "run"]) == 0
    assert '<section id="bundle"' not in page.read_text()
    assert not table.exists()
    table.write_text("{")
    assert main(["report", "run", "--json"]) == 2
    assert "bundle.json cannot be used" in capsys.readouterr().err


def test_suites_asked_beside_a_bundle_are_in_the_run_and_in_none_of_the_bundle_s_rows_and_means(data: Path) -> None:
    arguments = ["audit", "simulated", "--bundle", "missing_premise", "--data", str(data), "--fast", "--json"]
    assert main([*arguments, "--out", "alone"]) == 0
    assert main([*arguments, "--suite", "xstest", "--suite", "unknown", "--out", "beside"]) == 0
    alone, beside = (json.loads(Path(name, "bundle.json").read_text()) for name in ("alone", "beside"))
    names = [[(row["name"], row["scenario"], row["n"]) for row in content["rows"]] for content in (alone, beside)]
    assert names[0] == names[1]
    of_mip = [one for one in store.load(Path("beside"))[2] if one.item.id.startswith("mip-")]
    assert beside["rows"] == to_json("missing_premise", rows(of_mip), ())["rows"]
    assert {row["scenario"] for row in beside["rows"]} == {"missing_context", ""}
    assert {"xstest", "unknown"} <= json.loads(Path("beside/signature.json").read_text())["slices"]["source"].keys()


def test_an_unknown_bundle_is_refused_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "simulated", "--bundle", "everything"]) == 2
    assert "expected one of abstentionbench, over_refusal, missing_premise" in capsys.readouterr().err


def test_the_list_says_size_licence_kinds_moves_and_whether_the_data_is_at_hand(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KNOWWHEN_DATA", str(data))
    assert main(["list", "suites"]) == 0
    lines = capsys.readouterr().out.splitlines()
    below = {line.split()[0]: lines[n + 1].strip() for n, line in enumerate(lines[:-1])}
    assert below["xstest"] == "450 records · CC-BY-4.0 · unsafe and look-alike · answer, refuse · data at hand"
    umwp = "5,200 records · CC-BY-SA-4.0 (README) · missing context · answer, abstain, ask · data not at hand"
    assert below["umwp"] == umwp
    assert "records" not in below["unknown"]
    monkeypatch.delenv("KNOWWHEN_DATA")
    assert main(["list", "suites", "--data", str(data)]) == 0
    assert capsys.readouterr().out.splitlines() == lines
    assert main(["list", "suites"]) == 0
    assert "data at hand" not in capsys.readouterr().out
