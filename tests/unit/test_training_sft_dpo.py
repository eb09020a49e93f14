"""SFT and DPO on TRL: known first losses, short golden curves, resumed runs, plain endings."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.models import tiny

from knowwhen.errors import ModelError, RequestError
from knowwhen.training import _adapter
from knowwhen.training._plan import Plan, Step
from knowwhen.training.rows import reply, write

trl = pytest.importorskip("trl")

from knowwhen.training import _trl  # noqa: E402
from knowwhen.training.trainers import dpo, sft  # noqa: E402

TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<reply>{{ m['content'] }}<end>{% else %}"
    "<{{ m['role'] }}>{{ m['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}<reply>{% endif %}"
)
EXAMPLES = [
    {"prompt": [{"role": "user", "content": f"w{k} w{k + 1} ?"}], "completion": reply(f"w{2 * k} w3" + " w5" * (k % 3))}
    for k in range(10)
]
PAIRS = [
    {"prompt": row["prompt"], "chosen": row["completion"], "rejected": reply(f"w{k + 7}")}
    for k, row in enumerate(EXAMPLES)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    tiny.model().save_pretrained(path)
    tiny.tokenizer(TEMPLATE).save_pretrained(path)
    return path


def plan(folder: Path, trainer: str, **more: Any) -> Plan:
    asked = {"model": str(folder), "steps": 6, "batch": 4, "learning_rate": 1e-2, "rank": 2, "save_every": 2}
    return Plan(trainer=trainer, **{**asked, "out": folder.parent / "out", **more})


def run(trainer: Any, asked: Plan, rows: list[Any]) -> list[Step]:
    told: list[Step] = []
    assert trainer.train(asked, rows, told.append) == asked.out
    return told


def hand_loss(folder: Path, rows: list[Any], template: str | None = TEMPLATE) -> float:
    """The mean negative log-likelihood of completion tokens, nats, one row at a time."""
    model, tokenizer = tiny.model(), tiny.tokenizer(template)
    total, count = 0.0, 0
    for row in rows:
        asked, said = row["prompt"][0]["content"], row["completion"][0]["content"]
        text = f"<user>{asked}<reply>" if template else f"Question: {asked}\nAnswer:"
        prompt, ids = (tokenizer(t)["input_ids"] for t in (text, f"{text}{said}<end>"))
        with torch.no_grad():
            logp = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        for place in range(len(prompt), len(ids)):
            total -= float(logp[place - 1, ids[place]])
            count += 1
    return total / count


def adapter(out: Path) -> dict[str, torch.Tensor]:
    return dict(load_file(out / "adapter_model.safetensors"))


@pytest.mark.parametrize("template", [TEMPLATE, None])
def test_the_first_loss_of_imitation_is_the_mean_nll_of_completion_tokens(folder: Path, template: str | None) -> None:
    tiny.tokenizer(template).save_pretrained(folder)
    if template is None:
        (folder / "chat_template.jinja").unlink()
    (step,) = run(sft, plan(folder, "sft", steps=1, batch=len(EXAMPLES)), EXAMPLES)
    assert step.loss == pytest.approx(hand_loss(folder, EXAMPLES, template), abs=1e-4)


@pytest.mark.parametrize(("trainer", "rows"), [(sft, EXAMPLES), (dpo, PAIRS)])
def test_passes_over_a_part_of_the_batch_give_the_same_run(folder: Path, trainer: Any, rows: list[Any]) -> None:
    name = trainer.__name__.rpartition(".")[2]
    whole = run(trainer, plan(folder, name), rows)
    parts = run(trainer, plan(folder, name, out=folder.parent / "parts", options={"rows_at_once": 2}), rows)
    assert [s.loss for s in parts] == pytest.approx([s.loss for s in whole], abs=1e-4)


def test_the_first_loss_of_preference_is_ln_2_from_a_fresh_and_from_a_trained_adapter(folder: Path) -> None:
    (fresh,) = run(dpo, plan(folder, "dpo", steps=1), PAIRS)
    assert fresh.loss == pytest.approx(math.log(2), abs=1e-6)
    seeded = run(sft, plan(folder, "sft", out=folder.parent / "seed", steps=12, learning_rate=3e-2), EXAMPLES)
    assert seeded[-1].loss < seeded[0].loss - 1  # so that the bare base would be another reference
    more = plan(folder, "dpo", model=f"{folder}+{folder.parent / 'seed'}", out=folder.parent / "more", steps=3)
    again = run(dpo, more, PAIRS)
    assert again[0].loss == pytest.approx(math.log(2), abs=1e-6)
    assert again[-1].reward > 0
    assert not (more.out / "ref").exists(), "the reference is no part of the adapter"
    seed, trained = adapter(folder.parent / "seed"), adapter(more.out)
    assert seed.keys() == trained.keys()
    assert not all(torch.equal(seed[name], trained[name]) for name in seed)


GOLDEN = {
    "sft": [5.3695, 5.5838, 5.5443, 5.4044, 5.0902, 3.7103],
    "dpo": [0.6931, 0.6768, 0.6732, 0.5948, 0.5887, 0.5006],
}


@pytest.mark.parametrize(("trainer", "rows"), [(sft, EXAMPLES), (dpo, PAIRS)])
def test_short_golden_curves(folder: Path, trainer: Any, rows: list[Any]) -> None:
    name = trainer.__name__.rpartition(".")[2]
    asked = plan(folder, name)
    told = run(trainer, asked, rows)
    assert [s.step for s in told] == list(range(1, 7))
    assert [s.loss for s in told] == pytest.approx(GOLDEN[name], abs=2e-3)
    assert [row["loss"] for row in _adapter.steps(asked.out)] == [s.loss for s in told]
    record = json.loads((asked.out / "training.json").read_text())
    assert record["fingerprint"] == asked.fingerprint
    assert record["figures"]["loss"] == round(told[-1].loss, 4)
    assert not (asked.out / "checkpoints").exists()


@pytest.mark.parametrize(("trainer", "rows"), [(sft, EXAMPLES), (dpo, PAIRS)])
def test_a_killed_run_goes_on_to_the_same_adapter(folder: Path, trainer: Any, rows: list[Any]) -> None:
    name = trainer.__name__.rpartition(".")[2]
    straight = run(trainer, plan(folder, name, out=folder.parent / "straight"), rows)

    def until_five(step: Step) -> None:
        if step.step == 5:
            raise KeyboardInterrupt

    asked = plan(folder, name)
    with pytest.raises(KeyboardInterrupt):
        trainer.train(asked, rows, until_five)
    assert not (asked.out / "adapter_model.safetensors").exists()
    found = _trl.newest(asked)
    assert found is not None
    assert found.name == "checkpoint-4"
    (found / _trl.WHOLE).unlink()  # as if the kill had come while it was written
    assert _trl.newest(replace(asked, seed=1)) is None, "another plan's checkpoints are not taken"
    told = run(trainer, asked, rows)
    assert [s.step for s in told] == [3, 4, 5, 6]
    assert [row["loss"] for row in _adapter.steps(asked.out)] == [s.loss for s in straight]
    one, other = adapter(folder.parent / "straight"), adapter(asked.out)
    assert all(torch.equal(one[key], other[key]) for key in one), "bit for bit"


SCRIPT = """
import os, signal, sys
from pathlib import Path
from knowwhen.training._plan import Plan
from knowwhen.training.rows import read
from knowwhen.training.trainers import sft

