"""How far the rules agree with people: ``python benchmarks/grading_people.py [--data DIR] [--grader NAME] [--write]``.

DIR holds the labelled replies in the layout of the published sets: ``xstest/xstest_v2_completions_*.csv`` (Röttger et
al. 2024, arXiv 2308.01263: two people and an arbiter) and ``chatgpt-refusals/all_hand_labeled*.json`` (Reuter and
Schulze 2023, arXiv 2306.03423: one person). The project's own labels, tests/cases/replies.jsonl, need no DIR.

For each set: the table of moves against labels, precision, recall, F1 and kappa of "declined" with 95 % intervals
(2,000 bootstrap draws over questions), and the baselines that the sets were published with. ``--write`` stores the
counts in src/knowwhen/grading/error.json, from where the grader's error is carried into the rates of a report.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from knowwhen import registry
from knowwhen.grading import Asked
from knowwhen.types import DECLINED, Response, Stop, Verdict

HERE = Path(__file__).parents[1]
OWN = HERE / "tests" / "cases" / "replies.jsonl"
ERROR = HERE / "src" / "knowwhen" / "grading" / "error.json"
BASELINES = {
    "xstest": "published on all five models of the set: string match P .954 R .815 F1 .879 kappa .770; "
    "GPT-4 as judge P .938 R .700 F1 .801 kappa .645",
    "chatgpt": "on the whole set: XSTest's string match P .564 R .980 F1 .716 kappa .452; "
    "keywords of guardrail studies P .578 R .978 F1 .727 kappa .479",
}
NOT_LABELLED = ("dontknow", "incoherent")
"""Tones that the authors left out themselves."""


class Labelled(NamedTuple):
    """A reply, and what people say that it does."""

    source: str
    question: str
    response: Response
    label: str
    declined: bool


def xstest(folder: Path) -> list[Labelled]:
    """XSTest's completions; a partial refusal is a refusal."""
    found = []
    for path in sorted(folder.glob("xstest_v2_completions_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                label = row["final_label"].split("_", 1)[1].replace("_", " ")
                source = path.stem.replace("xstest_v2_completions_", "xstest ")
                declined = label != "full compliance"
                found.append(Labelled(source, row["prompt"], Response(row["completion"]), label, declined))
    return found


def chatgpt(folder: Path) -> list[Labelled]:
    """ChatGPT's replies; as in the paper every tone but "complied" is a refusal."""
    files = sorted(folder.glob("all_hand_labeled*.json"))
    rows = [row for path in files for row in json.loads(path.read_text(encoding="utf-8"))]
    return [
        Labelled("chatgpt refusals", r["prompt"], Response(r["response"]), r["tone"], r["tone"] != "complied")
        for r in rows
        if r["tone"] not in NOT_LABELLED
    ]


def own(path: Path = OWN) -> tuple[list[Labelled], dict[str, list[tuple[str, str]]]]:
    """The project's own labels that both passes of the first reader agree on, and all pairs of labels that are told
    together: the passes of the first reader, and the first reader against the second."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    agreed = [row for row in rows if row["first"] and row["first"] == row["second"]]
    labelled = [
        Labelled(
            f"{who} {r['drawn']}", r["question"], Response(r["reply"], Stop(r["stop"])), r[key], r[key] != "answer"
        )
        for who, key in (("own", "first"), ("second reader", "other"))
        for r in agreed
    ]
    pairs = {"first pass against second": [(str(row["first"]), str(row["second"])) for row in rows]}
    for drawn in ("greedy", "sampled"):
        both = [(row["first"], row["other"]) for row in agreed if row["drawn"] == drawn]
        declined = [tuple("answers" if label == "answer" else "declines" for label in pair) for pair in both]
        pairs |= {f"first reader against second, {drawn}": both, f"the same, answers or declines, {drawn}": declined}
    return labelled, pairs


def agreement(title: str, pairs: list[tuple[str, str]]) -> None:
    """Print how often two labels are the same, and Cohen's kappa."""
    count = Counter(pairs)
    same = sum(n for (one, two), n in count.items() if one == two) / len(pairs)
    ones, twos = Counter(one for one, _ in pairs), Counter(two for _, two in pairs)
    chance = sum(ones[label] * twos[label] for label in ones) / len(pairs) ** 2
    print(f"\n{title}: {len(pairs)} replies, {same:.1%} the same, kappa {(same - chance) / (1 - chance):.3f}")
    print("  " + ", ".join(f"{one}/{two} {n}" for (one, two), n in count.most_common()))


def figures(counts: np.ndarray) -> np.ndarray:
    """Precision, recall, F1, kappa and specificity of counts [..., (hit, false alarm, miss, correct pass)]."""
    tp, fp, fn, tn = np.moveaxis(counts.astype(float), -1, 0)
    n = tp + fp + fn + tn
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / n**2
        kappa = ((tp + tn) / n - chance) / (1 - chance)
        return np.stack([tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn), kappa, tn / (tn + fp)], axis=-1)


def with_intervals(labelled: list[Labelled], declined: list[bool], seed: int = 0, draws: int = 2000) -> str:
    """The figures with intervals from a bootstrap over questions: replies to one question are drawn together."""
    clusters: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(4))
    for item, said in zip(labelled, declined, strict=True):
        clusters[item.question][(0 if said else 2) if item.declined else (1 if said else 3)] += 1
    counts = np.stack(list(clusters.values()))
    rng = np.random.default_rng(seed)
    weights_BK = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=draws)
    drawn = figures(weights_BK @ counts)
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    names = ("precision", "recall", "F1", "kappa", "specificity")
    return "   ".join(
        f"{name} {value:.3f} [{lo:.3f}, {hi:.3f}]"
        for name, value, lo, hi in zip(names, figures(counts.sum(0)), low, high, strict=True)
    )


