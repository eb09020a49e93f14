import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowwhen import models, store
from knowwhen.cli import audit as command
from knowwhen.cli.main import main
from knowwhen.report import page
from knowwhen.suites import load
from knowwhen.training.split import for_audit, for_training
from knowwhen.types import Generation, Response, Stop

SMALL = ["--suite", "unknown", "--limit", "12"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def asked(monkeypatch):
    """The prompts that any model is asked from here on."""
    prompts = []
    original = models.open_model

    def opened(spec, **options):
        model = original(spec, **options)
        respond = model.respond
        model.respond = lambda given, *rest: prompts.extend(given) or respond(given, *rest)
        return model

    monkeypatch.setattr(models, "open_model", opened)
    return prompts


def folder():
    (found,) = Path("runs").iterdir()
    return found


def test_an_audit_ends_with_the_path_of_a_report_that_is_there(capsys):
    assert main(["audit", "simulated(d_prime=2)", *SMALL]) == 0
    shown = capsys.readouterr()
    report = Path(shown.out.splitlines()[-1])
    assert "<html" in report.read_text()
    assert re.fullmatch(r"runs/simulated-d-prime-2-[0-9a-f]{8}/report\.html", str(report))
    for word in ("Hit rate", "False alarm", "Sensitivity d′", "95 % interval", "unknown"):
        assert word in shown.out
    figures = json.loads((report.parent / "signature.json").read_text())
    for sentence in figures["sentences"]:
        assert " ".join(sentence.split()) in " ".join(shown.out.split())
    count = len(store.load(report.parent)[2])
    assert f"{count}/{count}: {count} new replies" in shown.err


def test_the_same_command_again_asks_nothing_and_says_the_same(capsys, asked):
    assert main(["audit", "simulated", *SMALL]) == 0
    first, count = capsys.readouterr().out, len(asked)
    before = {path.name: path.read_bytes() for path in folder().iterdir()}
    assert main(["audit", "simulated", *SMALL]) == 0
    assert capsys.readouterr().out == first
    assert len(asked) == count > 12
    assert {path.name: path.read_bytes() for path in folder().iterdir()} == before


@pytest.mark.parametrize(
    "change",
    [["--seed", "1"], ["--limit", "10"], ["--system", "Be brief."], ["--max-tokens", "9"], ["--suite", "subjective"]],
)
def test_another_request_has_another_folder(change):
    assert main(["audit", "simulated", *SMALL]) == 0
    assert main(["audit", "simulated", *SMALL, *change]) == 0
    assert len(list(Path("runs").iterdir())) == 2


def test_another_request_into_the_same_folder_is_refused_with_what_differs(capsys):
    assert main(["audit", "simulated", *SMALL, "--out", "here"]) == 0
    capsys.readouterr()
    assert main(["audit", "simulated", *SMALL, "--out", "here", "--max-tokens", "9"]) == 2
    error = capsys.readouterr().err
    assert "error: here holds the run of another request" in error
    assert f"generation.max_tokens: {Generation().max_tokens} there, 9 asked for now" in error


def test_a_limit_keeps_twins_together():
    assert main(["audit", "simulated", *SMALL]) == 0
    _, items, _ = store.load(folder())
    ids = {item.id for item in items}
    assert len(items) == 12
    assert all(item.twin in ids for item in items)


def test_each_side_is_asked_alone_and_the_two_share_no_question():
    asked = {}
    for side in ("audit", "training"):
        assert main(["audit", "simulated", "--suite", "unknown", "--side", side, "--out", side]) == 0
        asked[side] = {item.id for item in store.load(Path(side))[1]}
    items = load("unknown")
    assert asked["audit"] == {item.id for item in for_audit(items)}
    assert asked["training"] == {item.id for item in for_training(items)}
    assert not asked["audit"] & asked["training"]


def test_what_was_asked_is_in_the_manifest():
    assert main(["audit", "simulated", *SMALL, "--system", "Be brief.", "--seed", "3", "--max-tokens", "20"]) == 0
    manifest, _, _ = store.load(folder())
    assert (manifest.system, manifest.seed, manifest.generation.seed, manifest.generation.max_tokens) == (
        "Be brief.",
        3,
        3,
        20,
    )
    assert manifest.suites == ("unknown",)
    assert manifest.grader == "rules"


@pytest.mark.parametrize(
    "options",
    [
        ["--suite", "unknown", "--suite", "unsafe", "--fast", "--side", "audit", "--limit", "10", "--seed", "2"],
        ["--suite", "unknown(pairs=4)", "--system", "Be brief.", "--max-tokens", "9", "--stakes"],
        ["--suite", "unknown", "--limit", "4", "--estimator", "lexical_similarity", "--estimator", "p_true"],
        ["--suite", "csv:mine.csv", "--map", "input=q", "--map", "calls_for=what", "--replies-only"],
        ["--suite", "unknown(pairs=2)", "--estimator", "lexical_similarity", "--replies-only", "--system", ""],
        ["--suite", "unknown(pairs=2)", "--judge", "simulated"],
    ],
)
def test_the_command_on_the_page_asks_the_very_same_again(options):
    Path("mine.csv").write_text("q,what\nCapital of Peru?,answer\nCapital of Atlantis?,abstain\n", encoding="utf-8")
    assert main(["audit", "simulated(d_prime=2)", *options, "--out", "first"]) == 0
    first = store.load(Path("first"))[0]
    _, name, *again = shlex.split(page.command(first.model_dump(mode="json")))
    assert main([name, *again, "--out", "second"]) == 0
    assert store.load(Path("second"))[0].fingerprint == first.fingerprint


# ---- bars ----


def test_a_bar_that_is_missed_ends_with_one_and_a_cleared_one_with_nought(capsys):
    good = ["--require", "hit_rate>=0", "--require", "false_alarm <= 1"]
    assert main(["audit", "simulated", *SMALL, *good]) == 0
    assert capsys.readouterr().out.count("cleared") == 2
    assert main(["audit", "simulated", *SMALL, *good, "--require", "scenario:unknown.d_prime>99"]) == 1
    shown = capsys.readouterr().out
    assert "Bar scenario:unknown.d_prime>99: MISSED" in " ".join(shown.split())
    assert shown.splitlines()[-1].endswith("report.html")


@pytest.mark.parametrize(
    ("bar", "says"),
    [
        ("false_alarm", "Cannot read the bar 'false_alarm'"),
        ("fals_alarm<0.1", "Did you mean 'false_alarm'?"),
        ("scenario:unknwn.hit_rate>0", "Did you mean 'unknown'?"),
        ("false_alarm<5%", "'5%' is not a number"),
    ],
)
def test_a_bar_that_does_not_read_is_refused_before_anything_is_asked(capsys, asked, bar, says):
    assert main(["audit", "simulated", *SMALL, "--require", bar]) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.err.startswith("error: ")
    assert "Traceback" not in shown.err
    assert asked == []
    assert not Path("runs").exists()


# ---- what goes where ----


def test_json_is_the_signature_and_the_bars_and_nothing_else(capsys):
    assert main(["audit", "simulated", *SMALL, "--json", "--require", "accuracy_forced>2"]) == 1
    shown = capsys.readouterr()
    printed = json.loads(shown.out)
    (bar,) = printed.pop("bars")
    assert printed == json.loads((folder() / "signature.json").read_text())
    assert (bar["expression"], bar["met"], bar["bound"]) == ("accuracy_forced>2", False, 2.0)
    assert bar["value"] == printed["overall"]["accuracy_forced"]["value"]
    assert shown.err


def test_what_the_model_has_to_note_is_told_on_standard_error(capsys, monkeypatch):
    original = models.open_model

    def opened(spec, **options):
        model = original(spec, **options)
        model.notes = ("this server gives no log-probabilities",)
        return model

    monkeypatch.setattr(models, "open_model", opened)
    assert main(["audit", "simulated", *SMALL]) == 0
    shown = capsys.readouterr()
    assert "note: this server gives no log-probabilities\n" in shown.err
    assert "note:" not in shown.out


def test_ungraded_replies_are_told_by_cause_and_asked_again_next_time(capsys, monkeypatch):
    original = models.open_model

    def opened(spec, **options):
        model = original(spec, **options)
        respond = model.respond

        def failing(prompts, *rest):
            for index, response in respond(prompts, *rest):
                yield index, Response("", Stop.ERROR, "http 500") if index % 3 == 0 else response

        model.respond = failing
        return model

    with monkeypatch.context() as patch:
        patch.setattr(models, "open_model", opened)
        assert main(["audit", "simulated", *SMALL]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    count = len(store.load(folder())[2])
    failed = (count + 2) // 3
    assert f"Ungraded: {failed} of {count} replies, {round(100 * failed / count)} % ({failed} × http 500)." in shown
    assert main(["audit", "simulated", *SMALL]) == 0
    shown = capsys.readouterr()
    assert f"{count}/{count}: {failed} new replies" in shown.err
    assert "Ungraded" not in shown.out


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_the_table_fits_the_terminal_and_keeps_every_figure_whole(capsys, monkeypatch, columns):
    assert main(["audit", "simulated", "--limit", "20"]) == 0
    capsys.readouterr()
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["report", str(folder())]) == 0
    shown = capsys.readouterr().out
    assert max(len(line) for line in shown.splitlines()) <= columns
    assert "\x1b" not in shown
    assert "…" not in shown
    figures = json.loads((folder() / "signature.json").read_text())
    _, readings, overall, scenarios, _ = shown.split("\n\n")
    intervals = re.findall(r"\[[^\]\n]*\]", overall + scenarios)
    assert len(intervals) == len(figures["overall"]) + 3 * len(figures["slices"]["scenario"])
    read = [figures["readings"][name] for name in ("says", "leans", "knows") if figures["readings"][name]]
    told = [entry["d_prime"] for part in read for entry in (part["overall"], *part["scenario"].values())]
    assert len(re.findall(r"\[[^\]\n]*\]", readings)) == sum(d_prime["n"] > 0 for d_prime in told) > 0
    for name in figures["slices"]["scenario"]:
        assert name in shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_a_sign_still_gets_the_figures(encoding):
    done = subprocess.run(
        [sys.executable, "-m", "knowwhen", "audit", "simulated", *SMALL],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Sensitivity d" in done.stdout.decode(encoding)


# ---- one's own questions, and a judge ----


def test_ones_own_questions_are_asked_by_the_names_that_their_columns_have():
    Path("mine.csv").write_text(
        "question,gold,what\nCapital of Peru?,Lima,answer\nCapital of Atlantis?,,abstain\n", encoding="utf-8"
    )
    maps = ["--map", "input=question", "--map", "target=gold", "--map", "calls_for=what"]
    assert main(["audit", "simulated", "--suite", "csv:mine.csv", *maps]) == 0
    _, items, outcomes = store.load(folder())
    assert [(item.question, item.answers) for item in items] == [
        ("Capital of Peru?", ("Lima",)),
        ("Capital of Atlantis?", ()),
    ]
    assert len(outcomes) == 3


@pytest.mark.parametrize("given", ["question", "=question", "input="])
def test_a_map_that_does_not_read_is_refused(capsys, given):
    assert main(["audit", "simulated", "--suite", "csv:x.csv", "--map", given]) == 2
    assert f"Cannot read --map '{given}': expected OURS=YOURS" in capsys.readouterr().err


def test_a_judge_is_named_in_the_manifest_with_what_pins_it_down(capsys):
    assert main(["audit", "simulated", *SMALL, "--judge", "simulated(seed=5)", "--out", "here"]) == 0
    manifest, _, outcomes = store.load(Path("here"))
    assert manifest.grader == "judge(model='simulated(seed=5)')"
    assert manifest.grader_identity["model.seed"] == "5"
    # The simulated model knows no such question as a judge's; that is a fault of the judge and no one's move.
    assert {outcome.move for outcome in outcomes} == {None}
    assert f"Ungraded: {len(outcomes)} of {len(outcomes)}" in capsys.readouterr().out
    assert main(["audit", "simulated", *SMALL, "--out", "here"]) == 2
    assert 'grader: "judge(' in capsys.readouterr().err


# ---- requests that are wrong ----


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", "simulatd", *SMALL], "simulatd"),
        (["audit", "simulated(d_prim=1)", *SMALL], "d_prim"),
        (["audit", "simulated", "--suite", "unknwn"], "Did you mean 'unknown'?"),
        (["audit", "simulated", "--suite", "unknown(pairs=0)"], "unknown(pairs=0)"),
        (["audit", "simulated", "--suite", "csv:nowhere.csv"], "nowhere.csv"),
        (["audit", "simulated", "--suite", "unknown", "--suite", "unknown"], "named twice"),
        (["audit", "simulated", *SMALL, "--judge", "simulatd"], "simulatd"),
        (["audit", "simulated", *SMALL, "--side", "other"], "no side 'other'; expected audit or training"),
        (["audit", "openai:m@nowhere", *SMALL], "openai:m"),
        (["audit", "./no/such/folder", *SMALL], "no/such/folder"),
        (["audit", "simulated", "--limit", "0"], "--limit"),
        (["audit", "simulated", "--limit", "many"], "--limit"),
        (["audit", "simulated", "--limt", "5"], "--limt"),
        (["audit"], "MODEL"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_a_wrong_request_ends_with_two_and_one_clear_line(capsys, monkeypatch, arguments, says):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert "error: " in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(command, "_pairs", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["audit", "simulated"])


# ---- stopped and killed, as a user would ----

SLOW = """
import signal, sys, time
from knowwhen import models
from knowwhen.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to it
original = models.open_model
def slowly(spec, **options):
    model = original(spec, **options)
    respond = model.respond
    def one_by_one(prompts, *rest):
        for index, response in respond(prompts, *rest):
            time.sleep(0.01)
            yield index, response
    model.respond = one_by_one
    return model
models.open_model = slowly
sys.exit(main(sys.argv[1:]))
"""


def start(*arguments, pause=0.01):
    """An audit that takes `pause` seconds for each reply."""
    return subprocess.Popen(
        [sys.executable, "-c", SLOW.replace("0.01", str(pause)), "audit", "simulated", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process, path, size):
    """Until the file has so many bytes, or the process has ended."""
    while process.poll() is None and not (path.exists() and path.stat().st_size >= size):
        time.sleep(0.005)


def test_a_stop_from_the_keyboard_says_how_to_go_on_and_the_same_command_does(capsys):
    wanted = ["--suite", "unknown", "--limit", "40", "--out", "here"]
    process = start(*wanted, pause=0.25)  # so that it is at work for seconds after it is seen to be
    wait_for(process, Path("here/outcomes.jsonl"), 1500)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert "stopped." in err
    assert "here" in err
    assert "same command" in err
    assert "Traceback" not in err
    kept = len(store.load(Path("here"))[2])
    assert main(["audit", "simulated", *wanted]) == 0
    count = len(store.load(Path("here"))[2])
    assert 0 < kept < count
    assert f"{count}/{count}: {count - kept} new replies" in capsys.readouterr().err


def test_a_second_audit_of_a_folder_in_use_is_refused_at_once(capsys):
    process = start("--suite", "unknown", "--out", "here", pause=0.25)
    wait_for(process, Path("here/outcomes.jsonl"), 1)
    assert main(["audit", "simulated", "--suite", "unknown", "--out", "here"]) == 2
    assert f"error: here is in use by another process (pid {process.pid} on " in capsys.readouterr().err
    process.kill()
    process.communicate()
    assert main(["audit", "simulated", "--suite", "unknown", "--out", "here"]) == 0


@pytest.mark.slow
def test_audits_killed_again_and_again_end_with_the_same_bytes_as_an_unbroken_one():
    wanted = ["--limit", "16"]
    assert main(["audit", "simulated", *wanted, "--out", "whole"]) == 0
    whole = Path("whole/outcomes.jsonl").stat().st_size
    for part in (0.01, 0.2, 0.55, 0.8, 0.99):
        process = start(*wanted, "--out", "killed")
        wait_for(process, Path("killed/outcomes.jsonl"), int(whole * part))
        process.kill()
        process.communicate()
    assert main(["audit", "simulated", *wanted, "--out", "killed"]) == 0
    assert Path("killed/signature.json").read_bytes() == Path("whole/signature.json").read_bytes()
    assert store.load(Path("killed"))[2] == store.load(Path("whole"))[2]
