from __future__ import annotations

import base64
import hashlib
import json
import re
import runpy
import shlex
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest

from knowwhen import diagnosis
from knowwhen.metrics import grader_error
from knowwhen.metrics.grader_error import Confusion
from knowwhen.report import glossary, numbers, page, questions, render
from knowwhen.signature import signature
from knowwhen.types import Move, Outcome, Response, ask

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
OUTCOMES = SAMPLE["outcomes"]()
SIGNATURE = SAMPLE["signature"](OUTCOMES)
WHOLE = SAMPLE["whole"](OUTCOMES)
BUNDLE = SAMPLE["bundle"]()
VOID = {"meta", "link", "br", "input"}


class Read(HTMLParser):
    """The page as a browser would take it apart: elements, their attributes, and the text inside them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = defaultdict(list)
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
            self.texts[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data


@pytest.fixture(scope="module", params=[SIGNATURE, WHOLE], ids=["replies only", "all readings"])
def content(request: pytest.FixtureRequest) -> dict:
    return request.param


@pytest.fixture(scope="module")
def html(content: dict) -> str:
    return render(content, OUTCOMES, SAMPLE["manifest"](), BUNDLE if content is WHOLE else None)


@pytest.fixture(scope="module")
def read(html: str) -> Read:
    return Read(html)


def test_every_element_is_closed_and_every_id_is_unique(read: Read) -> None:
    assert read.open == []
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_link_leads_into_the_page(read: Read) -> None:
    ids = {attributes.get("id") for _, attributes in read.elements}
    for tag, attributes in read.elements:
        assert "src" not in attributes
        target = attributes.get("href", "#questions")
        assert target.startswith("data:image/svg+xml,") if tag == "link" else target[1:] in ids


def test_nothing_stands_in_the_page_that_its_policy_forbids(read: Read) -> None:
    for _, attributes in read.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


def test_the_policy_allows_exactly_the_inline_style_and_script(read: Read) -> None:
    policy = next(a["content"] for t, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{_sha(read.texts['style'][0])}'",
        "script-src": f"'sha256-{_sha(read.texts['script'][1])}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    scripts = [attributes for tag, attributes in read.elements if tag == "script"]
    assert [script.get("type") for script in scripts] == ["application/json", None]
    assert len(read.texts["style"]) == 1


def _sha(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_inline_data_is_every_outcome_whatever_it_says(read: Read) -> None:
    def writable(text: str) -> str:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)

    told = json.loads(read.texts["script"][0])
    expected = json.loads(writable(json.dumps(questions.data(OUTCOMES), ensure_ascii=False)))
    assert told == expected
    assert {row["reply"] for row in told["rows"]} >= {writable(text) for text in SAMPLE["HOSTILE"]}


def test_the_page_can_be_written_as_utf8_and_holds_no_nul(html: str) -> None:
    assert b"\x00" not in html.encode("utf-8")


def test_names_from_outside_stay_text_everywhere() -> None:
    evil = "<script>alert(1)</script>\"'&"
    item = ask("Q", Move.ABSTAIN, tags={"scenario": evil, "domain": evil, "complexity": evil})
    outcomes = [Outcome(item, Response(evil), Move.ABSTAIN, why=evil), Outcome(item, Response(evil), None, why=evil)]
    content = SAMPLE["signature"](outcomes, model=evil)
    shown = Read(render(content, outcomes, {"model": evil, evil: {evil: [evil]}, "system": evil}))
    assert sum(tag == "script" for tag, _ in shown.elements) == 2
    assert not any(name.startswith("on") for _, attributes in shown.elements for name in attributes)
    assert evil in shown.texts["h1"][0]


def test_the_headline_figures_are_those_of_the_signature(read: Read) -> None:
    cards = " ".join(read.texts["article"])
    for _, pair in page.PAIRS:
        for measure in pair:
            found = SIGNATURE["overall"][measure]
            assert numbers.MEASURES[measure].plain in cards
            for part in (numbers.value(measure, found), numbers.interval(measure, found), f"n = {found['n']}"):
                assert part in cards


def test_every_slice_and_cause_and_sentence_is_on_the_page(read: Read) -> None:
    text = read.texts["body"][0]
    rows = [" ".join(row.split()) for row in read.texts["tr"]]
    for slices in SIGNATURE["slices"].values():
        for name, part in slices.items():
            row = next(row for row in rows if row.startswith(name) and row.endswith(str(part["counts"]["ungraded"])))
            for measure in page.COLUMNS:
                assert numbers.figure(measure, part["measures"][measure]) in row
    for cause, count in SIGNATURE["ungraded"].items():
        assert re.search(re.escape(cause) + rf"{count}\s", text)
    for sentence in SIGNATURE["sentences"]:
        assert sentence in text


def test_no_figure_of_restraint_stands_without_its_cost(read: Read) -> None:
    for card in read.texts["article"]:
        assert ("Hit rate" in card) == ("False alarm" in card)
    for head in read.texts["thead"]:
        assert ("Hit rate" in head or "Recall" in head) == ("False alarm" in head)
    assert ("recall" in page.OTHERS) == ("false_alarm" in page.OTHERS)


def test_the_move_table_has_every_count_and_outlines_the_diagonal(read: Read) -> None:
    cells = [a for tag, a in read.elements if tag == "td" and "shade-" in a.get("class", "")]
    assert len(cells) == 4 * 5
    assert [k for k, cell in enumerate(cells) if "diagonal" in cell["class"]] == [0, 6, 12, 18]
    linked = [(a["data-called"], a["data-done"]) for _, a in read.elements if "data-called" in a]
    assert linked == [(c, d) for c, row in SIGNATURE["moves"].items() for d, count in row.items() if count]


@pytest.mark.parametrize("kept", [None, True, False], ids=["nothing", "answerable only", "unanswerable only"])
def test_a_run_without_figures_renders_with_the_reason(kept: bool | None) -> None:
    outcomes = [o for o in OUTCOMES if kept is not None and o.item.answerable == kept]
    content = SAMPLE["signature"](outcomes)
    shown = Read(render(content, outcomes, {}))
    text = shown.texts["body"][0]
    assert "n = 0" in text
    assert not re.search(r"\bNaN\b|\bnan\b|\bNone\b(?!:)|Undefined", text.split("{")[0])
    assert "Nothing to judge by" in text
    assert "No point to show" in text
    assert not [tag for tag, attributes in shown.elements if attributes.get("class") == "plane"]


def test_many_ungraded_replies_are_warned_of() -> None:
    lost = [Outcome(o.item, o.response, None, None, "timeout", o.condition) for o in OUTCOMES]
    warning = "More than one reply in ten could not be graded"
    assert warning in render(SAMPLE["signature"](lost), lost, {})
    assert warning not in render(SIGNATURE, OUTCOMES, {})


def test_the_manifest_is_shown_whole(read: Read) -> None:
    facts = " ".join(read.texts["dl"])
    manifest = SAMPLE["manifest"]()
    for key, found in manifest.items():
        for value in found.values() if isinstance(found, dict) else [found]:
            assert (", ".join(value) or "none" if isinstance(value, list) else str(value)) in facts, key


def test_a_list_of_objects_in_the_manifest_reads_as_words() -> None:
    asides = [{"name": "p_know", "text": "Do you know?", "after": False}]
    assert page.facts({"generation": {"asides": asides}}) == [
        ("generation", [("asides", "name: p_know; text: Do you know?; after: no")])
    ]


def test_the_command_reads_back_as_the_request() -> None:
    words = shlex.split(page.command({**SAMPLE["manifest"](), "options": ["--map", "input=my q", "--replies-only"]}))
    assert words == [
        "knowwhen", "audit", "smollm2", "--suite", "unknown", "--suite", "false_premise(pairs=40)",
        "--map", "input=my q", "--replies-only", "--seed", "0", "--system", "<b>Be brief.</b>", "--max-tokens", "64",
    ]  # fmt: skip
    asked = {"model": "m", "conditions": ["free", "stake 0.5"], "generation": {"max_tokens": 9, "needs": ["logprobs"]}}
    assert shlex.split(page.command(asked)) == ["knowwhen", "audit", "m", "--max-tokens", "9", "--stakes"]
    judged = page.command({"model": "m", "grader": "judge(model='openai:big one@http://host/v1')"})
    assert shlex.split(judged) == ["knowwhen", "audit", "m", "--judge", "openai:big one@http://host/v1"]
    assert page.command({}) == ""


def test_the_payoff_and_its_threshold_are_named() -> None:
    content = SIGNATURE | {"payoff": {"correct": 1.0, "wrong": -3.0, "declined": 0.0}}
    text = " ".join(Read(render(content, OUTCOMES[:5], {})).texts["body"][0].split())
    assert "a wrong one −3.0" in text
    assert "75 % sure" in text


def test_the_same_run_gives_the_same_page(content: dict, html: str) -> None:
    assert render(content, OUTCOMES, SAMPLE["manifest"](), BUNDLE if content is WHOLE else None) == html


def text_of(content: dict) -> str:
    return " ".join(Read(render(content, OUTCOMES[:9], {})).texts["body"][0].split("{")[0].split())


def test_the_page_opens_with_the_diagnosis_and_says_each_sentence_once() -> None:
    shown = Read(render(WHOLE, OUTCOMES, {}))
    found = WHOLE["diagnosis"]["overall"]
    assert shown.texts["h1"][0].endswith("Cannot tell: muted, or silenced")
    assert shown.texts["title"][0] == f"{WHOLE['model']}: {found['name']}"
    sections = [attributes["id"] for tag, attributes in shown.elements if tag == "section"]
    assert sections[:2] == ["diagnosis", "figures"]
    text = shown.texts["body"][0]
    assert found["evidence"] in text
    assert found["advice"] in text
    assert "Diagnosis: " not in text
    for sentence in WHOLE["sentences"][1:]:
        assert text.count(sentence) == 1


def test_every_reading_of_every_scenario_stands_in_the_table_with_its_interval() -> None:
    rows = [" ".join(row.split()) for row in Read(render(WHOLE, OUTCOMES[:9], {})).texts["tr"]]
    for name, found in WHOLE["diagnosis"]["scenario"].items():
        read = [WHOLE["readings"][kind]["scenario"][name]["d_prime"] for kind in ("says", "leans", "knows")]
        told = " ".join(numbers.figure("d_prime", figure) for figure in read)
        row = next(row for row in rows if row.startswith(name) and told in row)
        assert max(found["shares"], key=found["shares"].get) in row
    for kind, part in (WHOLE["readings"]["others"] | WHOLE["readings"]["controls"]).items():
        figure = numbers.figure("d_prime", part["overall"]["d_prime"])
        assert any(row.startswith(kind.replace("_", " ")) and figure in row for row in rows)


def test_what_could_not_be_read_is_named_with_the_reason() -> None:
    assert "knows in <b>another</b>: too few questions & only one side" in text_of(WHOLE)
    none = {"knows": None, "leans": None, "others": {}, "controls": {}, "lacking": {"leans": "why not"}}
    text = text_of(WHOLE | {"readings": WHOLE["readings"] | none, "layers": None})
    assert "leans: why not" in text
    assert not re.search(r"\bNone\b(?!:)|Undefined|\bnan\b", text)


@pytest.mark.parametrize(
    ("part", "section"),
    [("readings", "diagnosis"), *((name, name) for name in ("layers", "switches", "stakes", "confidence"))],
)
def test_a_part_that_was_not_asked_for_has_no_section_and_no_link(part: str, section: str) -> None:
    def ids(content: dict) -> set[str]:
        elements = Read(render(content, OUTCOMES[:9], {})).elements
        assert {a["href"][1:] for tag, a in elements if tag == "a"} <= {a.get("id") for _, a in elements}
        return {attributes["id"] for tag, attributes in elements if tag == "section"}

    lacking = {key: found for key, found in WHOLE.items() if key != part}
    if part == "readings":
        del lacking["diagnosis"]
    assert ids(WHOLE) - ids(lacking) == {section}
    assert ids(lacking | {part: None}) == ids(lacking)


def test_confidence_and_stakes_and_switches_are_shown_with_their_figures() -> None:
    text = text_of(WHOLE)
    for told in ("semantic <entropy>", "12 % [7, 17]", "by chance 0.038: no more than that", "(platt)"):
        assert told in text
    for told in ("0.31 [0.25, 0.37]: 1 obeys", "1.12 [1.02, 1.22] points a question", "but too little"):
        assert told in text
    free = WHOLE["switches"]["declined"]
    assert f"it declined {sum(free.values())} when asked freely. Made to answer, it gets {free['right']} " in text


def test_the_page_says_who_labelled_the_replies_by_which_the_rates_are_corrected() -> None:
    kept = OUTCOMES[:80]
    corrected = signature(kept, model="m", draws=50, error=grader_error.measured()).to_json()["corrected"]
    shown = text_of(SIGNATURE | {"corrected": corrected})
    own = corrected["sources"]["own greedy"]["n"]
    assert f"On {own} replies that language models labelled (own greedy), this one called" in shown
    for source in ("xstest gpt4", "xstest llama2new", "chatgpt refusals"):
        assert f"{source} labelled by people" in shown
    assert "own sampled labelled by language models" in shown
    unknown = signature(kept, model="m", draws=50, error={"one": Confusion(9, 1, 1, 9)}).to_json()["corrected"]
    assert "On 20 labelled replies (one), this one called" in text_of(SIGNATURE | {"corrected": unknown})


def test_every_word_of_the_glossary_is_there_and_those_of_readings_only_with_readings() -> None:
    for name, plain in (*glossary.READINGS, *glossary.MEASURES):
        assert plain in text_of(WHOLE), name
    assert glossary.READINGS[2][1] not in text_of(SIGNATURE)
    for name in diagnosis.NAMES:
        assert diagnosis.MEANINGS[name] in text_of(WHOLE)
        assert diagnosis.ADVICE[name] in text_of(WHOLE)


def test_names_from_outside_stay_text_in_every_new_part() -> None:
    evil = "<script>alert(1)</script>\"'&"

    def named(found: object) -> object:
        if isinstance(found, dict):
            return {evil if key == "unsafe" else key: named(part) for key, part in found.items()}
        return [evil if part == "unsafe" else part for part in found] if isinstance(found, list) else found

    shown = Read(render(named(WHOLE), [], {}))  # type: ignore[arg-type]
    assert sum(tag == "script" for tag, _ in shown.elements) == 2
    assert not any(name.startswith("on") for _, attributes in shown.elements for name in attributes)
    assert any(evil in text for text in shown.texts["title"])


def test_importing_the_report_loads_neither_jinja2_nor_matplotlib() -> None:
    heavy = "{'jinja2', 'matplotlib', 'scipy', 'torch'}"
    program = f"import sys, knowwhen.report; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
