"""Soft thoughts: what is trained, what is not, and that the audit reads them as training wrote them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as hf
from safetensors.torch import load_file
from tests.faults import full_disk
from tests.models import tiny

from knowwhen.errors import ModelError, RequestError, RunError
from knowwhen.models import open_model
from knowwhen.models._soft_model import SoftModel
from knowwhen.models._thinking import split_thinking
from knowwhen.models._weights import locate
from knowwhen.models.local import load_weights
from knowwhen.training import _adapter, _soft
from knowwhen.training._plan import Plan, Step, settings
from knowwhen.training.rows import reply
from knowwhen.training.trainers import soft_thoughts
from knowwhen.types import Aside, Generation, Message, Need, Stop

TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<reply>{{ m['content'] }}<end>"
    "{% else %}<{{ m['role'] }}> {{ m['content'] }} <end>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<reply>{% endif %}"
)
"""There are tokens between the question and the reply, as in real templates."""


def chat(*contents: str) -> tuple[Message, ...]:
    roles = ["user", "assistant"] * len(contents)
    return tuple(Message(role, content) for role, content in zip(roles, contents, strict=False))


def rows(count: int = 12) -> list[dict[str, object]]:
    """w1 is answered with w40, w2 with w41, whatever follows."""
    return [
        {
            "prompt": [{"role": "user", "content": f"w{1 + i % 2} " + " ".join(f"w{3 + i * k}" for k in range(i % 3))}],
            "completion": reply(f"w{40 + i % 2}"),
        }
        for i in range(count)
    ]


PROMPTS = [chat(f"w{i} w{i + 7}" + " w5" * (i % 3)) for i in range(7)] + [chat("w1 w2", "w3", "w4")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`base`, and two other models: `reader` of another width, `twin` of the base's."""
    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(3)
    narrow = {**tiny.SIZES, "hidden_size": 16, "head_dim": 4, "num_attention_heads": 4}
    reader = hf.LlamaForCausalLM(hf.LlamaConfig(**narrow))
    for name, model in {"base": tiny.model(), "twin": tiny.model(seed=5), "reader": reader}.items():
        model.save_pretrained(root / name)
        tiny.tokenizer(TEMPLATE).save_pretrained(root / name)
    return root


def plan(folders: Path, out: Path, **more: object) -> Plan:
    settings: dict[str, object] = {"steps": 6, "batch": 4, "learning_rate": 1e-2, "save_every": 2, **more}
    return Plan(str(folders / "base"), "soft_thoughts", out, **settings)


def opened(asked: Plan) -> _soft.Run:
    return _soft.open_run(asked, settings(asked, soft_thoughts.DEFAULTS))


def trained(folders: Path, out: Path, **more: object) -> SoftModel:
    """Train a little, then open BASE+DIR."""
    soft_thoughts.train(plan(folders, out, **more), rows(), lambda _: None)
    model = open_model(f"{folders / 'base'}+{out}", device="cpu")
    assert isinstance(model, SoftModel)
    return model


def plain(folder: Path) -> hf.PreTrainedModel:
    model, _ = load_weights("plain", locate(str(folder)), "cpu")
    return model.eval()


def by_hand(
    folders: Path, out: Path, prompt: Sequence[Message], projected: torch.Tensor | None = None
) -> torch.Tensor:
    """embedded_1TD of a prompt with its thoughts, from the weights on disk and plain forward passes alone."""
    settings = json.loads((out / "soft_thoughts.json").read_text())
    weights = load_file(out / "projection.safetensors")
    tokenizer, base = tiny.tokenizer(TEMPLATE), plain(folders / "base")
    turns = [{"role": m.role, "content": m.content} for m in prompt]
    ids = tokenizer(tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False))["input_ids"]
    front, behind = ids[:-2], ids[-2:]  # <end><reply>
    assistant = plain(Path(settings["assistant"] or folders / "base"))
    with torch.no_grad():
        words = assistant.get_input_embeddings()
        marks = weights.get("placeholders", words(torch.tensor([settings["placeholder"]] * settings["thoughts"])))
        read = torch.cat([words(torch.tensor(front)), marks])[None]
        states = assistant(inputs_embeds=read, output_hidden_states=True).hidden_states[-1][0, len(front) :]
        made = states @ weights["linear.weight"].T + weights["linear.bias"]
        if settings["zero"]:
            made = torch.zeros_like(made)
        words = base.get_input_embeddings()
        return torch.cat([words(torch.tensor(front)), made, words(torch.tensor(behind))])[None]


