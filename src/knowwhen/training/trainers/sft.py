"""Imitation: the likelihood of given replies is raised, by TRL's SFTTrainer; the questions themselves are not learned.

Source: the trainer is TRL's (docs of SFTTrainer, 1.16). Refusal tuning (R-Tuning, arXiv 2311.09677) and critique tuning
    (arXiv 2501.17703) are this trainer on their makers' rows; a short run before reinforcement makes declining be
    sampled at all (arXiv 2601.20126).
Cost: one forward and one backward pass over each row: about a second for a row of 70 tokens, the default model, two
    cores.
Fails when: the replies are not the model's own: it learns their manner with their matter; or it has long known them,
    and there is nothing to learn.
"""

from __future__ import annotations

from pathlib import Path

from knowwhen.training import _adapter, _trl
from knowwhen.training._plan import Plan, Tell, settings
from knowwhen.training.rows import Row

READS = "examples"
DEFAULTS: dict[str, object] = {
    "steps": 13,
    "batch": 8,
    "learning_rate": 3e-4,
    "rows_at_once": 0,
    "in_order": False,
}
"""rows_at_once: rows of one pass, 0 for the whole batch; in_order: whether the rows are taken in their order (a
curriculum) instead of a random one."""


def train(plan: Plan, rows: list[Row], tell: Tell) -> Path:
    """Imitate the completions and write the adapter folder; a step's loss is their mean negative log-likelihood, nats a
    token.

    Raises:
        RequestError: an option that is not known, a KL weight, or a batch that does not split.
        ModelError: the loss is no number, or memory ran out.
    """
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    options = settings(plan, DEFAULTS)
    _trl.without_kl(plan, "lower the learning rate or the steps to stay nearer to the start")
    base = _adapter.open_base(plan)
    with _trl.quiet():
        trainer = SFTTrainer(
            model=base.model,
            args=_trl.arguments(
                SFTConfig,
                plan,
                base,
                rows_at_once=options["rows_at_once"],
                completion_only_loss=True,
                # The rows of a pass lie one after another, each with positions of its own: a quarter less to compute
                # than with padding, on short rows of unlike length.
                padding_free=True,
                max_length=None,
                train_sampling_strategy="sequential" if options["in_order"] else "random",
            ),
            train_dataset=_trl.conversations(base, rows, ("prompt", "completion")),
            processing_class=base.tokenizer,
            callbacks=[_trl.Telling(plan, tell)],
        )
        _trl.fit(trainer, plan)
    last = _adapter.steps(plan.out)[-1]
    figures = {"examples": len(rows), "loss": round(last["loss"], 4)}
    return _trl.ended(base, plan, trainer, figures, ())
