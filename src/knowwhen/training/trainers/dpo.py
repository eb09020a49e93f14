"""Preference: the chosen reply of a pair is raised above the rejected one, by TRL's DPOTrainer, without a reward model.

The reference is the policy at the start of the run: where an adapter is trained further, a frozen copy of it, not the
bare base model. A step's `reward` is the mean lead of the chosen reply, β times the difference of the log-ratios to the
reference; `right` is how often it is above 0.

Source: Rafailov et al. 2023 (arXiv 2305.18290); on self-feedback pairs: RLSF (arXiv 2507.21931).
Cost: a forward pass of policy and reference and a backward pass over both replies of each pair.
Fails when: the pairs are wrong (a model sure of its errors learns them), or the two replies differ in form alone; and
    in long runs both replies' likelihoods fall, the rejected one's faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowwhen.errors import RequestError
from knowwhen.training import _adapter, _trl
from knowwhen.training._plan import Plan, Tell, settings
from knowwhen.training.rows import Row

READS = "pairs"
DEFAULTS: dict[str, object] = {
    "steps": 25,
    "batch": 8,
    "learning_rate": 1e-4,
    "rows_at_once": 0,
    "max_length": 1024,
    "beta": 0.1,
    "loss_type": "sigmoid",
    "in_order": False,
}
"""As in `sft`; max_length: tokens after which a row is cut; beta: how dear it is to move away from the reference;
loss_type: a name that TRL's DPOConfig knows, such as sigmoid, ipo, hinge, apo_zero."""


def train(plan: Plan, rows: list[Row], tell: Tell) -> Path:
    """Train on preference pairs and write the adapter folder.

    Raises:
        RequestError: an option that is not known, a KL weight, a beta of 0 or less, a batch that does not split, no
            such loss.
        ModelError: the loss is no number, or memory ran out.
    """
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    options = settings(plan, DEFAULTS)
    _trl.without_kl(plan, "its option beta is one")
    if not float(options["beta"]) > 0:
        raise RequestError(f"beta={options['beta']}: expected a number above 0.")
    base = _adapter.open_base(plan)
    with _trl.quiet():
        # A PeftModel without ref_model: TRL copies its adapter as it stands into a frozen one, named "ref".
        trainer = DPOTrainer(
            model=base.model,
            args=_trl.arguments(
                DPOConfig,
                plan,
                base,
                rows_at_once=options["rows_at_once"],
                max_length=options["max_length"],
                beta=float(options["beta"]),
                loss_type=[str(options["loss_type"])],
                train_sampling_strategy="sequential" if options["in_order"] else "random",
            ),
            train_dataset=_trl.conversations(base, rows, ("prompt", "chosen", "rejected")),
            processing_class=base.tokenizer,
            callbacks=[_trl.Telling(plan, tell, _read)],
        )
        try:
            _trl.fit(trainer, plan)
        except ValueError as error:
            if "loss type" not in str(error).lower():
                raise
            raise RequestError(f"loss_type={options['loss_type']!r}: TRL's DPOTrainer knows no such loss.") from error
    last = _adapter.steps(plan.out)[-1]
    figures = {"pairs": len(rows), "beta": options["beta"], "loss": round(last["loss"], 4)}
    return _trl.ended(base, plan, trainer, figures, ("Rafailov et al. 2023 (arXiv 2305.18290)",))


def _read(logs: Mapping[str, Any]) -> dict[str, float]:
    return {"reward": float(logs["rewards/margins"]), "right": float(logs["rewards/accuracies"])}
