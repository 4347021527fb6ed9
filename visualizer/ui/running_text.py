"""A text as large running text, each stretch coloured by one number, with a bar below it that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.color import contrast, to_hex
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.pointed import Pointed
from visualizer.ui.theme import Theme, current

_SIZES = (44, 36, 30, 26, 22, 20, 18, 16)  # of the type: the largest one at which all of the text is in sight
_SMALLEST = 16
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_BAR = 8  # height of the bars below a line at the highest value
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text. before: blanks and line ends that stand before it and have no number.

    glued: no line may end before it, because it goes on with the same word. is_label: not written in the text.
    """

    text: str
    before: str = ""
    glued: bool = False
    is_label: bool = False


def glues(before: str, text: str) -> bool:
    """Whether a stretch goes on with the word that another one began; Japanese may be broken anywhere."""
    if not before or not text:
        return False
    return all(c.isalnum() and ord(c) < 0x2E80 for c in (before[-1], text[0]))


@guard.overrides
class RunningText(QAbstractScrollArea):
    """Pieces of text in lines as wide as the widget. chosen: by click or Enter; hovered: a piece, -1 for none."""

    chosen = Signal(int)
    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._pieces: tuple[Piece, ...] = ()
        self._values: NDArray[np.float64] = np.zeros(0)
        self._scale = ColorScale(1.0)
        self._marked: frozenset[int] = frozenset()
        self._rects: list[QRectF] = []
        self._font = fonts.base_font(1.0, _SMALLEST)
        self._at = self._selected = -1
        self.pointed_texts: tuple[tuple[str, ...], Sequence[tuple[str, ...]]] = ((), ())
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("uses_arrows", True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    # --- what is shown ---------------------------------------------------------------------------

    def set_pieces(self, pieces: Sequence[Piece]) -> None:
        """The text; its values are none until `set_values`."""
        if tuple(pieces) != self._pieces:
            self._pieces = tuple(pieces)
            self._values = np.full(len(self._pieces), np.nan)
            self._at = -1
            self._lay_out()

    def set_values(self, values: NDArray[np.float64], scale: ColorScale) -> None:
        """One number a piece, float [piece]; NaN: none, which is shown without a colour."""
        self._values, self._scale = values, scale
        self.viewport().update()

    def set_marked(self, pieces: frozenset[int]) -> None:
        """Pieces that stand out, in the accent's colour, instead of a colour of their number."""
        self._marked = pieces
        self.viewport().update()

    def set_selected(self, piece: int) -> None:
        """The piece with a frame; -1: none."""
        self._selected = piece
        self.viewport().update()

    @property
    def selected(self) -> int:
        """The piece with a frame; -1: none."""
        return self._selected

    @property
    def values(self) -> NDArray[np.float64]:
        """What is drawn: float [piece]."""
        return self._values

    @property
    def _has_values(self) -> bool:
        return bool(np.isfinite(self._values).any())

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What is written."""
        return self._pieces

    def rect_of(self, piece: int) -> QRectF:
        """Where a piece stands in the viewport."""
        return self._rects[piece].translated(0, -self.verticalScrollBar().value())

    def fill_of(self, piece: int) -> str | None:
        """The colour behind a piece, "#rrggbb"; None for one without a number."""
        if not 0 <= piece < len(self._values) or not np.isfinite(self._values[piece]):
            return None
        entry = self._scale.indices(np.array([self._values[piece]], dtype=np.float32))[0]
        return to_hex(self._theme.attention_lut[entry, :3] / 255.0)

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self._lay_out()

    def pointed(self, point: QPoint | None) -> Pointed | None:
        """The numbers of the piece at a point, or of the selected one."""
        names, rows = self.pointed_texts
        at = self._selected if point is None else self._piece_at(QPointF(self.viewport().mapFrom(self, point)))
        if not 0 <= at < len(rows):
            return None
        value = self._values[at]
        return Pointed("" if not np.isfinite(value) else str(value), names, rows[at])

    # --- lines -----------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        width, height = self.viewport().width(), self.viewport().height()
        for size in _SIZES:
            self._font = fonts.base_font(self._theme.scale, size)
            self._rects, needed = self._lines(width)
            if needed <= height:
                break
        bar = self.verticalScrollBar()
        bar.setPageStep(max(1, height))
        bar.setSingleStep(round(self._line_height()))
        bar.setRange(0, max(0, round(needed) - height))
        self.viewport().update()

    def _line_height(self) -> float:
        return QFontMetricsF(self._font).height() + self._theme.px(_BAR + 14)

    def _lines(self, width: float) -> tuple[list[QRectF], float]:
        """Where each piece stands, and the height of all."""
        metrics, margin = QFontMetricsF(self._font), self._theme.px(16)
        high, pad, line = metrics.height() + self._theme.px(4), self._theme.px(2), self._line_height()
        right = max(width - margin, margin + 1.0)
        rects: list[QRectF] = []
        x, y = float(margin), float(self._theme.px(8))
        start = 0  # the first piece of the word that is being set
        for number, piece in enumerate(self._pieces):
            if not piece.glued:
                start = number
            breaks = piece.before.count("\n")
            gap = metrics.horizontalAdvance(piece.before.replace("\n", "").replace("\t", "    "))
            wide = min(metrics.horizontalAdvance(piece.text) + 2 * pad, right - margin)
            if breaks and number:
                x, y = float(margin), y + line * min(breaks, 2)
            elif x > margin:
                x += gap
            if x + wide > right and x > margin:
                word = rects[start:number]
                y += line
                moved = float(margin)
                if word and word[0].left() > margin and word[-1].right() - word[0].left() + wide < right - margin:
                    for place, old in enumerate(word, start):
                        rects[place] = QRectF(moved, y, old.width(), old.height())
                        moved += old.width()
                x = moved
            rects.append(QRectF(x, y, wide, high))
            x += wide
        return rects, (y + line if rects else 0.0) + self._theme.px(4)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setFont(self._font)
        theme, top, pad = self._theme, self.verticalScrollBar().value(), self._theme.px(2)
        area = QRectF(event.rect()).translated(0, top)
        high = self._scale.high or 1.0
        metrics = QFontMetricsF(self._font)
        for number, (piece, rect) in enumerate(zip(self._pieces, self._rects, strict=True)):
            if rect.bottom() + theme.px(_BAR + 4) < area.top() or rect.top() > area.bottom():
                continue
            here = rect.translated(0, -top)
            fill = self.fill_of(number)
            ink = theme.text_quiet if piece.is_label or (fill is None and self._has_values) else theme.text
            if number in self._marked:
                painter.fillRect(here.adjusted(0, 0, -1, 0), QColor(theme.accent))
                ink = theme.on_accent
            elif fill is not None:
                painter.fillRect(here.adjusted(0, 0, -1, 0), QColor(fill))
                ink = max((theme.text, theme.paper), key=lambda one: contrast(one, fill))
                tall = theme.px(_BAR) * min(1.0, float(self._values[number]) / high)
                base = here.bottom() + theme.px(_BAR + 2)
                painter.fillRect(QRectF(here.left(), base - tall, here.width() - 1, tall), QColor(theme.text_quiet))
            painter.setPen(QColor(ink))
            text = metrics.elidedText(piece.text, Qt.TextElideMode.ElideRight, here.width() - 2 * pad + 1)
            painter.drawText(here.adjusted(pad, 0, 0, 0), _LEFT, text)
            if number in (self._at, self._selected):
                painter.setPen(QPen(QColor(theme.accent), theme.px(2)))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(here.adjusted(0, 0, -1, 0))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))

    # --- pointing --------------------------------------------------------------------------------

    def _piece_at(self, point: QPointF) -> int:
        point = point + QPointF(0, self.verticalScrollBar().value())
        below = self._theme.px(_BAR + 2)
        return next((n for n, rect in enumerate(self._rects) if rect.adjusted(0, 0, 0, below).contains(point)), -1)

    def _point_at(self, piece: int) -> None:
        if piece != self._at:
            self._at = piece
            self.hovered.emit(piece)
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._piece_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        piece = self._piece_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and piece >= 0:
            self.chosen.emit(piece)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last, key = len(self._pieces) - 1, event.key()
        steps = {Qt.Key.Key_Left: self._at - 1, Qt.Key.Key_Right: self._at + 1}
        steps |= {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        if last >= 0 and key in steps:
            self._point_at(max(0, min(steps[Qt.Key(key)], last)))
            rect = self._rects[self._at]
            bar = self.verticalScrollBar()
            if not bar.value() <= rect.top() <= bar.value() + self.viewport().height() - self._line_height():
                bar.setValue(round(rect.top()))
        elif self._at >= 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()  # with the focus here, arrows walk through the text
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(80))
