"""A lab's work as a list of stages, each done once; what a kill leaves undone, the next call does.

    seed-0/closed.jsonl  seed-0/start.jsonl  seed-0/refusal_tuning.jsonl    what is trained on
    seed-0/start/  seed-0/binary/  …                                adapters
    audits/base/  audits/seed-0-start/  audits/seed-0-binary/  …    runs, as `audit` makes them
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from knowwhen import objectives, readings, registry, run, store
from knowwhen.errors import RunError
from knowwhen.grading import grade
from knowwhen.lab.design import ABOUT, DOSED, START, Design, audited, imitates, slug, trained, validated
from knowwhen.models import open_model
from knowwhen.models._folder import digests
from knowwhen.models._weights import parts
from knowwhen.records import digest
from knowwhen.training import dose
from knowwhen.training import rows as rows_
from knowwhen.training._adapter import weights
from knowwhen.training._plan import RECORD, Plan, Step, finished, told
from knowwhen.types import Condition, Generation, Item

Say = Callable[[str], None]

LAB = "lab.json"
START_DATA = {"start": "seed"}
"""The start's file → its maker."""
REWARDED = {"closed": "closed"}
"""The file of all objectives that follow a reward → its maker."""
CLOSED = {"samples": 2, "keep": 3}
"""Replies drawn and kept for each closed answer set: fewer than by default, for a lab is many trainings."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One piece of work."""

    kind: str
    """examples, data, start, train, dose or audit; stages of a kind take about as long."""
    name: str
    done: Callable[[], bool]
    work: Callable[[Say], None]


def stages(design: Design, folder: Path) -> list[Stage]:
    """All the work, in order."""
    asked = audited(design)
    found = [_audit(design, folder, "base", design.model, asked)]
    data = {slug(spec): spec for spec in design.objectives if imitates(spec)}
    if len(data) < len(design.objectives):
        data |= REWARDED
    if design.withheld is not None:
        validated(design, design.seeds[0])  # which says at once if there is nothing to set a dose by
    for seed in design.seeds:
        home = folder / f"seed-{seed}"
        first = _data(design, home, seed, design.model, START_DATA)
        then = _data(design, home, seed, f"{design.model}+{home / START}", data)
        found.append(Stage("examples", f"examples for the start, seed {seed}", *first))
        for spec in (START, *design.objectives):
            model = f"{design.model}+{home / slug(spec)}"
            found.append(_train(design, home, seed, spec))
            if design.whole:
                found.append(_audit(design, folder, f"seed-{seed}-{slug(spec)}", model, asked))
            if spec == START:
                found.append(Stage("data", f"data, seed {seed}", *then))
            if design.withheld is not None:
                found.append(_dose(design, home, seed, spec, design.withheld))
                name = slug(spec + DOSED)
                found.append(_audit(design, folder, f"seed-{seed}-{name}", f"{design.model}+{home / name}", asked))
    return found


def work(design: Design, folder: Path, say: Say) -> None:
    """Do what is not done, and say before each stage how long is left.

    Raises:
        RunError: the folder is in use, holds another lab, or cannot be written.
    """
    with store.locked(folder):
        _claim(design, folder)
        _work(design, folder, say)


def _work(design: Design, folder: Path, say: Say) -> None:
    listed = stages(design, folder)
    undone = [place for place, stage in enumerate(listed) if not stage.done()]
    times: dict[str, list[float]] = _times(folder)
    if undone and len(undone) < len(listed):
        say(f"going on: {len(listed) - len(undone)} of {len(listed)} stages are done.")
    for place, stage in enumerate(listed):
        if not undone or (place not in undone and (place < undone[0] or stage.done())):
            continue  # what was done is asked again once something before it was done anew: it may stand on that
        left = [stage, *(listed[later] for later in undone if later > place)]
        begun = time.monotonic()
        say(f"[{place + 1}/{len(listed)}] {stage.name}; {remaining(left, times)}")
        stage.work(say)
        times.setdefault(stage.kind, []).append(time.monotonic() - begun)
        store.save(folder, "times.json", json.dumps(times))


def remaining(left: Sequence[Stage], times: dict[str, list[float]]) -> str:
    """How long is left, by the mean of what stages of each kind took; a kind not timed yet is taken for the others.

    >>> remaining([], {"audit": [60.0]})
    'nothing is left'
    """
    if not left:
        return "nothing is left"
    known = [seconds for taken in times.values() for seconds in taken]
    if not known:
        return "how long is left shows after the first stage"
    overall = sum(known) / len(known)
    mean = {kind: sum(taken) / len(taken) for kind, taken in times.items() if taken}
    minutes = sum(mean.get(stage.kind, overall) for stage in left) / 60
    about = "under a minute" if minutes < 1 else f"about {minutes:.0f} min"
    unsure = "" if all(stage.kind in mean for stage in left) else ", by a guess"
    return f"{about} left{unsure}"


def _claim(design: Design, folder: Path) -> None:
    path = folder / LAB
    record = {"fingerprint": design.fingerprint, "design": asdict(design)}
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.get("fingerprint") != design.fingerprint:
            raise RunError(f"{folder} holds another lab (see {path.name}). Name another folder with --out.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be written: {error.strerror or error}.") from error
    store.save(folder, LAB, json.dumps(record, indent=1) + "\n")


