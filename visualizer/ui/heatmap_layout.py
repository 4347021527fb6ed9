"""Where the parts of a heatmap lie: labels, picture, colour bar, readout; and which cells the picture shows."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QFontMetricsF

from visualizer.ui import fonts, labels
from visualizer.ui.theme import Theme

LARGEST_CELL = 144  # pixels of the design: three tokens need no wall
STRETCH = 1.5  # the cells of a short text may be so much wider than high, where there is room
STRETCH_IN_LECTURE = 1.9  # large labels leave less height
SHORT = 20  # tokens: in a longer text, one sees shapes, and squares show them as they are
CRISP_CELL = 4  # from this size on, cells are whole pixels


@dataclass(frozen=True)
class Layout:
    """Rectangles in the widget's pixels; `window` in cells: x, width count columns, y, height rows.

    readout: below the middle of the picture; below: the widget's whole width, for a line that is longer. slack: height
    that nothing needs, in pixels.
    """

    picture: QRectF
    row_labels: QRectF
    column_labels: QRectF
    bar: QRectF
    readout: QRectF
    below: QRectF
    window: QRectF
    slack: float = 0.0

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell, in pixels."""
        return self.picture.width() / self.window.width(), self.picture.height() / self.window.height()

    def cell_rect(self, row: int, column: int, rows: int = 1, columns: int = 1) -> QRectF:
        """Where a block of cells lies; it may reach beyond the picture."""
        width, height = self.cell
        x = self.picture.x() + (column - self.window.x()) * width
        y = self.picture.y() + (row - self.window.y()) * height
        return QRectF(x, y, width * columns, height * rows)

    def cell_at(self, point: QPointF) -> tuple[float, float] | None:
        """(row, column) as fractions under a point of the picture, None beside it."""
        if not self.picture.contains(point):
            return None
        width, height = self.cell
        row = self.window.y() + (point.y() - self.picture.y()) / height
        return row, self.window.x() + (point.x() - self.picture.x()) / width

    def cells_shown(self, shape: tuple[int, int]) -> tuple[int, int, int, int]:
        """Half-open ranges of rows and columns that are at least partly visible: top, bottom, left, right."""
        top, left = max(0, math.floor(self.window.top())), max(0, math.floor(self.window.left()))
        bottom = min(shape[0], math.ceil(self.window.bottom() - 1e-9))
        return top, bottom, left, min(shape[1], math.ceil(self.window.right() - 1e-9))


def _crisp(cell: float) -> float:
    return math.floor(cell) if cell >= CRISP_CELL else cell


def widest(texts: Sequence[str], metrics: QFontMetricsF) -> tuple[float, float]:
    """Greatest length of the labels: lying flat, and as column labels that do not lie flat; in pixels."""
    if not texts:
        return 0.0, 0.0
    # Thousands of labels are too many to measure: those with most signs, wide ones counted twice, are enough.
    by_width = sorted(set(texts), key=_columns, reverse=True)[:8]
    by_length = sorted(set(texts), key=len, reverse=True)[:8]
    flat = max(metrics.horizontalAdvance(text) for text in by_width)
    return flat, max(labels.length(text, metrics) for text in (*by_width, *by_length))


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def arrange(
    size: QSize,
    shape: tuple[int, int],
    window: QRectF | None,
    theme: Theme,
    metrics: QFontMetricsF,
    extents: tuple[float, float, float, float],
    *,
    square: bool,
    readout: bool,
) -> Layout:
    """The layout of a widget of this size for a matrix of this shape.

    extents: width of the rows' title, greatest width of the row labels, greatest flat and greatest upright length of
    the column labels. window: the part to show, None for everything. square: rows are as high as columns are wide, or
    nearly so.
    """
    rows, columns = max(1, shape[0]), max(1, shape[1])
    line, gap = metrics.height(), theme.px(8)
    row_title, row_width, flat, upright = extents
    left = gap + max(row_title, min(row_width, max(0.3 * size.width(), theme.px(64))))
    bar_width = theme.px(76)
    said = QFontMetricsF(fonts.readout_font(theme)).height() if readout else 0.0
    bottom = said + theme.px(12) if readout else gap
    room_x = max(1.0, size.width() - 2 * gap - left - bar_width)
    title = line + theme.px(4)

    def fit(top: float) -> tuple[float, float]:
        room_y = max(1.0, size.height() - top - bottom)
        width, height = room_x / columns, min(room_y / rows, theme.px(LARGEST_CELL))
        if square:
            stretch = STRETCH_IN_LECTURE if theme.lecture else STRETCH
            wider = stretch if max(rows, columns) <= SHORT else 1.0
            width, height = min(width, wider * height), min(width, height)
        return _crisp(width), _crisp(height)

    top = title + line + gap
    cell = fit(top)
    if flat + theme.px(6) > cell[0]:
        top = title + min(upright, theme.px(112), 0.25 * size.height()) + gap
        cell = fit(top)
    width, height = cell[0] * columns, cell[1] * rows
    # Everything stands in the middle as one group; whole pixels keep the cells crisp.
    x = round(gap + left + max(0.0, (room_x - width) / 2))
    slack = max(0.0, size.height() - top - bottom - height)
    top += slack / 3
    picture = QRectF(x, round(top), max(1.0, round(width)), max(1.0, round(height)))
    below = QRectF(gap, picture.bottom() + theme.px(4), max(1.0, size.width() - 2 * gap), said + theme.px(6))
    side = min(picture.center().x(), size.width() - picture.center().x()) - gap
    return Layout(
        picture=picture,
        row_labels=QRectF(x - left, picture.y(), left - theme.px(6), picture.height()),
        column_labels=QRectF(x, title + slack / 3, picture.width(), picture.y() - title - slack / 3 - theme.px(4)),
        bar=QRectF(picture.right() + theme.px(24), picture.y(), theme.px(10), min(picture.height(), theme.px(240))),
        readout=QRectF(picture.center().x() - side, below.y(), 2 * side, below.height()),
        below=below,
        window=window if window is not None else QRectF(0, 0, columns, rows),
        slack=slack,
    )


def zoomed(window: QRectF, shape: tuple[int, int], factor: float, at: tuple[float, float]) -> QRectF | None:
    """The window after zooming by `factor` (above 1: closer) around the cell position `at`; None: everything."""
    rows, columns = shape
    width = min(float(columns), max(window.width() / factor, min(columns, 4)))
    height = min(float(rows), max(window.height() / factor, min(rows, 4)))
    if width >= columns and height >= rows:
        return None
    row, column = at
    x = column - (column - window.x()) * width / window.width()
    y = row - (row - window.y()) * height / window.height()
    return clamped(QRectF(x, y, width, height), shape)


def clamped(window: QRectF, shape: tuple[int, int]) -> QRectF:
    """A window moved back onto the matrix."""
    x = min(max(0.0, window.x()), shape[1] - window.width())
    y = min(max(0.0, window.y()), shape[0] - window.height())
    return QRectF(x, y, window.width(), window.height())
