"""Exact training: forests against plain passes, the gradient against samples and finite differences, resumed runs."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.faults import full_disk
from tests.models import tiny

from knowwhen.errors import ModelError, RequestError, RunError
from knowwhen.objectives import load
from knowwhen.training import _adapter, _plan, rows
from knowwhen.training._plan import Plan, Step
from knowwhen.training.forest import plant, reply_logprobs, token_logprobs
from knowwhen.training.rows import Candidate, closed_row
from knowwhen.training.trainers import exact
from knowwhen.types import Move, ask

GROUPS = [
    ((1, 5, 6, 7), [(8, 9, 2), (8, 9, 3), (8,), (10, 11)]),
    ((1, 5, 6), [(7, 8, 9), (2,)]),
    ((1, 5, 9, 9, 9, 3, 2, 7), [(4, 4), (4, 5, 6, 7)]),  # longer than the sliding window of 6
]


def plain(model: Any, prompt: tuple[int, ...], reply: tuple[int, ...]) -> torch.Tensor:
    """The log-probability of each token of one reply, read alone."""
    ids = torch.tensor([[*prompt, *reply]])
    logp_TV = model(ids).logits[0].float().log_softmax(-1)
    at = torch.arange(len(prompt) - 1, len(prompt) + len(reply) - 1)
    return logp_TV[at, torch.tensor(reply)]


@pytest.mark.parametrize(("kind", "most"), [("llama", 512), ("llama", 14), ("mistral", 512), ("gemma3_text", 512)])
def test_a_forest_gives_what_each_sequence_gives_alone(kind: str, most: int) -> None:
    model = tiny.model(kind)
    found: dict[int, list[torch.Tensor]] = {}
    for forest in plant(GROUPS, most):
        token_P, at = token_logprobs(model, forest), 0
        for number in forest.groups:
            for reply in GROUPS[number][1]:
                found.setdefault(number, []).append(token_P[at : at + len(reply)])
                at += len(reply)
    for number, (prompt, replies) in enumerate(GROUPS):
        for reply, got in zip(replies, found[number], strict=True):
            torch.testing.assert_close(got, plain(model, prompt, reply), atol=2e-5, rtol=1e-4)


def test_a_forest_computes_each_shared_token_once_and_has_the_same_gradient() -> None:
    model = tiny.model()
    (forest,) = plant(GROUPS)
    distinct = {(*prompt, *reply[:k]) for prompt, replies in GROUPS for reply in replies for k in range(len(reply))}
    prefixes = {path[:k] for path in distinct for k in range(1, len(path) + 1)}
    assert len(forest.ids_T) == len(prefixes)
    weight = model.model.layers[0].mlp.up_proj.weight
    reply_logprobs(model, forest)[0].sum().backward()
    together = weight.grad.clone()
    weight.grad = None
    sum(plain(model, prompt, reply).sum() for prompt, replies in GROUPS for reply in replies).backward()
    torch.testing.assert_close(together, weight.grad, atol=1e-4, rtol=1e-3)


def test_a_forest_of_random_sequences_holds_every_path() -> None:
    rng = Random(0)
    for _ in range(50):
        groups = [
            (
                tuple(rng.randrange(3) for _ in range(rng.randint(1, 5))),
                [tuple(rng.randrange(3) for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(1, 4))],
            )
            for _ in range(rng.randint(1, 5))
        ]
        for forest in plant(groups, rng.choice([8, 64])):
            paths = [forest.ids_T[np.flatnonzero(forest.sees_TT[node])].tolist() for node in range(len(forest.ids_T))]
            assert [len(path) - 1 for path in paths] == forest.depth_T.tolist()
            said: dict[int, list[int]] = {}
            asked: dict[int, list[int]] = {}
            for at, target, owner in zip(forest.at_P, forest.target_P, forest.owner_P, strict=True):
                asked.setdefault(int(owner), paths[forest.asked_S[at]])
                said.setdefault(int(owner), []).append(int(target))
            expected = [(list(groups[k][0]), list(reply)) for k in forest.groups for reply in groups[k][1]]
            assert [(asked[n], said[n]) for n in sorted(said)] == expected


def test_an_empty_prompt_or_reply_is_refused() -> None:
    with pytest.raises(RequestError, match="Group 1 has an empty prompt or reply"):
        plant([((1,), [(2,)]), ((1,), [(2,), ()])])


def test_the_gradient_of_the_expected_reward_is_that_of_many_samples_and_of_finite_differences() -> None:
    rng = np.random.default_rng(0)
    logprob_R = torch.tensor(rng.normal(-8, 2, 5), dtype=torch.float64, requires_grad=True)
    rewards = [1.0, -1.0, 0.0, 0.0, -3.0]
    start_R = torch.log_softmax(torch.tensor(rng.normal(-8, 2, 5), dtype=torch.float64), -1)

    def worth(value_R: torch.Tensor) -> torch.Tensor:
        log_R = exact.log_policy(value_R, torch.zeros_like(value_R), range(5))
        reward, kl, _ = exact.expected(log_R, rewards, start_R)
        return reward - 0.3 * kl

    worth(logprob_R).backward()
    step = 1e-6
    for k in range(5):
        bump = torch.zeros(5, dtype=torch.float64)
        bump[k] = step
        slope = (worth(logprob_R.detach() + bump) - worth(logprob_R.detach() - bump)) / (2 * step)
        assert slope.item() == pytest.approx(logprob_R.grad[k].item(), abs=1e-8)

    # REINFORCE: the mean of reward × ∇ log π over samples, with its own standard error.
    policy_R = torch.softmax(logprob_R.detach(), -1).numpy()
    log_R = np.log(policy_R) - start_R.numpy()
    drawn = rng.choice(5, 200_000, p=policy_R)
    score_SR = np.eye(5)[drawn] - policy_R
    sampled_SR = (np.array(rewards)[drawn] - 0.3 * log_R[drawn])[:, None] * score_SR
    error_R = sampled_SR.std(0) / math.sqrt(len(drawn))
    assert np.all(np.abs(sampled_SR.mean(0) - logprob_R.grad.numpy()) < 4.5 * error_R)


def test_the_expected_reward_and_divergence_in_closed_form() -> None:
    log_R = exact.log_policy(torch.log(torch.tensor([0.1, 0.3])), torch.zeros(2), (0, 1))
    reward, kl, policy_R = exact.expected(log_R, [1.0, -1.0], torch.log(torch.tensor([0.5, 0.5])))
    assert policy_R.tolist() == pytest.approx([0.25, 0.75])
    assert reward.item() == pytest.approx(-0.5)
    assert kl.item() == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5), abs=1e-6)


def test_what_is_stated_behind_an_answer_is_a_second_choice() -> None:
    stem_R = torch.log(torch.tensor([0.2, 0.2, 0.1]))  # one answer with two confidences, one way to decline
    tail_R = torch.log(torch.tensor([1e-9, 3e-9, 1.0]))  # unlikely as both are, they share what the answer has
    policy_R = exact.log_policy(stem_R, tail_R, (0, 0, 2)).exp()
    assert policy_R.tolist() == pytest.approx([2 / 3 / 4, 2 / 3 * 3 / 4, 1 / 3], rel=1e-4)


def test_drawn_replies_stand_for_all_that_the_model_says() -> None:
    """With every reply in the set, drawn ones by their share, the policy is the model's own, before and after."""
    rng = np.random.default_rng(1)
    then_R = torch.log_softmax(torch.tensor(rng.normal(-3, 2, 6)), -1)
    now_R = torch.log_softmax(then_R + torch.tensor(rng.uniform(-0.5, 0.5, 6)), -1)
    listed, drawn = then_R[:2].exp(), then_R[2:].exp()
    candidates = [Candidate(f"decline {k}", Move.ABSTAIN, logprob=then_R[k].item()) for k in range(2)] + [
        Candidate(f"say {k}", Move.ANSWER, share=(drawn[k] / drawn.sum()).item(), logprob=then_R[2 + k].item())
        for k in range(4)
    ]
    known = exact.drawn_of(candidates)
    assert min(listed) > exact.LEAST
    for policy_R in (then_R, now_R):
        log_R = exact.log_policy(policy_R, torch.zeros(6), range(6), known)
        torch.testing.assert_close(log_R, policy_R, check_dtype=False)


