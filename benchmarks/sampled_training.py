"""How fast is sampled training? knowwhen's GRPO beside TRL's GRPOTrainer with its own generation, in turn.

    OMP_WAIT_POLICY=PASSIVE python benchmarks/sampled_training.py                    # 3 rounds of 4 steps, about 10 min
    python benchmarks/sampled_training.py --rounds 1 --steps 2 --peers trl           # one look

Same model and fresh adapter (rank 8 on all linear layers), same questions in the same order, same reward
(`trl_reward`), same loss, optimiser and rate; 4 questions × 8 completions of at most 32 tokens a step at temperature 1,
on the processor in float32. Each contestant runs in a process of its own, in alternation; the first step is not
counted.

    knowwhen     the trainer `grpo` as `knowwhen train` runs it
    trl          TRL's GRPOTrainer with its own generation (transformers' generate) and its defaults, the whole batch at
                 once: activations are recomputed (gradient checkpointing)
    trl-fast     the same without recomputing
    trl-small    the same as trl-fast, one question's completions at a time: its least memory without recomputing

Printed: seconds a step of wall clock and of processor time (the second says more on a machine that does other things
beside), peak resident memory of the process, and the same less what the process held before its first step. The medians
over rounds; the ratios are against each of TRL's ways.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from knowwhen import suites
from knowwhen.training.rows import Row, row_of

PEERS = {"trl": (True, 32), "trl-fast": (False, 32), "trl-small": (False, 8)}
"""Name → whether activations are recomputed, rows of one pass (of 32)."""
QUESTIONS, COMPLETIONS, TOKENS = 4, 8, 32


def rows() -> list[Row]:
    return [row_of(item) for name in ("unknown", "false_premise") for item in suites.load(name, pairs=20)]


def peak() -> float:
    """Mebibytes; ru_maxrss is in KiB on Linux, in bytes on a Mac."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


class Clock:
    """When each step ended: wall, processor."""

    def __init__(self) -> None:
        self.at: list[tuple[float, float]] = [(time.perf_counter(), time.process_time())]
        self.before = peak()

    def tick(self, *_: Any) -> None:
        self.at.append((time.perf_counter(), time.process_time()))

    def told(self, replies: list[Row]) -> dict[str, Any]:
        wall, cpu = np.diff(np.array(self.at), axis=0)[1:].T
        words = [len(row["text"].split()) for row in replies]
        return {
            "wall": wall.tolist(), "cpu": cpu.tolist(), "peak": peak(), "more": peak() - self.before,
            "replies": len(replies), "words": float(np.mean(words)),
        }  # fmt: skip


def child(name: str, model: str, steps: int, out: Path) -> dict[str, Any]:
    """One contestant's steps; the first is left out."""
    import datasets
    from transformers import TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    from knowwhen.training import _adapter
    from knowwhen.training._plan import Plan, settings
    from knowwhen.training.rewards import trl_reward
    from knowwhen.training.trainers import grpo

    options = {"generations": COMPLETIONS, "max_completion_length": TOKENS}
    plan = Plan(
        model, "grpo", out, "ternary", steps=steps + 1, batch=QUESTIONS, learning_rate=1e-4, save_every=1000,
        options=options,
    )  # fmt: skip
    if name == "knowwhen":
        clock = Clock()
        grpo.train(plan, rows(), clock.tick)
        return clock.told([json.loads(line) for line in (out / grpo.COMPLETIONS).read_text().splitlines()])
    recomputed, at_once = PEERS[name]
    base = _adapter.open_base(plan)
    kept: list[Row] = []
    ours = grpo._settings(plan, base, settings(plan, grpo.DEFAULTS))
    changed = {
        "gradient_checkpointing": recomputed,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": QUESTIONS * COMPLETIONS // at_once,
        "steps_per_generation": None,
        "generation_batch_size": None,
    }
    names = ("max_steps", "learning_rate", "lr_scheduler_type", "weight_decay", "max_grad_norm", "seed", "use_cpu",
             "bf16", "num_generations", "max_completion_length", "temperature", "loss_type", "scale_rewards", "beta",
             "disable_dropout", "shuffle_dataset", "report_to", "disable_tqdm", "dataloader_pin_memory",
             "logging_steps", "warmup_steps", "output_dir")  # fmt: skip
    args = GRPOConfig(**{**{key: getattr(ours, key) for key in names}, **changed, "save_strategy": "no"})

    class Ticks(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.tick()

    trainer = GRPOTrainer(
        model=base.model,
        reward_funcs=trl_reward("ternary", keep=kept.extend, end_ids=[base.tokenizer.eos_token_id]),
        args=args,
        train_dataset=datasets.Dataset.from_list(grpo.ordered(rows(), plan)),
        processing_class=base.tokenizer,
        callbacks=[Ticks()],
    )
    clock = Clock()
    trainer.train()
    return clock.told(kept)


def run(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """A contestant in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--child", name, "--model", asked.model, "--steps", str(asked.steps),
                   "--out", folder]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4, help="counted steps of each contestant in a round")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        warnings.simplefilter("ignore")
        print(json.dumps(child(asked.child, asked.model, asked.steps, asked.out)))
        return
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ("knowwhen", *asked.peers)}
    for number in range(asked.rounds):
        for name, runs in found.items():
            runs.append(run(name, asked))
            got = runs[-1]
            print(
                f"round {number + 1} {name:10} {np.mean(got['wall']):6.2f} s a step, {np.mean(got['cpu']):6.2f} s of "
                f"processor, peak {got['peak']:5.0f} MiB (+{got['more']:.0f}), {got['words']:.1f} words a reply",
                flush=True,
            )
    ours = {key: statistics.median(middle(run, key) for run in found["knowwhen"]) for key in ("wall", "cpu", "peak")}
    print(f"\n{'':12}{'steps/s':>10}{'by cpu':>10}{'peak':>10}   knowwhen over each; the bar is ≥ 1.3 and ≤ 1")
    for name in asked.peers:
        theirs = {key: statistics.median(middle(run, key) for run in found[name]) for key in ours}
        print(
            f"{name:12}{theirs['wall'] / ours['wall']:9.2f}×{theirs['cpu'] / ours['cpu']:9.2f}×"
            f"{ours['peak'] / theirs['peak']:9.2f}×"
        )


def middle(run: dict[str, Any], key: str) -> float:
    return float(np.median(run[key]))


if __name__ == "__main__":
    main()
