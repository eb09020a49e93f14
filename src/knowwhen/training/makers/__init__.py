"""WHAT IT LEARNS FROM: one file a kind of training data; `make(model, items, …)` yields rows that TRL reads.

Each declares `WRITES`, the kind of rows that it makes (`knowwhen.training.rows`).
"""
