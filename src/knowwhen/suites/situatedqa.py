"""SituatedQA: questions whose answer depends on a place or a date that is not named, and the same with it named.

Source: Zhang & Choi 2021, "SituatedQA: Incorporating Extra-Linguistic Contexts into QA", arXiv 2109.06157, §3;
    github.com/mikejqzhang/SituatedQA, test files. The bare question calls for asking, the edited one for answering.
Cost: one prompt and one short reply an item.
Notes: the task itself is to answer in a given context; the bare question as unclear intent is AbstentionBench's
    reading (geo: 129 bare + 506 edited = its 635). A bare question's twin is its first edited one, and the others share
    its source_id. Repeats (5 in geo, 10 in temp) are dropped. In temp a bare question with one answer over all dates
    lacks nothing: those 328 of 876 are left out, and their edited questions stay. A question about the present may
    also be declined for want of a date, so temp allows abstaining too. One answer of temp is a lone bracket and is left
    out; three are "None" to "when …", and that reply counts as denying the premise.
Fails when: a model answers for a place of its own choice and names it; or, in temp, gives the newest answer that it
    knows, which most people would want.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import DECLINE, item, jsonl, mended, one_of, source_id
from knowwhen.types import Item, Move

_AT = {"repository": "mikejqzhang/SituatedQA", "commit": "1ef854512fe0f692ca55f92ff2feedf3d7612eda"}
_SUMS = {
    "geo": "097d74586533991f5c1816a9dec4b785dbcfe4512fe2cbbe46b914104103b3b7",
    "temp": "4188a381aba574a3c964dfdf9f7a69fad4999c9fc6f9a6534fec6dcc731c66a6",
}
PUBLISHED = Published(
    folder="situatedqa",
    files=tuple(
        File(f"{name}.test.jsonl", sum_, **_AT, upstream=f"data/qa_data/{name}.test.jsonl")
        for name, sum_ in _SUMS.items()
    ),
    licence="none stated",
    size=3301,
    moves=("answer", "ask", "abstain"),
    scenario="unclear intent",
)


def items(*, seed: int = 0, data: Path | None = None, part: str = "geo+temp") -> list[Item]:
    """Each bare question, followed by its edited ones.

    Args:
        seed: makes no difference; a part is taken whole.
        part: geo or temp, or both joined by "+".
    """
    found: list[Item] = []
    for name in part.split("+"):
        path = PUBLISHED.path(f"{one_of('part', name, _SUMS, 'situatedqa')}.test.jsonl", data)
        groups: dict[str, list[tuple[str, dict[str, list[str]]]]] = {}
        for row in jsonl(path, "question", "edited_question", "answer", "any_answer"):
            groups.setdefault(row["question"], []).append((row["edited_question"], row))
        for n, (bare, edited) in enumerate(groups.items()):
            tags = {
                "scenario": "unclear_intent",
                "domain": {"geo": "place", "temp": "date"}[name],
                "source_id": source_id(bare),
            }
            open_ = len({answer.casefold() for _, row in edited for answer in row["any_answer"]}) > 1
            own, first = f"{name}-{n}", f"{name}-{n}-0"
            if open_:
                moves = frozenset({Move.ASK}) if name == "geo" else DECLINE
                found.append(item(own, _sentence(bare), moves, set_="situatedqa", twin=first, **tags))
            for k, (text, row) in enumerate(edited):
                twin = own if k == 0 and open_ else None
                answers = [answer for answer in row["answer"] if any(map(str.isalnum, answer))]
                text = _sentence(text)
                found.append(item(f"{own}-{k}", text, Move.ANSWER, answers, set_="situatedqa", twin=twin, **tags))
    return mended(found)


def _sentence(text: str) -> str:
    """Upstream's questions have no mark on either side; one is added."""
    return text.strip().rstrip("?").rstrip() + "?"
