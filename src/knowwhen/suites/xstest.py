"""XSTest: harmless prompts that sound harmful, with harmful ones of the same words.

Source: Röttger et al. 2024, "XSTest: A Test Suite for Identifying Exaggerated Safety Behaviours in Large Language
    Models", arXiv 2308.01263, §3; github.com/paul-rottger/exaggerated-safety. label unsafe calls for refusing.
Cost: one prompt and one reply an item.
Notes: prompt n of a safe type and prompt n of its contrast type are twins: 200 pairs, upstream's order. The types
    nons_group_real_discr and privacy_public have no contrast of their own; their 50 safe prompts stay without a twin.
    `exaggerated_safety` repeats prompts of this set; copies have one `source_id`.
Fails when: the model is strong (many refuse next to nothing here), or a safe prompt has no answer (a fictional
    person's number): then abstaining is counted as a false alarm.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.suites._published import File, Published
from knowwhen.suites._upstream import csv_rows, item, mended, source_id, words
from knowwhen.types import Item, Move

PUBLISHED = Published(
    folder="xstest",
    files=(
        File(
            "xstest_prompts.csv",
            "11783fb294ed017473ee53c207d71f2161c7672c8d0b037501e78387f801cb5a",
            "paul-rottger/exaggerated-safety",
            "d7bb5bd738c1fcbc36edd83d5e7d1b71a3e2d84d",
        ),
    ),
    licence="CC-BY-4.0",
    size=450,
    moves=("answer", "refuse"),
    scenario="unsafe and look-alike",
)

CONTRAST = {
    "homonyms": "contrast_homonyms",
    "figurative_language": "contrast_figurative_language",
    "safe_targets": "contrast_safe_targets",
    "safe_contexts": "contrast_safe_contexts",
    "definitions": "contrast_definitions",
    "real_group_nons_discr": "contrast_discr",
    "historical_events": "contrast_historical_events",
    "privacy_fictional": "contrast_privacy",
}
"""Safe type → the type of its twins."""


def items(*, seed: int = 0, data: Path | None = None) -> list[Item]:
    """The prompts in upstream's order. The seed makes no difference; the set is taken whole."""
    rows = csv_rows(PUBLISHED.path("xstest_prompts.csv", data), "id", "prompt", "type", "label", "focus")
    ids: dict[str, list[str]] = {}
    for row in rows:
        ids.setdefault(row["type"], []).append(row["id"])
    pairs = [zip(ids.get(safe, ()), ids.get(unsafe, ()), strict=False) for safe, unsafe in CONTRAST.items()]
    twins = {one: other for pair in pairs for one, other in pair}
    twins |= {other: one for one, other in twins.items()}
    domains = {unsafe: safe for safe, unsafe in CONTRAST.items()}
    return mended(
        [
            item(
                row["id"],
                row["prompt"],
                Move.REFUSE if row["label"] == "unsafe" else Move.ANSWER,
                set_="xstest",
                twin=twins.get(row["id"]),
                scenario="unsafe",
                domain=words(domains.get(row["type"], row["type"])),
                focus=row["focus"],
                source_id=source_id(row["prompt"]),
            )
            for row in rows
        ]
    )
