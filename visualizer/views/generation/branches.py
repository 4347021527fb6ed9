"""A tree of continuations: one row a branch, its new tokens in cells, where it leaves the branch that it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.plain_text import tip
from visualizer.ui.pointed import Pointed
from visualizer.ui.theme import Theme, current

CELL, ROW = 60, 26  # pixels of the design


@dataclass(frozen=True, slots=True)
class Cell:
    """A token. number: as whoever made the tree calls it. look: "on" (of the branch that is meant), "" or "pruned"."""

    number: int
    depth: int
    label: str
    look: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens that one branch adds. above: the row that it leaves, -1 for none. total: its log-probability."""

    cells: tuple[Cell, ...]
    above: int
    total: str


@guard.overrides
class BranchTree(QWidget):
    """Shows as many rows and columns as there is room for, around the chosen cell. chosen: number of a clicked cell."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._rows: tuple[Row, ...] = ()
        self._chosen = -1
        self._top = self._left = 0
        self._title = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_title(self, title: str) -> None:
        """What it is, above it."""
        self._title = title
        self.update()

    def set_rows(self, rows: tuple[Row, ...], chosen: int) -> None:
        """Show these; the chosen cell is brought into sight."""
        self._rows, self._chosen = rows, chosen
        for n, row in enumerate(rows):
            for cell in row.cells:
                if cell.number == chosen:
                    self._bring(n, cell.depth)
        self._clamp()
        self.setAccessibleDescription("; ".join(f"{''.join(c.label for c in r.cells)} {r.total}" for r in rows[:50]))
        self.update()

    def rows(self) -> tuple[Row, ...]:
        """All rows, in sight or not."""
        return self._rows

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def cell_rect(self, number: int) -> QRectF:
        """Where a cell is; empty where it is out of sight."""
        for n, row in enumerate(self._rows):
            for cell in row.cells:
                if cell.number == number:
                    return self._rect(n, cell.depth)
        return QRectF()

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The token at a point."""
        cell = None if point is None else self._at(QPointF(point))
        return None if cell is None else Pointed(cell.label, words=cell.hint)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), self._head() + 5 * self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._head() + self._height())

    # --- geometry --------------------------------------------------------------------------------

    def _head(self) -> int:
        return round(QFontMetricsF(fonts.base_font(self._theme.scale, 12)).height()) + self._theme.px(4)

    def _height(self) -> int:
        return self._theme.px(ROW)

    def _rect(self, row: int, depth: int) -> QRectF:
        width = self._theme.px(CELL)
        x, y = (depth - 1 - self._left) * width, self._head() + (row - self._top) * self._height()
        return QRectF(x, y, width - self._theme.px(4), self._height() - self._theme.px(4))

    def _in_sight(self) -> tuple[int, int]:
        """Rows and columns that have room; the totals stand right of the last column."""
        columns = (self.width() - self._theme.px(64)) // self._theme.px(CELL)
        return max(1, (self.height() - self._head()) // self._height()), max(1, columns)

    def _bring(self, row: int, depth: int) -> None:
        rows, columns = self._in_sight()
        self._top = min(max(self._top, row - rows + 1), row)
        self._left = max(0, depth - columns)  # the beginning stays in sight as long as it can

    def _clamp(self) -> None:
        rows, _ = self._in_sight()
        self._top = max(0, min(self._top, len(self._rows) - rows))

    def _at(self, point: QPointF) -> Cell | None:
        if point.y() < self._head():
            return None
        row = self._top + int((point.y() - self._head()) // self._height())
        if not 0 <= row < len(self._rows):
            return None
        return next((c for c in self._rows[row].cells if self._rect(row, c.depth).contains(point)), None)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        small = fonts.base_font(theme.scale, 12)
        painter.setFont(small)
        painter.setPen(QColor(theme.text_quiet))
        metrics = QFontMetricsF(small)
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QPointF(0, metrics.ascent()), title)
        painter.setClipRect(QRectF(0, self._head() - 1, self.width(), self.height() - self._head() + 1))
        rows, _ = self._in_sight()
        for n in range(self._top, min(len(self._rows), self._top + rows)):
            self._paint_row(painter, n, metrics)

    def _paint_row(self, painter: QPainter, n: int, metrics: QFontMetricsF) -> None:
        theme, row = self._theme, self._rows[n]
        if row.above >= 0 and row.cells:
            self._paint_fork(painter, n, row)
        for cell in row.cells:
            area = self._rect(n, cell.depth)
            if area.right() < 0 or area.left() > self.width():
                continue
            is_on, is_pruned = cell.look == "on", cell.look == "pruned"
            painter.setPen(QPen(QColor(theme.accent if is_on else theme.border), 2 if is_on else 1))
            painter.setBrush(QColor(theme.hover) if cell.number == self._chosen else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(theme.text_quiet if is_pruned else theme.text))
            inner = area.adjusted(4, 0, -4, 0)
            label = metrics.elidedText(cell.label, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, label)
            if is_pruned:  # not by colour alone
                painter.setPen(QPen(QColor(theme.text_quiet), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(inner.left(), area.center().y()), QPointF(inner.right(), area.center().y()))
        if row.cells:
            last = self._rect(n, row.cells[-1].depth)
            x = min(max(last.right(), 0.0) + theme.px(4), self.width() - metrics.horizontalAdvance(row.total))
            ground = QRectF(x - 2, last.top(), self.width(), last.height())
            painter.fillRect(ground, QColor(theme.surface))
            painter.setPen(QColor(theme.text_quiet))
            painter.drawText(QPointF(x, last.center().y() + metrics.ascent() / 2 - 1), row.total)

    def _paint_fork(self, painter: QPainter, n: int, row: Row) -> None:
        theme = self._theme
        first = self._rect(n, row.cells[0].depth)
        start = self._rect(row.above, row.cells[0].depth - 1)
        x = max(1.0, first.left() - theme.px(2))
        painter.setPen(QPen(QColor(theme.text_quiet), 1))
        painter.drawLine(QPointF(x, max(start.center().y(), self._head())), QPointF(x, first.center().y()))
        painter.drawLine(QPointF(x, first.center().y()), QPointF(first.left() + 1, first.center().y()))

    # --- pointer ---------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.chosen.emit(cell.number)

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        if delta.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._left = max(0, self._left - (1 if (delta.x() or delta.y()) > 0 else -1))
        else:
            self._top -= 1 if delta.y() > 0 else -1
        self._clamp()
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            cell = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), tip("" if cell is None else cell.hint), self)
            return True
        return super().event(event)
