"""The lab's page, text and table say what results.json has, whatever it lacks and whatever things are called."""

import html
import itertools
import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

from knowwhen.errors import RequestError
from knowwhen.report import lab, lab_words, labels
from knowwhen.report.frame import csp_hash
from knowwhen.report.lab_figure import HUES, drawing, lab_plot, threshold

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "lab_sample.py"))
FOUND, DESIGN, ESTIMATE, ENTRY, HOSTILE = (
    SAMPLE["results"](),
    SAMPLE["design"](),
    *map(SAMPLE.get, ("estimate", "entry", "HOSTILE")),
)
PAGE = lab.render(FOUND, DESIGN)
NOTHING = ESTIMATE(None)


def entry(name="ternary", predicted="declines more", start=(), threshold=0.5, seeds=3, **moves):
    """One objective, by its changes from the base."""
    return ENTRY(name, threshold, predicted, moves, dict(start), seeds)


def of(*entries, **changes):
    return {**FOUND, "objectives": list(entries), **changes}


def emptied(found):
    """The same results with every figure lacking."""
    if isinstance(found, dict) and set(found) == {"value", "low", "high", "n"}:
        return NOTHING
    if isinstance(found, dict):
        return {
            key: [dict.fromkeys(one) for one in part] if key == "seeds" else emptied(part)
            for key, part in found.items()
        }
    return [emptied(part) for part in found] if isinstance(found, list) else found


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>|<wbr>", "", page, flags=re.DOTALL)).split())


# ---- what is said ----


HOW = "moved the criterion the way that was predicted"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([-1.0], f"The one objective {HOW}."),
        ([1.0], f"The one objective has not {HOW}; it moved it the other way."),
        ([0.0], f"The one objective has not {HOW}; which way cannot be told."),
        ([-1.0, -1.0], f"All 2 objectives {HOW}."),
        ([-1.0, -1.0, 0.0], f"2 of 3 objectives {HOW}; in 1 it cannot be told."),
        ([1.0, 0.0], f"None of 2 objectives {HOW}; 1 moved it the other way; in 1 it cannot be told."),
        ([], "No direction was predicted, and no gain at a small price was found."),
    ],
)
def test_the_headline_counts_the_verdicts(changes, said):
    start = entry("start", "", threshold=None)
    found = of(start, *(entry(f"o{k}", criterion=change) for k, change in enumerate(changes)))
    assert lab_words.headline(found) == said
    assert said in words(lab.render(found, DESIGN))


def test_where_no_direction_is_predicted_the_headline_says_what_was_gained():
    gain = {"payoff": 0.3, "right": 0.05}
    start, begun = entry("start", ""), entry("start", "", **gain)
    won = entry("a, dosed", "", payoff=0.3, right=0.02)
    rose = "With a, dosed judgement or payoff rose from the base"
    sure = f"{rose}, and right answers surely fell by no more than 2 points"
    assert lab_words.headline(of(start, won)) == f"{sure}."
    assert lab_words.headline(of(start, won, entry("b", "", payoff=0.3))) == f"{sure}."
    assert lab_words.headline(of(begun, entry("a, dosed", "", start=gain, **gain))) == (
        f"{sure}; more than with the start cannot be told."
    )
    assert lab_words.headline(of(start, entry("b", "", payoff=0.3))) == (
        "With b judgement or payoff rose from the base, and right answers may have fallen by more than 2 points."
    )
    assert lab_words.headline(of(start, won, entry("c", criterion=-1.0))) == f"The one objective {HOW}."


def test_only_what_was_predicted_is_said_to_have_come_out():
    found = of(entry("start", ""), entry("a, dosed", "", payoff=0.3, right=0.02, knows=0.0, d_prime=0.6, criterion=0.5))
    page = html.unescape(words(lab.render(found, DESIGN)))
    assert "Nothing: all two came out, for every objective." in page
    assert "the direction of every objective" not in page
    assert "Predicted are: the direction of every objective; that the hidden reading" in words(PAGE)


