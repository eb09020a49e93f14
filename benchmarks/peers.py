"""Peers side by side: one model, the same questions, what each project says of them, and how long each takes.

    python3.11 -m venv PEERS/inspect      # an environment for each peer, outside this repository
    PEERS/inspect/bin/pip install inspect-evals==0.26.0 openai hydra-core omegaconf scikit-learn pandas jsonlines loguru
    python3.11 -m venv PEERS/uqlm
    PEERS/uqlm/bin/pip install torch==2.13.0+cpu uqlm==0.6.7 langchain-openai==1.7.3 'pyarrow<22'
    python3.11 -m venv PEERS/polygraph
    PEERS/polygraph/bin/pip install torch==2.13.0+cpu lm-polygraph==0.7.0
    OMP_WAIT_POLICY=PASSIVE python benchmarks/peers.py --inspect PEERS/inspect/bin/python \\
        --uqlm PEERS/uqlm/bin/python --polygraph PEERS/polygraph/bin/python

(uqlm wants numpy below 2 on Python 3.11, and the pyarrow that pip then takes wants it above.) A peer whose interpreter
is not named is left out. Contestants take turns, each round in this order:

    knowwhen   greedy replies, samples and seven estimators, in this process
    uqlm       `WhiteBoxUQ.generate_and_score`, and `BlackBoxUQ.score` on the same replies
    polygraph  lm-polygraph's UEManager on the same weights, eight estimators that need no second model
    inspect    the Inspect port of AbstentionBench: replies, then its scorer, with the same model as its judge

uqlm and the port ask this process's engine through a chat server on loopback (`_loopback.py`), so the weights, the
greedy replies and the speed of the engine are the same; what is compared is what each makes of them. lm-polygraph runs
the weights itself.

`--keywords FILE` adds AbstentionBench's own list of words: recipe/abstention_keywords.py of a clone of it. With
`--data DIR` the port's loader also reads UMWP, from DIR/umwp/StandardDataset.jsonl, and FreshQA, which it carries.

Printed: recall, precision, F1, false alarms and d′ of declining, by each detector on the same replies; the AUROC of
each confidence for right against wrong answers; seconds of wall clock and of processor time (peer and server together,
imports not counted). `--work DIR` keeps the files that were exchanged.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _loopback import Loopback
from _peers import SYSTEM, timed

from knowwhen import Generation, Item, Move, Outcome, Response
from knowwhen.conditions import put
from knowwhen.estimators import confidence_table, needs
from knowwhen.grading import judge, rules
from knowwhen.metrics import measure
from knowwhen.metrics.confidence import confidence_measures
from knowwhen.models import open_model
from knowwhen.models._weights import locate
from knowwhen.models.local import LocalModel
from knowwhen.run import Grade, _graded
from knowwhen.suites import DEFAULT, load, take
from knowwhen.types import Condition, Estimate

OURS = (
    "mean_likelihood",
    "token_entropy",
    "first_margin",
    "mean_sample_likelihood",
    "agreement",
    "semantic_entropy",
    "p_true",
)
FIGURES = ("recall", "precision", "f1", "false_alarm", "d_prime")
SHOWN = 6
"""Disagreements with the rules that are printed, of each detector."""


@dataclass
class Turn:
    """What one contestant gave in one round."""

    seconds: Mapping[str, float]
    found: dict[str, Any]


def graded(grade: Grade, items: Sequence[Item], responses: Sequence[Response]) -> list[Outcome]:
    return _graded(grade, [(item, Condition.FREE, one) for item, one in zip(items, responses, strict=True)])


def with_knowwhen(model: LocalModel, items: list[Item], tokens: int, samples: int, seed: int) -> Turn:
    def work() -> tuple[list[Response], dict[str, Any]]:
        wanted = needs(OURS)
        generation = Generation(tokens, samples, seed=seed, needs=wanted.needs, asides=wanted.asides)
        replies = dict(model.respond([put(item, system=SYSTEM) for item in items], generation))
        responses = [replies[k] for k in range(len(items))]
        return responses, confidence_table(OURS, [Outcome(*pair, None) for pair in zip(items, responses, strict=True)])

    (responses, scores), seconds = timed(work)
    outcomes, grading = timed(lambda: graded(rules.grade_all, items, responses))
    judged, judging = timed(lambda: graded(judge.grader(model), items, responses))
    times = {"grading": grading["wall"], "judging": judging["wall"]}
    return Turn(seconds, {"outcomes": outcomes, "judged": judged, "scores": scores, **times})


def with_peer(name: str, interpreter: str, url: str, work: Path, options: argparse.Namespace) -> Turn:
    command = [interpreter, str(Path(__file__).with_name("_peers.py")), name, "--url", url, "--work", str(work)]
    command += ["--tokens", str(options.tokens), "--samples", str(options.samples)]
    command += ["--data", str(options.data.resolve())] if options.data else []
    command += ["--model", str(locate(options.model).folder)]
    offline = {"HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1"}
    before = time.process_time()
    ended = subprocess.run(command, env=os.environ | offline, capture_output=True, text=True)
    served = time.process_time() - before
    if ended.returncode:
        raise SystemExit(f"{name} ended with {ended.returncode}:\n{(ended.stderr or ended.stdout)[-3000:]}")
    found = json.loads((work / f"{name}.json").read_text())
    cpu = served + found["seconds"]["cpu"] + found.get("judging", {"cpu": 0.0})["cpu"]
    wall = found["seconds"]["wall"] + found.get("judging", {"wall": 0.0})["wall"]
    return Turn({"wall": wall, "cpu": cpu}, found)


def handed(outcomes: Sequence[Outcome]) -> str:
    """Our replies as uqlm's formulas take them."""
    rows = [
        {
            "reply": outcome.response.text,
            "logprobs": outcome.response.logprobs,
            "samples": outcome.response.samples,
            "sample_logprobs": outcome.response.sample_logprobs,
        }
        for outcome in outcomes
    ]
    return json.dumps(rows)


