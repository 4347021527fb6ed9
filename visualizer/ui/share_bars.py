"""Several readings of the same tokens side by side: a row a token, a column of bars a reading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from visualizer.ui import fonts, guard, labels, terms, theme
from visualizer.ui.numbers import short_weight
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme

_ROW, _LOWEST = 26.0, 3.0  # pixels of the design: a row with room, and the least that can still be seen
_HIGHEST = 56.0  # few rows fill the picture, but are no walls
_READABLE = 15.0  # from here on every row has its label and its numbers
_FEW = 64  # rows that are rather scrolled through than seen as hairs without a name


@dataclass(frozen=True, eq=False)
class Reading:
    """values: float32 [row], nan where there is none; None: not there (yet), and `message` says why.

    is_signed: bars go both ways from the middle. note: below the title.
    """

    title: str
    values: NDArray[np.float32] | None = None
    note: str = ""
    message: str = ""
    is_signed: bool = False


@dataclass(frozen=True)
class Row:
    """label of a token; is_quiet: it cannot matter here; heading: stands above it, where another text begins."""

    label: str
    is_quiet: bool = False
    heading: str = ""


@guard.overrides
class ShareBars(QWidget):
    """row_hovered: its number, -1 when the pointer leaves. row_clicked, row_opened (a double click): its number."""

    row_hovered = Signal(int)
    row_clicked = Signal(int)
    row_opened = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, every_label: bool = False) -> None:
        """every_label: rows are never so low that labels thin out; what does not fit is scrolled."""
        super().__init__(parent)
        self._every_label = every_label
        self.theme = theme.current()
        self.rows: tuple[Row, ...] = ()
        self.readings: tuple[Reading, ...] = ()
        self.marked = self.hovered = -1
        self.zoom = 1.0
        self._head = _Head(self)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidgetResizable(False)
        self._body = _Body(self)
        self._area.setWidget(self._body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self._area, 1)

    # --- contents --------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[Row], marked: int) -> None:
        """The tokens; `marked` is the one whose prediction is read."""
        if len(rows) != len(self.rows):
            self.zoom, self.hovered = 1.0, -1
        moved = marked != self.marked or len(rows) != len(self.rows)
        self.rows, self.marked = tuple(rows), marked
        self._lay_out()
        if moved and 0 <= marked < len(rows):
            self._area.ensureVisible(0, round(self.tops()[marked]), 0, self._area.height() // 3)

    def set_readings(self, readings: Sequence[Reading]) -> None:
        """The columns, with as many values as there are rows."""
        self.readings = tuple(readings)
        self._lay_out()

    def set_hovered(self, row: int) -> None:
        """Mark a row lightly; -1: none."""
        if row != self.hovered:
            self.hovered = row
            self._body.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self.theme = theme
        self._lay_out()

    # --- geometry --------------------------------------------------------------------------------

    def metrics(self) -> QFontMetricsF:
        return QFontMetricsF(fonts.base_font(self.theme.scale, 12))

    def row_height(self) -> float:
        """Pixels: as high as there is room for, zoomed."""
        room = self.room() - self._headings() * self.heading_height() - 2 * self._margin()
        named = self.metrics().height() + self.theme.px(4)
        least = named if self._every_label else _LOWEST
        fitting = min(self.theme.px(_HIGHEST), max(least, room / max(1, len(self.rows))))
        if len(self.rows) <= _FEW and fitting < self.theme.px(_READABLE) / 2:
            fitting = named
        return fitting * self.zoom

    def room(self) -> int:
        """Pixels of height for all rows."""
        return self.height() - self._head.wanted_height()

    def section_start(self, row: int) -> int:
        """The first row of the text that a row belongs to."""
        return next((n for n in range(row, -1, -1) if self.rows[n].heading), 0)

    def heading_height(self) -> float:
        return self.metrics().height() + self.theme.px(8)

    def _headings(self) -> int:
        return sum(bool(row.heading) for row in self.rows)

    def tops(self) -> NDArray[np.float64]:
        """Upper edge of each row."""
        before = np.cumsum([bool(row.heading) for row in self.rows])
        return self._margin() + np.arange(len(self.rows)) * self.row_height() + before * self.heading_height()

    def _margin(self) -> float:
        """Room above the first row and below the last one for half of a label that is higher than its row."""
        return self.theme.px(6) if len(self.rows) * self.metrics().height() > self.room() else 0.0

    def label_width(self) -> float:
        metrics, most = self.metrics(), self.width() * 0.24
        longest = sorted((row.label for row in self.rows), key=len)[-12:]
        widest = max((metrics.horizontalAdvance(label.strip()) for label in longest), default=0.0)
        number = metrics.horizontalAdvance(f"{len(self.rows)} ")
        return min(most, max(widest + number, self.theme.px(48))) + self.theme.px(24)

    def column(self, number: int) -> tuple[float, float]:
        """Left and right edge of a column of bars."""
        left = self.label_width()
        width = (self._body.width() - left - self.theme.px(8)) / max(1, len(self.readings))
        start = left + number * width
        return start, start + width - self.theme.px(16)

    def row_at(self, y: float) -> int:
        """The row at a height of the body, -1 when there is none."""
        tops = self.tops()
        found = int(np.searchsorted(tops, y, side="right")) - 1
        return found if found >= 0 and y < tops[found] + self.row_height() else -1

    def row_under(self, point: QPoint) -> int:
        """The row at a point of this widget, -1 when there is none."""
        inside = self._body.mapFrom(self, point)
        return self.row_at(inside.y()) if point.y() >= self._head.height() else -1

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The token of the row at a point, without one of the marked row, with what each reading gives it."""
        row = self.marked
        column = -1
        if point is not None:
            inside = self._body.mapFrom(self, point)
            row = self.row_at(inside.y()) if inside.y() >= 0 else -1
            edges = (self.column(n) for n in range(len(self.readings)))
            column = next((n for n, (left, right) in enumerate(edges) if left <= inside.x() < right), -1)
        if not 0 <= row < len(self.rows):
            return None
        values = ["" if one.values is None else digits(one.values[row]) for one in self.readings]
        label = self.rows[row].label.strip()
        names = (self.tr("Token"), *(one.title for one in self.readings))
        return Pointed(values[column] if column >= 0 else label, names, (label, *values))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        tops = self.tops()
        height = int(tops[-1] + self.row_height() + self._margin() + 1e-6) if len(tops) else 0
        bar = self._area.verticalScrollBar().sizeHint().width() if height > self.room() else 0
        self._body.setFixedSize(max(1, self.width() - bar), max(1, height))
        self._head.setFixedHeight(self._head.wanted_height())
        self._head.update()
        self._body.update()

    def set_zoom(self, zoom: float) -> None:
        """How many times higher than fitting the rows are."""
        self.zoom = max(1.0, min(zoom, self.theme.px(_ROW) / _LOWEST))
        self._lay_out()


