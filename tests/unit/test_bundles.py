"""Bundles: which items they ask, what their table says, and that nothing is left out silently."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from knowwhen import registry
from knowwhen.errors import RequestError, RunError
from knowwhen.suites import _bundles
from knowwhen.suites._bundles import BUNDLES, FIGURES, Bundle, Part, read, rows, to_json
from knowwhen.types import Condition, Item, Move, Outcome, Response, ask


def outcome(
    source: str, scenario: str, should: bool, move: Move | None, number: int, *, tokens: int = 4, **more: object
) -> Outcome:
    item = ask(
        f"Question {number} of {source}?",
        Move.ANSWER if should else Move.ABSTAIN,
        tags={"source": source, "scenario": scenario},
        id=f"{source}-{number}",
    )
    return Outcome(item, Response("x", tokens_out=tokens), move, **more)  # type: ignore[arg-type]


def counts(source: str, scenario: str, tp: int, fn: int, fp: int, tn: int) -> list[Outcome]:
    cells = [(False, Move.ABSTAIN)] * tp + [(False, Move.ANSWER)] * fn
    cells += [(True, Move.ASK)] * fp + [(True, Move.ANSWER)] * tn
    return [outcome(source, scenario, should, move, n) for n, (should, move) in enumerate(cells)]


def test_recall_precision_and_f1_count_every_kind_of_declining_as_the_protocol_does() -> None:
    (row, *_) = rows(counts("a", "unknown", tp=6, fn=2, fp=3, tn=9), draws=50)
    assert (row.name, row.scenario, row.n) == ("a", "unknown", 20)
    assert row.figures["recall"].value == pytest.approx(6 / 8)
    assert row.figures["precision"].value == pytest.approx(6 / 9)
    assert row.figures["f1"].value == pytest.approx(2 * 6 / (2 * 6 + 2 + 3))
    assert row.figures["false_alarm"].value == pytest.approx(3 / 12)


def test_means_give_every_slice_the_same_weight_and_leave_out_what_a_slice_lacks() -> None:
    outcomes = [
        *counts("big", "unknown", tp=40, fn=0, fp=0, tn=40),
        *counts("small", "unknown", tp=1, fn=3, fp=0, tn=4),
        *counts("one-sided", "stale", tp=1, fn=1, fp=0, tn=0),
    ]
    found = {row.name: row for row in rows(outcomes, draws=20)}
    assert list(found) == ["big", "small", "one-sided", "mean of unknown", "mean of stale", "mean of all slices"]
    assert found["mean of unknown"].figures["recall"].value == pytest.approx((1 + 0.25) / 2)
    whole = found["mean of all slices"].figures
    assert whole["recall"].value == pytest.approx((1 + 0.25 + 0.5) / 3)
    assert (whole["false_alarm"].value, whole["false_alarm"].n) == (0, 2)
    assert math.isnan(found["mean of stale"].figures["false_alarm"].value)
    assert found["mean of all slices"].n == 90


def test_ungraded_and_forced_replies_are_in_no_figure() -> None:
    graded = counts("a", "unknown", tp=1, fn=1, fp=1, tn=1)
    more = [
        outcome("a", "unknown", False, None, 10, tokens=900, why="timeout"),
        outcome("a", "unknown", True, Move.ABSTAIN, 11, tokens=900, condition=Condition.FORCED),
    ]
    (with_more, *_), (without, *_) = rows([*graded, *more], draws=20), rows(graded, draws=20)
    assert with_more == without


def test_what_was_asked_beside_a_bundle_is_not_its_own_even_under_the_name_of_a_slice() -> None:
    inside = counts("a", "", 1, 1, 1, 1)
    inside = [replace(one, item=replace(one.item, tags={**one.item.tags, "bundle": "b"})) for one in inside]
    beside = [outcome("a", "", False, Move.ANSWER, 20), *counts("other", "stale", 2, 0, 0, 0)]
    assert _bundles.own("b", [*beside, *inside]) == inside
    assert _bundles.own("c", inside) == []


def test_lengths_are_told_apart_by_what_the_item_calls_for() -> None:
    outcomes = [
        outcome("a", "unknown", False, Move.ANSWER, 1, tokens=90),
        outcome("a", "unknown", False, Move.ABSTAIN, 2, tokens=10),
        outcome("a", "unknown", True, Move.ANSWER, 3, tokens=20),
    ]
    assert rows(outcomes, draws=10)[0].tokens == (50, 20)


def test_the_json_form_has_nulls_for_what_there_is_not() -> None:
    content = to_json("abstentionbench", rows(counts("a", "stale", 1, 1, 0, 0), draws=10), ["alcuna"])
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["rows"][0]["figures"]["false_alarm"] == {"value": None, "low": None, "high": None, "n": 0}
    assert content["rows"][0]["tokens"] == {"should_decline": 4, "should_answer": None}
    assert content["published_recall"]["stale"] == {"mean": 0.655, "best": 0.906}
    assert [row["mean"] for row in content["rows"]] == [False, True, True]


def test_what_a_bundle_was_asked_without_or_with_in_place_follows_from_the_suites_of_the_run() -> None:
    asked = ["umwp", "mip(part='gsm8k')", "xstest"]
    content = to_json("missing_premise", [], asked)
    assert content["suites"] == ["mip(part='gsm8k')", "umwp"]
    assert content["without"] == ["mip(part='svamp')", "mip(part='formula')", "gsm8k(form='abstain')"]
    assert content["in_place"] == {}
    content = to_json("abstentionbench", [], ["bbq", "falseqa(split='test')"])
    assert content["in_place"] == {"bbq(categories='all')": "bbq"}
    assert len(content["without"]) == len(BUNDLES["abstentionbench"].parts) - 2


def test_items_without_a_scenario_have_a_mean_of_their_own() -> None:
    (found,) = [row for row in rows(counts("a", "", 1, 1, 1, 1), draws=10) if row.mean and row.scenario]
    assert (found.name, found.scenario) == ("mean of (none)", "(none)")


def test_what_was_written_reads_back_and_a_folder_without_is_none(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    content = to_json("over_refusal", rows(counts("a", "unsafe", 3, 1, 1, 3), draws=10), ["xstest"])
    (tmp_path / "bundle.json").write_text(json.dumps(content))
    assert read(tmp_path) == content


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"bundle": "nonsense"}', '{"bundle": []}', "\x00"])
def test_a_table_that_does_not_read_is_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(RunError, match=r"bundle\.json cannot be used: .+ Delete it to measure the run without"):
        read(tmp_path)


@pytest.mark.parametrize("bundle", BUNDLES.values(), ids=BUNDLES)
def test_a_protocol_reports_figures_that_there_are(bundle: Bundle) -> None:
    assert set(bundle.reports) <= {*FIGURES, "tokens"}
    assert len(set(bundle.reports)) == len(bundle.reports)


@pytest.mark.parametrize("name", BUNDLES)
def test_every_part_of_a_bundle_is_a_suite_with_arguments_that_it_takes(name: str) -> None:
    import inspect

    known = registry.names("suites")
    for part in BUNDLES[name].parts:
        for spec in filter(None, (part.spec, part.instead)):
            suite, given = registry.parse(spec)
            assert suite in known
            assert set(given) <= set(inspect.signature(registry.load("suites", suite).items).parameters)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A bundle of three parts of which the first has its data, the second only its stand-in, the third nothing."""

    def pair(suite: str, tag: str, scenario: str, k: int) -> list[Item]:
        tags = {"source": suite, "scenario": scenario, "kind": tag}
        one = ask(f"{suite} {tag} {k}?", Move.ABSTAIN, tags=tags, id=f"{suite}-{k}", twin=f"{suite}-{k}-twin")
        return [one, ask(f"{suite} {tag} {k} twin?", Move.ANSWER, tags=tags, id=f"{suite}-{k}-twin", twin=one.id)]

    def load(spec: str, *, seed: int, data: Path | None) -> list[Item]:
        if spec in ("umwp(x=1)", "mip"):
            raise RequestError(f"{spec} is not at hand")
        return [*pair(spec, "odd", "unknown", 1), *pair(spec, "even", "stale", 2), *pair(spec, "left", "stale", 3)]

    parts = (
        Part("falseqa", by="kind", without={"kind": frozenset({"left"})}),
        Part("umwp(x=1)", "sums", instead="umwp"),
        Part("mip"),
        Part("nosuch"),
    )
    monkeypatch.setitem(BUNDLES, "small", Bundle(parts, "nobody"))
    monkeypatch.setattr(_bundles, "load_suite", load)
    return []


