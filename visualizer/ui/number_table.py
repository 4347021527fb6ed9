"""What tables of numbers share: their order, the quiet bars in their cells, and their size as a whole."""

from __future__ import annotations

import math

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from visualizer.ui import guard, theme

Index = QModelIndex | QPersistentModelIndex
SORT = int(Qt.ItemDataRole.UserRole)  # what a cell is sorted by
BAR = SORT + 1  # how long its bar is, 0 to 1


@guard.overrides
class NumberOrder(QSortFilterProxyModel):
    """Numbers by size; what could not be measured comes last, whichever way the rest is sorted."""

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802 (Qt's name)
        a, b = left.data(SORT), right.data(SORT)
        if isinstance(a, float) and isinstance(b, float) and (math.isnan(a) or math.isnan(b)):
            is_ascending = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return math.isnan(b) and not math.isnan(a) if is_ascending else math.isnan(a) and not math.isnan(b)
        return bool(a < b)


class NumberTable(QTableView):
    """Rows of which one is chosen; knows whether anybody has to scroll, and how large it is when nobody has to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)

    def whole_size(self) -> QSize:
        """Pixels with every row and column in sight."""
        frame, header = 2 * self.frameWidth(), self.horizontalHeader()
        return QSize(header.length() + frame, header.sizeHint().height() + self.verticalHeader().length() + frame)

    def is_whole(self) -> bool:
        """Whether every row and column is in sight."""
        seen, rows, columns = self.viewport().size(), self.verticalHeader().length(), self.horizontalHeader().length()
        return columns <= seen.width() and rows <= seen.height()

    def leave_room_for_arrow(self, look: theme.Theme) -> None:
        """The arrow of the order stands at the right end of a column's name, where the names of numbers end too."""
        self.horizontalHeader().setStyleSheet(f"QHeaderView::section {{ padding-right: {look.px(16)}px; }}")

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
