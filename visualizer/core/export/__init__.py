"""What a trace holds, written as data for other programs."""

from __future__ import annotations

from visualizer.core.export.part import Part
from visualizer.core.export.quantities import write

__all__ = ["Part", "write"]
