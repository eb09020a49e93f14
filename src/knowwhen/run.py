"""Ask, grade, store: items and a model in, outcomes out, resumable at any moment.

    items ──conditions.put──▶ model.respond ──▶ grade ──▶ store.Run.add      then  measure: signature.json, report.html

Replies are stored in the order in which they come and read in the order of the items, so no figure depends on which
reply came first. A reply that failed (Stop.ERROR) is asked again by the next audit of the same folder.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import knowwhen
from knowwhen import store
from knowwhen.conditions import put
from knowwhen.errors import ModelError, RequestError, RunError
from knowwhen.grading import Asked
from knowwhen.payoff import Payoff
from knowwhen.records import Key, Manifest, digest, items_text, versions
from knowwhen.types import Condition, Generation, Item, Message, Model, Move, Need, Outcome, Response, Stop, Verdict

T = TypeVar("T")

Grade = Callable[[Sequence[Asked], Sequence[Response]], Sequence[Verdict]]
"""What a grader is: one verdict a reply, in order."""

BOTH = (Condition.FREE, Condition.FORCED)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far an audit is, and the counts of its free replies so far."""

    total: int
    """Replies wanted, over all conditions."""
    done: int = 0
    resumed: int = 0
    """Of `done`, those that an earlier run had left."""
    ungraded: int = 0
    should_decline: int = 0
    hits: int = 0
    """Declined when it should."""
    should_answer: int = 0
    false_alarms: int = 0
    """Declined when it should have answered."""

    def plus(self, outcome: Outcome, *, resumed: bool = False) -> Tally:
        """The tally with one more outcome. UNGRADED counts as such and in no rate."""
        tally = replace(self, done=self.done + 1, resumed=self.resumed + resumed)
        if not outcome.graded:
            return replace(tally, ungraded=self.ungraded + 1)
        if outcome.condition is not Condition.FREE:
            return tally
        declined = int(outcome.declined)
        if outcome.item.answerable:
            return replace(tally, should_answer=self.should_answer + 1, false_alarms=self.false_alarms + declined)
        return replace(tally, should_decline=self.should_decline + 1, hits=self.hits + declined)


