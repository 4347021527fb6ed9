"""What tables of numbers share: their order, the quiet bars in their cells, and their size as a whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionHeader,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from visualizer.ui import glossary, guard, terms, theme, two_lines
from visualizer.ui.pointed import Pointed

Index = QModelIndex | QPersistentModelIndex
SORT = int(Qt.ItemDataRole.UserRole)  # what a cell is sorted by
BAR = SORT + 1  # how long its bar is, 0 to 1


@guard.overrides
class NumberOrder(QSortFilterProxyModel):
    """Numbers by size; what could not be measured comes last, whichever way the rest is sorted.

    Names of columns that are wider than their numbers stand on two lines; an arrow follows the name that orders.
    """

    enough = 0  # pixels of a name that no second line would help
    whole: frozenset[int] = frozenset()  # columns of words, whose names stay on one line
    metrics: QFontMetrics | None = None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = super().headerData(section, orientation, role)
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole or self.metrics is None:
            return found
        name = str(found)
        if section == self.sortColumn():
            name += " \u2191" if self.sortOrder() == Qt.SortOrder.AscendingOrder else " \u2193"
        if section in self.whole:
            return name
        return two_lines.in_two(name, self.metrics.horizontalAdvance, self.enough)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        super().sort(column, order)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, self.columnCount() - 1))

    def name_width(self, column: int) -> int:
        """Pixels of a column's name: of the wider of its lines."""
        assert self.metrics is not None
        name = str(self.headerData(column, Qt.Orientation.Horizontal))
        return max(self.metrics.horizontalAdvance(line) for line in name.split("\n"))

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802 (Qt's name)
        a, b = left.data(SORT), right.data(SORT)
        if isinstance(a, float) and isinstance(b, float) and (math.isnan(a) or math.isnan(b)):
            is_ascending = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return math.isnan(b) and not math.isnan(a) if is_ascending else math.isnan(a) and not math.isnan(b)
        return bool(a < b)


@guard.overrides
class TermHeader(QHeaderView):
    """Names of columns; those that the glossary knows have dots under them, and their meaning when pointed at."""

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:  # noqa: N802 (Qt's name)
        painter.save()
        super().paintSection(painter, rect, logical_index)
        painter.restore()
        painter.setPen(QColor(theme.current().text_quiet))
        terms.paint_dots(painter, self._boxes(logical_index, rect))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.logicalIndexAt(event.pos())
            if index >= 0 and (found := self._boxes(index, QRect())):
                told = self.model().headerData(index, self.orientation(), int(Qt.ItemDataRole.ToolTipRole))
                QToolTip.showText(event.globalPos(), glossary.tip(found[0][0], str(told or "")), self)
                return True
        return super().viewportEvent(event)

    def _boxes(self, index: int, rect: QRect) -> list[terms.Box]:
        """The terms that a column's name holds, in the rectangle of its name."""
        text = str(self.model().headerData(index, self.orientation(), int(Qt.ItemDataRole.DisplayRole)) or "")
        option = QStyleOptionHeader()
        self.initStyleOption(option)
        option.rect, option.text, option.section = rect, text, index  # type: ignore[attr-defined]
        area = QRectF(self.style().subElementRect(QStyle.SubElement.SE_HeaderLabel, option, self))
        alignment = self.model().headerData(index, self.orientation(), int(Qt.ItemDataRole.TextAlignmentRole))
        side = Qt.AlignmentFlag(alignment) if alignment is not None else self.defaultAlignment()
        return terms.boxes(text, self.font(), area, side, wrap=False)


@guard.overrides
class NumberTable(QTableView):
    """Rows of which one is chosen; knows whether anybody has to scroll, and how large it is when nobody has to.

    Where not all columns have room, those that are seen have it whole, and no number is cut in two.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widths: tuple[int, ...] = ()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = TermHeader(Qt.Orientation.Horizontal, self)
        header.setSectionsClickable(True)
        self.setHorizontalHeader(header)
        header.setHighlightSections(False)

    def set_widths(self, widths: Sequence[int]) -> None:
        """The widths that the columns need, in pixels."""
        self._widths = tuple(widths)
        self.share_room()

    def share_room(self) -> None:
        """Give what is left beside the last whole column to those that are seen."""
        shown, room = self._shown_columns(), self.viewport().width()
        widths = [self._widths[column] for column in shown]
        seen = sum(1 for end in accumulate(widths) if end <= room)
        if 0 < seen < len(widths):
            rest = room - sum(widths[:seen])
            for n in range(seen):
                widths[n] += rest // seen + (n < rest % seen)
        for column, width in zip(shown, widths, strict=True):
            self.setColumnWidth(column, width)

    def _shown_columns(self) -> list[int]:
        """Columns that are not hidden, from left to right."""
        header = self.horizontalHeader()
        order = (header.logicalIndex(place) for place in range(header.count()))
        return [column for column in order if column < len(self._widths) and not self.isColumnHidden(column)]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_room()

    def whole_size(self) -> QSize:
        """Pixels with every row and column in sight."""
        frame, header = 2 * self.frameWidth(), self.horizontalHeader()
        columns = sum(self._widths[column] for column in self._shown_columns()) or header.length()
        return QSize(columns + frame, header.sizeHint().height() + self.verticalHeader().length() + frame)

    def is_whole(self) -> bool:
        """Whether every row and column is in sight."""
        seen, rows, columns = self.viewport().size(), self.verticalHeader().length(), self.horizontalHeader().length()
        return columns <= seen.width() and rows <= seen.height()

    def fit_names(self, order: NumberOrder, enough: int, whole: frozenset[int]) -> None:
        """Columns are as wide as their numbers need, names on two lines where they are wider than that.

        enough: pixels of the numbers. whole: columns of words, whose names stay on one line. The arrow of the order is
        a part of the name: nothing can lie over it.
        """
        header = self.horizontalHeader()
        header.setStyleSheet("QHeaderView::up-arrow, QHeaderView::down-arrow { image: none; width: 0px; height: 0px; }")
        order.metrics, order.enough, order.whole = self.fontMetrics(), enough, whole
        order.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, order.columnCount() - 1))

    def pointed(self, point: QPoint | None = None) -> Pointed | None:
        """The cell at a point, without one that of the chosen row, and its row; numbers in full."""
        current = self.currentIndex()
        index = current if point is None else self.indexAt(self.viewport().mapFrom(self, point))
        if not index.isValid():
            return None
        model, chosen = self.model(), self.selectionModel().selectedRows()
        row = chosen[0].row() if point is None and chosen else index.row()
        shown = [column for column in range(model.columnCount()) if not self.isColumnHidden(column)]
        names = (str(model.headerData(column, Qt.Orientation.Horizontal) or "") for column in shown)
        cells = tuple(_exact(model.index(row, column)) for column in shown)
        return Pointed(_exact(index), tuple(" ".join(name.split()) for name in names), cells)

    def hide_bars(self) -> None:
        """Without scroll bars, for a picture."""
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


@guard.overrides
class BarCell(QStyledItemDelegate):
    """A number with a quiet bar behind it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme.current()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share = index.data(BAR)
        if share:
            area: QRect = option.rect  # type: ignore[attr-defined]
            bar = QColor(self.theme.accent)
            bar.setAlphaF(0.22)
            width = round(min(1.0, share) * (area.width() - self.theme.px(8)))
            painter.fillRect(area.right() - self.theme.px(4) - width, area.top() + 3, width, area.height() - 6, bar)
        super().paint(painter, option, index)


def _exact(index: Index) -> str:
    """A cell's number in full where it is sorted by one, else its words."""
    value = index.data(SORT)
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(index.data() or "")
