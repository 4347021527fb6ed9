"""A text whose tokens are coloured by one number each; tokens follow one another as in a book."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import color, fonts, guard
from visualizer.ui.colorscale import ColorScale, Floats
from visualizer.ui.numbers import format_number
from visualizer.ui.plain_text import tip
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme, current

_MOST_LINES = 4


@guard.overrides
class ColoredText(QWidget):
    """As many lines as there is room for, around the chosen token. token_clicked; token_hovered: -1 for none."""

    token_clicked = Signal(int)
    token_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._tokens: tuple[str, ...] = ()
        self._values: Floats = np.zeros(0, np.float32)
        self._scale, self._chosen, self._hovered = ColorScale(1.0), -1, -1
        self._boxes: tuple[float, list[QRectF]] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, tokens: Sequence[str], values: Floats, scale: ColorScale, chosen: int = -1) -> None:
        """values: float32 [token], NaN: none there; `chosen` has a frame."""
        self._tokens, self._values, self._scale, self._chosen = tuple(tokens), values, scale, chosen
        self._boxes = None
        self.updateGeometry()
        self.update()

    def values(self) -> Floats:
        """What is shown, [token]."""
        return self._values

    def set_hovered(self, token: int) -> None:
        """The token that is pointed at anywhere; -1: none."""
        if token != self._hovered:
            self._hovered = token
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme, self._boxes = theme, None
        self.updateGeometry()
        self.update()

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The number of the token at a point, without one of the chosen token."""
        at = self._chosen if point is None else self.token_at(point)
        if not 0 <= at < len(self._tokens):
            return None
        value = digits(self._values[at])
        return Pointed(value, (self.tr("Token"), self.tr("Value")), (self._tokens[at], value))

    # --- where tokens stand ----------------------------------------------------------------------

    def _line(self) -> float:
        return float(self._theme.px(28))

    def _places(self) -> list[QRectF]:
        """Every token's box, the first line at 0."""
        if self._boxes is None or self._boxes[0] != self.width():
            metrics, x, y, found = QFontMetricsF(fonts.base_font(self._theme.scale, 15)), 0.0, 0.0, []
            for token in self._tokens:
                width = min(metrics.horizontalAdvance(token or " ") + self._theme.px(8), max(1, self.width()))
                if x and x + width > self.width():
                    x, y = 0.0, y + self._line()
                found.append(QRectF(x, y, width, self._line() - self._theme.px(4)))
                x += width + self._theme.px(1)
            self._boxes = self.width(), found
        return self._boxes[1]

    def _offset(self) -> float:
        """How far the text is scrolled, so that the chosen token is in sight."""
        boxes = self._places()
        if not boxes:
            return 0.0
        end = boxes[-1].bottom()
        wanted = boxes[self._chosen].top() - self.height() / 2 if 0 <= self._chosen < len(boxes) else 0.0
        wanted = round(wanted / self._line()) * self._line()
        return max(0.0, min(wanted, np.ceil(max(0.0, end - self.height()) / self._line()) * self._line()))

    def token_at(self, point: QPoint) -> int:
        """The token at a point; -1: none."""
        there = point.toPointF()
        there.setY(there.y() + self._offset())
        return next((n for n, box in enumerate(self._places()) if box.contains(there)), -1)

    def box_of(self, token: int) -> QRectF:
        """Where a token stands, in the widget."""
        return self._places()[token].translated(0, -self._offset())

    def sizeHint(self) -> QSize:
        boxes = self._places()
        lines = 1 if not boxes else round(boxes[-1].top() / self._line()) + 1
        return QSize(self._theme.px(320), round(min(lines, _MOST_LINES) * self._line()))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    # --- painting and pointer --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setFont(fonts.base_font(theme.scale, 15))
        lut = theme.diverging_lut if self._scale.kind == "signed" else theme.attention_lut
        entries = self._scale.indices(np.array(self._values, dtype=np.float32))
        offset = self._offset()
        for n, (token, place) in enumerate(zip(self._tokens, self._places(), strict=True)):
            box = place.translated(0, -offset)
            if box.bottom() < 0 or box.top() >= self.height():
                continue
            ink = QColor(theme.text_quiet)
            if np.isfinite(self._values[n]):
                back = color.to_hex(lut[entries[n], :3] / 255.0)
                painter.fillRect(box, QColor(back))
                is_dark = color.contrast("#ffffff", back) > color.contrast("#000000", back)
                ink = QColor("#ffffff" if is_dark else "#000000")
            painter.setPen(ink)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, token)
            if n in (self._chosen, self._hovered):
                painter.setPen(QPen(QColor(theme.accent), theme.px(2) if n == self._chosen else theme.px(1)))
                painter.drawRect(box.adjusted(1, 1, -1, -1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.token_hovered.emit(self.token_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.token_hovered.emit(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        token = self.token_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and token >= 0:
            self.token_clicked.emit(token)
        else:
            super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            token = self.token_at(event.pos())
            text = "" if token < 0 else f"{self._tokens[token].strip()}  {self._told(token)}"
            QToolTip.showText(event.globalPos(), tip(text), self)
            return True
        return super().event(event)

    def _told(self, token: int) -> str:
        value = float(self._values[token])
        return format_number(value) if np.isfinite(value) else "–"