def request(
    model: Model,
    items: Sequence[Item],
    *,
    grader: str = "rules",
    grader_identity: Mapping[str, str] | None = None,
    generation: Generation = Generation(),  # noqa: B008  # frozen
    system: str | None = None,
    conditions: Sequence[Condition] = BOTH,
    suites: Sequence[str] = (),
    options: Sequence[str] = (),
    seed: int = 0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Manifest:
    """Everything that an audit asks, before it asks; `fingerprint` names it.

    Args:
        suites, options: how the items were come by, for the record.

    Raises:
        RequestError: there are no items, two share an id, or the model does not offer what `generation` needs.
    """
    ids = [item.id for item in items]
    if not ids:
        raise RequestError("There is nothing to ask: expected at least one item.")
    if len(set(ids)) < len(ids):
        twice = Counter(ids).most_common(1)[0][0]
        raise RequestError(f"Two items have the id '{twice}'; ids must be unique in a run. Is a suite named twice?")
    if lacking := generation.needs - model.offers:
        raise RequestError(
            f"The model '{model.name}' does not offer {', '.join(sorted(lacking))}; "
            f"it offers {', '.join(sorted(model.offers)) or 'replies alone'}."
        )
    return Manifest(
        knowwhen=knowwhen.__version__,
        created=now().isoformat(timespec="seconds"),
        model=model.name,
        identity=dict(model.identity),
        suites=tuple(suites),
        options=tuple(options),
        items=len(items),
        items_sha256=digest(items_text(items)),
        seed=seed,
        system=system,
        conditions=tuple(conditions),
        generation=generation,
        grader=grader,
        grader_identity={"knowwhen": knowwhen.__version__, **(grader_identity or {})},
        versions=versions(),
    )


def audit(
    model: Model,
    items: Sequence[Item],
    folder: Path,
    manifest: Manifest,
    grade: Grade,
    *,
    batch: int = 1,
    progress: Callable[[Tally], None] | None = None,
) -> list[Outcome]:
    """Ask what `folder` does not hold yet, grade and store it, and return all outcomes in the items' order.

    Args:
        manifest: from `request` with the same model and items.
        grade: what grades a reply. It sees no item's `calls_for`, and never a reply that failed.
        batch: so many replies are graded together. More than 1 pays for a judge; a kill loses up to `batch` − 1.
        progress: called once at the start and after every stored reply.

    Raises:
        RunError: the folder is in use, full, damaged, or holds another request's run.
        ModelError: the model could not be reached, or left a prompt without a reply.
    """
    by_id = {item.id: item for item in items}
    keys, tell = wanted(items, manifest.conditions), progress or (lambda _: None)
    with store.opened(folder, manifest, items) as run:
        tally = Tally(total=len(keys))
        missing = []
        for key in keys:
            found = run.outcomes.get(key)
            if found is None or found.response.stop is Stop.ERROR:
                missing.append(key)
            else:
                tally = tally.plus(found, resumed=True)
        tell(tally)
        prompts = [put(by_id[name], condition, manifest.system) for name, condition in missing]
        plain = frozenset(k for k, (_, condition) in enumerate(missing) if condition is not Condition.FREE)
        generation = manifest.generation
        if Need.HIDDEN in generation.needs:
            generation = replace(generation, hidden_folder=str(folder / "hidden"))
        for replies in _batches(_replies(model, prompts, generation, plain), batch):
            asked = [(by_id[missing[i][0]], missing[i][1], response) for i, response in replies]
            for outcome in _graded(grade, asked):
                run.add(outcome)
                tally = tally.plus(outcome)
                tell(tally)
        return store.in_order(items, manifest.conditions, run.outcomes)


def regrade(
    folder: Path, grade: Grade, grader: str, grader_identity: Mapping[str, str] | None = None, *, batch: int = 64
) -> list[Outcome]:
    """Grade every stored reply anew and store the verdicts; no model is asked for a reply.

    Args:
        grader, grader_identity: what the manifest says of the grader, as in `request`.

    Raises:
        RunError: the folder is in use, damaged, or no run.
    """
    with store.locked(folder):
        manifest, _, before = store.load(folder)
        asked = ((o.item, o.condition, o.response) for o in before)
        after = [outcome for part in _batches(asked, batch) for outcome in _graded(grade, part)]
        identity = {"knowwhen": knowwhen.__version__, **(grader_identity or {})}
        changed = {"grader": grader, "grader_identity": identity}
        store.rewrite(folder, manifest.model_copy(update=changed), after)
        return after


def measure(
    folder: Path,
    *,
    payoff: Payoff = Payoff(),  # noqa: B008  # frozen
    draws: int = 1000,
    controls: bool = True,
    bundle: str | None = None,
) -> dict[str, Any]:
    """Write signature.json and report.html from what the folder holds, and return the signature as JSON objects.

    Where more than replies was asked for, readings.json is written too; where a bundle was, bundle.json.

    Args:
        draws: bootstrap draws behind each interval; drawn from the manifest's seed.
        controls: as in `readings.read`.
        bundle: the bundle that was asked; left out, the one whose table the folder holds already, if any.

    Raises:
        RunError: the folder is in use, damaged, or no run; or nothing has been asked yet.
    """
    from knowwhen import confidence, readings
    from knowwhen.metrics import grader_error
    from knowwhen.report import render
    from knowwhen.signature import signature
    from knowwhen.suites import _bundles

    with store.locked(folder):
        manifest, _, outcomes = store.load(folder)
        if not outcomes:
            raise RunError(f"{folder} holds no replies yet. Run the audit again: it goes on from where it stopped.")
        bundle = bundle or (_bundles.read(folder) or {}).get("bundle")
        read = None
        if readings.asked(manifest.generation):
            read = readings.read(outcomes, folder / "hidden", draws=draws, seed=manifest.seed, controls=controls)
            items = {name: scores for name, scores in read.items.items() if scores}
            store.save(folder, "readings.json", json.dumps(_rounded({"items": items}), indent=0) + "\n")
        sure = confidence.confidence(outcomes, manifest.generation, folder / "hidden", draws=draws, seed=manifest.seed)
        found = signature(
            outcomes,
            model=manifest.model,
            payoff=payoff,
            draws=draws,
            seed=manifest.seed,
            readings=read,
            confidence=sure,
            # What was measured of the rules says nothing of a judge.
            error=grader_error.measured() if manifest.grader == "rules" else None,
        )
        figures: dict[str, Any] = _rounded(found.to_json())
        text = json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        store.save(folder, "signature.json", text)
        table = None
        if bundle:
            rows = _bundles.rows(_bundles.own(bundle, outcomes), draws=draws, seed=manifest.seed)
            table = _bundles.to_json(bundle, rows, manifest.suites)
            store.save(folder, "bundle.json", json.dumps(table, indent=1, ensure_ascii=False) + "\n")
        store.save(folder, "report.html", render(figures, outcomes, manifest.model_dump(mode="json"), table))
        return figures


def _rounded(value: Any) -> Any:
    """Floats to ten significant digits: what is beyond differs from one processor to the next, and is no result."""
    match value:
        case float():
            return float(f"{value:.10g}")
        case dict():
            return {key: _rounded(part) for key, part in value.items()}
        case list() | tuple():
            return [_rounded(part) for part in value]
        case _:
            return value


def wanted(items: Iterable[Item], conditions: Iterable[Condition]) -> list[Key]:
    """What an audit asks: every item under every condition, but only those with known answers with declining ruled out.

    An item's conditions are adjacent, so that an engine reads their common beginning once.
    """
    conditions = tuple(conditions)
    return [(i.id, c) for i in items for c in conditions if c is not Condition.FORCED or (i.answerable and i.answers)]


def _graded(grade: Grade, asked: Sequence[tuple[Item, Condition, Response]]) -> list[Outcome]:
    """The outcomes, in order. A reply that failed is UNGRADED by its own cause: no grader is asked about it."""
    said = [(item, condition, response) for item, condition, response in asked if response.stop is not Stop.ERROR]
    verdicts: Iterator[Verdict] = iter(())
    if said:
        questions = [Asked(_put(item, condition), item.answers, item.choices) for item, condition, _ in said]
        found = grade(questions, [response for _, _, response in said])
        verdicts = iter([verdict for verdict, _ in zip(found, said, strict=True)])
    return [
        _outcome(item, condition, response, next(verdicts))
        if response.stop is not Stop.ERROR
        else Outcome(item, response, None, None, response.cause or "error without a cause", condition)
        for item, condition, response in asked
    ]


def _put(item: Item, condition: Condition) -> str:
    """The question as a grader sees it: as it was put, but for a stated payoff, which speaks of declining itself."""
    return item.question if condition.stake is not None else put(item, condition)[-1].content


def _outcome(item: Item, condition: Condition, response: Response, verdict: Verdict) -> Outcome:
    correct: bool | None = None
    if verdict.move is Move.ANSWER:
        # An answer to what should be declined is wrong by that alone; where no answer is known, none can be told right.
        correct = (verdict.correct if item.answers else None) if item.answerable else False
    return Outcome(item, response, verdict.move, correct, verdict.why, condition)


def _replies(
    model: Model, prompts: Sequence[Sequence[Message]], generation: Generation, plain: frozenset[int]
) -> Iterator[tuple[int, Response]]:
    """The model's replies as they come; holds it to its promise of exactly one for each prompt."""
    left = set(range(len(prompts)))
    if not left:
        return
    replies = model.respond(prompts, generation, plain)
    try:
        for index, response in replies:
            if index not in left:
                raise ModelError(f"The model '{model.name}' replied to prompt {index}, which was not open.")
            left.remove(index)
            yield index, response
    finally:
        if isinstance(replies, Generator):
            replies.close()
    if left:
        raise ModelError(
            f"The model '{model.name}' ended without a reply to {len(left)} of {len(prompts)} prompts. The other "
            "replies are kept; run the same command again to ask for the rest."
        )


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` things, the last one shorter, each as soon as it is full."""
    part: list[T] = []
    for thing in things:
        part.append(thing)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part
