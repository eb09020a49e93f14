"""Each published set read from a small file of our own in upstream's format: labels, twins, answers, known faults."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from knowwhen.errors import RequestError
from knowwhen.suites import load
from knowwhen.types import Item, Move

ABSTAIN, ASK, REFUSE, ANSWER = ({move} for move in (Move.ABSTAIN, Move.ASK, Move.REFUSE, Move.ANSWER))
DECLINE = {Move.ABSTAIN, Move.ASK}


@pytest.fixture(autouse=True)
def _no_data_but_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KNOWWHEN_DATA", raising=False)
    monkeypatch.setenv("KNOWWHEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("knowwhen.suites._published.announce", lambda _: None)
    monkeypatch.setattr("knowwhen.suites._published._noted", lambda *_: None)


def read(spec: str, data: Path, files: Mapping[str, object]) -> dict[str, Item]:
    """The items of a suite over these files, by id without the set's name."""
    for name, content in files.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            text = content
        elif name.endswith(".jsonl"):
            text = "\n".join(json.dumps(row) for row in content)  # type: ignore[attr-defined]
        else:
            text = json.dumps(content)
        path.write_text(text, encoding="utf-8")
    items = load(spec, data=data)
    by_id = {item.id: item for item in items}
    assert len(by_id) == len(items)
    for item in items:
        if item.twin:
            assert by_id[item.twin].twin == item.id
            assert by_id[item.twin].answerable != item.answerable
    return {name.partition("-")[2]: item for name, item in by_id.items()}


def table(*rows: Mapping[str, object], crlf: bool = False) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n" if crlf else "\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_falseqa_pairs_row_i_with_row_i_plus_half_and_drops_pairs_of_the_same_words(tmp_path: Path) -> None:
    def row(question: str, label: int) -> dict[str, object]:
        return {"question": question, "answer": "Because.", "label": label}

    train = [row("Why do stones sing?", 1), row("Is it so?", 1), row("Why do birds sing?", 0), row("Is it so?", 0)]
    valid = [row("Why do cars bark?", 1), row("Why do dogs bark?", 0)]
    found = read("falseqa", tmp_path, {"falseqa/train.csv": table(*train), "falseqa/valid.csv": table(*valid)})
    assert {name: (item.calls_for, item.twin) for name, item in found.items()} == {
        "train-0": (ABSTAIN, "falseqa-train-2"),
        "train-2": (ANSWER, "falseqa-train-0"),
        "valid-0": (ABSTAIN, "falseqa-valid-1"),
        "valid-1": (ANSWER, "falseqa-valid-0"),
    }
    assert found["train-0"].tags["source_id"] == found["train-2"].tags["source_id"]
    assert list(read("falseqa(split='valid')", tmp_path, {})) == ["valid-0", "valid-1"]
    with pytest.raises(RequestError, match=r"falseqa\(split='dev'\): expected one of train, valid, test"):
        load("falseqa(split='dev')", data=tmp_path)


def test_umwp_takes_its_twin_from_relevant_ids_and_mends_the_known_faults(tmp_path: Path) -> None:
    def row(number: int, question: str, answer: object, twin: int | None = None, kind: int | None = None) -> Any:
        return {
            "id": number,
            "question": question,
            "answer": answer,
            "answerable": twin is None,
            "category": kind,
            "relevant_ids": None if twin is None else [twin],
            "source": "SVAMP",
        }

    rows = [
        row(1, "Ann has 2 pens and buys 3. How many?", [5.0]),
        row(2, "Bo has 7 nuts. How many?", [7.5]),
        row(3, "Cy has 4 cups. How many?", [4.0]),
        row(4, "ann has 2 pens  and buys 3. how many?", [5.0]),
        row(11, "Ann has 2 pens and buys some. How many?", None, 1, 2),
        row(12, "Bo has some nuts. How many?", 2, 2, 1),
        row(13, "Cy has 4 cups. How many?", None, 3, 5),
        row(14, "Ann has -2 pens and buys 3. How many?", None, 4, 3),
    ]
    found = read("umwp", tmp_path, {"umwp/StandardDataset.jsonl": rows})
    assert sorted(found) == ["1", "11", "12", "14", "2"]
    assert found["11"].calls_for == DECLINE
    assert (found["1"].answers, found["2"].answers, found["12"].answers) == (("5",), ("7.5",), ())
    assert found["14"].twin is None
    assert {item.tags["complexity"] for item in found.values()} == {
        "ambiguous key information",
        "key information missing",
        "unrealistic conditions",
    }
    assert found["1"].tags["source_id"] == found["11"].tags["source_id"] == found["14"].tags["source_id"]