def greedy(folders: Path, embedded_1TD: torch.Tensor, tokens: int) -> str:
    base = plain(folders / "base")
    seen = torch.ones(embedded_1TD.shape[:2], dtype=torch.long)
    out = base.generate(
        inputs_embeds=embedded_1TD, attention_mask=seen, do_sample=False, max_new_tokens=tokens, pad_token_id=0
    )
    return split_thinking(tiny.tokenizer(TEMPLATE).decode(out[0].tolist(), skip_special_tokens=True))[1].strip()


# --- training -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("assistant", ["", "reader"])
@pytest.mark.parametrize("learned", [False, True])
def test_the_projection_moves_and_nothing_else(folders: Path, tmp_path: Path, assistant: str, learned: bool) -> None:
    options = {"assistant": str(folders / assistant) if assistant else "", "learned": learned}
    run = opened(asked := plan(folders, tmp_path, options=options))
    examples = run.examples(rows())
    run.start(examples, asked)
    frozen = {**run.base.state_dict(), **{f"a.{k}": v for k, v in run.assistant.model.state_dict().items()}}
    before = {name: weight.clone() for name, weight in frozen.items()}
    moving = {name: weight.clone() for name, weight in run.projection.state_dict().items()}
    for number in (1, 2, 3):
        run.step(examples[:4], number, asked)
    assert all(torch.equal(before[name], weight) for name, weight in frozen.items())
    assert not any(p.grad is not None for p in (*run.base.parameters(), *run.assistant.model.parameters()))
    assert moving.keys() == {"linear.weight", "linear.bias", *(["placeholders"] if learned else [])}
    assert all(not torch.equal(moving[name], weight) for name, weight in run.projection.state_dict().items())
    assert (run.assistant.model is run.base) == (not assistant)


@pytest.mark.parametrize("learned", [False, True])
def test_a_step_is_the_one_computed_by_hand_with_inputs_embeds(folders: Path, tmp_path: Path, learned: bool) -> None:
    run = opened(asked := plan(folders, tmp_path, options={"learned": learned, "thoughts": 3}))
    batch = run.examples(rows())
    run.start(batch, asked)
    model, first = plain(folders / "base"), run.thoughts.words.first
    words = model.get_input_embeddings()
    start = {name: weight.clone() for name, weight in run.projection.state_dict().items()}
    weights = {name: torch.nn.Parameter(weight.clone()) for name, weight in start.items()}

    lost, count = torch.zeros(()), 0
    for example in batch[:5]:
        ids, (said,) = example.group
        front = [t for t in ids[: len(example.reading)] if t < first]
        assert tuple(front) == example.reading
        assert all(t >= first for t in ids[len(front) : len(front) + 3])
        marks = weights.get("placeholders", words(torch.tensor([0, 0, 0])))
        read = torch.cat([words(torch.tensor(front)), marks])[None]
        states = model.model(inputs_embeds=read).last_hidden_state[0, len(front) :]
        if not learned:
            states = states.detach()
        thought = states @ weights["linear.weight"].T + weights["linear.bias"]
        rest = words(torch.tensor([*ids[len(front) + 3 :], *said]))
        logits = model(inputs_embeds=torch.cat([words(torch.tensor(front)), thought, rest])[None]).logits[0]
        chances = torch.log_softmax(logits[len(ids) - 1 : -1], -1)
        lost = lost - chances[torch.arange(len(said)), torch.tensor(said)].sum()
        count += len(said)
        assert said[-1] == 0  # the end is learned too
    loss = lost / count
    optimizer = torch.optim.AdamW(weights.values(), lr=asked.learning_rate, weight_decay=0.0)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
    by_name = {name: weight.grad.clone() for name, weight in weights.items()}
    optimizer.step()

    assert run.step(batch[:5], 1, asked) == pytest.approx(loss.item(), rel=1e-5)
    for name, weight in run.projection.named_parameters():
        torch.testing.assert_close(weight.grad, by_name[name], rtol=1e-3, atol=1e-6)
        # AdamW's first step is the gradient's sign: where that is all but zero, rounding decides it.
        sure = by_name[name].abs() > 1e-4
        torch.testing.assert_close(weight[sure], weights[name][sure], rtol=1e-3, atol=1e-5)


