"""With the real Inspect AI, in the environment that `make test-adapters` makes; elsewhere these are skipped."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

inspect_ai = pytest.importorskip("inspect_ai")

from inspect_ai.dataset import Sample  # noqa: E402
from inspect_ai.log import read_eval_log  # noqa: E402
from inspect_ai.model import ModelOutput, ModelUsage, get_model  # noqa: E402
from inspect_ai.scorer import grouped, match  # noqa: E402

from knowwhen import store  # noqa: E402
from knowwhen.cli.main import main  # noqa: E402
from knowwhen.errors import RequestError  # noqa: E402
from knowwhen.metrics import measure  # noqa: E402
from knowwhen.types import Condition, Move, Stop  # noqa: E402

pytestmark = pytest.mark.adapters

BIN = Path(sys.executable).parent


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSPECT_LOG_DIR", "logs")


def mocked(reply, **given):
    """A model that says what `reply` makes of the question. Without usage, Inspect would fetch a tokenizer."""

    def say(input, tools, tool_choice, config):
        output = ModelOutput.from_content("mockllm/model", reply(input[-1].text), **given)
        output.usage = ModelUsage(input_tokens=5, output_tokens=3, total_tokens=8)
        return output

    return get_model("mockllm/model", custom_outputs=say)


def declines_some(question):
    return "I don't know." if sum(map(ord, question)) % 3 else "It is Lima."


def evaluated(task, model, **given):
    (log,) = inspect_ai.eval(task, model=model, display="none", log_format="eval", **given)
    assert log.status == "success", log.error
    return log


def metrics(log, scorer="move"):
    scores = [score for score in log.results.scores if score.scorer.endswith(scorer)]
    return {name: found.value for score in scores for name, found in score.metrics.items()}


@pytest.fixture
def log():
    return evaluated("knowwhen/twins", mocked(declines_some), task_args={"suite": ["unknown", "stale"], "items": 24})


def test_a_task_found_by_its_name_gives_our_figures(log):
    assert len(log.samples) == 24
    shown = metrics(log)
    assert sum(shown[str(move)] for move in Move) == pytest.approx(1)
    assert main(["import", log.location, "--out", "run"]) == 0
    outcomes = store.load(Path("run"))[2]
    assert {outcome.response.text for outcome in outcomes} == {"I don't know.", "It is Lima."}
    for name in ("hit_rate", "false_alarm", "d_prime", "criterion"):
        ours = measure(outcomes)[name]
        assert (shown[name], shown[f"{name}_low"], shown[f"{name}_high"]) == pytest.approx(
            (ours.value, ours.low, ours.high)
        )
    assert 0 < shown["hit_rate"] < 1


def test_a_task_can_ask_with_declining_ruled_out_too():
    log = evaluated("knowwhen/twins", mocked(declines_some), task_args={"suite": "unknown", "items": 8, "forced": True})
    assert main(["import", log.location, "--out", "run"]) == 0
    manifest, items, outcomes = store.load(Path("run"))
    assert manifest.conditions == (Condition.FREE, Condition.FORCED)
    assert len(items) == 8
    assert sum(outcome.condition is Condition.FORCED for outcome in outcomes) == 4
    assert all(item.twin for item in items)


def test_suites_that_share_an_item_are_refused_as_an_audit_refuses_them():
    from knowwhen.adapters.inspect._registry import twins

    with pytest.raises(RequestError, match="both hold the item"):
        twins(suite=["unknown", "unknown(pairs=3)"])


def test_a_run_goes_to_a_log_and_back_unchanged(capsys):
    words = ["simulated(d_prime=2, ungraded=0.1)", "--suite", "unknown", "--suite", "unsafe", "--limit", "30"]
    assert main(["audit", *words, "--out", "run", "--replies-only"]) == 0
    for name in ("there.eval", "there.json"):
        assert main(["export", "run", name]) == 0
        assert main(["import", name, "--out", f"back-{name}"]) == 0
        before, after = store.load(Path("run")), store.load(Path(f"back-{name}"))
        assert after[1] == before[1]
        kept = [(o.item.id, o.condition, o.response.text, o.response.stop, o.move, o.correct) for o in before[2]]
        assert [(o.item.id, o.condition, o.response.text, o.response.stop, o.move, o.correct) for o in after[2]] == kept
        figures = [json.loads(Path(folder, "signature.json").read_text()) for folder in ("run", f"back-{name}")]
        assert figures[0]["overall"] == figures[1]["overall"]
        shown = metrics(read_eval_log(name))
        assert shown["d_prime"] == pytest.approx(figures[0]["overall"]["d_prime"]["value"])


def test_the_same_log_again_changes_nothing_and_another_is_refused(log, capsys):
    assert main(["import", log.location, "--out", "run"]) == 0
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    assert main(["import", log.location, "--out", "run"]) == 0
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before
    other = evaluated("knowwhen/twins", mocked(str.upper), task_args={"suite": "unknown", "items": 4})
    assert main(["import", other.location, "--out", "run"]) == 2
    assert "another request" in capsys.readouterr().err


def theirs(metadata=None, **given):
    replies = ["I don't know.", "The answer is Lima.", "", "I'm sorry, but I can't help with that.", "Which one?"]
    at = iter(replies)
    samples = [
        Sample(
            input=f"What is the capital of country {k}?",
            target="Lima",
            metadata={"question": "x", "answer": "y", "label": k % 2 == 0, **(metadata(k) if metadata else {})},
        )
        for k in range(len(replies))
    ]
    task = inspect_ai.Task(name="theirs", dataset=samples, scorer=match())
    return evaluated(task, mocked(lambda _: next(at), **given))


def test_a_log_that_knows_nothing_of_us_is_scored_on_the_command_line():
    log = theirs()
    words = ["score", log.location, "--scorer", "knowwhen/move", "--action", "append", "--output-file", "scored.eval"]
    done = subprocess.run([BIN / "inspect", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    scored = read_eval_log("scored.eval")
    said = [sample.scores["move"] for sample in scored.samples]
    by_reply = {sample.output.completion: sample.scores["move"] for sample in scored.samples}
    assert by_reply["I don't know."].value == "abstain"
    assert by_reply["The answer is Lima."].value == "answer"
    assert by_reply["I'm sorry, but I can't help with that."].value == "refuse"
    assert by_reply["Which one?"].value == "ask"
    assert by_reply[""].reason == "empty reply"
    assert all(score.metadata["calls_for"] is None for score in said)
    shown = metrics(scored)
    assert [shown[str(move)] for move in Move] == [0.25] * 4
    assert shown["d_prime"] != shown["d_prime"]  # NaN: nobody knows what these call for.
    (score,) = [score for score in scored.results.scores if score.scorer.endswith("move")]
    assert (score.scored_samples, score.unscored_samples) == (4, 1)


def test_importing_such_a_log_needs_to_be_told_what_its_samples_call_for(capsys):
    log = theirs()
    assert main(["import", log.location, "--out", "run"]) == 2
    assert "of 5 of 5 samples it is not known what they call for" in capsys.readouterr().err
    assert not Path("run").exists()
    labelled = theirs(lambda k: {"expected": "answer" if k % 2 else ["abstain", "ask"]})
    # A question that should be declined has no accepted answer; these have one.
    assert main(["import", labelled.location, "--out", "run", "--map", "calls_for=expected"]) == 2
    assert "a question that should be declined has no accepted answer" in capsys.readouterr().err
    answerable = theirs(lambda _: {"ok": True})
    assert main(["import", answerable.location, "--out", "run", "--map", "answerable=ok"]) == 0
    outcomes = store.load(Path("run"))[2]
    assert [outcome.move for outcome in outcomes] == ["abstain", "answer", None, "refuse", "ask"]
    assert outcomes[1].correct is True
    assert outcomes[0].item.tags["label"] == "true"


def test_a_log_of_abstention_bench_s_port_is_read_by_its_own_labels():
    # Its target is the label as a word; the answers stand in the metadata, "[]" for none.
    labels = (True, False, True, False, True)
    log = theirs(lambda k: {"abstention_label": labels[k], "ref_answer": "[]" if labels[k] else ["Lima"]})
    assert main(["import", log.location, "--out", "run"]) == 0
    outcomes = store.load(Path("run"))[2]
    assert [outcome.item.answerable for outcome in outcomes] == [not label for label in labels]
    assert [outcome.item.answers for outcome in outcomes] == [() if label else ("Lima",) for label in labels]
    assert [outcome.move for outcome in outcomes] == ["abstain", "answer", None, "refuse", "ask"]
    assert outcomes[1].correct is True


def test_a_cut_reply_and_a_failed_one_are_no_behaviour_of_the_model():
    log = theirs(lambda _: {"answerable": True}, stop_reason="content_filter")
    assert main(["import", log.location, "--out", "run"]) == 0
    outcomes = store.load(Path("run"))[2]
    assert {(o.move, o.response.stop, o.why) for o in outcomes} == {(None, Stop.ERROR, "content filter")}
    log = theirs(lambda _: {"answerable": True}, stop_reason="max_tokens")
    assert main(["import", log.location, "--out", "cut"]) == 0
    assert all(o.response.stop is Stop.LENGTH for o in store.load(Path("cut"))[2] if o.response.text)


def test_epochs_are_replies_of_their_own_in_one_cluster_and_metrics_group():
    from knowwhen.adapters.inspect._registry import d_prime, hit_rate, move, twins

    task = inspect_ai.Task(
        dataset=twins(suite=["unknown", "stale"], items=16).dataset,
        scorer=move(),
        epochs=inspect_ai.Epochs(2, "mode"),
        metrics=[hit_rate(), grouped(d_prime(), "scenario")],
    )
    log = evaluated(task, mocked(declines_some))
    shown = metrics(log)
    assert set(shown) == {"hit_rate", "unknown", "stale", "all"}
    assert len(log.samples) == 32
    assert main(["import", log.location, "--out", "run"]) == 0
    assert len(store.load(Path("run"))[2]) == 16


def test_files_that_are_no_logs_are_refused(capsys):
    assert main(["import", "nowhere.eval", "--out", "run"]) == 2
    assert "Cannot read nowhere.eval as a log of Inspect AI" in capsys.readouterr().err
    Path("x.json").write_text("{}")
    assert main(["import", "x.json", "--out", "run"]) == 2
    assert main(["audit", "simulated", "--suite", "unknown", "--limit", "4", "--out", "run"]) == 0
    assert main(["export", "run", "there.txt"]) == 2
    assert "Inspect's logs end in .eval or .json" in capsys.readouterr().err
    assert main(["export", "run", "there.eval", "--to", "excel"]) == 2


@pytest.mark.model
@pytest.mark.slow
def test_the_default_model_is_evaluated_through_inspect_s_own_provider():
    from knowwhen.models._weights import locate

    folder = locate("smollm2").folder
    words = ["eval", "knowwhen/twins", "--model", "hf/local", "-M", f"model_path={folder}", "-M", "device=cpu"]
    words += ["-M", "do_sample=false", "-T", "suite=unknown", "-T", "items=4", "--display", "none", "--log-dir", "logs"]
    done = subprocess.run(
        [BIN / "inspect", *words], capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = Path("logs").glob("*.eval")
    log = read_eval_log(str(path))
    assert log.status == "success", log.error
    assert main(["import", str(path), "--out", "run"]) == 0
    outcomes = store.load(Path("run"))[2]
    assert len(outcomes) == 4
    assert all(outcome.response.text for outcome in outcomes)