def test_mip_has_twins_in_gsm8k_alone_and_drops_pairs_from_which_nothing_was_removed(tmp_path: Path) -> None:
    files = {
        "mip/gsm8k.json": [
            {
                "question": "Al has 2 hens.  He buys 3. How many?",
                "answer": "2+3=5\n#### 1,005",
                "insufficient_question": "Al buys 3. How many?",
            },
            {"question": "Same  text?", "answer": "#### 1", "insufficient_question": "Same text?"},
        ],
        "mip/svamp.json": [{"insufficient_question": "Di has 3 cats. How many pens?", "answer": 9.0}],
        "mip/formula.json": [{"insufficient_question": "What is $x + 1$?", "complexity": 1, "depth": 1}],
    }
    found = read("mip", tmp_path, files)
    assert list(found) == ["gsm8k-0", "gsm8k-0-whole", "svamp-0", "formula-0"]
    assert found["gsm8k-0-whole"].answers == ("1005",)
    assert found["svamp-0"].answers == ()
    assert all(found[name].calls_for == DECLINE for name in ("gsm8k-0", "svamp-0", "formula-0"))
    assert list(read("mip(part='formula')", tmp_path, {})) == ["formula-0"]
    gsm = read(
        "gsm8k",
        tmp_path,
        {"gsm8k/test.jsonl": [{"question": "Al has 2 hens. He buys 3. How many?", "answer": "#### 5"}]},
    )
    assert gsm["0"].tags["source_id"] == found["gsm8k-0"].tags["source_id"]


def test_coconot_calls_for_the_move_of_the_subcategory_and_for_answering_in_the_contrast_set(tmp_path: Path) -> None:
    def row(name: str, category: str, sub: str) -> dict[str, str]:
        return {"id": name, "category": category, "subcategory": sub, "prompt": f"Prompt {name}?", "response": ""}

    safety = "Requests with safety concerns"
    found = read(
        "coconot",
        tmp_path,
        {
            "coconot/coconot_eval.jsonl": [
                row("a", safety, "privacy violations"),
                row("b", safety, "incomprehensible"),
                row("c", "Incomplete requests", "incomprehensible"),
                row("d", "Incomplete requests", "underspecified"),
                row("e", "Indeterminate requests", "universal unknowns"),
            ],
            "coconot/coconot_contrast_eval.jsonl": [row("f", "Incomplete requests", "underspecified")],
        },
    )
    assert [item.calls_for for item in found.values()] == [REFUSE, REFUSE, DECLINE, ASK, ABSTAIN, ANSWER]
    scenarios = [item.tags["scenario"] for item in found.values()]
    assert scenarios == ["unsafe", "unsafe", "unclear_intent", "unclear_intent", "unknown", "unclear_intent"]
    assert not any(item.twin for item in found.values())


def test_xstest_pairs_the_nth_prompt_of_a_type_with_the_nth_of_its_contrast(tmp_path: Path) -> None:
    rows = [
        {"id": number, "prompt": f"Prompt {number}?", "type": kind, "label": label, "focus": "kill", "note": "a,\nb"}
        for number, kind, label in [
            (1, "homonyms", "safe"),
            (2, "homonyms", "safe"),
            (3, "contrast_homonyms", "unsafe"),
            (4, "contrast_homonyms", "unsafe"),
            (5, "privacy_public", "safe"),
            (6, "privacy_fictional", "safe"),
            (7, "contrast_privacy", "unsafe"),
            (8, "nons_group_real_discr", "safe"),
            (9, "contrast_discr", "unsafe"),
        ]
    ]
    found = read("xstest", tmp_path, {"xstest/xstest_prompts.csv": table(*rows)})
    assert {name: item.twin for name, item in found.items() if item.twin} == {
        "1": "xstest-3",
        "2": "xstest-4",
        "3": "xstest-1",
        "4": "xstest-2",
        "6": "xstest-7",
        "7": "xstest-6",
    }
    assert found["3"].calls_for == REFUSE
    assert found["3"].tags["domain"] == found["1"].tags["domain"] == "homonyms"


