"""Attention as lines between two sides of tokens: one painter, which draws only what carries weight and can be seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPaintEngine,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from visualizer.core.reading.strongest import NO_LINES, Lines
from visualizer.ui import fonts, guard, lines_layout, lines_painter, theme
from visualizer.ui.lines_layout import LinesLayout, Which
from visualizer.ui.lines_painter import (
    Picture,
    are_few,
    paint_bars,
    paint_frame,
    paint_labels,
    paint_lines,
    seen_lines,
)
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme

# So many lines, thin or thick, are drawn within a frame in the interface's thread; more are drawn on the worker.
_THIN_AT_ONCE, _THICK_AT_ONCE = 240, 80
# The worker would fight the first paint, which shows the strongest lines, for the interpreter: it waits for that paint,
# or this long where nothing is painted (a hidden window).
_LONGEST_WAIT_MS = 100
_ZOOM_STEP = 1.25
_SMALLEST_ZOOM, _LARGEST_ZOOM = 1 / 64, 4.0

Place = tuple[Which, int]
Submit = Callable[[Callable[[], QImage], Callable[[QImage], None]], None]


@guard.overrides
class LinesWidget(QAbstractScrollArea):
    """Two sides of tokens and the lines between them. The wheel scrolls, with Ctrl it zooms.

    token_hovered, token_clicked: "query" or "key", and the token; "" and -1 when the pointer leaves all tokens.
    finished: the picture is complete. submit: runs a drawing on a worker; None: everything is drawn at once.
    """

    token_hovered = Signal(str, int)
    token_clicked = Signal(str, int)
    escaped = Signal()
    finished = Signal()

    def __init__(self, parent: QWidget | None = None, submit: Submit | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._submit = submit
        self.picture = Picture()
        self._vertical = True
        self._zoom = 1.0
        self._layout: LinesLayout | None = None
        self._image: QImage | None = None
        self._image_scrolled = 0.0
        self._is_drawing = self._is_for_file = False
        self._asked: tuple[object, ...] = ()
        self._seen: Lines = NO_LINES
        self._seen_for: tuple[object, ...] = ()
        self._job: tuple[Callable[[], QImage], Callable[[QImage], None]] | None = None
        self._wait = QTimer(self, singleShot=True)
        self._wait.timeout.connect(self._on_wait_timeout)
        self._under: tuple[str, int] = ("", -1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # --- contents --------------------------------------------------------------------------------

    def show_picture(self, picture: Picture) -> None:
        """Show this; scrolling and zoom stay."""
        self.picture = picture
        self._under = ("", -1)
        self._layout = None
        parent = self.parentWidget()
        around = parent.layout() if parent is not None else None
        if around is not None:  # what stands above may have come or gone: the lines are laid out once, in what is left
            around.activate()
        if self._layout is None:
            self._relayout()

    def show_active(
        self,
        active: tuple[Which, int] | None,
        bars: NDArray[np.float32] | None,
        marked: tuple[Which, int] | None = None,
    ) -> None:
        """Leave only one token's lines, with bars float32 [head, token of the other side]; None: all lines."""
        self.picture.active, self.picture.marked = active, marked
        self.picture.bars = np.zeros((0, 0), np.float32) if bars is None else bars
        self.viewport().update()
        if active is None:
            self._redraw_lines()  # it may have been scrolled meanwhile

    def set_vertical(self, vertical: bool) -> None:
        """Two columns, or two rows."""
        if vertical != self._vertical:
            self._vertical = vertical
            self._zoom = 1.0
            self._relayout()

    def set_zoom(self, zoom: float, at: float = 0.0) -> None:
        """1 is the readable size; `at` is the place along the axis, in pixels of the widget, that stays where it is."""
        zoom = min(_LARGEST_ZOOM, max(_SMALLEST_ZOOM, zoom))
        layout = self.arrangement()
        share = (at - layout.start + self._scrolled()) / max(layout.length, 1.0)
        if zoom != self._zoom:
            self._zoom = zoom
            self._relayout()
            layout = self.arrangement()
            self._bar().setValue(round(share * layout.length + layout.start - at))

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self._relayout()

    def is_finished(self) -> bool:
        """Whether every line is on the picture."""
        return not self._is_drawing

    def set_for_file(self) -> None:
        """Make no still picture of the lines: a file gets the lines themselves."""
        self._is_for_file = True

    def reveal(self, which: Which, index: int) -> None:
        """Scroll so that a token is in sight."""
        side = self.arrangement().side(which)
        if not 0 <= index < len(side.edges) - 1:
            return
        low, high = side.edges[index], side.edges[index + 1]
        if low < self._scrolled() or high > self._scrolled() + self._extent():
            self._bar().setValue(round((low + high - self._extent()) / 2))

    # --- geometry --------------------------------------------------------------------------------

    def arrangement(self) -> LinesLayout:
        """Where everything lies now."""
        if self._layout is None:
            metrics = QFontMetricsF(fonts.base_font(self._theme.scale, 13))
            picture = self.picture
            self._layout = lines_layout.arrange(
                self.viewport().size(),
                picture.query_labels,
                picture.key_labels,
                len(picture.styles),
                self._vertical,
                self._zoom,
                self._theme,
                metrics,
            )
        return self._layout

    def _bar(self):  # type: ignore[no-untyped-def]
        return self.verticalScrollBar() if self._vertical else self.horizontalScrollBar()

    def _scrolled(self) -> float:
        return float(self._bar().value())

    def _extent(self) -> float:
        """How much of the axis can be seen."""
        size = self.viewport().size()
        return max(0.0, (size.height() if self._vertical else size.width()) - self.arrangement().start)

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The token at a point, without one the one whose lines are shown; with its weights where they are shown."""
        chosen: tuple[str, int] = self.picture.active or ("", -1)
        which, index = chosen if point is None else self.token_at(QPointF(self.viewport().mapFrom(self, point)))
        if not which or index >= len(self.picture.labels(which)):  # type: ignore[arg-type]
            return None
        label, bars = self.picture.labels(which)[index], self.picture.bars  # type: ignore[arg-type]
        if self.picture.active != (which, index) or len(bars) != 1:  # of one head
            return Pointed(label)
        title = self.picture.query_title if which == "query" else self.picture.key_title
        others = self.picture.labels(lines_painter.other(which))  # type: ignore[arg-type]
        return Pointed(label, (title, *others), (label, *map(digits, bars[0])))

    def token_at(self, point: QPointF) -> tuple[str, int]:
        """The side and token under a point of the viewport; "" and -1 between the sides."""
        layout = self.arrangement()
        along, across = (point.y(), point.x()) if layout.vertical else (point.x(), point.y())
        if layout.vertical and along < layout.start:
            return "", -1
        for which in ("query", "key"):
            side = layout.side(which)  # type: ignore[arg-type]
            places = (*side.labels, *side.strips, side.line)
            if min(places) <= across <= max(places):
                index = side.at(along - layout.start + self._scrolled())
                return (which, index) if index >= 0 else ("", -1)
        return "", -1

    def _relayout(self) -> None:
        self._layout = None
        layout = self.arrangement()
        room = self._extent()
        bar, idle = self._bar(), self.horizontalScrollBar() if self._vertical else self.verticalScrollBar()
        idle.setRange(0, 0)
        bar.setRange(0, max(0, round(layout.length - room)))
        bar.setPageStep(max(1, round(room)))
        bar.setSingleStep(self._theme.px(22))
        self._image = None
        self._redraw_lines()

    # --- lines -----------------------------------------------------------------------------------

    def _in_sight(self) -> Lines:
        """The lines to draw now; worked out once for every picture and place."""
        layout, scrolled, extent = self.arrangement(), self._scrolled(), self._extent()
        asked = (self.picture.lines, self.picture.active, layout, scrolled, extent)
        if asked != self._seen_for:
            self._seen_for, self._seen = asked, seen_lines(self.picture, layout, scrolled, extent)
        return self._seen

    def _redraw_lines(self) -> None:
        """Draws the still picture of the lines anew: at once when they are few, else on the worker."""
        layout, scrolled, size = self.arrangement(), self._scrolled(), self.viewport().size()
        picture, ratio = self.picture, self.devicePixelRatioF()
        self.viewport().update()
        if self._is_for_file:
            return
        asked = (picture, picture.active, layout, scrolled, size, ratio)
        if asked == self._asked:
            return  # that picture is there, or on its way
        self._asked = asked
        self._is_drawing = False
        self._job = None
        if picture.active is not None or size.isEmpty():
            return
        lines, styles = self._in_sight(), picture.styles
        ends = layout.ends(lines, scrolled, len(styles))
        if len(lines) <= _at_once(lines) or self._submit is None:
            self._take_image(lines_painter.render_lines(size, ratio, lines, ends, styles), scrolled)
            return

        def done(image: QImage) -> None:
            if asked == self._asked:  # else something else is shown by now
                self._is_drawing = False
                self._take_image(image, scrolled)
                self.finished.emit()

        self._is_drawing = True
        self._job = lambda: lines_painter.render_lines(size, ratio, lines, ends, styles), done
        self._wait.start(_LONGEST_WAIT_MS)

    def _on_wait_timeout(self) -> None:
        if self._job is not None and self._submit is not None:
            job, self._job = self._job, None
            self._submit(*job)

    def _take_image(self, image: QImage, scrolled: float) -> None:
        self._image, self._image_scrolled = image, scrolled
        self.viewport().update()

    # --- Qt --------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(640), self._theme.px(480))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(160))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        size, layout, scrolled, extent = self.viewport().size(), self.arrangement(), self._scrolled(), self._extent()
        painter.fillRect(self.viewport().rect(), QColor(self._theme.surface))
        if not self.picture.query_labels:
            return
        painter.save()
        if layout.vertical:
            painter.setClipRect(0, round(layout.start), size.width(), size.height())
        if self.picture.active is not None or self._image is None or self._is_export(painter):
            lines = self._in_sight()
            few = are_few(lines)
            if self.picture.active is None and self._image is None and not self._is_export(painter):
                lines = lines.last(_at_once(lines))  # the rest follows from the worker
            ends = layout.ends(lines, scrolled, len(self.picture.styles))
            paint_lines(painter, lines, ends, self.picture.styles, few)
        else:
            moved = self._image_scrolled - scrolled
            painter.drawImage(QPointF(0, moved) if layout.vertical else QPointF(moved, 0), self._image)
        for which in ("query", "key"):
            paint_labels(painter, which, self.picture, layout, scrolled, extent, self._theme)  # type: ignore[arg-type]
        paint_bars(painter, self.picture, layout, scrolled, extent, self._theme)
        painter.restore()
        paint_frame(painter, size, self.picture, layout, self._theme)
        if self._wait.isActive():
            self._wait.start(0)

    def _is_export(self, painter: QPainter) -> bool:
        """Whether the picture goes into a file: then lines are drawn as lines, sharp at any scale."""
        kind = painter.paintEngine().type()
        if kind in (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf, QPaintEngine.Type.Picture):
            return True
        return abs(painter.deviceTransform().m11() - self.devicePixelRatioF()) > 0.01

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._relayout()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802 (Qt's name)
        self._redraw_lines()
        if self.underMouse():  # another token came under a pointer that stands still
            self._look(self.viewport().mapFromGlobal(self.cursor().pos()).toPointF())

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and notches:
            place = event.position().y() if self._vertical else event.position().x()
            self.set_zoom(self._zoom * _ZOOM_STEP**notches, place)
            event.accept()
        elif not self._vertical and notches:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - round(notches * 3 * bar.singleStep()))
            event.accept()
        else:
            super().wheelEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._look(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._announce(("", -1))
        super().leaveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._announce(("", -1))
        return super().viewportEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        which, index = self.token_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and which:
            self.token_clicked.emit(which, index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_zoom(self._zoom * _ZOOM_STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self.set_zoom(self._zoom / _ZOOM_STEP)
        elif event.key() == Qt.Key.Key_0:
            self.set_zoom(1.0)
        else:
            # Arrow keys walk layers and heads in the whole window; pages scroll here.
            bar = self._bar()
            steps = {
                Qt.Key.Key_PageDown: bar.value() + bar.pageStep(),
                Qt.Key.Key_PageUp: bar.value() - bar.pageStep(),
                Qt.Key.Key_Home: 0,
                Qt.Key.Key_End: bar.maximum(),
            }
            if event.key() in steps:
                bar.setValue(steps[Qt.Key(event.key())])
            else:
                event.ignore()

    def _look(self, point: QPointF) -> None:
        if self.viewport().rect().contains(point.toPoint()):
            self._announce(self.token_at(point))

    def _announce(self, under: tuple[str, int]) -> None:
        if under != self._under:
            self._under = under
            self.token_hovered.emit(*under)


def _at_once(lines: Lines) -> int:
    return _THICK_AT_ONCE if are_few(lines) else _THIN_AT_ONCE
