"""The engine against the model's own, plain, one-prompt-at-a-time passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers as hf
from hypothesis import given, settings
from hypothesis import strategies as st

from knowwhen.errors import ModelError, RequestError
from knowwhen.models import _plan as plan
from knowwhen.models._engine import Engine
from knowwhen.models._plan import Job
from knowwhen.models._rows import Reply, Row, extend
from knowwhen.models._slots import Slots
from knowwhen.models.local import LocalModel
from knowwhen.types import Message

from . import tiny

SMALL = 60_000
"""Bytes that hold only a few rows, so that prompts wait, enter and leave."""


def some_prompts(count: int = 40, seed: int = 0, shared: int = 5) -> list[tuple[int, ...]]:
    """Prompts of mixed length with a common beginning; some share more, two are equal, one is a prefix of another."""
    rng = np.random.default_rng(seed)
    head = rng.integers(12, 96, shared).tolist()
    prompts = [tuple(head + rng.integers(12, 96, rng.integers(1, 30)).tolist()) for _ in range(count)]
    stem = tuple(head + rng.integers(12, 96, 20).tolist())
    return [*prompts, (*stem, 20, 21), (*stem, 30), (*stem, 30, 31, 32), stem, stem, (*stem, 40, 41)]


def generate(model, prompt: tuple[int, ...], new: int) -> list[int]:
    ids = torch.tensor([prompt])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=new, pad_token_id=0)
    return out[0, len(prompt) :].tolist()


@pytest.mark.parametrize("kind", ["llama", "qwen2", "mistral", "gemma3_text", "gpt2", "gpt_neox"])
@pytest.mark.parametrize("memory", [SMALL, 1 << 30])
def test_greedy_tokens_are_those_of_generate(kind: str, memory: int) -> None:
    model = tiny.model(kind)
    prompts = some_prompts()
    engine = Engine(model, frozenset({0}), memory)
    done = dict(engine.run([Job(p, max_tokens=4 + i % 9) for i, p in enumerate(prompts)]))
    assert sorted(done) == list(range(len(prompts)))
    for i, prompt in enumerate(prompts):
        assert done[i].reply.tokens == generate(model, prompt, 4 + i % 9)


def test_the_small_memory_of_these_tests_really_makes_prompts_wait() -> None:
    engine = Engine(tiny.model(), frozenset({0}), SMALL)
    assert 2 <= engine._capacity(64, 1000) < 20


def test_as_long_rows_leave_more_of_the_short_ones_run_together(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.model()
    rng = np.random.default_rng(3)
    jobs = [Job(tuple(rng.integers(12, 96, 40).tolist()), 20, samples=1, branches=((5, 6),), read=(3,))]
    jobs += [Job(tuple(rng.integers(12, 96, 4).tolist()), 3 + 5 * (n % 4), samples=n % 3) for n in range(40)]
    layouts = []
    resize = Slots.resize
    monkeypatch.setattr(Slots, "resize", lambda own, *given: layouts.append(given) or resize(own, *given))
    tight = dict(Engine(model, frozenset({0}), 3 * SMALL).run(jobs))
    assert [rows for rows, *_ in layouts] == sorted(rows for rows, *_ in layouts)
    assert [length for _, length, *_ in layouts] == sorted((length for _, length, *_ in layouts), reverse=True)
    assert len(layouts) > 1
    assert any(kept for *_, kept, _ in layouts)  # rows in work moved along
    whole = dict(Engine(model, frozenset({0}), 1 << 30).run(jobs))
    for index, job in enumerate(jobs):
        one, other = tight[index], whole[index]
        assert one.reply.tokens == other.reply.tokens == generate(model, job.prompt, job.max_tokens)
        assert [sample.tokens for sample in one.samples] == [sample.tokens for sample in other.samples]
        assert np.allclose(one.branches, other.branches, atol=1e-4)


def test_a_reply_ends_with_the_end_token_and_says_so() -> None:
    model = tiny.model()
    prompts = some_prompts(60, seed=1)
    free = dict(Engine(model, frozenset()).run([Job(p, max_tokens=12) for p in prompts]))
    common = int(np.bincount([t for d in free.values() for t in d.reply.tokens]).argmax())
    ended = dict(Engine(model, frozenset({common}), SMALL).run([Job(p, max_tokens=12) for p in prompts]))
    assert any(d.reply.ended for d in ended.values())
    for i in free:
        full = free[i].reply.tokens
        cut = full[: full.index(common) + 1] if common in full else full
        assert ended[i].reply.tokens == cut
        assert ended[i].reply.ended == (common in full)


def test_log_probabilities_and_hidden_states_are_those_of_a_plain_pass() -> None:
    model = tiny.model()
    prompts = some_prompts(10)
    done = dict(Engine(model, frozenset(), SMALL).run([Job(p, max_tokens=5, hidden=True) for p in prompts]))
    for i, prompt in enumerate(prompts):
        with torch.no_grad():
            whole = torch.tensor([[*prompt, *done[i].reply.tokens]])
            logits = torch.log_softmax(model(whole).logits[0].double(), -1)
            states = model(torch.tensor([prompt]), output_hidden_states=True).hidden_states
        at = range(len(prompt) - 1, whole.shape[1] - 1)
        expected = [float(logits[p, t]) for p, t in zip(at, done[i].reply.tokens, strict=True)]
        np.testing.assert_allclose(done[i].reply.logprobs, expected, atol=1e-4)
        np.testing.assert_allclose(done[i].hidden_LD, torch.stack([s[0, -1] for s in states]).numpy(), atol=1e-4)


def test_scored_continuations_equal_plain_teacher_forcing() -> None:
    model = tiny.model()
    rng = np.random.default_rng(3)
    jobs = []
    for i, prompt in enumerate(some_prompts(12)):
        given = [tuple(rng.integers(12, 96, n).tolist()) for n in (1, 3, 7)[: i % 4]]
        jobs.append(Job(prompt, max_tokens=i % 3, continuations=tuple(given)))
    done = dict(Engine(model, frozenset({0}), SMALL).run(jobs))
    for i, job in enumerate(jobs):
        assert len(done[i].scores) == len(job.continuations)
        assert (done[i].reply is None) == (job.max_tokens == 0)
        for scores, continuation in zip(done[i].scores, job.continuations, strict=True):
            with torch.no_grad():
                whole = torch.log_softmax(model(torch.tensor([[*job.prompt, *continuation]])).logits[0], -1)
            expected = [float(whole[len(job.prompt) - 1 + k, t]) for k, t in enumerate(continuation)]
            np.testing.assert_allclose(scores, expected, atol=1e-4)
        if job.max_tokens:  # scoring leaves the reply alone
            assert done[i].reply.tokens == generate(model, job.prompt, job.max_tokens)


def test_logits_of_scored_continuations_stay_within_the_memory_bound(monkeypatch) -> None:
    model, forward, sizes = tiny.model(), Engine._forward, []

    def spy(self, *args, **options):
        logits, states = forward(self, *args, **options)
        sizes.append(logits.numel() * logits.element_size())
        return logits, states

    monkeypatch.setattr(Engine, "_forward", spy)
    given = [(20 + n, *range(12, 40)) for n in range(3)]
    jobs = [Job(p, continuations=tuple(given[: i % 4])) for i, p in enumerate(some_prompts())]
    wide = dict(Engine(model, frozenset(), 1 << 30).run(jobs))
    assert max(sizes) > 1_000_000  # unbounded, it would be more
    sizes.clear()
    narrow = dict(Engine(model, frozenset(), 1_000_000).run(jobs))
    assert max(sizes) <= 250_000
    for i in wide:
        assert len(wide[i].scores) == len(narrow[i].scores) == i % 4
        for a, b in zip(wide[i].scores, narrow[i].scores, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


@pytest.mark.parametrize("memory", [SMALL, 200_000, 1 << 30])
def test_samples_depend_on_the_seed_and_the_prompt_alone(memory: int) -> None:
    model = tiny.model()
    jobs = [Job(p, max_tokens=6, samples=5) for p in some_prompts(8)]
    alone = [next(Engine(model, frozenset({0})).run([job], seed=7))[1] for job in jobs]
    together = dict(Engine(model, frozenset({0}), memory).run(jobs[::-1], seed=7))
    other = dict(Engine(model, frozenset({0}), memory).run(jobs, seed=8))
    for i, job in enumerate(jobs):
        mine = together[len(jobs) - 1 - i]
        assert [s.tokens for s in mine.samples] == [s.tokens for s in alone[i].samples]
        assert [s.tokens for s in mine.samples] != [s.tokens for s in other[i].samples]
        assert mine.reply.tokens == generate(model, job.prompt, 6)


def test_more_samples_than_rows_fit_are_drawn_in_turns() -> None:
    model, prompt = tiny.model(), some_prompts(1)[0]
    few, many = (Engine(model, frozenset(), m) for m in (SMALL, 1 << 30))
    jobs = [Job(prompt, max_tokens=4, samples=50, continuations=((20, 21),))]
    (_, a), (_, b) = next(few.run(jobs)), next(many.run(jobs))
    assert [s.tokens for s in a.samples] == [s.tokens for s in b.samples]
    assert len(a.scores) == 1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_samples_follow_the_tempered_distribution(temperature: float) -> None:
    model, prompt = tiny.model(), (20, 30, 40)
    count = 4000
    _, done = next(Engine(model, frozenset()).run([Job(prompt, 1, samples=count)], temperature=temperature, seed=1))
    seen_V = np.bincount([s.tokens[0] for s in done.samples], minlength=96) / count
    with torch.no_grad():
        true_V = torch.softmax(model(torch.tensor([prompt])).logits[0, -1] / temperature, -1).numpy()
    # Total variation of an empirical distribution is about ½ Σ √(2p(1−p)/πn): twice that is far beyond chance.
    chance = 0.5 * np.sqrt(2 * true_V * (1 - true_V) / (np.pi * count)).sum()
    assert 0.5 * np.abs(seen_V - true_V).sum() < 2 * chance


def test_a_uniform_next_to_one_draws_no_impossible_token() -> None:
    logits_BV = torch.zeros(1, 96)
    logits_BV[:, 90:] = -1e4
    row = Row(0, 0, 0, Reply(), np.array([1 - 1e-12]))
    extend([row], logits_BV, 1.0)
    assert row.reply.tokens == [89]


def test_local_attention_by_the_length_of_the_batch_is_refused() -> None:
    config = hf.GPTNeoConfig(
        vocab_size=96, hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]]
    )
    with pytest.raises(ModelError, match="GPTNeoForCausalLM also has local"):
        Engine(hf.AutoModelForCausalLM.from_config(config).eval(), frozenset())


@pytest.mark.parametrize("kind", ["bloom", "mamba"])
def test_a_model_that_the_engine_would_get_wrong_is_refused(kind: str) -> None:
    with pytest.raises(ModelError, match="openai:NAME@URL"):
        Engine(tiny.model(kind), frozenset())


def test_nothing_is_left_on_the_model_when_a_run_is_abandoned() -> None:
    model = tiny.model()
    before = {name: dict(module.__dict__) for name, module in model.named_modules()}
    run = Engine(model, frozenset(), SMALL).run([Job(p, 8) for p in some_prompts()])
    next(run)
    run.close()
    for name, module in model.named_modules():
        assert module.__dict__.keys() == before[name].keys()
    assert not torch.is_inference_mode_enabled()


def test_a_layer_with_a_forward_of_its_own_keeps_it() -> None:
    model = tiny.model()
    layer = model.model.layers[0].mlp.up_proj
    own = layer.forward
    layer.forward = lambda x: own(x)  # as accelerate's hooks do
    mine = layer.forward
    list(Engine(model, frozenset()).run([Job((20, 30), 3)]))
    assert layer.forward is mine


def test_a_base_models_answer_may_come_after_empty_lines() -> None:
    model = LocalModel("tiny", tiny.model(), tiny.tokenizer(None))
    ids = tiny.tokenizer().encode
    assert model.talk.text(Reply(ids("\n\nw1 w2\n\nw3")), (1,)) == ("", "w1w2")
    assert model.talk.text(Reply(ids("\nQ: w1")), (1,)) == ("", "")
    assert model.talk.is_over(ids("\nQ:"))
    assert not model.talk.is_over(ids("\n\nw1 w2"))


def test_scoring_beyond_the_context_is_refused() -> None:
    model = LocalModel("tiny", tiny.model("gpt2"), tiny.tokenizer())
    with pytest.raises(RequestError, match="too long"):
        model.score([[Message("user", "w1")]], [["w2", " ".join(["w1"] * 300)]])


def test_wrong_requests_are_refused() -> None:
    engine = Engine(tiny.model(), frozenset())
    with pytest.raises(RequestError, match="temperature"):
        next(engine.run([Job((1,), 1)], temperature=0))
    with pytest.raises(RequestError, match="Prompt 1 has no tokens"):
        next(engine.run([Job((1,), 1), Job((), 1)]))
    with pytest.raises(RequestError, match="continuation of prompt 0 has no tokens"):
        next(engine.run([Job((1,), continuations=((2,), ()))]))
    with pytest.raises(RequestError, match="Prompt 0 wants samples of max_tokens=0"):
        next(engine.run([Job((1,), samples=2)]))
    assert list(engine.run([])) == []


prompts_strategy = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=12).map(tuple), min_size=1, max_size=30)


@given(prompts_strategy)
def test_the_common_prefix_is_the_longest_that_all_share(prompts) -> None:
    size = plan.common_prefix(prompts)
    assert all(p[:size] == prompts[0][:size] for p in prompts)
    if all(len(p) > size for p in prompts):
        assert len({p[size] for p in prompts}) > 1


@given(prompts_strategy, st.integers(1, 9), st.data())
@settings(max_examples=60)
def test_plans_lose_nothing_and_fit(prompts, capacity, data) -> None:
    shared = min(plan.common_prefix(prompts), min(map(len, prompts)) - 1)
    jobs = [Job(p, 1, samples=data.draw(st.integers(0, 12))) for p in prompts]
    groups = plan.groups(jobs, shared)
    assert sorted(i for group in groups for i, _ in group) == list(range(len(prompts)))
    units = plan.split(plan.split(groups, jobs, 2 * capacity), jobs, capacity)
    needs = [plan.widest(unit, jobs) for unit in units]
    assert needs == sorted(needs, reverse=True)
    assert all(0 < plan.rows(unit) <= capacity for unit in units)
    assert all(plan.rows(unit) * 4 <= capacity for unit in units if len(unit) > 1)  # none waits for an empty engine
    rows = [(i, row) for unit in units for i, wanted in unit for row in wanted]
    wanted = [(i, row) for i, job in enumerate(jobs) for row in (None, *range(job.samples))]
    assert sorted(rows, key=str) == sorted(wanted, key=str)
    for group in groups:
        size, first = plan.stem([prompts[i] for i, _ in group], shared), prompts[group[0][0]]
        assert all(size < len(prompts[i]) and prompts[i][:size] == first[:size] for i, _ in group)
    sizes = [len(p) * 40 for p in prompts]
    passes = list(plan.chunks(sizes))
    assert [i for chunk in passes for i in range(chunk.start, chunk.stop)] == list(range(len(sizes)))
    for chunk in passes:
        padded = max(sizes[chunk]) * len(sizes[chunk])
        assert len(sizes[chunk]) == 1 or padded <= plan.PREFILL_TOKENS
        assert len(sizes[chunk]) == 1 or padded - sum(sizes[chunk]) <= plan.PASS_TOKENS


@pytest.mark.parametrize("kind", ["llama", "gemma3_text", "gpt2"])
@pytest.mark.parametrize("memory", [1 << 30, SMALL])
def test_branches_read_what_a_plain_pass_over_reply_and_branch_reads(kind: str, memory: int) -> None:
    subject = tiny.model(kind)
    ends = frozenset(range(30, 48))
    engine = Engine(subject, ends, memory)
    prompts = some_prompts(50)
    jobs = [
        Job(p, 6, samples=n % 3, branches=((40, 5, 6), (7,), (41, 9, 9, 8))[: n % 4], read=(3, 50), spread=n % 2 == 0)
        for n, p in enumerate(prompts)
    ]
    ended = 0
    for index, done in engine.run(jobs, seed=1):
        job, reply = jobs[index], done.reply
        bare = dict(engine.run([Job(job.prompt, 6, samples=job.samples)], seed=1))[0]
        assert reply.tokens == bare.reply.tokens
        assert [s.tokens for s in done.samples] == [s.tokens for s in bare.samples]
        assert len(done.branches) == len(job.branches)
        ended += reply.ended
        for branch, read in zip(job.branches, done.branches, strict=True):
            rest = branch[1:] if branch[0] == reply.tokens[-1] else branch
            whole = torch.tensor([[*job.prompt, *reply.tokens, *rest]])
            plain = subject(whole).logits[0, -1].log_softmax(-1)[[3, 50]]
            np.testing.assert_allclose(read, plain.detach().numpy(), atol=2e-4)
        if job.spread:
            whole = torch.tensor([[*job.prompt, *reply.tokens[:-1]]])
            chance = subject(whole).logits[0, -len(reply.tokens) :].softmax(-1)
            best = chance.topk(2).values
            np.testing.assert_allclose(reply.margins, (best[:, 0] - best[:, 1]).detach().numpy(), atol=1e-4)
            entropy = torch.distributions.Categorical(chance).entropy()
            np.testing.assert_allclose(reply.entropies, entropy.detach().numpy(), atol=1e-3)
        else:
            assert not reply.margins
    assert ended > 3