def test_bbq_shows_three_options_and_pairs_the_two_contexts(tmp_path: Path) -> None:
    def row(number: int, condition: str, context: str, label: int) -> dict[str, object]:
        return {
            "example_id": number,
            "context_condition": condition,
            "context": context,
            "question": "Who left?",
            "ans0": "The cook",
            "ans1": "Not known",
            "ans2": "The guest",
            "label": label,
        }

    rows = [
        row(0, "ambig", "A cook and a guest met.", 1),
        row(1, "disambig", "A cook and a guest met. The guest had to go.", 2),
        row(2, "ambig", "A cook and a guest met.", 1),
        row(3, "disambig", "A cook and a guest met. The cook had to go.", 0),
    ]
    found = read("bbq(categories='Religion')", tmp_path, {"bbq/Religion.jsonl": rows})
    assert list(found) == ["Religion-0", "Religion-1", "Religion-3"]
    first, second, lone = found.values()
    assert first.question == "A cook and a guest met.\nWho left?\nA. The cook\nB. Not known\nC. The guest"
    assert (first.calls_for, first.answers) == (ABSTAIN, ())
    assert (second.calls_for, second.answers) == (ANSWER, ("The guest",))
    assert lone.twin is None
    with pytest.raises(RequestError, match="expected one of Sexual_orientation"):
        load("bbq(categories='Tastes')", data=tmp_path)


def test_known_unknowns_pairs_neighbours_on_opposite_sides(tmp_path: Path) -> None:
    task = {
        "canary": "x",
        "examples": [
            {"input": "How many hairs had Bo?", "target_scores": {"5": 0, "Unknown": 1}},
            {"input": "When was Bo born?", "target_scores": {"1900": 1, "Unknown": 0}},
            {"input": "When was Al born?", "target_scores": {"1800": 1, "Unknown": 0}},
            {"input": "When was Cy born?", "target_scores": {"1700": 1, "Unknown": 0}},
        ],
    }
    found = read("known_unknowns", tmp_path, {"bigbench/known_unknowns/task.json": task})
    assert [item.calls_for for item in found.values()] == [ABSTAIN, ANSWER, ANSWER, ANSWER]
    assert [item.twin for item in found.values()] == ["known_unknowns-1", "known_unknowns-0", None, None]
    assert found["1"].answers == ("1900",)


def test_situatedqa_asks_the_bare_question_once_and_leaves_out_those_that_lack_nothing(tmp_path: Path) -> None:
    def row(bare: str, edited: str, answer: str, *others: str) -> dict[str, object]:
        return {
            "question": bare,
            "id": 1,
            "edited_question": edited,
            "answer": [answer],
            "any_answer": [answer, *others],
        }

    geo = [row("who rules", "who rules in peru", "Ana", "Bo"), row("who rules", "who rules in chad", "Bo", "Ana")]
    temp = [row("who won", "who won as of 2018", ")"), row("who leads", "who leads as of 2019", "Al", "Cy")]
    files = {"situatedqa/geo.test.jsonl": geo, "situatedqa/temp.test.jsonl": temp}
    found = read("situatedqa", tmp_path, files)
    assert {name: (item.question, item.calls_for, item.twin) for name, item in found.items()} == {
        "geo-0": ("who rules?", ASK, "situatedqa-geo-0-0"),
        "geo-0-0": ("who rules in peru?", ANSWER, "situatedqa-geo-0"),
        "geo-0-1": ("who rules in chad?", ANSWER, None),
        "temp-0-0": ("who won as of 2018?", ANSWER, None),
        "temp-1": ("who leads?", DECLINE, "situatedqa-temp-1-0"),
        "temp-1-0": ("who leads as of 2019?", ANSWER, "situatedqa-temp-1"),
    }
    assert len({item.tags["source_id"] for name, item in found.items() if name.startswith("geo")}) == 1
    assert (found["temp-1-0"].answers, found["temp-0-0"].answers) == (("Al",), ())  # a lone bracket is no answer


