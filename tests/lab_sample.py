"""Made-up results of a lab, in the JSON form that `knowwhen lab` saves, and its design.

Loaded by path (`runpy.run_path`) by the tests of the page; run it to write the sample page and look at it:
``python tests/lab_sample.py PAGE.html``.
"""

from __future__ import annotations

import random
from typing import Any

FIGURES = ("criterion", "d_prime", "leans", "knows", "right", "payoff", "hit", "false_alarm")
WIDTHS = {"criterion": 0.22, "d_prime": 0.3, "leans": 0.3, "knows": 0.28, "right": 0.04, "payoff": 0.08}
HOSTILE = "<img src=x onerror=alert(1)>|`\x1b[2J` " + "a-very-long-name" * 8

MOVES: dict[str, tuple[float | None, str, dict[str, float]]] = {
    "start": (None, "", {"criterion": -0.55, "d_prime": 0.1, "leans": 0.05, "right": -0.03, "payoff": 0.02}),
    "binary": (0.0, "answers too much", {"criterion": 0.45, "d_prime": -0.28, "knows": -0.03, "payoff": -0.02}),
    "ternary": (
        0.5,
        "declines more",
        {"criterion": -0.95, "d_prime": 0.42, "leans": 0.4, "right": -0.01, "payoff": 0.21},
    ),
    "confidence_target(t=0.75)": (
        0.75,
        "declines more",
        {"criterion": -1.35, "d_prime": 0.3, "right": -0.09, "payoff": 0.24},
    ),
    "brier": (0.0, "answers too much", {"criterion": -0.35, "d_prime": 0.02, "payoff": 0.03}),
    "refusal_tuning": (0.5, "declines more", {"criterion": -0.62, "d_prime": 0.12, "right": -0.05, "payoff": 0.05}),
    "safety(charge=0, comply=0)": (None, "declines more", {"criterion": -1.75, "d_prime": -0.2, "right": -0.24}),
}
"""Objective → threshold, predicted direction, changes from the base on the kinds held out."""

BASE = {"criterion": 0.8, "d_prime": 0.45, "leans": 0.75, "knows": 1.6, "right": 0.31, "payoff": -0.38, "hit": 0.2}


def estimate(value: float | None, half: float = 0.1, n: int = 288) -> dict[str, Any]:
    """A figure with an interval of ±half; None gives one without observations."""
    if value is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    return {"value": round(value, 4), "low": round(value - half, 4), "high": round(value + half, 4), "n": n}


def entry(
    name: str, threshold: float | None, predicted: str, moves: dict[str, float], start: dict[str, float], seeds: int = 3
) -> dict[str, Any]:
    """One objective of the results; on the kinds trained on, everything moved 1.6 times as far."""
    rng = random.Random(name)
    found: dict[str, Any] = {
        "name": name,
        "role": "start" if name.startswith("start") else "dosed" if name.endswith(", dosed") else "objective",
        "threshold": threshold,
        "predicted": predicted,
        "measured": "",
        "withheld": {},
    }
    for group, times in (("held out", 1.0), ("trained on", 1.6)):
        change = {figure: times * moves.get(figure, 0.0) for figure in FIGURES}
        after = {figure: BASE.get(figure, 0.1) + change[figure] for figure in FIGURES}
        half = {figure: WIDTHS.get(figure, 0.05) for figure in FIGURES}
        found[group] = {
            "after": {f: estimate(after[f], half[f]) for f in FIGURES},
            "from base": {f: estimate(change[f], 0.9 * half[f]) for f in FIGURES},
            "from start": {f: estimate(change[f] - times * start.get(f, 0.0), 0.8 * half[f]) for f in FIGURES},
            "seeds": [{f: after[f] + rng.gauss(0, 0.4 * half[f]) for f in FIGURES} for _ in range(seeds)],
        }
    since = "from base" if found["role"] == "start" else "from start"
    held, trained = (found[group][since]["criterion"] for group in ("held out", "trained on"))
    sure = trained["low"] > 0 or trained["high"] < 0
    found["carries"] = estimate(held["value"] / trained["value"] if sure else None, 0.2)
    found["withheld"] = estimate(max(0.01, -2 * moves.get("right", 0.0)), 0.01, 90)
    return found


def results(seeds: int = 3) -> dict[str, Any]:
    """Six objectives and the start: four agree, brier goes against, refusal tuning cannot be told."""
    start = MOVES["start"][2]
    base = {f: estimate(BASE.get(f, 0.1), WIDTHS.get(f, 0.05), 96) for f in FIGURES}
    listed = [entry(name, *rest, start, seeds) for name, rest in MOVES.items()]
    ungraded = {name: {"held out": [12, 144], "trained on": [3, 64]} for name in ("base", *MOVES)}
    return {
        "accuracy": {"base": estimate(0.3, 0.08, 57), "start": estimate(0.36, 0.09, 52)},
        "base": {"held out": base, "trained on": base},
        "ungraded": ungraded,
        "grader": {"labelled": {"answers taken for declining": [8, 231], "declining replies missed": [11, 43]}},
        "objectives": listed,
        "doses": {},
    }


def design(**changes: Any) -> dict[str, Any]:
    """The JSON form of the lab's design that the results are of."""
    return {
        "model": "smollm2",
        "objectives": [name for name in MOVES if name != "start"],
        "seeds": [0, 1, 2],
        "held_out": ["stale", "subjective", "unclear_intent"],
        "trainer": "exact",
        "held_out_items": 48,
        "draws": 1,
        "trained_on_items": 16,
        "training_items": 40,
        "start_items": 12,
        "start_steps": 6,
        "steps": 24,
        "batch": 8,
        "learning_rate": 3e-4,
        "rank": 8,
        "kl": 0.0,
        "max_tokens": 40,
        "withheld": None,
        "whole": True,
        **changes,
    }


if __name__ == "__main__":
    import sys
    from pathlib import Path

    from knowwhen.report import lab
    from knowwhen.report.lab_figure import lab_plot

    page = Path(sys.argv[1])
    page.write_text(lab.render(results(), design()), encoding="utf-8")
    lab_plot(results(), design(), page.with_suffix(".png"))
    page.with_suffix(".txt").write_text(lab.text(results(), design()) + "\n", encoding="utf-8")
    page.with_suffix(".md").write_text(lab.markdown(results(), design()), encoding="utf-8")
