"""One small coloured button a head: which heads are shown, and which hue each has."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard, theme
from visualizer.ui.color import contrast
from visualizer.ui.lines_painter import style_of
from visualizer.ui.theme import Theme


@guard.overrides
class HeadSwatches(QWidget):
    """A click shows or hides a head, a double click shows it alone, and again all of them; the keyboard does the same.

    heads_chosen: frozenset of the heads to show; empty: all. head_isolated: the head that was double-clicked.
    """

    heads_chosen = Signal(object)
    head_isolated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._count = 0
        self._chosen: frozenset[int] = frozenset()
        self._before: frozenset[int] = frozenset()
        self._current = -1
        self._focused = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_heads(self, count: int, chosen: frozenset[int], current: int) -> None:
        """count: heads of the layer; chosen: those shown, empty: all; current: the head selected everywhere."""
        if (count, chosen, current) != (self._count, self._chosen, self._current):
            if count != self._count:
                self.updateGeometry()
            self._count, self._chosen, self._current = count, chosen, current
            self._focused = min(self._focused, max(0, count - 1))
            self.update()

    def toggled(self, head: int) -> frozenset[int]:
        """What is shown after a click on a head; the last one shown cannot be hidden, all come back instead."""
        shown = (self._chosen or frozenset(range(self._count))) ^ {head}
        return frozenset() if not shown or len(shown) == self._count else shown

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    # --- geometry --------------------------------------------------------------------------------

    def _cell(self) -> QSize:
        return QSize(self._theme.px(30), self._theme.px(22))

    def _per_row(self, width: int) -> int:
        return max(1, width // self._cell().width())

    def _rect(self, head: int) -> QRectF:
        cell, per_row = self._cell(), self._per_row(self.width())
        row, column = divmod(head, per_row)
        return QRectF(column * cell.width(), row * cell.height(), cell.width(), cell.height())

    def _head_at(self, x: float, y: float) -> int:
        return next((head for head in range(self._count) if self._rect(head).contains(x, y)), -1)

    def sizeHint(self) -> QSize:
        return QSize(self._cell().width() * max(1, min(self._count, 16)), self._cell().height())

    def minimumSizeHint(self) -> QSize:
        return self._cell()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return -(-max(1, self._count) // self._per_row(width)) * self._cell().height()

    # --- Qt --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(fonts.base_font(self._theme.scale, 12))
        for head in range(self._count):
            self._paint_head(painter, head)

    def _paint_head(self, painter: QPainter, head: int) -> None:
        look, theme = style_of(head, self._theme), self._theme
        shown = not self._chosen or head in self._chosen
        area = self._rect(head).adjusted(2, 2, -2, -2)
        fill = QColor(look.color)
        painter.setBrush(fill if shown else Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(fill, 1.5))
        painter.drawRoundedRect(area, 3, 3)
        if look.dash and shown:  # hues repeat beyond the twelfth head: the dashes of its lines tell which it is
            pen = QPen(QColor(theme.surface), 1.5)
            pen.setDashPattern(list(look.dash))
            painter.setPen(pen)
            painter.drawLine(area.bottomLeft(), area.bottomRight())
        # Black or white, whichever reads better on the hue.
        ink = max(("#000000", "#ffffff"), key=lambda c: contrast(c, look.color))
        painter.setPen(QColor(ink if shown else theme.text_quiet))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(head))
        if head == self._current:
            painter.setPen(QPen(QColor(theme.text), 1.5))
            below = area.translated(0, theme.px(2))
            painter.drawLine(below.bottomLeft(), below.bottomRight())
        if head == self._focused and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(self._rect(head).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        head = self._head_at(event.position().x(), event.position().y())
        if head >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._focused, self._before = head, self._chosen
            self.heads_chosen.emit(self.toggled(head))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        head = self._head_at(event.position().x(), event.position().y())
        if head >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._isolate(head, self._before)  # before the first click of the two

    def _isolate(self, head: int, before: frozenset[int]) -> None:
        if before == {head}:
            self.heads_chosen.emit(frozenset())
        else:
            self.heads_chosen.emit(frozenset((head,)) if self._count > 1 else frozenset())
            self.head_isolated.emit(head)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        head = self._head_at(event.position().x(), event.position().y())
        if head >= 0:
            text = self.tr("Head {head}. Click: show or hide. Double-click: only this one, again: all.")
            QToolTip.showText(event.globalPosition().toPoint(), text.format(head=head), self)
        else:
            QToolTip.hideText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.heads_chosen.emit(self.toggled(self._focused))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._isolate(self._focused, self._chosen)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._count:
            step = 1 if event.key() == Qt.Key.Key_Right else -1
            self._focused = (self._focused + step) % self._count
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
