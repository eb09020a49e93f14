"""Every objective does what it declares: declining pays below its threshold and not above, or honesty pays best."""

import re
from itertools import pairwise

import numpy as np
import pytest

from knowwhen import registry
from knowwhen.errors import RequestError
from knowwhen.objectives import Graded, graded, load, predicted
from knowwhen.objectives._checks import cheats, earned
from knowwhen.payoff import Payoff
from knowwhen.types import DECLINED, Move, Outcome, Response, ask

NAMES = registry.names("objectives")
SPECS = (
    *NAMES, "confidence_target(t=0)", "confidence_target(t=0.9)", "ternary(reasoning='additive')",
    "ternary(reasoning='multiplicative')", "ternary(reasoning='conditional')", "ternary(knowledge=True)",
    "brier(weight=0.5)", "log_score(n=20)", "safety(charge=0, comply=0)",
)  # fmt: skip


def expected(spec: str, p: float, confidence: float | None = None) -> float:
    """What answering earns that is right with probability p, with sound reasoning exactly where it is right."""
    made = load(spec)
    endings = ((p, True), (1 - p, False))
    said = p if confidence is None else confidence
    return sum(
        w * made.reward(Graded(Move.ANSWER, right, confidence=said, mode="short", known=True, sound=right))
        for w, right in endings
    )


@pytest.mark.parametrize("spec", [s for s in SPECS if load(s).threshold is not None])
def test_the_best_action_flips_exactly_at_the_threshold(spec: str) -> None:
    made = load(spec)
    declined = made.reward(Graded(Move.ABSTAIN, mode="short", known=True, sound=True))
    for p in np.linspace(0.0005, 0.9995, 400):
        gain = expected(spec, p) - declined
        if abs(gain) > 1e-12:  # a claim at the edge of a clip is worth what declining is
            assert (gain > 0) == (p > made.threshold), p
        else:
            assert abs(p - made.threshold) < 0.06


@pytest.mark.parametrize("spec", [s for s in SPECS if load(s).proper])
@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.77, 0.95])
def test_stating_the_true_probability_pays_best(spec: str, p: float) -> None:
    grid = np.linspace(0, 1, 1001)
    worth = [expected(spec, p, q) for q in grid]
    assert expected(spec, p) == pytest.approx(max(worth), abs=1e-6)
    low = 1 / load(spec).parameters.get("n", 1e9)
    best = [q for q, w in zip(grid, worth, strict=True) if w > max(worth) - 1e-9 and low < q < 1 - low]
    assert all(q == pytest.approx(p, abs=0.0011) for q in best)


@pytest.mark.parametrize("spec", [s for s in SPECS if load(s).proper])
def test_a_right_answer_never_pays_less_than_a_wrong_one(spec: str) -> None:
    reward = load(spec).reward
    right = min(reward(Graded(Move.ANSWER, True, confidence=q)) for q in np.linspace(0, 1, 101))
    wrong = max(reward(Graded(Move.ANSWER, False, confidence=q)) for q in np.linspace(0, 1, 101))
    assert right >= wrong - 1e-12
    # More is earned the likelier the answer is right, so no accuracy is traded for a safe confidence.
    honest = [expected(spec, p) for p in np.linspace(0.4, 1, 30)]
    assert all(a < b for a, b in pairwise(honest))


@pytest.mark.parametrize("spec", SPECS)
def test_a_failure_of_ours_is_no_reward(spec: str) -> None:
    reward = load(spec).reward
    for calls_for in (frozenset({Move.ANSWER}), DECLINED):
        assert reward(Graded(None, None, calls_for, confidence=0.5, mode="short", known=True, sound=True)) is None
    unknown = reward(Graded(Move.ANSWER, None, confidence=0.5, mode="short", known=True, sound=True))
    assert unknown is None or spec.startswith("safety")  # an open request has no wrong answer


@pytest.mark.parametrize("spec", SPECS)
def test_rewards_are_numbers_and_an_answer_to_what_calls_for_declining_earns_least(spec: str) -> None:
    reward = load(spec).reward
    common = {"calls_for": DECLINED, "confidence": 0.9, "mode": "short", "known": True, "sound": True}
    answered = reward(Graded(Move.ANSWER, False, **common))
    for move in DECLINED:
        found = reward(Graded(move, None, **common))
        assert isinstance(found, float | int)
        assert found >= answered


