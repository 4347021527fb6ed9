"""Points in a plane: two quantities of each head, or a map of what is alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from visualizer.ui import fonts, guard, theme
from visualizer.ui.numbers import with_minus
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme

_REACH = 16  # pixels of the design within which the pointer finds a point
_SHAPES, _HUES = 4, 12  # shapes: so that colour alone never tells points apart; hues: after these colours come again


@guard.overrides
class ScatterWidget(QWidget):
    """Points with two titled axes, or without axes where only distances mean something.

    point_hovered: its number, -1 when the pointer leaves all of them. point_clicked: its number.
    """

    point_hovered = Signal(int)
    point_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, axes: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._has_axes = axes
        self._values: NDArray[np.float64] = np.zeros((0, 2))
        self._names: tuple[str, ...] = ()
        self._groups: tuple[int, ...] = ()
        self._near: frozenset[int] = frozenset()
        self._titles = ("", "")
        self._empty = ""
        self._selected = self._hovered = -1
        self.setMouseTracking(True)

    # --- contents --------------------------------------------------------------------------------

    def set_points(self, values: NDArray[np.floating], names: Sequence[str], groups: Sequence[int]) -> None:
        """values [point, 2]; one with a nan is not drawn. groups: decides colour and shape of each point."""
        self._values = np.asarray(values, dtype=np.float64)
        self._names, self._groups = tuple(names), tuple(groups)
        self._hovered = -1
        self.update()

    def set_titles(self, x: str, y: str, empty: str) -> None:
        """Titles of the axes, and what to say when no point can be drawn."""
        self._titles, self._empty = (x, y), empty
        self.update()

    def set_selected(self, point: int) -> None:
        """Ring a point in the accent colour and name it; -1: none."""
        if point != self._selected:
            self._selected = point
            self.update()

    def set_hovered(self, point: int) -> None:
        """Ring a point lightly and name it; -1: none."""
        if point != self._hovered:
            self._hovered = point
            self.update()

    def set_near(self, points: Sequence[int]) -> None:
        """Join these to the selected point by fine lines."""
        self._near = frozenset(points)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.setMinimumSize(theme.px(160), theme.px(140))
        self.update()

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """Name and numbers of the point there, without one of the chosen one."""
        at = self._selected if point is None else self.point_at(QPointF(point))
        if not 0 <= at < len(self._names):
            return None
        numbers = tuple(map(digits, self._values[at])) if self._has_axes else ()
        return Pointed(self._names[at], ("", *self._titles)[: 1 + len(numbers)], (self._names[at], *numbers))

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), self._theme.px(360))

    # --- geometry --------------------------------------------------------------------------------

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(fonts.base_font(self._theme.scale, 12))

    def _place(self) -> QRectF:
        """Where points may lie."""
        px, line = self._theme.px, self._metrics().height()
        if not self._has_axes:
            return QRectF(self.rect()).adjusted(px(40), px(24), -px(40), -px(24))
        widest = max(self._metrics().horizontalAdvance(text) for text in tick_texts(self._ticks(1)))
        left = px(16) + widest + px(8)
        return QRectF(self.rect()).adjusted(left, line + px(20), -px(24), -(2 * line + px(24)))

    def _range(self, axis: int) -> tuple[float, float]:
        """What an axis spans: shares from 0, and never nothing."""
        finite = self._drawn()[:, axis]
        if not len(finite):
            return 0.0, 1.0
        low, high = float(finite.min()), float(finite.max())
        if high - low < 1e-9:
            return (0.0, max(1.0, 1.25 * high)) if self._has_axes and low >= 0 else (low - 0.5, high + 0.5)
        if not self._has_axes:
            return low, high
        margin = 0.05 * (high - low)
        return (0.0 if 0 <= low < 0.4 * high else low - margin), high + margin

    def _drawn(self) -> NDArray[np.float64]:
        return self._values[np.isfinite(self._values).all(axis=1)]

    def _ticks(self, axis: int) -> list[float]:
        """Round numbers of an axis: as many as have room, and two at least."""
        low, high = self._range(axis)
        line = self._metrics().height()
        room = self.height() - 3 * line - self._theme.px(44) if axis else 5 * 1.6 * line
        wanted = min(5, max(1, int(room / (1.6 * line))))
        return next(found for most in range(wanted, 20) if len(found := ticks(low, high, most)) > 1 or most == 19)

    def points(self) -> NDArray[np.float64]:
        """Where each point lies, in the widget's pixels: [point, 2]."""
        place = self._place()
        (x_low, x_high), (y_low, y_high) = self._range(0), self._range(1)
        x_scale, y_scale = place.width() / (x_high - x_low), place.height() / (y_high - y_low)
        if not self._has_axes:  # a distance is as long in every direction
            x_scale = y_scale = min(x_scale, y_scale)
        found = np.empty_like(self._values)
        found[:, 0] = place.center().x() + (self._values[:, 0] - (x_low + x_high) / 2) * x_scale
        found[:, 1] = place.center().y() - (self._values[:, 1] - (y_low + y_high) / 2) * y_scale
        return found

    def point_at(self, position: QPointF) -> int:
        """The point nearest to a position, -1 when none is within reach."""
        if not len(self._values):
            return -1
        distance = np.hypot(*(self.points() - [position.x(), position.y()]).T)
        if np.isnan(distance).all():
            return -1
        nearest = int(np.nanargmin(distance))
        return nearest if distance[nearest] <= self._theme.px(_REACH) else -1

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        painter.setFont(fonts.base_font(self._theme.scale, 12))
        if not len(self._drawn()):
            painter.setPen(QColor(self._theme.text_quiet))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(8, 8, -8, -8), int(flags), self._empty if self._names else "")
            return
        if self._has_axes:
            self._paint_axes(painter)
        points = self.points()
        self._paint_near(painter, points)
        radius = self._radius()
        for number in self._order():
            self._paint_point(painter, points[number], number, radius)
        self._paint_names(painter, points, radius)

    def _radius(self) -> float:
        return self._theme.scale * (5.0 if len(self._values) <= 150 else 4.0)

    def _order(self) -> list[int]:
        """The marked points lie on top."""
        finite = np.flatnonzero(np.isfinite(self._values).all(axis=1)).tolist()
        return sorted(finite, key=lambda number: (number == self._selected, number == self._hovered))

    def _paint_axes(self, painter: QPainter) -> None:
        px, metrics, place = self._theme.px, self._metrics(), self._place()
        line = metrics.height()
        (x_low, x_high), (y_low, y_high) = self._range(0), self._range(1)
        across, up = self._ticks(0), self._ticks(1)
        for tick, text in zip(across, tick_texts(across), strict=True):
            x = place.left() + (tick - x_low) / (x_high - x_low) * place.width()
            painter.setPen(QPen(QColor(self._theme.border), 1))
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom() + px(4)))
            painter.setPen(QColor(self._theme.text_quiet))
            area = QRectF(x - 100, place.bottom() + px(6), 200, line)
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, text)
        for tick, text in zip(up, tick_texts(up), strict=True):
            y = place.bottom() - (tick - y_low) / (y_high - y_low) * place.height()
            painter.setPen(QPen(QColor(self._theme.border), 1))
            painter.drawLine(QPointF(place.left() - px(4), y), QPointF(place.right(), y))
            painter.setPen(QColor(self._theme.text_quiet))
            area = QRectF(0, y - line / 2, place.left() - px(8), line)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight, text)
        painter.setPen(QColor(self._theme.text))
        below = QRectF(place.left(), place.bottom() + line + px(10), place.width(), line + px(4))
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, _cut(metrics, self._titles[0], place.width()))
        above = QRectF(px(8), px(4), self.width() - px(16), line + px(4))
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, _cut(metrics, self._titles[1], above.width()))

    def _paint_near(self, painter: QPainter, points: NDArray[np.float64]) -> None:
        if not 0 <= self._selected < len(points):
            return
        painter.setPen(QPen(QColor(self._theme.text_quiet), 1))
        for number in self._near:
            painter.drawLine(QPointF(*points[self._selected]), QPointF(*points[number]))

    def _paint_point(self, painter: QPainter, at: NDArray[np.float64], number: int, radius: float) -> None:
        middle = QPointF(*at)
        if number in (self._selected, self._hovered):
            color = self._theme.accent if number == self._selected else self._theme.text_quiet
            painter.setPen(QPen(QColor(color), 2 * self._theme.scale))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, radius + 4 * self._theme.scale, radius + 4 * self._theme.scale)
        kind, is_hollow = shape_of(self._groups[number])
        hue = QColor(self._theme.head_color(self._groups[number]))
        surface = QColor(self._theme.surface)
        painter.setPen(QPen(hue, 1.6 * self._theme.scale) if is_hollow else QPen(surface, 1.0))
        painter.setBrush(surface if is_hollow else hue)
        draw_shape(painter, middle, radius, kind)

    def _paint_names(self, painter: QPainter, points: NDArray[np.float64], radius: float) -> None:
        """The marked points first; others only where nothing is in the way."""
        metrics = self._metrics()
        reach = radius + 2
        taken = [QRectF(x - reach, y - reach, 2 * reach, 2 * reach) for x, y in points[np.isfinite(points).all(axis=1)]]
        if 0 <= self._selected < len(points):  # no name covers its ring
            ring = radius + 6 * self._theme.scale
            x, y = points[self._selected]
            taken.append(QRectF(x - ring, y - ring, 2 * ring, 2 * ring))
        marked = [n for n in (self._selected, self._hovered) if 0 <= n < len(points) and np.isfinite(points[n]).all()]
        others = [n for n in self._order() if n not in marked] if len(points) <= 150 else []
        bounds = QRectF(self.rect())
        if self._has_axes:  # beside the points, never on the numbers of the axes
            place = self._place()
            bounds = QRectF(place.left(), place.top() - metrics.height(), bounds.right() - place.left(), 0.0)
            bounds.setBottom(place.bottom() + 2)
        written: list[QRectF] = []
        for number in dict.fromkeys((*marked, *others)):
            name = self._names[number]
            size = QSize(math.ceil(metrics.horizontalAdvance(name)) + 2, math.ceil(metrics.height()))
            ring = 4 if number in marked else 0
            for area in _beside(points[number], size, radius + (4 + ring) * self._theme.scale):
                blocked = any(area.intersects(other) for other in written)
                if number not in marked:
                    blocked = blocked or any(area.intersects(other) for other in taken)
                if bounds.contains(area) and not blocked:
                    is_marked = number in marked
                    painter.fillRect(area, QColor(self._theme.surface))  # no line runs through a name
                    painter.setPen(QColor(self._theme.text if is_marked else self._theme.text_quiet))
                    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, name)
                    written.append(area)
                    break

    # --- pointer ---------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.point_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self.point_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found >= 0:
            self.point_clicked.emit(found)

    def _hover(self, point: int) -> None:
        if point != self._hovered:
            self.set_hovered(point)
            self.setCursor(Qt.CursorShape.PointingHandCursor if point >= 0 else Qt.CursorShape.ArrowCursor)
            self.point_hovered.emit(point)


