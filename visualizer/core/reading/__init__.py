"""Attention as a person reads it."""

from __future__ import annotations

from visualizer.core.reading.matrix import (
    LITTLE,
    NO_AXES,
    QUADRANTS,
    Reading,
    axes,
    masked_units,
    quadrants,
    read,
    read_row,
    side,
    sides,
    word_classes,
)

__all__ = [
    "LITTLE",
    "NO_AXES",
    "QUADRANTS",
    "Reading",
    "axes",
    "masked_units",
    "quadrants",
    "read",
    "read_row",
    "side",
    "sides",
    "word_classes",
]
