"""The mean of all heads of a layer as one matrix: what no head does alone, and what many papers' figures show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from visualizer.core.errors import Cancelled
from visualizer.core.place import Place
from visualizer.core.reading.matrix import Reading, masked_units, read_matrix
from visualizer.core.reading.rule import PLAIN, Rule
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never
from visualizer.core.text.sides import Flags

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


def read_mean(
    trace: Trace, kind: str, layer: int, rule: Rule = PLAIN, should_stop: ShouldStop | None = None
) -> Reading:
    """The arithmetic mean of the weights of a layer's heads, read by a rule as one head's weights are; remembered.

    The mean is taken of the model's own weights, before sinks are hidden and rows renormalised. masked: what no head
    may look at.

    Raises NoSuchPart (layer), NoSuchKind (kind, quadrant), NotEnoughMemory, Cancelled.
    """
    key = ("mean_reading", kind, layer, rule)
    found: Reading | None = memo.find(trace, key, None)
    if found is not None:
        return found
    should_stop, heads = should_stop or never, trace.record(layer, kind).heads
    total = np.zeros((len(trace.query_tokens(kind)), len(trace.key_tokens(kind))), dtype=np.float32)
    masked: Flags | None = None
    for head in range(heads):
        if should_stop():
            raise Cancelled
        place = Place(kind, layer, head)
        total += trace.attention(layer, head, kind)
        hidden = masked_units(trace, place, rule.unit)
        masked = hidden if head == 0 else None if hidden is None or masked is None else masked & hidden
    total /= heads
    found = read_matrix(trace, total, masked, kind, rule)
    return memo.keep(trace, key, found, found.nbytes)
