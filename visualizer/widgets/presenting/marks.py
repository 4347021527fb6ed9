"""Freehand marks over the views: a sheet of glass that is written on while the pen is in the hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPainterPathStroker, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.widgets.presenting.ink import COLORS, RED

_WIDTH = 3.5  # of a stroke, in pixels of the design
_RIM = 2  # pixels of the background's colour on either side
_RIM_OPACITY = 0.75


@dataclass
class Stroke:
    """One movement of the pen. path: smooth through the middles of its points; width in pixels."""

    color: str
    width: float
    start: QPointF
    path: QPainterPath = field(default_factory=QPainterPath)

    def __post_init__(self) -> None:
        self.last = self._middle = self.start
        self.path.moveTo(self.start)
        self.path.lineTo(self.start + QPointF(0.01, 0))  # a touch leaves a dot

    def extend(self, point: QPointF) -> QRect:
        """Draw on to a point; the rectangle in which that can be seen."""
        middle = (self.last + point) * 0.5
        self.path.quadTo(self.last, middle)
        seen = QPainterPath(self._middle)
        seen.quadTo(self.last, middle)
        self.last, self._middle = point, middle
        return self._around(seen)

    def end(self) -> None:
        """The pen is lifted."""
        self.path.lineTo(self.last)

    def bounds(self) -> QRect:
        """Where it can be seen."""
        return self._around(self.path)

    def _around(self, path: QPainterPath) -> QRect:
        reach = self.width / 2 + _RIM + 1
        return path.boundingRect().adjusted(-reach, -reach, reach, reach).toAlignedRect()

    def outline(self) -> QPainterPath:
        """Its rim as one shape: painted at once, it is as light where the stroke crosses itself."""
        maker = QPainterPathStroker()
        maker.setWidth(self.width + 2 * _RIM)
        maker.setCapStyle(Qt.PenCapStyle.RoundCap)
        maker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        outline = maker.createStroke(self.path)
        outline.setFillRule(Qt.FillRule.WindingFill)
        return outline


@guard.overrides
class Marks(QWidget):
    """Takes the mouse only while the pen is in the hand. changed: a stroke came or went."""

    changed = Signal()

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._strokes: list[Stroke] = []
        self._drawn: Stroke | None = None
        self.color = RED
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.set_writing(False)

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """What is written, the oldest first."""
        return tuple(self._strokes)

    def is_writing(self) -> bool:
        """Whether the pen is in the hand."""
        return not self.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_writing(self, wanted: bool) -> None:
        """Take the pen, or put it down; what is written stays."""
        self._lift()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not wanted)
        if wanted:
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.unsetCursor()
        self._show()

    def next_color(self) -> None:
        """The next of the three colours."""
        colors = tuple(COLORS)
        self.color = colors[(colors.index(self.color) + 1) % len(colors)]

    def undo(self) -> None:
        """Take the last stroke back."""
        self._drawn = None
        if self._strokes:
            self._strokes.pop()
            self._tell()

    def erase(self) -> None:
        """Nothing is written any more."""
        self._drawn = None
        if self._strokes:
            self._strokes.clear()
            self._tell()

    def apply_theme(self, theme: Theme) -> None:
        """Rim and width of this theme, for what is written from now on."""
        self._theme = theme
        self.update()

    def _tell(self) -> None:
        self._show()
        self.update()
        self.changed.emit()

    def _show(self) -> None:
        """Hidden, it costs nothing."""
        self.setVisible(bool(self._strokes) or self.is_writing())

    # --- writing ---------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._lift()
            self._drawn = Stroke(self.color, max(2.0, self._theme.px(_WIDTH * 2) / 2), event.position())
            self._strokes.append(self._drawn)
            self.update(self._drawn.bounds())
            self.changed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drawn is not None:
            self.update(self._drawn.extend(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._lift()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def _lift(self) -> None:
        if self._drawn is not None:
            self._drawn.end()
            self.update(self._drawn.bounds())
            self._drawn = None

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        seen = [stroke for stroke in self._strokes if stroke.bounds().intersects(event.rect())]
        if not seen:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rim = QColor(self._theme.surface)
        rim.setAlphaF(_RIM_OPACITY)
        pen = QPen()
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        for stroke in seen:
            painter.fillPath(stroke.outline(), rim)
            pen.setColor(QColor(stroke.color))
            pen.setWidthF(stroke.width)
            painter.strokePath(stroke.path, pen)
        painter.end()
