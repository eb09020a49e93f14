"""Text in, text out: layouts, ends, thinking, hidden states on disk, adapters, the real default model."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from knowwhen.errors import ModelError, RequestError
from knowwhen.models._dialogue import lay_out
from knowwhen.models.local import LocalModel, open_local
from knowwhen.types import Aside, Generation, Message, Need, Stop

from . import tiny

NO_SYSTEM = tiny.CHAT.replace("<{{ m['role'] }}>", "{{ raise_exception('no system') if m['role'] == 'system' }}<user>")


def local(kind: str = "llama", template: str | None = tiny.CHAT, **options: object) -> LocalModel:
    return LocalModel(f"tiny-{kind}", tiny.model(kind), tiny.tokenizer(template), **options)


def chat(*contents: str) -> tuple[Message, ...]:
    """user, assistant, user … turns."""
    roles = ["user", "assistant"] * len(contents)
    return tuple(Message(role, content) for role, content in zip(roles, contents, strict=False))


PROMPTS = [chat(f"w{i} w{i + 7} w{3 * i}") for i in range(9)] + [chat("w1 w2", "w3", "w4"), chat("w1 w2", "w3", "w5")]


def test_replies_are_those_of_generate_with_the_chat_template() -> None:
    model = local()
    replies = dict(model.respond(PROMPTS, Generation(max_tokens=6, needs=frozenset({Need.LOGPROBS}))))
    for i, prompt in enumerate(PROMPTS):
        turns = [{"role": m.role, "content": m.content} for m in prompt]
        ids = model.tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        assert tuple(ids["input_ids"][0].tolist()) == model.talk.tokens(prompt)
        out = model.model.generate(**ids, do_sample=False, max_new_tokens=6, pad_token_id=0)[0].tolist()
        new = out[ids["input_ids"].shape[1] :]
        assert replies[i].text == model.tokenizer.decode(new, skip_special_tokens=True).strip()
        assert replies[i].tokens_in == ids["input_ids"].shape[1]
        assert replies[i].tokens_out == len(new) == len(replies[i].logprobs)
        assert replies[i].stop is (Stop.END if new[-1] == 0 else Stop.LENGTH)


def test_a_template_without_a_system_role_gets_the_system_words_in_the_first_turn() -> None:
    plain, strict = local(), local(template=NO_SYSTEM)
    conversation = (Message("system", "w9"), *chat("w1 w2"))
    assert strict.talk.tokens(conversation) == strict.talk.tokens(chat("w9\n\nw1 w2"))
    assert plain.talk.tokens(conversation) != strict.talk.tokens(conversation)


def test_a_template_that_fails_says_whose_it_is() -> None:
    model = local(template="{{ raise_exception('bad turn') }}")
    with pytest.raises(ModelError, match=r"tiny-llama failed: bad turn"):
        model.talk.tokens(chat("w1"))


def test_a_base_model_gets_questions_and_answers_and_stops_after_its_answer() -> None:
    assert lay_out((Message("system", "Be brief."), *chat("One?", "1", "Two?"))) == (
        "Be brief.\nQuestion: One?\nAnswer: 1\nQuestion: Two?\nAnswer:"
    )
    model = local(template=None)
    long = dict(model.respond(PROMPTS, Generation(max_tokens=60)))
    for reply in long.values():
        assert "\nQuestion:" not in reply.text
        assert "\n\n" not in reply.text
    newline = model.tokenizer.convert_tokens_to_ids("\n")
    assert model.talk.is_over([20, newline, newline])
    assert not model.talk.is_over([newline, newline, 20])  # leading empty lines are no answer yet


def test_thinking_is_split_off_also_when_the_template_opened_it() -> None:
    from knowwhen.models._rows import Reply

    ids = lambda text: tiny.tokenizer().encode(text)  # noqa: E731
    model = local()
    assert model.talk.text(Reply(ids("<think> w1 </think> w2")), (1,)) == ("w1", "w2")
    assert model.talk.text(Reply(ids("w1 </think> w2")), tuple(ids("<user> w5 <reply> <think>"))) == ("w1", "w2")
    assert model.talk.text(Reply(ids("w1 w2")), tuple(ids("<user> w5 <reply> <think>")))[1] == ""


def test_a_prompt_beyond_the_context_is_an_error_of_ours_not_a_reply() -> None:
    model = local()
    long = chat(" ".join(["w1"] * 300))
    replies = dict(model.respond([PROMPTS[0], long], Generation(max_tokens=4)))
    assert replies[0].stop is not Stop.ERROR
    assert replies[1].stop is Stop.ERROR
    assert replies[1].cause == "prompt too long (256 positions)"


def test_hidden_states_are_kept_on_request(tmp_path: Path) -> None:
    model = local()
    generation = Generation(max_tokens=2, needs=frozenset({Need.HIDDEN}), hidden_folder=str(tmp_path / "hidden"))
    for index, reply in model.respond(PROMPTS, generation):
        with torch.no_grad():
            out = model.model(torch.tensor([model.talk.tokens(PROMPTS[index])]), output_hidden_states=True)
        stored = np.load(tmp_path / "hidden" / reply.hidden)
        assert stored.shape == (3, 32)
        np.testing.assert_allclose(stored, torch.stack([h[0, -1] for h in out.hidden_states]), rtol=2e-3, atol=2e-3)
    with pytest.raises(RequestError, match="hidden_folder"):
        next(model.respond(PROMPTS, Generation(needs=frozenset({Need.HIDDEN}))))


def test_scores_of_given_replies_are_their_log_probabilities() -> None:
    model = local()
    scores = model.score(PROMPTS[:3], [["w1 w2", "w3"], [], ["w4 w5 w6"]])
    assert [len(s) for s in scores] == [2, 0, 1]
    prompt, tail = model.talk.tokens(PROMPTS[2]), tiny.tokenizer().encode("w4 w5 w6")
    with torch.no_grad():
        logits = torch.log_softmax(model.model(torch.tensor([[*prompt, *tail]])).logits[0], -1)
    expected = [float(logits[len(prompt) - 1 + k, t]) for k, t in enumerate(tail)]
    np.testing.assert_allclose(scores[2][0], expected, atol=1e-4)
    with pytest.raises(RequestError, match="no tokens"):
        model.score(PROMPTS[:1], [[""]])


YES_OR_NO = Aside("p_true", "w9 ?"), Aside("p_know", "w8 ?", after=False)
ALL = frozenset(Need) - {Need.HIDDEN}


def odds(model: LocalModel, prompt: Sequence[Message]) -> float:
    """The log-odds of w20 over w21 as the first word of a reply, by a plain pass over the rendered conversation."""
    with torch.no_grad():
        logits = model.model(torch.tensor([model.talk.tokens(prompt)])).logits[0, -1]
    yes, no = (model.tokenizer(word, add_special_tokens=False)["input_ids"] for word in ("w20", "w21"))
    return float(logits[yes[0]] - logits[no[0]])


FAITHFUL = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<reply>{{ m['content'] }}<end>"
    "{% else %}<{{ m['role'] }}> {{ m['content'] }} {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<reply>{% endif %}"
)
"""Shows an earlier reply just as the model gave it."""


@pytest.mark.parametrize("template", [FAITHFUL, None])
def test_second_questions_are_read_as_the_conversation_would_be(template: str | None) -> None:
    model = local(template=template)
    model.talk.__dict__["yes_no"] = tuple(tuple(model.tokenizer(w)["input_ids"]) for w in ("w20", "w21"))
    said = Aside("stated", "w7 ?", tokens=3)
    generation = Generation(max_tokens=5, needs=ALL, asides=(*YES_OR_NO, said), continuations=("w1 w2", "w3"))
    replies = dict(model.respond(PROMPTS, generation, plain={0}))
    assert replies[0].asides is None
    assert replies[0].scores is None
    assert replies[0].margins is None
    for i, prompt in enumerate(PROMPTS[1:], 1):
        reply = replies[i]
        bare = dict(model.respond([prompt], Generation(max_tokens=5)))[0]
        assert (bare.text, bare.stop) == (reply.text, reply.stop)
        assert len(reply.margins) == len(reply.entropies) == len(reply.logprobs) == reply.tokens_out
        assert [len(s) for s in reply.scores] == [2, 1]
        given = model.score([prompt], [["w1 w2", "w3"]])[0]
        np.testing.assert_allclose(np.concatenate(reply.scores), np.concatenate(given), atol=1e-4)
        instead = (*prompt[:-1], Message("user", f"{prompt[-1].content}\n\nw8 ?"))
        assert reply.asides["p_know"] == pytest.approx(odds(model, instead), abs=1e-4)
        behind = (*prompt, Message("assistant", reply.text), Message("user", "w9 ?"))
        if len(model.tokenizer(reply.text)["input_ids"]) == reply.tokens_out:  # else its text lacks blanks at its ends
            assert reply.asides["p_true"] == pytest.approx(odds(model, behind), abs=1e-4)
        asked = (*prompt, Message("assistant", reply.text), Message("user", "w7 ?"))
        assert reply.asides["stated"] == dict(model.respond([asked], Generation(max_tokens=3)))[0].text


def test_what_does_not_fit_the_context_is_absent_and_the_reply_is_there() -> None:
    model = local()
    model.talk.__dict__["yes_no"] = ((20,), (21,))
    model.context = len(model.talk.tokens(PROMPTS[0])) + 5
    generation = Generation(max_tokens=5, needs=ALL, asides=YES_OR_NO, continuations=("w1 w2 w3 w4", "w5 w6 w7 w8"))
    reply = dict(model.respond(PROMPTS[:1], generation))[0]
    assert reply.tokens_out
    assert reply.asides.keys() == {"p_know"}
    assert reply.scores is None


def test_what_a_thinking_model_would_begin_with_is_not_read_as_its_reply() -> None:
    model = local(template=tiny.CHAT + "<think>")
    model.talk.__dict__["yes_no"] = ((20,), (21,))
    generation = Generation(max_tokens=3, needs=ALL, asides=YES_OR_NO, continuations=("w1",))
    reply = dict(model.respond(PROMPTS[:1], generation))[0]
    assert reply.thinking or not reply.text
    assert (reply.scores, reply.asides) == (None, {})
    assert reply.logprobs


def test_a_template_that_hides_earlier_replies_gives_no_question_behind_them() -> None:
    hiding = "{{ '<user> ' + messages[-1]['content'] + ' <reply>' }}"
    model = local(template=hiding)
    model.talk.__dict__["yes_no"] = ((20,), (21,))
    reply = dict(model.respond(PROMPTS[:1], Generation(max_tokens=3, needs=ALL, asides=YES_OR_NO)))[0]
    assert reply.asides.keys() == {"p_know"}


def test_a_saved_folder_with_an_adapter_replies_as_the_adapted_model(tmp_path: Path) -> None:
    import peft

    from knowwhen.models._weights import Located

    base = tiny.model()
    base.save_pretrained(tmp_path / "base")
    tiny.tokenizer().save_pretrained(tmp_path / "base")
    torch.manual_seed(1)
    adapted = peft.get_peft_model(base, peft.LoraConfig(r=2, target_modules=["q_proj", "down_proj"]))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, 0, 0.5)
    adapted.save_pretrained(tmp_path / "adapter")
    plain = open_local("base", Located(tmp_path / "base", None, {"name": "base"}, ()), device="cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)  # nothing that a user could not mend is said on stderr
        model = open_local("both", Located(tmp_path / "base", tmp_path / "adapter", {"name": "both"}, ()), device="cpu")
    generation = Generation(max_tokens=8)
    ours, unadapted = dict(model.respond(PROMPTS, generation)), dict(plain.respond(PROMPTS, generation))
    assert any(ours[i].text != unadapted[i].text for i in ours)
    for i, prompt in enumerate(PROMPTS):
        ids = torch.tensor([model.talk.tokens(prompt)])
        out = adapted.generate(input_ids=ids, do_sample=False, max_new_tokens=8, pad_token_id=0)[0, ids.shape[1] :]
        assert ours[i].text == model.tokenizer.decode(out.tolist(), skip_special_tokens=True).strip()


def test_a_folder_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    from knowwhen.models._weights import Located

    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="Cannot load 'broken'"):
        open_local("broken", Located(tmp_path, None, {}, ()), device="cpu")


QUESTIONS = [
    "What is the capital of France?",
    "Who wrote the diary of the last dodo?",
    "How many legs does a spider have?",
    "Name three colours of the rainbow, and say in one sentence why the sky is blue.",
    "A farmer has 17 sheep and buys 5 more. Then he sells some of them to a neighbour who lives down the road, next to "
    "the old mill. How many sheep are left?",
    "What did Julius Caesar eat for breakfast on the day he crossed the Rubicon?",
    "Translate 'good morning' into Spanish.",
    "Is 97 a prime number?",
]


@pytest.mark.slow
@pytest.mark.model
def test_the_default_models_greedy_tokens_are_those_of_generate_on_64_prompts() -> None:
    from knowwhen.models import open_model

    model = open_model("smollm2")
    prompts = [chat(q) for q in QUESTIONS]
    prompts += [chat(f"{q} Answer in {n} words.") for n in (3, 12, 40) for q in QUESTIONS]
    prompts += [(Message("system", "If you do not know, say so."), *chat(q)) for q in QUESTIONS]
    prompts += [chat(q, "I am not sure.", "Please try again.") for q in QUESTIONS]
    prompts += [chat(f"{q} " * n) for n in (2, 5) for q in QUESTIONS]
    assert len(prompts) == 64
    replies = dict(model.respond(prompts, Generation(max_tokens=24)))
    ids = [model.talk.tokens(p) for p in prompts]
    assert len({len(i) for i in ids}) > 25  # of mixed length indeed
    for i, prompt in enumerate(ids):
        batch = torch.tensor([prompt])
        out = model.model.generate(
            batch, attention_mask=torch.ones_like(batch), do_sample=False, max_new_tokens=24
        )[0, len(prompt) :].tolist()
        assert replies[i].text == model.tokenizer.decode(out, skip_special_tokens=True).strip()
        assert replies[i].tokens_out == len(out)
