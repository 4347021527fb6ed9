"""Which layer of a stack an attention call belongs to: the model's own number, as its blocks count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import torch
from torch import nn

from visualizer.core.attention import AttentionRecord


@dataclass
class LayerCount:
    """Counts the blocks of one pass. A block that is called again is another layer (ALBERT shares its weights)."""

    lists: Mapping[nn.Module, int]  # block -> which of the lists of blocks it stands in
    _done: dict[int, int] = field(default_factory=dict)
    _open: list[int] = field(default_factory=list)

    def enter(self, block: nn.Module) -> None:
        self._open.append(self._done.get(self.lists.get(block, -1), 0))

    def leave(self, block: nn.Module) -> None:
        which = self.lists.get(block, -1)
        self._done[which] = self._done.get(which, 0) + 1
        if self._open:
            self._open.pop()

    def restart(self) -> None:
        """Count the next pass from its first block."""
        self._done.clear()
        self._open.clear()

    @property
    def total(self) -> int:
        """Blocks that have run, of the list that ran most."""
        return max(self._done.values(), default=0)

    def number(self, module: nn.Module) -> int | None:
        """The layer that runs; outside every block what the module says of itself, or None."""
        if self._open:
            return self._open[0]
        own = getattr(module, "layer_idx", None)
        return own if isinstance(own, int) and not isinstance(own, bool) and own >= 0 else None


def by_layer(calls: Sequence[AttentionRecord], each: int = 1) -> list[tuple[AttentionRecord, ...]] | None:
    """The calls of each layer, `each` of them (a decoder beside an encoder: self, then cross), numbered, rising.

    Several calls of one layer are one: their heads stand side by side. None where the calls are not of that kind.
    """
    numbers = [call.layer for call in calls]
    if any(n is None for n in numbers) or numbers != sorted(numbers, key=lambda n: n or 0):
        if len(calls) % each:
            return None
        return [
            tuple(replace(call, layer=n // each) for call in calls[n : n + each]) for n in range(0, len(calls), each)
        ]
    found = []
    for _, group in groupby(calls, key=lambda call: call.layer):
        own = list(group)
        if len(own) != each and each == 1:
            merged = _side_by_side(own)
            own = own if merged is None else [merged]
        if len(own) != each:
            return None
        found.append(tuple(own))
    return found


def _side_by_side(calls: Sequence[AttentionRecord]) -> AttentionRecord | None:
    """One call of all the heads; None where the calls do not do the same thing on the same tokens."""
    first = calls[0]
    for call in calls:
        same = (call.shape, call.scaling, call.causal, call.softcap) == (
            first.shape, first.scaling, first.causal, first.softcap,
        )  # fmt: skip
        plain = all(part is None for part in (call.weights, call.position_bias, call.sinks, call.replaced))
        if not same or not plain or not _same_mask(call.mask, first.mask):
            return None
    parts = []
    for name in ("query", "key", "value"):
        tensors = [getattr(call, name) for call in calls]
        if any(t is None or t.shape != tensors[0].shape for t in tensors):
            return None
        parts.append(torch.cat(tensors))
    return replace(first, query=parts[0], key=parts[1], value=parts[2])


def _same_mask(a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape[0] == 1 and a.shape == b.shape and bool(torch.equal(a, b))