def _times(folder: Path) -> dict[str, list[float]]:
    try:
        found: dict[str, list[float]] = json.loads((folder / "times.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet; and what is left is a guess anyway
        return {}
    return found


def _data(
    design: Design, home: Path, seed: int, spec: str, files: Mapping[str, str]
) -> tuple[Callable[[], bool], Callable[[Say], None]]:
    """Whether one seed's training data is there, and what makes it.

    Args:
        spec: the model whose replies it is made of. Closed sets are made by the start, where training goes on from.
        files: name → maker, with its settings.
    """

    def done() -> bool:
        return all((home / f"{name}.jsonl").exists() for name in files)

    def work(say: Say) -> None:
        items = trained(design, seed)
        if START in files:
            items = [item for kind in design.trained_on for item in _first(items, kind, design.start_items)]
        model = open_model(spec)
        for name, maker in files.items():
            path = home / f"{name}.jsonl"
            if not path.exists():
                stem, given = registry.parse(maker)
                given = {"max_tokens": design.max_tokens, **(CLOSED if stem == "closed" else {}), **given}
                rows_.write(path, registry.load("makers", stem).make(model, items, seed=seed, say=say, **given))

    return done, work


def _first(items: Sequence[Item], kind: str, count: int) -> list[Item]:
    return [item for item in items if item.tags["scenario"] == kind][:count]


def _rows_file(home: Path, spec: str) -> Path:
    return home / f"{slug(spec) if spec == START or imitates(spec) else 'closed'}.jsonl"


def plan_of(design: Design, home: Path, seed: int, spec: str) -> Plan:
    """The plan of one training run, once its data is there. Every objective goes on from the seed's start."""
    copies, file = spec == START or imitates(spec), _rows_file(home, spec)
    model = design.model if spec == START else f"{design.model}+{home / START}"
    return Plan(
        model=model,
        trainer="sft" if copies else design.trainer,
        out=home / slug(spec),
        objective="" if copies else spec,
        data=str(file),
        data_sha256=digest(file.read_text(encoding="utf-8")),
        weights=weights(model),
        steps=design.start_steps if spec == START else design.steps,
        batch=design.batch,
        learning_rate=design.learning_rate,
        rank=design.rank,
        kl=0.0 if copies else design.kl,
        seed=seed,
    )


def rows_for(plan: Plan) -> list[rows_.Row]:
    """The rows that a plan trains on, as its objective wants them."""
    trainer = registry.load("trainers", plan.trainer)
    found = rows_.read(Path(plan.data), trainer.READS)
    if not plan.objective:
        return found
    about = ABOUT.get(registry.parse(plan.objective)[0])
    found = [row for row in found if about is None or row["scenario"] in about]
    if trainer.READS == "closed" and objectives.load(plan.objective).proper:
        return [registry.load("makers", "closed").stated(row) for row in found]
    return found


def _train(design: Design, home: Path, seed: int, spec: str) -> Stage:
    def done() -> bool:
        begun = (spec == START or (home / START / RECORD).exists()) and _rows_file(home, spec).exists()
        return begun and (home / slug(spec) / RECORD).exists() and finished(plan_of(design, home, seed, spec))

    def work(say: Say) -> None:
        plan = plan_of(design, home, seed, spec)
        every = max(1, plan.steps // 3)

        def tell(step: Step) -> None:
            if step.note or step.step % every == 0:
                say("    " + told(step))

        registry.load("trainers", plan.trainer).train(plan, rows_for(plan), tell)

    return Stage("start" if spec == START else "train", f"train {spec}, seed {seed}", done, work)


def _dose(design: Design, home: Path, seed: int, spec: str, limit: float) -> Stage:
    adapter, out, good_file = home / slug(spec), home / slug(spec + DOSED), home / "right.jsonl"

    def work(say: Say) -> None:
        settings: dict[str, Any] = {"max_tokens": design.max_tokens, "seed": seed}
        if not good_file.exists():  # one file for all the doses of a seed
            asked = validated(design, seed)
            if not (found := dose.right(open_model(design.model), asked, **settings)):
                raise RunError(
                    f"{design.model} is right on none of {len(asked)} questions of the training side, so what an "
                    "adapter withholds of its right answers cannot be told. Leave --withheld out."
                )
            rows_.write(good_file, map(rows_.row_of, found))
        good = list(map(rows_.item_of, rows_.read(good_file, "prompts")))
        say(f"    {dose.by_limit(design.model, adapter, good, limit, out, **settings)}")

    return Stage("dose", f"dose of {spec}, seed {seed}", lambda: dose.current(adapter, out, limit), work)


def _audit(design: Design, folder: Path, name: str, model: str, items: Sequence[Item]) -> Stage:
    home = folder / "audits" / name

    adapter = parts(model)[1]

    def current() -> bool:
        """Whether what lies there was asked of the adapter as it is now."""
        if adapter is None:
            return True
        known = (Path(adapter) / RECORD).exists() and digests(Path(adapter))["weights_sha256"]
        return bool(known == store.load(home)[0].identity.get("adapter_weights_sha256"))

    def done() -> bool:
        return (home / "report.html").exists() and current()

    def work(say: Say) -> None:
        if (home / "manifest.json").exists() and not current():
            shutil.rmtree(home)
        opened = open_model(model)
        plain = Generation(max_tokens=design.max_tokens)
        manifest = run.request(
            opened,
            items,
            generation=readings.generation(opened.offers, plain),
            conditions=(Condition.FREE,),
            suites=tuple(f"{kind} (audit's side)" for kind in (*design.trained_on, *design.held_out)),
        )
        run.audit(opened, items, home, manifest, lambda asked, said: list(map(grade, asked, said)))
        figures = run.measure(home, controls=False)
        overall: dict[str, Any] = figures.get("overall") or {}
        say(f"    {_short(overall)}")

    return Stage("audit", f"audit {name}", done, work)


def _short(overall: dict[str, Any]) -> str:
    parts = [
        f"{label} {overall[name]['value']:.2f}"
        for name, label in (("d_prime", "d′"), ("criterion", "c"))
        if isinstance(overall.get(name), dict) and overall[name].get("value") is not None
    ]
    return ", ".join(parts) or "measured"
