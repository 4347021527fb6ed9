"""A pointer that the back row can follow, and a spotlight: both lie over the window and take no clicks."""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

from PySide6.QtCore import QElapsedTimer, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from visualizer.ui import guard, motion
from visualizer.ui.theme import Theme
from visualizer.widgets.presenting.ink import RED

TRAIL_MS = 320  # how long the way of the pointer can be seen
_FRAME_MS = 16
_RADIUS = 15  # of the pointer, in pixels of the design
_SPOT = 0.2  # radius of the spotlight, as a share of the window's shorter side
_STEP = 1.15  # what one step makes of a size
_LEAST, _MOST = 0.4, 3.0
_DARKNESS = {"light": 165, "dark": 190}  # of what lies outside of the spotlight, 255 is black


@guard.overrides
class PointerLayer(QWidget):
    """Shows nothing until `set_kind`. Only what has changed is painted again, with what lies below it."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._theme = theme
        self._kind = ""
        self._at: QPointF | None = None
        self._sizes = {"pointer": 1.0, "spotlight": 1.0}
        self._trail: deque[tuple[QPointF, int]] = deque(maxlen=64)
        self._clock = QElapsedTimer()
        self._clock.start()
        self._fading = QTimer(self, interval=_FRAME_MS)
        self._fading.timeout.connect(self._on_fading_timeout)
        self.hide()

    @property
    def kind(self) -> str:
        """ "pointer", "spotlight", or "" for nothing."""
        return self._kind

    @property
    def at(self) -> QPointF | None:
        """Where it is shown; None while it is nowhere."""
        return self._at

    def set_kind(self, kind: str, at: QPointF | None = None) -> None:
        """Another tool, or "" for none. at: where the pointer is; the spotlight begins in the middle otherwise."""
        self._kind = kind
        self._trail.clear()
        self._fading.stop()
        self._at = at
        if kind == "spotlight" and at is None:
            self._at = QPointF(self.rect().center())
        self.setVisible(bool(kind))
        self.raise_()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Sizes and darkness of this theme."""
        self._theme = theme
        self.update()

    def step_size(self, steps: int) -> None:
        """Larger (above 0) or smaller."""
        if self._kind:
            wanted = self._sizes[self._kind] * _STEP**steps
            self._sizes[self._kind] = min(max(wanted, _LEAST), _MOST)
            self.update()

    def radius(self) -> float:
        """Of what is shown, in pixels."""
        size = self._sizes.get(self._kind, 1.0)
        if self._kind == "spotlight":
            return _SPOT * size * min(self.width(), self.height())
        return self._theme.px(_RADIUS) * size

    def move_to(self, at: QPointF | None) -> None:
        """The pointer is here now; None: it has left the window, where a spotlight stays as it is."""
        if not self._kind or (at is None and self._kind == "spotlight"):
            return
        before = self._dirty()
        if self._at is not None and self._kind == "pointer" and not motion.is_reduced():
            self._trail.append((self._at, self._clock.elapsed()))
            self._fading.start()
        self._at = at
        self.update(before)
        self.update(self._dirty())

    def trail(self) -> list[QPointF]:
        """Where the pointer was a moment ago, the oldest place first."""
        return [place for place, _ in self._trail]

    def _dirty(self) -> QRect:
        places = [place for place, _ in self._trail]
        if self._at is not None:
            places.append(self._at)
        if not places:
            return QRect()
        reach = self.radius() + 4
        return QPolygonF(places).boundingRect().adjusted(-reach, -reach, reach, reach).toAlignedRect()

    def _on_fading_timeout(self) -> None:
        self.update(self._dirty())
        now = self._clock.elapsed()
        while self._trail and now - self._trail[0][1] > TRAIL_MS:
            self._trail.popleft()
        if not self._trail:
            self._fading.stop()

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._at is None and not self._trail:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._kind == "spotlight":
            self._paint_spotlight(painter, event.rect())
        else:
            self._paint_pointer(painter)
        painter.end()

    def _paint_spotlight(self, painter: QPainter, area: QRect) -> None:
        if self._at is None:
            return
        spot, around = QPainterPath(), QPainterPath()
        spot.addEllipse(self._at, self.radius(), self.radius())
        around.addRect(QRectF(area))
        painter.fillPath(around.subtracted(spot), QColor(0, 0, 0, _DARKNESS.get(self._theme.name, 165)))
        painter.setPen(QPen(QColor(255, 255, 255, 150), max(1.5, self._theme.px(1))))
        painter.drawPath(spot)

    def _paint_pointer(self, painter: QPainter) -> None:
        color = QColor(RED)
        color.setAlpha(110)
        shape = QPainterPath()
        shape.setFillRule(Qt.FillRule.WindingFill)
        shape.addPolygon(self._tail())
        shape.closeSubpath()
        if self._at is not None:
            disc = QPainterPath()
            disc.addEllipse(self._at, self.radius(), self.radius())
            shape = shape.united(disc)
        painter.fillPath(shape, color)
        if self._at is None:
            return
        for ink, width in ((self._theme.surface, 5), (RED, 2.5)):
            painter.setPen(QPen(QColor(ink), width))
            painter.drawEllipse(self._at, self.radius(), self.radius())

    def _tail(self) -> QPolygonF:
        """The way of the pointer as one shape that tapers with age, so that nothing is painted twice."""
        now, reach = self._clock.elapsed(), self.radius()
        places = [(place, max(0.0, 1 - (now - then) / TRAIL_MS)) for place, then in self._trail]
        if self._at is not None:
            places.append((self._at, 1.0))
        sides: tuple[list[QPointF], list[QPointF]] = ([], [])
        for (one, _), (two, age) in pairwise(places):
            way = two - one
            length = math.hypot(way.x(), way.y())
            if length < 1:
                continue
            across = QPointF(-way.y(), way.x()) * (0.8 * reach * age / length)
            for side, sign in zip(sides, (1, -1), strict=True):
                side.append(two + across * sign)
        return QPolygonF([*([places[0][0]] if places else []), *sides[0], *reversed(sides[1])])