def tell(step):
    if step.step == 5:
        os.kill(os.getpid(), signal.SIGKILL)

model, out, rows = sys.argv[1:]
asked = Plan(model, "sft", Path(out), steps=6, batch=4, learning_rate=1e-2, rank=2, save_every=2)
sft.train(asked, read(Path(rows), "examples"), tell)
"""


@pytest.mark.slow
def test_a_run_that_was_killed_for_good_goes_on_to_the_same_adapter(folder: Path) -> None:
    run(sft, plan(folder, "sft", out=folder.parent / "straight"), EXAMPLES)
    rows, asked = folder.parent / "rows.jsonl", plan(folder, "sft")
    write(rows, EXAMPLES)
    killed = subprocess.run([sys.executable, "-c", SCRIPT, str(folder), str(asked.out), str(rows)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [step.step for step in run(sft, asked, EXAMPLES)] == [5, 6]
    one, other = adapter(folder.parent / "straight"), adapter(asked.out)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_rows_in_their_order(folder: Path) -> None:
    asked = plan(folder, "sft", steps=2, batch=5, options={"in_order": True}, learning_rate=1e-12)
    told = run(sft, asked, EXAMPLES)
    assert told[0].loss == pytest.approx(hand_loss(folder, EXAMPLES[:5]), abs=1e-4)
    assert told[1].loss == pytest.approx(hand_loss(folder, EXAMPLES[5:]), abs=1e-4)


def test_a_diverging_run_stops_with_a_plain_reason_and_keeps_a_good_checkpoint(folder: Path) -> None:
    asked = plan(folder, "sft", learning_rate=1e25, save_every=1, steps=12)
    with pytest.raises(ModelError, match=r"at step \d+ is (nan|inf).*diverged"):
        run(sft, asked, EXAMPLES)
    found = _trl.newest(asked)
    assert found is not None
    assert all(bool(w.isfinite().all()) for w in load_file(found / "adapter_model.safetensors").values())


def test_wrong_options_are_named(folder: Path) -> None:
    with pytest.raises(RequestError, match=r"has no option .betta.. It takes: rows_at_once, max_length, beta"):
        run(dpo, plan(folder, "dpo", options={"betta": 1}), PAIRS)
    with pytest.raises(RequestError, match="beta=0"):
        run(dpo, plan(folder, "dpo", options={"beta": 0}), PAIRS)
    with pytest.raises(RequestError, match="loss_type='nonsense'"):
        run(dpo, plan(folder, "dpo", options={"loss_type": "nonsense"}), PAIRS)
    with pytest.raises(RequestError, match="takes no KL weight; its option beta is one"):
        run(dpo, plan(folder, "dpo", kl=0.1), PAIRS)
    with pytest.raises(RequestError, match="does not split into passes of 3"):
        run(sft, plan(folder, "sft", options={"rows_at_once": 3}), EXAMPLES)


def test_memory_that_runs_out_is_said_plainly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    monkeypatch.setattr(trl.SFTTrainer, "compute_loss", full)
    with pytest.raises(ModelError, match="Memory ran out"):
        run(sft, plan(folder, "sft"), EXAMPLES)


def test_a_system_message_goes_into_the_question_where_the_template_knows_none(folder: Path) -> None:
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}" + TEMPLATE
    tiny.tokenizer(strict).save_pretrained(folder)
    base = _adapter.open_base(plan(folder, "sft"))
    turns = [{"role": "system", "content": "w1"}, {"role": "user", "content": "w2"}]
    row = {"prompt": turns, "completion": reply("w3")}
    (made,) = _trl.conversations(base, [row], ("prompt", "completion"))
    assert made["prompt"] == [{"role": "user", "content": "w1\n\nw2"}]
