"""`knowwhen lab`: from one base train every objective, audit each, and map where they land."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from knowwhen.cli.audit import slug
from knowwhen.errors import MissingExtraError


def lab(
    model: Annotated[str, typer.Argument(metavar="[MODEL]", help="The base: as for audit.")] = "smollm2",
    objective: Annotated[
        list[str] | None,
        typer.Option(
            "--objective",
            metavar="NAME",
            help="An objective, or refusal_tuning, with settings as in refusal_tuning(declining=0.3). Repeat for more. "
            "Left out: binary, ternary, confidence_target(t=0.75), brier, refusal_tuning, safety(charge=0, comply=0), "
            "missing_premise.",
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", metavar="N", min=1, help="Trainings of each objective; left out: 3.")
    ] = None,
    first_seed: Annotated[
        int, typer.Option("--first-seed", metavar="N", min=0, help="The trainings have seeds from N on; left out: 0.")
    ] = 0,
    held_out: Annotated[
        list[str] | None,
        typer.Option(
            "--held-out",
            metavar="KIND",
            help="A kind of question that training never sees. Repeat for more. Left out: stale, subjective, "
            "unclear_intent.",
        ),
    ] = None,
    trainer: Annotated[
        str | None, typer.Option("--trainer", metavar="NAME", help="exact (closed answer sets) or grpo (sampled).")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", min=1, help="Updates of each training.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", metavar="N", min=1, help="Questions an update.")] = None,
    learning_rate: Annotated[float | None, typer.Option("--learning-rate", metavar="X", help="Of AdamW.")] = None,
    rank: Annotated[int | None, typer.Option("--rank", metavar="N", min=1, help="Of the low-rank adapters.")] = None,
    kl: Annotated[
        float | None,
        typer.Option("--kl", metavar="X", help="Weight of the KL divergence from the start, in reward a nat."),
    ] = None,
    held_out_items: Annotated[
        int | None,
        typer.Option("--held-out-items", metavar="N", min=2, help="Questions of each held-out kind in an audit."),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            "--draws",
            metavar="N",
            min=1,
            help="Draws of each held-out suite that these are taken from; left out: 1. More draws have more questions.",
        ),
    ] = None,
    trained_on_items: Annotated[
        int | None,
        typer.Option("--trained-on-items", metavar="N", min=2, help="Questions of each other kind in an audit."),
    ] = None,
    training_items: Annotated[
        int | None, typer.Option("--training-items", metavar="N", min=2, help="Questions of each kind to train on.")
    ] = None,
    withheld: Annotated[
        float | None,
        typer.Option(
            "--withheld",
            metavar="SHARE",
            help="Also audit of the start's and each objective's adapter the largest share that withholds no more than "
            "this of the right answers of the base, on questions of the kinds trained on that it was not trained on.",
        ),
    ] = None,
    shares_only: Annotated[
        bool, typer.Option("--shares-only", help="With --withheld: audit these shares, and not the whole adapters.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Left out: runs/lab-MODEL-HASH, the same for the same lab; more seeds and objectives join it.",
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print lab's results.json on stdout, and no table.")] = False,
) -> None:
    """Train every objective from one base, each for several seeds, and audit all on kinds of question that training
    never saw: where each one was predicted to land, and where it did.

    The work can be stopped at any moment: the same command goes on where it stopped.
    """
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("torch", "transformers", "trl")):
        raise MissingExtraError("The lab", "train")
    from knowwhen import store
    from knowwhen.lab.design import SEEDS, Design
    from knowwhen.lab.results import results
    from knowwhen.lab.stages import work
    from knowwhen.report import lab as page
    from knowwhen.report.lab_figure import lab_plot

    given: dict[str, Any] = {
        "objectives": tuple(objective) if objective else None,
        "seeds": tuple(range(first_seed, first_seed + (seeds or SEEDS))),
        "held_out": tuple(held_out) if held_out else None,
        "trainer": trainer,
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "rank": rank,
        "kl": kl,
        "held_out_items": held_out_items,
        "draws": draws,
        "trained_on_items": trained_on_items,
        "training_items": training_items,
        "withheld": withheld,
        "whole": not shares_only,
    }
    design = Design(model, **{name: value for name, value in given.items() if value is not None})
    folder = out or Path("runs") / f"lab-{slug(model)}-{design.fingerprint[:8]}"
    try:
        work(design, folder, _say)
    except KeyboardInterrupt:
        _say(f"stopped. What was done is kept in {folder}; the same command goes on from there.")
        raise typer.Exit(130) from None
    found, asked = plainly(results(design, folder)), plainly(asdict(design))
    store.save(folder, "results.json", json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    store.save(folder, "lab.html", page.render(found, asked))
    lab_plot(found, asked, folder / "lab.svg")
    if json_:
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return
    print(page.text(found, asked))
    print(f"\n{folder / 'lab.html'}")


def plainly(value: Any) -> Any:
    """Estimates and numbers as JSON objects; NaN as null."""
    from knowwhen.types import Estimate

    match value:
        case Estimate():
            return {field.name: plainly(getattr(value, field.name)) for field in fields(Estimate)}
        case dict():
            return {key: plainly(part) for key, part in value.items()}
        case list() | tuple():
            return [plainly(part) for part in value]
        case float():
            return float(f"{value:.10g}") if value - value == 0 else None
        case _:
            return value


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