def test_a_direction_is_told_only_by_an_interval_that_excludes_0():
    assert lab_words.direction(ESTIMATE(-0.3, 0.2)) == "declines more"
    assert lab_words.direction(ESTIMATE(-0.3, 0.4)) == "cannot be told"
    assert lab_words.direction(NOTHING) == "cannot be told"
    assert lab_words.direction({"value": -0.3, "low": None, "high": None, "n": 8}) == "cannot be told"
    assert (
        lab_words.direction({"value": float("nan"), "low": float("nan"), "high": float("nan"), "n": 0})
        == "cannot be told"
    )


def test_a_rise_counts_only_if_sure_and_not_paid_for_with_good_answers():
    # Half widths: payoff 0.072 from base and 0.064 from the start, right 0.036.
    for moves in ({"payoff": 0.3, "right": -0.03}, {"payoff": 0.05}, {"right": 0.2}, {"payoff": -0.5}):
        assert lab_words.bargain(of(entry(**moves))) == lab_words.NO_GAIN
    assert lab_words.bargain(of(entry(payoff=0.3, right=0.02))) == (
        "Judgement (d′) or payoff surely rose on the kinds held out, right answers surely fell by no more than 2 "
        "points, and one of these is surely better than the start's, with ternary (payoff +0.30 [0.23, 0.37], from the "
        "start +0.30 [0.24, 0.36]; right answers +2 [−2, 6] points, from the start +2 [−1, 5])."
    )


def test_a_price_that_is_small_by_its_figure_alone_is_said_to_be_that():
    assert lab_words.bargain(of(entry(payoff=0.3, right=-0.02))) == (
        f"{lab_words.NO_GAIN} By the point estimate right answers fell by no more than 2 points, and judgement or "
        "payoff surely rose from the base, with ternary (payoff +0.30 [0.23, 0.37], from the start +0.30 [0.24, 0.36]; "
        "right answers −2 [−6, 2] points, from the start −2 [−5, 1]: what it cost cannot be told more closely)."
    )
    both = lab_words.bargain(of(entry("a", payoff=0.3, right=0.02), entry("b", payoff=0.3)))
    assert "start's, with a (payoff" in both
    assert "right answers also fell by no more than 2 points, and judgement" in both
    assert "surely rose from the base, with b (payoff" in both


def test_what_the_start_had_gained_is_not_put_down_to_an_objective():
    """An objective that does nothing after the start is no gain, whatever its change from the base."""
    gain = {"payoff": 0.3, "right": 0.05}
    idle = lab_words.bargain(of(entry("start", "", **gain), entry(start=gain, **gain)))
    assert idle.startswith(lab_words.NO_GAIN)
    assert (
        "with ternary (payoff +0.30 [0.23, 0.37], from the start 0.00 [−0.06, 0.06]; right answers +5 [1, 9] points, "
        "from the start 0 [−3, 3]). The start alone, from the base: payoff +0.30 [0.23, 0.37]; right answers +5 [1, 9] "
        "points."
    ) in idle
    assert lab_words.surprises(of(entry("start", "", **gain), entry(start=gain, **gain)))[-1] == lab_words.NO_GAIN
    assert lab_words.bargain(of(entry("start", "", payoff=0.5))) == (
        f"{lab_words.NO_GAIN} The start alone, from the base: payoff +0.50 [0.43, 0.57]; "
        "right answers 0 [−4, 4] points."
    )


def test_an_objective_that_gives_right_answers_back_is_a_gain_though_payoff_falls_from_the_start_s():
    dear = {"payoff": 0.5, "right": -0.1}
    found = of(entry("start", "", **dear), entry(start=dear, payoff=0.2, right=0.02))
    assert (
        "surely better than the start's, with ternary (payoff +0.20 [0.13, 0.27], from the start −0.30 [−0.36, −0.24]; "
        "right answers +2 [−2, 6] points, from the start +12 [9, 15]). The start alone, from the base: payoff +0.50 "
        "[0.43, 0.57]; right answers −10 [−14, −6] points."
    ) in lab_words.bargain(found)