def test_the_loss_falls_on_what_a_projection_can_learn_and_depends_on_the_question(
    folders: Path, tmp_path: Path
) -> None:
    asked = plan(folders, tmp_path, steps=80, batch=6, learning_rate=0.1, options={"thoughts": 8})
    run = opened(asked)
    examples = run.examples(rows())
    run.start(examples, asked)
    losses = [
        run.step([examples[k] for k in batch], number, asked)
        for number, batch in enumerate(_soft.batches(len(examples), asked), 1)
    ]
    assert losses[0] > 3
    assert losses[-1] < losses[0] / 4
    own = run.loss(examples)
    assert own == pytest.approx(sum(run.loss([e]) for e in examples) / len(examples), rel=1e-4)
    neighbours = [*examples[1:], examples[0]]
    swapped = [replace(e, states_ND=other.states_ND) for e, other in zip(examples, neighbours, strict=True)]
    assert run.loss(swapped) > 1.5 * own


def test_what_is_told_is_logged(folders: Path, tmp_path: Path) -> None:
    told: list[Step] = []
    soft_thoughts.train(plan(folders, tmp_path), rows(), told.append)
    assert [step.step for step in told] == [1, 2, 3, 4, 5, 6]
    assert [row["loss"] for row in _adapter.steps(tmp_path)] == [step.loss for step in told]


def test_a_killed_run_goes_on_to_the_same_end_bit_for_bit(folders: Path, tmp_path: Path) -> None:
    for name, learned in (("fixed", False), ("learned", True)):
        whole, cut = tmp_path / f"{name}-whole", tmp_path / f"{name}-cut"
        soft_thoughts.train(plan(folders, whole, options={"learned": learned}), rows(), lambda _: None)
        seen: list[int] = []

        def kill(step: Step, seen: list[int] = seen) -> None:
            seen.append(step.step)
            if seen == [1, 2, 3, 4, 5]:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            soft_thoughts.train(plan(folders, cut, options={"learned": learned}), rows(), kill)
        assert (cut / "checkpoints").exists()
        assert not (cut / "soft_thoughts.json").exists()
        soft_thoughts.train(plan(folders, cut, options={"learned": learned}), rows(), kill)
        assert seen == [1, 2, 3, 4, 5, 5, 6]
        assert (cut / "projection.safetensors").read_bytes() == (whole / "projection.safetensors").read_bytes()
        assert not (cut / "checkpoints").exists()
        assert [row["step"] for row in _adapter.steps(cut)] == [1, 2, 3, 4, 5, 6]


def test_the_checkpoint_of_another_run_is_not_taken_up(folders: Path, tmp_path: Path) -> None:
    def kill(step: Step) -> None:
        if step.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        soft_thoughts.train(plan(folders, tmp_path), rows(), kill)
    told: list[Step] = []
    soft_thoughts.train(plan(folders, tmp_path, seed=1), rows(), told.append)
    assert [step.step for step in told] == [1, 2, 3, 4, 5, 6]


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from knowwhen.training import _soft as module

    real, calls = module.token_logprobs, []

    def broken(*args: object) -> torch.Tensor:
        calls.append(1)
        return real(*args) * (float("nan") if len(calls) == 4 else 1.0)

    monkeypatch.setattr(module, "token_logprobs", broken)
    with pytest.raises(ModelError, match="loss at step 4 is nan"):
        soft_thoughts.train(plan(folders, tmp_path), rows(), lambda _: None)
    assert torch.load(tmp_path / "checkpoints" / "soft_thoughts.pt", weights_only=True)["done"] == 2