def test_a_bundle_falls_into_the_slices_of_its_protocol_and_names_what_it_lacks(two: list[str]) -> None:
    parts = _bundles.load("small", say=two.append)
    assert [spec for spec, _ in parts] == ["falseqa", "umwp"]
    assert [item.tags["source"] for item in parts[0][1]] == ["falseqa: odd"] * 2 + ["falseqa: even"] * 2
    assert {item.tags["source"] for item in parts[1][1]} == {"sums"}
    assert {item.tags["bundle"] for _, items in parts for item in items} == {"small"}
    assert len(parts[1][1]) == 6
    assert two == [
        "note: small asks umwp in the place of umwp(x=1). umwp(x=1) is not at hand",
        "note: small is without mip. mip is not at hand",
        "note: small is without nosuch: there is no such suite.",
    ]


def test_a_bundle_of_which_nothing_can_be_had_is_an_error(monkeypatch: pytest.MonkeyPatch, two: list[str]) -> None:
    monkeypatch.setitem(BUNDLES, "empty", Bundle((Part("mip"),), "nobody"))
    with pytest.raises(RequestError, match="no suite can be had"):
        _bundles.load("empty", say=two.append)
    with pytest.raises(RequestError, match="expected one of abstentionbench, over_refusal, missing_premise"):
        _bundles.load("nonsense")
