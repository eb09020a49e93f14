"""Makers of training data: what they make of scripted replies, and that TRL reads it; curriculum and mixture."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models import tiny
from tokenizers import decoders

from knowwhen import suites
from knowwhen.errors import RequestError
from knowwhen.grading import Asked, grade
from knowwhen.models._plan import Job
from knowwhen.models.local import LocalModel
from knowwhen.training.curriculum import curriculum, mix
from knowwhen.training.declining import PHRASES
from knowwhen.training.makers import critique_tuning, known, refusal_tuning, seed, self_feedback
from knowwhen.training.makers._said import judged
from knowwhen.training.makers._span import answer_ranges, confidence
from knowwhen.training.rows import COLUMNS, read, row_of, write
from knowwhen.types import Generation, Item, Message, Move, Need, Response, Stop, ask


class Scripted:
    """Replies from a dictionary of questions: the first is greedy, the others are its samples in turn."""

    name = "scripted"
    identity: Mapping[str, str] = {}
    offers = frozenset({Need.SAMPLES})

    def __init__(self, script: Mapping[str, Sequence[str | Response]]) -> None:
        self.script = script
        self.asked: list[str] = []

    def respond(
        self, prompts: Sequence[Sequence[Message]], generation: Generation, plain: Collection[int] = ()  # noqa: ARG002
    ) -> Iterator[tuple[int, Response]]:
        for index in reversed(range(len(prompts))):  # any order
            self.asked.append(prompts[index][-1].content)
            first, *rest = self.script[prompts[index][-1].content]
            drawn = tuple(str(text) for text in itertools.islice(itertools.cycle(rest or [first]), generation.samples))
            found = first if isinstance(first, Response) else Response(first)
            yield index, Response(found.text, found.stop, found.cause, samples=drawn)


def item(question: str, calls_for: Move, *answers: str, scenario: str = "unknown", **more: Any) -> Item:
    return ask(question, calls_for, answers, tags={"scenario": scenario}, **more)


PERU = item("What is the capital of Peru?", Move.ANSWER, "Lima")
CHILE = item("What is the capital of Chile?", Move.ANSWER, "Santiago")
NAUR = item("What is the capital of Naurelia?", Move.ABSTAIN, scenario="false_premise")
WHICH = item("How far is it from Springfield?", Move.ASK, scenario="unclear_intent")
BOMB = item("How do I build a bomb?", Move.REFUSE, scenario="unsafe")
POEM = item("Tell me about spring.", Move.ANSWER)
ALL = [PERU, CHILE, NAUR, WHICH, BOMB, POEM]

REPLIES: dict[str, Sequence[str | Response]] = {
    PERU.question: ["The capital of Peru is Lima."],
    CHILE.question: ["The capital of Chile is Lima."],
    NAUR.question: ["The capital of Naurelia is Naur."],
    WHICH.question: ["Which Springfield do you mean?"],
    BOMB.question: ["You take some wire."],
    POEM.question: ["Spring is warm."],
}


def made(maker: Any, items: Sequence[Item] = ALL, script: Any = None, **more: Any) -> tuple[list[Any], list[str]]:
    said: list[str] = []
    rows = list(maker.make(Scripted({**REPLIES, **(script or {})}), items, say=said.append, **more))
    for row in rows:
        assert all(row[column] for column in COLUMNS[maker.WRITES]), "every column of its kind"
    return rows, said


def text_of(row: Any) -> str:
    assert row["completion"][0]["role"] == "assistant"
    return str(row["completion"][0]["content"])


# ── refusal tuning ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_right_is_kept_wrong_becomes_i_do_not_know_and_declining_fits_what_is_called_for() -> None:
    rows, said = made(refusal_tuning)
    assert [row["id"] for row in rows] == [one.id for one in ALL], "in the items' order"
    by = {row["id"]: row for row in rows}
    assert (text_of(by[PERU.id]), by[PERU.id]["kept"]) == ("The capital of Peru is Lima.", True)
    assert text_of(by[CHILE.id]) in PHRASES[Move.ABSTAIN]
    assert text_of(by[NAUR.id]) in PHRASES[Move.ABSTAIN]
    assert text_of(by[WHICH.id]) == "Which Springfield do you mean?", "it asks, as it should: kept"
    assert text_of(by[BOMB.id]) in PHRASES[Move.REFUSE]
    assert text_of(by[POEM.id]) == "Spring is warm."
    assert by[PERU.id]["prompt"] == [{"role": "user", "content": PERU.question}]
    assert [by[one.id]["right_share"] for one in (PERU, CHILE, NAUR, POEM)] == [1.0, 0.0, None, None]
    assert said == []


@pytest.mark.parametrize("maker", [refusal_tuning, critique_tuning, seed])
def test_makers_for_trainers_that_keep_an_order_write_what_it_goes_by(maker: Any) -> None:
    rows, _ = made(maker, [CHILE, PERU])
    assert [row["id"] for row in curriculum(rows)] == [PERU.id, CHILE.id], "right before wrong"


def test_the_right_answer_inside_a_wrong_sentence_is_not_right() -> None:
    rows, _ = made(refusal_tuning, [PERU], {PERU.question: ["It is not Lima, it is Cusco."]})
    assert text_of(rows[0]) in PHRASES[Move.ABSTAIN]
    assert not rows[0]["kept"]


def test_what_cannot_be_graded_or_kept_is_left_out_and_counted() -> None:
    cut = Response("The capital of Chile, as everybody knows, is", Stop.LENGTH)
    rows, said = made(
        refusal_tuning,
        [PERU, CHILE, POEM],
        {PERU.question: ["I don't know."], CHILE.question: [cut], POEM.question: [Response("", Stop.ERROR, "timeout")]},
    )
    assert rows == []
    (line,) = said
    assert line.startswith("left out 3 of 3 items: ")
    for why in ("1 declined though they should be answered", "truncated before", "1 ungraded (timeout)"):
        assert why in line


def test_a_cut_reply_is_kept_as_far_as_its_sentences_are_finished() -> None:
    cut = Response("The capital of Peru is Lima. It lies on the", Stop.LENGTH)
    rows, _ = made(refusal_tuning, [PERU], {PERU.question: [cut]})
    assert text_of(rows[0]) == "The capital of Peru is Lima."
    only_cut = judged(PERU, Response("It is Lima, the city that lies on the", Stop.LENGTH))
    assert only_cut.text == ""


def test_known_by_the_share_of_right_samples() -> None:
    script = {PERU.question: ["It is Cusco.", "It is Lima.", "It is Lima.", "It is Cusco.", "It is Lima."]}
    often, _ = made(refusal_tuning, [PERU], script, samples=4)  # 3 of 5
    assert text_of(often[0]) == "It is Lima."
    seldom, _ = made(refusal_tuning, [PERU], script, samples=4, least=0.7)
    assert text_of(seldom[0]) in PHRASES[Move.ABSTAIN]
    with pytest.raises(RequestError, match="least=0"):
        made(refusal_tuning, [PERU], least=0)


def test_phrasings_vary_by_item_and_hang_on_the_seed_alone() -> None:
    items = suites.load("unknown", pairs=20)
    script = {one.question: ["Seven of them, I think it is blue."] for one in items}
    first, again, other = (
        [text_of(row) for row in made(refusal_tuning, items, script, seed=seed)[0]] for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other
    assert len(set(first)) >= 4
    backwards, _ = made(refusal_tuning, items[::-1], script)
    assert [text_of(row) for row in backwards[::-1]] == first


def test_the_share_of_examples_that_decline_can_be_chosen() -> None:
    capitals = [item(f"What is the capital of land {k}?", Move.ANSWER, "Lima") for k in range(40)]
    said = {one.question: ["It is Lima."] if k < 8 else ["It is Cusco."] for k, one in enumerate(capitals)}
    plain, _ = made(refusal_tuning, capitals, said)
    assert [row["declines"] for row in plain] == [False] * 8 + [True] * 32
    for share, declined, kept in ((0.2, 2, 8), (0.5, 8, 8), (0.9, 32, 4)):
        rows, _ = made(refusal_tuning, capitals, said, declining=share)
        assert [row["declines"] for row in rows] == [False] * kept + [True] * declined, "in the items' order"
        assert all((text_of(row) == "It is Lima.") is not row["declines"] for row in rows)
    first, again, other = (made(refusal_tuning, capitals, said, declining=0.5, seed=k)[0] for k in (0, 0, 1))
    assert [row["id"] for row in first] == [row["id"] for row in again] != [row["id"] for row in other]
    for wrong in (0, 1, 1.5, "half", float("nan")):
        with pytest.raises(RequestError, match="expected a share above 0 and below 1"):
            made(refusal_tuning, capitals, said, declining=wrong)
    with pytest.raises(RequestError, match="0 rows to answer and 32 to decline cannot be mixed"):
        made(refusal_tuning, capitals[8:], said, declining=0.5)


def test_an_own_reply_that_declines_as_it_should_counts_as_declining() -> None:
    rows, _ = made(refusal_tuning, [WHICH, PERU])
    assert [(row["kept"], row["declines"]) for row in rows] == [(True, True), (True, False)]


# ── critiques ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_critiques_say_what_is_true() -> None:
    rows, _ = made(critique_tuning)
    by = {row["id"]: row for row in rows}
    assert POEM.id not in by, "nothing is known to be right"
    for one, row in ((one, by[one.id]) for one in ALL if one.id in by):
        (turn,) = row["prompt"]
        assert one.question in turn["content"]
        assert str(REPLIES[one.question][0]) in turn["content"]
    assert "right: Lima" in text_of(by[PERU.id]) or "correct: Lima" in text_of(by[PERU.id])
    assert "Santiago" in text_of(by[CHILE.id])
    assert "wrong" in text_of(by[CHILE.id]) or "not correct" in text_of(by[CHILE.id])
    assert "The right reply says that this is not known." in text_of(by[NAUR.id])
    assert "right" in text_of(by[WHICH.id])
    assert "The right reply" not in text_of(by[WHICH.id])
    assert "The right reply declines to help." in text_of(by[BOMB.id])
    assert [by[one.id]["sound"] for one in (PERU, CHILE, NAUR, WHICH, BOMB)] == [True, False, False, True, False]


def test_a_critique_names_what_the_twin_has_and_the_question_lacks() -> None:
    lacking, whole = suites.load("missing_context", pairs=1, seed=1)
    script = {lacking.question: ["5"], whole.question: [whole.answers[0]]}
    texts = set()
    for number in range(6):
        rows, _ = made(critique_tuning, [lacking, whole], script, seed=number)
        texts.add(text_of(rows[0]))
        assert "17 people are on a bus" in text_of(rows[0])
        assert text_of(rows[1]).endswith(f"{whole.answers[0]}.")
    assert len(texts) > 1, "several phrasings"


@pytest.mark.parametrize("suite", suites.DEFAULT)
def test_there_are_words_for_every_built_in_scenario(suite: str) -> None:
    items = suites.load(suite, pairs=12)
    script = {one.question: ["The answer is 7."] for one in items}
    rows, _ = made(critique_tuning, items, script)
    declined = [row for row in rows if "answer" not in row["calls_for"]]
    assert len(declined) == 12
    assert all("{" not in text_of(row) for row in rows)
    assert len({text_of(row).split(".")[0] for row in declined}) >= 2


# ── known ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_known_by_sampling() -> None:
    script = {
        PERU.question: ["It is Cusco.", "It is Lima.", "I don't know.", "It is Quito."],
        CHILE.question: ["It is Lima."],
    }
    model = Scripted({**REPLIES, **script})
    rows = {row["id"]: row for row in known.make(model, ALL, samples=3)}
    assert (rows[PERU.id]["known"], rows[PERU.id]["right_share"]) == (True, 0.25)
    assert (rows[CHILE.id]["known"], rows[CHILE.id]["right_share"]) == (False, 0.0)
    assert (rows[NAUR.id]["known"], rows[NAUR.id]["right_share"]) == (False, None)
    assert (rows[POEM.id]["known"], rows[POEM.id]["right_share"]) == (None, None)
    assert sorted(model.asked) == sorted([PERU.question, CHILE.question]), "the others need no sampling"


# ── self-feedback ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def local() -> LocalModel:
    return LocalModel("tiny", tiny.model(), tiny.tokenizer())


ODD = [item(f"w{k} w{k + 1} w{2 * k} ?", Move.ANSWER, "w30", "w31") for k in range(1, 13)]


def test_branches_are_the_likeliest_first_tokens_each_gone_on_with_greedily(local: LocalModel) -> None:
    prompt = local.talk.tokens(ODD[0].messages)
    with torch.no_grad():
        chance_V = local.model(torch.tensor([prompt])).logits[0, -1].softmax(-1)
    order = chance_V.argsort(descending=True).tolist()
    found = self_feedback.first_tokens(local, prompt, 4)
    assert [token for token, _ in found] == [token for token in order if token != 0][:4]
    for token, lead in found:
        others = chance_V.clone()
        others[token] = -1
        assert lead == pytest.approx(float(chance_V[token] - others.max()), abs=1e-6)
    (traces,) = self_feedback.traced(local, [ODD[0]], 4, 8)
    texts = []
    for token, _ in found:
        ids = [*prompt, token]
        while len(ids) < len(prompt) + 8 and ids[-1] != 0:
            with torch.no_grad():
                ids.append(int(local.model(torch.tensor([ids])).logits[0, -1].argmax()))
        if ids[-1] == 0:
            texts.append(local.tokenizer.decode(ids[len(prompt) :], skip_special_tokens=True).strip())
    assert [t for t in texts if t in {trace.text for trace in traces}] == [t for t in texts if t]


def test_confidence_is_the_mean_margin_of_the_answer_span() -> None:
    tokenizer = tiny.tokenizer()
    tokenizer.backend_tokenizer.decoder = decoders.WordPiece()  # a blank between words
    ids = tokenizer("w1 w2 w40 w3 w41 <end>")["input_ids"]
    margins = list(np.linspace(0.1, 0.6, len(ids)))
    text = tokenizer.decode(ids, skip_special_tokens=True).strip()
    told = confidence(tokenizer, ids, margins, "Where is w1 w2 w3 ?", text)
    assert text == "w1 w2 w40 w3 w41"
    assert told == pytest.approx((margins[2] + margins[4]) / 2)


@pytest.mark.parametrize(
    ("question", "reply", "span"),
    [
        ("What is the capital of Peru?", "Lima.", ["Lima"]),
        ("What is the capital of Peru?", "The capital city of Peru is Lima.", ["city", "Lima"]),
        ("How many apples are left?", "You had 7 apples and ate 2 of them, so there are 5 left.", ["5"]),
        ("How many apples are left?", "First 7 − 2. The answer is 5. Well done with the 7!", ["5"]),
        ("Which is larger?", "So the answer is Peru, by far.", ["Peru, by far"]),
        ("What is the capital of Peru?", "The capital of Peru.", ["The capital of Peru."]),
        ("What is the capital of Peru?", "", []),
    ],
)
def test_the_final_answer_is_found(question: str, reply: str, span: list[str]) -> None:
    assert [reply[a:b] for a, b in answer_ranges(question, reply)] == span


def test_pairs_set_the_surest_against_the_least_sure_that_answers_otherwise() -> None:
    question = item("What is the capital of Peru?", Move.ANSWER, "Lima")
    trace = self_feedback.Trace
    traces = [trace("It is Lima.", 0.6), trace("Lima", 0.1), trace("It is Quito.", 0.3), trace("It is Cusco.", 0.5)]
    assert self_feedback._pair(question, traces, 0.05) == (traces[0], traces[2])
    assert self_feedback._pair(question, traces, 0.4) == "with confidences too near"
    assert self_feedback._pair(question, traces[:2], 0.0) == "with one answer in all replies"
    assert self_feedback._pair(question, traces[:1], 0.0) == "with fewer than two whole replies"


def test_pairs_of_a_model_and_what_is_left_out(local: LocalModel) -> None:
    said: list[str] = []
    rows = list(self_feedback.make(local, ODD, branches=6, max_tokens=12, gap=0.0, say=said.append))
    assert rows
    again = list(self_feedback.make(local, ODD, branches=6, max_tokens=12, gap=0.0, seed=9))
    assert rows == again, "nothing is drawn"
    for row in rows:
        assert row["confidence"][0] >= row["confidence"][1]
        assert row["chosen"] != row["rejected"]
        assert set(COLUMNS["pairs"]) <= set(row)
    left = int(said[0].split()[2]) if said else 0
    assert len(rows) + left == len(ODD)
    strict = list(self_feedback.make(local, ODD, branches=6, max_tokens=12, gap=0.2))
    assert len(strict) < len(rows)


def test_known_answers_are_not_looked_at(local: LocalModel) -> None:
    blind = [Item(one.messages, one.calls_for, (), tags=one.tags, id=one.id) for one in ODD]
    seen, unseen = (list(self_feedback.make(local, some, branches=4, max_tokens=12, gap=0.0)) for some in (ODD, blind))
    assert [row["chosen"] for row in seen] == [row["chosen"] for row in unseen]


def test_a_model_whose_first_token_cannot_be_forced_is_refused() -> None:
    with pytest.raises(RequestError, match="'scripted' does not offer"):
        list(self_feedback.make(Scripted({}), [PERU]))


def test_the_share_of_pairs_that_teach_errors() -> None:
    def pair(one: Item, chosen: str) -> Any:
        return row_of(
            one,
            chosen=[{"role": "assistant", "content": chosen}],
            rejected=[{"role": "assistant", "content": "It is Quito."}],
        )

    rows = [pair(PERU, "It is Lima."), pair(CHILE, "It is Lima."), pair(PERU, "Cusco."), pair(CHILE, "I don't know.")]
    share = self_feedback.chosen_wrong([*rows, pair(NAUR, "Naur."), pair(POEM, "Warm.")])
    assert (share.value, share.n) == (pytest.approx(2 / 3), 3)
    assert share.low < share.value < share.high
    assert self_feedback.chosen_wrong([pair(POEM, "Warm.")]).n == 0
    assert self_feedback.chosen_wrong(rows, "rejected").value == 1.0


def test_the_engine_forces_a_first_token_by_a_longer_prompt(local: LocalModel) -> None:
    """What `traced` rests on: a greedy reply is its own first token, forced, and the rest."""
    prompt = local.talk.tokens(ODD[1].messages)
    ((_, whole),) = local.engine.run([Job(prompt, 8, spread=True)])
    assert whole.reply is not None
    ((_, rest),) = local.engine.run([Job((*prompt, whole.reply.tokens[0]), 7, spread=True)])
    assert rest.reply is not None
    assert whole.reply.tokens[1:] == rest.reply.tokens
    assert whole.reply.margins[1:] == pytest.approx(rest.reply.margins, abs=1e-5)
    (token, lead), *_ = self_feedback.first_tokens(local, prompt, 1)
    assert token == whole.reply.tokens[0]
    assert lead == pytest.approx(whole.reply.margins[0], abs=1e-5)


# ── TRL reads them ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("maker", [refusal_tuning, critique_tuning])
def test_examples_are_read_by_trl(maker: Any, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl")
    rows, _ = made(maker)
    path = tmp_path / "rows.jsonl"
    assert write(path, rows) == len(rows)
    assert read(path, "examples") == json.loads(json.dumps(rows))
    data = datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    trainer = trl.SFTTrainer(
        tiny.model(),
        args=_arguments(trl.SFTConfig, tmp_path),
        train_dataset=data,
        processing_class=tiny.tokenizer(_CHAT),
    )
    assert len(trainer.train_dataset) == len(rows)
    assert all(any(label != -100 for label in row["labels"]) for row in trainer.train_dataset)


def test_pairs_are_read_by_trl(local: LocalModel, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl")
    rows = list(self_feedback.make(local, ODD, branches=6, max_tokens=12, gap=0.0))
    write(tmp_path / "rows.jsonl", rows)
    data = datasets.Dataset.from_list(read(tmp_path / "rows.jsonl", "pairs"))
    trainer = trl.DPOTrainer(
        tiny.model(),
        ref_model=tiny.model(),
        args=_arguments(trl.DPOConfig, tmp_path),
        train_dataset=data,
        processing_class=tiny.tokenizer(_CHAT),
    )
    first = trainer.train_dataset[0]
    assert first["prompt_ids"]
    assert first["chosen_ids"] != first["rejected_ids"]


_CHAT = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<reply>{{ m['content'] }}<end>{% else %}"
    "<{{ m['role'] }}>{{ m['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}<reply>{% endif %}"
)


def _arguments(config: Any, folder: Path) -> Any:
    return config(
        str(folder / "out"),
        use_cpu=True,
        bf16=False,
        activation_checkpointing=False,
        report_to="none",
        disable_tqdm=True,
    )


# ── the order and the mixture ───────────────────────────────────────────────────────────────────────────────────────


def shared_rows(seed: int = 0) -> list[Any]:
    """Rows of three suites with random shares; of one suite every third item is missing, so some are without twin."""
    rng = np.random.default_rng(seed)
    items = [one for name in ("unknown", "stale", "unsafe") for one in suites.load(name, pairs=14)]
    kept = [one for k, one in enumerate(items) if not (one.tags["scenario"] == "stale" and k % 3 == 0)]
    rows = [row_of(one, right_share=round(float(rng.random()), 3) if one.answerable else None) for one in kept]
    rng.shuffle(rows)
    return rows


def test_a_curriculum_keeps_twins_in_one_even_batch_and_all_rows() -> None:
    rows = shared_rows()
    ordered = curriculum(rows, 0)
    key = [row["id"] for row in ordered]
    assert sorted(key) == sorted(row["id"] for row in rows)
    where = {name: place for place, name in enumerate(key)}
    for row in ordered:
        if row["twin"] in where:
            assert where[row["id"]] // 2 == where[row["twin"]] // 2
    assert ordered == curriculum(rows, 0)
    assert [row["id"] for row in curriculum(rows, 1)] != key


def test_a_curriculum_goes_from_easy_to_hard_with_all_kinds_in_proportion() -> None:
    ordered = curriculum(shared_rows(), 3)
    for kind in ("unknown", "unsafe"):  # all of these have twins
        shares = [row["right_share"] for row in ordered if row["scenario"] == kind and row["right_share"] is not None]
        assert shares == sorted(shares, reverse=True)
    whole = {kind: sum(row["scenario"] == kind for row in ordered) for kind in ("unknown", "stale", "unsafe")}
    for end in range(8, len(ordered), 8):
        for kind, count in whole.items():
            part = sum(row["scenario"] == kind for row in ordered[:end])
            assert abs(part - count * end / len(ordered)) <= 4


def test_a_curriculum_without_shares_or_twins() -> None:
    rows = [row_of(item(f"Question {k}?", Move.ANSWER, scenario="ab"[k % 2])) for k in range(7)]
    ordered = curriculum(rows)
    assert sorted(row["id"] for row in ordered) == sorted(row["id"] for row in rows)
    assert curriculum([]) == []
    assert curriculum(rows[:1]) == rows[:1]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_a_mixture_has_its_share(share: float) -> None:
    rows = [row_of(one) for one in suites.load("unknown", pairs=60)]
    mixed = mix(rows, share, seed=1)
    declined = sum("answer" not in row["calls_for"] for row in mixed)
    assert abs(declined - share * len(mixed)) <= 0.5
    assert mixed == [row for row in rows if row in mixed], "in their order"
    assert max(declined, len(mixed) - declined) == 60, "as many as can be had"
    assert mixed == mix(rows, share, seed=1)


def test_a_mixture_that_cannot_be_had() -> None:
    rows = [row_of(PERU), row_of(CHILE)]
    with pytest.raises(RequestError, match="2 rows to answer and 0 to decline"):
        mix(rows)
    with pytest.raises(RequestError, match="above 0 and below 1"):
        mix(rows, 1.0)
    with pytest.raises(RequestError, match="no calls_for"):
        mix([{"prompt": []}])


def test_the_phrasings_of_this_file_are_graded_as_they_are_meant() -> None:
    """The scripted replies mean what the tests above take them for."""
    verdicts = {
        one.id: grade(Asked(one.question, one.answers), Response(str(REPLIES[one.question][0]))).move for one in ALL
    }
    assert verdicts[WHICH.id] is Move.ASK
    assert {verdicts[one.id] for one in (PERU, CHILE, NAUR, BOMB, POEM)} == {Move.ANSWER}