def test_what_is_hardly_ever_said_keeps_a_little_weight_and_other_sets_stay_as_they_are() -> None:
    never = Candidate("I don't know.", Move.ABSTAIN, logprob=-40.0)
    said = Candidate("It is Lima and so on.", Move.ANSWER, share=1.0, logprob=-25.0)
    log_R = exact.log_policy(torch.tensor([-40.0, -25.0]), torch.zeros(2), (0, 1), exact.drawn_of([never, said]))
    assert log_R.exp().tolist() == pytest.approx([0.001, 0.999], rel=1e-3)
    assert exact.drawn_of([never, Candidate("Lima", Move.ANSWER, logprob=-3.0)]) is None
    assert exact.drawn_of([Candidate("Lima", Move.ANSWER, share=1.0), never]) is None


def test_a_long_reply_that_gains_many_nats_does_not_stand_for_everything() -> None:
    """It is as unlikely as before: what is listed keeps its own probability, and shares move by so much at most."""
    known = exact.Drawn((None, 0.5, 0.5), (math.log(0.2), -60.0, -3.0))
    stem_R = torch.tensor([math.log(0.2), -40.0, -3.0], requires_grad=True)
    policy_R = exact.log_policy(stem_R, torch.zeros(3), range(3), known).exp()
    odds = math.exp(exact.REACH)
    assert policy_R.tolist() == pytest.approx([0.2, 0.8 * odds / (odds + 1), 0.8 / (odds + 1)])
    (policy_R @ torch.tensor([0.0, -1.0, 1.0])).backward()
    assert torch.isfinite(stem_R.grad).all()


