"""The one matrix picture of the program: cells, labels, hover, lock, zoom and pan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from visualizer.ui import fonts, guard, heatmap_layout, theme
from visualizer.ui import readout as readouts
from visualizer.ui.colorscale import ColorScale, Floats
from visualizer.ui.heatmap_contents import Contents
from visualizer.ui.heatmap_layout import Layout
from visualizer.ui.heatmap_painter import HeatmapPainter
from visualizer.ui.pointed import Pointed, digits
from visualizer.ui.theme import Theme

_NOWHERE = (-1, -1)
_WHEEL_STEP = 1.25  # zoom of one notch


@guard.overrides
class HeatmapWidget(QWidget):
    """A matrix as colours. The wheel zooms, dragging pans, a double click shows everything again.

    cell_hovered: row and column under the pointer, -1 and -1 when it leaves. cell_clicked: row and column.
    escaped: Esc was pressed here.
    """

    cell_hovered = Signal(int, int)
    cell_clicked = Signal(int, int)
    escaped = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, square: bool = True, readout: bool = True, numbered: bool = True
    ) -> None:
        """square: cells are as high as wide, those of a short text a little wider. readout: keep a line below the
        picture for `set_readout`.

        numbered: thinned out labels get their index; False when the labels are numbers themselves.
        """
        super().__init__(parent)
        self._theme = theme.current()
        self._square = square
        self._has_readout = readout
        self._is_compact = False
        self._contents = Contents(numbered=numbered)
        self._painter = HeatmapPainter()
        self._layout: Layout | None = None
        self._window: QRectF | None = None
        self._extents: tuple[float, float, float, float] | None = None
        self._last = ""
        self._pressed: QPointF | None = None
        self._panned: QRectF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # --- contents --------------------------------------------------------------------------------

    def set_data(
        self,
        values: Floats,
        *,
        scale: ColorScale | None = None,
        mask: NDArray[np.bool_] | None = None,
        row_labels: Sequence[str] = (),
        column_labels: Sequence[str] = (),
        quiet_rows: NDArray[np.bool_] | None = None,
        quiet_columns: NDArray[np.bool_] | None = None,
        texts: Sequence[Sequence[str]] | None = None,
    ) -> None:
        """Show values [row, column]; the default scale is linear from zero to the largest. Marks and zoom stay.

        mask: True = hatched. Fewer labels than rows or columns leave the rest without. quiet_rows, quiet_columns: True
        = dimmed, with all their cells. texts: stand in the cells in the place of the numbers, [row][column].
        """
        old, new = self._contents, np.asarray(values, dtype=np.float32)
        self.forget_last()
        if new.shape != old.values.shape:
            self._window = None
            old.hovered = _NOWHERE
            self._layout = None
        if tuple(row_labels) != tuple(old.row_labels) or tuple(column_labels) != tuple(old.column_labels):
            old.row_labels, old.column_labels = tuple(row_labels), tuple(column_labels)
            self._extents = self._layout = None
        old.values, old.mask = new, mask
        old.quiet_rows, old.quiet_columns, old.texts = quiet_rows, quiet_columns, texts
        if scale is None:
            finite = new[np.isfinite(new)] if not np.isfinite(new).all() else new
            scale = ColorScale(float(finite.max(initial=0.0)))
        old.scale = scale
        self._painter.forget_image()
        self.update()

    def set_titles(self, rows: str, columns: str, unit: str) -> None:
        """Titles of the axes and of the colour bar."""
        contents = self._contents
        if (contents.row_title, contents.column_title, contents.unit) != (rows, columns, unit):
            contents.row_title, contents.column_title, contents.unit = rows, columns, unit
            self._extents = self._layout = None
            self.update()

    def set_shape(self, *, square: bool, numbered: bool) -> None:
        """Both choices of the constructor, for a picture that shows tokens against tokens and against dimensions."""
        if (square, numbered) != (self._square, self._contents.numbered):
            self._square, self._contents.numbered = square, numbered
            self._extents = self._layout = None
            self.update()

    def set_compact(self) -> None:
        """Keep no room for a line that is empty: nobody will point at this picture."""
        self._is_compact = True
        self._layout = None

    def set_readout(self, text: str, is_last: bool = False, *, is_pointed: bool = True) -> None:
        """The line below the picture. is_last: of what was pointed at last; "": whatever that was, if anything.

        is_pointed: False for what nobody has pointed at, so that it is never told as the last one.
        """
        contents = self._contents
        if is_pointed:
            self._last = text or self._last
        is_last = (is_last or not text) and bool(self._last)
        text = readouts.last(self._last) if is_last else text
        if (text, is_last) != (contents.readout, contents.is_last):
            if self._is_compact:
                self._layout = None
            contents.readout, contents.is_last = text, is_last
            self.setAccessibleDescription(text)
            self.update()

    def forget_last(self) -> None:
        """What was pointed at last is of no interest any more: other numbers, or a picture for somebody else."""
        self._last = ""
        if self._contents.is_last:
            self.set_readout("")

    def set_hovered(self, row: int, column: int) -> None:
        """Mark a row and a column lightly; -1 marks none."""
        if self._contents.hovered != (row, column):
            self._contents.hovered = (row, column)
            self.update()

    def set_locked(self, row: int, column: int) -> None:
        """Mark a row and a column in the accent colour; -1 marks none."""
        if self._contents.locked != (row, column):
            self._contents.locked = (row, column)
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self._extents = self._layout = None
        self._painter.forget_image()
        self.update()

    def hovered(self) -> tuple[int, int]:
        """Row and column that are lightly marked, -1 for none."""
        return self._contents.hovered

    def locked(self) -> tuple[int, int]:
        """Row and column that are marked in the accent colour, -1 for none."""
        return self._contents.locked

    def readout(self) -> str:
        """The line below the picture."""
        return self._contents.readout

    @property
    def values(self) -> Floats:
        """What is shown: float32 [row, column]."""
        return self._contents.values

    @property
    def scale(self) -> ColorScale:
        """The colour scale in use."""
        return self._contents.scale

    # --- zoom ------------------------------------------------------------------------------------

    def is_zoomed(self) -> bool:
        """Whether only a part is shown."""
        return self._window is not None

    def reset_zoom(self) -> None:
        """Show everything."""
        self._set_window(None)

    def zoom_like(self, other: HeatmapWidget) -> None:
        """Show the part that another picture of the same matrix shows."""
        if other.values.shape == self.values.shape:
            self._set_window(other._window)

    def zoom(self, factor: float, point: QPointF | None = None) -> None:
        """Come closer (above 1) or go back, around a point of the widget, or around the middle."""
        layout = self.arrangement()
        at = layout.cell_at(point if point is not None else layout.picture.center())
        if at is not None and self.values.size:
            self._set_window(heatmap_layout.zoomed(layout.window, self.values.shape, factor, at))

    def _set_window(self, window: QRectF | None) -> None:
        if window != self._window:
            self._window = window
            self._layout = None
            self.update()

    # --- geometry --------------------------------------------------------------------------------

    def arrangement(self) -> Layout:
        """Where everything lies now."""
        if self._layout is None:
            metrics = QFontMetricsF(fonts.base_font(self._theme.scale, 12))
            if self._extents is None:
                contents = self._contents
                rows, _ = heatmap_layout.widest(contents.row_labels, metrics)
                flat, upright = heatmap_layout.widest(contents.column_labels if contents.numbered else (), metrics)
                # The mark of a narrow first column reaches half a line to the left.
                title = metrics.horizontalAdvance(contents.row_title) + metrics.height() / 2
                self._extents = (title, rows, flat, upright)
            title, rows, flat, upright = self._extents
            height, width = self.values.shape
            # Where labels thin out, each carries its number as well.
            if 0.9 * height * metrics.height() > self.height():
                rows += metrics.horizontalAdvance(f"{height} ")
            if 0.9 * width * metrics.height() > self.width():
                upright += metrics.height()
            self._layout = heatmap_layout.arrange(
                self.size(),
                self.values.shape,
                self._window,
                self._theme,
                metrics,
                (title, rows, flat, upright),
                square=self._square,
                readout=self._has_readout and not (self._is_compact and not self._contents.readout),
            )
        return self._layout

    def cell_at(self, point: QPointF) -> tuple[int, int]:
        """(row, column) under a point of the widget, (-1, -1) where there is none."""
        found = self.arrangement().cell_at(point)
        if found is None or not self.values.size:
            return _NOWHERE
        rows, columns = self.values.shape
        return min(int(found[0]), rows - 1), min(int(found[1]), columns - 1)

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The number at a point, without one that of the locked cell, and its row."""
        row, column = self.locked() if point is None else self.cell_at(QPointF(point))
        contents = self._contents
        if row < 0 or not self.values.size or row >= len(self.values) or column >= self.values.shape[1]:
            return None

        def text(at: int) -> str:
            is_masked = contents.mask is not None and contents.mask[row, at]
            return "" if is_masked else digits(self.values[row, at])

        columns = [*contents.column_labels, *map(str, range(len(contents.column_labels), self.values.shape[1]))]
        label = contents.row_labels[row] if row < len(contents.row_labels) else str(row)
        cells = (label, *map(text, range(self.values.shape[1])))
        value = text(column) if column >= 0 else ""
        return Pointed(value, (contents.row_title, *columns), cells, words=contents.readout)

    # --- Qt --------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(640), self._theme.px(560))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(200))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        if self.values.size:
            self._painter.paint(painter, self._contents, self.arrangement(), self._theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._layout = None
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom(_WHEEL_STEP**notches, event.position())
            self._hover(event.position())
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover(event.position())
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.cell_hovered.emit(*_NOWHERE)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            self._panned = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and self._window is not None:
            moved = event.position() - self._pressed
            if self._panned is None and moved.manhattanLength() >= QApplication.startDragDistance():
                self._panned = self._window
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            if self._panned is not None:
                width, height = self.arrangement().cell
                window = self._panned.translated(-moved.x() / width, -moved.y() / height)
                self._set_window(heatmap_layout.clamped(window, self.values.shape))
                return
        self._hover(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        was_panned = self._panned is not None
        self._pressed = self._panned = None
        self.unsetCursor()
        if not was_panned:
            self._click(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.is_zoomed():
            self._click(event.position())  # takes back what the first click of the two did
            self.reset_zoom()
            self._pressed = None
        else:
            self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_WHEEL_STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom(1 / _WHEEL_STEP)
        elif event.key() == Qt.Key.Key_0:
            self.reset_zoom()
        else:
            super().keyPressEvent(event)

    def _hover(self, point: QPointF) -> None:
        self.cell_hovered.emit(*self.cell_at(point))

    def _click(self, point: QPointF) -> None:
        row, column = self.cell_at(point)
        if row >= 0:
            self.cell_clicked.emit(row, column)
