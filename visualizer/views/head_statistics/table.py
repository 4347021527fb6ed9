"""The table of all heads: its model, its order, and the small bars in its cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QWidget,
)

from visualizer.ui import fonts, guard, intervention_words, theme
from visualizer.ui.number_table import BAR, SORT, BarCell, NumberOrder, NumberTable
from visualizer.ui.numbers import format_number
from visualizer.ui.theme import Theme
from visualizer.views import head_words

if TYPE_CHECKING:
    from visualizer.core.analyses.head_statistics import HeadStatistics

Index = QModelIndex | QPersistentModelIndex
DISTANCE = "jensen_shannon"  # the one measure of a change that has no sign
HEAD, DOES = 0, 1  # columns before the measures


@guard.overrides
class HeadTableModel(QAbstractTableModel):
    """One row a head of one kind of attention; one column a measure that this text has."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table: HeadStatistics | None = None
        self.kind = "self"
        self._labels: tuple[str, ...] = ()
        self.is_change = False
        self._rows: tuple[int, ...] = ()
        self.measures: tuple[str, ...] = ()
        self.absent: tuple[str, ...] = ()
        self._full: dict[str, float] = {}
        self._theme = theme.current()
        self.off: frozenset[tuple[int, int]] = frozenset()

    def set_table(
        self, table: HeadStatistics | None, kind: str, labels: tuple[str, ...] | None = None, is_change: bool = False
    ) -> None:
        """Show the heads of this kind. labels: instead of the table's own; is_change: values are differences."""
        self.beginResetModel()
        self.table, self.kind, self.is_change = table, kind, is_change
        self._labels = labels if labels is not None else () if table is None else table.labels
        rows = [] if table is None else [n for n, name in enumerate(table.kinds) if name == kind]
        self._rows = tuple(rows)
        values = {} if table is None else {name: column[rows] for name, column in table.values.items()}
        self.measures = tuple(name for name, column in values.items() if np.isfinite(column).any())
        self.absent = tuple(name for name in values if name not in self.measures)
        self._full = {
            name: max(1e-9, float(np.nanmax(np.abs(values[name]))))
            for name in (self.measures if is_change else ("entropy", "mean_distance"))
            if name in self.measures
        }
        self.endResetModel()

    def set_off(self, heads: frozenset[tuple[int, int]]) -> None:
        """Strike these heads out: (layer, head)."""
        if heads != self.off:
            self.off = heads
            if self._rows:
                self.dataChanged.emit(self.index(0, HEAD), self.index(len(self._rows) - 1, HEAD))

    def set_theme(self, theme: Theme) -> None:
        """Colours of the heads."""
        self._theme = theme
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, self.columnCount() - 1))

    def head_of(self, row: int) -> tuple[int, int]:
        """(layer, head) of a row."""
        assert self.table is not None
        return int(self.table.layers[self._rows[row]]), int(self.table.heads[self._rows[row]])

    def row_of(self, layer: int, head: int) -> int:
        """The row of a head; -1 when it is not here."""
        return next((n for n in range(len(self._rows)) if self.head_of(n) == (layer, head)), -1)

    def column(self, measure: str) -> np.ndarray:
        """float32 [row] of a measure."""
        assert self.table is not None
        return self.table.values[measure][list(self._rows)]

    def label(self, row: int) -> str:
        """What a head does: one of `statistics.LABELS`."""
        assert self.table is not None
        return self._labels[self._rows[row]]

    @property
    def labels(self) -> tuple[str, ...]:
        """What every head of the table does."""
        return self._labels

    # --- Qt --------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 2 + len(self.measures)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.table is None or not index.isValid():
            return None
        row, column = index.row(), index.column()
        if column == HEAD:
            return self._head_data(row, role)
        if column == DOES:
            text = head_words.sentence(self.label(row))
            return text if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, SORT) else None
        measure = self.measures[column - 2]
        value = float(self.table.values[measure][self._rows[row]])
        if role == Qt.ItemDataRole.DisplayRole:
            return head_words.measure_text(measure, value, is_change=self.is_change and measure != DISTANCE)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "" if math.isnan(value) else format_number(value, 5)  # exactly
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == SORT:
            return value
        if role == BAR:
            return 0.0 if math.isnan(value) else abs(value) / self._full.get(measure, 1.0)
        return None

    def _head_data(self, row: int, role: int) -> Any:
        layer, head = self.head_of(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return head_words.short_name(layer, head)
        if role == Qt.ItemDataRole.DecorationRole:
            return QColor(self._theme.head_color(head))
        if role == SORT:
            return row
        if (layer, head) in self.off:
            return self._off_data(layer, head, role)
        return None

    def _off_data(self, layer: int, head: int, role: int) -> Any:
        text = f"{head_words.short_name(layer, head)}: {intervention_words.off_text()}"
        if role == Qt.ItemDataRole.FontRole:
            font = fonts.base_font(self._theme.scale)
            font.setStrikeOut(True)
            return font
        return text if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if section >= 2:
            measure = self.measures[section - 2]
            if role == Qt.ItemDataRole.DisplayRole:
                return head_words.measure_name(measure)
            if role == Qt.ItemDataRole.ToolTipRole:
                return head_words.measure_meaning(measure)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if role == Qt.ItemDataRole.InitialSortOrderRole:
                return Qt.SortOrder.DescendingOrder.value
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tr("Head") if section == HEAD else self.tr("What it does")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None


@guard.overrides
class HeadTable(NumberTable):
    """The table itself.

    head_chosen: layer and head of the current row. head_hovered: of the row under the pointer, -1 and -1 if none.
    order_chosen: the column ("head", "does", or a measure) by which a person sorts, and whether the largest come first.
    columns_chosen: the measures that a person wants to see, in that order.
    """

    head_chosen = Signal(int, int)
    order_chosen = Signal(str, bool)
    columns_chosen = Signal(tuple)
    head_hovered = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[str, ...] = ()
        self.heads = HeadTableModel(self)
        self._order = NumberOrder(self)
        self._order.setSourceModel(self.heads)
        self._cells = BarCell(self)
        self._is_told = False
        self._hovered = (-1, -1)
        self.setModel(self._order)
        self.setItemDelegate(self._cells)
        self.setSortingEnabled(True)
        self.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self._fit_columns())  # the arrow needs room
        self.sortByColumn(HEAD, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().sortIndicatorChanged.connect(self._on_header_sort_indicator_changed)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)
        header.sectionMoved.connect(self._on_header_section_moved)
        self.setMouseTracking(True)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)

    def set_table(
        self, table: HeadStatistics | None, kind: str, labels: tuple[str, ...] | None = None, is_change: bool = False
    ) -> None:
        """Show the heads of this kind, in the order chosen before."""
        self._is_told = True
        self.heads.set_table(table, kind, labels, is_change)
        self._is_told = False
        self._fit_columns()
        self._arrange_columns()

    def head_at(self, point: QPoint) -> tuple[int, int] | None:
        """(layer, head) of the row at a point of this widget; None where there is none."""
        index = self._order.mapToSource(self.indexAt(self.viewport().mapFrom(self, point)))
        return self.heads.head_of(index.row()) if index.isValid() else None

    def set_order(self, column: str, falling: bool) -> None:
        """Sort by a column, by its name; in the order of the heads where this text has no such measure."""
        names = self._column_names()
        if column not in names:
            column, falling = "head", False
        order = Qt.SortOrder.DescendingOrder if falling else Qt.SortOrder.AscendingOrder
        index = names.index(column)
        if (self._order.sortColumn(), self._order.sortOrder()) != (index, order):
            self._is_told = True
            self.sortByColumn(index, order)
            self._is_told = False

    def measure_at(self, index: QModelIndex) -> str:
        """The measure of a cell; "" where a cell holds none."""
        column = index.column() - 2
        return self.heads.measures[column] if 0 <= column < len(self.heads.measures) else ""

    def set_columns(self, measures: tuple[str, ...]) -> None:
        """Show these measures in this order; () shows all as they are listed."""
        self._columns = measures
        self._arrange_columns()

    def columns(self) -> tuple[str, ...]:
        """The measures in sight, from left to right."""
        header = self.horizontalHeader()
        logical = [header.logicalIndex(place) for place in range(header.count())]
        return tuple(self.heads.measures[n - 2] for n in logical if n >= 2 and not self.isColumnHidden(n))

    def _arrange_columns(self) -> None:
        header, there = self.horizontalHeader(), self.heads.measures
        wanted = [name for name in self._columns if name in there] or list(there)
        order = [HEAD, DOES, *(2 + there.index(name) for name in wanted)]
        order += [n for n in range(self.heads.columnCount()) if n not in order]
        self._is_told = True
        for place, column in enumerate(order[: header.count()]):
            header.moveSection(header.visualIndex(column), place)
            self.setColumnHidden(column, column >= 2 and there[column - 2] not in wanted)
        self._is_told = False
        self.share_room()

    def _on_header_section_moved(self, column: int, before: int, after: int) -> None:
        if not self._is_told:
            self._columns = self.columns()
            self.columns_chosen.emit(self._columns)

    def _column_names(self) -> tuple[str, ...]:
        return ("head", "does", *self.heads.measures)

    def set_selected(self, layer: int, head: int) -> None:
        """Mark a head's row and bring it into sight."""
        row = self.heads.row_of(layer, head)
        self._is_told = True
        if row < 0:
            self.clearSelection()
        else:
            self.setCurrentIndex(self._order.mapFromSource(self.heads.index(row, HEAD)))
        self._is_told = False

    @property
    def theme(self) -> Theme:
        """The theme that it is drawn with."""
        return self._cells.theme

    def copy_for(self, parent: QWidget) -> HeadTable:
        """Another table of the same heads in the same order, without scroll bars."""
        found = HeadTable(parent)
        found.hide_bars()
        found.apply_theme(self._cells.theme)
        found.set_columns(self._columns)
        found.set_table(self.heads.table, self.heads.kind, self.heads.labels, self.heads.is_change)
        found.heads.set_off(self.heads.off)
        found.sortByColumn(self._order.sortColumn(), self._order.sortOrder())
        return found

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._cells.theme = theme
        self.setFont(fonts.base_font(theme.scale))
        self.verticalHeader().setDefaultSectionSize(theme.px(26))
        self.setIconSize(QSize(theme.px(12), theme.px(12)))
        self.heads.set_theme(theme)
        self._fit_columns()

    def retranslate(self) -> None:
        """Names of columns and heads in the interface's language."""
        self.heads.set_theme(self._cells.theme)
        self._fit_columns()

    def _fit_columns(self) -> None:
        scale, metrics, widths = self._cells.theme, self.fontMetrics(), list[int]()
        number = metrics.horizontalAdvance("+0.000" if self.heads.is_change else "0.000")
        self.fit_names(self._order, number, frozenset({HEAD, DOES}))
        for column in range(self.heads.columnCount()):
            width = self._order.name_width(column) + scale.px(8)
            if column == HEAD:
                width = max(width, metrics.horizontalAdvance("L88 H88") + scale.px(26))
            elif column == DOES:
                texts = {head_words.sentence(self.heads.label(row)) for row in range(self.heads.rowCount())}
                width = max([width, *(metrics.horizontalAdvance(text) + scale.px(12) for text in texts)])
            else:
                width = max(width, number + scale.px(11))
            widths.append(width)
        self.set_widths(widths)

    def _on_header_sort_indicator_changed(self, column: int, order: Qt.SortOrder) -> None:
        names = self._column_names()
        if not self._is_told and 0 <= column < len(names):
            self.order_chosen.emit(names[column], order == Qt.SortOrder.DescendingOrder)

    def _on_current_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid() and not self._is_told:
            self.head_chosen.emit(*self.heads.head_of(self._order.mapToSource(current).row()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self._order.mapToSource(self.indexAt(event.position().toPoint()))
        self._hover(self.heads.head_of(index.row()) if index.isValid() else (-1, -1))

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self._hover((-1, -1))

    def _hover(self, place: tuple[int, int]) -> None:
        if place != self._hovered:
            self._hovered = place
            self.head_hovered.emit(*place)
