from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowwhen.metrics.measures import MEASURES as MEASURED
from knowwhen.report import numbers


def estimate(value: float | None, low: float | None = None, high: float | None = None, n: int = 0) -> dict:
    return {"value": value, "low": low, "high": high, "n": n}


def test_every_measure_of_a_signature_has_a_name_and_a_line_in_the_same_order() -> None:
    assert tuple(numbers.MEASURES) == MEASURED
    assert all(measure.label and measure.plain.endswith(".") for measure in numbers.MEASURES.values())


@given(st.floats(0, 1))
def test_percent_says_none_or_all_only_when_it_is_so(rate: float) -> None:
    text = numbers.percent(rate)
    assert (text == "0 %") == (rate == 0)
    assert (text == "100 %") == (rate == 1)


@given(st.floats(0.01, 0.99))
def test_percent_is_right_to_half_a_percent(rate: float) -> None:
    assert abs(float(numbers.percent(rate, unit=False)) - 100 * rate) <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.0, "0 %"), (0.004, "0.4 %"), (1e-9, "<0.1 %"), (0.999999, ">99.9 %"), (0.5, "50 %"), (math.nan, "–")],
)
def test_percent_at_the_ends(rate: float, text: str) -> None:
    assert numbers.percent(rate) == text


@given(st.floats(-1e6, 1e6))
def test_numbers_have_a_real_minus_and_no_minus_zero(value: float) -> None:
    text = numbers.number(value)
    assert "-" not in text
    assert text != "−0.00"
    assert abs(float(text.replace("−", "-")) - value) <= 0.005 + 1e-9


@pytest.mark.parametrize(
    ("measure", "found", "text"),
    [
        ("hit_rate", estimate(0.12, 0.08, 0.17, 240), "12 % [8, 17]"),
        ("false_alarm", estimate(0.0, 0.0, 0.013, 240), "0 % [0, 1]"),
        ("d_prime", estimate(1.5, -0.2, 2.0, 100), "1.50 [−0.20, 2.00]"),
        ("criterion", estimate(0.5, -0.25, 1.0, 100), "+0.50 [−0.25, 1.00]"),
        ("score", estimate(-0.001, -0.1, 0.1, 100), "0.00 [−0.10, 0.10]"),
        ("accuracy_forced", estimate(None), "– (n = 0)"),
        ("accuracy_forced", estimate(0.5, None, None, 1), "50 % [–, –]"),
    ],
)
def test_a_figure_is_written_with_its_interval_or_with_its_reason(measure: str, found: dict, text: str) -> None:
    assert numbers.figure(measure, found) == text


@pytest.mark.parametrize(
    ("decline", "answer", "reason"),
    [
        (10, 10, ""),
        (9, 500, "few items: 9 to decline, 500 to answer"),
        (0, 500, "one side only: 0 to decline, 500 to answer"),
        (0, 0, "one side only: 0 to decline, 0 to answer"),
    ],
)
def test_a_small_slice_says_why_it_cannot_be_read(decline: int, answer: int, reason: str) -> None:
    assert numbers.few({"hit_rate": {"n": decline}, "false_alarm": {"n": answer}}) == reason
