"""WHAT HAPPENED: one file a grader; `grade(...)` says what a reply did and, if it answered, whether it was right."""

from knowwhen.grading._asked import Asked
from knowwhen.types import Response, Verdict

__all__ = ["Asked", "grade"]


def grade(asked: Asked, response: Response) -> Verdict:
    """Grade one response by the default rules (`knowwhen.grading.rules`).

    >>> grade(Asked("What is the capital of Peru?", ("Lima",)), Response("I'm not sure, but I think it's Lima."))
    Verdict(move=<Move.ANSWER: 'answer'>, correct=True, why="...")
    """
    from knowwhen.grading.rules import grade_one  # imported here so that `knowwhen.grading` itself stays light

    return grade_one(asked, response)