@pytest.mark.parametrize("sure", [-1e-9, 0.0, 1e-6])
def test_a_policy_sums_to_one_where_declining_has_taken_everything(sure: float) -> None:
    known = exact.Drawn((None, None, 1.0), (-50.0, -2.0, -9.0))
    stem_R = torch.tensor([-2.0, sure, -30.0], requires_grad=True)
    log_R = exact.log_policy(stem_R, torch.zeros(3), range(3), known)
    assert log_R.exp().sum().item() == pytest.approx(1, abs=1e-5)
    log_R.sum().backward()
    assert torch.isfinite(stem_R.grad).all()


# ── whole runs on a tiny model ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    tiny.folder(path)
    return path


def sets() -> list[rows.Row]:
    made = []
    for k in range(6):
        known = ask(f"w{k} w{k + 1} ?", Move.ANSWER, [f"w{k + 2}"], tags={"scenario": "known"})
        candidates = [
            Candidate(f"w{k + 2}", Move.ANSWER, True),
            Candidate(f"w{k + 3} w1", Move.ANSWER, False, ended=False),
            Candidate("w9 w8", Move.ABSTAIN),
        ]
        made.append(closed_row(known, candidates))
        never = ask(f"w{k} w{k + 4} ?", Move.ABSTAIN, tags={"scenario": "unknown"})
        made.append(closed_row(never, [Candidate(f"w{k + 5}", Move.ANSWER), Candidate("w9 w8", Move.ABSTAIN)]))
    return made


def plan(folder: Path, **more: Any) -> Plan:
    sizes = {"steps": 12, "batch": 4, "learning_rate": 1e-2, "rank": 4, "save_every": 4}
    asked = {"model": str(folder), "objective": "ternary", **sizes}
    return Plan(trainer="exact", **{**asked, "out": folder.parent / "out", **more})


