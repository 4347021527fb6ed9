"""The tokens that were written, one cell each: what was taken, how probable it was, and its rank."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.numbers import short_probability
from visualizer.ui.plain_text import tip
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme, current

_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_CELL = 66  # pixels of the design


@dataclass(frozen=True, slots=True)
class Taken:
    """One step: its token, that token's probability in the model's own distribution, its rank, the entropy in bits."""

    label: str
    probability: float
    rank: int
    entropy: float
    hint: str = ""


@guard.overrides
class StepLane(QWidget):
    """The steps around the chosen one. chosen: place of a step, by click, drag or arrow key; the last place is next.

    An empty label is the step that is still to come.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._steps: tuple[Taken, ...] = ()
        self._chosen = -1
        self._first = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("uses_arrows", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_steps(self, steps: tuple[Taken, ...], chosen: int) -> None:
        """Show these; the chosen one is brought into sight."""
        self._steps, self._chosen = steps, chosen
        fitting = self._fitting()
        self._first = max(0, min(max(self._first, chosen - fitting + 1), chosen, len(steps) - fitting))
        if 0 <= chosen < len(steps):
            self.setAccessibleDescription(steps[chosen].hint)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def step_rect(self, place: int) -> QRectF:
        """Where a step is."""
        width = self._theme.px(_CELL)
        return QRectF((place - self._first) * width, 0, width - self._theme.px(4), self.height())

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The probability of the step at a point, without one of the chosen step."""
        place = self._chosen if point is None else self._place(point.x())
        if not 0 <= place < len(self._steps):
            return None
        step = self._steps[place]
        names = (self.tr("Token"), self.tr("Probability"), self.tr("Rank"), self.tr("Entropy"))
        cells = (step.label, digits(step.probability), str(step.rank), digits(step.entropy))
        return Pointed(digits(step.probability), names, cells)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), self._line() * 3 + self._theme.px(10))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(_CELL), self._line() * 3 + self._theme.px(10))

    def _line(self) -> int:
        return round(QFontMetricsF(fonts.base_font(self._theme.scale, 12)).height())

    def _fitting(self) -> int:
        return max(1, self.width() // self._theme.px(_CELL))

    def _place(self, x: float) -> int:
        return self._first + int(x // self._theme.px(_CELL))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        token_font, small = fonts.base_font(theme.scale, 13), fonts.base_font(theme.scale, 12)
        for place in range(self._first, min(len(self._steps), self._first + self._fitting() + 1)):
            step, area = self._steps[place], self.step_rect(place)
            is_chosen = place == self._chosen
            painter.fillRect(area, QColor(theme.hover if is_chosen else theme.background))
            share = QRectF(area.left(), area.bottom() - theme.px(4), area.width() * step.probability, theme.px(4))
            painter.fillRect(share, QColor(theme.accent))
            if is_chosen:
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawRect(area.adjusted(1, 1, -1, -1))
            painter.setFont(token_font)
            painter.setPen(QColor(theme.text))
            inner = area.adjusted(theme.px(4), theme.px(2), -theme.px(4), 0)
            metrics = QFontMetricsF(token_font)
            label = metrics.elidedText(step.label or "…", Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(QPointF(inner.left(), inner.top() + metrics.ascent()), label)
            if step.label:
                painter.setFont(small)
                painter.setPen(QColor(theme.text_quiet))
                y = inner.top() + self._line() + QFontMetricsF(small).ascent()
                painter.drawText(QPointF(inner.left(), y), short_probability(step.probability))
                painter.drawText(QPointF(inner.left(), y + self._line()), f"#{step.rank:,}")
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._place(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(self._place(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _KEYS:
            self._choose(self._chosen + _KEYS[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(0 if event.key() == Qt.Key.Key_Home else len(self._steps) - 1)
        else:
            super().keyPressEvent(event)

    def _choose(self, place: int) -> None:
        place = max(0, min(place, len(self._steps) - 1))
        if self._steps and place != self._chosen:
            self.chosen.emit(place)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        if isinstance(event, QHelpEvent):
            place = self._place(event.pos().x())
            QToolTip.showText(event.globalPos(), tip(self._steps[place].hint if place < len(self._steps) else ""), self)
            return True
        return super().event(event)
