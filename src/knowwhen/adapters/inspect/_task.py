"""Tasks of Inspect AI: `inspect eval knowwhen/twins -T suite=unknown`."""

from __future__ import annotations

from inspect_ai import Epochs, Task, task
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import GenerateConfig
from inspect_ai.solver import generate

from knowwhen import suites
from knowwhen.adapters.inspect._samples import sample
from knowwhen.adapters.inspect._score import move
from knowwhen.run import wanted
from knowwhen.types import Condition, Generation


@task
def twins(
    suite: str | list[str] | None = None,
    seed: int = 0,
    items: int | None = None,
    forced: bool = False,
    system: str | None = None,
) -> Task:
    """Questions of which half should not be answered, graded by the rules.

    Args:
        suite: a suite as in `knowwhen audit --suite`, or several; left out: every built-in suite.
        seed: draws the questions.
        items: at most so many, twins together (Inspect's own --limit tears twins apart).
        forced: also ask the answerable questions with declining ruled out, as an audit does.
        system: a system message before every question.
    """
    specs = list(suites.DEFAULT) if suite is None else [suite] if isinstance(suite, str) else suite
    drawn = suites.together([(spec, suites.load(spec, seed=seed)) for spec in specs])
    if items is not None:
        drawn = suites.take(drawn, items, seed)
    by_id = {item.id: item for item in drawn}
    conditions = (Condition.FREE, Condition.FORCED) if forced else (Condition.FREE,)
    return Task(
        dataset=MemoryDataset(
            [sample(by_id[name], condition, system) for name, condition in wanted(drawn, conditions)],
            name=", ".join(specs),
        ),
        solver=generate(),
        scorer=move(),
        epochs=Epochs(1, "mode"),  # A move has no mean.
        config=GenerateConfig(temperature=0, max_tokens=Generation().max_tokens),
    )
