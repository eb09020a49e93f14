"""SimpleQA: short questions of fact that language models find hard, all answerable.

Source: Wei et al. 2024 (arXiv 2411.04368); openai/simple-evals, simple_qa_test_set.csv. Columns metadata (a Python
    dictionary with topic, answer_type and urls), problem, answer: read from simpleqa_eval.py and from public code;
    4,326 questions. The checksum is the one that inspect-evals 0.26.0 pins.
Cost: one prompt and one short reply an item.
Fails when: read as a measure of declining: every question has an answer, so that declining is always a false alarm
    here. It shows what a model gives wrongly instead of declining. Upstream grades with a language model, which accepts
    answers close to the reference; our rules are stricter with numbers and part answers. `simpleqa_verified` mends
    wrong references.
"""

from __future__ import annotations

import ast
from pathlib import Path

from knowwhen.suites._hub import once, shaped
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, source_id, words
from knowwhen.types import Item, Move

PUBLISHED = Published(
    folder="simpleqa",
    files=(
        File(
            path="simple_qa_test_set.csv",
            url="https://openaipublic.blob.core.windows.net/simple-evals/simple_qa_test_set.csv",
            sha256="feee3f7e7db3617e94e8fcf1977b756ec420ef8568f4e0fcbbe0e92e9d5fc032",
        ),
    ),
    licence="MIT",
    size=4326,
    moves=("answer",),
    scenario="answerable",
)


@shaped
def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """All questions in the file's order."""
    path = PUBLISHED.path("simple_qa_test_set.csv", data)
    made = []
    for number, row in enumerate(csv_rows(path, "metadata", "problem", "answer")):
        about = _about(row["metadata"])
        made.append(
            item(
                str(number),
                row["problem"],
                Move.ANSWER,
                [row["answer"].strip()],
                set_="simpleqa",
                scenario="answerable",
                domain=words(about.get("topic") or "unspecified"),
                complexity="short answer",
                kind=words(about.get("answer_type", "")),
                source_id=source_id(row["problem"]),
            )
        )
    return once(made)


def _about(metadata: str) -> dict[str, object]:
    """The dictionary in a cell; none, if it cannot be read, for it holds nothing but tags."""
    try:
        found = ast.literal_eval(metadata)
    except (ValueError, SyntaxError):
        return {}
    return found if isinstance(found, dict) else {}