def test_a_gradient_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from knowwhen.training import _soft as module

    real, calls = module.token_logprobs, []

    def broken(*args: object) -> torch.Tensor:
        calls.append(1)
        found = real(*args)
        return found + torch.sqrt(0 * -found) if len(calls) == 4 else found

    monkeypatch.setattr(module, "token_logprobs", broken)
    with pytest.raises(ModelError, match="gradient at step 4 is nan: training has diverged"):
        soft_thoughts.train(plan(folders, tmp_path), rows(), lambda _: None)
    kept = torch.load(tmp_path / "checkpoints" / "soft_thoughts.pt", weights_only=True)
    assert kept["done"] == 2
    assert all(bool(weight.isfinite().all()) for weight in kept["projection"].values())
    monkeypatch.setattr(module, "token_logprobs", real)
    told: list[Step] = []
    soft_thoughts.train(plan(folders, tmp_path, report_to=("none",)), rows(), told.append)
    assert [(step.step, step.begun) for step in told] == [(3, 2), (4, 2), (5, 2), (6, 2)]


def test_a_log_that_cannot_be_written_is_told_in_plain_words(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "open", full_disk(_adapter.LOG))
    with pytest.raises(RunError, match="cannot be written to: No space left on device"):
        soft_thoughts.train(plan(folders, tmp_path), rows(), lambda _: None)


def test_batches_take_every_example_before_any_twice() -> None:
    asked = Plan("x", "soft_thoughts", Path("x"), steps=6, batch=5, seed=3)
    drawn = [k for batch in _soft.batches(10, asked) for k in batch]
    assert [sorted(drawn[i : i + 10]) for i in (0, 10, 20)] == [list(range(10))] * 3
    assert drawn[:10] != drawn[10:20]
    assert all(len(batch) == 5 for batch in _soft.batches(3, asked))


# --- the folder and the audit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"assistant": "reader"}, {"assistant": "twin", "thoughts": 7}, {"learned": True}, {"zero": True}],
    ids=["itself", "narrower", "seven", "learned", "zero"],
)
def test_greedy_replies_are_those_of_generate_with_inputs_embeds(
    folders: Path, tmp_path: Path, options: dict[str, object]
) -> None:
    if "assistant" in options:
        options = {**options, "assistant": str(folders / str(options["assistant"]))}
    model = trained(folders, tmp_path, options=options)
    replies = dict(model.respond(PROMPTS, Generation(max_tokens=6)))
    bare = dict(open_model(str(folders / "base"), device="cpu").respond(PROMPTS, Generation(max_tokens=6)))
    assert any(replies[i].text != bare[i].text for i in bare)
    for i, prompt in enumerate(PROMPTS):
        assert replies[i].text == greedy(folders, by_hand(folders, tmp_path, prompt), 6), i
        assert replies[i].tokens_in == bare[i].tokens_in + int(options.get("thoughts", 4))


def test_every_prompt_has_its_own_thoughts_in_any_company_and_order(folders: Path, tmp_path: Path) -> None:
    model = trained(folders, tmp_path, options={"thoughts": 2})
    wanted = Generation(max_tokens=4, samples=2, needs=frozenset({Need.LOGPROBS}))
    together, backwards = dict(model.respond(PROMPTS, wanted)), dict(model.respond(PROMPTS[::-1], wanted))
    for i, prompt in enumerate(PROMPTS):
        ((_, alone),) = model.respond([prompt], wanted)
        for other in (alone, backwards[len(PROMPTS) - 1 - i]):
            assert (other.text, other.samples) == (together[i].text, together[i].samples)
            np.testing.assert_allclose(other.logprobs, together[i].logprobs, atol=1e-4)
    model.thoughts.think([model.talk.tokens(prompt) for prompt in PROMPTS])
    vectors = torch.stack(list(model.thoughts.words.vectors.values()))
    assert len(vectors) == 2 * len(PROMPTS)
    assert torch.cdist(vectors, vectors).fill_diagonal_(1.0).min() > 1e-3
    # A turn that is no longer the last has no thoughts of its own.
    assert sum(t >= model.thoughts.words.first for t in model.talk.tokens(PROMPTS[-1])) == 2
    model.thoughts.words.vectors.clear()
    list(model.respond(PROMPTS[:2], wanted))
    assert not model.thoughts.words.vectors


