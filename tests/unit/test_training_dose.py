"""The dose: a share of an adapter lies on the line from its base, and the largest one that costs little is found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import peft
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from tests.models import tiny
from tests.unit.test_training_makers import CHILE, NAUR, PERU, POEM, Scripted

from knowwhen.errors import ModelError, RequestError, RunError
from knowwhen.training import dose
from knowwhen.training._plan import Plan, finished
from knowwhen.types import Response, Stop

TARGETS = ["q_proj", "down_proj"]


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    adapted = peft.get_peft_model(tiny.model(), peft.LoraConfig(r=2, lora_alpha=4, target_modules=TARGETS))
    generator = torch.Generator().manual_seed(1)
    for name, weight in adapted.named_parameters():
        if "lora_" in name:
            weight.data = torch.randn(weight.shape, generator=generator)
    adapted.save_pretrained(str(tmp_path / "whole"))
    return tmp_path / "whole"


def merged(folder: Path) -> dict[str, torch.Tensor]:
    return dict(peft.PeftModel.from_pretrained(tiny.model(), str(folder)).merge_and_unload().state_dict())


@pytest.mark.parametrize("share", [0.0, 0.125, 0.5, 1.0])
def test_a_share_lies_on_the_line_between_the_base_and_what_was_trained(
    adapter: Path, tmp_path: Path, share: float
) -> None:
    found = merged(dose.scaled(adapter, share, tmp_path / "share"))
    base, whole = tiny.model().state_dict(), merged(adapter)
    for name, weight in found.items():
        torch.testing.assert_close(weight, base[name] + share * (whole[name] - base[name]), rtol=1e-5, atol=1e-6)
        if share in (0, 1):
            assert torch.equal(weight, (whole if share else base)[name])
    assert any(not torch.equal(base[name], whole[name]) for name in base)


def test_what_is_no_low_rank_adapter_is_refused(adapter: Path, tmp_path: Path) -> None:
    weights = load_file(adapter / dose.WEIGHTS)
    save_file({name.replace("lora_B", "other"): w for name, w in weights.items()}, adapter / dose.WEIGHTS)
    with pytest.raises(RequestError, match=r"no plain low-rank adapter \(it has .*other"):
        dose.scaled(adapter, 0.5, tmp_path / "share")


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8), st.floats(0, 1))
def test_the_largest_eighth_within_the_limit_is_found_by_four_tries(rates: list[float], limit: float) -> None:
    grows, tried = sorted(rates), []

    def withheld(share: float) -> float:
        tried.append(share)
        return grows[round(share * 8) - 1]

    expected = max((k for k in range(9) if k == 0 or grows[k - 1] <= limit), default=0) / 8
    assert dose.largest(withheld, limit) == expected
    assert len(tried) <= 1 + dose.HALVINGS
    assert len(set(tried)) == len(tried)


def test_what_counts_as_right_and_as_withheld() -> None:
    model = Scripted(
        {
            PERU.question: ["It is Lima."],
            CHILE.question: ["It is Lima."],
            POEM.question: ["Spring is warm."],
            NAUR.question: ["I don't know."],
        }
    )
    assert dose.right(model, [PERU, CHILE, POEM, NAUR], max_tokens=8) == [PERU]
    cut = Response("The capital of Chile, as everybody knows, is", Stop.LENGTH)
    after = Scripted({PERU.question: ["I'm not sure."], CHILE.question: [cut], POEM.question: ["It is warm."]})
    assert dose.withheld(after, [PERU, CHILE, POEM], max_tokens=8) == 0.5, "what was cut off is left out"
    assert dose.withheld(after, [CHILE], max_tokens=8) == 1.0, "of what says nothing nothing is taken"


def test_a_record_says_what_was_taken_and_holds_for_that_adapter_and_that_limit(adapter: Path, tmp_path: Path) -> None:
    plan = Plan("tiny", "sft", adapter, seed=3)
    kept = {"plan": {"seed": 3}, "fingerprint": plan.fingerprint, "files": {}}
    (adapter / "training.json").write_text(json.dumps(kept))
    assert finished(plan)
    out = tmp_path / "share"
    assert not dose.current(adapter, out, 0.1)
    taken = dose.Dose(0.5, 0.1, 20, {"0.5": 0.1, "1": 0.4})
    dose.write("tiny", adapter, taken, out)
    kept = json.loads((out / "training.json").read_text())
    assert kept["plan"] == {"seed": 3}
    assert (kept["dose"]["share"], kept["dose"]["withheld"]) == (0.5, {"0.5": 0.1, "1": 0.4})
    assert not finished(replace(plan, out=out)), "a share is not the end of that training"
    assert f"`{adapter}` for `tiny`: 0.5 of it is taken; withheld of 20" in (out / "README.md").read_text()
    assert dose.current(adapter, out, 0.1)
    assert not dose.current(adapter, out, 0.2)
    assert dose.read(out)["right"] == 20
    dose.scaled(adapter, 0.75, out)
    assert not dose.current(adapter, out, 0.1), "not what was recorded"
    dose.scaled(adapter, 0.5, out)
    assert dose.current(adapter, out, 0.1)
    dose.scaled(out, 0.5, adapter)
    assert not dose.current(adapter, out, 0.1), "the adapter is another now"
    for content in ("", "[]", '{"dose": null}', "{}"):
        (out / "training.json").write_text(content)
        assert not dose.current(adapter, out, 0.1)
        with pytest.raises(RunError, match="does not say which share"):
            dose.read(out)


def test_what_is_stopped_half_way_leaves_no_share_and_can_be_begun_again(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "share"
    dose.write("tiny", adapter, dose.Dose(0.5), out)
    tried: list[float] = []

    def stopped(*_: object, **__: object) -> float:
        tried.append(0.0)
        if len(tried) == 2:
            raise KeyboardInterrupt
        return 1.0

    monkeypatch.setattr(dose, "open_model", lambda _: None)
    monkeypatch.setattr(dose, "withheld", stopped)
    with pytest.raises(KeyboardInterrupt):
        dose.by_limit("tiny", adapter, [PERU], 0.1, out, max_tokens=8)
    assert not (out / dose.WEIGHTS).exists(), "what was tried last is nobody's choice"
    assert dose.ours(out)
    assert not dose.current(adapter, out, 0.1)
    assert dose.by_limit("tiny", adapter, [PERU], 0.1, out, max_tokens=8).share == 0.0
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md", "adapter_config.json", dose.WEIGHTS, "training.json",
    ]  # fmt: skip


def test_a_full_disk_ends_plainly(adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dose, "save_file", full)
    with pytest.raises(RunError, match=r"cannot be written to .*share: No space left on device"):
        dose.write("tiny", adapter, dose.Dose(0.5), tmp_path / "share")
    assert not dose.current(adapter, tmp_path / "share", 0.1)


def test_only_shares_give_way(adapter: Path, tmp_path: Path) -> None:
    assert dose.ours(tmp_path / "nowhere")
    assert not dose.ours(adapter)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "lock").touch()
    assert dose.ours(tmp_path / "empty")
    (tmp_path / "empty" / "mine.txt").touch()
    assert not dose.ours(tmp_path / "empty")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"init_lora_weights": "pissa_niter_16"}, "init_lora_weights=pissa_niter_16, which changes the base"),
        ({"init_lora_weights": "olora"}, "changes the base"),
        ({"layer_replication": [[0, 2], [1, 2]]}, "layers that stand twice"),
        (None, "no adapter_model.safetensors"),
        ("garbage", "cannot be read"),
    ],
)
def test_where_the_line_does_not_begin_at_the_base_no_share_is_taken(
    adapter: Path, tmp_path: Path, changes: dict[str, object] | str | None, words: str
) -> None:
    if changes is None:
        (adapter / dose.WEIGHTS).unlink()
    elif isinstance(changes, str):
        (adapter / dose.WEIGHTS).write_text(changes)
    else:
        config = json.loads((adapter / "adapter_config.json").read_text())
        (adapter / "adapter_config.json").write_text(json.dumps(config | changes))
    with pytest.raises((RequestError, ModelError), match=words):
        dose.write("tiny", adapter, dose.Dose(0.5), tmp_path / "share")
    assert not (tmp_path / "share").exists()
