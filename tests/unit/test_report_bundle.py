"""The table of a bundle on the page: counts that are known, the published figures beside, and texts that stay text."""

from __future__ import annotations

import runpy
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from knowwhen.report import bundle, numbers, page, render
from knowwhen.suites import _bundles

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
OUTCOMES = SAMPLE["outcomes"]()[:9]
SIGNATURE = SAMPLE["signature"](OUTCOMES)
TABLE = SAMPLE["bundle"]()


class Section(HTMLParser):
    """What a reader finds in the section of the bundle: the rows of its table cell by cell, and its other words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.words = ""
        self.tags: list[str] = []
        self.inside = self.cell = False
        self.feed(text)
        self.close()
        self.rows = [[" ".join(cell.split()) for cell in row] for row in self.rows]
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or ("id", "bundle") in attrs
        if self.inside:
            self.tags.append(tag)
            if tag == "tr":
                self.rows.append([])
            if tag in ("td", "th"):
                self.rows[-1].append("")
                self.cell = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "section"
        self.cell = self.cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.words += f" {data}"
        if self.cell:
            self.rows[-1][-1] += data


def shown(content: dict | None) -> Section:
    return Section(render(SIGNATURE, OUTCOMES, SAMPLE["manifest"](), content))


def row_of(content: dict, name: str) -> list[str]:
    return next(row for row in shown(content).rows if row[0].startswith(name))


def test_the_figures_are_those_of_the_counts_with_their_intervals() -> None:
    name, n, *cells = row_of(TABLE, "known <b>unknowns</b>")
    assert (name, n) == ("known <b>unknowns</b>", "80")
    # 30 of 40, 30 of 34, 60 of 74, 4 of 40
    assert [cell.split(" [")[0] for cell in cells[:4]] == ["75 %", "88 %", "81 %", "10 %"]
    figures = TABLE["rows"][0]["figures"]
    assert cells == [numbers.figure(column, figures[column]) for part in bundle.columns(TABLE) for column in part]


def test_means_stand_last_in_their_scenario_with_the_published_recalls_and_no_interval() -> None:
    rows = shown(TABLE).rows[2:]
    assert [row[0].split(" one side")[0] for row in rows] == [
        "known <b>unknowns</b>",
        "coconot: unknown",
        "mean of unknown",
        "freshqa",
        "mean of stale",  # Of one slice, but there is a published mean to compare it with.
        "coconot: humanizing & alone",
        "mean of all slices",
    ]
    unknown, stale, whole = rows[2], rows[4], rows[6]
    assert unknown[1:3] == ["84", "50 % models 78 % best 90 %"]  # (30 of 40 + 1 of 4) / 2
    assert stale[1:3] == ["60", "80 % models 66 % best 91 %"]
    assert whole[1:3] == ["184", "70 %"]  # (75 + 25 + 80 + 100) / 4
    assert "[" not in "".join(unknown + stale + whole)


def test_a_mean_that_repeats_the_mean_of_all_is_left_out() -> None:
    same = [row | {"scenario": "safe"} for row in TABLE["rows"][:2]]
    means = [TABLE["rows"][-1] | {"name": "mean of safe", "scenario": "safe"}, TABLE["rows"][-1]]
    names = [[row["name"] for row in group] for group in bundle.groups(TABLE | {"rows": same + means})]
    assert names == [[row["name"] for row in same], ["mean of all slices"]]


def test_a_slice_of_one_side_says_so_and_shows_no_false_alarm() -> None:
    row = row_of(TABLE, "coconot: unknown")
    assert row[:2] == ["coconot: unknown one side only: 4 to decline, 0 to answer", "4"]
    assert row[2].startswith("25 % [")
    assert row[5:] == ["– (n = 0)"] * 3


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("abstentionbench", "Recall Precision F1 | False alarm d′ c"),
        ("over_refusal", "Recall False alarm | Precision F1 d′ c"),
        ("missing_premise", "Recall False alarm Tokens | Precision F1 d′ c"),
    ],
)
def test_the_columns_that_the_field_reports_stand_first(name: str, columns: str) -> None:
    content = SAMPLE["bundle"](name)
    field, others = (" ".join(bundle.HEADINGS[key] for key in part) for part in bundle.columns(content))
    assert f"{field} | {others}" == columns
    assert " ".join(shown(content).rows[1]) == f"Slice n {field} {others}"


def test_lengths_stand_only_where_the_protocol_has_them() -> None:
    content = SAMPLE["bundle"]("missing_premise")
    assert row_of(content, "freshqa")[4] == "90 / 20"
    assert row_of(content, "coconot: unknown")[4] == "90 / –"
    assert "Tokens Mean length of the replies: without the premise / with it." in shown(content).words
    assert "90 / 20" not in shown(TABLE).words


def test_source_and_differences_and_what_is_lacking_are_named() -> None:
    words, told = shown(TABLE).words, _bundles.BUNDLES["abstentionbench"]
    assert told.source in words
    assert told.differs in words
    assert "In the place of others bbq for bbq(categories='all'): the data of those could not be had." in words
    assert "Left out alcuna, disambiguation_qa, gpqa_abstain, " in words
    complete = bundle.notes(TABLE | {"in_place": {}, "without": []})
    assert [name for name, _ in complete] == ["After", "Not as there", "Means"]


def test_names_from_outside_stay_text() -> None:
    evil = "<script>alert(1)</script>\"'&"
    named = [row | {"name": evil} for row in TABLE["rows"]]
    read = shown(TABLE | {"rows": named, "source": evil, "differs": evil, "without": [evil], "bundle": evil})
    assert "script" not in read.tags
    assert [row[0].startswith(evil) for row in read.rows[2:]] == [True] * 7
    assert f"{evil}, as the field reports it" in read.words


def test_a_run_of_no_bundle_has_no_such_section_and_no_link_to_it() -> None:
    without = render(SIGNATURE, OUTCOMES, SAMPLE["manifest"]())
    assert "#bundle" not in without
    assert not Section(without).tags
    assert 'href="#bundle"' in render(SIGNATURE, OUTCOMES, SAMPLE["manifest"](), TABLE)


def test_the_command_asks_the_bundle_and_only_what_was_asked_beside() -> None:
    manifest = {"model": "m", "suites": [*SAMPLE["ASKED"], "xstest"]}
    words = shlex.split(page.command(manifest, TABLE))
    assert words == ["knowwhen", "audit", "m", "--bundle", "abstentionbench", "--suite", "xstest"]


@pytest.mark.parametrize("name", _bundles.BUNDLES)
def test_every_bundle_renders_also_where_nothing_was_graded(name: str) -> None:
    empty = _bundles.to_json(name, _bundles.rows([]), [])
    assert [row[:3] for row in shown(empty).rows[2:]] == [["mean of all slices", "0", "–"]]