def fresh(*rows: tuple[str, str, str, str, str]) -> str:
    head = '"Warning, do not",,\n,,\n'
    answers = {f"answer_{n}": "" for n in range(1, 10)}
    return head + table(
        *(
            {
                "id": n,
                "split": split,
                "question": question,
                "false_premise": false,
                "num_hops": "one-hop",
                "fact_type": kind,
                "answer_0": answer,
                **answers,
            }
            for n, (split, question, false, kind, answer) in enumerate(rows)
        )
    )


def test_freshqa_has_false_premises_changed_answers_and_facts_that_never_change(tmp_path: Path) -> None:
    files = {
        "freshqa/FreshQA_v10282024.csv": fresh(
            ("TEST", "Which fish won?", "TRUE", "never-changing", "None did."),
            ("TEST", "Who leads?", "FALSE", "fast-changing", "Al"),
            ("DEV", "Who was first?", "FALSE", "never-changing", "Bo"),
            ("TEST", "Who is oldest?", "FALSE", "slow-changing", "Cy"),
            ("TEST", "Old words?", "FALSE", "slow-changing", "Di"),
        ),
        "freshqa/FreshQA_v12182024.csv": fresh(
            ("TEST", "Which fish won?", "TRUE", "never-changing", "No fish did."),
            ("TEST", "Who leads?", "FALSE", "fast-changing", "Ed"),
            ("DEV", "Who was first?", "FALSE", "never-changing", "Bo"),
            ("TEST", "Who is oldest?", "FALSE", "slow-changing", "Cy"),
            ("TEST", "New words?", "FALSE", "slow-changing", "Di"),
        ),
    }
    found = list(read("freshqa", tmp_path, files).values())
    assert [(one.question, one.calls_for, one.tags["scenario"], one.answers) for one in found] == [
        ("Which fish won?", ABSTAIN, "false_premise", ()),
        ("Who leads?", ABSTAIN, "stale", ()),
        ("Who was first?", ANSWER, "false_premise", ("Bo",)),
    ]
    theirs = read("freshqa(form='abstentionbench')", tmp_path, files)
    assert {one.question: one.answerable for one in theirs.values()} == {
        "Who leads?": False,
        "Who is oldest?": True,
        "Old words?": False,
        "New words?": False,
    }


def test_gsm8k_is_answerable_and_in_its_cut_form_keeps_the_last_sentence(tmp_path: Path) -> None:
    rows = [
        {"question": "Al has 3 kites. He buys 4. How many has he now?", "answer": "3+4=<<3+4=7>>7\n#### 7"},
        {"question": "How many legs have 3 cats?", "answer": "#### 12"},
        {"question": "Bo has 3 kites. He buys 9. How many has he now?", "answer": "#### 12"},
    ]
    whole = read("gsm8k", tmp_path, {"gsm8k/test.jsonl": rows})
    assert [(one.answers, one.calls_for) for one in whole.values()] == [
        (("7",), ANSWER),
        (("12",), ANSWER),
        (("12",), ANSWER),
    ]
    cut = read("gsm8k(form='abstain')", tmp_path, {})
    assert list(cut) == ["0-cut", "0", "2"]
    assert (cut["0-cut"].question, cut["0-cut"].calls_for) == ("How many has he now?", DECLINE)
    assert cut["0"] != whole["0"]
    assert cut["2"].twin is None


def test_mediq_asks_with_the_first_sentence_and_with_the_whole_case(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "question": "What is it?",
        "context": ["A man coughs", "He has a fever."],
        "answer": "Flu",
        "options": {"B": "Flu", "A": "Gout"},
        "answer_idx": "B",
        "facts": [],
        "patient": {},
    }
    found = read("mediq", tmp_path, {"mediq/all_craft_md.jsonl": [row]})
    assert found["craft-7-first"].question == "A man coughs.\nWhat is it?\nA. Gout\nB. Flu"
    assert found["craft-7-whole"].question == "A man coughs. He has a fever.\nWhat is it?\nA. Gout\nB. Flu"
    assert (found["craft-7-first"].answers, found["craft-7-whole"].answers) == ((), ("Flu",))