@guard.overrides
class _Head(QWidget):
    """Titles and notes of the columns."""

    def __init__(self, bars: ShareBars) -> None:
        super().__init__(bars)
        self._bars = bars

    def wanted_height(self) -> int:
        bars, metrics = self._bars, self._bars.metrics()
        height = 0.0
        for number, reading in enumerate(bars.readings):
            left, right = bars.column(number)
            box = QRectF(0, 0, max(20.0, right - left), 1000)
            height = max(height, sum(metrics.boundingRect(box, _WRAP, text).height() for text in _lines(reading)))
        return math.ceil(height) + bars.theme.px(12)

    def paintEvent(self, event: QPaintEvent) -> None:
        bars, metrics = self._bars, self._bars.metrics()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(bars.theme.surface))
        painter.setFont(fonts.base_font(bars.theme.scale, 12))
        for number, reading in enumerate(bars.readings):
            left, right = bars.column(number)
            top = float(bars.theme.px(4))
            for text, ink in zip(_lines(reading), (bars.theme.text, bars.theme.text_quiet), strict=False):
                painter.setPen(QColor(ink))
                box = QRectF(left, top, max(20.0, right - left), 1000)
                painter.drawText(box, _WRAP, text)
                terms.paint_dots(painter, terms.boxes(text, painter.font(), box, _UPPER_LEFT))
                top += metrics.boundingRect(box, _WRAP, text).height()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and terms.show_tip(event, self._terms(), self):
            return True
        return super().event(event)

    def _terms(self) -> list[terms.Box]:
        """What can be pointed at: where `paintEvent` writes it."""
        bars, metrics, found = self._bars, self._bars.metrics(), []
        for number, reading in enumerate(bars.readings):
            left, right = bars.column(number)
            top = float(bars.theme.px(4))
            for text in _lines(reading):
                box = QRectF(left, top, max(20.0, right - left), 1000)
                found += terms.boxes(text, fonts.base_font(bars.theme.scale, 12), box, _UPPER_LEFT)
                top += metrics.boundingRect(box, _WRAP, text).height()
        return found


_UPPER_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_WRAP = int(Qt.TextFlag.TextWordWrap | _UPPER_LEFT)


def _lines(reading: Reading) -> list[str]:
    return [text for text in (reading.title, reading.note) if text]


