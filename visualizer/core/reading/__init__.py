"""Attention as a person reads it."""

from __future__ import annotations

from visualizer.core.reading.matrix import (
    LITTLE,
    NO_AXES,
    Reading,
    axes,
    masked_units,
    quadrants,
    read,
    read_matrix,
    read_row,
    side,
    sides,
    word_classes,
)
from visualizer.core.reading.mean import read_mean
from visualizer.core.reading.rule import PLAIN, QUADRANTS, Rule

__all__ = [
    "LITTLE",
    "NO_AXES",
    "PLAIN",
    "QUADRANTS",
    "Reading",
    "Rule",
    "axes",
    "masked_units",
    "quadrants",
    "read",
    "read_matrix",
    "read_mean",
    "read_row",
    "side",
    "sides",
    "word_classes",
]
