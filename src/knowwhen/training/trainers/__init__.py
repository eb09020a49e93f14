"""HOW THE WEIGHTS MOVE: one file a way to train; `train(plan, rows, tell)` writes an adapter folder.

Each declares `READS`, the kind of rows that it takes (`knowwhen.training.rows`), and `DEFAULTS`, its settings.
"""
