"""The lab's page as a reader meets it: opened from a file, in a real browser, with names that mean harm."""

from __future__ import annotations

import importlib.util
import re
import runpy
from pathlib import Path

import pytest

from knowwhen.report.lab import render

_spec = importlib.util.spec_from_file_location("_report_pages", Path(__file__).parent / "test_report_in_chromium.py")
_pages = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_pages)
chromium, visit, CONTRAST = _pages.chromium, _pages.visit, _pages.CONTRAST

pytestmark = pytest.mark.browser

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "lab_sample.py"))
FOUND, DESIGN = SAMPLE["results"](), SAMPLE["design"]()

LABELS = """() => [...document.querySelectorAll(".lab-map .label")]
  .filter((label) => label.checkVisibility())
  .map((label) => [label.textContent, label.getBoundingClientRect()])
  .map(([text, box]) => [text, box.left, box.top, box.right, box.bottom])"""


@pytest.fixture(scope="module")
def page_at(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("lab") / "lab.html"
    path.write_text(render(FOUND, DESIGN), encoding="utf-8")
    return path.as_uri()


def test_it_opens_from_a_file_and_says_how_many_went_as_predicted(visit, page_at) -> None:
    page = visit(page_at)
    assert page.title() == "smollm2: where each objective lands"
    assert page.inner_text("h1").split("\n")[-1].startswith("5 of 6 objectives moved the criterion")
    assert page.locator("#table tbody tr").count() == 7
    assert page.locator("#readings tbody tr").count() == 8
    assert page.locator(".lab-map.wide .label").count() == 8


@pytest.mark.parametrize("width", [320, 390, 768, 1000, 1280])
def test_nothing_is_wider_than_the_screen_and_no_label_covers_another(visit, page_at, width) -> None:
    page = visit(page_at, viewport={"width": width, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".lab-map:visible").count() == 1
    found = page.evaluate(LABELS)
    assert len(found) == 8
    frame = page.locator(".lab-map:visible").bounding_box()
    for k, (text, left, top, right, bottom) in enumerate(found):
        # What the browser draws has room within what was reckoned; lines may touch, letters may not.
        assert frame["x"] - 1 <= left < right <= frame["x"] + frame["width"] + 1, text
        for other, left_, top_, right_, bottom_ in found[:k]:
            apart = right <= left_ or right_ <= left or bottom <= top_ + 3 or bottom_ <= top + 3
            assert apart, (text, other)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_hostile_and_long_names_stay_text_and_fit(visit, tmp_path, width) -> None:
    name = SAMPLE["HOSTILE"]
    listed = [FOUND["objectives"][0], FOUND["objectives"][1] | {"name": name}, *FOUND["objectives"][2:]]
    path = tmp_path / "lab.html"
    path.write_text(
        render({**FOUND, "objectives": listed}, {**DESIGN, "model": name, "objectives": [name]}), encoding="utf-8"
    )
    page = visit(path.as_uri(), viewport={"width": width, "height": 740})
    assert page.locator("img, script, iframe").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_every_cell_says_its_column(visit, page_at) -> None:
    page = visit(page_at, viewport={"width": 390, "height": 740})
    assert page.locator("#table td[data-head='Δ payoff']").first.is_visible()
    heads = page.evaluate(
        "[...document.querySelectorAll('#table td')].map((c) => getComputedStyle(c, '::before').content)"
    )
    assert all(len(head) > 4 for head in heads)
    assert page.evaluate(
        "document.querySelector('#table .scroll').scrollWidth <= document.querySelector('#table .scroll').clientWidth"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(visit, page_at, scheme) -> None:
    page = visit(page_at, color_scheme=scheme)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 200) == (scheme == "dark")
    assert page.evaluate(CONTRAST) == []  # WCAG 2.2, 1.4.3: 4.5 to 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_labels_of_the_map_have_enough_contrast_too(visit, page_at, scheme) -> None:
    page = visit(page_at, color_scheme=scheme)
    rgb = page.evaluate(
        """() => {
          const card = getComputedStyle(document.querySelector("#map .card")).backgroundColor;
          const texts = [...document.querySelectorAll(".lab-map.wide text")];
          return texts.map((text) => [getComputedStyle(text).fill, card]);
        }"""
    )

    def light(colour: str) -> float:
        channels = [int(v) / 255 for v in re.findall(r"\d+", colour)[:3]]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
        return sum(share * v for share, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for pair in rgb:
        low, high = sorted(map(light, pair))
        assert (high + 0.05) / (low + 0.05) >= 4.5, pair


def test_paper_holds_the_whole_table(visit, page_at, tmp_path) -> None:
    page = visit(page_at, viewport={"width": 700, "height": 900})
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.locator(".lab-map:visible").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.pdf(path=tmp_path / "lab.pdf", format="A4").startswith(b"%PDF")


def test_it_reads_without_javascript(chromium, page_at) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_at)
    for part in ("h1", "#map .lab-map.wide", "#table td", "#readings .depth", "#surprises li", "#how dd", "#words dd"):
        assert page.locator(part).first.is_visible()
    context.close()
