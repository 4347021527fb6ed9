"""What a person may choose in the map of the model alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """matrices: whether the boxes list their matrices. opened: a layer without attention that is unfolded, -1: none."""

    matrices: bool = option(False, "list the matrices of every box", flag="--matrices")
    opened: int = option(-1, "layer without attention that is unfolded, -1 for none", low=-1, kept=False)
