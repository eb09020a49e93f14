"""How an item is put to a model: as it stands, or with declining ruled out."""

from __future__ import annotations

from collections.abc import Sequence

from knowwhen.types import Condition, Item, Message

_SUFFIX = {
    Condition.FREE: "",
    # No word of doubt: "if you are not sure, guess" made SmolLM2 say that it is not sure on 8 of 61 answerable
    # questions; these words on none.
    Condition.FORCED: "\n\nYou must give one answer, in a few words.",
}


def put(item: Item, condition: Condition = Condition.FREE, system: str | None = None) -> tuple[Message, ...]:
    """The conversation that asks `item` under `condition`, after an optional system message.

    The condition's words stand at the end, so that all conditions of an item share their beginning and an engine
    reads that part once.
    """
    last = Message("user", item.messages[-1].content + _SUFFIX[condition])
    lead = (Message("system", system),) if system else ()
    return (*lead, *item.messages[:-1], last)


def told(messages: Sequence[Message]) -> tuple[tuple[Message, ...], Condition]:
    """The inverse of `put`: the conversation without the condition's words, and the condition.

    A leading system message is left in place, for it may be the item's own.
    """
    last = messages[-1].content
    for condition, suffix in _SUFFIX.items():
        if suffix and last.endswith(suffix):
            return (*messages[:-1], Message("user", last.removesuffix(suffix))), condition
    return tuple(messages), Condition.FREE
