"""Rows of bars that start at the left: a name, one or two bars, and a number; one row is chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.plain_text import tip
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme, current


@dataclass(frozen=True, slots=True)
class Row:
    """label, text: at both ends. values: one bar each, none below zero; NaN: no bar. hint: the tooltip."""

    label: str
    text: str
    values: tuple[float, ...]
    hint: str = ""


@guard.overrides
class RowBars(QWidget):
    """As many rows as there is room for, around the chosen one. row_chosen: by click, Up and Down.

    upward: the first row stands at the bottom, as layers rise.
    """

    row_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, upward: bool = False) -> None:
        super().__init__(parent)
        self._theme = current()
        self._rows: tuple[Row, ...] = ()
        self._title, self._names = "", tuple[str, ...]()
        self._chosen, self._upward = -1, upward
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_rows(self, rows: Sequence[Row], chosen: int = -1) -> None:
        """Show these; `chosen` is marked, -1: none."""
        self._rows, self._chosen = tuple(rows), chosen
        self.setAccessibleDescription(", ".join(f"{row.label} {row.text}" for row in rows[:40]))
        self.update()

    def set_titles(self, title: str, names: Sequence[str] = ("",)) -> None:
        """What is shown, and what each bar of a row is."""
        self._title, self._names = title, tuple(names)
        self.setAccessibleName(title)
        self.update()

    def rows(self) -> tuple[Row, ...]:
        """All rows, in sight or not."""
        return self._rows

    def chosen(self) -> int:
        """The marked row; -1: none."""
        return self._chosen

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(280), self._theme.px(9 * 26))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px((2 if self._theme.lecture else 4) * 26))

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The first number of the row at a point, without one of the chosen row."""
        at = self._chosen if point is None else self.row_at(point)
        if not 0 <= at < len(self._rows):
            return None
        row = self._rows[at]
        values = tuple(digits(value) for value in row.values)
        return Pointed(values[0], (self._title, *self._names), (row.label, *values))

    # --- where rows stand ------------------------------------------------------------------------

    def _height(self) -> float:
        return float(self._theme.px(24))

    def _top(self) -> float:
        return float(self._theme.px(24)) if self._title else 0.0

    def _shown(self) -> range:
        count = max(1, int((self.height() - self._top()) // self._height()))
        first = max(0, min(self._chosen - count // 2, len(self._rows) - count))
        return range(first, min(first + count, len(self._rows)))

    def area_of(self, row: int) -> QRectF:
        """Where a row that is in sight stands."""
        shown = self._shown()
        place = shown.stop - 1 - row if self._upward else row - shown.start
        return QRectF(0, self._top() + place * self._height(), self.width(), self._height())

    def row_at(self, point: QPoint) -> int:
        """The row at a point; -1: none."""
        return next((row for row in self._shown() if self.area_of(row).contains(point.toPointF())), -1)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.surface))
        font = fonts.base_font(theme.scale)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        colors = (QColor(theme.accent), QColor(theme.text_quiet))
        self._paint_title(painter, metrics, colors)
        if not self._rows:
            return
        shown, gap = self._shown(), theme.px(8)
        names = min(0.4 * self.width(), max(metrics.horizontalAdvance(self._rows[n].label) for n in shown) + gap)
        numbers = max(metrics.horizontalAdvance(self._rows[n].text) for n in shown) + gap
        room = max(self.width() - names - numbers, theme.px(24))
        largest = max((v for row in self._rows for v in row.values if math.isfinite(v)), default=0.0) or 1.0
        for number in shown:
            row, area = self._rows[number], self.area_of(number)
            if number == self._chosen:
                painter.fillRect(area, QColor(theme.hover))
                painter.fillRect(QRectF(area.left(), area.top(), theme.px(3), area.height()), QColor(theme.accent))
            painter.setPen(QColor(theme.text))
            left = area.adjusted(theme.px(6), 0, 0, 0)
            label = metrics.elidedText(row.label, Qt.TextElideMode.ElideRight, names - theme.px(6))
            painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, label)
            each = (area.height() - theme.px(8)) / max(1, len(row.values))
            for n, value in enumerate(row.values):
                if math.isfinite(value):
                    bar = QRectF(names, area.top() + theme.px(4) + n * each, value / largest * room, each - theme.px(1))
                    painter.fillRect(bar, colors[n % 2])
            painter.setPen(QColor(theme.text))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.text)

    def _paint_title(self, painter: QPainter, metrics: QFontMetricsF, colors: tuple[QColor, QColor]) -> None:
        if not self._title:
            return
        area = QRectF(0, 0, self.width(), self._top())
        painter.setPen(QColor(self._theme.text_quiet))
        names = [name for name in self._names if name]
        key = sum(metrics.horizontalAdvance(f"  ■ {name}") for name in names)
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, max(0.0, self.width() - key))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, title)
        x = metrics.horizontalAdvance(title)
        for n, name in enumerate(names):
            painter.setPen(colors[n % 2])
            painter.drawText(area.adjusted(x, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, "  ■")
            x += metrics.horizontalAdvance("  ■ ")
            painter.setPen(QColor(self._theme.text))
            painter.drawText(area.adjusted(x, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
            x += metrics.horizontalAdvance(name)

    # --- pointer and keys ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.row_chosen.emit(row)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self._rows:
            super().keyPressEvent(event)
            return
        step = -step if self._upward else step
        self.row_chosen.emit(max(0, min(self._chosen + step, len(self._rows) - 1)))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(event.pos())
            QToolTip.showText(event.globalPos(), tip(self._rows[row].hint) if row >= 0 else "", self)
            return True
        return super().event(event)