def test_what_was_gained_stands_on_the_page_in_the_text_and_in_the_markdown():
    said = lab_words.bargain(FOUND)
    assert "right answers −1 [−5, 3] points, from the start +2 [−1, 5]: what it cost cannot be told more" in said
    assert said in words(PAGE)
    assert said in lab.text(FOUND, DESIGN)
    assert said.replace("ternary", "`ternary`") in lab.markdown(FOUND, DESIGN)


def test_the_hidden_reading_is_compared_by_what_both_intervals_allow():
    def against(**moves):
        return lab_words.compared(entry(**moves))

    # Half widths, from base: says 0.27, knows 0.252, c 0.198.
    assert against(knows=0.0, d_prime=-0.6, criterion=0.5) == {"says": "less", "c": "less"}
    assert against(knows=0.0, d_prime=-0.5, criterion=0.4) == {"says": "cannot be told", "c": "cannot be told"}
    assert against(knows=-1.0, d_prime=0.4, criterion=-0.5) == {"says": "more", "c": "more"}
    assert lab_words.compared(emptied(entry())) == {"says": "cannot be told", "c": "cannot be told"}
    found = of(entry("a", knows=0.0, d_prime=-0.6, criterion=0.5), entry("b", knows=-1.0, criterion=0.0))
    assert lab_words.hidden(found) == (
        "In the base the hidden reading is d′ 1.60 [1.32, 1.88]. "
        "The hidden reading changed less than what it says in 1 of 2, more in 1. "
        "The hidden reading changed less than the criterion in 1 of 2, more in 1."
    )  # fmt: skip
    assert lab_words.hidden(emptied(found)) == "The hidden reading was not taken, so nothing can be told of it."


def test_what_did_not_come_out_is_listed_with_figures():
    found = of(
        entry("against", criterion=0.5, payoff=0.3, right=0.05),
        entry("open", criterion=-0.15),
        entry("fine", criterion=-0.9, d_prime=0.9),
        entry("broken", criterion=-0.9, d_prime=0.2, knows=-1.6),
    )
    said = lab_words.surprises(found)
    assert said[0] == (
        "against: predicted “declines more”; it answers more, Δc +0.50 [0.32, 0.68]; "
        "on the kinds trained on it answers more, Δc +0.80 [0.62, 0.98]."
    )
    assert said[1] == (
        "open: predicted “declines more”; whether it does cannot be told, Δc −0.15 [−0.33, 0.03]; "
        "on the kinds trained on it did as predicted, Δc −0.24 [−0.42, −0.06]: that did not carry over."
    )
    assert said[2] == (
        "broken: the hidden reading changed more than what it says: "
        "knows −1.60 [−1.85, −1.35], says +0.20 [−0.07, 0.47]."
    )
    assert said[3].startswith("broken: the hidden reading changed more than the criterion: knows −1.60")
    assert said[4].endswith("cannot be told for against and open.")
    assert len(said) == 5
    page = words(lab.render(found, DESIGN))
    assert all(sentence in page for sentence in said)


def test_nothing_unexpected_is_said_too():
    found = of(entry(criterion=-0.9, d_prime=0.9, payoff=0.3, right=0.05))
    assert lab_words.surprises(found) == []
    assert "Nothing: all three came out, for every objective." in words(lab.render(found, DESIGN))


def test_what_carries_is_a_share_only_of_a_change_that_is_sure():
    sure, unsure = (lab_words.rows(of(entry(criterion=c)))[0].cells["carries"] for c in (-0.8, -0.05))
    assert sure == ("62 %", "[42, 82]")
    assert unsure == ("cannot be told", "")


# ---- the page ----


def test_the_policy_allows_the_style_that_is_there_and_no_script():
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', PAGE)[1]
    style = re.search(r"<style>(.*?)</style>", PAGE, re.DOTALL)[1]
    assert f"style-src '{csp_hash(style)}'" in policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "<script" not in PAGE
    assert not re.search(r'\s(style|on\w+)="', PAGE)
    assert "http://" not in PAGE.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in PAGE


