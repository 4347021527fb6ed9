"""What a person may choose in the map alone, and in the grid of all heads alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class MapOptions:
    """mean: the mean of all heads of the layer instead of one head; choosing a head ends it."""

    mean: bool = option(False, "the mean of all heads of the layer", flag="--mean-heads", kept=False)


@dataclass(frozen=True, slots=True)
class GridOptions:
    """own_scales: whether every head has the whole range of colours, up to its own largest weight."""

    own_scales: bool = option(False, "colour every head up to its own largest weight", flag="--own-scales")