@guard.overrides
class _Body(QWidget):
    """The rows; only those in sight are painted."""

    def __init__(self, bars: ShareBars) -> None:
        super().__init__(bars)
        self._bars = bars
        self._is_opening = False
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        bars, px = self._bars, self._bars.theme.px
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(bars.theme.surface))
        painter.setFont(fonts.base_font(bars.theme.scale, 12))
        tops, height = bars.tops(), bars.row_height()
        if not len(tops):
            return
        first = max(0, int(np.searchsorted(tops, event.rect().top(), side="right")) - 1)
        last = int(np.searchsorted(tops, event.rect().bottom(), side="right"))
        for row in range(first, last):
            self._paint_row(painter, row, tops[row], height)
        for number, reading in enumerate(bars.readings):
            left, right = bars.column(number)
            if reading.values is None:
                painter.setPen(QColor(bars.theme.text_quiet))
                seen = QRectF(self.visibleRegion().boundingRect())
                painter.drawText(QRectF(left, seen.top() + px(8), right - left, seen.height()), _WRAP, reading.message)
            else:
                self._paint_bars(painter, reading, (left, right), tops, height, range(first, last))

    def _paint_row(self, painter: QPainter, row: int, top: float, height: float) -> None:
        bars, px = self._bars, self._bars.theme.px
        metrics = bars.metrics()
        entry = bars.rows[row]
        if entry.heading:
            painter.setPen(QColor(bars.theme.text_quiet))
            area = QRectF(px(16), top - bars.heading_height() + px(4), self.width(), metrics.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft, entry.heading)
        if row in (bars.hovered, bars.marked):
            band = QColor(bars.theme.accent)
            band.setAlphaF(0.16 if row == bars.hovered else 0.10)
            painter.fillRect(QRectF(0, top, self.width(), max(height, 2.0)), band)
            if row == bars.marked:
                painter.fillRect(QRectF(0, top, px(4), max(height, 2.0)), QColor(bars.theme.accent))
        step = labels.step_for(height, metrics.height())
        index = row - bars.section_start(row)
        if index % step:
            return
        painter.setPen(QColor(bars.theme.text_quiet if entry.is_quiet else bars.theme.text))
        width = bars.label_width() - px(24)
        middle = top + height / 2 - metrics.height() / 2
        label = entry.label.strip() or entry.label
        if step > 1:
            number = f"{index} "
            painter.setPen(QColor(bars.theme.text_quiet))
            painter.drawText(QRectF(px(16), middle, width, metrics.height()), Qt.AlignmentFlag.AlignLeft, number)
            width -= metrics.horizontalAdvance(number)
            painter.setPen(QColor(bars.theme.text_quiet if entry.is_quiet else bars.theme.text))
        shown = metrics.elidedText(label, Qt.TextElideMode.ElideRight, width)
        area = QRectF(bars.label_width() - px(8) - width, middle, width, metrics.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignRight, shown)

    def _paint_bars(
        self,
        painter: QPainter,
        reading: Reading,
        edges: tuple[float, float],
        tops: NDArray[np.float64],
        height: float,
        rows: range,
    ) -> None:
        bars, px, metrics = self._bars, self._bars.theme.px, self._bars.metrics()
        values = reading.values
        assert values is not None
        has_numbers = height >= _READABLE * bars.theme.scale
        left, right = edges
        largest = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
        widest = max(metrics.horizontalAdvance(text) for text in ("-0.000", short_weight(-largest)))
        number_width = widest + px(4) if has_numbers and right - left > px(90) else 0.0
        right -= number_width
        lut = bars.theme.diverging_lut
        inks = {
            True: QColor(*lut[216, :3].tolist()) if reading.is_signed else QColor(bars.theme.accent),
            False: QColor(*lut[40, :3].tolist()),
        }
        zero = (left + right) / 2 if reading.is_signed else left
        reach = (right - left) / 2 if reading.is_signed else right - left
        gap = min(4.0, height * 0.15)
        for row in rows:
            value = float(values[row])
            if not math.isfinite(value):
                continue
            length = abs(value) / largest * reach
            start = zero if value >= 0 else zero - length
            painter.fillRect(QRectF(start, tops[row] + gap, length, height - 2 * gap), inks[value >= 0])
            if number_width:
                painter.setPen(QColor(bars.theme.text_quiet))
                area = QRectF(right, tops[row] + height / 2 - metrics.height() / 2, number_width, metrics.height())
                painter.drawText(area, Qt.AlignmentFlag.AlignRight, short_weight(value))
        painter.setPen(QPen(QColor(bars.theme.border), 1))
        bottom = tops[rows.stop - 1] + height if len(rows) else 0.0
        painter.drawLine(QPointF(zero, tops[rows.start]), QPointF(zero, bottom))

    # --- pointer ---------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._bars.row_at(event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._bars.row_at(event.position().y())
        self._is_opening = event.button() == Qt.MouseButton.LeftButton and row >= 0
        if self._is_opening:
            self._bars.row_opened.emit(row)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_opening:  # the second click of two, which has done its work
            self._is_opening = False
            return
        row = self._bars.row_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self._bars.row_clicked.emit(row)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._bars.set_zoom(self._bars.zoom * 1.25 ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            event.ignore()

    def _hover(self, row: int) -> None:
        if row != self._bars.hovered:
            self._bars.set_hovered(row)
            self._bars.row_hovered.emit(row)
