"""All heads of all layers as one picture: a row a layer, the first one at the bottom, a column a head."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.ui import fonts, guard, hatching, images, labels, theme
from visualizer.ui.colorscale import LOG_DECADES, ColorScale, Floats, pool
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme

_SMALLEST, _LARGEST = 18, 240  # pixels of the design for one head
_NOWHERE = (-1, -1)


@dataclass(frozen=True)
class _Grid:
    """Where the thumbnails lie: origin of all, distance from one to the next, side of one, in pixels; how many rows.

    Layers rise, as they are stacked in every drawing of a Transformer, and as the arrow keys go.
    """

    left: int
    top: int
    pitch: int
    side: int
    layers: int

    def rect(self, layer: int, head: int) -> QRect:
        row = self.layers - 1 - layer
        return QRect(self.left + head * self.pitch, self.top + row * self.pitch, self.side, self.side)


@guard.overrides
class MosaicWidget(QWidget):
    """Thumbnails of all heads. head_hovered: layer and head, -1 and -1 when the pointer leaves. head_clicked, too."""

    head_hovered = Signal(int, int)
    head_clicked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._shape = (0, 0)
        self._rows: dict[int, Floats] = {}
        self._others: dict[int, str] = {}
        self._scale = ColorScale(1.0)
        self._own_top = ""
        self._image: QImage | None = None
        self._drawn: set[int] = set()
        self._room = QSize(640, 480)
        self._selected = self._hovered = _NOWHERE
        self._off: frozenset[tuple[int, int]] = frozenset()
        self._titles = ("", "", "")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    # --- contents --------------------------------------------------------------------------------

    def clear(self, layers: int, heads: int, others: Mapping[int, str] | None = None) -> None:
        """Show an empty place for every head. others: rows without heads -> what they are."""
        self._shape = (layers, heads)
        self._others = dict(others or {})
        self._rows = {}
        self._hovered = _NOWHERE
        self._forget()

    def set_layer(self, layer: int, thumbnails: Floats) -> None:
        """Fill a row in: float32 [head, rows, columns]."""
        self._rows[layer] = thumbnails
        grid = self._grid()
        self.update(0, grid.rect(layer, 0).top() - 2, self.width(), grid.pitch + 4)

    def set_scale(self, scale: ColorScale) -> None:
        """Which colour a weight has; the same for all heads."""
        if scale != self._scale:
            self._scale = scale
            self._forget()

    def set_own_scales(self, top: str) -> None:
        """Let every head have the whole range of colours for itself. top: how the bar names a head's own largest
        value; "" gives all heads one scale again."""
        if top != self._own_top:
            self._own_top = top
            self._forget()

    def scale_of(self, values: Floats) -> ColorScale:
        """Which colour a weight has among those of one head."""
        if not self._own_top:
            return self._scale
        return ColorScale(float(np.abs(np.nan_to_num(values)).max(initial=0.0)), self._scale.kind)

    def set_titles(self, layer: str, head: str, unit: str) -> None:
        """What rows and columns are called, and what the colours show."""
        self._titles = (layer, head, unit)
        self._resize()

    def set_selected(self, layer: int, head: int) -> None:
        """Outline the head that all views show."""
        self._selected = (layer, head)
        self.update()

    def set_off(self, heads: frozenset[tuple[int, int]]) -> None:
        """Cross these heads out: (layer, head)."""
        if heads != self._off:
            self._off = heads
            self.update()

    def off(self) -> frozenset[tuple[int, int]]:
        """The heads that are crossed out."""
        return self._off

    def selected(self) -> tuple[int, int]:
        """Layer and head that are outlined."""
        return self._selected

    def set_room(self, room: QSize) -> None:
        """How much place there is; thumbnails grow into it, and stop shrinking at a readable size."""
        if room != self._room:
            self._room = room
            self._forget()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self._forget()

    def is_complete(self) -> bool:
        """Whether every layer is filled in."""
        return len(self._rows) + len(self._others) == self._shape[0] and bool(self._rows)

    @property
    def layers(self) -> dict[int, Floats]:
        """What is filled in so far: layer -> float32 [head, rows, columns]."""
        return self._rows

    def side(self) -> int:
        """Side of one thumbnail, in pixels of the device."""
        return round(self._grid().side * self.devicePixelRatioF())

    @property
    def _lut(self) -> NDArray[np.uint8]:
        return self._theme.diverging_lut if self._scale.kind == "signed" else self._theme.attention_lut

    # --- geometry --------------------------------------------------------------------------------

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(fonts.base_font(self._theme.scale, 12))

    def _grid(self) -> _Grid:
        px, metrics = self._theme.px, self._metrics()
        layers, heads = max(1, self._shape[0]), max(1, self._shape[1])
        name = max(metrics.horizontalAdvance(f"L{layers - 1}"), metrics.horizontalAdvance(self._titles[0]))
        left = round(name) + px(20)
        top = round(2 * metrics.height()) + px(16)
        room = min((self._room.width() - left - px(8)) / heads, (self._room.height() - top - px(8)) / layers)
        pitch = int(min(max(room, px(_SMALLEST)), px(_LARGEST)))
        return _Grid(left, top, pitch, pitch - max(2, pitch // 16), layers)

    def head_at(self, point: QPointF) -> tuple[int, int]:
        """(layer, head) under a point, (-1, -1) where there is none."""
        grid = self._grid()
        row, head = int((point.y() - grid.top) // grid.pitch), int((point.x() - grid.left) // grid.pitch)
        layer = grid.layers - 1 - row
        inside = 0 <= layer < self._shape[0] and layer not in self._others and 0 <= head < self._shape[1]
        return (layer, head) if inside else _NOWHERE

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The head at a point, without one the chosen one: its name, and how far it goes at most."""
        layer, head = self._selected if point is None else self.head_at(QPointF(point))
        if layer < 0:
            return None
        names: tuple[str, ...] = self._titles[:2]
        cells: tuple[str, ...] = (str(layer), str(head))
        if layer in self._rows:
            strongest = self._rows[layer][head].flat[int(np.nanargmax(np.abs(np.nan_to_num(self._rows[layer][head]))))]
            names, cells = (*names, self._titles[2]), (*cells, digits(strongest))
        return Pointed(f"{layer}.{head}", names, cells, (layer, head))

    def thumbnail_rect(self, layer: int, head: int) -> QRect:
        """Where a head lies, in the widget's pixels."""
        return self._grid().rect(layer, head)

    def sizeHint(self) -> QSize:
        grid = self._grid()
        return QSize(
            grid.left + self._shape[1] * grid.pitch + self._theme.px(8),
            grid.top + self._shape[0] * grid.pitch + self._theme.px(8),
        )

    def _forget(self) -> None:
        self._image = None
        self._drawn = set()
        self._resize()

    def _resize(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        if 0 in self._shape:
            return
        grid = self._grid()
        if images.is_vector(painter) and self._paint_cells(painter, grid):
            pass
        else:
            image = self._mosaic(grid, images.detail(painter))
            images.draw(painter, QRectF(QPointF(grid.left, grid.top), image.deviceIndependentSize()), image)
        self._paint_names(painter, grid)
        self._paint_off(painter, grid)
        for (layer, head), color in ((self._hovered, self._theme.text_quiet), (self._selected, self._theme.accent)):
            if layer >= 0 and layer < self._shape[0] and head < self._shape[1]:
                width = self._theme.px(2)
                painter.setPen(QPen(QColor(color), width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(grid.rect(layer, head)).adjusted(-1, -1, 1, 1))

    def _paint_cells(self, painter: QPainter, grid: _Grid) -> bool:
        """All thumbnails as rectangles, where all of them together are not too many; False: nothing was painted."""
        cells = sum(thumbnails.size for thumbnails in self._rows.values())
        edge = math.isqrt(max(0, cells - 1)) + 1  # as many as in one matrix that may be drawn so
        if not images.takes_rectangles(painter, edge, edge):
            return False
        for layer, head in np.ndindex(*self._shape):
            place = grid.rect(layer, head)
            if layer in self._rows:
                values = np.nan_to_num(self._rows[layer][head])
                images.draw_cells(painter, QRectF(place), images.packed(self._lut)[self._scale.indices(values)])
            painter.setPen(QPen(QColor(self._theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5))
        return True

    def _paint_off(self, painter: QPainter, grid: _Grid) -> None:
        """Hatched and crossed out: what is there stays readable."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for layer, head in self._off:
            if layer >= self._shape[0] or head >= self._shape[1]:
                continue
            area = QRectF(grid.rect(layer, head))
            veil = QColor(self._theme.paper)
            veil.setAlphaF(0.45)
            painter.fillRect(area, veil)
            painter.setPen(QPen(QColor(self._theme.masked), 1))
            painter.drawLines(hatching.over(area, hatching.PERIOD * self._theme.scale))
            inner = area.adjusted(1.5, 1.5, -1.5, -1.5)
            for color, width in ((self._theme.paper, self._theme.px(4)), (self._theme.text, self._theme.px(2))):
                painter.setPen(QPen(QColor(color), width))
                painter.drawLine(inner.topLeft(), inner.bottomRight())
                painter.drawLine(inner.topRight(), inner.bottomLeft())
        painter.restore()

    def _mosaic(self, grid: _Grid, ratio: float) -> QImage:
        """The image of all thumbnails; only rows that are new are painted into it."""
        if self._image is None or self._image.devicePixelRatio() != ratio:
            self._drawn = set()
            size = QSize(self._shape[1] * grid.pitch, self._shape[0] * grid.pitch)
            self._image = QImage(size * ratio, QImage.Format.Format_RGB32)
            self._image.setDevicePixelRatio(ratio)
            self._image.fill(QColor(self._theme.surface))
            painter = QPainter(self._image)
            for layer, head in np.ndindex(*self._shape):
                place = grid.rect(layer, head).translated(-grid.left, -grid.top)
                _frame(painter, place, QColor(self._theme.border))
            painter.end()
        missing = [layer for layer in self._rows if layer not in self._drawn]
        if missing:
            painter = QPainter(self._image)
            for layer in missing:
                for head, values in enumerate(self._rows[layer]):
                    place = grid.rect(layer, head).translated(-grid.left, -grid.top)
                    # Where a cell is smaller than a pixel, the strongest of those that share it is shown.
                    room = round(place.height() * ratio), round(place.width() * ratio)
                    pooled = pool(np.nan_to_num(values), *room, signed=self._scale.kind == "signed")
                    pixels = images.packed(self._lut)[self.scale_of(pooled).indices(pooled)]
                    painter.drawImage(place, images.rgb(pixels))
                    _frame(painter, place, QColor(self._theme.border))
            painter.end()
            self._drawn.update(missing)
        return self._image

    def _paint_names(self, painter: QPainter, grid: _Grid) -> None:
        px, metrics = self._theme.px, self._metrics()
        layers, heads = self._shape
        painter.setFont(fonts.base_font(self._theme.scale, 12))
        painter.setPen(QColor(self._theme.text_quiet))
        line = metrics.height()
        corner = QRectF(0, grid.top - line - px(8), grid.left - px(8), line)
        labels.draw_flat(painter, self._titles[0], corner, Qt.AlignmentFlag.AlignRight)
        title = QRectF(grid.left, 0, max(self.width() - grid.left, 1), line + px(4))
        labels.draw_flat(painter, self._titles[1], title, Qt.AlignmentFlag.AlignLeft)
        self._paint_bar(painter, grid, line)
        step = labels.step_for(grid.pitch, metrics.horizontalAdvance(f"H{heads - 1}") + px(6))
        for head in range(heads):
            column = QRectF(grid.rect(0, head))
            marked = head in (self._selected[1], self._hovered[1])
            if head % step == 0:  # between two of these a name would run into the next one; the readout has it
                area = QRectF(column.center().x() - grid.pitch * step, grid.top - line - px(8), 0, line)
                area.setWidth(2 * grid.pitch * step)
                painter.setPen(QColor(self._theme.text if marked else self._theme.text_quiet))
                labels.draw_flat(painter, f"H{head}", area, Qt.AlignmentFlag.AlignHCenter)
            swatch = QRectF(column.left(), grid.top - px(6), column.width(), px(3))
            painter.fillRect(swatch, QColor(self._theme.head_color(head)))
        step = labels.step_for(grid.pitch, line)
        for layer in range(0, layers, step):
            row = grid.rect(layer, 0)
            marked = layer in (self._selected[0], self._hovered[0])
            painter.setPen(QColor(self._theme.text if marked else self._theme.text_quiet))
            area = QRectF(0, row.center().y() + 0.5 - line / 2, grid.left - px(8), line)
            labels.draw_flat(painter, f"L{layer}", area, Qt.AlignmentFlag.AlignRight)
        painter.setPen(QColor(self._theme.text_quiet))
        for layer, name in self._others.items():
            row = grid.rect(layer, 0)
            whole = QRectF(row.left(), row.top(), heads * grid.pitch, grid.pitch)
            painter.fillRect(whole, QColor(self._theme.surface))  # no empty frames: there is no head
            area = QRectF(row.left() + px(4), row.center().y() + 0.5 - line / 2, whole.width() - px(4), line)
            if grid.pitch >= line:
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, area.width())
                labels.draw_flat(painter, text, area, Qt.AlignmentFlag.AlignLeft)

    def _paint_bar(self, painter: QPainter, grid: _Grid, line: float) -> None:
        """The colour scale, lying at the upper right."""
        px, metrics = self._theme.px, self._metrics()
        low, high = self._scale.tick_text(self._scale.low), self._scale.tick_text(self._scale.high)
        if self._own_top:  # no one number is right for all of them
            low = {"linear": "0", "log": f"1e-{LOG_DECADES} ×", "signed": "−1 ×"}[self._scale.kind]
            high = self._own_top
        right = grid.left + self._shape[1] * grid.pitch - (grid.pitch - grid.side)
        texts = [f"{self._titles[2]}  {low}", high]
        width = px(64)
        end = right - metrics.horizontalAdvance(high)
        bar = QRectF(end - px(6) - width, line / 2 - px(3), width, px(8))
        start = bar.left() - px(6) - metrics.horizontalAdvance(texts[0])
        if start < grid.left + metrics.horizontalAdvance(self._titles[1]) + px(8):
            return
        images.draw_cells(painter, bar, images.packed(self._lut)[None, :])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
        for text, x in ((texts[0], start), (high, end)):
            area = QRectF(x, 0, metrics.horizontalAdvance(text) + 2, line + px(4))
            labels.draw_flat(painter, text, area, Qt.AlignmentFlag.AlignLeft)

    # --- pointer and keys ------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.head_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(_NOWHERE)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        layer, head = self.head_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and layer >= 0:
            self.head_clicked.emit(layer, head)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selected[0] >= 0:
            self.head_clicked.emit(*self._selected)
        else:
            super().keyPressEvent(event)

    def _hover(self, place: tuple[int, int]) -> None:
        if place != self._hovered:
            self._hovered = place
            self.update()
            self.head_hovered.emit(*place)


def _frame(painter: QPainter, place: QRect, color: QColor) -> None:
    """A line along the inner edge, filled: a pen of two pixels of the device would leave the outermost ones open."""
    left, top, width, height = place.x(), place.y(), place.width(), place.height()
    for edge in (
        QRect(left, top, width, 1),
        QRect(left, top + height - 1, width, 1),
        QRect(left, top, 1, height),
        QRect(left + width - 1, top, 1, height),
    ):
        painter.fillRect(edge, color)
