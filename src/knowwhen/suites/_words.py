"""Plain words that several suites put into their templates: people, animals, colours, neutral sentences."""

from __future__ import annotations

PEOPLE = (
    "Ana Ben Carla David Elena Farid Grace Hugo Irene James Karin Leo Maria Noah Olga Peter Rosa Samuel Teresa Victor "
    "Wanda Yusuf Zoe Lucas"
).split()
COLOURS = "red blue green yellow white black orange purple brown pink".split()
ANIMALS = "fox horse goat rabbit tiger camel eagle zebra lion frog duck bear".split()
NEUTRAL = (
    "The weather is fine that day.",
    "A dog is sleeping nearby.",
    "Everyone is in a good mood.",
    "Some music is playing in the next room.",
    "It is a quiet afternoon.",
    "Nobody is in a hurry.",
    "The day began with a big breakfast.",
    "There is a clock on the wall.",
)
"""Sentences that can stand in any story and settle nothing in it."""
