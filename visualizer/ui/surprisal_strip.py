"""A strip with one cell for each position: choose where to predict, and see how surprising what followed was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import guard
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme, current

_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


@guard.overrides
class SurprisalStrip(QWidget):
    """Cell p stands for the prediction at position p; its bar is the surprisal (bits) of the token that came after.

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

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self._theme.px(40))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(40))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._count:
            return
        painter = QPainter(self)
        theme = self._theme
        inner = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.fillRect(inner, QColor(theme.surface))
        cell = inner.width() / self._count
        known = self._bits[np.isfinite(self._bits)]
        top = max(8.0, float(known.max())) if known.size else 8.0
        # More cells than pixels: the mean of each pixel's cells is drawn.
        columns = min(self._count, max(1, int(inner.width())))
        edges = np.linspace(0, self._count, columns + 1).astype(int)
        width = inner.width() / columns
        gap = 1.0 if width > 3 else 0.0
        for column in range(columns):
            part = self._bits[edges[column] : edges[column + 1]]
            part = part[np.isfinite(part)]
            if part.size:
                height = (inner.height() - 4) * float(part.mean()) / top
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

    def _position_at(self, x: float) -> int:
        return int(np.clip((x - 2) / max(1.0, self.width() - 4) * self._count, 0, max(0, self._count - 1)))

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
            QToolTip.showText(event.globalPos(), tip(self._hint(self._position_at(event.pos().x()))), self)
            return True
        return super().event(event)
