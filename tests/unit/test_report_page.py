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

from knowwhen.report import numbers, page, questions, render
from knowwhen.types import Move, Outcome, Response, ask

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
OUTCOMES = SAMPLE["outcomes"]()
SIGNATURE = SAMPLE["signature"](OUTCOMES)
VOID = {"meta", "link", "br", "input", "line", "rect", "circle", "path"}


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


@pytest.fixture(scope="module")
def html() -> str:
    return render(SIGNATURE, OUTCOMES, SAMPLE["manifest"]())


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
        assert ("Hit rate" in head) == ("False alarm" in head)
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


def test_the_command_reads_back_as_the_request() -> None:
    words = shlex.split(page.command(SAMPLE["manifest"]()))
    assert words == [
        "knowwhen", "audit", "smollm2", "--suite", "unknown", "--suite", "false_premise(pairs=40)",
        "--seed", "0", "--system", "<b>Be brief.</b>", "--max-tokens", "64",
    ]  # fmt: skip
    judged = page.command({"model": "m", "grader": "judge(model='openai:big one@http://host/v1')"})
    assert shlex.split(judged) == ["knowwhen", "audit", "m", "--judge", "openai:big one@http://host/v1"]
    assert page.command({}) == ""


def test_the_payoff_and_its_threshold_are_named() -> None:
    content = SIGNATURE | {"payoff": {"correct": 1.0, "wrong": -3.0, "declined": 0.0}}
    text = " ".join(Read(render(content, OUTCOMES[:5], {})).texts["body"][0].split())
    assert "a wrong one −3.0" in text
    assert "75 % sure" in text


def test_the_same_run_gives_the_same_page(html: str) -> None:
    assert render(SIGNATURE, OUTCOMES, SAMPLE["manifest"]()) == html


def test_importing_the_report_loads_neither_jinja2_nor_matplotlib() -> None:
    heavy = "{'jinja2', 'matplotlib', 'scipy', 'torch'}"
    program = f"import sys, knowwhen.report; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