def test_every_figure_of_the_table_stands_on_the_page_in_the_text_and_in_the_markdown():
    places = (words(PAGE), lab.text(FOUND, DESIGN), lab.markdown(FOUND, DESIGN))
    for row in lab_words.rows(FOUND):
        for cell in (row.moved, *row.cells.values()):
            assert all(" ".join(filter(None, cell)) in place for place in places)
        for place in places:
            assert row.name in place
            assert row.threshold in place
            assert row.predicted in place
    for reading in ("d_prime", "leans", "knows"):
        figure = FOUND["objectives"][2]["held out"]["after"][reading]
        assert f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]" in places[0]
    assert all("5 of 6 objectives" in place and "smollm2" in place for place in places)


def test_the_verdicts_are_words():
    page = words(
        lab.render(of(entry("a", criterion=-0.9), entry("b", criterion=0.9), entry("c", criterion=0.0)), DESIGN)
    )
    assert "declines more agrees −0.90" in page
    assert "answers more against +0.90" in page
    assert "cannot be told 0.00" in page


def test_a_lab_without_figures_reads():
    found = emptied(FOUND)
    page = words(lab.render(found, DESIGN))
    assert "None of 6 objectives moved the criterion the way that was predicted; in 6 it cannot be told." in page
    assert "No point to show" in page
    assert "The hidden reading was not taken" in page
    assert "nan" not in page.lower().replace("unanswer", "")
    assert "n = 0" in lab.text(found, DESIGN)
    assert "– n = 0" in lab.markdown(found, DESIGN)


