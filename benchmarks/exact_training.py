"""What a step of exact training costs, and what it gains over sampling in equal processor time.

Both trainers start from the default model with a fresh adapter, see the same questions (built-in suites, training side)
under the ternary objective, and get the same processor time. What each gained is read in two ways, on questions that
neither saw: the expected reward on closed sets, which is what the exact trainer maximises, and the mean reward of free
replies drawn at temperature 1, which is what the sampled one does.

    python benchmarks/exact_training.py --seconds 240
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

OBJECTIVE = "ternary"


class TimeIsUpError(Exception):
    """The processor time is spent."""


def worth(model: str, rows: list) -> dict[str, float]:
    """The expected reward and the rates on closed sets, without training."""
    import torch

    from knowwhen.objectives import load
    from knowwhen.training import _adapter
    from knowwhen.training._plan import Plan
    from knowwhen.training.trainers import exact

    base = _adapter.open_base(Plan(model, "exact", Path("unused"), objective=OBJECTIVE))
    asked, _ = exact.questions(rows, load(OBJECTIVE), base)
    total = dict.fromkeys(("reward", "right", "wrong", "declined", "open"), 0.0)
    with torch.no_grad():
        for policies in exact._policies(base.inner, asked):
            for k, log_R in policies:
                reward, _, policy_R = exact.expected(log_R, asked[k].rewards)
                total["reward"] += reward.item() / len(asked)
                for chance, move in zip(policy_R.tolist(), asked[k].moves, strict=True):
                    total[move] += chance / len(asked)
    return total


def free(model: str, items: list, samples: int = 4) -> dict[str, float]:
    """The mean reward and the rates of drawn replies; what could not be graded is left out."""
    from knowwhen.models import open_model
    from knowwhen.objectives import Graded, load
    from knowwhen.training.makers._said import replies

    objective, rewards, moves = load(OBJECTIVE), [], []
    opened = open_model(model)
    for item, said in replies(opened, items, samples=samples, max_tokens=32, seed=0):
        for one in said[1:]:
            seen = Graded(one.verdict.move, one.right, item.calls_for)
            worth = objective.reward(seen)
            if worth is not None:
                rewards.append(worth)
                moves.append("declined" if seen.declined else "right" if seen.right else "wrong")
    rates = {name: moves.count(name) / len(moves) for name in ("right", "wrong", "declined")}
    return {"reward": sum(rewards) / len(rewards), **rates}


def child(trainer: str, folder: Path, seconds: float) -> None:
    """Train until the processor time is spent; the adapter as it then stands is saved."""
    from knowwhen import registry
    from knowwhen.training import _adapter, rows
    from knowwhen.training._plan import Plan

    plans = {
        "exact": {"batch": 8, "learning_rate": 3e-4},
        "grpo": {"batch": 4, "learning_rate": 3e-4, "options": {"generations": 8, "max_completion_length": 32}},
    }
    module = registry.load("trainers", trainer)
    kept = {}
    opened = _adapter.open_base

    def open_base(plan):
        kept["base"] = opened(plan)
        return kept["base"]

    _adapter.open_base = open_base  # the trainers call it through the module
    endless = {"steps": 10_000, "save_every": 10_000}
    plan = Plan("smollm2", trainer, folder / trainer, objective=OBJECTIVE, **endless, **plans[trainer])
    found = rows.read(folder / "train.jsonl", module.READS)
    clock: list[float] = []

    def tell(_):
        clock.append(time.process_time())
        if clock[-1] - clock[0] > seconds:
            raise TimeIsUpError

    with suppress(TimeIsUpError):
        module.train(plan, found, tell)
    _adapter.save(kept["base"], plan)
    steps = len(clock) - 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"steps": steps, "cpu_s_a_step": (clock[-1] - clock[0]) / steps, "peak_mib": peak}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=240.0, help="processor time of each trainer")
    parser.add_argument("--child", nargs=2, metavar=("TRAINER", "DIR"))
    given = parser.parse_args()
    if given.child:
        child(given.child[0], Path(given.child[1]), given.seconds)
        return

    from knowwhen import suites
    from knowwhen.models import open_model
    from knowwhen.training import rows, split
    from knowwhen.training.makers import closed

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        drawn = [item for kind in ("unknown", "false_premise") for item in suites.load(kind, pairs=150)]
        training, other = split.sides(drawn)
        model = open_model("smollm2")
        rows.write(folder / "train.jsonl", closed.make(model, suites.take(training, 80)))
        asked = suites.take(other, 60)
        held = list(closed.make(model, asked))
        del model
        before, said = worth("smollm2", held), free("smollm2", asked)
        print(f"before: closed sets {shown(before)}; free replies {shown(said)}", flush=True)
        for trainer in ("exact", "grpo"):
            command = [sys.executable, __file__, "--seconds", str(given.seconds), "--child", trainer, str(folder)]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            cost = json.loads(told.splitlines()[-1])
            trained = f"smollm2+{folder / trainer}"
            after, then = worth(trained, held), free(trained, asked)
            print(
                f"{trainer}: {cost['steps']} steps, {cost['cpu_s_a_step']:.1f} s of processor time a step, peak "
                f"{cost['peak_mib']:.0f} MiB\n"
                f"  closed sets {shown(after)}; gained {after['reward'] - before['reward']:+.3f}\n"
                f"  free replies {shown(then)}; gained {then['reward'] - said['reward']:+.3f}",
                flush=True,
            )


def shown(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in found.items() if name != "open")


if __name__ == "__main__":
    main()
