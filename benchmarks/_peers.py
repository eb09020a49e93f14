"""What `peers.py` runs inside a peer's own environment: `PEERS/NAME/bin/python benchmarks/_peers.py NAME …`.

Reads the questions from WORK/questions.json and our replies from WORK/given.json, and writes WORK/NAME.json. Nothing of
knowwhen is imported; seconds are of the work alone, without imports.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SYSTEM = "Answer in one short sentence."
"""For every contestant; else each one's own default system message would make other replies."""
WHITE_BOX = ["sequence_probability", "min_probability", "monte_carlo_probability", "p_true"]
"""Those of uqlm that need neither weights from the hub nor lists of the likeliest tokens."""
EIGHT = {
    "sequence_likelihood": "MaximumSequenceProbability",
    "mean_likelihood": "Perplexity",
    "token_entropy": "MeanTokenEntropy",
    "p_true": "PTrue",
    "sample_likelihood": "MonteCarloSequenceEntropy",
    "mean_sample_likelihood": "MonteCarloNormalizedSequenceEntropy",
    "lexical_similarity": "LexicalSimilarity",
    "soft_clusters": "EigValLaplacian",
}
"""knowwhen's name → lm-polygraph's, of those that need no second model. Their uncertainty is our confidence with the
sign turned."""
BATCH = 16
"""Rows that lm-polygraph runs at once."""
VERDICT_TOKENS = 8
"""The port's judge is told to say one word."""


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What `work` gives, with its seconds of wall clock and of this process's processor time."""
    start, before = time.perf_counter(), time.process_time()
    found = work()
    return found, {"wall": time.perf_counter() - start, "cpu": time.process_time() - before}


def with_uqlm(asked: argparse.Namespace) -> dict[str, Any]:
    from langchain_openai import ChatOpenAI
    from uqlm import BlackBoxUQ, WhiteBoxUQ

    questions = [row["question"] for row in json.loads((asked.work / "questions.json").read_text())]
    given = json.loads((asked.work / "given.json").read_text())

    def scores(found: dict[str, Any], names: Sequence[str]) -> dict[str, list[float]]:
        same = BlackBoxUQ(scorers=["exact_match"])
        same = same.score(found["responses"], found["sampled_responses"], show_progress_bars=False).data
        table = {name: found[name] for name in names} | {"exact_match": same["exact_match"]}
        return {name: [float(value) for value in values] for name, values in table.items()}

    def own() -> tuple[list[str], dict[str, list[float]]]:
        llm = ChatOpenAI(
            model="loopback", base_url=asked.url, api_key="none", temperature=0, max_tokens=asked.tokens, timeout=1200
        )
        white = WhiteBoxUQ(llm=llm, system_prompt=SYSTEM, scorers=WHITE_BOX)
        found = asyncio.run(white.generate_and_score(questions, asked.samples, show_progress_bars=False)).data
        return found["responses"], scores(found, WHITE_BOX)

    def rows(logprobs: Sequence[float]) -> list[dict[str, Any]]:
        return [{"token": "", "logprob": logprob, "top_logprobs": []} for logprob in logprobs]

    def on_ours() -> dict[str, list[float]]:
        """The same formulas on our replies, samples and log-probabilities."""
        found = WhiteBoxUQ(scorers=WHITE_BOX[:3]).score(
            logprobs_results=[rows(row["logprobs"]) for row in given],
            responses=[row["reply"] for row in given],
            sampled_responses=[row["samples"] for row in given],
            sampled_logprobs_results=[list(map(rows, row["sample_logprobs"])) for row in given],
            show_progress_bars=False,
        )
        return scores(asyncio.run(found).data, WHITE_BOX[:3])

    (replies, found), seconds = timed(own)
    same, scoring = timed(on_ours)
    return {"replies": replies, "scores": found, "on ours": same, "seconds": seconds, "scoring": scoring}


def polygraph_estimators() -> list[Any]:
    from lm_polygraph import estimators

    settings = {"LexicalSimilarity": {"metric": "rougeL"}, "EigValLaplacian": {"similarity_score": "Jaccard_score"}}
    return [getattr(estimators, name)(**settings.get(name, {})) for name in EIGHT.values()]


