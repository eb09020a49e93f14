"""What a grader is told about the question: never what it calls for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a grader sees it.

    What the item calls for is not a field on purpose. `answers` says which content is right; it is empty for a question
    that has no answer, so a grader must not let the *move* depend on it.
    """

    question: str
    """The last user turn, as the model saw it."""
    answers: tuple[str, ...] = ()
    """Every accepted answer; empty if nothing is known to be right."""
    choices: tuple[str, ...] = ()
    """The options in the order A, B, C …; empty if there are none."""