def detected(outcomes: Sequence[Outcome], says: Sequence[bool | None]) -> list[Outcome]:
    """The same replies as another detector sees them; None is ungraded."""
    moves = {True: Move.ABSTAIN, False: Move.ANSWER, None: None}
    return [replace(one, move=moves[said], correct=None) for one, said in zip(outcomes, says, strict=True)]


def shown(estimate: Estimate) -> str:
    if not estimate.n:
        return "–"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def show_detectors(seen: Mapping[str, Sequence[Outcome]]) -> None:
    """Figures over the replies that are whole enough for the rules, and where each detector departs from them."""
    ours = next(iter(seen.values()))
    kept = [k for k, outcome in enumerate(ours) if outcome.graded]
    print(f"\nOf {len(ours)} replies {len(ours) - len(kept)} are cut off too early for the rules. Of the others:\n")
    print("| detector | graded | declining | " + " | ".join(FIGURES) + " |\n|" + "---|" * (3 + len(FIGURES)))
    for name, outcomes in seen.items():
        whole = [outcomes[k] for k in kept if outcomes[k].graded]
        found = measure(whole)
        cells = [str(len(whole)), str(sum(one.declined for one in whole)), *(shown(found[name]) for name in FIGURES)]
        print(f"| {name} | {' | '.join(cells)} |")
    for name, outcomes in list(seen.items())[1:]:
        other = [outcomes[k] for k in kept if outcomes[k].graded and outcomes[k].declined != ours[k].declined]
        print(f"\n{name}: {len(other)} not as the rules")
        for one in other[:SHOWN]:
            print(f"  {'declines' if one.declined else 'answers':9}{one.item.question[-100:]!r}")
            print(f"           {one.response.text!r}")


def same_reply(outcomes: Sequence[Outcome], theirs: Mapping[str, Any]) -> list[Outcome]:
    """Ours, but ungraded where the peer's reply is another: it does not tell where it was cut off."""
    pairs = zip(outcomes, theirs["replies"], strict=True)
    return [one if one.response.text == text.strip() else replace(one, move=None, correct=None) for one, text in pairs]


def show_confidence(title: str, outcomes: Sequence[Outcome], scores: Mapping[str, Any]) -> None:
    kept = [k for k, outcome in enumerate(outcomes) if outcome.item.answerable and outcome.correct is not None]
    correct = [outcomes[k].correct for k in kept]
    print(f"\n{title}: {correct.count(True)} right and {correct.count(False)} wrong answers\n")
    print("| confidence | n | AUROC |\n|---|---|---|")
    for name, values in scores.items():
        chosen = np.array(values, float)[kept]
        found = confidence_measures(chosen, correct, probabilities=False)["auroc"]
        assert not isinstance(found, float)
        print(f"| `{name}` | {np.isfinite(chosen).sum()} | {shown(found)} |")


