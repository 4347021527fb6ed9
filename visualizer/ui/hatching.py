"""Hatching as lines, for whatever is enlarged or printed: every line ends where the hatched cells end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF

from visualizer.ui.heatmap_layout import Layout

PERIOD = 7.0  # pixels of the design from one line to the next, along an edge


def over(area: QRectF, period: float) -> list[QLineF]:
    """Diagonals, rising to the right, over a whole rectangle."""
    lines = []
    for at in np.arange(period / 2, area.width() + area.height(), period):
        start, end = max(0.0, at - area.height()), min(area.width(), at)
        lines.append(_line(area, float(at), start, end))
    return lines


def over_cells(mask: NDArray[np.bool_], layout: Layout, period: float) -> list[QLineF]:
    """The same over the cells of a picture that are True in mask: bool [row, column], and over nothing else.

    Cut where the cells end, and not by a clip: files of SVG Tiny, which Qt writes, know none.
    """
    picture, window, (width, height) = layout.picture, layout.window, layout.cell
    columns = (np.arange(mask.shape[1] + 1) - window.x()) * width  # edges, from the corner of the picture
    rows = (np.arange(mask.shape[0] + 1) - window.y()) * height
    lines = []
    for at in np.arange(period / 2, picture.width() + picture.height(), period):
        start, end = max(0.0, at - picture.height()), min(picture.width(), at)
        cuts = np.concatenate([columns, at - rows])
        cuts = np.unique(np.concatenate([[start, end], cuts[(cuts > start) & (cuts < end)]]))
        middles = (cuts[:-1] + cuts[1:]) / 2
        column = (middles / width + window.x()).astype(np.intp).clip(0, mask.shape[1] - 1)
        row = ((at - middles) / height + window.y()).astype(np.intp).clip(0, mask.shape[0] - 1)
        hatched = np.concatenate([[False], mask[row, column], [False]]).astype(np.int8)
        begins, ends = np.flatnonzero(np.diff(hatched) == 1), np.flatnonzero(np.diff(hatched) == -1)
        lines += [_line(picture, float(at), float(cuts[a]), float(cuts[b])) for a, b in zip(begins, ends, strict=True)]
    return lines


def _line(area: QRectF, at: float, start: float, end: float) -> QLineF:
    left, top = area.x(), area.y()
    return QLineF(left + start, top + at - start, left + end, top + at - end)
