"""The labels along a heatmap, and the marks of the row and column that are pointed at or locked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from visualizer.ui import fonts, labels
from visualizer.ui.heatmap_layout import Layout
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.ui.heatmap_contents import Contents

SIZE = 12.0  # pixels of the design
_SMALLEST = 0.84  # labels shrink so far before they thin out
_PITCH = 0.82  # lines of labels may stand so close, in line heights: the font's own distance is for running text


class LabelPainter:
    """Paints labels that never touch: first they shrink a little, then they thin out and carry their numbers."""

    def __init__(self, painter: QPainter, contents: Contents, layout: Layout, theme: Theme) -> None:
        self._painter, self._contents, self._layout, self._theme = painter, contents, layout, theme
        self._titles = QFontMetricsF(fonts.base_font(theme.scale, SIZE))
        width, height = layout.cell
        ratio = min(width, height) / (self._titles.height() * _PITCH)
        may_shrink = _SMALLEST <= ratio < 1 and not theme.lecture
        size = math.floor(SIZE * theme.scale * ratio) / theme.scale if may_shrink else SIZE
        self._font = fonts.base_font(theme.scale, size)
        self._metrics = QFontMetricsF(self._font)
        self._line = self._metrics.height()
        self._row_step = labels.step_for(height, self._line * _PITCH)
        self._column_step = labels.step_for(width, self._line * _PITCH)

    # --- labels ----------------------------------------------------------------------------------

    def paint_titles(self) -> None:
        """What rows and columns are."""
        painter, layout, contents, theme = self._painter, self._layout, self._contents, self._theme
        line = self._titles.height()
        painter.setFont(fonts.base_font(theme.scale, SIZE))
        painter.setPen(QColor(theme.text_quiet))
        title = QRectF(layout.picture.x(), layout.column_labels.y() - line - theme.px(4), layout.picture.width(), line)
        room = layout.bar.right() + theme.px(58) - layout.picture.x()
        title.setWidth(max(title.width(), min(room, self._titles.horizontalAdvance(contents.column_title) + 4)))
        labels.draw_flat(painter, contents.column_title, title, Qt.AlignmentFlag.AlignLeft)
        # The label of a narrow first row reaches half a line above the picture, the mark of a first column to its left.
        width, height = layout.cell
        top = layout.column_labels.bottom() - line * (1.0 if height > line else 1.5)
        right = layout.row_labels.right() - (line / 2 if width < line else 0)
        corner = QRectF(layout.row_labels.x(), top, right - layout.row_labels.x(), line)
        labels.draw_flat(painter, contents.row_title, corner, Qt.AlignmentFlag.AlignRight)

    def paint_labels(self) -> None:
        """All labels that have room."""
        self._painter.setFont(self._font)
        self._paint_rows()
        if not self._contents.numbered:
            self._paint_column_numbers()
        elif self._is_flat():
            self._paint_flat_columns()
        else:
            self._paint_upright_columns()

    def _pen(self, quiet: NDArray[np.bool_] | None, index: int) -> QColor:
        if quiet is None or not quiet[index]:
            return QColor(self._theme.text)
        faint = QColor(self._theme.text_quiet)
        faint.setAlphaF(0.5)
        return faint

    def _rows(self, step: int) -> Iterator[int]:
        window = self._layout.window
        return labels.visible(window.top(), window.bottom() - 1e-6, len(self._contents.row_labels), step)

    def _columns(self, step: int) -> Iterator[tuple[int, float]]:
        """Columns with a label, and where their middle lies."""
        window, picture = self._layout.window, self._layout.picture
        for column in labels.visible(window.left(), window.right() - 1e-6, len(self._contents.column_labels), step):
            middle = self._layout.cell_rect(0, column).center().x()
            if picture.left() <= middle <= picture.right():
                yield column, middle

    def _is_covered(self, middle: float, axis: int, room: float) -> bool:
        """Whether the tag of another row (axis 0) or column (1) that is marked would cover half of a label here."""
        for marked in (self._contents.locked[axis], self._contents.hovered[axis]):
            if marked >= 0:
                cell = self._layout.cell_rect(marked, 0) if axis == 0 else self._layout.cell_rect(0, marked)
                distance = abs(middle - (cell.center().y() if axis == 0 else cell.center().x()))
                if 0.5 < distance < 0.98 * room:
                    return True
        return False

    def _row_area(self, row: int) -> QRectF | None:
        picture, place = self._layout.picture, self._layout.row_labels
        middle = self._layout.cell_rect(row, 0).center().y()
        if not picture.top() <= middle <= picture.bottom():
            return None
        return QRectF(place.x(), middle - self._line / 2, place.width(), self._line)

    def _paint_rows(self) -> None:
        contents, painter = self._contents, self._painter
        number = self._metrics.horizontalAdvance(f"{len(contents.row_labels)} ")
        for row in self._rows(self._row_step):
            area = self._row_area(row)
            if area is None or self._is_covered(area.center().y(), 0, self._line * _PITCH):
                continue
            if self._row_step > 1 and contents.numbered:
                painter.setPen(QColor(self._theme.text_quiet))
                labels.draw_flat(painter, str(row), area, Qt.AlignmentFlag.AlignRight)
                area.setRight(area.right() - number)
            painter.setPen(self._pen(contents.quiet_rows, row))
            labels.draw_flat(painter, contents.row_labels[row], area, Qt.AlignmentFlag.AlignRight)

    def _is_flat(self) -> bool:
        """Whether all column labels in sight fit above their own cells."""
        width = self._layout.cell[0] - self._theme.px(4)
        if width < self._theme.px(12):
            return False
        texts = self._contents.column_labels
        return all(self._metrics.horizontalAdvance(texts[column]) <= width for column, _ in self._columns(1))

    def _column_area(self, middle: float, width: float) -> QRectF:
        """A place for a flat label just above the picture."""
        return QRectF(middle - width / 2, self._layout.column_labels.bottom() - self._line, width, self._line)

    def _paint_flat_columns(self) -> None:
        for column, middle in self._columns(1):
            self._painter.setPen(self._pen(self._contents.quiet_columns, column))
            area = self._column_area(middle, self._layout.cell[0])
            labels.draw_flat(self._painter, self._contents.column_labels[column], area, Qt.AlignmentFlag.AlignHCenter)

    def _paint_column_numbers(self) -> None:
        """Labels that are numbers: as many as fit side by side, none turned."""
        longest = max(self._contents.column_labels, key=len, default="")
        step = labels.step_for(self._layout.cell[0], self._metrics.horizontalAdvance(f"{longest}  "))
        self._painter.setPen(QColor(self._theme.text))
        for column, middle in self._columns(step):
            if self._is_covered(middle, 1, self._metrics.horizontalAdvance(f"{longest} ")):
                continue
            area = self._column_area(middle, self._metrics.horizontalAdvance(longest) + 2)
            labels.draw_flat(self._painter, self._contents.column_labels[column], area, Qt.AlignmentFlag.AlignHCenter)

    def _paint_upright_columns(self) -> None:
        contents, place = self._contents, self._layout.column_labels
        step, number, wide = self._column_step, 0.0, 0.0
        if step > 1:
            number = self._line
            wide = self._metrics.horizontalAdvance(f"{len(contents.column_labels)} ")
            step = labels.step_for(self._layout.cell[0], wide)
        covered = max(self._line * _PITCH, wide)
        for column, middle in self._columns(step):
            if self._is_covered(middle, 1, covered):
                continue
            if number:
                self._painter.setPen(QColor(self._theme.text_quiet))
                area = self._column_area(middle, self._metrics.horizontalAdvance(str(column)) + 1)
                labels.draw_flat(self._painter, str(column), area, Qt.AlignmentFlag.AlignLeft)
            self._painter.setPen(self._pen(contents.quiet_columns, column))
            text, bottom = contents.column_labels[column], place.bottom() - number
            labels.draw_upright(self._painter, text, middle, bottom, place.height() - number)

    # --- marks -----------------------------------------------------------------------------------

    def paint_marks(self) -> None:
        """The locked row and column in the accent colour, those under the pointer in a quiet one."""
        painter, theme, picture = self._painter, self._theme, self._layout.picture
        painter.save()
        painter.setFont(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for (row, column), color in (
            (self._contents.locked, theme.accent),
            (self._contents.hovered, theme.text_quiet),
        ):
            painter.setPen(QPen(QColor(color), max(1, theme.px(1))))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setClipRect(picture.adjusted(-1, -1, 1, 1))
            if row >= 0:
                band = _at_least(self._layout.cell_rect(row, 0), 3)
                painter.drawRect(QRectF(picture.left() - 2, band.top(), picture.width() + 4, band.height()))
            if column >= 0:
                band = _at_least(self._layout.cell_rect(0, column), 3)
                painter.drawRect(QRectF(band.left(), picture.top() - 2, band.width(), picture.height() + 4))
            painter.setClipping(False)
            painter.setPen(QColor(theme.on_accent if color == theme.accent else theme.paper))
            self._paint_row_tag(row, QColor(color))
            self._paint_column_tag(column, QColor(color))
        painter.restore()

    def _paint_row_tag(self, row: int, patch: QColor) -> None:
        """The label of a marked row, on a patch of colour over whatever stands there."""
        if not 0 <= row < len(self._contents.row_labels) or (area := self._row_area(row)) is None:
            return
        text, pad = self._contents.row_labels[row], self._theme.px(3)
        if self._row_step > 1 and self._contents.numbered:
            text += f"  {row}"
        area.setLeft(area.right() - min(self._metrics.horizontalAdvance(text) + 2, area.width()))
        self._painter.fillRect(area.adjusted(-pad, 0, pad, 0), patch)
        labels.draw_flat(self._painter, text, area, Qt.AlignmentFlag.AlignRight)

    def _paint_column_tag(self, column: int, patch: QColor) -> None:
        contents, place, pad = self._contents, self._layout.column_labels, self._theme.px(3)
        middle, picture = self._layout.cell_rect(0, column).center().x(), self._layout.picture
        if not (0 <= column < len(contents.column_labels) and picture.left() <= middle <= picture.right()):
            return
        text, bottom, room = contents.column_labels[column], place.bottom(), place.height()
        is_numbered = self._column_step > 1 and contents.numbered
        if is_numbered or not contents.numbered or self._is_flat():
            flat = str(column) if is_numbered else text
            area = self._column_area(middle, self._metrics.horizontalAdvance(flat) + 2)
            self._painter.fillRect(area.adjusted(-pad, 0, pad, 0), patch)
            labels.draw_flat(self._painter, flat, area, Qt.AlignmentFlag.AlignHCenter)
            if not is_numbered:
                return
            bottom, room = area.top(), room - self._line
        length, half = min(labels.length(text, self._metrics), room), self._line * _PITCH / 2
        self._painter.fillRect(QRectF(middle - half, bottom - length - pad, 2 * half, length + pad), patch)
        labels.draw_upright(self._painter, text, middle, bottom, room)


def _at_least(rect: QRectF, size: float) -> QRectF:
    grow_x, grow_y = max(0.0, size - rect.width()) / 2, max(0.0, size - rect.height()) / 2
    return rect.adjusted(-grow_x, -grow_y, grow_x, grow_y)
