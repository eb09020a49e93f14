"""With the real lm-evaluation-harness, in the environment that `make test-adapters` makes; elsewhere skipped."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("lm_eval")

from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

from knowwhen import suites
from knowwhen.cli.main import main
from knowwhen.errors import RequestError
from knowwhen.grading import Asked, grade
from knowwhen.metrics import measure
from knowwhen.types import Move, Outcome, Response

pytestmark = pytest.mark.adapters


def declines_some(question):
    return "I don't know." if sum(map(ord, question)) % 3 else "It is Lima."


class Mocked(LM):
    def generate_until(self, requests, **_):
        return [declines_some(request.args[0]) for request in requests]

    def loglikelihood(self, *_, **__):
        raise AssertionError

    loglikelihood_rolling = loglikelihood


@pytest.fixture
def folder(capsys):
    assert main(["lm-eval-path"]) == 0
    return capsys.readouterr().out.strip()


def evaluated(folder, task, **metadata):
    manager = TaskManager(include_path=folder, metadata=metadata)
    return simple_evaluate(Mocked(), tasks=[task], task_manager=manager, bootstrap_iters=0, log_samples=True)


def ours(items):
    outcomes = []
    for item in items:
        response = Response(declines_some(item.question))
        verdict = grade(Asked(item.question, item.answers, item.choices), response)
        correct = verdict.correct if item.answerable or verdict.move is not Move.ANSWER else False
        outcomes.append(Outcome(item, response, verdict.move, correct))
    return measure(outcomes)


@pytest.mark.parametrize("suite", suites.DEFAULT)
def test_every_built_in_suite_is_a_task_with_our_figures(folder, suite):
    found = evaluated(folder, f"knowwhen_{suite}", pairs=12)["results"][f"knowwhen_{suite}"]
    figures = ours(suites.load(suite, pairs=12))
    for name in ("hit_rate", "false_alarm", "d_prime", "criterion"):
        for side, key in (("value", name), ("low", f"{name}_low"), ("high", f"{name}_high")):
            assert found[f"{key},none"] == pytest.approx(getattr(figures[name], side))
    assert found["ungraded,none"] == 0


def test_one_task_asks_all_suites_and_items_keeps_twins_together(folder):
    found = evaluated(folder, "knowwhen_twins", items=28)
    samples = found["samples"]["knowwhen_twins"]
    assert len(samples) == 28
    docs = {sample["doc"]["id"]: sample["doc"] for sample in samples}
    assert all(doc["twin"] in docs for doc in docs.values())
    assert len({doc["scenario"] for doc in docs.values()}) == 7
    assert all(sample["d_prime"]["why"] for sample in samples)


def test_suites_that_share_an_item_are_refused_as_an_audit_refuses_them():
    from knowwhen.adapters.lm_eval.twins import dataset

    with pytest.raises(RequestError, match="both hold the item"):
        dataset(["unknown", "unknown(pairs=3)"])


def test_the_tag_names_the_seven(folder):
    found = TaskManager(include_path=folder).load("knowwhen")["tasks"]
    assert set(found) == {f"knowwhen_{name}" for name in suites.DEFAULT}


@pytest.mark.model
@pytest.mark.slow
def test_the_default_model_is_evaluated_on_the_command_line(folder, tmp_path):
    from knowwhen.models._weights import locate

    model = locate("smollm2").folder
    words = ["run", "--model", "hf", "--model_args", f"pretrained={model}", "--include_path", folder, "--device", "cpu"]
    words += ["--tasks", "knowwhen_unknown", "--metadata", '{"items": 4}', "--apply_chat_template", "--batch_size", "4"]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [Path(sys.executable).parent / "lm_eval", *words, "--output_path", tmp_path],
        capture_output=True,
        text=True,
        env={**os.environ, **offline},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = tmp_path.rglob("results_*.json")
    found = json.loads(path.read_text())
    assert found["n-samples"]["knowwhen_unknown"]["effective"] == 4
    assert 0 <= found["results"]["knowwhen_unknown"]["hit_rate,none"] <= 1
