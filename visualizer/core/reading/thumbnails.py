"""Small pictures of every head of a layer, by the same rule as the large one: unit, sinks, quadrant.

of_layer(trace, "self", 2, 96, Rule(unit="word", hide_sinks=True))    # float32 [head, rows, columns]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from visualizer.core.errors import Cancelled
from visualizer.core.place import Place
from visualizer.core.reading import matrix as reading
from visualizer.core.reading.rule import PLAIN, Rule
from visualizer.core.system.progress import ShouldStop

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


def of_layer(
    trace: Trace,
    kind: str,
    layer: int,
    size: int,
    rule: Rule = PLAIN,
    should_stop: ShouldStop | None = None,
) -> NDArray[np.float32]:
    """Every head of a layer as `reading.read` gives it, max-pooled: float32 [head, rows, columns], at most size x size.

    The model's own weights by token are pooled block by block (`Trace.thumbnails`); anything else needs whole matrices,
    one at a time. Raises Cancelled, NoSuchPart, NoSuchKind, NotEnoughMemory.
    """
    if rule.is_plain:
        return trace.thumbnails(layer, size, kind)
    found = []
    for head in range(trace.record(layer, kind).heads):
        if should_stop is not None and should_stop():
            raise Cancelled
        found.append(_pooled(reading.read(trace, Place(kind, layer, head), rule).matrix, size))
    return np.stack(found)


def _pooled(matrix: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The same bins as `attention.thumbnails`."""
    if max(matrix.shape) <= size or not matrix.size:
        return matrix
    rows, columns = (min(size, length) for length in matrix.shape)
    whole = torch.tensor(matrix, dtype=torch.float32)[None]
    pooled: NDArray[np.float32] = functional.adaptive_max_pool2d(whole, (rows, columns))[0].numpy()
    return pooled
