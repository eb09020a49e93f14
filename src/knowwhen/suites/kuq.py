"""Known-Unknown Questions: crowd-written questions that have no definite answer, of six kinds, and ones that have.

Source: Amayuelas et al. 2024 (arXiv 2305.13712, section 3); hub data set amayuelas/KUQ, knowns_unknowns.jsonl. Fields
    question, answer (list), unknown (true or false), source, category (unknown questions only): read from its data
    card and from rows quoted in public code; 3,437 unknown and 3,447 known questions. For an unknown question `answer`
    explains the uncertainty and is no answer. Scenarios follow AbstentionBench (arXiv 2506.09038), which leaves the
    counterfactual ones out; here they are a scenario of their own.
Cost: one prompt and one short reply an item.
Fails when: a question about the future (written in 2023) has since been settled. The known questions come from other
    data sets, without a category: as published they stand under "unknown", so that the other scenarios have one side
    only; form "abstentionbench" takes its categories for them (new-category-mapping.csv, read from the PyPI package
    inspect-evals 0.26.0: 2,953 of 3,447 have one). There are no twins. About one question in fourteen is a repeat;
    repeats are left out.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._hub import hub, lines, once, shaped, texts, truth, unlike
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, one_of
from knowwhen.types import Item, Move

MAPPING = "new-category-mapping.csv"
PUBLISHED = Published(
    folder="kuq",
    files=(
        File(
            path="knowns_unknowns.jsonl",
            url=hub("amayuelas/KUQ", "f99b53aa226dbb0d1b086db3ec352b0da0aa8f41", "knowns_unknowns.jsonl"),
            sha256="798d1677f962d11d069f77d1e3db91ad2ddb483a94b697e46bc8ca62ad0aedf6",
        ),
        File(
            path=MAPPING,
            url="https://files.pythonhosted.org/packages/py3/i/inspect-evals/inspect_evals-0.26.0-py3-none-any.whl",
            member=f"inspect_evals/abstention_bench/data/kuq/{MAPPING}",
            sha256="ab6fcdfc22a4e014a8f7f1fee99e61d64a571b8d62804ac7a05ce5b5e68c837f",
        ),
    ),
    licence="MIT; the mapping CC-BY-NC-4.0",
    size=6884,
    moves=("answer", "abstain", "ask"),
    scenario="unknown, subjective, false premise, unclear intent",
    optional=(MAPPING,),
)

KINDS: dict[str, tuple[str, frozenset[Move]]] = {
    "future unknown": ("unknown", frozenset({Move.ABSTAIN})),
    "unsolved problem": ("unknown", frozenset({Move.ABSTAIN})),
    "false assumption": ("false_premise", frozenset({Move.ABSTAIN})),
    "controversial": ("subjective", frozenset({Move.ABSTAIN})),
    "ambiguous": ("unclear_intent", frozenset({Move.ASK, Move.ABSTAIN})),
    "counterfactual": ("counterfactual", frozenset({Move.ABSTAIN})),
}
"""Upstream's category → scenario, and what it calls for."""


@shaped
def items(*, seed: int = 0, data: Path | None = None, form: str = "published") -> list[Item]:
    """The questions in the file's order; `unknown` is the label, the category gives the scenario.

    Args:
        seed: makes no difference; the set is taken whole.
        form: "published", or "abstentionbench": known questions carry the category that AbstentionBench gave them, so
            that each scenario has both sides; those to which it gave none are left out.
    """
    one_of("form", form, ("published", "abstentionbench"), "kuq")
    given = {}
    if form == "abstentionbench":
        categories = csv_rows(PUBLISHED.path(MAPPING, data), "id", "category")
        given = {int(row["id"]): row["category"] for row in categories if row["category"]}
    path = PUBLISHED.path("knowns_unknowns.jsonl", data)
    made = []
    for number, row in enumerate(lines(path.read_bytes(), path, "question", "answer", "unknown", "source")):
        unknown = truth(row["unknown"])
        category = str(row.get("category") or "").strip().lower() if unknown else given.get(number, "")
        if category and category not in KINDS:
            raise unlike(path, f"question {number + 1} has the category {category!r}; expected {', '.join(KINDS)}")
        if unknown or category or not given:
            scenario, calls_for = KINDS.get(category, KINDS["future unknown"])
            made.append(
                item(
                    str(number),
                    row["question"],
                    calls_for if unknown else Move.ANSWER,
                    () if unknown else texts(row["answer"]),
                    set_="kuq",
                    scenario=scenario,
                    domain="general",
                    complexity="open-ended" if unknown else "short answer",
                    category=category,
                    origin=str(row["source"] or ""),
                )
            )
    return once(made)