def shape_of(group: int) -> tuple[int, bool]:
    """Which of the four shapes a group has, and whether it is hollow; with its colour no two of the first 96 are alike.

    After every dozen, where the colours begin again, the shapes move on by one; after four dozens they are hollow.
    """
    dozen = group // _HUES
    return (group + dozen) % _SHAPES, bool(dozen // _SHAPES % 2)


def draw_shape(painter: QPainter, middle: QPointF, radius: float, kind: int) -> None:
    """A disc, square, diamond or triangle, by the shape's number."""
    if kind == 0:
        painter.drawEllipse(middle, radius, radius)
        return
    corners = {
        1: [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
        2: [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
        3: [(0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
    }[kind]
    painter.drawPolygon(QPolygonF([QPointF(middle.x() + x * radius, middle.y() + y * radius) for x, y in corners]))


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """About `wanted` round numbers between low and high."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    raw = span / wanted
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def tick_texts(values: Sequence[float]) -> list[str]:
    """Ticks with as many decimals as tell neighbours apart."""
    step = min((b - a for a, b in pairwise(values)), default=1.0)
    decimals = max(0, math.ceil(-math.log10(step) - 1e-6)) if step > 0 else 0
    return [with_minus(f"{value:.{decimals}f}") for value in values]


def _beside(at: NDArray[np.float64], size: QSize, gap: float) -> list[QRectF]:
    """Places for a name: right, left, above, below."""
    x, y, width, height = float(at[0]), float(at[1]), size.width(), size.height()
    return [
        QRectF(x + gap, y - height / 2, width, height),
        QRectF(x - gap - width, y - height / 2, width, height),
        QRectF(x - width / 2, y - gap - height, width, height),
        QRectF(x - width / 2, y + gap, width, height),
    ]


def _cut(metrics: QFontMetricsF, text: str, width: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
