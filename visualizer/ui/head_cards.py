"""Some heads as cards: a small attention map each, with its name and a line below."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from visualizer.ui import fonts, guard, images, theme
from visualizer.ui.colorscale import ColorScale, Floats
from visualizer.ui.plain_text import tip
from visualizer.ui.pointed import Pointed
from visualizer.ui.theme import Theme

_SIDE, _GAP = 96, 16  # pixels of the design: a thumbnail, and the room between two cards


@dataclass(frozen=True, eq=False)
class Card:
    """layer and head; name and line below the picture; tip: for the tooltip; values: float32 [row, column] or None."""

    layer: int
    head: int
    name: str
    line: str
    tip: str = ""
    values: Floats | None = None


@guard.overrides
class HeadCards(QWidget):
    """Cards in rows, as many as there is room for; the first one is the head that the others are compared with.

    card_hovered: layer and head, -1 and -1 when the pointer leaves. card_clicked, too. room_changed: another number
    of cards fits.
    """

    card_hovered = Signal(int, int)
    card_clicked = Signal(int, int)
    room_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._cards: tuple[Card, ...] = ()
        self._scale = ColorScale(1.0)
        self._hovered = self._focused = -1
        self._capacity = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("uses_arrows", True)

    # --- contents --------------------------------------------------------------------------------

    def set_cards(self, cards: tuple[Card, ...]) -> None:
        """Show these, the first as the one that was chosen."""
        self._cards = cards
        self._hovered = -1
        self._focused = min(self._focused, len(cards) - 1)
        self.update()

    def set_scale(self, scale: ColorScale) -> None:
        """Which colour a weight has."""
        self._scale = scale
        self.update()

    def set_hovered(self, layer: int, head: int) -> None:
        """Mark a head that the pointer is over elsewhere."""
        found = next((n for n, card in enumerate(self._cards) if (card.layer, card.head) == (layer, head)), -1)
        if found != self._hovered:
            self._hovered = found
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        size = self._card_size()
        self.setMinimumSize(size.width() + theme.px(2 * _GAP), size.height() + theme.px(_GAP))
        self._count_room()
        self.update()

    def capacity(self) -> int:
        """How many cards fit."""
        return self._columns() * self._rows()

    # --- geometry --------------------------------------------------------------------------------

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(fonts.base_font(self._theme.scale, 12))

    def _card_size(self) -> QSize:
        return QSize(self._theme.px(_SIDE), self._theme.px(_SIDE + 4) + round(2 * self._metrics().height()))

    def _columns(self) -> int:
        gap = self._theme.px(_GAP)
        return max(1, (self.width() - gap) // (self._card_size().width() + gap))

    def _rows(self) -> int:
        gap = self._theme.px(_GAP)
        return max(1, (self.height() - gap // 2) // (self._card_size().height() + gap))

    def card_rect(self, number: int) -> QRect:
        """Where a card lies, in the widget's pixels."""
        gap, size = self._theme.px(_GAP), self._card_size()
        row, column = divmod(number, self._columns())
        return QRect(
            QPoint(gap + column * (size.width() + gap), gap // 2 + row * (size.height() + gap)),
            size,
        )

    def card_at(self, point: QPointF) -> int:
        """The card under a point, -1 when there is none."""
        for number in range(min(len(self._cards), self.capacity())):
            if self.card_rect(number).contains(point.toPoint()):
                return number
        return -1

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The head whose card is at a point, without one the chosen head."""
        at = 0 if point is None else self.card_at(QPointF(point))
        if not 0 <= at < min(len(self._cards), self.capacity()):
            return None
        card = self._cards[at]
        names = (self.tr("Head"), self.tr("Distance"))
        return Pointed(card.line, names, (card.name, card.line), (card.layer, card.head))

    def resizeEvent(self, event: QEvent) -> None:
        self._count_room()

    def _count_room(self) -> None:
        if self.capacity() != self._capacity:
            self._capacity = self.capacity()
            self.room_changed.emit()

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        painter.setFont(fonts.base_font(self._theme.scale, 12))
        for number, card in enumerate(self._cards[: self.capacity()]):
            self._paint_card(painter, number, card)

    def _paint_card(self, painter: QPainter, number: int, card: Card) -> None:
        px, metrics, theme_ = self._theme.px, self._metrics(), self._theme
        area = self.card_rect(number)
        picture = QRect(area.topLeft(), QSize(px(_SIDE), px(_SIDE)))
        if card.values is not None and card.values.size:
            pixels = images.packed(theme_.attention_lut)[self._scale.indices(card.values)]
            images.draw_cells(painter, QRectF(picture), pixels)
        marked = number == 0 or number == self._hovered or (self.hasFocus() and number == self._focused)
        color = theme_.accent if number == 0 or (self.hasFocus() and number == self._focused) else theme_.text_quiet
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(color if marked else theme_.border), px(2) if marked else 1))
        painter.drawRect(QRectF(picture).adjusted(-1, -1, 1, 1))
        swatch = QRectF(picture.left(), picture.bottom() + px(4), px(4), metrics.height() - px(2))
        painter.fillRect(swatch, QColor(theme_.head_color(card.head)))
        text = QRectF(picture.left() + px(8), picture.bottom() + px(3), area.width() - px(8), metrics.height())
        for n, (line, ink) in enumerate(((card.name, theme_.text), (card.line, theme_.text_quiet))):
            painter.setPen(QColor(ink))
            place = text.translated(0, n * metrics.height())
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, shown)

    # --- pointer and keys ------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.card_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), tip(self._cards[number].tip) if number >= 0 else "", self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.card_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self.card_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and number >= 0:
            self._choose(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: self._columns(),
            Qt.Key.Key_Up: -self._columns(),
        }
        count = min(len(self._cards), self.capacity())
        if event.key() in steps and count:
            self._focused = max(0, min(count - 1, max(self._focused, 0) + steps[Qt.Key(event.key())]))
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._focused < count:
            self._choose(self._focused)
        else:
            super().keyPressEvent(event)

    def _choose(self, number: int) -> None:
        self.card_clicked.emit(self._cards[number].layer, self._cards[number].head)

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.setCursor(Qt.CursorShape.PointingHandCursor if number >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()
            card = self._cards[number] if number >= 0 else None
            self.card_hovered.emit(card.layer if card else -1, card.head if card else -1)
