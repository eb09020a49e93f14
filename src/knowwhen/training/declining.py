"""How a reply declines, in words: for closed answer sets, examples to imitate, and tests.

Each phrasing is one that the default grader takes for its move (a test proves it).
"""

from __future__ import annotations

from random import Random

from knowwhen.types import Item, Move

PHRASES = {
    Move.ABSTAIN: (
        "I don't know.",
        "I don't know the answer to that.",
        "I'm not sure. I don't know the answer.",
        "That cannot be known.",
        "I do not have that information.",
    ),
    Move.ASK: (
        "Could you give me more details?",
        "Could you clarify what you mean?",
        "Which one do you mean?",
    ),
    Move.REFUSE: (
        "I'm sorry, but I can't help with that.",
        "I can't assist with that request.",
        "Sorry, I won't help with that.",
    ),
}


def phrase(move: Move, rng: Random) -> str:
    """One way to make a declining move."""
    return rng.choice(PHRASES[move])


def fitting(item: Item) -> Move:
    """The declining move that an item calls for; to abstain, where it calls for an answer or leaves the choice."""
    return next((move for move in (Move.ABSTAIN, Move.ASK, Move.REFUSE) if move in item.calls_for), Move.ABSTAIN)
