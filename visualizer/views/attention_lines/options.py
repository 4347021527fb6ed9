"""What a person may choose in the lines view alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """heads: those of the layer that are drawn; empty: the one that is selected, or with `every` all of them.

    mass: share of the attention that lines carry together.
    """

    heads: frozenset[int] = option(
        frozenset(), "heads of the lines, as 0,2,5 (default: that of --head)", items="int", flag="--heads", kept=False
    )
    every: bool = option(False, "lines of all heads of the layer", flag="--all-heads", kept=False)
    mass: float = option(0.7, "share of attention that lines carry", low=0.01, high=1.0, flag="--mass", kept=False)
    sides: str = option("columns", "tokens in two columns, or in two rows", choices=("columns", "rows"), flag="--sides")
