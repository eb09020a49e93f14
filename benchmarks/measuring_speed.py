"""How long the figures take: a signature, with all its intervals and slices, from a list of outcomes.

    python benchmarks/measuring_speed.py [--outcomes 100000] [--draws 1000] [--repeats 5]

The outcomes come from the simulated model: 7 scenarios, 15 domains, 2 complexities, both conditions, 2 % ungraded.
Making them is not timed. Printed are seconds of wall clock and of computing (one thread), the fastest and the median
of the repeats, and the truth beside what was measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # Before numpy: one core is what is measured.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from knowwhen.metrics import measure
from knowwhen.models.simulated import Simulated
from knowwhen.signature import signature
from knowwhen.types import DECLINED, Item, Message, Move, Outcome

CALLS = [frozenset({move}) for move in sorted(DECLINED)] + [frozenset({Move.ABSTAIN, Move.ASK})]


def outcomes(number: int) -> list[Outcome]:
    """Three replies a pair: one to the question to decline, two (free and forced) to its twin."""
    items = []
    for k in range(-(-number // 3)):
        tags = {
            "scenario": f"scenario {k % 7}",
            "domain": f"domain {k % 15}",
            "complexity": ("templated", "open-ended")[k // 7 % 2],
        }
        good, bad = Message("user", f"Capital of land {k}?"), Message("user", f"Who rules land {k} in 2190?")
        items.append(Item((good,), frozenset({Move.ANSWER}), ("Lima",), twin=f"bad {k}", tags=tags, id=f"good {k}"))
        items.append(Item((bad,), CALLS[k % len(CALLS)], twin=f"good {k}", tags=tags, id=f"bad {k}"))
    return Simulated(items, d_prime=1.5, criterion=0.3, ungraded=0.02).outcomes()[:number]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=int, default=100_000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    wanted = parser.parse_args()

    found = outcomes(wanted.outcomes)
    measure(found[:300])  # Imports are not measured.
    wall, computing = [], []
    for _ in range(wanted.repeats):
        began = time.perf_counter(), time.process_time()
        made = signature(found, model="simulated", draws=wanted.draws)
        wall.append(time.perf_counter() - began[0])
        computing.append(time.process_time() - began[1])

    slices = sum(map(len, made.slices.values()))
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}")
    print(f"{len(found):,} outcomes, {slices} slices and the whole, {wanted.draws:,} draws an interval")
    print(f"wall clock: fastest {min(wall):.2f} s, median {statistics.median(wall):.2f} s")
    print(f"computing:  fastest {min(computing):.2f} s, median {statistics.median(computing):.2f} s")
    for name, true in Simulated([o.item for o in found[:2]], d_prime=1.5, criterion=0.3).truth().items():
        if name in ("hit_rate", "false_alarm", "d_prime", "criterion"):
            estimate = made.overall[name]
            print(f"{name}: {estimate.value:.4f} [{estimate.low:.4f}, {estimate.high:.4f}], truth {true:.4f}")


if __name__ == "__main__":
    main()