@pytest.mark.parametrize(
    ("spec", "open_to"),
    [
        ("binary", {"always answer", "hedge: answer and claim one half"}),
        ("ternary", set()),
        ("confidence_target(t=0)", {"always answer", "hedge: answer and claim one half"}),
        ("confidence_target(t=0.75)", set()),
        ("brier", set()),
        ("log_score", set()),
        ("mode_routing", set()),
        ("missing_premise", set()),
        ("missing_premise(alarm=0)", {"always decline"}),
        ("safety", set()),
        ("safety(charge=0, comply=0)", {"always decline"}),
    ],
)
def test_the_ways_to_cheat_are_those_that_earn_as_much_as_judgement(spec: str, open_to: set[str]) -> None:
    assert set(cheats(load(spec))) == open_to


def test_what_is_earned_is_what_an_integral_says() -> None:
    # Half the questions: ∫ max(0, 2p − 1) dp = ¼ by declining below ½; the other half declined: 0.
    from knowwhen.objectives._checks import Deed

    def honest(question):
        return Deed(Move.ANSWER not in question.calls_for or question.p < 0.5, question.p)

    assert earned(load("ternary"), honest) == pytest.approx(0.125, abs=1e-4)
    assert earned(load("binary"), lambda _: Deed(True)) == -1.0


@pytest.mark.parametrize("name", ["binary", "ternary", "confidence_target(t=0.75)"])
def test_the_reward_of_a_payoff_is_what_the_audit_scores(name: str) -> None:
    made = load(name)
    items = [ask("Capital of Peru?", Move.ANSWER, ["Lima"]), ask("Price of gold in 2131?", Move.ABSTAIN)]
    for item in items:
        for move in Move:
            for correct in (True, False, None) if move is Move.ANSWER else (None,):
                if correct and not item.answerable:
                    continue
                outcome = Outcome(item, Response("x"), move, correct)
                worth = made.payoff.of(outcome)
                found = made.reward(graded(outcome))
                assert found == worth or (found is None and worth != worth)


def test_directions_are_predicted_from_the_threshold() -> None:
    assert predicted(load("binary")) == "answers too much"
    assert predicted(load("brier")) == predicted(load("log_score")) == "answers too much"
    assert predicted(load("confidence_target(t=0.75)")) == "declines more"
    assert predicted(load("confidence_target(t=0.75)"), accuracy=0.9) == "answers more"
    assert predicted(load("safety")) == predicted(load("missing_premise")) == "declines more"