def run(asked: Plan, stop_at: int = 0) -> list[Step]:
    told: list[Step] = []

    def tell(step: Step) -> None:
        told.append(step)
        if step.step == stop_at:
            raise KeyboardInterrupt

    exact.train(asked, sets(), tell)
    return told


def test_training_raises_the_expected_reward_and_declines_where_it_should(folder: Path) -> None:
    told = run(plan(folder, steps=40))
    assert told[-1].reward > 0.45  # half of the questions can earn 1, the other half 0
    assert told[-1].declined == pytest.approx(0.5, abs=0.1)
    assert told[-1].right == pytest.approx(0.5, abs=0.1)
    assert told[0].reward < 0.2


def test_a_reward_that_never_pays_silence_leaves_none(folder: Path) -> None:
    told = run(plan(folder, objective="binary", steps=40))
    assert told[-1].declined < 0.05  # questions that call for declining have no reply of other worth: they drop out
    assert told[-1].right > 0.9


def test_the_loss_curve_is_the_one_that_it_was(folder: Path) -> None:
    curve = [round(step.loss, 3) for step in run(plan(folder, steps=5, kl=0.1))]
    assert curve == pytest.approx([0.541, 0.472, 0.498, 0.502, -0.034], abs=2e-3)



def test_a_killed_run_goes_on_to_the_same_weights(folder: Path, tmp_path: Path) -> None:
    whole = plan(folder, out=tmp_path / "whole", kl=0.1)
    run(whole)
    cut = plan(folder, out=tmp_path / "cut", kl=0.1)
    with pytest.raises(KeyboardInterrupt):
        run(cut, stop_at=10)
    ((kept,),) = ([*own.iterdir()] for own in (cut.out / "checkpoints").iterdir())
    assert kept.name == "step-8"
    (kept.parent / "part").mkdir()  # a kill while a checkpoint was written leaves such a folder
    assert [step.step for step in run(cut)] == [9, 10, 11, 12]
    first, second = (load_file(each.out / "adapter_model.safetensors") for each in (whole, cut))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [step["step"] for step in _adapter.steps(cut.out)] == list(range(1, 13))
    assert not (cut.out / "checkpoints").exists()


