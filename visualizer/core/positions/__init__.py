"""How a model knows where a token stands: data and formulas."""

from __future__ import annotations

from visualizer.core.positions.formula import cosine_similarity, find_sinusoid, interleaved, sinusoid
from visualizer.core.positions.scheme import LEAST_POSITIONS, PositionPart, PositionScheme

__all__ = [
    "LEAST_POSITIONS",
    "PositionPart",
    "PositionScheme",
    "cosine_similarity",
    "find_sinusoid",
    "interleaved",
    "sinusoid",
]
