"""`knowwhen train`: move a model's weights under an objective; an adapter folder that `audit` takes comes out."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from knowwhen.errors import MissingExtraError, RequestError

SPREAD = ("grpo", "dpo", "sft")
"""Trainers that may run in several processes, as accelerate starts them."""


def train(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="What to train: as for audit; the adapter of BASE+ADAPTER is trained on."),
    ],
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="The rows to train on, from `prepare` (JSONL).")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The adapter folder to write.")],
    trainer: Annotated[
        str, typer.Option("--trainer", metavar="NAME", help="exact, grpo, dpo, sft or soft_thoughts.")
    ] = "exact",
    objective: Annotated[
        str | None,
        typer.Option(
            "--objective",
            metavar="NAME",
            help="What is rewarded, such as 'confidence_target(t=0.75)'; for exact and grpo.",
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", min=1, help="Updates.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", metavar="N", min=1, help="Questions an update.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", metavar="X", help="Of AdamW, at its highest.")
    ] = None,
    rank: Annotated[int | None, typer.Option("--rank", metavar="N", min=1, help="Of the low-rank adapter.")] = None,
    kl: Annotated[
        float | None,
        typer.Option("--kl", metavar="X", help="Weight of the KL divergence from the start, in reward a nat."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the adapter, the order and the sampling.")] = 0,
    save_every: Annotated[
        int | None, typer.Option("--save-every", metavar="N", min=1, help="Updates between checkpoints.")
    ] = None,
    report_to: Annotated[
        list[str] | None,
        typer.Option("--report-to", metavar="NAME", help="As in transformers: tensorboard, wandb … Repeat for more."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="A setting of one trainer alone. Repeat for more."),
    ] = None,
) -> None:
    """Train MODEL on the rows of a file, and write an adapter that `knowwhen audit MODEL+DIR` measures.

    The run can be stopped at any moment: the same command goes on from its last checkpoint. grpo, dpo and sft run in
    several processes under `accelerate launch -m knowwhen train …`.
    """
    from importlib.util import find_spec

    from knowwhen import registry, store
    from knowwhen.models._weights import parts
    from knowwhen.records import digest
    from knowwhen.training import rows as rows_
    from knowwhen.training._adapter import weights
    from knowwhen.training._plan import Plan, Step, finished, measuring, told

    chosen = registry.load("trainers", trainer) if find_spec("torch") and find_spec("trl") else None
    if chosen is None:
        raise MissingExtraError("Training", "train")
    rewarded = trainer in ("exact", "grpo")
    if rewarded and objective is None:
        raise RequestError(f"The trainer '{trainer}' follows an objective; name one with --objective.")
    if objective is not None and not rewarded:
        raise RequestError(f"The trainer '{trainer}' follows its rows alone; leave out --objective.")
    place, processes = (int(os.environ.get(name, default)) for name, default in (("RANK", "0"), ("WORLD_SIZE", "1")))
    if processes > 1 and trainer not in SPREAD:
        raise RequestError(
            f"The trainer '{trainer}' runs in one process, not in {processes}: leave out accelerate launch."
        )
    found = rows_.read(data, chosen.READS)
    given = {
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "rank": rank,
        "kl": kl,
        "save_every": save_every,
    }
    fields = {name: value for name, value in chosen.DEFAULTS.items() if name in Plan.__dataclass_fields__}
    plan = Plan(
        model=model,
        trainer=trainer,
        out=out,
        objective=objective or "",
        data=str(data),
        data_sha256=digest(data.read_text(encoding="utf-8")),
        weights=weights(model),
        seed=seed,
        report_to=tuple(report_to or ()),
        options=dict(_setting(text) for text in option or ()),
        **(fields | {name: value for name, value in given.items() if value is not None}),
    )

    def tell(step: Step) -> None:
        print(told(step), file=sys.stderr, flush=True)

    if finished(plan):
        print(f"{out} holds the end of this very run; nothing is left to do.", file=sys.stderr)
        return
    try:
        with nullcontext() if place else store.locked(out):  # of several processes the first holds it for all
            folder = chosen.train(plan, found, tell)
    except KeyboardInterrupt:
        print(f"stopped. The newest checkpoint lies in {out}; the same command goes on from there.", file=sys.stderr)
        raise typer.Exit(130) from None
    if not place:
        print(f"{folder}\nMeasure it: {measuring(parts(model)[0], folder)}")


def _setting(text: str) -> tuple[str, object]:
    """KEY=VALUE, the value a Python literal or else a word."""
    import ast

    key, sign, value = text.partition("=")
    if not sign or not key:
        raise RequestError(f"Cannot read --option '{text}': expected KEY=VALUE, such as generations=8.")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value