def test_without_a_weight_kl_is_told_at_some_steps_and_moves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(plan(folder, out=tmp_path / "first", steps=4))  # an adapter to train further: the start is not the base
    assert [step.step for step in first if step.kl == step.kl] == [4]
    start = f"{folder}+{tmp_path / 'first'}"
    told = run(plan(folder, model=start, out=tmp_path / "told", steps=7))
    weighed = run(plan(folder, model=start, out=tmp_path / "weighed", steps=7, kl=1e-9))
    assert [step.step for step in told if step.kl == step.kl] == [5, 7]
    assert [told[k].kl for k in (4, 6)] == pytest.approx([weighed[k].kl for k in (4, 6)], rel=1e-3)
    assert told[6].kl > told[4].kl > 0
    monkeypatch.setattr(exact, "kl_told", lambda *_: False)
    assert all(step.kl != step.kl for step in run(plan(folder, model=start, out=tmp_path / "silent", steps=7)))
    one, other = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("told", "silent"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_after_a_kill_kl_is_still_from_the_start(folder: Path, tmp_path: Path) -> None:
    whole = run(plan(folder, out=tmp_path / "whole"))
    cut = plan(folder, out=tmp_path / "cut")
    with pytest.raises(KeyboardInterrupt):
        run(cut, stop_at=9)
    assert [step.kl for step in run(cut)][-3:] == pytest.approx([step.kl for step in whole][-3:], nan_ok=True)


def test_another_plan_does_not_resume_from_a_checkpoint_that_is_not_its_own(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run(plan(folder, out=out), stop_at=6)
    assert run(plan(folder, out=out, seed=1))[0].step == 1


def test_the_folder_names_what_it_is_and_can_be_audited(folder: Path) -> None:
    asked = plan(folder, data="rows.jsonl", data_sha256="ab12", seed=3)
    run(asked)
    card = (asked.out / "README.md").read_text()
    measure = f"knowwhen audit {folder}+{asked.out} --side audit"
    for words in ("`ternary`", "rows.jsonl", "ab12", "| seed | 3 |", measure):
        assert words in card
    record = json.loads((asked.out / "training.json").read_text())
    assert record["fingerprint"] == asked.fingerprint
    from knowwhen.models import open_model
    from knowwhen.types import Generation, Message

    ((_, reply),) = open_model(f"{folder}+{asked.out}").respond([[Message("user", "w1 w2 ?")]], Generation(4))
    assert reply.tokens_out > 0


def test_an_adapter_can_be_trained_further(folder: Path, tmp_path: Path) -> None:
    first = plan(folder, out=tmp_path / "first", steps=20)
    before = run(first)
    further = plan(folder, model=f"{folder}+{first.out}", out=tmp_path / "second", rank=8)  # 8: not asked for
    after = run(further)
    assert after[0].reward > before[0].reward + 0.2
    assert "| rank | 4 |" in (further.out / "README.md").read_text()
    with pytest.raises(RequestError, match=r"--rank 16: the adapter of .* has rank 4"):
        run(replace(further, rank=16))


def test_sets_without_a_difference_are_refused(folder: Path) -> None:
    item = ask("w1 ?", Move.ABSTAIN, tags={"scenario": "unknown"})
    row = closed_row(item, [Candidate("w2", Move.ANSWER), Candidate("w3", Move.ANSWER)])
    with pytest.raises(RequestError, match="none of the 1 closed answer sets has replies of different worth"):
        exact.train(plan(folder), [row], lambda _: None)


def test_replies_that_could_not_be_graded_are_left_out_of_their_set(folder: Path) -> None:
    item = ask("w1 ?", Move.ANSWER, ["w2"], tags={"scenario": "known"})
    replies = [Candidate("w2", Move.ANSWER, True), Candidate("w3", None), Candidate("w9", Move.ABSTAIN)]
    base = _adapter.open_base(plan(folder))
    ((found,), silent) = exact.questions([closed_row(item, replies)], load("ternary"), base)
    assert found.moves == ("right", "declined")
    assert silent == 0


def test_a_policy_that_only_declines_is_named(folder: Path) -> None:
    notes = [step.note for step in run(plan(folder, objective="safety(charge=0, comply=0)", steps=60))]
    assert notes[0] == ""
    assert notes[-1].startswith("every reply declines")


def test_a_loss_that_is_no_number_ends_the_run_with_a_reason(folder: Path) -> None:
    with pytest.raises(ModelError, match="training has diverged"):
        run(plan(folder, learning_rate=1e30))


def test_a_gradient_that_is_no_number_ends_the_run_and_keeps_the_checkpoint(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = exact.expected, []

    def broken(*given: Any) -> Any:
        reward, *rest = real(*given)
        calls.append(1)  # four a step
        return (reward + torch.sqrt(0 * reward) if len(calls) == 4 * 6 else reward, *rest)

    monkeypatch.setattr(exact, "expected", broken)
    asked = plan(folder)
    with pytest.raises(ModelError, match="gradient at step 6 is nan: training has diverged"):
        run(asked)
    ((kept,),) = ([*own.iterdir()] for own in (asked.out / "checkpoints").iterdir())
    assert kept.name == "step-4"
    assert all(bool(w.isfinite().all()) for w in load_file(kept / "adapter.safetensors").values())
    assert not (asked.out / "training.json").exists()
    monkeypatch.setattr(exact, "expected", real)
    assert run(asked)[0].step == 5


def test_time_left_counts_what_this_process_has_done(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(plan(folder), stop_at=10)
    assert [step.begun for step in run(plan(folder))] == [8] * 4
    assert _plan.told(Step(10, 30, 0.25, seconds=60.0, begun=8)).endswith("about 600 s left")


def test_a_log_that_cannot_be_written_is_told_in_plain_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "open", full_disk(_adapter.LOG))
    with pytest.raises(RunError, match=r"log\.jsonl cannot be written to: No space left on device"):
        run(plan(folder))


@pytest.mark.parametrize("objective", ["brier", "log_score"])
def test_sets_without_a_confidence_are_refused_where_it_is_paid(folder: Path, objective: str) -> None:
    from knowwhen.training.makers import closed

    with pytest.raises(RequestError, match=r"prepare 'closed\(confidence=True\)' MODEL"):
        run(plan(folder, objective=objective))
    stated = [closed.stated(row) for row in sets()]
    exact.train(plan(folder, objective=objective, steps=1), stated, lambda _: None)


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("mode_routing", "Train with --trainer grpo"),
        ("ternary(knowledge=True)", "none of the 12 rows has a `known`"),
        ("ternary(reasoning='conditional')", "argument `sound`"),
    ],
)
def test_what_closed_sets_do_not_have_is_named(folder: Path, objective: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        run(plan(folder, objective=objective))


@pytest.mark.parametrize("name", ["tensorboard", "nowhere"])
def test_a_tracker_that_is_not_there_is_named_before_anything_is_trained(folder: Path, name: str) -> None:
    asked = plan(folder, report_to=(name,))
    with pytest.raises(RequestError, match=f"--report-to {name}: "):
        run(asked)
    assert not (asked.out / "log.jsonl").exists()


def test_none_is_nowhere(folder: Path) -> None:
    assert len(run(plan(folder, report_to=("none",), steps=2))) == 2


def test_steps_go_to_the_trackers_that_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import accelerate

    seen: list[tuple[int, dict[str, float]]] = []

    class Tracking:
        trackers = ("one",)

        def __init__(self, **given: Any) -> None:
            assert given["log_with"] == ["one"]

        def init_trackers(self, name: str, config: dict[str, Any]) -> None:
            assert (name, config["objective"]) == ("out", "ternary")

        def log(self, figures: dict[str, float], step: int) -> None:
            seen.append((step, figures))

        def end_training(self) -> None:
            seen.append((-1, {}))

    monkeypatch.setattr(accelerate, "Accelerator", Tracking)
    told = run(plan(folder, report_to=("one",), steps=2))
    assert [step for step, _ in seen] == [1, 2, -1]
    assert seen[0][1]["reward"] == told[0].reward
    assert "kl" not in seen[0][1]  # not known: not told


@pytest.mark.model
@pytest.mark.slow
def test_a_short_run_of_the_default_model_raises_its_expected_payoff(tmp_path: Path) -> None:
    def row(question: str, call: Move, answers: list[str], *replies: Candidate) -> rows.Row:
        return closed_row(ask(question, call, answers, tags={"scenario": "capital"}), replies)

    decline = Candidate("I don't know.", Move.ABSTAIN)
    made = [
        row(
            f"What is the capital of {land}?",
            Move.ANSWER,
            [city],
            Candidate(f"The capital of {land} is {city}.", Move.ANSWER, True),
            Candidate(f"The capital of {land} is Rome.", Move.ANSWER, False),
            decline,
        )
        for land, city in (("France", "Paris"), ("Japan", "Tokyo"), ("Peru", "Lima"))
    ] + [
        row(
            f"What is the capital of {land}?",
            Move.ABSTAIN,
            [],
            Candidate(f"The capital of {land} is {land}.", Move.ANSWER),
            decline,
        )
        for land in ("Drevonia", "Kalbania", "Ostrevia")
    ]
    told: list[Step] = []
    exact.train(
        Plan("smollm2", "exact", tmp_path / "out", objective="ternary", steps=5, batch=6, learning_rate=1e-3),
        made,
        told.append,
    )
    assert told[-1].reward > told[0].reward + 0.2
