"""A strip with one cell for each position: choose where to predict, and see how surprising what followed was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard, terms
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme, current

TEXT = 12  # size of title and axis
PLOT = 38  # height of the bars
LEAST_TOP = 8.0  # bits that the axis reaches at least
_TOPS = (8, 10, 12, 16, 20, 24, 30, 40)  # where it may end

_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


@guard.overrides
class SurprisalStrip(QWidget):
    """Cell p stands for the prediction at position p; its bar is the surprisal (bits) of the token that came after.

    A title says so; at the left stands the axis, from 0 to a round number of bits.

    position_chosen: by click, drag, wheel or arrow key. position_hovered: -1 for none.
    """

    position_chosen = Signal(int)
    position_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._bits = np.zeros(0)
        self._hint: Callable[[int], str] = str
        self._count = 0
        self._position = 0
        self._hovered = -1
        self._title = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_positions(self, count: int, position: int, hint: Callable[[int], str]) -> None:
        """`count` cells, of which `position` is chosen; `hint` gives the tooltip of one."""
        if count != len(self._bits):
            self._bits = np.full(count, np.nan)
        self._count, self._position, self._hint = count, position, hint
        self.update()

    def set_bits(self, bits: np.ndarray) -> None:
        """Surprisal of the token after each position, float [position] in bits; NaN where it is not known."""
        self._bits = bits
        self.update()

    def set_title(self, title: str) -> None:
        """What the bars are, with their unit."""
        self._title = title
        self.update()

    def top(self) -> float:
        """The bits at which the axis ends."""
        known = self._bits[np.isfinite(self._bits)]
        highest = max(LEAST_TOP, float(known.max())) if known.size else LEAST_TOP
        return float(next((top for top in _TOPS if top >= highest), 10 * np.ceil(highest / 10)))

    def plot_area(self) -> QRectF:
        """Where the bars stand: right of the axis, below the title."""
        metrics = QFontMetricsF(self._font())
        left = metrics.horizontalAdvance("00") + self._theme.px(6)
        return QRectF(self.rect()).adjusted(left, metrics.height() + self._theme.px(4), -2, -2)

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._height())

    def _font(self) -> QFont:
        return fonts.base_font(self._theme.scale, TEXT)

    def _height(self) -> int:
        return round(QFontMetricsF(self._font()).height()) + self._theme.px(4 + PLOT) + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._count:
            return
        painter = QPainter(self)
        theme = self._theme
        inner = self.plot_area()
        painter.fillRect(inner, QColor(theme.surface))
        self._paint_axis(painter, inner)
        cell, top = inner.width() / self._count, self.top()
        # More cells than pixels: the mean of each pixel's cells is drawn.
        columns = min(self._count, max(1, int(inner.width())))
        edges = np.linspace(0, self._count, columns + 1).astype(int)
        width = inner.width() / columns
        gap = 1.0 if width > 3 else 0.0
        for column in range(columns):
            part = self._bits[edges[column] : edges[column + 1]]
            part = part[np.isfinite(part)]
            if part.size:
                height = inner.height() * float(part.mean()) / top
                area = QRectF(inner.left() + column * width, inner.bottom() - height, max(1.0, width - gap), height)
                painter.fillRect(area, QColor(theme.text_quiet))
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(inner.bottomLeft(), inner.bottomRight())
        for position, color in ((self._hovered, theme.text_quiet), (self._position, theme.accent)):
            if 0 <= position < self._count:
                left = inner.left() + position * cell
                frame = QRectF(left, inner.top(), max(cell - gap, 3.0), inner.height())
                shade = QColor(color)
                shade.setAlpha(60)
                painter.fillRect(frame, shade)
                painter.setPen(QPen(QColor(color), 2))
                painter.drawLine(QPointF(frame.left(), frame.bottom()), QPointF(frame.right(), frame.bottom()))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def _paint_axis(self, painter: QPainter, inner: QRectF) -> None:
        """Title, the two ends of the axis, and a quiet line at its middle."""
        theme = self._theme
        painter.setFont(self._font())
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QPen(QColor(theme.border), 1))
        for height in (0.0, 0.5):
            y = inner.top() + height * inner.height()
            painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))
        painter.setPen(QColor(theme.text_quiet))
        right = inner.left() - theme.px(4)
        for text, y in ((f"{self.top():g}", inner.top() + metrics.ascent() / 2), ("0", inner.bottom())):
            painter.drawText(QPointF(right - metrics.horizontalAdvance(text), y), text)
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QPointF(0, metrics.ascent()), title)
        terms.paint_dots(painter, self._terms())

    def _terms(self) -> list[terms.Box]:
        """What of the title can be pointed at."""
        area = QRectF(0, 0, self.width(), QFontMetricsF(self._font()).height())
        return terms.boxes(self._title, self._font(), area, Qt.AlignmentFlag.AlignLeft, wrap=False)

    def _position_at(self, x: float) -> int:
        inner = self.plot_area()
        at = (x - inner.left()) / max(1.0, inner.width()) * self._count
        return int(np.clip(at, 0, max(0, self._count - 1)))

    def _choose(self, position: int) -> None:
        position = max(0, min(position, self._count - 1))
        if self._count and position != self._position:
            self.position_chosen.emit(position)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._position_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = self._position_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(position)
        if position != self._hovered and self._count:
            self._hovered = position
            self.position_hovered.emit(position)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.position_hovered.emit(-1)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: self._position - 1,
            Qt.Key.Key_Right: self._position + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self._count - 1,
        }
        if event.key() in moves:
            self._choose(moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()  # with the focus here, arrows move along the text and not through layers and heads
            return True
        if isinstance(event, QHelpEvent) and self._count:
            if not terms.show_tip(event, self._terms(), self):
                QToolTip.showText(event.globalPos(), tip(self._hint(self._position_at(event.pos().x()))), self)
            return True
        return super().event(event)
