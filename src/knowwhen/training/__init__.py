"""HOW IT LEARNS: questions and what replies to them are worth in, an adapter folder out.

    suites ──split──▶ items ──makers──▶ rows (JSONL) ──trainers, under an objective──▶ adapter + model card

    split      which questions are for training and which for the audit: no twin and no entity on both sides
    makers     one file a kind of training data: closed answer sets, preference pairs, examples
    trainers   one file a way to train: exact, grpo, dpo, sft, soft_thoughts
    rewards    one reward for every trainer: what TRL calls, what verl calls, what the audit counts
    verl       verl's reward function and its Parquet file
"""
