"""Graders by name, as the manifest writes them: ``rules``, or ``judge(model='openai:NAME@URL')``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from knowwhen import registry
from knowwhen.run import Grade


@dataclass(frozen=True, slots=True)
class Grader:
    """A grader that is ready, and what the manifest says of it."""

    name: str
    grade: Grade
    identity: Mapping[str, str]
    batch: int
    """So many replies it shall be given at once."""


def open_grader(spec: str, say: Callable[[str], None]) -> Grader:
    """Make the grader that a string names; its `model`, if it has one, is opened.

    Raises:
        RequestError, ModelError: the name or the model is not to be had.
    """
    name, parameters = registry.parse(spec)
    identity, batch = {}, 1
    if isinstance(parameters.get("model"), str):
        from knowwhen.models import open_model

        judge = open_model(str(parameters["model"]), say=say)
        parameters["model"], identity = judge, {f"model.{key}": part for key, part in judge.identity.items()}
        batch = 16  # A model is quicker with several at once; a kill costs no more than these verdicts.
    return Grader(spec, registry.load("graders", name).grader(**parameters), identity, batch)
