"""The diagram on the screen and on paper: painted from its layout, moved and zoomed by the pointer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from visualizer.ui import fonts, guard, theme
from visualizer.ui.theme import Theme
from visualizer.views.model_map.layout import Item, Layout

_EMPTY = Layout((), (), (), QRectF())
_LEAST, _MOST = 0.2, 6.0
_READABLE = 0.6  # below that share of its size type is no longer read: the picture is rather moved


@guard.overrides
class Diagram(QWidget):
    """item_hovered: an Item or None; item_clicked: an Item. asked_to_play: Space was pressed."""

    item_hovered = Signal(object)
    item_clicked = Signal(object)
    asked_to_play = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme.current()
        self.layout_ = _EMPTY
        self.hovered: Item | None = None
        self.lit: int = -1  # box that "Play" is at
        self.chosen: frozenset[int] = frozenset()  # boxes of the present layer
        self._zoom, self._offset = 1.0, QPointF()
        self._is_free = False  # somebody moved it
        self._pressed: QPointF | None = None
        self._dragged = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(160, 120))

    def show_layout(self, layout: Layout, chosen: frozenset[int]) -> None:
        """What is drawn."""
        is_new = layout.size != self.layout_.size
        self.layout_, self.chosen, self.hovered = layout, chosen, None
        if is_new:
            self._is_free = False
        self._fit()
        self.update()

    def light(self, box: int) -> None:
        """Mark the box that "Play" is at; -1: none."""
        self.lit = box
        item = next((i for i in self.layout_.items if box in i.boxes), None)
        if item is not None:
            seen = QRectF(self.rect())
            rect = QRectF(self._offset + item.rect.topLeft() * self._zoom, item.rect.size() * self._zoom)
            if not seen.contains(rect):
                self._offset += QPointF(0, seen.center().y() - rect.center().y())
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self.theme = theme
        self._fit()
        self.update()

    def metrics(self) -> QFontMetricsF:
        """Of the type in boxes, before zooming."""
        return QFontMetricsF(fonts.base_font(1.0, 12))

    # --- zoom and place --------------------------------------------------------------------------

    def _fit(self) -> None:
        """All of it in sight; where type would be too small, the present layer in the middle."""
        size = self.layout_.size
        if self._is_free or size.isEmpty():
            return
        margin = self.theme.px(8)
        wide, high = (self.width() - 2 * margin) / size.width(), (self.height() - 2 * margin) / size.height()
        least = _READABLE * self.theme.scale if not self.theme.lecture else self.theme.scale
        if self.window().testAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen):
            least = 0.0  # a file cannot be moved: all of it is there
        self._zoom = min(max(min(wide, high), least), max(wide, 0.1), 1.6 * self.theme.scale)
        middle = QPointF(self.width() / 2, self.height() / 2)
        self._offset = middle - size.center() * self._zoom
        if size.height() * self._zoom > self.height():
            frames = [f.rect for f in self.layout_.frames]
            at = frames[-1].center().y() if frames else size.center().y()
            y = self.height() / 2 - at * self._zoom
            y = min(margin, max(self.height() - margin - size.height() * self._zoom, y))
            self._offset.setY(y)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or not steps:
            self._zoom_at(event.position(), 1.2**steps)
        else:
            self._move(QPointF(0, steps * 60))
        event.accept()

    def _zoom_at(self, point: QPointF, factor: float) -> None:
        zoom = min(_MOST, max(_LEAST, self._zoom * factor))
        self._offset = point - (point - self._offset) * (zoom / self._zoom)
        self._zoom, self._is_free = zoom, True
        self.update()

    def _move(self, by: QPointF) -> None:
        self._offset += by
        self._is_free = True
        self.update()

    # --- pointer and keys ------------------------------------------------------------------------

    def item_at(self, point: QPointF) -> Item | None:
        """What is drawn at a point of the widget."""
        x, y = point.x() - self._offset.x(), point.y() - self._offset.y()
        return self.layout_.at(QPointF(x / self._zoom, y / self._zoom))

    def centre_of(self, box: int) -> QPointF:
        """Where a box stands in the widget."""
        item = next(i for i in self.layout_.items if box in i.boxes)
        return self._offset + item.rect.center() * self._zoom

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None:
            by = event.position() - self._pressed
            if self._dragged or by.manhattanLength() > 6:
                self._dragged, self._pressed = True, event.position()
                self._move(by)
            return
        item = self.item_at(event.position())
        if item is not self.hovered:
            self.hovered = item
            self.setCursor(Qt.CursorShape.PointingHandCursor if item else Qt.CursorShape.ArrowCursor)
            self.item_hovered.emit(item)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            self._pressed = None
            item = self.item_at(event.position())
            if not self._dragged and item is not None:
                self.item_clicked.emit(item)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.item_at(event.position()) is None:
            self._is_free = False
            self._fit()
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        if self.hovered is not None:
            self.hovered = None
            self.item_hovered.emit(None)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        factor = {Qt.Key.Key_Plus: 1.2, Qt.Key.Key_Minus: 1 / 1.2}.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Space:
            self.asked_to_play.emit()
        elif factor is not None:
            self._zoom_at(QPointF(self.rect().center()), factor)
        elif event.key() == Qt.Key.Key_0:
            self._is_free = False
            self._fit()
            self.update()
        else:
            event.ignore()

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self.theme.surface))
        painter.translate(self._offset)
        painter.scale(self._zoom, self._zoom)
        painter.setFont(fonts.base_font(1.0, 12))
        for frame in self.layout_.frames:
            self._paint_frame(painter, frame)
        for points in self.layout_.arrows:
            self._paint_arrow(painter, points)
        for item in self.layout_.items:
            self._paint_item(painter, item)
        if self.hasFocus():
            painter.resetTransform()
            painter.setPen(QPen(QColor(self.theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_frame(self, painter: QPainter, frame: Item) -> None:
        painter.setPen(QPen(QColor(self.theme.accent), 1.5))
        painter.setBrush(QColor(self.theme.background) if len(self.theme.surface) == 7 else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame.rect, 8, 8)
        painter.setPen(QColor(self.theme.accent))
        where = frame.rect.adjusted(10, 4, -10, 0)
        painter.drawText(where, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, frame.lines[0])

    def _paint_arrow(self, painter: QPainter, points: tuple[QPointF, ...]) -> None:
        color = QColor(self.theme.text_quiet)
        painter.setPen(QPen(color, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        painter.drawPath(path)
        end, before = points[-1], points[-2]
        along = end - before
        length = max(1e-6, (along.x() ** 2 + along.y() ** 2) ** 0.5)
        along /= length
        across = QPointF(-along.y(), along.x())
        painter.setBrush(color)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([end, end - along * 6 + across * 3, end - along * 6 - across * 3]))

    def _paint_item(self, painter: QPainter, item: Item) -> None:
        look, rect = self.theme, item.rect
        is_lit = self.lit in item.boxes
        color = QColor(look.accent if is_lit or item is self.hovered else look.text_quiet)
        painter.setPen(QPen(color, 2.5 if is_lit else 1.2, _STYLES.get(item.kind, Qt.PenStyle.SolidLine)))
        painter.setBrush(QColor(look.hover if item is self.hovered or is_lit else look.raised))
        if item.kind == "add":
            painter.drawEllipse(rect)
            centre, arm = rect.center(), rect.width() * 0.26
            painter.setPen(QPen(QColor(look.text), 1.5))
            painter.drawLine(centre - QPointF(arm, 0), centre + QPointF(arm, 0))
            painter.drawLine(centre - QPointF(0, arm), centre + QPointF(0, arm))
            return
        if item.kind == "folded" and len(item.layers) > 1:
            painter.drawRoundedRect(rect.adjusted(6, 0, 0, -6), 4, 4)
            rect = rect.adjusted(0, 6, -6, 0)
        painter.drawRoundedRect(rect, 4, 4)
        inner = rect.adjusted(8, 6, -8, -6)
        if item.kind in _BARS:
            bar = QRectF(rect.left(), rect.top() + 4, 4, rect.height() - 8)
            painter.fillRect(bar, QColor(look.head_color(_BARS[item.kind])))
        metrics, line = self.metrics(), inner.height() / max(1, len(item.lines))
        for n, text in enumerate(item.lines):
            painter.setPen(QColor(look.text if n == 0 else look.text_quiet))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
            where = QRectF(inner.left(), inner.top() + n * line, inner.width(), line)
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, shown)


_STYLES = {"rest": Qt.PenStyle.DashLine, "branch": Qt.PenStyle.DashLine, "block": Qt.PenStyle.DashLine}
_BARS = {"attention": 0, "cross_attention": 3, "feed_forward": 5, "experts": 5, "mixer": 4, "embedding": 9, "output": 9}