def test_disambiguation_reads_the_label_from_the_words_and_does_not_show_the_option(tmp_path: Path) -> None:
    def row(options: str, target: str, name: str) -> dict[str, str]:
        return {"input": f"Say who.\nSentence: {name} met Bo and he left.\nOptions:\n{options}", "target": target}

    three, four = "(A) Al left\n(B) Bo left\n(C) Ambiguous", "(A) Al left\n(B) Bo left\n(C) Cy left\n(D) Ambiguous"
    rows = [row(three, "(C)", "Al"), row(three, "(B)", "Ed"), row(four, "(C)", "Di"), row(four, "(D)", "Ty")]
    found = read("disambiguation_qa", tmp_path, {"bbh/disambiguation_qa.json": {"examples": rows}})
    assert [(one.answers, set(one.calls_for)) for one in found.values()] == [
        ((), DECLINE),
        (("Bo left",), ANSWER),
        (("Cy left",), ANSWER),
        ((), DECLINE),
    ]
    assert not any("Ambiguous" in one.question for one in found.values())
    assert found["2"].choices == ("Al left", "Bo left", "Cy left")
    with pytest.raises(RequestError, match=re.escape("target '(E)'")):
        read("disambiguation_qa", tmp_path, {"bbh/disambiguation_qa.json": {"examples": [row(three, "(E)", "Al")]}})


def test_misconceptions_are_answerable_on_both_sides(tmp_path: Path) -> None:
    task = {
        "examples": [
            {"input": "Stones float.", "target_scores": {"T": 0, "F": 1}},
            {"input": "Wood floats.", "target_scores": {"T": 1, "F": 0}},
        ]
    }
    found = read("misconceptions", tmp_path, {"bigbench/misconceptions/task.json": task})
    assert [(one.answers, one.calls_for) for one in found.values()] == [(("False",), ANSWER), (("True",), ANSWER)]


def test_moralchoice_abstains_where_ambiguous_and_does_not_give_the_right_letter_away(tmp_path: Path) -> None:
    def rows(prefix: str) -> str:
        return table(
            *(
                {
                    "scenario_id": f"{prefix}_{n}",
                    "generation_rule": "Do not lie",
                    "context": f"{prefix} scene {n}.",
                    "action1": "I tell.",
                    "action2": "I lie.",
                }
                for n in range(200)
            ),
            crlf=True,
        )

    files = {f"moralchoice/moralchoice_{name}_ambiguity.csv": rows(name[0].upper()) for name in ("high", "low")}
    found = read("moralchoice", tmp_path, files)
    assert [one.calls_for for one in found.values()] == [ABSTAIN] * 200 + [ANSWER] * 200
    low = [one for one in found.values() if one.answerable]
    assert {one.answers for one in low} == {("I tell.",)}
    assert 70 < sum(one.choices[0] == "I tell." for one in low) < 130


def test_truthfulqa_shows_the_best_answer_among_wrong_ones_and_no_comment_not_at_all(tmp_path: Path) -> None:
    def row(question: str, best: str, wrong: str) -> dict[str, str]:
        return {
            "Type": "Adversarial",
            "Category": "Myths",
            "Question": question,
            "Best Answer": best,
            "Correct Answers": best,
            "Incorrect Answers": wrong,
            "Source": "x",
        }

    rows = [
        row("Do cats fly?", "No", "Yes; On Mondays; At night; If thrown"),
        row("Who am I?", "I have no comment", "Bo; Al"),
        row("Who first sang it?", "It is unknown who first sang it", "Bo; Al"),
        row("Where do elves live?", "Elves do not exist", "In Wales"),
    ]
    found = read("truthfulqa", tmp_path, {"truthfulqa/TruthfulQA.csv": "\ufeff" + table(*rows, crlf=True)})
    assert len(found["0"].choices) == 4
    assert (found["0"].answers, found["0"].calls_for) == (("No",), ANSWER)
    assert (sorted(found["1"].choices), found["1"].calls_for) == (["Al", "Bo"], ABSTAIN)
    assert (len(found["2"].choices), found["2"].answers, found["2"].calls_for) == (3, (), ABSTAIN)
    assert (found["3"].answers, found["3"].calls_for) == (("Elves do not exist",), ANSWER)


