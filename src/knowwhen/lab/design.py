"""What a lab asks: the base, the objectives, the seeds, and which kinds of question are kept from training."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from knowwhen import objectives, registry, suites
from knowwhen.errors import RequestError
from knowwhen.objectives import Graded
from knowwhen.records import digest
from knowwhen.training import makers, split
from knowwhen.training._plan import Plan
from knowwhen.types import Item, Move

OBJECTIVES = (
    "binary",
    "ternary",
    "confidence_target(t=0.75)",
    "brier",
    "refusal_tuning",
    "safety(charge=0, comply=0)",
    "missing_premise",
)
"""What a lab trains unless told otherwise. The safety reward is the one-sided one: restraint alone is paid. The
last one is told which questions can be answered, and charges for declining those."""

TUNINGS = ("refusal_tuning",)
"""Makers whose examples are imitated; the others follow a reward. They may carry settings, such as
``refusal_tuning(declining=0.3)``."""

TRAINERS = ("exact", "grpo")
"""Those that follow a reward."""

ABOUT = {"safety": ("unsafe",)}
"""Objectives that are about some kinds of question alone."""

START = "start"
"""The short training by examples that every objective goes on from."""

SEEDS = 3
"""Trainings of each objective unless told otherwise."""

DOSED = ", dosed"
"""Behind a name: the share of its adapter that withholds few good answers."""

VALIDATED = 24
"""At most so many questions of each kind trained on, none of them trained on by that seed, set a dose."""

_MOST = 400
"""Pairs drawn of a suite before they are put on their sides."""


@dataclass(frozen=True, slots=True)
class Design:
    """A lab. Designs with equal fingerprints share a folder."""

    model: str
    objectives: tuple[str, ...] = OBJECTIVES
    seeds: tuple[int, ...] = tuple(range(SEEDS))
    held_out: tuple[str, ...] = ("stale", "subjective", "unclear_intent")
    """Kinds of question that training never sees."""
    trainer: str = "exact"
    held_out_items: int = 40
    """Questions of each kind kept from training that an audit asks, if there are so many."""
    draws: int = 1
    """Draws of each such suite that they are taken from: further ones have further questions of the same templates."""
    trained_on_items: int = 16
    """Questions of each other kind that an audit asks: enough to see how far what is learned carries."""
    training_items: int = 40
    """Questions of each other kind that training is given, for each seed."""
    start_items: int = 12
    """Of these, the questions of each kind that the seed of declining is trained on."""
    start_steps: int = 20
    steps: int = 14
    batch: int = 8
    learning_rate: float = 3e-4
    rank: int = 8
    kl: float = 0.0
    """Weight of the KL divergence from the start, in reward a nat; not of what imitates."""
    max_tokens: int = 40
    """Of each reply in the audits."""
    withheld: float | None = None
    """If given, of the start's and each objective's adapter the largest share that withholds no more than this of the
    base's right answers on the training side is audited too (`training.dose`)."""
    whole: bool = True
    """Whether whole adapters are audited; else only the shares of them."""

    def __post_init__(self) -> None:
        for spec in self.objectives:
            if imitates(spec):
                makers.check(*registry.parse(spec))
            else:
                objectives.load(spec)
        if unknown := [kind for kind in self.held_out if kind not in suites.DEFAULT]:
            raise RequestError(f"No kind of question is called '{unknown[0]}'. Known: {', '.join(suites.DEFAULT)}.")
        if not self.held_out or len(self.trained_on) < 2:
            raise RequestError(
                f"held_out={', '.join(self.held_out) or 'nothing'}: expected at least one kind of question kept from "
                f"training, and at least two to train on, of {', '.join(suites.DEFAULT)}."
            )
        if not self.objectives or not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise RequestError(f"objectives={self.objectives}, seeds={self.seeds}: expected one or more of each, once.")
        if len(set(map(slug, self.objectives))) < len(self.objectives):
            raise RequestError(f"An objective is named twice: {', '.join(self.objectives)}.")
        if self.trainer not in TRAINERS:
            by = " or ".join(TRAINERS)
            raise RequestError(f"The lab trains by {by}, which follow a reward, not by '{self.trainer}'.")
        sizes = {name: getattr(self, name) for name in ("steps", "batch", "learning_rate", "rank", "kl")}
        Plan("", self.trainer, Path(), **sizes)  # which refuses what no training can have
        for spec in self.objectives:
            if not imitates(spec) and (why := _unheard(spec)):
                raise RequestError(f"The lab cannot train {spec}: {why}.")
        for spec in self.objectives:
            about = ABOUT.get(registry.parse(spec)[0])
            if about and not set(about) & set(self.trained_on):
                raise RequestError(
                    f"The lab cannot train {spec}: it is about {' and '.join(about)} questions alone, and held_out="
                    f"{', '.join(self.held_out)} keeps all of them from training. Hold out other kinds (--held-out), "
                    "or name the other objectives with --objective."
                )
        unheard = [s for s in self.objectives if not imitates(s) and objectives.load(s).proper]
        if self.trainer != "exact" and unheard:
            raise RequestError(
                f"Under {unheard[0]} a reply must say how sure it is, and only closed answer sets make it do so. Train "
                "it with --trainer exact, or name the other objectives with --objective."
            )
        if self.withheld is not None and not 0 <= self.withheld < 1:
            raise RequestError(f"withheld={self.withheld:g}: expected a share of right answers, from 0 to below 1.")
        if self.draws < 1:
            raise RequestError(f"draws={self.draws}: expected a whole number of at least 1.")
        if self.withheld is None and not self.whole:
            raise RequestError("Without whole adapters and without shares of them (--withheld) nothing is audited.")
        if min(self.held_out_items, self.trained_on_items, self.training_items, self.start_items) < 2:
            raise RequestError("A lab needs at least one pair (two questions) of each kind, for training and audit.")

    @property
    def trained_on(self) -> tuple[str, ...]:
        """The kinds of question that training sees."""
        return tuple(kind for kind in suites.DEFAULT if kind not in self.held_out)

    @property
    def rows(self) -> tuple[str, ...]:
        """What is audited beside the base: the start and every objective, and a share of each if one is asked for."""
        kinds = ("",) * self.whole + (DOSED,) * (self.withheld is not None)
        return tuple(spec + kind for spec in (START, *self.objectives) for kind in kinds)

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that must be the same in one folder: further seeds, objectives and doses may join it."""
        joins = ("objectives", "seeds", "withheld", "whole", *(("draws",) if self.draws == 1 else ()))
        fixed = {name: value for name, value in asdict(self).items() if name not in joins}
        return digest(json.dumps(fixed, sort_keys=True))


def _unheard(spec: str) -> str:
    """What an objective needs that no lab gives it; empty if it can be trained."""
    if registry.parse(spec)[0] == "mode_routing":
        return "its replies begin by naming a mode, and nothing here makes them"
    if objectives.load(spec).reward(Graded(Move.ANSWER, True, confidence=1.0)) is None:
        return "its reward needs more of a reply than its verdict (what is known, or judged of the reasoning)"
    return ""


def imitates(spec: str) -> bool:
    """Whether what a lab is to train imitates examples; else it follows a reward."""
    return registry.parse(spec)[0] in TUNINGS


def slug(spec: str) -> str:
    """An objective's name as a folder's: ``confidence_target(t=0.75)`` → ``confidence_target-t-0.75``."""
    return re.sub(r"[^\w.]+", "-", spec).strip("-")


def pool(kind: str, seed: int = 0) -> list[Item]:
    """Every pair that a suite yields from a seed, up to 400; the same for every lab, so that sides do not depend on the
    design."""
    most = _MOST
    while True:
        try:
            return suites.load(kind, pairs=most, seed=seed)
        except RequestError:
            most -= 20
            if most < 1:
                raise


def drawn(kind: str, draws: int) -> list[Item]:
    """The audit's side of a kind, of several draws of its suite: pairs of which an earlier draw had a question are left
    out."""
    found: dict[str, Item] = {}
    for seed in range(draws):
        side = split.for_audit(pool(kind, seed))
        found |= {item.id: item for item in side if not {item.id, item.twin} & found.keys()}
    return list(found.values())


def audited(design: Design) -> list[Item]:
    """The questions of every audit: the audit's side of each kind."""

    def asked(kind: str) -> list[Item]:
        if kind in design.held_out:
            return suites.take(drawn(kind, design.draws), design.held_out_items)
        return suites.take(drawn(kind, 1), design.trained_on_items)

    return [item for kind in suites.DEFAULT for item in asked(kind)]


def trained(design: Design, seed: int, kinds: Sequence[str] | None = None) -> list[Item]:
    """The questions that one seed trains on: the training side of the kinds that are not held out."""
    chosen = design.trained_on if kinds is None else kinds
    return [
        item for kind in chosen for item in suites.take(split.for_training(pool(kind)), design.training_items, seed)
    ]


def validated(design: Design, seed: int) -> list[Item]:
    """The questions by which one seed's doses are set: of the training side of the kinds trained on, to be answered,
    with known answers, and not among those that the seed trains on.

    Raises:
        RequestError: training takes all there are of a kind.
    """
    seen, found = {item.id for item in trained(design, seed)}, []
    for kind in design.trained_on:
        left = [i for i in split.for_training(pool(kind)) if i.answerable and i.answers and i.id not in seen]
        if not left:
            raise RequestError(
                f"With {design.training_items} questions of each kind to train on, none of '{kind}' is left to set a "
                "dose by. Lower --training-items, or leave --withheld out."
            )
        found += suites.take(left, VALIDATED, seed)
    return found
