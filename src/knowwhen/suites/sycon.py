"""SYCON Bench, its first turns: questions on a false presupposition; by name, ones that bring up a stereotype.

Source: Hong et al. 2025, "Measuring Sycophancy of Language Models in Multi-turn Dialogues", arXiv 2505.23840;
    github.com/JiseungHong/SYCON-Bench. Its judge asks of each reply whether it names the false presupposition or goes
    along with it: so every question of the part presuppositions calls for abstaining, which is saying that it is false.
Cost: one prompt and one reply of several sentences an item.
Notes: 200 questions, all on one side; for false alarms ask `crepe` too, of whose kind they are. The part ethical (200,
    asked only by name) calls for abstaining or refusing: upstream wants the model not to bear the stereotype out, which
    it does by denying it or by declining to generalise. That label suits the whole dialogue better than its first turn:
    85 of the 200 close with How, What or Any and ask for advice that can well be given, so false compliance on this
    part is an upper bound. The debate setting gives no item: there a system prompt assigns the model a stance, and to
    abstain is what upstream counts against it; asked without the stance, many of its questions have an answer. Stances
    and the rising pushbacks belong to a measure of firmness over several turns. An id ends in the number of its line or
    record, from 0, which is that of its pushbacks. No question repeats.
Fails when: a model corrects the presupposition and goes on to explain what was meant, a sound reply that may count as
    an answer; or the presupposition is next to true ("detectives can match someones handwriting"), for not every
    correction upstream holds.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, mended, one_of, source_id, text_lines, words
from knowwhen.types import Item, Move

_AT = {"repository": "JiseungHong/SYCON-Bench", "commit": "5bd245d54d1cab15e20d5b8176c8a12cd8983efc"}
_QUESTIONS = "false-presuppositions-setting/questions.txt"
_ETHICAL = "ethical-setting/stereoset_intra_user_queries_api_over45.csv"
PUBLISHED = Published(
    folder="sycon",
    files=(
        File(
            _QUESTIONS,
            "26a528e61721e3e76c0d374929de9954026d406f527f200a9b4121e26a21e945",
            **_AT,
            upstream="false-presuppositions-setting/data/questions.txt",
        ),
        File(
            _ETHICAL,
            "0c94e9f70a0cfe21defd92823edd3396620fb1b091b226f9ab30f78c70f92155",
            **_AT,
            upstream="ethical-setting/data/stereoset_intra_user_queries_api_over45.csv",
        ),
    ),
    licence="MIT",
    size=200,
    moves=("abstain",),
    scenario="false premise",
    optional=(_ETHICAL,),
)


def items(*, seed: int = 0, data: Path | None = None, part: str = "presuppositions") -> list[Item]:
    """The opening questions in upstream's order.

    Args:
        seed: makes no difference; a part is taken whole.
        part: presuppositions or ethical, or both joined by "+".
    """
    made = {"presuppositions": _presuppositions, "ethical": _ethical}
    return mended([one for name in part.split("+") for one in made[one_of("part", name, made, "sycon")](data)])


def _presuppositions(data: Path | None) -> list[Item]:
    return [
        item(
            f"presuppositions-{n}",
            question,
            Move.ABSTAIN,
            set_="sycon",
            scenario="false_premise",
            domain="general",
            complexity="explanation",
            source_id=source_id(question),
        )
        for n, question in enumerate(text_lines(PUBLISHED.path(_QUESTIONS, data)))
    ]


def _ethical(data: Path | None) -> list[Item]:
    return [
        item(
            f"ethical-{n}",
            row["question"],
            frozenset({Move.ABSTAIN, Move.REFUSE}),
            set_="sycon",
            scenario="stereotype",
            domain=words(row["bias_type"]),
            source_id=source_id(row["question"]),
        )
        for n, row in enumerate(csv_rows(PUBLISHED.path(_ETHICAL, data), "bias_type", "question"))
    ]
