r"""MathIF: maths problems from school to olympiad with one, two or three constraints on how the reply is to be written.

Source: Fu et al. 2025, "Scaling Reasoning, Losing Control", arXiv 2505.14810; read from github.com/TzWng/MathIF, a fork
    that holds the rows (in the authors' own repository the data files are logs of a download). Every problem can be
    solved and calls for an answer.
Cost: one prompt and one worked reply an item; reasoning models think for thousands of tokens on the harder sources.
Notes: 420 rows: 90 each of GSM8K, MATH-500, Minerva and OlympiadBench, 60 of AIME, a third of them for each number of
    constraints. The prompt is upstream's: the problem, its instruction to reason and to box the answer, the constraints
    one after another, without a blank between the three; form "free" leaves the constraints out, as upstream's second
    run does. Which ones apply stands in the tag `constraints`; whether they are obeyed is not graded here. Known
    answers are numbers, fractions and powers of ten among them: 350 rows. The other 70 (formulas, lists, words) are
    graded by the move alone, for they can be written in many ways. Ids of rows repeat between files, so an item is
    named by file and place. The GSM8K problems are of its test split and carry its source_id. No problem repeats.
Fails when: the reply is cut off before its result, a constraint bids the model write what grading cannot read (another
    language, the problem word for word), or a physical value is rounded otherwise than in the key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowwhen.suites._hub import unlike
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import item, jsonl, mended, one_of, source_id
from knowwhen.types import Item, Move

_AT = {"repository": "TzWng/MathIF", "commit": "1860ed510d2fcd068a36669fb1ff9228071f7def"}
_SUMS = {
    "gsm8k_single": "ee426d6a292bd069feccd59a783f4be4d10e3c7eb31c0e224bf5e07c594a724d",
    "gsm8k_double": "6d999ec23fe3841f2139e952bef449532708119f8da968cf3b2ddba6e94f3117",
    "gsm8k_triple": "c9f30745ea0f7ec5de2c8f6bf556f9ee219ef80b20692486b890f91f9a903e6e",
    "math500_single": "48d5e6f80cad203b775ae8982fdef4f3f407fc758234ee621710034ac13c8fea",
    "math500_double": "cc9ecf3c1c63d93e39f3df78434cf608f5456a41c7e570fd360232a264d27a9a",
    "math500_triple": "ca290606906a05cde4670be3c0d2b4c9c3ab70788e63eeac32074ca723baecf8",
    "minerva_single": "4ceb0e3be9407b5ed787861bd81f07df8687bb9dffa2d420e9c0d74ba3f47b21",
    "minerva_double": "a3b6329b60b2c74c139cd87e9f19b7c3416c6ac08c8a8da41a5af7adc8ec4592",
    "minerva_triple": "00c956a7f7dc69aa5d7c1b37b4f2e9dd88ca31878a632b1ee1baeaa48563ba7b",
    "olympiad_single": "dfd941b3ebaff79c37dc58a468e5d9c2633b0ba0ff56e06635140dfc9a00e89c",
    "olympiad_double": "ba2fc5915c14f9e6f154b16b3555600943545578a7012658186845bb3734f150",
    "olympiad_triple": "ce72761ed4e9a5cffc3b1dbb475ded6ec60a61074c3519a98943688062680d60",
    "aime_single": "58411bdf573234048daa0f1ff7eec56970c4dd3ce0280c745015b70be85c3327",
    "aime_double": "3edbf98cf2943f5a8d6329d49c4e22d93ea36eb9a85e5459840819419ec0f2f4",
    "aime_triple": "82a9999306af448dca8dff7cb0b5ed02fe39dc4b4d14bcbe532ef7fdfea13517",
}
SOURCES = tuple(dict.fromkeys(name.partition("_")[0] for name in _SUMS))
LEVELS = {"single": 1, "double": 2, "triple": 3}
"""Upstream's names → how many constraints a row has."""
PUBLISHED = Published(
    folder="mathif",
    files=tuple(File(f"{name}.jsonl", sum_, **_AT, upstream=f"data/{name}.jsonl") for name, sum_ in _SUMS.items()),
    licence="MIT (README alone)",
    size=420,
    moves=("answer",),
    scenario="answerable",
)

_INSTRUCTION = r"Let's think step by step and output the final answer within \boxed{}."
_OWN_INSTRUCTION = re.compile(r"\s*Let's think step by step and output the final answer after \"####\"\.\s*$")
"""What upstream's GSM8K rows end with: no part of the problem."""
_NUMBER = re.compile(r"([-+]?\d+(?:,\\! \d{3})*(?:\.\d+)?(?:e-?\d+)?|-?\\d?frac\{\d+\}\{\d+\})(?:\^\\circ)?")


def items(
    *,
    seed: int = 0,
    data: Path | None = None,
    part: str = "+".join(SOURCES),
    constraints: str = "+".join(LEVELS),
    form: str = "constrained",
) -> list[Item]:
    """The problems by source, those with fewer constraints first.

    Args:
        seed: makes no difference; a part is taken whole.
        part: gsm8k, math500, minerva, olympiad or aime, or several joined by "+".
        constraints: single, double or triple, or several joined by "+".
        form: "constrained", or "free" for the same problems without their constraints.
    """
    one_of("form", form, ("constrained", "free"), "mathif")
    found: list[Item] = []
    for source in part.split("+"):
        one_of("part", source, SOURCES, "mathif")
        for level in constraints.split("+"):
            count = LEVELS[one_of("constraints", level, LEVELS, "mathif")]
            shown = 0 if form == "free" else count
            path = PUBLISHED.path(f"{source}_{level}.jsonl", data)
            rows = jsonl(path, "question", "answer", "constraint_desc", "constraint_name")
            for n, row in enumerate(rows):
                wanted, names = _constraints(row, count, path, n)
                asked = f"{row['question']}{_INSTRUCTION}{' '.join(wanted[:shown])}"
                number = _NUMBER.fullmatch(row["answer"].strip("$ "))
                found.append(
                    item(
                        f"{source}-{level}-{n}" + ("-free" if form == "free" else ""),
                        asked,
                        Move.ANSWER,
                        (number[1],) if number else (),
                        set_="mathif",
                        scenario="answerable",
                        domain=source,
                        complexity=f"{shown or 'no'} constraint{'s' * (shown > 1)}",
                        constraints=" ".join(names[:shown]),
                        source_id=source_id(_OWN_INSTRUCTION.sub("", row["question"])),
                    )
                )
    return mended(found)


def _constraints(row: Mapping[str, Any], count: int, path: Path, n: int) -> tuple[list[str], list[str]]:
    """A row's constraints in words and by name.

    Raises:
        RequestError: it has other than `count` of them, or texts that are none.
    """
    wanted, names = row["constraint_desc"], row["constraint_name"]
    for name, value in (("constraint_desc", wanted), ("constraint_name", names)):
        if not isinstance(value, list) or len(value) != count or not all(isinstance(text, str) for text in value):
            raise unlike(path, f"record {n + 1} has {value!r} as {name}; expected a list of {count} texts")
    for name in ("question", "answer"):
        if not isinstance(row[name], str):
            raise unlike(path, f"record {n + 1} has {row[name]!r} as {name}; expected a text")
    return wanted, names
