"""How fast are estimators, samples and all? knowwhen beside lm-polygraph, the same eight on the same model, in turn.

    python -m venv peer && peer/bin/pip install -e '.[local]' lm-polygraph==0.7.0     # an environment of its own
    OMP_WAIT_POLICY=PASSIVE peer/bin/python benchmarks/estimators_speed.py --items 200 --rounds 3
    python benchmarks/estimators_speed.py --items 20 --only knowwhen                  # without lm-polygraph

lm-polygraph asks for some 160 packages; ``pip install --no-deps lm-polygraph==0.7.0`` and those that its import then
names are enough (spacy, thinc, sentence-transformers, bert-score, boostedprob, diskcache, omegaconf, pandas, datasets,
openai, evaluate, rouge-score, nltk …). It runs with transformers 5.

Both get the same rendered prompts, the same weights in float32 and one process; each question has one greedy reply and
so many samples at temperature 1 from the whole distribution. lm-polygraph runs as its documentation shows (UEManager
with the default calculators), with what the eight do not need switched off (attentions, hidden states of the greedy
reply) and `--batch` rows at once.

Printed: seconds of wall clock and of processor time a round, the median ratio of neighbours in a round, and for each
estimator how far the values agree: "same run" is their formula on our log-probabilities and samples, "own run" is their
value from their own generation (greedy replies should be equal; samples are drawn anew, so only ranks can agree).
"""

from __future__ import annotations

import argparse
import copy
import logging
import statistics
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from _peers import EIGHT, polygraph, polygraph_estimators
from numpy.typing import NDArray

from knowwhen import Generation
from knowwhen.conditions import put
from knowwhen.estimators import confidence_table, needs
from knowwhen.estimators import lexical_similarity as lexical
from knowwhen.models import open_model
from knowwhen.models.local import LocalModel
from knowwhen.suites import DEFAULT, load, take
from knowwhen.types import Item, Outcome, Response

DIFFERS = {
    "p_true": 'they continue "Question: … (A) True (B) False" with "True", we ask yes or no in a turn of the chat',
    "mean_sample_likelihood": "they sum the log-probs with the end token and divide by the tokens without it",
    "lexical_similarity": "they compare Porter stems, we words; with their stemmer the values are equal (next line)",
}


@dataclass
class Found:
    """What one contestant gave in one round."""

    wall: float
    cpu: float
    values: dict[str, NDArray[Any]]
    texts: list[str]
    extra: Any = field(default=None, repr=False)


def with_knowwhen(model: LocalModel, items: list[Item], tokens: int, samples: int, seed: int) -> Found:
    wanted = needs(EIGHT)
    start, used = time.perf_counter(), time.process_time()
    generation = Generation(tokens, samples, seed=seed, needs=wanted.needs, asides=wanted.asides)
    replies: dict[int, Response] = dict(model.respond([put(item) for item in items], generation))
    outcomes = [Outcome(item, replies[k], None) for k, item in enumerate(items)]
    values = confidence_table(EIGHT, outcomes)
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    return Found(wall, cpu, values, [outcome.response.text for outcome in outcomes], outcomes)


def with_lm_polygraph(model: LocalModel, items: list[Item], tokens: int, samples: int, batch: int) -> Found:
    prompts = [model.talk.rendered(put(item)) for item in items]
    tokenizer = copy.deepcopy(model.tokenizer)
    found = polygraph(model.model, tokenizer, model.name, prompts, tokens, samples, batch)
    values = {ours: np.array(found["scores"][theirs]) for ours, theirs in EIGHT.items()}
    texts = [text.strip() for text in found["replies"]]
    return Found(found["seconds"]["wall"], found["seconds"]["cpu"], values, texts)


