"""Our items as Inspect's samples, and anybody's samples as our questions and responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, ModelOutput

from knowwhen import replies
from knowwhen.conditions import put
from knowwhen.replies import Replied
from knowwhen.suites import _rows
from knowwhen.types import Condition, Item, Message

OURS = ("calls_for", "answerable", "twin", "item")
"""Keys of a sample's metadata that are not tags."""
_LABEL, _ANSWERS = "abstention_label", "ref_answer"
"""Keys in the metadata of AbstentionBench's port (inspect-evals 0.26.0, abstention_bench/utils.py)."""
_CLASSES = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
_TAKEN = {name for names in (_rows.NAMES, replies.NAMES) for known in names.values() for name in known}


def chat(messages: Sequence[Message]) -> list[ChatMessage]:
    return [_CLASSES[message.role](content=message.content) for message in messages]


def sample(item: Item, condition: Condition = Condition.FREE, system: str | None = None) -> Sample:
    """An item as a sample. Its metadata holds what import and scorer read: calls_for, twin, item, and the tags."""
    suffix = "" if condition is Condition.FREE else f" ({condition})"
    return Sample(
        input=chat(put(item, condition, system)),
        target=list(item.answers) or "",
        choices=list(item.choices) or None,
        id=item.id + suffix,
        metadata=metadata(item, condition),
    )


def metadata(item: Item, condition: Condition) -> dict[str, Any]:
    return {
        **item.tags,
        "calls_for": sorted(map(str, item.calls_for)),
        "twin": item.twin,
        "item": item.id,
        "condition": str(condition),
    }


def replied(
    *,
    name: str | int,
    task: str,
    input: str | Sequence[ChatMessage],
    target: str | Sequence[str],
    choices: Sequence[str] | None,
    metadata: Mapping[str, Any],
    output: ModelOutput,
    map: Mapping[str, str] | None = None,
) -> Replied:
    """A sample and its output, of whatever task, as one of our replies.

    What a question calls for is known only where the metadata says so (calls_for or answerable, or what `map` names):
    a target alone says nothing, for other tasks put a label there, or a criterion for a judge. AbstentionBench's port
    is known: `abstention_label` says what should be declined, `ref_answer` holds the answers, the target the label.

    Raises:
        ValueError: what is wrong with it.
    """
    renamed = dict(map or {})
    fields: dict[str, Any] = {
        key: content
        for key, content in metadata.items()
        if key in renamed.values() or key in OURS or key not in _TAKEN or key == "condition"
    }
    fields |= {
        "input": input if isinstance(input, str) else _turns(input),
        "target": [part for part in ([target] if isinstance(target, str) else target) if part.strip()],
        "choices": list(choices or ()),
        "id": str(fields.pop("item", None) or name),
        "reply": output.completion,
        "stop": "error" if output.error else output.stop_reason if output.choices else "error",
    }
    if _LABEL in metadata and not {"calls_for", "answerable"} & (fields.keys() | renamed.keys()):
        declined, known = bool(fields.pop(_LABEL)), fields.pop(_ANSWERS, None)
        listed = known if isinstance(known, list) and not declined else []
        fields |= {"answerable": not declined, "target": [str(answer) for answer in listed]}
    return replies.replied(fields, renamed, task, guess=False)


def _turns(input: Sequence[ChatMessage]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in input]
