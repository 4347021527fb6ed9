"""Shares of a whole as stacked bars, one below the other; the first row stands at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.ui import fonts, guard, theme
from visualizer.ui.color import contrast, to_hex
from visualizer.ui.numbers import short_probability
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme

_LIGHTNESS = (235, 165, 95, 35)  # entries of the map from zero up: dark to light, apart in grey, too
_LARGEST_ROW = 30


@guard.overrides
class StackedBars(QWidget):
    """shares [row, part], rows sum to 1. row_clicked: its number."""

    row_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._names: tuple[str, ...] = ()
        self._labels: tuple[str, ...] = ()
        self._marked = -1
        self.shares: NDArray[np.float64] = np.zeros((0, 0))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_shares(self, shares: NDArray[np.float64], labels: Sequence[str], names: Sequence[str]) -> None:
        """Show these, at most four parts. labels: of the rows; names: of the parts."""
        self.shares, self._labels, self._names = shares, tuple(labels), tuple(names)
        self.update()

    def set_marked(self, row: int) -> None:
        """The row that is chosen; -1: none."""
        self._marked = row
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._theme.px(240))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(180), self._theme.px(120))

    # --- geometry --------------------------------------------------------------------------------

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(fonts.base_font(self._theme.scale, 12))

    def _picture(self) -> QRectF:
        metrics, gap = self._metrics(), self._theme.px(8)
        left = gap + max((metrics.horizontalAdvance(label) for label in self._labels), default=0.0) + gap
        top = self._legend_lines(left)[1] * metrics.height() * 1.3 + gap
        height = min(self.height() - top - gap, len(self.shares) * self._theme.px(_LARGEST_ROW))
        return QRectF(left, top, max(1.0, self.width() - left - 2 * gap), max(1.0, height))

    def _legend_lines(self, left: float) -> tuple[list[tuple[float, int]], int]:
        """Where each name begins (x, line), and the number of lines."""
        metrics, places, line = self._metrics(), [], 0
        x = left
        for name in self._names:
            width = metrics.horizontalAdvance(name) + 2.4 * metrics.height()
            if x > left and x + width > self.width():
                x, line = left, line + 1
            places.append((x, line))
            x += width
        return places, line + 1

    def _row_at(self, point: QPoint) -> int:
        area = self._picture()
        if not len(self.shares) or not area.top() <= point.y() < area.bottom():
            return -1
        return len(self.shares) - 1 - int((point.y() - area.top()) / area.height() * len(self.shares))

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The shares of the row at a point, without one of the marked row."""
        row = self._marked if point is None else self._row_at(point)
        if not 0 <= row < len(self.shares):
            return None
        cells = (self._labels[row], *(digits(share) for share in self.shares[row]))
        return Pointed("", ("", *self._names), cells)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.surface))
        if not self.shares.size:
            return
        painter.setFont(fonts.base_font(theme.scale, 12))
        metrics, area = self._metrics(), self._picture()
        fills = [to_hex(theme.attention_lut[entry, :3] / 255.0) for entry in _LIGHTNESS]
        square = metrics.height() * 0.8
        for name, fill, (x, line) in zip(self._names, fills, self._legend_lines(area.left())[0], strict=False):
            y = theme.px(4) + line * metrics.height() * 1.3
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(fill))
            painter.drawRect(QRectF(x, y + 0.15 * square, square, square))
            painter.setPen(QColor(theme.text))
            where = QRectF(x + 1.4 * square, y, self.width(), metrics.height())
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, name)
        height = area.height() / len(self.shares)
        every = max(1, int(np.ceil(metrics.height() / height)))
        for row, shares in enumerate(self.shares):
            bar = QRectF(area.left(), area.bottom() - (row + 1) * height, area.width(), height)
            self._paint_row(painter, bar, shares, fills, metrics)
            if row % every == 0:
                painter.setPen(QColor(theme.accent if row == self._marked else theme.text_quiet))
                where = QRectF(0, bar.center().y() - metrics.height() / 2, area.left() - theme.px(6), metrics.height())
                painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._labels[row])
            if row == self._marked:
                painter.setPen(QPen(QColor(theme.accent), theme.px(2)))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(bar)

    def _paint_row(
        self, painter: QPainter, bar: QRectF, shares: NDArray[np.float64], fills: list[str], metrics: QFontMetricsF
    ) -> None:
        theme, x = self._theme, bar.left()
        inset = min(theme.px(2), 0.15 * bar.height())
        for share, fill in zip(shares.tolist(), fills, strict=False):
            part = QRectF(x, bar.top() + inset, share * bar.width(), bar.height() - 2 * inset)
            painter.fillRect(part, QColor(fill))
            x = part.right()
            text = short_probability(share)
            fits = metrics.horizontalAdvance(text) + theme.px(6) < part.width() and metrics.height() < part.height() + 2
            if fits:
                painter.setPen(QColor(max((theme.text, theme.paper), key=lambda ink: contrast(ink, fill))))
                painter.drawText(part, Qt.AlignmentFlag.AlignCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.row_clicked.emit(row)