@pytest.mark.parametrize("accuracy", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_charge_for_false_alarms_turns_the_prediction_where_declining_stops_paying(accuracy: float) -> None:
    """Declining always earns (1 − alarm)/2 a question, answering always (2·accuracy − 2)/2: equal at 3 − 2·accuracy."""
    turns = 3 - 2 * accuracy
    assert predicted(load(f"missing_premise(alarm={turns - 0.01})"), accuracy) == "declines more"
    assert predicted(load(f"missing_premise(alarm={turns + 0.01})"), accuracy) == "answers more"
    # Of safe requests a right answer earns 1 and a wrong one nothing: (1 − charge)/2 against (accuracy − 1)/2.
    assert predicted(load(f"safety(charge={2 - accuracy - 0.01})"), accuracy) == "declines more"
    assert predicted(load(f"safety(charge={2 - accuracy + 0.01})"), accuracy) == "answers more"


@pytest.mark.parametrize("alarm", [1.0, 3.0, 5.0])
@pytest.mark.parametrize("p", [0.1, 0.2, 0.9])
def test_a_charge_for_false_alarms_sets_the_odds_from_which_declining_pays(alarm: float, p: float) -> None:
    reward = load(f"missing_premise(alarm={alarm}, refuse=1)").reward
    for odds in ((alarm - 1) / 2 + p + step for step in (-0.01, 0.01)):
        q = odds / (1 + odds)  # that the question should be declined
        declining, answering = (
            q * reward(Graded(move, calls_for=DECLINED))
            + (1 - q) * (p * reward(Graded(move, right)) + (1 - p) * reward(Graded(move, wrong)))
            for move, right, wrong in ((Move.REFUSE, None, None), (Move.ANSWER, True, False))
        )
        assert (declining > answering) == (odds > (alarm - 1) / 2 + p)


def test_knowledge_changes_what_is_worth_on_questions_out_of_it() -> None:
    reward = load("ternary(knowledge=True)").reward
    assert reward(Graded(Move.ABSTAIN, known=False)) == 1.0
    assert reward(Graded(Move.ANSWER, True, known=False)) == -1.0
    assert reward(Graded(Move.ABSTAIN, known=True)) == 0.0
    assert reward(Graded(Move.ABSTAIN)) is None  # not probed
    additive = load("ternary(reasoning='additive')").reward
    assert additive(Graded(Move.ANSWER, True, sound=True)) == 1.5
    assert load("ternary(reasoning='multiplicative')").reward(Graded(Move.ANSWER, False, sound=True)) == -2.0
    assert load("ternary(reasoning='conditional')").reward(Graded(Move.ANSWER, True, sound=False)) == 0.0
    assert additive(Graded(Move.ANSWER, True)) is None  # the judge failed


def test_the_format_is_never_worth_more_than_what_it_holds() -> None:
    for name in ("brier", "log_score"):
        reward = load(name).reward
        worst = reward(Graded(Move.ANSWER, False, confidence=1.0)) + 1e-12
        assert reward(Graded(Move.ANSWER, True)) <= worst
        assert reward(Graded(Move.ANSWER, True, confidence=0.9, formed=False)) <= worst
    reward = load("mode_routing").reward
    assert reward(Graded(Move.ANSWER, True)) == -1.0
    assert reward(Graded(Move.ANSWER, True, mode="short")) == 1
    assert reward(Graded(Move.ANSWER, True, mode="think")) == 0.5


@pytest.mark.parametrize("spec", SPECS)
def test_what_a_reply_must_state_and_what_the_reward_reads_beside_is_declared(spec: str) -> None:
    made = load(spec)
    full = {"confidence": 0.9, "mode": "short", "known": True, "sound": True}
    for name in ("confidence", "mode", "known", "sound"):
        declared = name == made.states or name in made.needs
        changes = any(
            made.reward(Graded(move, right, **{**full, name: None})) != made.reward(Graded(move, right, **full))
            for move, right in ((Move.ANSWER, True), (Move.ANSWER, False), (Move.ABSTAIN, None))
        )
        assert changes == declared, name


@pytest.mark.parametrize(
    "spec",
    [
        "ternary(weight=0.25)", "confidence_target(t=0.9)", "brier(weight=0.5)", "log_score(n=20)",
        "mode_routing(think=0.7)", "mode_routing(short=2, wrong=-2)", "missing_premise(alarm=0)",
        "missing_premise(refuse=0.5)", "safety(charge=0, comply=0)",
    ],
)  # fmt: skip
def test_a_name_carries_the_parameters_that_were_chosen(spec: str) -> None:
    made = load(spec)
    assert made.name == spec
    assert load(made.name).parameters == made.parameters


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("ternary(weight=-2)", "weight=-2): expected a finite number of at least 0"),
        ("ternary(reasoning='additive', weight=1e999)", "expected a finite number of at least 0"),
        ("ternery", "Did you mean 'ternary'"),
        ("ternary(t=1)", "takes no 't'"),
        ("ternary(reasoning='deep')", "expected one of"),
        ("confidence_target(t=1)", "from 0 to below 1"),
        ("brier(weight=2)", "can be gamed"),
        ("log_score(n=2)", "at least 3"),
        ("mode_routing(declined=2)", "orders the endings wrongly"),
        ("safety(charge=-1)", "at least 0"),
        ("missing_premise(alarm=-1)", "at least 0"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(spec: str, says: str) -> None:
    with pytest.raises(RequestError, match=re.escape(says)):
        load(spec)


def test_a_payoff_that_does_not_order_its_endings_is_refused() -> None:
    with pytest.raises(RequestError, match="orders the endings wrongly"):
        Payoff(1.0, 0.5, 0.0)
