"""What the feed-forward view has computed, on the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from visualizer.core.analyses import feed_forward
from visualizer.core.analyses.feed_forward import LayerNeurons, Neuron, Promoted, Steps
from visualizer.core.errors import CannotRead
from visualizer.core.system import memo
from visualizer.session.jobs import ShouldStop

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

MOST = 24  # neurons in the list
TOKENS = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """position: an index of the side's tokens. neuron, expert: None: the one that writes most there."""

    side: str
    layer: int
    position: int
    neuron: int | None
    expert: int | None


@dataclass(frozen=True, eq=False)
class Found:
    """neurons: those that write most at the token; chosen: the followed one at the token, it may be none of them.

    promoted: None where what follows is not linear, and `refused` says why.
    """

    asked: Asked
    layer: LayerNeurons
    steps: Steps
    neurons: tuple[Neuron, ...]
    chosen: Neuron | None
    promoted: Promoted | None
    refused: CannotRead | None


_Read = tuple[tuple[Neuron, ...], Neuron | None, Promoted | None, CannotRead | None]


def known(trace: Trace, asked: Asked) -> Found | None:
    """What was computed before, at once."""
    read: _Read | None = memo.find(trace, ("feed-forward view", asked), None)
    layer = feed_forward.known_layer(trace, asked.layer, asked.side)
    steps = feed_forward.known_steps(trace, asked.side)
    if read is None or layer is None or steps is None:
        return None
    return Found(asked, layer, steps, *read)


def measure(trace: Trace, asked: Asked, should_stop: ShouldStop) -> Found:
    """All that is drawn. Raises what `feed_forward.layer` raises."""
    layer = feed_forward.layer(trace, asked.layer, asked.side, should_stop)
    steps = feed_forward.steps(trace, asked.side, should_stop)
    read = memo.ask(trace, ("feed-forward view", asked), lambda: _read(trace, asked, layer), lambda _read: 4096)
    return Found(asked, layer, steps, *read)


def _read(trace: Trace, asked: Asked, layer: LayerNeurons) -> _Read:
    every = feed_forward.strongest(trace, layer, asked.position, None)
    chosen = _chosen(every, asked)
    promoted, refused = None, None
    if chosen is not None:
        try:
            promoted = feed_forward.promoted(trace, layer, chosen.neuron, chosen.expert, TOKENS)
        except CannotRead as error:
            refused = error
    return every[:MOST], chosen, promoted, refused


def _chosen(every: tuple[Neuron, ...], asked: Asked) -> Neuron | None:
    """The followed neuron; one that this layer, or the token's experts, have not: the strongest."""
    for one in every:
        if one.neuron == asked.neuron and asked.expert in (None, one.expert):
            return one
    return every[0] if every else None
