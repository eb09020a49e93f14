"""Matrix products of few rows, turned round: a processor's matrix library is two to three times as fast that way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import nn

THIN_ROWS = 56
"""Up to so many rows turning round pays (MKL on x86-64; from 60 on the plain product is faster)."""


@contextmanager
def thin_products(linears: Sequence[nn.Linear]) -> Iterator[None]:
    """Within, these layers compute (W xᵀ)ᵀ instead of x Wᵀ.

    The same products, but for 2 to 56 rows the processor's matrix library takes 2–3 times as long for the second.
    The module's own `forward` is shadowed, not replaced, so hooks still run and nothing is left behind.
    """
    with ExitStack() as undo:
        for linear in linears:
            linear.forward = partial(_thin_product, linear)  # type: ignore[method-assign]
            undo.callback(linear.__dict__.pop, "forward", None)
        yield


def _thin_product(linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
    rows = x.numel() // x.shape[-1]
    if rows == 1:
        return nn.functional.linear(x, linear.weight, linear.bias)
    y = torch.mm(linear.weight, x.reshape(rows, -1).t()).t()
    if linear.bias is not None:
        y = y + linear.bias
    return y.contiguous().view(*x.shape[:-1], -1)
