"""WHAT IS ASKED: one file a suite; `items(...)` gives its items, twins together."""
