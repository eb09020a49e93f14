"""Where keys and values live while rows are decoded: row r, position p, one pair of tensors per layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import Cache


class Slots(Cache):
    """Keys and values in fixed slots, written wherever the current pass says. One tensor pair per layer."""

    def __init__(self, rows: int, length: int) -> None:
        self.layers = []  # the parent's bookkeeping, not used
        self.rows, self.length = rows, length
        self.keys: dict[int, torch.Tensor] = {}
        self.values: dict[int, torch.Tensor] = {}

    def aim(self, first: int, pos_BT: torch.Tensor, valid_BT: torch.Tensor | None, reach: int) -> None:
        """Say where the next pass writes: rows first…, at `pos_BT`; and that it sees positions below `reach`."""
        count, width = pos_BT.shape
        self.view = slice(first, first + count), slice(None), slice(0, reach)
        row_BT = torch.arange(first, first + count, device=pos_BT.device)[:, None].expand(count, width)
        self.valid = valid_BT
        self.at = (row_BT, pos_BT) if valid_BT is None else (row_BT[valid_BT], pos_BT[valid_BT])

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write where `aim` said; return all that the rows hold, below the reach of the pass."""
        row, pos = self.at
        for pools, state in ((self.keys, key_states), (self.values, value_states)):
            if layer_idx not in pools:  # zeros, not empty: a masked NaN would still poison the weighted sum
                pools[layer_idx] = state.new_zeros(self.rows, state.shape[1], self.length, state.shape[3])
            state_BTHD = state.transpose(1, 2)
            pools[layer_idx][row, :, pos] = state_BTHD if self.valid is None else state_BTHD[self.valid]
        return self.keys[layer_idx][self.view], self.values[layer_idx][self.view]

    def copy(self, source: Sequence[int], target: Sequence[int], length: int) -> None:
        """Copy whole rows, up to `length` positions."""
        for pool in (*self.keys.values(), *self.values.values()):
            pool[list(target), :, :length] = pool[list(source), :, :length]

    def resize(self, rows: int, length: int, kept: int, reach: int) -> None:
        """Make `rows` slots of `length` positions, in which the first `kept` rows stand as before, up to `reach`."""
        self.rows, self.length = rows, length
        for pools in (self.keys, self.values):
            for layer, pool in pools.items():  # one after another, so that no two layouts live side by side
                pools[layer] = pool.new_zeros(rows, pool.shape[1], length, pool.shape[3])
                pools[layer][:kept, :, :reach] = pool[:kept, :, :reach]

    def load(self, prefix: Slots, rows: slice, length: int) -> None:
        """Copy the single row of `prefix` into each of `rows`."""
        for mine, theirs in ((self.keys, prefix.keys), (self.values, prefix.values)):
            for layer, pool in theirs.items():
                if layer not in mine:
                    mine[layer] = pool.new_zeros(self.rows, pool.shape[1], self.length, pool.shape[3])
                mine[layer][rows, :, :length] = pool[0, :, :length]

    def get_seq_length(self, *_: Any) -> int:
        """Nothing, as far as the model is concerned: masks and positions are given to it."""
        return 0

    def bytes_per_position(self) -> int:
        """Bytes that one position of one row takes over all layers."""
        pools = (*self.keys.values(), *self.values.values())
        return sum(pool.shape[1] * pool.shape[3] * pool.element_size() for pool in pools)