def show(title: str, labelled: list[Labelled], verdicts: list[Verdict]) -> dict[str, int]:
    """Print one set; the counts that are stored."""
    table = Counter((item.label, str(v.move or "ungraded")) for item, v in zip(labelled, verdicts, strict=True))
    moves = ("answer", "abstain", "refuse", "ask", "ungraded")
    print(f"\n{title}: {len(labelled)} replies")
    print(f"  {'label':<18}" + "".join(f"{move:>10}" for move in moves))
    for label in sorted({label for label, _ in table}):
        print(f"  {label:<18}" + "".join(f"{table[label, move]:>10}" for move in moves))
    kept = [(item, v) for item, v in zip(labelled, verdicts, strict=True) if v.move]
    said = [v.move in DECLINED for _, v in kept]
    items = [item for item, _ in kept]
    print(f"  declined          {with_intervals(items, said)}")
    pairs = Counter((item.declined, s) for item, s in zip(items, said, strict=True))
    return {
        "declined, graded declined": pairs[True, True],
        "declined, graded answered": pairs[True, False],
        "answered, graded declined": pairs[False, True],
        "answered, graded answered": pairs[False, False],
        "ungraded": len(labelled) - len(kept),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with xstest/ and chatgpt-refusals/")
    parser.add_argument("--grader", default="rules")
    parser.add_argument("--write", action="store_true", help=f"store the counts in {ERROR.relative_to(HERE)}")
    options = parser.parse_args()
    grade = registry.load("graders", options.grader).grader()

    sets: dict[str, list[Labelled]] = {}
    if options.data:
        for item in [*xstest(options.data / "xstest"), *chatgpt(options.data / "chatgpt-refusals")]:
            sets.setdefault(item.source, []).append(item)
    agreed, pairs = own()
    for item in agreed:
        sets.setdefault(item.source, []).append(item)

    stored = {}
    for title, labelled in sets.items():
        verdicts = grade([Asked(item.question) for item in labelled], [item.response for item in labelled])
        counts = show(title, labelled, verdicts)
        if not title.startswith("second reader"):  # the same replies once more
            stored[title] = {"labelled by": "language models" if title.startswith("own") else "people", **counts}
        if title.split()[0] in BASELINES:
            print(f"  {BASELINES[title.split()[0]]}")
    for title, told in pairs.items():
        agreement(f"own labels, {title}", told)
    if options.write:
        ERROR.write_text(json.dumps({"grader": options.grader, "sources": stored}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
