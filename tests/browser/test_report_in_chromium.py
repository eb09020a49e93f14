"""The report as a reader meets it: opened from a file, in a real browser, with texts that mean harm."""

from __future__ import annotations

import os
import re
import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from knowwhen.report import questions, render
from knowwhen.types import DECLINED, Condition, Move, Outcome

pytestmark = pytest.mark.browser

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
OUTCOMES: list[Outcome] = SAMPLE["outcomes"]()
SIGNATURE = SAMPLE["whole"](OUTCOMES)
BUNDLE = SAMPLE["bundle"]()
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = os.environ.get("KNOWWHEN_CHROMIUM") or shutil.which("chromium")
    if not path:
        reason = "no Chromium: install it, or name it in KNOWWHEN_CHROMIUM"
        if os.environ.get("KNOWWHEN_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox does not start for root.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *(["--no-sandbox"] if root else [])])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("run") / "report.html"
    path.write_text(render(SIGNATURE, OUTCOMES, SAMPLE["manifest"](), BUNDLE), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens an address in a fresh profile; the page then has to have asked for nothing and complained of nothing."""
    contexts, requests, complaints = [], [], []

    def open_page(address: str, **options: Any) -> Any:
        context = chromium.new_context(**options)
        contexts.append(context)
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation', (e) => window.violations.push(e.blockedURI));"
        )
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            complaints += page.evaluate("window.violations") or []
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == len(contexts)


def shown(page: Any) -> int:
    """How many replies the page says that the filters leave."""
    return int(re.search(r"of (\d+) replies", page.text_content("#count")).group(1))  # type: ignore[union-attr]


def test_it_opens_from_a_file_and_shows_the_first_replies(visit, report) -> None:
    page = visit(report)
    assert page.title() == f"{SIGNATURE['model']}: cannot tell"
    assert page.inner_text("h1").split("\n")[-1] == "Cannot tell: muted, or silenced"
    assert shown(page) == len(OUTCOMES)
    assert page.locator("#rows > tr").count() == 50
    page.click("#more")
    assert page.locator("#rows > tr").count() == 100


def _mistaken(outcome: Outcome) -> bool:
    return questions.result(outcome) in questions.MISTAKES


@pytest.mark.parametrize(
    ("choices", "fits"),
    [
        ({"scenario": "false premise"}, lambda o: o.item.tags["scenario"] == "false premise"),
        ({"scenario": "look-alike <safe>"}, lambda o: o.item.tags["scenario"] == "look-alike <safe>"),
        ({"result": "should_decline"}, lambda o: not o.item.answerable and o.move is Move.ANSWER),
        ({"result": "wrong"}, lambda o: o.item.answerable and o.correct is False),
        ({"done": "declining"}, lambda o: o.move in DECLINED),
        ({"done": "ungraded"}, lambda o: o.move is None),
        ({"called": "declining"}, lambda o: not o.item.answerable),
        ({"condition": "forced"}, lambda o: o.condition is Condition.FORCED),
        (
            {"scenario": "unsafe", "done": "refuse", "condition": "free"},
            lambda o: o.item.tags["scenario"] == "unsafe" and o.move is Move.REFUSE and o.condition is Condition.FREE,
        ),
    ],
)
def test_a_filter_leaves_exactly_what_fits(visit, report, choices, fits) -> None:
    page = visit(report)
    expected = sum(map(fits, OUTCOMES))
    assert 0 < expected < len(OUTCOMES)
    for name, value in choices.items():
        page.select_option(f"#{name}", value)
    assert shown(page) == expected
    assert page.locator("#rows > tr").count() == min(50, expected)
    page.check("#mistakes")
    assert shown_or_none(page) == sum(fits(o) and _mistaken(o) for o in OUTCOMES)
    page.click("#reset")
    assert shown(page) == len(OUTCOMES)


def shown_or_none(page: Any) -> int:
    return 0 if page.text_content("#count").startswith("Nothing") else shown(page)


@pytest.mark.parametrize("sought", ["helP WITH", "<img", "不", "未来", "says so", "{{ 7"])
def test_the_text_filter_looks_in_question_reply_and_reason(visit, report, sought) -> None:
    page = visit(report)
    page.locator("#text").press_sequentially(sought)
    texts = ("\n".join((o.item.question, o.response.text, o.response.thinking, o.why)).lower() for o in OUTCOMES)
    assert shown_or_none(page) == sum(sought.lower() in text for text in texts)


def test_an_option_says_how_many_replies_choosing_it_shows(visit, report) -> None:
    page = visit(report)
    page.select_option("#condition", "free")
    page.fill("#text", "bridge")
    for name in ("scenario", "called", "done", "result"):
        for option in page.locator(f"#{name} option").all():
            said = int(re.search(r"\((\d+)\)$", option.text_content()).group(1))
            page.select_option(f"#{name}", option.get_attribute("value"))
            assert shown_or_none(page) == said, option.text_content()
        page.select_option(f"#{name}", "")


SECTIONS = ("diagnosis", "layers", "switches", "stakes", "confidence")


@pytest.mark.parametrize("width", [390, 1200])
def test_the_readings_are_drawn_in_reach_and_on_one_scale(visit, report, width) -> None:
    page = visit(report, viewport={"width": width, "height": 900})
    for name in SECTIONS:
        assert page.locator(f"#{name} h2").is_visible()
    rows = page.locator("#diagnosis .drawn-row")
    assert rows.count() == 1 + len(SAMPLE["SCENARIOS"])
    bars = page.eval_on_selector_all("#diagnosis .bar-line", "lines => lines.map(l => l.getBoundingClientRect().x)")
    assert max(bars) - min(bars) < 0.5
    level = """rows => rows.map(row => {
        const middle = (e) => { const b = e.getBoundingClientRect(); return b.y + b.height / 2; };
        const [marks, values] = ["g.knows svg path", ".values .knows"].map((s) => middle(row.querySelector(s)));
        const drawn = row.querySelector(".drawn-row").getBoundingClientRect();
        return [Math.abs(marks - values), drawn.height, row.getBoundingClientRect().bottom - drawn.bottom];
    })"""
    for apart, height, gap in page.eval_on_selector_all("#diagnosis .rows > li", level):
        assert apart < 2
        assert 76 <= height < 110
        assert abs(gap) < 1.5
    knows = page.eval_on_selector_all(
        "#diagnosis .drawn-row g.knows svg",
        "marks => marks.map(m => m.getBoundingClientRect()).map(b => b.x + b.width / 2)",
    )
    values = [float(text.replace("−", "-")) for text in page.locator(".readings .values .knows b").all_inner_texts()]
    assert [values.index(v) for v in sorted(values)] == [knows.index(x) for x in sorted(knows)]
    page.click("#diagnosis .rows a >> nth=0")
    assert page.input_value("#scenario") == page.locator("#diagnosis .rows a").first.inner_text()


@pytest.mark.parametrize("width", [390, 1200])
def test_the_table_of_a_bundle_is_in_reach_and_in_line(visit, report, width) -> None:
    page = visit(report, viewport={"width": width, "height": 900})
    page.click("nav a[href='#bundle']")
    assert page.locator("#bundle h2").inner_text() == "abstentionbench, as the field reports it"
    rows = page.locator("#bundle tbody tr")
    assert rows.count() == 7
    last = rows.nth(0).locator("td").last
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    # Under its heading stands the first column that the field reports, under the other what stands beside.
    left = "(cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().x))"
    groups = page.eval_on_selector_all("#bundle thead th[scope=colgroup]", left)
    columns = page.eval_on_selector_all("#bundle thead th[scope=col]", left)
    assert groups == [columns[2], columns[5]]
    cells = page.eval_on_selector_all("#bundle tbody tr:first-child > *", left)
    assert cells[: len(columns)] == columns


def test_a_run_of_replies_alone_shows_no_empty_sections(visit, tmp_path) -> None:
    path = tmp_path / "report.html"
    plain = SAMPLE["signature"](OUTCOMES) | {"switches": None}
    path.write_text(render(plain, OUTCOMES, SAMPLE["manifest"]()), encoding="utf-8")
    page = visit(path.as_uri())
    for name in (*SECTIONS, "bundle"):
        assert page.locator(f"#{name}").count() == page.locator(f"nav a[href='#{name}']").count() == 0
    assert page.inner_text("h1").split("\n")[-1] == "It answers too much"


def test_the_figures_lead_to_the_replies_behind_them(visit, report) -> None:
    page = visit(report)
    page.fill("#text", "left over from before")
    for link in page.locator("#moves td a").all():
        link.click()
        assert shown(page) == int(link.text_content())
    for row in page.locator("#ungraded .facts > div").all():
        row.locator("a").click()
        assert shown(page) == int(row.locator("dd").text_content())


def test_a_pair_shows_the_twins_and_nothing_else(visit, report) -> None:
    page = visit(report)
    page.locator("#rows .twin").first.click()
    assert shown(page) == 3  # The answerable one freely and forced, and its unanswerable twin.
    pair = page.input_value("#text")
    assert set(page.locator("#rows .twin").all_text_contents()) == {pair}


def test_a_reply_with_markup_stays_text(visit, report) -> None:
    page = visit(report)
    for _ in range(len(OUTCOMES) // 50):
        page.click("#more")
    assert page.locator("#rows > tr").count() == len(OUTCOMES)
    assert page.evaluate("window.pwned") is None
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object, form, #rows b b").count() == 0
    replies = page.locator("#rows .reply").all_text_contents()
    for text in SAMPLE["HOSTILE"][:2]:
        assert text in replies


def test_a_long_reply_is_folded_and_opens_whole(visit, report) -> None:
    page = visit(report)
    page.fill("#text", "x" * 100)
    reply = page.locator("#rows .reply").first
    assert len(reply.locator("span").text_content()) < 600
    button = reply.get_by_role("button", name="Show all 20,000 characters")
    button.click()
    assert reply.locator("span").text_content() == "x" * 20_000
    reply.get_by_role("button", name="Show less").click()
    assert len(reply.locator("span").text_content()) < 600


def test_thinking_is_there_but_folded(visit, report) -> None:
    page = visit(report)
    page.fill("#text", "let me think")
    thinking = page.locator("#rows details", has_text="thinking").first
    assert thinking.locator(".thinking").is_hidden()
    thinking.locator("summary").click()
    assert "Let me think. </script>" in thinking.locator(".thinking").text_content()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_wider_than_the_screen(visit, chromium, tmp_path, width) -> None:
    path = tmp_path / "report.html"
    named = SIGNATURE | {"model": "organisation/a-very-long-model-name-" + "x" * 60}
    path.write_text(render(named, OUTCOMES, SAMPLE["manifest"](), BUNDLE), encoding="utf-8")
    page = visit(path.as_uri(), viewport={"width": width, "height": 740})
    for _ in range(3):
        page.click("#more")
    for details in page.locator("details summary").all():
        if details.is_visible():
            details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(visit, report) -> None:
    page = visit(report)
    page.focus("#text")
    reached = []
    for _ in range(8):
        reached.append(page.evaluate("document.activeElement.id"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Tab")
    assert reached == ["text", "scenario", "result", "called", "done", "condition", "mistakes", "reset"]
    page.focus("#mistakes")
    page.keyboard.press("Space")
    assert shown(page) == sum(map(_mistaken, OUTCOMES))
    page.focus("#more")
    page.keyboard.press("Enter")
    assert page.evaluate("[...document.activeElement.parentNode.children].indexOf(document.activeElement)") == 50
    boxes = page.locator(".scroll")
    assert boxes.count() == boxes.and_(page.locator("[tabindex='0'][role=region][aria-label]")).count() > 3


def test_paper_gets_the_mistakes_and_no_controls(visit, report, tmp_path) -> None:
    page = visit(report, color_scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".filters").is_hidden()
    assert page.locator("nav").is_hidden()
    assert page.locator("#rows > tr").count() == 100
    assert page.locator("#rows .bad").count() == 100
    assert f"100 of {sum(map(_mistaken, OUTCOMES))} mistakes" in page.text_content("#printed")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#rows > tr").count() == 50
    page.emulate_media(media="screen")
    page.select_option("#scenario", "unsafe")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert "replies that fit the filters" in page.text_content("#printed")
    assert page.pdf(path=tmp_path / "report.pdf", format="A4").startswith(b"%PDF")


def test_without_javascript_the_figures_read_and_the_table_says_what_it_needs(chromium, report) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator("#browser").is_hidden()
    assert page.get_by_text("This table needs JavaScript").is_visible()
    for part in ("h1", "#figures .card", "#plane svg.plane", "#scenarios .bar", "#moves td", "#slices td"):
        assert page.locator(part).first.is_visible()
    context.close()


CONTRAST = """() => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const under = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = rgba(getComputedStyle(e).backgroundColor);
      if (found[3] > 0) return found;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *:not(svg, svg *, script, option)")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(style.color)), light(under(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.tagName}: ${element.textContent.slice(0, 40)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(visit, report, scheme) -> None:
    page = visit(report, color_scheme=scheme)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 200) == (scheme == "dark")
    assert page.evaluate(CONTRAST) == []  # WCAG 2.2, 1.4.3: 4.5 to 1


def test_ten_thousand_replies_open_and_filter(visit, tmp_path) -> None:
    outcomes = SAMPLE["outcomes"](copies=12)
    assert len(outcomes) > 10_000
    path = tmp_path / "report.html"
    path.write_text(render(SIGNATURE, outcomes, {}), encoding="utf-8")
    page = visit(path.as_uri())
    assert shown(page) == len(outcomes)
    assert page.locator("#rows > tr").count() == 50
    page.fill("#text", "which bridge do you mean")
    assert shown(page) == sum("Which bridge do you mean" in o.response.text for o in outcomes)