def test_hidden_states_scores_and_second_questions_are_those_of_the_conversation(folders: Path, tmp_path: Path) -> None:
    model = trained(folders, tmp_path)
    model.talk.__dict__["yes_no"] = ((20,), (21,))
    asides = (Aside("p_true", "w9 ?"), Aside("p_know", "w8 ?", after=False), Aside("stated", "w7 ?", tokens=3))
    wanted = Generation(
        max_tokens=3, needs=frozenset(Need), asides=asides, continuations=("w1 w2",), hidden_folder=str(tmp_path / "h")
    )
    base, tokenizer = plain(folders / "base"), tiny.tokenizer(TEMPLATE)
    words, replies = base.get_input_embeddings(), dict(model.respond(PROMPTS[:4], wanted))

    def after(prompt: Sequence[Message], text: str) -> torch.Tensor:
        behind = torch.tensor(tokenizer(text, add_special_tokens=False)["input_ids"])
        return torch.cat([by_hand(folders, tmp_path, prompt), words(behind)[None]], 1)

    with torch.no_grad():
        for i, prompt in enumerate(PROMPTS[:4]):
            out = base(inputs_embeds=by_hand(folders, tmp_path, prompt), output_hidden_states=True)
            states = torch.stack([h[0, -1] for h in out.hidden_states])
            np.testing.assert_allclose(np.load(tmp_path / "h" / replies[i].hidden), states, rtol=2e-3, atol=2e-3)

            given = torch.log_softmax(base(inputs_embeds=after(prompt, "w1 w2")).logits[0, -3:-1], -1)
            told = [float(given[0, tokenizer.encode("w1")[0]])]
            assert replies[i].scores[0][0] == pytest.approx(told[0], abs=1e-4)
            np.testing.assert_allclose(model.score([prompt], [["w1 w2"]])[0][0], replies[i].scores[0], atol=1e-4)

            instead = (*prompt[:-1], Message("user", f"{prompt[-1].content}\n\nw8 ?"))
            logits = base(inputs_embeds=by_hand(folders, tmp_path, instead)).logits[0, -1]
            assert replies[i].asides["p_know"] == pytest.approx(float(logits[20] - logits[21]), abs=1e-3)

            # Behind a reply the thoughts stay where they were: asked in the same pass, or anew, as the stated one is.
            if replies[i].stop is Stop.END:
                continue
            said = f"{replies[i].text}<end>"
            logits = base(inputs_embeds=after(prompt, f"{said}<user> w9 ? <end><reply>")).logits[0, -1]
            assert replies[i].asides["p_true"] == pytest.approx(float(logits[20] - logits[21]), abs=1e-3)
            asked = after(prompt, f"{said}<user> w7 ? <end><reply>")
            assert replies[i].asides["stated"] == greedy(folders, asked, 3)
    assert any(reply.stop is not Stop.END for reply in replies.values())


def test_the_folder_names_data_seed_and_control_and_the_identity_pins_it(folders: Path, tmp_path: Path) -> None:
    reader = str(folders / "reader")
    more = {"data": "toy.jsonl", "data_sha256": "ab12", "seed": 7}
    model = trained(folders, tmp_path / "a", options={"assistant": reader, "thoughts": 2}, **more)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "soft_thoughts.json", "projection.safetensors", "README.md", "training.json", "log.jsonl"
    }  # fmt: skip
    card = (tmp_path / "a" / "README.md").read_text()
    for word in ("toy.jsonl", "ab12", "| seed | 7 |", "zero=True", reader, "2 soft thoughts", "2502.12134"):
        assert word in card
    assert f"knowwhen audit {folders / 'base'}+{tmp_path / 'a'} --side audit" in card
    assert model.identity["adapter_thoughts"] == "2"
    assert model.identity["adapter_assistant"] == reader
    for part in ("adapter", "adapter_assistant"):
        assert len(model.identity[f"{part}_weights_sha256"]) == 64
    control = trained(folders, tmp_path / "zero", options={"assistant": reader, "zero": True}, **more)
    assert "zero-thought control" in (tmp_path / "zero" / "README.md").read_text()
    assert control.identity["adapter_weights_sha256"] != model.identity["adapter_weights_sha256"]
    assert not any(weight.any() for weight in load_file(tmp_path / "zero" / "projection.safetensors").values())
    assert len(_adapter.steps(tmp_path / "zero")) == 1


