"""What a person may choose in the feed-forward view alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """neuron: the followed one, of the chosen layer; None: the one that writes most. expert: whose, in a mixture."""

    neuron: int | None = option(None, "the followed neuron", low=0, flag="--neuron", kept=False)
    expert: int | None = option(None, "the expert that the neuron belongs to", low=0, kept=False)
