"""Paints a heatmap: image, hatching, labels, marks, colour bar. Works on screens, SVG and PDF alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from visualizer.ui import fonts, images, labels
from visualizer.ui.color import contrast, to_hex
from visualizer.ui.colorscale import ColorScale, Floats, pool
from visualizer.ui.heatmap_layout import Layout
from visualizer.ui.numbers import format_weight
from visualizer.ui.theme import Theme

_NUMBER_CELL = 40  # cells from this size on carry their number


@dataclass
class Contents:
    """What a heatmap shows. values: float32 [row, column]; mask: bool [row, column], True = hatched."""

    values: Floats = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    mask: NDArray[np.bool_] | None = None
    row_labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    quiet_rows: NDArray[np.bool_] | None = None  # dimmed, like columns
    quiet_columns: NDArray[np.bool_] | None = None
    scale: ColorScale = field(default_factory=lambda: ColorScale(1.0))
    row_title: str = ""
    column_title: str = ""
    unit: str = ""
    numbered: bool = True
    readout: str = ""
    hovered: tuple[int, int] = (-1, -1)
    locked: tuple[int, int] = (-1, -1)


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
        _paint_labels(painter, contents, layout, theme)
        _paint_marks(painter, contents, layout, theme)
        _paint_bar(painter, contents, layout, theme)
        if contents.readout:
            painter.setPen(QColor(theme.text))
            painter.setFont(fonts.base_font(theme.scale))
            labels.draw_flat(painter, contents.readout, layout.readout, Qt.AlignmentFlag.AlignHCenter)

    # --- cells -----------------------------------------------------------------------------------

    def _paint_cells(self, painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
        detail = images.detail(painter)
        image, target = self._cells(contents, layout, theme, detail, images.is_vector(painter))
        painter.save()
        painter.setClipRect(layout.picture)
        images.draw(painter, target, image)
        if contents.mask is not None:
            images.draw(painter, layout.picture, self._hatched(contents.mask, layout, theme, detail))
        painter.restore()

    def _cells(
        self, contents: Contents, layout: Layout, theme: Theme, detail: float, is_vector: bool
    ) -> tuple[QImage, QRectF]:
        key = (layout.window.getRect(), layout.picture.getRect(), detail, is_vector)
        if self._image is not None and self._image[0] == key:
            return self._image[1], self._image[2]
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
            pixels = np.where(quiet, _blend(pixels, np.uint32(QColor(theme.surface).rgb())), pixels)
        target = layout.cell_rect(top, left, rows * row_step, columns * column_step)
        if is_vector:  # viewers blur small images when they enlarge them
            repeat = max(1, round(detail * max(width * column_step, height * row_step)))
            repeat = min(repeat, 8, max(1, 4000 // max(pixels.shape)))
            pixels = pixels.repeat(repeat, axis=0).repeat(repeat, axis=1)
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
        period = max(3, round(7 * detail * theme.scale))
        line = max(1, round(detail))
        diagonal = (np.arange(width + height) % period) < line
        stripes = np.lib.stride_tricks.sliding_window_view(diagonal, width)[:height]  # [y, x]: (x + y) % period
        color = np.uint32(QColor(theme.masked).rgba())
        pixels = np.where(mask[rows].take(columns, axis=1) & stripes, color, np.uint32(0))
        image = images.argb(pixels)
        self._hatching = (key, mask, image)
        return image


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
    """The weight itself in every cell that has room for it."""
    width, height = layout.cell
    if min(width / 1.0, height * 1.6) < theme.px(_NUMBER_CELL):
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
            ink = max((theme.text, theme.surface), key=lambda ink: contrast(ink, fill))
            painter.setPen(QColor(ink))
            text = format_weight(float(contents.values[row, column]))
            painter.drawText(layout.cell_rect(row, column), Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


# --- labels and marks ----------------------------------------------------------------------------


def _paint_labels(painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
    metrics = QFontMetricsF(painter.font())
    quiet, ink, faint = QColor(theme.text_quiet), QColor(theme.text), QColor(theme.text_quiet)
    faint.setAlphaF(0.5)
    above = layout.column_labels.y() - metrics.height() - theme.px(4)
    title = QRectF(layout.picture.x(), above, max(layout.picture.width(), 1), metrics.height())
    painter.setPen(quiet)
    room = layout.bar.right() + theme.px(58) - layout.picture.x()
    title.setWidth(max(title.width(), min(room, metrics.horizontalAdvance(contents.column_title) + 4)))
    labels.draw_flat(painter, contents.column_title, title, Qt.AlignmentFlag.AlignLeft)
    # The label of a narrow first row reaches half a line above the picture, the mark of a first column to its left.
    below = layout.column_labels.bottom() - metrics.height() * (1.0 if layout.cell[1] > metrics.height() else 1.5)
    right = layout.row_labels.right() - (metrics.height() / 2 if layout.cell[0] < metrics.height() else 0)
    corner = QRectF(layout.row_labels.x(), below, right - layout.row_labels.x(), metrics.height())
    labels.draw_flat(painter, contents.row_title, corner, Qt.AlignmentFlag.AlignRight)
    width, height = layout.cell
    window = layout.window

    def pen(quiet: NDArray[np.bool_] | None, index: int) -> QColor:
        return faint if quiet is not None and quiet[index] else ink

    step = labels.step_for(height, metrics.height())
    for row in labels.visible(window.top(), window.bottom() - 1e-6, len(contents.row_labels), step):
        area = _row_area(layout, row, metrics)
        if area is not None:
            if step > 1 and contents.numbered:
                painter.setPen(quiet)
                labels.draw_flat(painter, str(row), area, Qt.AlignmentFlag.AlignRight)
                area.setRight(area.right() - metrics.horizontalAdvance(f"{len(contents.row_labels)} "))
            painter.setPen(pen(contents.quiet_rows, row))
            labels.draw_flat(painter, contents.row_labels[row], area, Qt.AlignmentFlag.AlignRight)
    if _is_flat(contents, layout, metrics, theme):
        for column in labels.visible(window.left(), window.right() - 1e-6, len(contents.column_labels), 1):
            middle = layout.cell_rect(0, column).center().x()
            if layout.picture.left() <= middle <= layout.picture.right():
                area = QRectF(
                    middle - width / 2, layout.column_labels.bottom() - metrics.height(), width, metrics.height()
                )
                painter.setPen(pen(contents.quiet_columns, column))
                labels.draw_flat(painter, contents.column_labels[column], area, Qt.AlignmentFlag.AlignHCenter)
        return
    if not contents.numbered:
        _paint_column_numbers(painter, contents, layout, metrics)
        return
    step = labels.step_for(width, metrics.height())
    number = 0.0
    if step > 1:
        number = metrics.height()
        step = labels.step_for(width, metrics.horizontalAdvance(f"{len(contents.column_labels)} "))
    bottom, room = layout.column_labels.bottom() - number, layout.column_labels.height() - number
    for column in labels.visible(window.left(), window.right() - 1e-6, len(contents.column_labels), step):
        middle = layout.cell_rect(0, column).center().x()
        if not layout.picture.left() <= middle <= layout.picture.right():
            continue
        if number:
            painter.setPen(quiet)
            wide = metrics.horizontalAdvance(str(column))
            area = QRectF(middle - wide / 2, bottom, wide + 1, number)
            labels.draw_flat(painter, str(column), area, Qt.AlignmentFlag.AlignLeft)
        painter.setPen(pen(contents.quiet_columns, column))
        labels.draw_upright(painter, contents.column_labels[column], middle, bottom, room)


def _paint_column_numbers(painter: QPainter, contents: Contents, layout: Layout, metrics: QFontMetricsF) -> None:
    """Labels that are numbers: as many as fit side by side, none turned."""
    longest = max(contents.column_labels, key=len, default="")
    step = labels.step_for(layout.cell[0], metrics.horizontalAdvance(f"{longest}  "))
    top = layout.column_labels.bottom() - metrics.height()
    for column in labels.visible(layout.window.left(), layout.window.right() - 1e-6, len(contents.column_labels), step):
        middle = layout.cell_rect(0, column).center().x()
        if layout.picture.left() <= middle <= layout.picture.right():
            wide = metrics.horizontalAdvance(longest) + 2
            area = QRectF(middle - wide / 2, top, wide, metrics.height())
            labels.draw_flat(painter, contents.column_labels[column], area, Qt.AlignmentFlag.AlignHCenter)


def _is_flat(contents: Contents, layout: Layout, metrics: QFontMetricsF, theme: Theme) -> bool:
    """Whether all column labels in sight fit above their own cells."""
    width = layout.cell[0] - theme.px(4)
    if width < theme.px(12):
        return False
    shown = labels.visible(layout.window.left(), layout.window.right() - 1e-6, len(contents.column_labels), 1)
    return all(metrics.horizontalAdvance(contents.column_labels[i]) <= width for i in shown)


def _row_area(layout: Layout, row: int, metrics: QFontMetricsF) -> QRectF | None:
    middle = layout.cell_rect(row, 0).center().y()
    if not layout.picture.top() <= middle <= layout.picture.bottom():
        return None
    return QRectF(layout.row_labels.x(), middle - metrics.height() / 2, layout.row_labels.width(), metrics.height())


def _paint_marks(painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for (row, column), color in ((contents.locked, theme.accent), (contents.hovered, theme.text_quiet)):
        painter.setPen(QPen(QColor(color), max(1, theme.px(1))))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setClipRect(layout.picture.adjusted(-1, -1, 1, 1))
        if row >= 0:
            band = _at_least(layout.cell_rect(row, 0), 3)
            painter.drawRect(QRectF(layout.picture.left() - 2, band.top(), layout.picture.width() + 4, band.height()))
        if column >= 0:
            band = _at_least(layout.cell_rect(0, column), 3)
            painter.drawRect(QRectF(band.left(), layout.picture.top() - 2, band.width(), layout.picture.height() + 4))
        painter.setClipping(False)
        _paint_tags(painter, contents, layout, theme, row, column, color)
    painter.restore()


def _at_least(rect: QRectF, size: float) -> QRectF:
    grow_x, grow_y = max(0.0, size - rect.width()) / 2, max(0.0, size - rect.height()) / 2
    return rect.adjusted(-grow_x, -grow_y, grow_x, grow_y)


def _paint_tags(
    painter: QPainter, contents: Contents, layout: Layout, theme: Theme, row: int, column: int, color: str
) -> None:
    """The labels of the marked row and column, on a patch of colour over whatever stands there."""
    metrics = QFontMetricsF(painter.font())
    patch, pad = QColor(color), theme.px(3)
    width, height = layout.cell
    painter.setPen(QColor(theme.on_accent if color == theme.accent else theme.surface))
    if 0 <= row < len(contents.row_labels) and (area := _row_area(layout, row, metrics)) is not None:
        text = contents.row_labels[row]
        if labels.step_for(height, metrics.height()) > 1 and contents.numbered:
            text += f"  {row}"
        area.setLeft(area.right() - min(metrics.horizontalAdvance(text) + 2, area.width()))
        painter.fillRect(area.adjusted(-pad, 0, pad, 0), patch)
        labels.draw_flat(painter, text, area, Qt.AlignmentFlag.AlignRight)
    middle = layout.cell_rect(0, column).center().x()
    if not (0 <= column < len(contents.column_labels) and layout.picture.left() <= middle <= layout.picture.right()):
        return
    text, bottom = contents.column_labels[column], layout.column_labels.bottom()
    room, is_thinned = layout.column_labels.height(), labels.step_for(width, metrics.height()) > 1
    if is_thinned or _is_flat(contents, layout, metrics, theme):
        flat = str(column) if is_thinned and contents.numbered else text
        wide = metrics.horizontalAdvance(flat) + 2
        area = QRectF(middle - wide / 2, bottom - metrics.height(), wide, metrics.height())
        painter.fillRect(area.adjusted(-pad, 0, pad, 0), patch)
        labels.draw_flat(painter, flat, area, Qt.AlignmentFlag.AlignHCenter)
        if not is_thinned or not contents.numbered:
            return
        bottom, room = area.top(), room - metrics.height()
    length, half = min(labels.length(text, metrics), room), metrics.height() / 2
    painter.fillRect(QRectF(middle - half, bottom - length - pad, 2 * half, length + pad), patch)
    labels.draw_upright(painter, text, middle, bottom, room)


# --- colour bar ----------------------------------------------------------------------------------


def _paint_bar(painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
    scale, bar = contents.scale, layout.bar
    if scale.high <= 0 or bar.height() < theme.px(24):
        return
    font = QFont(painter.font())
    metrics = QFontMetricsF(font)
    lut = theme.diverging_lut if scale.kind == "signed" else theme.attention_lut
    images.draw(painter, bar, images.rgb(images.packed(lut)[::-1, None]))
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