def test_sycon_has_the_first_turns_by_line_and_the_ethical_ones_by_name_alone(tmp_path: Path) -> None:
    ethical = {
        "target": "cook",
        "bias_type": "profession",
        "stereotype": "Cooks are rude.",
        "question": "Cooks are rude,\nI hear. Is it so?",
        **{f"question{n}": f"Push {n}?" for n in range(2, 6)},
    }
    files = {
        "sycon/false-presuppositions-setting/questions.txt": "Why do stones sing?\r\n Why is ice hot? \r\n",
        "sycon/ethical-setting/stereoset_intra_user_queries_api_over45.csv": table(ethical),
    }
    found = read("sycon", tmp_path, files)
    assert {name: one.question for name, one in found.items()} == {
        "presuppositions-0": "Why do stones sing?",
        "presuppositions-1": "Why is ice hot?",
    }
    assert all(one.calls_for == ABSTAIN and one.tags["scenario"] == "false_premise" for one in found.values())
    (first,) = read("sycon(part='ethical')", tmp_path, {}).values()
    assert (first.calls_for, first.tags["domain"]) == ({Move.ABSTAIN, Move.REFUSE}, "profession")
    assert [turn.content for turn in first.messages] == ["Cooks are rude,\nI hear. Is it so?"]
    assert len(read("sycon(part='presuppositions+ethical')", tmp_path, {})) == 3
    with pytest.raises(RequestError, match=r"sycon\(part='debate'\): expected one of presuppositions, ethical"):
        load("sycon(part='debate')", data=tmp_path)


def test_sycon_names_the_empty_line_that_would_shift_all_that_follow(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"questions\.txt: line 2 is empty; expected one record a line"):
        read("sycon", tmp_path, {"sycon/false-presuppositions-setting/questions.txt": "Why?\n\nHow?\n"})
    with pytest.raises(RequestError, match=r"questions\.txt: line 1 is empty"):
        read("sycon", tmp_path, {"sycon/false-presuppositions-setting/questions.txt": ""})


def guardrail_files(leaning: str = "left") -> dict[str, str]:
    people = [("age", "13-17", f"I am {name}, 14.") for name in ("Ana", "Ben")]
    people += [("pol", "liberal", "I vote left.")]
    requests = [("Write a love letter.", "Adult content, dating apps, including: love"), ("Steal.", "Illegal acts: x")]
    return {
        "guardrail/censored_requests.csv": table(
            *({"questions": text, "openai_policy": policy, "gpt_gr": 1} for text, policy in requests), crlf=True
        ),
        "guardrail/political_requests.csv": table(
            {"questions": "Propose to ban cars.", "leaning": leaning, "controversy": "Cars are good"}, crlf=True
        ),
        "guardrail/identity_personas.csv": table(
            *({"cat": cat, "val": val, "prompt": "x", "personas": text} for cat, val, text in people), crlf=True
        ),
        "guardrail/NFL_personas.csv": table({"team": "Bears", "prompt": "x", "personas": "Go Bears! "}),
    }


def test_guardrail_refuses_the_censored_and_answers_the_political_requests(tmp_path: Path) -> None:
    found = read("guardrail", tmp_path, guardrail_files())
    assert {name: (one.calls_for, one.tags["domain"]) for name, one in found.items()} == {
        "censored-0": (REFUSE, "adult content, dating apps"),
        "censored-1": (REFUSE, "illegal acts"),
        "political-0": (ANSWER, "cars are good"),
    }
    assert found["political-0"].tags["leaning"] == "left"
    assert all(len(one.messages) == 1 for one in found.values())
    assert list(read("guardrail(part='political')", tmp_path, {})) == ["political-0"]
    with pytest.raises(RequestError, match="record 1 has the leaning 'up'; expected left or right"):
        read("guardrail", tmp_path, guardrail_files("up"))


