"""`knowwhen dose`: write a share of an adapter, chosen or set by how many good answers it withholds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from knowwhen.cli.prepare import PAIRS, Data, Pairs, Suites, training_items
from knowwhen.errors import MissingExtraError, RequestError

LIMIT = 0.1
QUESTIONS = 120
MAX_TOKENS = 48
"""Of a reply, as for the makers of training data."""


def dose(
    model: Annotated[
        str, typer.Argument(metavar="BASE+ADAPTER", help="A model with the low-rank adapter to take a share of.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The adapter folder to write.")],
    withheld: Annotated[
        float | None,
        typer.Option(
            "--withheld",
            metavar="SHARE",
            help=f"Take the largest share that withholds no more than this of the base's right answers; {LIMIT:g} if "
            "neither this nor --share is given.",
        ),
    ] = None,
    share: Annotated[
        float | None, typer.Option("--share", metavar="X", help="Take this share, above 0 and at most 1; ask nothing.")
    ] = None,
    suite: Suites = None,
    pairs: Pairs = PAIRS,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Ask at most N questions in all, scenarios evenly.")
    ] = QUESTIONS,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of the questions; other than that of `prepare`.")
    ] = 1,
    data: Data = None,
) -> None:
    """Take a share of an adapter: a point on the straight line between the base and what was trained.

    An adapter that declines too much is weakened until few of the base's right answers are withheld. That is told by
    questions of the training side that the adapter was not trained on, so that an audit of the other side still
    measures it.
    """
    from importlib.util import find_spec

    from knowwhen import store
    from knowwhen.models import open_model
    from knowwhen.models._weights import locate, parts
    from knowwhen.suites import take
    from knowwhen.training._plan import measuring

    if share is not None and withheld is not None:
        raise RequestError("Give --share or --withheld, not both: a share is chosen, or set by what it withholds.")
    if share is not None and not 0 < share <= 1:
        raise RequestError(f"--share {share:g}: expected a share above 0 and at most 1.")
    bar = LIMIT if withheld is None else withheld
    if not 0 <= bar < 1:
        raise RequestError(f"--withheld {bar:g}: expected a share of right answers, from 0 to below 1.")
    base, named = parts(model)
    if named is None:
        raise RequestError(f"'{model}' has no adapter on it. Give BASE+ADAPTER, such as smollm2+./tuned.")
    if any(find_spec(name) is None for name in ("torch", "transformers", "peft")):
        raise MissingExtraError("Taking a share of an adapter", "train")
    from knowwhen.training import dose as dose_

    adapter = locate(model).adapter
    assert adapter is not None
    dose_.check(adapter)
    if out.resolve() == adapter.resolve() or not dose_.ours(out):
        raise RequestError(f"--out {out} holds something else. Name an empty folder, or one that holds such a share.")
    with store.locked(out):
        if share is not None:
            taken = dose_.Dose(share)
            dose_.write(base, adapter, taken, out, named=named)
        else:
            seen = trained_on(adapter)
            drawn = training_items(suite, pairs=pairs, limit=None, seed=seed, data=data)
            items = take([i for i in drawn if i.answerable and i.answers and i.id not in seen], limit, seed)
            if not items:
                raise RequestError("No question with a known answer is left to ask; give more --pairs or other suites.")
            _say(f"{len(items)} questions of the training side with known answers are asked.")
            good = dose_.right(open_model(base), items, max_tokens=MAX_TOKENS, seed=seed)
            if not good:
                raise RequestError(
                    f"{base} is right on none of them, so what the adapter withholds of its right answers cannot be "
                    "told. Choose a share with --share."
                )
            taken = dose_.by_limit(base, adapter, good, bar, out, max_tokens=MAX_TOKENS, seed=seed, named=named)
    if not taken.share:
        _say("note: even an eighth of the adapter withholds more; what was written is the base.")
    print(f"{taken}.\n{out}\nMeasure it: {measuring(base, out)}")


def trained_on(adapter: Path) -> set[str]:
    """The ids of the questions that an adapter was trained on, and those that it was trained further from; a note on
    stderr says where that cannot be told."""
    from knowwhen.models._weights import parts
    from knowwhen.records import digest
    from knowwhen.training._plan import RECORD

    found: set[str] = set()
    been: set[Path] = set()
    place: Path | None = adapter
    while place is not None:
        try:
            if place.resolve() in been:
                raise ValueError("it was written over what it was trained further from")
            been.add(place.resolve())
            plan = json.loads((place / RECORD).read_text(encoding="utf-8"))["plan"]
            text = Path(plan["data"]).read_text(encoding="utf-8")
            if digest(text) != plan["data_sha256"]:
                raise ValueError("the file has changed since")
            found |= {str(json.loads(line)["id"]) for line in text.splitlines() if line.strip()}
            before = parts(plan["model"])[1]
            place = Path(before) if before else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RequestError):
            _say(f"note: what {place} was trained on cannot be told, so it may be asked some of the same questions.")
            break
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
