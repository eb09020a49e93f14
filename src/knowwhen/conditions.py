"""How an item is put to a model: as it stands, or with declining ruled out."""

from __future__ import annotations

from knowwhen.types import Condition, Item, Message

_SUFFIX = {
    Condition.FREE: "",
    Condition.FORCED: "\n\nYou must answer. If you are not sure, give your single best guess, and nothing else.",
}


def put(item: Item, condition: Condition = Condition.FREE, system: str | None = None) -> tuple[Message, ...]:
    """The conversation that asks `item` under `condition`, after an optional system message.

    The condition's words stand at the end, so that all conditions of an item share their beginning and an engine
    reads that part once.
    """
    last = Message("user", item.messages[-1].content + _SUFFIX[condition])
    lead = (Message("system", system),) if system else ()
    return (*lead, *item.messages[:-1], last)
