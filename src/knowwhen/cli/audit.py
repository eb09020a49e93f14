"""`knowwhen audit`: ask a model, grade what it replied, measure, report."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from knowwhen.conditions import STAKES
from knowwhen.errors import RequestError
from knowwhen.types import Generation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from knowwhen.records import Manifest
    from knowwhen.types import Model


def audit(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="smollm2, gemma3-270m, a transformers folder, a hub id, any of these +ADAPTER, openai:NAME@URL, "
            "or simulated(…).",
        ),
    ],
    suite: Annotated[
        list[str] | None,
        typer.Option(
            "--suite",
            metavar="NAME",
            help="What to ask: a suite's name, NAME(key=value), jsonl:FILE or csv:FILE. Repeat for more. "
            "Left out: every built-in suite.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=1, help="Ask at most N items in all: twins together, scenarios evenly."
        ),
    ] = None,
    side: Annotated[
        str | None,
        typer.Option(
            "--side",
            metavar="SIDE",
            help="Of a model that was trained on these suites: ask the side that `prepare` never takes (audit), or the "
            "other (training). Left out: both.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="The run folder. Left out: runs/MODEL-HASH, the same for the same request."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of the questions, of sampling and of the intervals.")
    ] = 0,
    system: Annotated[
        str | None, typer.Option("--system", metavar="TEXT", help="A system message before every question.")
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="EXPR",
            help="A bar to clear, such as 'false_alarm<0.05'. Repeat for more. A missed bar ends with exit code 1.",
        ),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print signature.json and the bars, and nothing else, on stdout.")
    ] = False,
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="MODEL", help="Let this model grade, in place of the rules.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="OURS=YOURS",
            help="For jsonl: and csv: suites: our field's name=your column's. Repeat for more.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Where the files of published sets lie, DIR/SET/FILE. Left out: KNOWWHEN_DATA; else they are fetched.",
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Ask at most 30 items of each suite: twins together, scenarios evenly.")
    ] = False,
    bundle: Annotated[
        str | None,
        typer.Option(
            "--bundle",
            metavar="NAME",
            help="A fixed list of suites with its own table: abstentionbench, over_refusal or missing_premise.",
        ),
    ] = None,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", metavar="N", min=1, help="New tokens after which a reply is cut off.")
    ] = Generation().max_tokens,
    replies_only: Annotated[
        bool,
        typer.Option("--replies-only", help="Ask for replies alone: what it leans to and knows is not read."),
    ] = False,
    estimator: Annotated[
        list[str] | None,
        typer.Option(
            "--estimator",
            metavar="NAME",
            help="Also ask for what this estimator of confidence needs (samples, second questions …). Repeat for more; "
            "'all' for all that the model has the means for.",
        ),
    ] = None,
    stakes: Annotated[
        bool,
        typer.Option("--stakes", help="Ask every question five more times, each stating what a wrong answer costs."),
    ] = False,
) -> None:
    """Ask MODEL questions of which half should not be answered, and report how well it knows which.

    The run can be stopped at any moment: the same command goes on where it stopped.
    """
    from knowwhen import readings, run, suites
    from knowwhen.cli import _bundle, _figures
    from knowwhen.cli._graders import open_grader
    from knowwhen.cli._progress import progress
    from knowwhen.models import open_model
    from knowwhen.suites import _bundles
    from knowwhen.training.split import of_side

    specs, fields = tuple(suite or (() if bundle else suites.DEFAULT)), _pairs(map_ or [])
    files = any(":" in spec for spec in specs)
    parts = _bundles.load(bundle, seed=seed, data=data, say=_say) if bundle else []
    for spec in specs:
        parts.append((spec, suites.load(spec, seed=seed, map=fields if ":" in spec or not files else None, data=data)))
    if side is not None:
        parts = [(spec, of_side(part, side)) for spec, part in parts]
    if fast:
        parts = [(spec, suites.take(part, suites.FAST, seed)) for spec, part in parts]
    specs, items = tuple(spec for spec, _ in parts), suites.together(parts)
    if limit is not None:
        items = suites.take(items, limit, seed)
    _figures.check(require or [], items)  # Before anything is asked: a typing error must not cost an audit.
    opened = open_model(model, items=items, say=_say)
    for note in getattr(opened, "notes", ()):
        _say(f"note: {note}")
    plain = Generation(max_tokens=max_tokens, seed=seed)
    if estimator:
        plain = _with_estimators(estimator, plain, opened)
    generation = plain if replies_only else readings.generation(opened.offers, plain)
    grader = open_grader("rules" if judge is None else f"judge(model={judge!r})", say=_say)
    manifest = run.request(
        opened,
        items,
        grader=grader.name,
        grader_identity=grader.identity,
        generation=generation,
        system=system,
        conditions=(*run.BOTH, *STAKES) if stakes else run.BOTH,
        suites=specs,
        options=_chosen(map_, limit, fast, side, estimator, replies_only=replies_only),
        seed=seed,
    )
    folder = out or _folder(model, manifest)
    try:
        with progress() as show:
            run.audit(opened, items, folder, manifest, grader.grade, batch=grader.batch, progress=show)
    except KeyboardInterrupt:
        _say(f"stopped. What was asked is kept in {folder}; the same command goes on from there.")
        raise typer.Exit(130) from None
    figures = run.measure(folder, bundle=bundle)
    if not json_:
        _bundle.show(folder)
    raise typer.Exit(_figures.end(figures, require or [], folder, as_json=json_))


def _with_estimators(names: Sequence[str], plain: Generation, model: Model) -> Generation:
    """The generation with what the estimators need; of "all" those that the model can serve, the others being named."""
    from knowwhen import estimators

    for name in names:
        if name != "all":
            estimators.needs([name])  # A typing error is named also where "all" stands beside it.
    if "all" in names:
        lacking = {name: estimators.needs([name]).needs - model.offers for name in estimators.names()}
        for name, needs in lacking.items():
            if needs:
                _say(f"note: no {name}: the model does not give {', '.join(sorted(needs))}.")
        names = [name for name, needs in lacking.items() if not needs]
    found = estimators.needs(names)
    return replace(plain, needs=plain.needs | found.needs, samples=found.samples, asides=found.asides)


def _chosen(
    maps: Sequence[str] | None,
    limit: int | None,
    fast: bool,
    side: str | None,
    estimators: Sequence[str] | None,
    *,
    replies_only: bool,
) -> list[str]:
    """The options that say which items are asked, and what beside replies, as one would type them again.

    Without --data, which is a place on a machine.
    """
    words = [word for text in maps or () for word in ("--map", text)]
    words += ["--fast"] if fast else []
    words += ["--limit", str(limit)] if limit is not None else []
    words += ["--side", side] if side is not None else []
    words += [word for name in estimators or () for word in ("--estimator", name)]
    return words + (["--replies-only"] if replies_only else [])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _pairs(maps: Sequence[str]) -> Mapping[str, str]:
    for text in maps:
        if not all(text.partition("=")):
            raise RequestError(f"Cannot read --map '{text}': expected OURS=YOURS, such as input=question.")
    return dict(text.split("=", 1) for text in maps)


def _folder(model: str, manifest: Manifest) -> Path:
    return Path("runs") / f"{slug(model)}-{manifest.fingerprint[:8]}"


def slug(model: str) -> str:
    """A model's name as a part of a folder's."""
    return re.sub(r"[^a-z0-9.]+", "-", model.lower()).strip("-.")[:48] or "model"
