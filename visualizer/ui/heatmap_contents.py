"""What a heat map shows: numbers, labels, marks; no pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visualizer.ui.colorscale import ColorScale, Floats


@dataclass
class Contents:
    """What a heatmap shows. values: float32 [row, column]; mask: bool [row, column], True = hatched."""

    values: Floats = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    mask: NDArray[np.bool_] | None = None
    row_labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    quiet_rows: NDArray[np.bool_] | None = None  # dimmed, like columns
    quiet_columns: NDArray[np.bool_] | None = None
    texts: Sequence[Sequence[str]] | None = None  # [row][column], in the place of the numbers
    scale: ColorScale = field(default_factory=lambda: ColorScale(1.0))
    row_title: str = ""
    column_title: str = ""
    unit: str = ""
    numbered: bool = True
    readout: str = ""
    is_last: bool = False  # the readout is of what was pointed at last
    hovered: tuple[int, int] = (-1, -1)
    locked: tuple[int, int] = (-1, -1)