def same_run(outcomes: list[Outcome]) -> dict[str, NDArray[Any]]:
    """Their formulas on our log-probabilities, entropies and samples."""
    responses = [outcome.response for outcome in outcomes]
    rows = [r.sample_logprobs or () for r in responses]
    stats = {
        "greedy_log_likelihoods": [r.logprobs for r in responses],
        "entropy": [r.entropies for r in responses],
        "sample_log_probs": [[sum(row) for row in item] for item in rows],
        "sample_tokens": rows,
        "sample_texts": [list(r.samples) for r in responses],
    }
    pairs = zip(EIGHT, polygraph_estimators(), strict=True)
    return {ours: -theirs(stats) for ours, theirs in pairs if ours != "p_true"}


def ranks_agree(one: NDArray[Any], other: NDArray[Any]) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(one, other).statistic)


def compare(ours: Found, theirs: Found) -> None:
    equal = np.array([a == b for a, b in zip(ours.texts, theirs.texts, strict=True)])
    print(f"\n{equal.sum()}/{len(equal)} greedy replies are equal; over those:")
    print(f"{'':24}{'same run':>26}{'own run':>26}")
    print(f"{'':24}{'max |diff|':>14}{'Spearman':>12}{'max |diff|':>14}{'Spearman':>12}")
    shared = same_run(ours.extra)
    for name in EIGHT:
        line = f"{name:24}"
        for other in (shared.get(name), theirs.values[name]):
            if other is None:
                line += f"{'–':>14}{'–':>12}"
                continue
            gap = np.abs(ours.values[name][equal] - other[equal]).max()
            line += f"{gap:14.2g}{ranks_agree(ours.values[name][equal], other[equal]):12.3f}"
        print(line)
    from nltk.stem.porter import PorterStemmer

    stem = PorterStemmer().stem
    stemmed = lexical.confidence(ours.extra, stem=lambda word: stem(word) if len(word) > 3 else word)
    theirs_N = shared["lexical_similarity"]
    print(f"{'  with their stemmer':24}{np.abs(stemmed - theirs_N)[equal].max():14.2g}", end="")
    print(f"{ranks_agree(stemmed[equal], theirs_N[equal]):12.3f}")
    for name, why in DIFFERS.items():
        print(f"  {name}: {why}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16, help="rows that lm-polygraph runs at once")
    parser.add_argument("--only", choices=["knowwhen", "lm-polygraph"])
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # Theirs warns of its own deprecations by the thousand.
    logging.disable(logging.WARNING)
    model = open_model(asked.model, device="cpu")
    assert isinstance(model, LocalModel)
    items = take([item for name in DEFAULT for item in load(name, seed=0)], asked.items, seed=0)[: asked.items]
    print(f"{len(items)} questions, {asked.samples} samples, {asked.tokens} tokens, ", end="")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    contestants = {
        "knowwhen": lambda some, seed: with_knowwhen(model, some, asked.tokens, asked.samples, seed),
        "lm-polygraph": lambda some, _: with_lm_polygraph(model, some, asked.tokens, asked.samples, asked.batch),
    }
    contestants = {name: run for name, run in contestants.items() if asked.only in (None, name)}
    for run in contestants.values():  # warm-up, not counted
        run(items[:2], 0)
    found: dict[str, list[Found]] = {name: [] for name in contestants}
    for number in range(asked.rounds):
        for name, run in contestants.items():
            torch.manual_seed(number)
            found[name].append(run(items, number))
            last = found[name][-1]
            print(f"round {number + 1} {name:13} {last.wall:8.1f} s wall {last.cpu:8.1f} s cpu", flush=True)
    if len(found) == 2:
        pairs = list(zip(found["lm-polygraph"], found["knowwhen"], strict=True))
        wall = statistics.median(theirs.wall / ours.wall for theirs, ours in pairs)
        cpu = statistics.median(theirs.cpu / ours.cpu for theirs, ours in pairs)
        print(f"knowwhen is {wall:.2f}× as fast (wall), {cpu:.2f}× (cpu)")
        compare(found["knowwhen"][-1], found["lm-polygraph"][-1])


if __name__ == "__main__":
    main()
