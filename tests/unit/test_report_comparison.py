"""The page of a comparison: safe, self-contained, and with the figures that comparison.json has."""

import json
import re
import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from knowwhen.comparison import Compared, compare
from knowwhen.report.comparison import arrows, data, difference, kind, reach, render, strip
from knowwhen.report.frame import csp_hash
from knowwhen.types import Condition, Move, Outcome, Response

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "comparison_sample.py"))
RUNS = SAMPLE["runs"]()
FOUND = SAMPLE["comparison"](RUNS)
PAGE = render(FOUND, {run.name: run.outcomes for run in RUNS})


def test_the_policy_allows_the_style_and_the_script_that_are_there_and_nothing_else():
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', PAGE)[1]
    style = re.search(r"<style>(.*?)</style>", PAGE, re.DOTALL)[1]
    script = re.search(r"<script>(.*?)</script>", PAGE, re.DOTALL)[1]
    assert f"style-src '{csp_hash(style)}'" in policy.replace("&#39;", "'")
    assert f"script-src '{csp_hash(script)}'" in policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'")
    assert PAGE.count("<script") == 2
    assert not re.search(r'\s(style|on\w+)="', re.sub(r"<script.*?</script>", "", PAGE, flags=re.DOTALL))
    assert "http://" not in PAGE.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in PAGE


def test_every_sentence_and_figure_stands_on_the_page():
    text = re.sub(r"<[^>]+>", "", PAGE)
    for part in FOUND["comparisons"]:
        assert part["headline"] in text
        for measure, delta in part["delta"].items():
            assert difference(measure, delta).split(" ", 1)[0] in text
    assert PAGE.count('class="sure"') == sum(
        delta["p_holm"] is not None and delta["p_holm"] < 0.05
        for part in FOUND["comparisons"]
        for slices in part["slices"].values()
        for one in slices.values()
        for delta in one["delta"].values()
    )


def test_names_and_system_messages_are_escaped():
    assert "<b>Be brief.</b>" not in PAGE
    assert "&lt;b&gt;Be brief.&lt;/b&gt;" in PAGE
    assert "look-alike <safe>" not in re.sub(r"<script.*?</script>", "", PAGE, flags=re.DOTALL)


def test_exactly_the_replies_whose_move_changed_are_listed():
    told = data(FOUND, {run.name: run.outcomes for run in RUNS})
    assert len(told["rows"]) == sum(part["counts"]["changed"] for part in FOUND["comparisons"])
    for row in told["rows"]:
        assert row["before"]["did"] != row["after"]["did"]
        assert "ungraded" not in (row["before"]["did"], row["after"]["did"])
    inline = json.loads(re.search(r'id="data">(.*?)</script>', PAGE, re.DOTALL)[1])
    assert len(inline["rows"]) == len(told["rows"])


@pytest.mark.parametrize(
    ("answerable", "before", "after", "found"),
    [
        (True, Move.ANSWER, Move.ABSTAIN, "declines_wrongly"),
        (True, Move.REFUSE, Move.ANSWER, "answers_rightly"),
        (False, Move.ANSWER, Move.ASK, "declines_rightly"),
        (False, Move.ABSTAIN, Move.ANSWER, "answers_wrongly"),
        (False, Move.ABSTAIN, Move.REFUSE, "another_way"),
    ],
)
def test_a_change_is_named_by_where_it_went_and_whether_it_should(answerable, before, after, found):
    item = next(o.item for o in RUNS[0].outcomes if o.item.answerable == answerable)
    assert kind(Outcome(item, Response("a"), before), Outcome(item, Response("b"), after)) == found


def test_an_arrow_runs_from_the_base_to_the_run_within_the_drawing():
    found = arrows(FOUND)
    assert [arrow.number for arrow in found.arrows] == [1, 2]
    for arrow, part in zip(found.arrows, FOUND["comparisons"], strict=True):
        assert arrow.tip == (part["other"]["criterion"]["value"], part["other"]["d_prime"]["value"])
        assert len(arrow.region) == 60
        assert found.outline(arrow).startswith("M")
        for c, d in (arrow.base, arrow.tip, *arrow.region):
            assert found.x.low < c < found.x.high
            assert found.y.low < d < found.y.high
    nothing = arrows(FOUND | {"comparisons": [FOUND["comparisons"][0] | {"delta": {"d_prime": {"value": None}}}]})
    assert nothing.arrows == ()


def test_a_strip_has_0_in_the_middle():
    assert strip({"value": 0.0, "low": -0.1, "high": 0.2, "n": 3}, 0.2) == {"value": 50.0, "low": 25.0, "high": 100.0}
    assert strip({"value": None, "low": None, "high": None, "n": 0}, 1.0) is None
    assert reach([{"value": 0.1, "low": -0.7, "high": 0.2}, {"value": None}]) == 0.7
    assert reach([]) == 0.1


def test_a_page_of_identical_runs_and_of_nothing_graded_reads():
    base = RUNS[0]
    same = compare([base, replace(base, name="copy")], draws=200)
    page = render(same, {base.name: base.outcomes, "copy": base.outcomes})
    assert "Every shared reply is the same" in page
    assert "None: wherever both replies could be graded" in page
    failed = [
        Outcome(o.item, Response(""), None, None, "timeout") for o in base.outcomes if o.condition is Condition.FREE
    ]
    nothing = compare([base, Compared("failed", failed)], draws=200)
    page = render(nothing, {base.name: base.outcomes, "failed": failed})
    assert "Nothing to judge by" in page
    assert "No point to show" in page