def polygraph(
    model: Any, tokenizer: Any, name: str, prompts: Sequence[str], tokens: int, samples: int, batch: int
) -> dict[str, Any]:
    """The eight as lm-polygraph's documentation shows it: UEManager with the default calculators, but for what they do
    not need (attentions, hidden states of the greedy reply). Scores have their sign turned."""
    from lm_polygraph import UEManager, WhiteboxModel
    from lm_polygraph.defaults.register_default_stat_calculators import register_default_stat_calculators
    from lm_polygraph.stat_calculators import SamplingGenerationCalculator
    from lm_polygraph.utils.builder_enviroment_stat_calculator import BuilderEnvironmentStatCalculator
    from lm_polygraph.utils.dataset import Dataset
    from lm_polygraph.utils.generation_parameters import GenerationParameters

    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    peer = WhiteboxModel(model, tokenizer, name, generation_parameters=GenerationParameters(top_k=0))
    calculators = register_default_stat_calculators("Whitebox", output_attentions=False, output_hidden_states=False)
    chosen = polygraph_estimators()

    def work() -> Any:
        manager = UEManager(
            Dataset(list(prompts), [""] * len(prompts), batch_size=batch),
            peer,
            chosen,
            BuilderEnvironmentStatCalculator(peer),
            calculators,
            generation_metrics=[],
            ue_metrics=[],
            processors=[],
            ignore_exceptions=False,
            verbose=False,
            max_new_tokens=tokens,
        )
        for calculator in manager.stat_calculators:
            if isinstance(calculator, SamplingGenerationCalculator):
                calculator.samples_n = samples
        manager()
        return manager

    manager, seconds = timed(work)
    scores = {
        key: [-float(value) for value in manager.estimations[one.level, str(one)]]
        for key, one in zip(EIGHT.values(), chosen, strict=True)
    }
    return {"replies": list(manager.stats["greedy_texts"]), "scores": scores, "seconds": seconds}


def with_polygraph(asked: argparse.Namespace) -> dict[str, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(asked.model)
    model = AutoModelForCausalLM.from_pretrained(asked.model, dtype=torch.float32).eval()
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "system", "content": SYSTEM}, {"role": "user", "content": row["question"]}],
            tokenize=False,
            add_generation_prompt=True,
        )
        for row in json.loads((asked.work / "questions.json").read_text())
    ]
    return polygraph(model, tokenizer, str(asked.model), prompts, asked.tokens, asked.samples, BATCH)


def with_inspect(asked: argparse.Namespace) -> dict[str, Any]:
    os.environ |= {"LOOPBACK_BASE_URL": asked.url, "LOOPBACK_API_KEY": "none"}
    os.environ["INSPECT_EVALS_CACHE_DIR"] = str(asked.work / "cache")  # Read when the port is imported.
    from inspect_ai import Task, eval, score
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, get_model
    from inspect_ai.solver import generate
    from inspect_evals.abstention_bench.utils import abstention_bench_scorer

    questions = json.loads((asked.work / "questions.json").read_text())
    samples = [
        Sample(
            input=[ChatMessageSystem(content=SYSTEM), ChatMessageUser(content=row["question"])],
            target=str(row["decline"]),
            id=str(k),
            # As the port's own samples have them; its judge is shown the label and the answers.
            metadata={
                "dataset_name": row["scenario"],
                "abstention_label": row["decline"],
                "ref_answer": row["answers"] or "[]",
            },
        )
        for k, row in enumerate(questions)
    ]
    at_once = {"max_connections": len(samples), "timeout": 1200}
    judge = GenerateConfig(temperature=0, max_tokens=VERDICT_TOKENS, **at_once)
    scorer = abstention_bench_scorer(get_model("openai-api/loopback/judge", config=judge))
    task = Task(dataset=MemoryDataset(samples), solver=generate(), name="peers")

    def reply() -> Any:
        (log,) = eval(
            task,
            model="openai-api/loopback/model",
            score=False,
            temperature=0,
            max_tokens=asked.tokens,
            max_samples=len(samples),
            log_dir=str(asked.work / "logs"),
            display="none",
            **at_once,
        )
        if log.status != "success":
            raise SystemExit(f"Inspect: {log.status}: {log.error}")
        return log

    log, replying = timed(reply)
    scored, judging = timed(lambda: score(log, scorer, display="none"))
    by_id = {int(sample.id): sample for sample in scored.samples}
    ordered = [by_id[k] for k in range(len(samples))]
    verdicts = [next(iter(sample.scores.values())).value for sample in ordered]
    return {
        "replies": [sample.output.completion for sample in ordered],
        "verdicts": [each.casefold() if isinstance(each, str) else None for each in verdicts],
        "figures": {name: one.value for each in scored.results.scores for name, one in each.metrics.items()},
        "seconds": replying,
        "judging": judging,
        "loaded": loaded(asked),
    }


def loaded(asked: argparse.Namespace) -> dict[str, tuple[int, int, float]]:
    """What the port's own loader reads without a network: questions to decline and to answer, and seconds."""
    if asked.data is None:
        return {}
    from inspect_evals.abstention_bench.utils import load_abstention_bench_dataset

    # Where its loader looks before it downloads. FreshQA comes with the package.
    there = asked.work / "cache" / "abstention_bench" / "data" / "umwp" / "UMWP.jsonl"
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_bytes((asked.data / "umwp" / "StandardDataset.jsonl").read_bytes())
    found = {}
    for name in ("umwp", "freshqa"):
        start = time.perf_counter()
        samples = load_abstention_bench_dataset(name, use_fast_sampling=False, seed=42)
        labels = [bool(sample.metadata["abstention_label"]) for sample in samples]
        found[name] = (sum(labels), len(labels) - sum(labels), time.perf_counter() - start)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=["uqlm", "polygraph", "inspect"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # Theirs, of their own deprecations.
    found = {"uqlm": with_uqlm, "polygraph": with_polygraph, "inspect": with_inspect}[asked.peer](asked)
    (asked.work / f"{asked.peer}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
