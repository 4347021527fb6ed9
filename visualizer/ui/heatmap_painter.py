"""Paints a heatmap: image, hatching, labels, marks, colour bar. Works on screens, SVG and PDF alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from visualizer.ui import fonts, hatching, images, labels
from visualizer.ui.color import contrast, to_hex
from visualizer.ui.colorscale import pool
from visualizer.ui.heatmap_contents import Contents
from visualizer.ui.heatmap_labels import LabelPainter
from visualizer.ui.heatmap_layout import Layout
from visualizer.ui.numbers import short_weight
from visualizer.ui.theme import Theme

_WIDEST = "0.000"  # cells that have room for this carry their numbers
_LEAST = "国"  # and those that have room for this their texts
_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine


class HeatmapPainter:
    """Keeps the image and the hatching between two repaints that show the same cells."""

    def __init__(self) -> None:
        self._image: tuple[object, QImage, QRectF] | None = None
        self._hatching: tuple[object, NDArray[np.bool_], QImage] | None = None

    def forget_image(self) -> None:
        """The values, the scale or the theme changed."""
        self._image = None

    def paint(self, painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
        """Paint everything."""
        painter.setFont(fonts.base_font(theme.scale, 12))
        self._paint_cells(painter, contents, layout, theme)
        _paint_numbers(painter, contents, layout, theme)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(layout.picture.adjusted(-0.5, -0.5, 0.5, 0.5))
        axes = LabelPainter(painter, contents, layout, theme)
        axes.paint_titles()
        axes.paint_labels()
        axes.paint_marks()
        painter.setFont(fonts.base_font(theme.scale, 12))
        _paint_bar(painter, contents, layout, theme)
        if contents.readout:
            painter.setPen(QColor(theme.text_quiet if contents.is_last else theme.text))
            font, area = fonts.readout_font(theme), layout.readout
            if QFontMetricsF(font).horizontalAdvance(contents.readout) > area.width():
                font = fonts.base_font(theme.scale)  # rather smaller than cut
            if QFontMetricsF(font).horizontalAdvance(contents.readout) > area.width():
                area = layout.below  # rather out of the middle than cut
            painter.setFont(font)
            labels.draw_flat(painter, contents.readout, area, Qt.AlignmentFlag.AlignHCenter)

    # --- cells -----------------------------------------------------------------------------------

    def _paint_cells(self, painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
        if images.is_vector(painter):
            _paint_vector_cells(painter, contents, layout, theme)
            return
        detail = images.detail(painter)
        image, target = self._cells(contents, layout, theme, detail)
        painter.save()
        painter.setClipRect(layout.picture)
        images.draw(painter, target, image)
        if contents.mask is not None:
            images.draw(painter, layout.picture, self._hatched(contents.mask, layout, theme, detail))
        painter.restore()

    def _cells(self, contents: Contents, layout: Layout, theme: Theme, detail: float) -> tuple[QImage, QRectF]:
        key = (layout.window.getRect(), layout.picture.getRect(), detail)
        if self._image is not None and self._image[0] == key:
            return self._image[1], self._image[2]
        pixels, target, _ = _colors(contents, layout, theme, detail)
        image = images.rgb(pixels)
        self._image = (key, image, target)
        return image, target

    def _hatched(self, mask: NDArray[np.bool_], layout: Layout, theme: Theme, detail: float) -> QImage:
        key = (layout.window.getRect(), layout.picture.getRect(), detail, theme.masked, theme.scale)
        if self._hatching is not None and self._hatching[0] == key and np.array_equal(self._hatching[1], mask):
            return self._hatching[2]
        width, height = (round(size * detail) for size in (layout.picture.width(), layout.picture.height()))
        rows = _cells_of_pixels(height, layout.window.y(), layout.window.height(), mask.shape[0])
        columns = _cells_of_pixels(width, layout.window.x(), layout.window.width(), mask.shape[1])
        period = max(3, round(hatching.PERIOD * detail * theme.scale))
        line = max(1, round(detail))
        diagonal = (np.arange(width + height) % period) < line
        stripes = np.lib.stride_tricks.sliding_window_view(diagonal, width)[:height]  # [y, x]: (x + y) % period
        color = np.uint32(QColor(theme.masked).rgba())
        pixels = np.where(mask[rows].take(columns, axis=1) & stripes, color, np.uint32(0))
        image = images.argb(pixels)
        self._hatching = (key, mask, image)
        return image


def _colors(
    contents: Contents, layout: Layout, theme: Theme, detail: float
) -> tuple[NDArray[np.uint32], QRectF, tuple[float, float]]:
    """Colours of the cells in sight, 0xffrrggbb; where they lie, beyond the picture too; and the size of one."""
    top, bottom, left, right = layout.cells_shown(contents.values.shape)  # type: ignore[arg-type]
    width, height = layout.cell
    # Groups of cells start at multiples of their size, so that they do not change while one pans.
    row_step, column_step = (max(1, int(np.ceil(1.0 / (size * detail) - 1e-9))) for size in (height, width))
    top, left = top // row_step * row_step, left // column_step * column_step
    part = contents.values[top:bottom, left:right]
    rows, columns = -(-part.shape[0] // row_step), -(-part.shape[1] // column_step)
    pooled = pool(part, rows, columns, signed=contents.scale.kind == "signed")
    lut = theme.diverging_lut if contents.scale.kind == "signed" else theme.attention_lut
    pixels = images.packed(lut)[contents.scale.indices(pooled)]
    quiet = _quiet_cells(contents, slice(top, bottom, row_step), slice(left, right, column_step))
    if quiet is not None:
        pixels = np.where(quiet, _blend(pixels, np.uint32(QColor(theme.paper).rgb())), pixels)
    target = layout.cell_rect(top, left, rows * row_step, columns * column_step)
    return pixels, target, (width * column_step, height * row_step)


def _paint_vector_cells(painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
    """Into a file: nothing reaches beyond the picture by itself, since files of SVG Tiny know no clips."""
    pixels, target, cell = _colors(contents, layout, theme, images.VECTOR_DETAIL)
    if images.takes_rectangles(painter, *pixels.shape):
        images.draw_cells(painter, target, pixels, layout.picture)
    else:  # viewers blur small images when they enlarge them: each cell becomes many equal pixels
        repeat = min(max(1, round(images.VECTOR_DETAIL * max(cell))), 8, max(1, 4000 // max(pixels.shape)))
        image = images.rgb(pixels.repeat(repeat, axis=0).repeat(repeat, axis=1))
        images.draw(painter, *images.cut(image, target, layout.picture))
    if contents.mask is not None:
        painter.save()
        painter.setPen(QPen(QColor(theme.masked), 1, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines(hatching.over_cells(contents.mask, layout, hatching.PERIOD * theme.scale))
        painter.restore()


def _cells_of_pixels(pixels: int, start: float, length: float, count: int) -> NDArray[np.intp]:
    """Which cell each pixel of one direction lies in."""
    cells = (start + (np.arange(pixels) + 0.5) * (length / max(1, pixels))).astype(np.intp)
    return cells.clip(0, max(0, count - 1))


def _quiet_cells(contents: Contents, rows: slice, columns: slice) -> NDArray[np.bool_] | None:
    """Which of the shown cells are dimmed: bool [row, column]; None when none is."""
    if contents.quiet_rows is None or contents.quiet_columns is None:
        return None
    return np.asarray(contents.quiet_rows[rows, None] | contents.quiet_columns[None, columns])


def _blend(pixels: NDArray[np.uint32], other: np.uint32) -> NDArray[np.uint32]:
    """A quarter of a colour and three quarters of another, 0xaarrggbb."""
    quarter = (pixels >> 2) & np.uint32(0x3F3F3F3F)
    rest = np.uint32((int(other) >> 2 & 0x3F3F3F3F) * 3)
    return np.asarray((quarter + rest) | np.uint32(0xFF000000), dtype=np.uint32)


def _paint_numbers(painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
    """The weight itself, or the cell's own text, in every cell that has room for it."""
    width, height = layout.cell
    metrics = QFontMetricsF(painter.font())
    room = width - theme.px(6)
    least = _WIDEST if contents.texts is None else _LEAST
    if room < metrics.horizontalAdvance(least) or height < 1.1 * metrics.height():
        return
    top, bottom, left, right = layout.cells_shown(contents.values.shape)  # type: ignore[arg-type]
    lut = theme.diverging_lut if contents.scale.kind == "signed" else theme.attention_lut
    indices = contents.scale.indices(contents.values[top:bottom, left:right])
    painter.save()
    painter.setClipRect(layout.picture)
    for row in range(top, bottom):
        for column in range(left, right):
            if contents.mask is not None and contents.mask[row, column]:
                continue
            fill = to_hex(lut[indices[row - top, column - left], :3] / 255.0)
            ink = max((theme.text, theme.paper), key=lambda ink: contrast(ink, fill))
            painter.setPen(QColor(ink))
            if contents.texts is not None:
                text = metrics.elidedText(contents.texts[row][column], Qt.TextElideMode.ElideRight, room)
                painter.drawText(layout.cell_rect(row, column), _CENTRED, text)
                continue
            text = short_weight(float(contents.values[row, column]))
            if metrics.horizontalAdvance(text) > room:  # a sign besides: .342 is as good as 0.342
                text = text.replace("0.", ".", 1)
            painter.drawText(layout.cell_rect(row, column), Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


# --- colour bar ----------------------------------------------------------------------------------


def _paint_bar(painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
    scale, bar = contents.scale, layout.bar
    if scale.high <= 0 or bar.height() < theme.px(24):
        return
    font = QFont(painter.font())
    metrics = QFontMetricsF(font)
    lut = theme.diverging_lut if scale.kind == "signed" else theme.attention_lut
    images.draw_cells(painter, bar, images.packed(lut)[::-1, None])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
    painter.setPen(QColor(theme.text_quiet))
    limit = max(2, int(bar.height() / (metrics.height() * 1.5)))
    for tick in scale.ticks(min(limit, 6)):
        y = bar.bottom() - scale.fraction(tick) * bar.height()
        painter.drawLine(QPointF(bar.right() + 1, y), QPointF(bar.right() + theme.px(4), y))
        area = QRectF(bar.right() + theme.px(7), y - metrics.height() / 2, theme.px(50), metrics.height())
        labels.draw_flat(painter, scale.tick_text(tick), area, Qt.AlignmentFlag.AlignLeft)
    unit = QRectF(bar.x(), bar.y() - metrics.height() - theme.px(6), theme.px(64), metrics.height())
    labels.draw_flat(painter, contents.unit, unit, Qt.AlignmentFlag.AlignLeft)
    row, column = contents.hovered if min(contents.hovered) >= 0 else contents.locked
    if row >= 0 and column >= 0 and row < contents.values.shape[0] and column < contents.values.shape[1]:
        y = bar.bottom() - scale.fraction(float(contents.values[row, column])) * bar.height()
        painter.setPen(QPen(QColor(theme.accent), theme.px(2)))
        painter.drawLine(QPointF(bar.left() - theme.px(4), y), QPointF(bar.right() + theme.px(2), y))
