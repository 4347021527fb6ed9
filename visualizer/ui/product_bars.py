"""One query against one key, dimension by dimension: bars of q, of k, and of their product, whose sum is the score."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard, labels, theme
from visualizer.ui.numbers import format_number
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme

Values = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BarRow:
    """One row of bars: a name to its left, what stands to its right, and its values [dimension]."""

    name: str
    values: Values = field(default_factory=lambda: np.zeros(0, np.float32))
    result: str = ""


@guard.overrides
class ProductBars(QWidget):
    """Rows of signed bars over the same dimensions. dimension_hovered: the one under the pointer, or -1."""

    dimension_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._rows: tuple[BarRow, ...] = ()
        self._hovered = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: tuple[BarRow, ...]) -> None:
        """Show these; all rows have the same number of values."""
        self._rows = rows
        self._hovered = -1
        said = "; ".join(f"{row.name}: {row.result}" for row in rows if row.result)
        self.setAccessibleDescription(said)
        self.update()

    def set_growing(self, growing: bool) -> None:
        """Whether the rows take all the height that there is, or only what they need."""
        vertical = QSizePolicy.Policy.Expanding if growing else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def _area(self) -> tuple[float, float]:
        """Left end and width of the bars."""
        metrics = QFontMetricsF(fonts.base_font(self._theme.scale, 12))
        names = max((metrics.horizontalAdvance(row.name) for row in self._rows), default=0.0)
        results = max((metrics.horizontalAdvance(row.result) for row in self._rows), default=0.0)
        gap = self._theme.px(8)
        left = min(names, 0.3 * self.width()) + 2 * gap
        return left, max(1.0, self.width() - left - min(results, 0.4 * self.width()) - 2 * gap)

    def _dimension_at(self, point: QPointF) -> int:
        left, width = self._area()
        count = len(self._rows[0].values) if self._rows else 0
        index = int((point.x() - left) / width * count) if count else -1
        return index if 0 <= index < count and point.x() >= left else -1

    # --- Qt --------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(480), self._theme.px(38) * max(3, len(self._rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self._theme
        painter.fillRect(self.rect(), QColor(theme.surface))
        if not self._rows:
            return
        painter.setFont(fonts.base_font(theme.scale, 12))
        left, width = self._area()
        height, gap = self.height() / len(self._rows), theme.px(8)
        for n, row in enumerate(self._rows):
            top = n * height
            painter.setPen(QColor(theme.text))
            right = Qt.AlignmentFlag.AlignRight
            labels.draw_flat(painter, row.name, QRectF(gap / 2, top, left - 1.5 * gap, height), right)
            result = QRectF(left + width + gap, top, self.width() - left - width - gap, height)
            labels.draw_flat(painter, row.result, result, Qt.AlignmentFlag.AlignLeft)
            self._paint_bars(painter, row.values, QRectF(left, top + 3, width, height - 6))

    def _paint_bars(self, painter: QPainter, values: Values, area: QRectF) -> None:
        theme = self._theme
        middle = area.center().y()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(QRectF(area.left(), middle - 0.5, area.width(), 1), QColor(theme.border))
        largest = float(np.abs(values).max(initial=0.0))
        if largest == 0:
            return
        pitch = area.width() / len(values)
        gap = 1.0 if pitch > 3 else 0.0
        # Ends of the diverging map: the colours that signed numbers have in the matrices.
        colors = [QColor(*(int(c) for c in theme.diverging_lut[entry][:3])) for entry in (40, 216)]
        for index, value in enumerate(values.tolist()):
            length = abs(value) / largest * area.height() / 2
            y = middle - length if value > 0 else middle
            color = colors[int(value > 0)]
            if index == self._hovered:
                color = QColor(theme.accent)
            bar = QRectF(area.left() + index * pitch, y, max(1.0, pitch - gap), max(0.5, length))
            painter.fillRect(bar, color)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._dimension_at(event.position())
        if index != self._hovered:
            self._hovered = index
            self.dimension_hovered.emit(index)
            self.update()
        if index >= 0:
            lines = [self.tr("Dimension {index}").format(index=index)]
            lines += [f"{row.name}: {format_number(float(row.values[index]))}" for row in self._rows]
            QToolTip.showText(event.globalPosition().toPoint(), tip("\n".join(lines)), self)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.dimension_hovered.emit(-1)
        self.update()
        super().leaveEvent(event)