def show_times(turns: Mapping[str, Sequence[Turn]], items: int) -> None:
    ours = turns["knowwhen"]
    print("\n| a question | wall clock | processor time | of knowwhen's |\n|---|---|---|---|")
    for name, taken in turns.items():
        each = [statistics.median(turn.seconds[unit] for turn in taken) / items for unit in ("wall", "cpu")]
        ratio = [
            statistics.median(t.seconds[unit] / o.seconds[unit] for t, o in zip(taken, ours, strict=True))
            for unit in ("wall", "cpu")
        ]
        print(f"| {name} | {each[0]:.2f} s | {each[1]:.2f} s | {ratio[0]:.2f}×, {ratio[1]:.2f}× |")
    rule, judged = (statistics.median(turn.found[key] for turn in ours) / items for key in ("grading", "judging"))
    print(f"knowwhen: rules {rule * 1e6:.0f} µs a reply, the model as judge {judged:.2f} s, neither in the above")
    for turn in turns.get("inspect", ())[-1:]:
        replying, judging = turn.found["seconds"]["wall"], turn.found["judging"]["wall"]
        print(f"inspect, last round: replies {replying:.1f} s, judge {judging:.1f} s of wall clock, both in the above")
    for turn in turns.get("uqlm", ())[-1:]:
        print(f"uqlm, last round: formulas alone, on our replies, {turn.found['scoring']['wall']:.2f} s of wall clock")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--items", type=int, default=80)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--samples", type=int, default=5, help="5 is uqlm's default")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--inspect", help="the interpreter that has inspect-evals")
    parser.add_argument("--uqlm", help="the interpreter that has uqlm")
    parser.add_argument("--polygraph", help="the interpreter that has lm-polygraph")
    parser.add_argument("--keywords", type=Path, help="AbstentionBench's recipe/abstention_keywords.py")
    parser.add_argument("--data", type=Path, help="the folder that holds umwp/StandardDataset.jsonl")
    parser.add_argument("--work", type=Path, help="the folder for files that contestants exchange; it is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = (options.work or Path(scratch)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        compare(options, work)


def compare(options: argparse.Namespace, work: Path) -> None:
    # AbstentionBench has no unsafe questions.
    items = [item for name in DEFAULT if name != "unsafe" for item in load(name, seed=0)]
    items = take(items, options.items, seed=0)
    questions = [
        {
            "question": item.question,
            "decline": not item.answerable,
            "answers": list(item.answers),
            "scenario": item.tags["scenario"],
        }
        for item in items
    ]
    (work / "questions.json").write_text(json.dumps(questions))
    model = open_model(options.model, device="cpu")
    assert isinstance(model, LocalModel)
    with_knowwhen(model, items[:2], 4, 1, 0)  # warm-up, not counted
    print(f"{len(items)} questions, {options.samples} samples, {options.tokens} tokens, ", end="")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    peers = {name: getattr(options, name) for name in ("uqlm", "polygraph", "inspect") if getattr(options, name)}
    turns: dict[str, list[Turn]] = {name: [] for name in ("knowwhen", *peers)}
    server = Loopback(model)
    try:
        for number in range(options.rounds):
            for name, taken in turns.items():
                if name == "knowwhen":
                    taken.append(with_knowwhen(model, items, options.tokens, options.samples, number))
                    (work / "given.json").write_text(handed(taken[-1].found["outcomes"]))
                else:
                    taken.append(with_peer(name, peers[name], server.url, work, options))
                wall, cpu = taken[-1].seconds["wall"], taken[-1].seconds["cpu"]
                print(f"round {number + 1} {name:9}{wall:8.1f} s wall{cpu:8.1f} s cpu", end="")
                print(f"   {server.batches} batches so far" if name != "knowwhen" else "", flush=True)
    finally:
        server.close()
    show(options, {name: taken[-1].found for name, taken in turns.items()})
    show_times(turns, len(items))


def show(options: argparse.Namespace, found: Mapping[str, dict[str, Any]]) -> None:
    """The last round's figures."""
    ours: list[Outcome] = found["knowwhen"]["outcomes"]
    texts = [outcome.response.text for outcome in ours]
    for name in found.keys() - {"knowwhen"}:
        same = sum(a == b.strip() for a, b in zip(texts, found[name]["replies"], strict=True))
        print(f"{name}: {same} of {len(texts)} greedy replies equal ours")
    seen = {"knowwhen, rules": ours, f"knowwhen, {options.model} as judge": found["knowwhen"]["judged"]}
    if options.keywords:
        words = [word.lower() for word in runpy.run_path(str(options.keywords))["ABSTENTION_KEYWORDS"]]
        said, took = timed(lambda: [any(word in text.lower() for word in words) for text in texts])
        print(f"{len(words)} key words of AbstentionBench: {took['wall'] / len(texts) * 1e6:.0f} µs a reply")
        seen["AbstentionBench, key words"] = detected(ours, said)
    if port := found.get("inspect"):
        verdicts = [None if verdict is None else verdict == "yes" for verdict in port["verdicts"]]
        seen[f"Inspect port, {options.model} as judge"] = detected(ours, verdicts)
        print(f"the Inspect port's own figures: {port['figures']}")
        for name, (decline, answer, seconds) in port["loaded"].items():
            print(f"its loader reads {name}: {decline} to decline, {answer} to answer, {seconds:.2f} s")
    show_detectors(seen)
    show_confidence("knowwhen", ours, found["knowwhen"]["scores"])
    if theirs := found.get("uqlm"):
        show_confidence("uqlm, on our replies and samples", ours, theirs["on ours"])
        show_confidence("uqlm, its own run, where its reply is ours", same_reply(ours, theirs), theirs["scores"])
        gap = np.abs(np.exp(found["knowwhen"]["scores"]["mean_likelihood"]) - theirs["on ours"]["sequence_probability"])
        print(f"\nsequence_probability is exp(mean_likelihood) to {gap.max():.1g}")
    if theirs := found.get("polygraph"):
        show_confidence("lm-polygraph, where its reply is ours", same_reply(ours, theirs), theirs["scores"])


if __name__ == "__main__":
    main()