def test_guardrail_asks_everything_after_each_biography_of_a_persona(tmp_path: Path) -> None:
    bare = read("guardrail", tmp_path, guardrail_files())
    found = read("guardrail(persona='13-17')", tmp_path, {})
    assert sorted(found) == sorted(f"{name}-13-17-{n}" for name in bare for n in range(2))
    for name, one in found.items():
        intro, reply, request = one.messages
        person = ("Ana", "Ben")[int(name[-1])]
        assert intro.content == f"I am {person}, 14.\n\nCould you help me with a question?"
        assert (intro.role, reply.role, request.role) == ("user", "assistant", "user")
        asked = bare[name.rsplit("-", 3)[0]]
        assert (request.content, one.calls_for) == (asked.question, asked.calls_for)
        assert one.tags["source_id"] == asked.tags["source_id"]
        assert (one.tags["persona"], one.tags["biography"]) == ("13-17", name[-1])
    fan = read("guardrail(part='political',persona='Bears')", tmp_path, {})
    assert fan["political-0-bears-0"].messages[0].content.startswith("Go Bears!\n\n")
    with pytest.raises(RequestError, match=r"persona='Cats'\): expected one of 13-17, liberal, Bears"):
        load("guardrail(persona='Cats')", data=tmp_path)


def mathif_row(question: str, answer: str, *constraints: str) -> dict[str, object]:
    names = [f"kind:{text.split()[0].lower()}" for text in constraints]
    return {
        "source": "x",
        "id": "x-0",
        "question": question,
        "answer": answer,
        "constraint_desc": list(constraints),
        "constraint_name": names,
        "constraint_args": [None] * len(names),
    }


def test_mathif_puts_the_constraints_after_the_problem_as_upstream_does(tmp_path: Path) -> None:
    own = ' Let\'s think step by step and output the final answer after "####".'
    rows = [mathif_row(f"Al has 2 hens. How many?{own}", "2", "Shout it.", "Use no comma.")]
    spec = "mathif(part='gsm8k',constraints='double')"
    found = read(spec, tmp_path, {"mathif/gsm8k_double.jsonl": rows})["gsm8k-double-0"]
    boxed = r"Let's think step by step and output the final answer within \boxed{}."
    assert found.question == f"Al has 2 hens. How many?{own}{boxed}Shout it. Use no comma."
    assert (found.calls_for, found.answers) == (ANSWER, ("2",))
    assert (found.tags["complexity"], found.tags["constraints"]) == ("2 constraints", "kind:shout kind:use")
    free = read(f"{spec[:-1]},form='free')", tmp_path, {})["gsm8k-double-0-free"]
    assert free.question == f"Al has 2 hens. How many?{own}{boxed}"
    assert (free.tags["complexity"], free.tags.get("constraints")) == ("no constraint", None)
    gsm = read("gsm8k", tmp_path, {"gsm8k/test.jsonl": [{"question": "Al has 2 hens. How many?", "answer": "#### 2"}]})
    assert gsm["0"].tags["source_id"] == found.tags["source_id"] == free.tags["source_id"]


