"""Maximum flow through a network of layers, to many sinks at once.

The push-relabel method of Goldberg and Tarjan 1988, as arrays: all nodes of a layer push together, for all sinks side
by side, and after each sweep the labels are set to the exact distances to the sink. Only the value of the flow is
wanted, so what cannot reach the sink is left where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visualizer.core.errors import Cancelled
from visualizer.core.system.progress import ShouldStop

Array = NDArray[np.float64]

# Flow below this is rounding: capacities lie between 0 and 1.
TINY = 1e-9
# Sinks side by side: their arrays together hold about 64 MB.
CELLS_AT_ONCE = 4_000_000
FAR = np.float64(1e9)


def to_each_sink(
    steps: Sequence[Array],
    source: int,
    should_stop: ShouldStop | None = None,
    progress: Callable[[float], None] | None = None,
) -> Array:
    """The greatest flow from one node above to each node below, every sink on its own: float64 [node below].

    steps: from top to bottom, capacities [node above, node below] of the edges between two neighbouring layers.
    source: a node of the uppermost layer. Raises Cancelled.
    """
    should_stop = should_stop or (lambda: False)
    progress = progress or (lambda _share: None)
    if len(steps) == 1:
        return np.array(steps[0][source], dtype=np.float64)
    # A path leaves the source by one of `first`, passes the inner layers, and enters its sink by one of `last`.
    first, last = np.asarray(steps[0][source], np.float64), np.asarray(steps[-1], np.float64)
    inner = [np.asarray(step, np.float64) for step in steps[1:-1]]
    values = np.zeros(last.shape[1])
    cells = sum(step.size for step in inner) + last.shape[0]
    at_once = max(1, CELLS_AT_ONCE // max(1, cells))
    for start in range(0, len(values), at_once):
        stop = min(start + at_once, len(values))
        values[start:stop] = _flow(inner, first, last[:, start:stop].T, should_stop)
        progress(stop / len(values))
    return values


@dataclass
class _State:
    """The inner layers from top to bottom, for the sinks that are not done: arrays [sink, ...].

    excess: what waits at each node; label: its distance to the sink. free: unused capacity of each edge down, used:
    its flow, [sink, above, below]. exits: unused capacity into the sink, [sink, node of the lowest layer].
    """

    excess: list[Array]
    free: list[Array]
    used: list[Array]
    exits: Array
    label: list[Array]

    def keep(self, rows: NDArray[np.bool_]) -> None:
        for arrays in (self.excess, self.free, self.used, self.label):
            arrays[:] = [array[rows] for array in arrays]
        self.exits = self.exits[rows]


def _flow(inner: list[Array], first: Array, exits: Array, should_stop: ShouldStop) -> Array:
    """Flow values of some sinks: float64 [sink]. exits: [sink, node of the lowest layer]."""
    sinks = len(exits)
    widths = [len(step) for step in inner] + [exits.shape[1]]
    state = _State(
        excess=[np.zeros((sinks, width)) for width in widths],
        free=[np.repeat(step[None], sinks, axis=0) for step in inner],
        used=[np.zeros((sinks, *step.shape)) for step in inner],
        exits=exits.copy(),
        label=[np.full((sinks, width), FAR) for width in widths],
    )
    state.excess[0][:] = first
    values = np.zeros(sinks)
    working = np.arange(sinks)
    while len(working):
        if should_stop():
            raise Cancelled
        _set_labels(state)
        active = np.zeros(len(working), dtype=bool)
        for excess, label in zip(state.excess, state.label, strict=True):
            active |= ((excess > TINY) & (label < FAR)).any(axis=1)
        if not active.all():
            state.keep(active)
            working = working[active]
            if not len(working):
                break
        values[working] += _sweep(state)
    return values


def _set_labels(state: _State) -> None:
    """Exact distances to the sink over edges with room, and back over edges with flow."""
    labels = state.label
    for label in labels:
        label.fill(FAR)
    labels[-1][state.exits > TINY] = 1
    changed = True
    while changed:
        changed = False
        for n in range(len(labels) - 2, -1, -1):
            down = np.where(state.free[n] > TINY, labels[n + 1][:, None, :], FAR).min(axis=2) + 1
            changed |= _lower(labels[n], down)
        for n in range(len(labels) - 1):
            back = np.where(state.used[n] > TINY, labels[n][:, :, None], FAR).min(axis=1) + 1
            changed |= _lower(labels[n + 1], back)


def _lower(label: Array, found: Array) -> bool:
    better = found < label
    if not better.any():
        return False
    label[better] = found[better]
    return True


def _sweep(state: _State) -> Array:
    """Every node pushes what it holds one step nearer to the sink, down first and then back: what arrived, [sink]."""
    depth = len(state.label)
    for n in range(depth - 1):
        _push(state.excess[n], state.excess[n + 1], state.free[n], state.used[n], state.label[n], state.label[n + 1])
    arriving = np.minimum(state.excess[-1], np.where(state.label[-1] == 1, state.exits, 0.0))
    state.excess[-1] -= arriving
    state.exits -= arriving
    for n in range(depth - 2, -1, -1):
        used, free = state.used[n].swapaxes(1, 2), state.free[n].swapaxes(1, 2)
        _push(state.excess[n + 1], state.excess[n], used, free, state.label[n + 1], state.label[n])
    return arriving.sum(axis=1)


def _push(here: Array, there: Array, room: Array, other: Array, label: Array, next_label: Array) -> None:
    """Moves excess [sink, i] to [sink, j] along edges with room [sink, i, j] that lead one step nearer to the sink.

    Shared out in proportion to the room; `other` gains what `room` loses.
    """
    busy = np.nonzero(((here > TINY) & (label < FAR)).any(axis=0))[0]
    if not len(busy):
        return
    open_room = room[:, busy] * (label[:, busy, None] == next_label[:, None, :] + 1)
    total = open_room.sum(axis=2)
    share = np.minimum(1.0, np.divide(here[:, busy], total, out=np.zeros_like(total), where=total > 0))
    moved = open_room * share[:, :, None]
    room[:, busy] -= moved
    other[:, busy] += moved
    here[:, busy] -= moved.sum(axis=2)
    there += moved.sum(axis=1)
