"""GRPO: log-probabilities and losses against TRL's own and brute force, rollouts, resumed runs, plain endings."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.models import tiny
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from knowwhen.errors import ModelError, RequestError
from knowwhen.grading import Asked
from knowwhen.objectives import load
from knowwhen.training import _adapter, _rollouts
from knowwhen.training._plan import Plan, Step, settings
from knowwhen.training._said import REQUESTS
from knowwhen.types import Move, Response, Verdict

trl = pytest.importorskip("trl")

from trl import GRPOTrainer  # noqa: E402

from knowwhen.training import _grpo  # noqa: E402
from knowwhen.training._head import picked, plain_head  # noqa: E402
from knowwhen.training.trainers import grpo  # noqa: E402

ROWS = [
    {
        "prompt": [{"role": "user", "content": f"w{k} w{k + 1} ?" + " w4" * (k % 3)}],
        "id": f"row {k}",
        "calls_for": ["answer"],
        "answers": ["w5"],
    }
    for k in range(6)
]


GOLDEN = [(0.0, -0.25), (0.0014, 0.1429), (0.0039, 0.2857), (0.0033, 0.7143)]
"""(loss, reward) of each step; the first loss is 0 up to lengths, for advantages sum to 0."""


def by_word(asked: Sequence[Asked], responses: Sequence[Response]) -> list[Verdict]:
    """An answer is right with an even number of letters; a reply with w7 in it declines, one with w8 is not graded."""
    return [
        Verdict(None, None, "w8") if "w8" in r.text
        else Verdict(Move.ABSTAIN) if "w7" in r.text
        else Verdict(Move.ANSWER, len(r.text) % 2 == 0)
        for r in responses
    ]  # fmt: skip


def silent(asked: Sequence[Asked], responses: Sequence[Response]) -> list[Verdict]:
    return [Verdict(Move.ABSTAIN) for _ in responses]


def ungradable(asked: Sequence[Asked], responses: Sequence[Response]) -> list[Verdict]:
    return [Verdict(None, None, "judge") for _ in responses]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return saved(tmp_path / "model")


def saved(path: Path, kind: str = "llama") -> Path:
    tiny.model(kind).save_pretrained(path)
    tiny.tokenizer().save_pretrained(path)
    return path


def plan(folder: Path, **more: Any) -> Plan:
    options = {"generations": 4, "max_completion_length": 6, **more.pop("options", {})}
    asked = {"model": str(folder), "out": folder.parent / "out", "steps": 4, "batch": 2, "rank": 2, "save_every": 2,
             "learning_rate": 3e-2, "objective": "ternary"}  # fmt: skip
    return Plan(trainer="grpo", options=options, **{**asked, **more})


def run(asked: Plan, grade: Any = by_word) -> list[Step]:
    told: list[Step] = []
    assert grpo.train(asked, ROWS, told.append, grade=grade) == asked.out
    return told


def trainer(asked: Plan, grade: Any = by_word) -> _grpo.SharedGRPO:
    """A trainer that has not begun, with an adapter that does something."""
    base = _adapter.open_base(asked)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in base.model.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.2)
    options = settings(asked, grpo.DEFAULTS)
    with grpo._quiet():
        return grpo.trainer_of(asked, base, ROWS, options, load("ternary"), grade=grade, tell=lambda _: None)


def batch(seed: int = 0) -> dict[str, torch.Tensor]:
    """Two prompts of different length, three completions each, as TRL lays them out; one completion is masked out."""
    rng = torch.Generator().manual_seed(seed)
    prompt, completion = torch.randint(1, 90, (6, 9), generator=rng), torch.randint(1, 90, (6, 5), generator=rng)
    prompt[1], prompt[2], prompt[4], prompt[5] = prompt[0], prompt[0], prompt[3], prompt[3]
    completion[1, :2] = completion[0, :2]  # they begin alike
    prompt_mask, mask = torch.ones_like(prompt), torch.ones_like(completion)
    prompt_mask[3:, :4] = 0
    mask[1, 3:], mask[2, 1:], mask[4] = 0, 0, 0
    return {"prompt_ids": prompt, "prompt_mask": prompt_mask, "completion_ids": completion, "completion_mask": mask,
            "advantages": torch.randn(6, generator=rng), "num_items_in_batch": mask.sum()}  # fmt: skip


def gradients(model: Any) -> dict[str, torch.Tensor]:
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad(set_to_none=True)
    return found


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor], atol: float = 1e-5) -> bool:
    return one.keys() == other.keys() and all(torch.allclose(one[n], other[n], atol=atol) for n in one)


def adapter(out: Path) -> dict[str, torch.Tensor]:
    return dict(load_file(out / "adapter_model.safetensors"))


@pytest.mark.parametrize("kind", ["llama", "qwen2", "mistral", "gemma3_text"])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_shared_log_probabilities_and_their_gradients_are_those_of_trl(
    tmp_path: Path, kind: str, temperature: float
) -> None:
    made = trainer(plan(saved(tmp_path / "model", kind), options={"temperature": temperature}))
    assert made.shared, made.note
    given = batch()
    ids = torch.cat([given["prompt_ids"], given["completion_ids"]], 1)
    mask = torch.cat([given["prompt_mask"], given["completion_mask"]], 1)
    weights = torch.randn(6, 5, generator=torch.Generator().manual_seed(2)) * given["completion_mask"]
    ours, spread, _ = made._get_per_token_logps_and_entropies(made.model, ids, mask, 5, compute_entropy=True)
    (ours * weights).sum().backward()
    our_gradients = gradients(made.model)
    theirs, entropies, _ = GRPOTrainer._get_per_token_logps_and_entropies(
        made, made.model, ids, mask, 5, compute_entropy=True
    )
    (theirs * weights).sum().backward()
    inside = given["completion_mask"].bool()
    assert torch.allclose(ours[inside], theirs[inside], atol=1e-5)
    assert torch.allclose(spread[inside], entropies[inside], atol=1e-5)
    assert len(our_gradients) > 8
    assert same(our_gradients, gradients(made.model), 5e-5)
    with torch.no_grad():  # bounded passes, as for the reference
        plain = made._get_per_token_logps_and_entropies(made.model, ids, mask, 5)[0]
    assert torch.allclose(plain, ours, atol=1e-5)


def test_the_head_in_chunks_is_the_softmax_of_all_logits() -> None:
    model = tiny.model()
    for weight in model.parameters():
        weight.requires_grad_(False)
    head = plain_head(model)
    assert head is not None
    torch.manual_seed(0)
    state = torch.randn(300, 32, requires_grad=True)  # more than a chunk of positions
    at, target = torch.randint(0, 300, (700,)).sort().values, torch.randint(0, 96, (700,))
    weights = torch.randn(700)
    logp, entropy = picked(state, head, at, target, 0.5)
    (logp * weights).sum().backward()
    ours = state.grad.clone()
    state.grad = None
    full = (head(state) / 0.5).log_softmax(-1)
    (full[at, target] * weights).sum().backward()
    assert torch.allclose(logp, full[at, target], atol=1e-5)
    assert torch.allclose(entropy, -(full.exp() * full).sum(-1)[at], atol=1e-5)
    assert torch.allclose(ours, state.grad, atol=1e-4)


@pytest.mark.parametrize("shared_marks", [0, 1, 2])
def test_the_decoupled_loss_is_the_formula(folder: Path, shared_marks: int) -> None:
    alpha = 0.25
    made = trainer(plan(folder, options={"mode_alpha": alpha}))
    given = batch()
    made.lead = tuple(given["completion_ids"][0, :shared_marks].tolist())  # as the first two completions begin
    chosen = [shared_marks, shared_marks, 0, 0, 0, 0]
    made.current_gradient_accumulation_steps = 1
    loss = made.compute_loss(made.model, given)
    loss.backward()
    ours = gradients(made.model)
    ids = torch.cat([given["prompt_ids"], given["completion_ids"]], 1)
    mask = torch.cat([given["prompt_mask"], given["completion_mask"]], 1)
    logp, _, _ = GRPOTrainer._get_per_token_logps_and_entropies(made, made.model, ids, mask, 5)
    parts = []
    for i, advantage in enumerate(given["advantages"].tolist()):
        size = int(given["completion_mask"][i].sum())
        own = [-advantage * torch.exp(logp[i, t] - logp[i, t].detach()) for t in range(size)]
        first = alpha * own.pop(chosen[i]) if own else torch.zeros(())
        parts.append(first + (sum(own) / len(own) if own else 0))
    brute = torch.stack(parts).mean()
    brute.backward()
    assert loss.item() == pytest.approx(brute.item(), abs=1e-6)
    assert same(ours, gradients(made.model))


def in_letters() -> Any:
    """A tokenizer with a token for each letter, so that all marks begin with the same one."""
    core = Tokenizer(models.WordLevel({c: k for k, c in enumerate("<>/abcdefghijklmnopqrstuvwxyz ")}, unk_token=" "))
    core.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token=" ")


def default_s() -> Any:
    from knowwhen.models._weights import locate

    return AutoTokenizer.from_pretrained(locate("smollm2").folder)


@pytest.mark.parametrize("tokens", [in_letters, pytest.param(default_s, marks=pytest.mark.model)])
def test_the_token_that_is_weighed_is_the_one_at_which_the_marks_part(tokens: Any) -> None:
    tokenizer = tokens()
    short, think, other = (tokenizer(t, add_special_tokens=False)["input_ids"] for t in ("<short>", "<think>", "abcd"))
    begun = _grpo.lead(short, think)
    size = len(begun)
    assert size >= 1  # in both the marks begin alike
    assert short[:size] == think[:size]
    assert short[size] != think[size]
    wide = max(map(len, (short, think, other)))
    ids = torch.tensor([[*row, *[0] * (wide - len(row))] for row in (short, think, other, short)])
    mask = torch.ones_like(ids)
    mask[3, size:] = 0  # cut off before it chose
    assert _grpo.parting(ids, mask, begun).tolist() == [size, size, 0, 0]
    weight = _grpo.decoupled(torch.ones(4), mask, 0.25, _grpo.parting(ids, mask, begun))
    assert weight[0, size] == 0.25 * wide
    assert weight[0, 0] == wide / (wide - 1)
    assert weight[2, 0] == 0.25 * wide
    assert _grpo.parting(ids[:, :size], mask[:, :size], begun).tolist() == [0] * 4


def test_marks_of_one_token_each_are_chosen_by_the_first() -> None:
    assert _grpo.lead([7], [8]) == _grpo.lead([7, 1], [8, 1]) == ()
    assert _grpo.lead([7], [7]) == ()  # marks that the tokenizer does not know


def test_rollouts_have_the_model_s_own_log_probabilities_and_are_drawn_again_alike(folder: Path) -> None:
    made = trainer(plan(folder))
    prompts = [row["prompt"] for row in ROWS[:2] for _ in range(4)]
    drawn = made.rollout_func(prompts, made)
    assert drawn == made.rollout_func(prompts, made)
    assert len({tuple(ids) for ids in drawn["completion_ids"][:4]}) > 1
    made.state.global_step = 1
    assert drawn["completion_ids"] != made.rollout_func(prompts, made)["completion_ids"]
    tokenizer = made.processing_class
    for k, prompt in enumerate(prompts):
        ids, new = drawn["prompt_ids"][k], drawn["completion_ids"][k]
        assert ids == tokenizer.apply_chat_template(prompt, add_generation_prompt=True)["input_ids"]
        with torch.no_grad():
            full = made.model(torch.tensor([ids + new])).logits[0].log_softmax(-1)
        own = full[len(ids) - 1 : -1].gather(1, torch.tensor(new)[:, None])[:, 0]
        assert torch.allclose(torch.tensor(drawn["logprobs"][k]), own, atol=1e-4)
        assert drawn["ended"][k] == (new[-1] == tokenizer.eos_token_id)
        assert drawn["said"][k] == tokenizer.decode(new, skip_special_tokens=True).strip()


def test_completions_of_a_prompt_stay_together_over_passes(folder: Path) -> None:
    made = trainer(plan(folder, batch=3))
    made.model.train()
    rows = [row for row in ROWS[:3] for _ in range(4)]
    passes = []
    for step in range(3):
        made._step = step
        passes.append(made._prepare_inputs([dict(row) for row in rows]))
    assert [tuple(p["row"].tolist()) for p in passes] == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11)]
    assert all((p["prompt_ids"] == p["prompt_ids"][0]).all() for p in passes)


def test_a_reply_without_a_reward_moves_nothing_and_is_in_no_mean(folder: Path) -> None:
    def some(asked: Sequence[Asked], responses: Sequence[Response]) -> list[Verdict]:
        return [Verdict(None, None, "judge") if k % 4 == 0 else Verdict(Move.ANSWER, k % 4 == 1) for k in range(8)]

    made = trainer(plan(folder), some)
    made.model.train()
    found = made._generate_and_score_completions([dict(row) for row in ROWS[:2] for _ in range(4)])
    # Of right, wrong, wrong the mean is −1/3; the ungraded first is 0, not 0 − (−1/3).
    assert found["advantages"].tolist() == pytest.approx([0, 4 / 3, -2 / 3, -2 / 3] * 2)


@pytest.mark.parametrize(("count", "batch"), [(5, 2), (5, 4), (7, 7), (3, 5)])
def test_a_step_has_no_question_twice_and_all_come_equally_often(folder: Path, count: int, batch: int) -> None:
    rows = [{"prompt": f"Question {k}?"} for k in range(count)]
    asked = [row["prompt"][0]["content"] for row in grpo.ordered(rows, plan(folder, steps=20, batch=batch))]
    assert len(asked) == 20 * batch
    times = [asked.count(row["prompt"]) for row in rows]
    assert max(times) - min(times) <= 1
    for start in range(0, len(asked), batch):
        assert len(set(asked[start : start + batch])) == min(count, batch) or count < batch


def test_golden_curve(folder: Path) -> None:
    steps = run(plan(folder, kl=0.05))
    assert [s.step for s in steps] == [1, 2, 3, 4]
    assert [(round(s.loss, 4), round(s.reward, 4)) for s in steps] == GOLDEN
    assert steps[0].kl == 0
    assert steps[-1].kl > 0
    shares = [s.right + s.wrong + s.declined for s in steps]
    assert all(0 < share <= 1 for share in shares)
    assert not (folder.parent / "out" / "ref").exists()
    assert not (folder.parent / "out" / "checkpoints").exists()
    lines = [json.loads(line) for line in (folder.parent / "out" / grpo.COMPLETIONS).read_text().splitlines()]
    assert len(lines) == 4 * 2 * 4
    assert {line["step"] for line in lines} == {0, 1, 2, 3}


@pytest.mark.parametrize("shared", [True, False])
def test_without_a_weight_kl_is_told_at_some_steps_as_trl_estimates_it(
    folder: Path, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"shared": shared}
    first = run(plan(folder, options=options, out=folder.parent / "first"))
    assert [step.step for step in first if step.kl == step.kl] == [4]
    start = f"{folder}+{folder.parent / 'first'}"  # the start is not the base
    told = run(plan(folder, model=start, steps=6, options=options, out=folder.parent / "told"))
    weighed = run(plan(folder, model=start, steps=6, options=options, kl=1e-9, out=folder.parent / "weighed"))
    assert [step.step for step in told if step.kl == step.kl] == [5, 6]
    assert [told[k].kl for k in (4, 5)] == pytest.approx([weighed[k].kl for k in (4, 5)], rel=1e-2)
    assert told[5].kl > 0
    monkeypatch.setattr(_grpo, "kl_told", lambda *_: False)
    silent = run(plan(folder, model=start, steps=6, options=options, out=folder.parent / "silent"))
    assert all(step.kl != step.kl for step in silent)
    one, other = adapter(folder.parent / "told"), adapter(folder.parent / "silent")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_sharing_changes_no_step(folder: Path) -> None:
    shared = run(plan(folder, kl=0.05))
    plain = run(plan(folder, kl=0.05, out=folder.parent / "plain", options={"shared": False}))
    assert [s.loss for s in shared] == pytest.approx([s.loss for s in plain], abs=1e-4)
    assert [s.reward for s in shared] == [s.reward for s in plain]
    one, other = adapter(folder.parent / "out"), adapter(folder.parent / "plain")
    assert all(torch.allclose(one[name], other[name], atol=1e-2) for name in one)


def test_reward_rises(folder: Path) -> None:
    def even(asked: Sequence[Asked], responses: Sequence[Response]) -> list[Verdict]:
        first = [re.match(r"w\d*[02468](?!\d)", r.text) for r in responses]
        return [Verdict(Move.ANSWER, bool(found)) for found in first]

    asked = plan(folder, steps=12, batch=3, options={"generations": 8, "max_completion_length": 3})
    steps = run(asked, even)
    early, late = (sum(s.reward for s in part) / 3 for part in (steps[:3], steps[-3:]))
    assert late > early + 0.3


def test_killed_and_resumed_it_ends_the_same(folder: Path) -> None:
    whole = plan(folder, steps=6, kl=0.05)
    steps = run(whole)
    broken = plan(folder, steps=6, kl=0.05, out=folder.parent / "broken")

    def killed(step: Step) -> None:
        if step.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grpo.train(broken, ROWS, killed, grade=by_word)
    again = run(broken)
    assert [(s.step, s.begun) for s in again] == [(5, 4), (6, 4)]
    assert {s.begun for s in steps} == {0}
    assert [s.loss for s in again] == [s.loss for s in steps[4:]]
    one, other = adapter(whole.out), adapter(broken.out)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (whole.out / grpo.COMPLETIONS).read_text() == (broken.out / grpo.COMPLETIONS).read_text()
    assert [row["step"] for row in _adapter.steps(broken.out)] == [1, 2, 3, 4, 5, 6]


def test_where_all_decline_nothing_moves_and_a_note_says_so(folder: Path) -> None:
    steps = run(plan(folder), silent)
    assert all(s.note == "every reply declined, so nothing was learned" for s in steps)
    assert [(s.loss, s.reward, s.declined) for s in steps] == [(0, 0, 1)] * 4
    assert all(not weight.any() for name, weight in adapter(folder.parent / "out").items() if "lora_B" in name)


def test_where_nothing_can_be_graded_a_note_says_so_and_no_adapter_is_written(folder: Path) -> None:
    asked, steps = plan(folder), list[Step]()
    with pytest.raises(ModelError, match="No reply of the whole run had a reward"):
        grpo.train(asked, ROWS, steps.append, grade=ungradable)
    assert all(math.isnan(step.reward) for step in steps)
    assert {step.note.partition(":")[0] for step in steps} == {
        "no reply has a reward, so nothing was learned; none could be graded"
    }
    assert not (asked.out / "training.json").exists()
    assert not (asked.out / "adapter_model.safetensors").exists()
    with pytest.raises(ModelError, match="No reply of the whole run"):  # a second time too, from its last checkpoint
        grpo.train(asked, ROWS, steps.append, grade=ungradable)


def test_where_nothing_is_paid_a_note_says_so_whatever_the_cause() -> None:
    logs = {"reward": None, "replies/ungraded": 0.0, "replies/declined": 1.0}
    assert grpo.read(logs)["note"] == "no reply has a reward, so nothing was learned"


def test_where_one_question_is_ungraded_and_the_other_s_replies_earn_the_same_a_note_says_so(folder: Path) -> None:
    def mixed(asked: Sequence[Asked], responses: Sequence[Response]) -> list[Verdict]:
        return [Verdict(None, None, "judge") if k < 4 else Verdict(Move.ABSTAIN) for k in range(len(asked))]

    (step,) = run(plan(folder, steps=1), mixed)
    assert step.note == (
        "the replies of each question earned the same, as far as they have a reward, so nothing was learned"
    )


def test_what_the_objective_wants_stated_is_asked_for_and_not_graded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts: list[str] = []
    questions: set[str] = set()
    real = _rollouts.prompt_tokens

    def spy(base: Any, prompt: Any) -> tuple[int, ...]:
        prompts.append(prompt[-1]["content"])
        return real(base, prompt)

    def grade(asked: Sequence[Asked], responses: Sequence[Response]) -> list[Verdict]:
        questions.update(one.question for one in asked)
        return by_word(asked, responses)

    monkeypatch.setattr(_rollouts, "prompt_tokens", spy)
    asked = plan(folder, objective="brier", steps=2)
    run(asked, grade)
    assert prompts
    assert all(prompt.endswith(REQUESTS["confidence"]) for prompt in prompts)
    assert questions <= {row["prompt"][-1]["content"] for row in ROWS}
    assert f"> {REQUESTS['confidence'].strip()}" in (asked.out / "README.md").read_text()
    run(plan(folder, steps=1, out=folder.parent / "plain"))
    assert "prompts of the training ask" not in (folder.parent / "plain" / "README.md").read_text()


@pytest.mark.parametrize(
    ("objective", "words"),
    [("ternary(knowledge=True)", "none of the 6 rows has a `known`"), ("ternary(reasoning='additive')", "`sound`")],
)
def test_what_nothing_gives_is_refused_before_training(folder: Path, objective: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        run(plan(folder, objective=objective))
    assert not (folder.parent / "out").exists()


def test_a_judge_of_the_reasoning_can_be_given(folder: Path) -> None:
    def sound(texts: Sequence[str], rows: Sequence[Any]) -> list[bool | None]:
        return [len(text) % 2 == 0 for text in texts]

    told: list[Step] = []
    asked = plan(folder, objective="ternary(reasoning='additive')", steps=1)
    grpo.train(asked, ROWS, told.append, grade=by_word, sound=sound)
    assert math.isfinite(told[0].reward)


def test_a_loss_that_is_no_number_stops(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = GRPOTrainer._compute_loss
    monkeypatch.setattr(GRPOTrainer, "_compute_loss", lambda self, *given: real(self, *given) * float("nan"))
    with pytest.raises(ModelError, match="loss at step 1 is nan"):
        run(plan(folder))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"generations": 1}, "at least 2 replies"),
        ({"beam": 4}, "has no option 'beam'"),
        ({"prompts_at_once": 3}, "does not split"),
        ({"mode_alpha": 0.1, "loss_type": "dapo"}, "form of its own"),
        ({"max_completion_length": 500}, "beyond the model's 256 positions"),
        ({"trl": {"no_such": 1}}, "does not take"),
    ],
)
def test_faults_are_told(folder: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        run(plan(folder, options=options))


def test_no_rows_are_told(folder: Path) -> None:
    with pytest.raises(RequestError, match="no prompts"):
        grpo.train(plan(folder), [], lambda _: None)