def test_a_base_without_a_chat_template_thinks_at_the_end_of_the_question(folders: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    tiny.model().save_pretrained(bare)
    tiny.tokenizer(None).save_pretrained(bare)
    asked = Plan(str(bare), "soft_thoughts", tmp_path / "out", steps=2, batch=4)
    soft_thoughts.train(asked, rows(), lambda _: None)
    model = open_model(f"{bare}+{tmp_path / 'out'}", device="cpu")
    assert isinstance(model, SoftModel)
    ids = model.talk.tokens(chat("w3 w4"))
    soft = [i for i, t in enumerate(ids) if t >= model.thoughts.words.first]
    assert model.tokenizer.decode(ids[soft[-1] + 1 :]) == "\nAnswer:"
    assert dict(model.respond(PROMPTS, Generation(max_tokens=3))).keys() == set(range(len(PROMPTS)))


# --- what cannot be done says why -------------------------------------------------------------------------------------


def test_another_base_or_assistant_is_refused_or_noted(folders: Path, tmp_path: Path) -> None:
    trained(folders, tmp_path / "soft")
    with pytest.raises(ModelError, match=r"states of width 32 into .* width 32; this assistant has width 16"):
        open_model(f"{folders / 'reader'}+{tmp_path / 'soft'}", device="cpu")
    notes = open_model(f"{folders / 'twin'}+{tmp_path / 'soft'}", device="cpu").notes
    assert any("trained on" in note for note in notes)


def test_an_assistant_that_is_gone_or_changed_is_named(folders: Path, tmp_path: Path) -> None:
    reader = tmp_path / "reader"
    tiny.model(seed=8).save_pretrained(reader)
    tiny.tokenizer(TEMPLATE).save_pretrained(reader)
    spec = trained(folders, tmp_path / "soft", options={"assistant": str(reader)}).name
    tiny.model(seed=9).save_pretrained(reader)
    assert any("has other weights" in note for note in locate(spec).notes)
    reader.rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match=r"need their assistant '.*reader': Unknown model"):
        locate(spec)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({"projection.safetensors": None}, r"soft_thoughts\.json but no projection\.safetensors"),
        ({"projection.safetensors": b"no tensors"}, "cannot be read as a projection"),
        ({"soft_thoughts.json": b"{"}, "cannot be read as JSON"),
        ({"soft_thoughts.json": b'{"thoughts": "four", "base_model_name_or_path": "x"}'}, "thoughts='four'"),
        ({"soft_thoughts.json": b'{"thoughts": 4}'}, "is not as knowwhen writes it"),
        ({"soft_thoughts.json": b'{"learned": true, "base_model_name_or_path": "x"}'}, "does not hold what"),
    ],
)
def test_a_damaged_folder_is_refused(folders: Path, tmp_path: Path, damage: dict[str, bytes], words: str) -> None:
    soft_thoughts.train(plan(folders, tmp_path, steps=1), rows(), lambda _: None)
    for name, content in damage.items():
        (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=words):
        open_model(f"{folders / 'base'}+{tmp_path}", device="cpu")