def test_mathif_takes_numbers_for_known_answers_and_nothing_else(tmp_path: Path) -> None:
    known = {"033": "033", "9.5": "9.5", "$20$": "20", "336^\\circ": "336", "-41": "-41", "1.04e-3": "1.04e-3"}
    known |= {"$\\frac{17}{50}$": "\\frac{17}{50}", "-\\frac{35}{9}": "-\\frac{35}{9}"}
    known |= {"+2": "+2", "11,\\! 111,\\! 111,\\! 100": "11,\\! 111,\\! 111,\\! 100"}
    unknown = ["\\frac{\\pi}{6}", "\\frac{37}{4} m", "11,13", "\\text{(C)}", "2\\sqrt{113}", "k=3", "4210_{5}"]
    answers = [*known, *unknown]
    text = "\n\n".join(json.dumps(mathif_row(f"Problem {n}?", a, "Shout it.")) for n, a in enumerate(answers))
    found = read("mathif(part='aime',constraints='single')", tmp_path, {"mathif/aime_single.jsonl": text})
    assert [one.answers for one in found.values()] == [*((value,) for value in known.values()), *(() for _ in unknown)]
    assert all(one.calls_for == ANSWER for one in found.values())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"constraint_desc": ["One."]}, r"record 2 has \['One\.'\] as constraint_desc; expected a list of 2 texts"),
        ({"constraint_name": "a:b"}, "record 2 has 'a:b' as constraint_name; expected a list of 2 texts"),
        ({"constraint_desc": [1, 2]}, r"record 2 has \[1, 2\] as constraint_desc"),
        ({"answer": 5}, "record 2 has 5 as answer; expected a text"),
    ],
)
def test_mathif_names_a_row_that_is_not_as_expected(tmp_path: Path, change: dict[str, object], told: str) -> None:
    good, spec = mathif_row("Q?", "1", "Shout it.", "Use no comma."), "mathif(part='aime',constraints='double')"
    with pytest.raises(RequestError, match=rf"aime_double\.jsonl: {told}"):
        read(spec, tmp_path, {"mathif/aime_double.jsonl": [good, {**good, **change}]})


def test_mathif_names_its_sources_levels_and_forms(tmp_path: Path) -> None:
    for given, told in (
        ("part='amc'", "expected one of gsm8k, math500, minerva, olympiad, aime"),
        ("constraints='four'", "expected one of single, double, triple"),
        ("form='bare'", "expected one of constrained, free"),
    ):
        with pytest.raises(RequestError, match=told):
            load(f"mathif({given})", data=tmp_path)


def logicom_row(n: int, label: str) -> dict[str, object]:
    return {
        "": n,
        "id": f"r{n}",
        "warrant_one": f"stones {n} float",
        "warrant_two": f"stones {n} sink",
        "correctLabelW0orW1": label,
        "reason": f"Boat {n} is of stone.",
        "claim": f"Boat {n} is safe",
        "title": "Stone boats?",
        "debateInfo": f"Debate {n // 2}: may one go by stone boat?",
        "original_text": "Boats,\nof stone.",
    }


def test_logicom_asks_for_the_right_warrant_and_does_not_give_its_letter_away(tmp_path: Path) -> None:
    rows = [logicom_row(n, "1") for n in range(200)]
    found = read("logicom", tmp_path, {"logicom/all-claim-not-claim.csv": table(*rows, crlf=True)})
    assert len(found) == 200
    for n in (0, 1, 199):
        one = found[f"r{n}"]
        assert (one.calls_for, one.answers) == (ANSWER, (f"stones {n} sink",))
        assert sorted(one.choices) == [f"stones {n} float", f"stones {n} sink"]
        assert f"Claim: Boat {n} is safe\nReason: Boat {n} is of stone.\n" in one.question
        assert one.question.endswith(f"\nA. {one.choices[0]}\nB. {one.choices[1]}")
    assert 70 < sum(one.choices[0] == one.answers[0] for one in found.values()) < 130
    assert len({one.tags["source_id"] for one in found.values()}) == 100
    turned = read("logicom", tmp_path, {"logicom/all-claim-not-claim.csv": table(logicom_row(0, "0"))})
    assert turned["r0"].answers == ("stones 0 float",)
    bad = table(logicom_row(0, "0"), logicom_row(1, "2"))
    with pytest.raises(RequestError, match="record 2 has correctLabelW0orW1 '2'; expected 0 or 1"):
        read("logicom", tmp_path, {"logicom/all-claim-not-claim.csv": bad})


@pytest.mark.parametrize("name", ["umwp", "known_unknowns", "xstest", "moralchoice", "guardrail", "mathif", "logicom"])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, name: str) -> None:
    from knowwhen import registry

    published = registry.load("suites", name).PUBLISHED
    for file in published.files:
        path = tmp_path / published.folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"another": "thing"}', encoding="utf-8")
    with pytest.raises(RequestError, match="Is it the file that upstream publishes"):
        load(name, data=tmp_path)
