"""WHO ANSWERS: one file a way to reach a model, or a model known by name; a model is a string.

    simulated                 a model whose true figures are known in closed form
    openai:NAME@URL           any OpenAI-compatible chat server
    smollm2, gemma3-270m      known by name; weights fetched once
    ./folder, org/name        a transformers folder, a hub repository
    BASE+ADAPTER              any of these with a PEFT adapter, or with soft thoughts
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from knowwhen.types import Item, Model


def open_model(
    spec: str,
    *,
    items: Sequence[Item] = (),
    device: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Model:
    """The model that a string names, ready to reply. Only what that kind of model needs is imported.

    Args:
        spec: one of the forms above.
        items: what will be asked; the simulated model reads its closed-form truth from them, no other sees them.
        device: for a model that runs here: "cpu", "cuda", "cuda:1" …; None chooses.
        say: is told about long steps before they start; None: the log, which shows on standard error.

    Raises:
        RequestError: the string names nothing; suggests the nearest name.
        MissingExtraError: the model would run here, and torch or transformers is not installed.
        ModelError: the model cannot be fetched, loaded or reached.
    """
    spec = spec.strip()
    if spec.partition("(")[0].strip() == "simulated":
        from knowwhen import registry
        from knowwhen.models.simulated import Simulated

        parameters: dict[str, Any] = registry.parse(spec)[1]
        return Simulated(items, **parameters)
    if spec.startswith("openai:"):
        from knowwhen.models import http

        return http.open(spec)
    from knowwhen.models._cache import announce
    from knowwhen.models._weights import locate

    located = locate(spec, say=say or announce)
    # Waiting threads that spin take the cores from those that work: on a busy machine that costs five times the time.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from knowwhen.models.local import open_local

    return open_local(spec, located, device=device)