def test_one_seed_one_objective_and_half_a_figure_read():
    one = entry(criterion=-0.9, seeds=1)
    one["held out"]["from base"]["payoff"] = {"value": 0.1, "low": None, "high": None, "n": 12}
    found = of(one)
    page = lab.render(found, SAMPLE["design"](seeds=[0], objectives=["ternary"]))
    assert 'class="seed"' not in page
    assert "+0.10 no interval" in words(page)
    assert "--seeds 1 " in words(page)


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")  # The figure's font has no Chinese.
@pytest.mark.parametrize(
    "name",
    [HOSTILE, "未来" * 40, "</style><script>alert(1)</script>", "\u202e" + "x" * 90],
    ids=["html", "wide", "style", "long"],
)
def test_names_are_text_wherever_they_stand(name, tmp_path):
    found = of(entry("start", "", criterion=-0.4), entry(name, criterion=0.3, payoff=0.4), entry("b", criterion=-1))
    design = SAMPLE["design"](model=name, objectives=[name, "b"], held_out=[name])
    page = lab.render(found, design)
    assert "<img" not in page
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert "\x1b" not in lab.text(found, design)
    table = [line for line in lab.markdown(found, design).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {13}
    lab_plot(found, design, tmp_path / "a.svg")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")


def test_the_command_repeats_the_design_or_is_left_out():
    assert lab.command(DESIGN) == (
        "knowwhen lab smollm2 --objective binary --objective ternary --objective 'confidence_target(t=0.75)' "
        "--objective brier --objective refusal_tuning --objective 'safety(charge=0, comply=0)' --seeds 3 "
        "--held-out stale --held-out subjective --held-out unclear_intent --trainer exact --steps 24 --batch 8 "
        "--learning-rate 0.0003 --rank 8 --kl 0.0 --held-out-items 48 --draws 1 --trained-on-items 16 "
        "--training-items 40"
    )
    assert " --seeds 2 --first-seed 3 --held-out" in lab.command(SAMPLE["design"](seeds=[3, 4]))
    assert lab.command(SAMPLE["design"](seeds=[3, 5])) == ""
    assert "cannot be named on the command line" in lab.render(FOUND, SAMPLE["design"](seeds=[3, 5]))


def test_doses_are_told_with_their_limit_and_are_in_the_command():
    given = {"ternary, dosed": [{"share": 0.5, "right": 40}, {"share": 1.0, "right": 53}]}
    start = entry("start", "", payoff=0.5, right=-0.1), entry("start, dosed", "", payoff=0.1)
    found = of(*start, entry(), entry("ternary, dosed", "", threshold=None, payoff=0.3), entry("b"), doses=given)
    design = SAMPLE["design"](objectives=["ternary"], withheld=0.1)
    told = dict(lab.facts(found, design))["dose"]
    assert "no more than 10 % of 40 to 53 right answers of the base" in told
    assert "by seed: ternary, dosed 0.5, 1. No direction" in told
    assert [row.number for row in lab_words.rows(found)] == [-1, -1, 0, 0, 1]
    shares = of(start[1], entry("a, dosed", ""), entry("b, dosed", ""))
    assert [row.number for row in lab_words.rows(shares)] == [-1, 0, 1]
    assert "Whether the hidden reading changed less than what it says cannot be told" in lab_words.hidden(found)
    said = lab_words.bargain(found)
    assert "The start alone, from the base: payoff +0.50" in said
    assert "A share of the start, from the base: payoff +0.10" in said
    spots = {spot.name: spot for spot in drawing(found, 600, 400).spots}
    assert spots["ternary, dosed"].label.name == "share of ternary"
    assert "from the start's share" in html.unescape(words(lab.render(found, design)))
    assert "from the start's share" not in html.unescape(words(PAGE))
    assert (spots["ternary, dosed"].kind, spots["ternary, dosed"].number) == ("dosed", spots["ternary"].number)
    assert lab.command(design).endswith("--training-items 40 --withheld 0.1")
    assert told in html.unescape(words(lab.render(found, design)))
    assert "dose" not in dict(lab.facts(FOUND, DESIGN))


def test_a_lab_of_shares_alone_reads_and_says_so():
    given = {"ternary, dosed": [{"share": 0.5, "right": 40}]}
    listed = entry("start, dosed", "", payoff=0.1), entry("ternary, dosed", "", threshold=None, payoff=0.3)
    found = of(*listed, doses=given)
    design = SAMPLE["design"](objectives=["ternary"], withheld=0.1, whole=False, draws=3)
    told = dict(lab.facts(found, design))
    assert told["right when it answers"].startswith("the start's share in ")
    assert told["audited on"].startswith("at most 48 questions of each held-out kind, of 3 draws, 16 of each other")
    assert lab.command(design).endswith(" --training-items 40 --withheld 0.1 --shares-only")
    assert "Whether the hidden reading changed less than what it says cannot be told" in lab_words.hidden(found)
    assert "Whether the hidden reading" in "".join(lab_words.surprises(found))
    assert "A share of the start, from the base: payoff +0.10" in html.unescape(words(lab.render(found, design)))


def test_how_it_was_made_names_both_sides_of_the_split():
    said = dict(lab.facts(FOUND, DESIGN))
    assert said["kinds trained on"] == "unknown, false premise, missing context, unsafe"
    assert said["kinds held out"] == "stale, subjective, unclear intent"
    right = said["right when it answers"]
    assert right.startswith("the start in 36 % [27, 45], the base in 30 % [22, 38] of its answers")


def test_who_labelled_the_replies_beside_which_the_grader_stands_is_said_truly():
    assert dict(lab.facts(FOUND, DESIGN))["the grader"] == (
        "beside labels that larger language models gave to replies of the default model: answers taken for declining "
        "8 of 231, declining replies missed 11 of 43; rates that low may be the grader's alone"
    )


def test_a_terminal_of_84_columns_holds_every_line_of_figures():
    assert max(len(line) for line in lab.text(FOUND, DESIGN).splitlines() if line.startswith("  ")) <= 84


# ---- the map ----


@pytest.mark.parametrize("size", [(1040, 580), (340, 460)])
@pytest.mark.parametrize("crowded", [False, True])
def test_labels_cover_neither_each_other_nor_points_and_stay_inside(size, crowded):
    found = FOUND
    if crowded:  # All at nearly the same place.
        names = [f"objective_{k}(t=0.5)" for k in range(7)]
        found = of(entry("start", "", threshold=None), *(entry(n, criterion=0.02 * k) for k, n in enumerate(names)))
    made = drawing(found, *size, size=11.5, brief=True)
    boxes = [spot.label.box for spot in made.spots]
    assert len(boxes) == len(found["objectives"]) + 1
    for one, other in itertools.combinations(boxes, 2):
        assert not labels.overlap(one, other)
    for spot, box in itertools.product(made.spots, boxes):
        assert labels.nearest(box, spot.at) != spot.at
    for left, top, right, bottom in boxes:
        assert made.frame[0] - 1 <= left
        assert right <= made.frame[2] + 1
        assert made.frame[1] - 1 <= top
        assert bottom <= made.frame[3] + 1


def test_the_words_say_from_where_the_arrows_run():
    assert "Arrows run from the base to the start, and from the start to each objective" in words(PAGE)


def test_arrows_run_from_the_base_to_the_start_and_from_there_to_each_objective():
    made = drawing(FOUND, 1000, 600)
    base, start, *rest = made.spots
    assert (base.kind, start.kind, base.shaft) == ("base", "start", None)
    for spot, origin in ((start, base), *((spot, start) for spot in rest)):
        if spot.shaft is None:  # Too short to be seen.
            continue
        (x, y), _ = spot.shaft
        assert abs(x - origin.at[0]) < 8
        assert abs(y - origin.at[1]) < 8
        assert abs(spot.head[0][0] - spot.at[0]) < 8
        assert abs(spot.head[0][1] - spot.at[1]) < 8
    notes = {spot.name: spot.label.note for spot in made.spots}
    assert notes["ternary"] == "← t = ½"
    assert notes["binary"] == "t = 0 →"
    assert notes["confidence_target(t=0.75)"] == "← t = ¾"
    assert notes["safety(charge=0, comply=0)"] == "← predicted"
    assert notes["start"] == notes["base"] == ""
    c = {spot.name: spot.at[0] for spot in made.spots}
    assert c["safety(charge=0, comply=0)"] < c["ternary"] < c["base"] < c["binary"]
    assert all(len(spot.seeds) == 3 for spot in made.spots[1:])


def test_names_are_cut_and_parameters_left_out_only_where_told_apart():
    found = of(entry("a(t=0.5)"), entry("a(t=0.9)"), entry("b(t=0.5)"), entry("x" * 90))
    made = drawing(found, 340, 460, brief=True)
    assert [spot.label.name for spot in made.spots] == ["base", "a(t=0.5)", "a(t=0.9)", "b", "x" * 29 + "…"]


def test_a_wide_interval_does_not_shrink_the_map():
    found = of(entry("a", criterion=0.5), entry("b", criterion=-0.5))
    found["objectives"][0]["held out"]["after"]["criterion"] |= {"low": -90.0, "high": 90.0}
    made = drawing(found, 1000, 600)
    _, a, b = made.spots
    assert a.at[0] - b.at[0] > 300
    (left, _), (right, _) = a.cross[0]
    assert made.frame[0] <= left < right <= made.frame[2]


def test_a_threshold_is_written_short():
    assert [threshold(t) for t in (0.25, 2 / 3, 0.875, float("nan"))] == ["¼", "⅔", "0.88", ""]


def test_the_page_has_a_colour_for_every_hue():
    assert all(f"--hue-{k}: {colour}" in PAGE for k, colour in enumerate(HUES))


# ---- the figure ----


def test_the_figure_is_the_same_every_time_and_names_all(tmp_path):
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    lab_plot(FOUND, DESIGN, first)
    lab_plot(FOUND, DESIGN, second)
    assert first.read_bytes() == second.read_bytes()
    drawn = first.read_text()
    for name in ("smollm2", "← declines more", "answers more →", "tells apart →"):
        assert f"<!-- {name} -->" in drawn
    lab_plot(FOUND, DESIGN, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_of_nothing_says_so_and_another_suffix_is_refused(tmp_path):
    lab_plot(emptied(FOUND), DESIGN, tmp_path / "a.svg")
    assert "No figures" in (tmp_path / "a.svg").read_text()
    with pytest.raises(RequestError, match=r"'plot\.pdf': expected a name that ends in \.svg or \.png"):
        lab_plot(FOUND, DESIGN, tmp_path / "plot.pdf")
