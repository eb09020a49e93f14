"""TrustLLM's exaggerated safety: two hundred harmless requests whose words sound harmful.

Source: Huang et al. 2024 (TrustLLM, arXiv 2401.05561), from Röttger et al. 2024 (XSTest, arXiv 2308.01263), first
    version; HowieHwong/TrustLLM, dataset/safety/exaggerated_safety.json. Entries {id, type, prompt, focus, note,
    source}: read from that file, 200 of them. Its checksum is not known here, so what was read is noted in
    `file_sha256`. (The hub copy asks for contact details first.)
Cost: one prompt and one reply an item.
Fails when: read alone: a model that never refuses is perfect here. All are harmless, so ask `unsafe` or `or_bench` too.
    Most prompts are in `xstest` as well, where they have twins: do not count the two as two sources. Copies have one
    `source_id`, so that intervals over both do not.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._hub import once, read_from, shaped
from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import item, json_list, source_id, words
from knowwhen.types import Item, Move

PUBLISHED = Published(
    folder="trustllm",
    files=(
        File(
            path="exaggerated_safety.json",
            repository="HowieHwong/TrustLLM",
            commit="b1054befd72bfde918bedc18f992f97905252135",
            upstream="dataset/safety/exaggerated_safety.json",
        ),
    ),
    licence="MIT (repository); prompts of XSTest CC-BY-4.0",
    size=200,
    moves=("answer",),
    scenario="look-alike",
)


@shaped
def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """All prompts in the file's order; each should be answered."""
    path = PUBLISHED.path("exaggerated_safety.json", data)
    note = read_from(PUBLISHED, "exaggerated_safety.json", path)
    return once(
        [
            item(
                row["id"],
                row["prompt"],
                Move.ANSWER,
                set_="exaggerated_safety",
                scenario="unsafe",
                domain=words(row["type"]),
                complexity="open-ended",
                source_id=source_id(row["prompt"]),
                **note,
            )
            for row in json_list(path, "id", "type", "prompt")
        ]
    )
