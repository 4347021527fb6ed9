"""The tokens of the text, in which spans are marked by dragging over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.ui import fonts, guard, theme
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.core.analyses.spans import Span

_MOST = 2000  # tokens that are laid out


@guard.overrides
class SpanStrip(QWidget):
    """marked: first and last token of a drag (one token: a click), in order; Shift and arrows do the same."""

    marked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._labels: tuple[str, ...] = ()
        self._spans: tuple[Span, ...] = ()
        self._boxes: list[QRect] = []
        self._from = self._to = -1
        self._query = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    def set_tokens(self, labels: tuple[str, ...], spans: tuple[Span, ...], query: int) -> None:
        """query: the token from which the answer is looked for, -1 where it is not among these."""
        if (labels, spans, query) == (self._labels, self._spans, self._query):
            return
        if labels != self._labels:
            self._from = self._to = -1
        self._labels, self._spans, self._query = labels[:_MOST], spans, query
        self._lay_out()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self._lay_out()

    def box_of(self, token: int) -> QRect:
        """Where a token stands."""
        return self._boxes[token]

    def _lay_out(self) -> None:
        px, metrics = self._theme.px, QFontMetrics(fonts.base_font(self._theme.scale))
        x, y, height = px(16), px(4), metrics.height() + px(6)
        self._boxes = []
        for label in self._labels:
            width = max(px(10), metrics.horizontalAdvance(label) + px(8))
            if x + width > self.width() - px(16) and x > px(16):
                x, y = px(16), y + height + px(18)
            self._boxes.append(QRect(x, y, width, height))
            x += width
        self._height = y + height + px(20)
        self.setFixedHeight(min(self._height, px(220)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(300), self._theme.px(60))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, px = QPainter(self), self._theme.px
        base, small = fonts.base_font(self._theme.scale), fonts.base_font(self._theme.scale, 12)
        first, last = sorted((self._from, self._to))
        for n, (label, box) in enumerate(zip(self._labels, self._boxes, strict=True)):
            if first >= 0 and first <= n <= last:
                fill = QColor(self._theme.accent)
                fill.setAlphaF(0.25)
                painter.fillRect(box, fill)
            painter.setFont(base)
            painter.setPen(QColor(self._theme.accent if n == self._query else self._theme.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
        painter.setFont(small)
        for span in self._spans:
            boxes = self._boxes[span.first : span.last + 1]
            for box in boxes:
                inner = box.adjusted(px(2) if box is boxes[0] else 0, 0, -px(2) if box is boxes[-1] else 0, 0)
                line = QRect(inner.left(), box.bottom() + px(1), inner.width(), px(2))
                painter.fillRect(line, QColor(self._theme.text_quiet))
            if boxes:
                row = [box for box in boxes if box.top() == boxes[0].top()]
                left, width = boxes[0].left() + px(2), row[-1].right() - boxes[0].left()
                room = QRect(left, boxes[0].bottom() + px(3), width, px(16))
                painter.setPen(QColor(self._theme.text_quiet))
                name = painter.fontMetrics().elidedText(span.name, Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        if self.hasFocus():
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _at(self, point: QPoint) -> int:
        return next((n for n, box in enumerate(self._boxes) if box.contains(point)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = self._to = self._at(event.position().toPoint())
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._at(event.position().toPoint())
        if self._from >= 0 and at >= 0 and event.buttons() & Qt.MouseButton.LeftButton:
            self._to = at
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._from >= 0:
            self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._from >= 0:
            self._tell()
        elif step and self._labels:
            self._to = min(max(self._to + step, 0), len(self._labels) - 1)
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier or self._from < 0:
                self._from = self._to
            self.update()
        else:
            event.ignore()

    def _tell(self) -> None:
        first, last = sorted((self._from, self._to))
        self.marked.emit(first, last)

    def forget(self) -> None:
        """Nothing is marked any more."""
        self._from = self._to = -1
        self.update()