def test_soft_thoughts_alone_or_as_weights_are_refused(folders: Path, tmp_path: Path) -> None:
    spec = trained(folders, tmp_path).name
    with pytest.raises(ModelError, match=r"without their base model\. Write: .*base\+"):
        open_model(str(tmp_path))
    with pytest.raises(ModelError, match="cannot be merged into weights"):
        load_weights(spec, locate(spec), "cpu")
    with pytest.raises(RequestError, match="has an adapter already"):
        opened(Plan(spec, "soft_thoughts", tmp_path / "again"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"thought": 3}, "no option 'thought'. It takes: assistant, thoughts, zero, learned"),
        ({"thoughts": "3"}, "thoughts='3': expected a value of type int"),
        ({"thoughts": 0}, "thoughts=0: expected a whole number from 1"),
        ({"assistant": "./nothing"}, "no folder './nothing'"),
    ],
)
def test_wrong_options_are_named(folders: Path, tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        soft_thoughts.train(plan(folders, tmp_path, options=options), rows(), lambda _: None)


def test_rows_that_cannot_be_trained_on_are_named(folders: Path, tmp_path: Path) -> None:
    broken = [*rows(1), {**rows(1)[0], "completion": [{"role": "user", "content": "w1"}]}]
    with pytest.raises(RequestError, match="Example 2: expected a completion of one assistant's turn"):
        soft_thoughts.train(plan(folders, tmp_path), broken, lambda _: None)
    long = [{**rows(1)[0], "prompt": [{"role": "user", "content": "w1 " * 300}]}]
    with pytest.raises(RequestError, match="None of the 1 examples fits"):
        soft_thoughts.train(plan(folders, tmp_path), long, lambda _: None)
    soft_thoughts.train(plan(folders, tmp_path), [*long, *rows()], lambda _: None)
    assert "| too long | 1 |" in (tmp_path / "README.md").read_text()


def test_a_prompt_too_long_for_the_assistant_is_an_error_of_ours(folders: Path, tmp_path: Path) -> None:
    model = trained(folders, tmp_path, options={"assistant": str(folders / "reader")})
    model.thoughts.assistant.context = 12
    replies = dict(model.respond([chat("w1"), chat("w1 " * 20)], Generation(max_tokens=2)))
    assert replies[0].stop is not Stop.ERROR
    assert (replies[1].stop, replies[1].cause) == (Stop.ERROR, "prompt too long for the assistant (12 positions)")
    with pytest.raises(RequestError, match="too long for the assistant"):
        model.score([chat("w1 " * 20)], [["w2"]])


def test_a_template_without_one_place_for_thoughts_is_refused(tmp_path: Path) -> None:
    tiny.model().save_pretrained(tmp_path / "base")
    twice = "{% for m in messages * 2 %}{{ m['content'] }}{% endfor %}"
    for template, words in (("<reply>", "at all"), (twice, "once")):
        tiny.tokenizer(template).save_pretrained(tmp_path / "base")
        with pytest.raises(ModelError, match=f"does not show the user's turn {words}"):
            soft_thoughts.train(Plan(str(tmp_path / "base"), "soft_thoughts", tmp_path / "o"), rows(), lambda _: None)


@pytest.mark.model
@pytest.mark.slow
def test_a_few_steps_on_the_default_model_are_read_by_the_audit(tmp_path: Path) -> None:
    capitals = {"France": "Paris", "Peru": "Lima", "Zorvania": "I don't know.", "Ulmia": "I don't know."}
    given = [
        {"prompt": [{"role": "user", "content": f"What is the capital of {land}?"}], "completion": reply(said)}
        for land, said in capitals.items()
    ]
    told: list[Step] = []
    asked = Plan("smollm2", "soft_thoughts", tmp_path, steps=6, batch=4, learning_rate=1e-3)
    soft_thoughts.train(asked, given, told.append)
    assert told[-1].loss < told[0].loss
    model = open_model(f"smollm2+{tmp_path}", device="cpu")
    prompts = [chat(str(row["prompt"][0]["content"])) for row in given]
    replies = dict(model.respond(prompts, Generation(max_tokens=6, needs=frozenset({Need.LOGPROBS}))))
    assert all(len(replies[i].logprobs) == replies[i].tokens_out for i in range(4))
    assert "name" in model.identity
