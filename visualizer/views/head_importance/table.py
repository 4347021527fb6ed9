"""The table of all parts by what they are worth, beside what the heads look at."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.ui import fonts, guard, intervention_words, theme
from visualizer.ui.number_table import BAR, SORT, BarCell, Index, NumberOrder, NumberTable
from visualizer.ui.numbers import format_number, in_column
from visualizer.ui.theme import Theme
from visualizer.views import head_words
from visualizer.views.head_importance.work import Found

PART, DELTA, KL = 0, 1, 2  # columns before the measures


@guard.overrides
class PartTableModel(QAbstractTableModel):
    """One row a head or feed-forward part; change, divergence, and the measures of attention that this text has."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: Found | None = None
        self._rows: tuple[tuple[int, int], ...] = ()
        self._measures: dict[str, np.ndarray] = {}  # name -> float [layer, head]
        self._largest = (0.0, 0.0)
        self.off: frozenset[tuple[int, int]] = frozenset()
        self._theme = theme.current()

    def set_found(self, found: Found | None, off: frozenset[tuple[int, int]]) -> None:
        """Show what is known so far; rows that are not, have no numbers yet."""
        same = found is not None and self.found is not None and self._shape(found) == self._shape(self.found)
        columns = self.columnCount()
        measures = {} if found is None else _measures(found)
        if same and measures.keys() == self._measures.keys():
            self._set(found, measures, off)
            if self._rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, columns - 1))
            return
        self.beginResetModel()
        self._set(found, measures, off)
        rows = () if found is None else tuple(map(tuple, np.argwhere(np.ones(found.importance.delta.shape, bool))))
        has_parts = found is not None and found.importance.question.kind != "cross"
        heads = 0 if found is None else found.importance.heads
        self._rows = tuple((int(layer), int(part)) for layer, part in rows if has_parts or part < heads)
        self.endResetModel()

    def _set(self, found: Found | None, measures: dict[str, np.ndarray], off: frozenset[tuple[int, int]]) -> None:
        self.found, self._measures, self.off = found, measures, off
        if found is not None:
            self._largest = _largest(found.importance.delta), _largest(found.importance.kl)

    @staticmethod
    def _shape(found: Found) -> tuple[object, ...]:
        return found.importance.delta.shape, found.importance.question.kind

    def set_theme(self, theme: Theme) -> None:
        """Colours of the heads."""
        self._theme = theme
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def part_of(self, row: int) -> tuple[int, int]:
        """(layer, head) of a row; head is the number of heads for the feed-forward part."""
        return self._rows[row]

    def row_of(self, layer: int, head: int) -> int:
        """The row of a part; -1 when it is not here."""
        return self._rows.index((layer, head)) if (layer, head) in self._rows else -1

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures of attention that have a column."""
        return tuple(self._measures)

    def name(self, row: int) -> str:
        """ "L2 H3", or the feed-forward part."""
        layer, head = self._rows[row]
        assert self.found is not None
        if head < self.found.importance.heads:
            return head_words.short_name(layer, head)
        if self._theme.lecture:  # as the map calls it: the room is the numbers'
            return f"L{layer} {QCoreApplication.translate('HeadImportanceView', 'FF')}"
        return self.tr("L{layer} feed-forward").format(layer=layer)

    # --- Qt --------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 3 + len(self._measures)

    def value(self, row: int, column: int) -> float:
        """The number in a cell; nan where there is none."""
        assert self.found is not None
        layer, head = self._rows[row]
        importance = self.found.importance
        if column in (DELTA, KL):
            if (layer, head) in self.off:  # what is left is the noise of two runs that do the same
                return math.nan
            return float((importance.delta if column == DELTA else importance.kl)[layer, head])
        if head >= importance.heads:
            return math.nan
        return float(self._measures[self.measures[column - 3]][layer, head])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.found is None or not index.isValid():
            return None
        row, column = index.row(), index.column()
        if column == PART:
            return self._part_data(row, role)
        value = self.value(row, column)
        if role == Qt.ItemDataRole.DisplayRole:
            if math.isnan(value):
                return ""
            if column > KL:
                return head_words.measure_text(self.measures[column - 3], value)
            return in_column(value, 3, is_change=column == DELTA)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "" if math.isnan(value) else format_number(value, 5)  # exactly
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == SORT:
            return value
        if role == BAR and column <= KL and not math.isnan(value):
            return abs(value) / (self._largest[column - DELTA] or 1.0)
        return None

    def _part_data(self, row: int, role: int) -> Any:
        assert self.found is not None
        layer, head = self._rows[row]
        is_head = head < self.found.importance.heads
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(row)
        if role == Qt.ItemDataRole.DecorationRole and is_head:
            return QColor(self._theme.head_color(head))
        if role == SORT:
            return row
        if (layer, head) in self.off:
            if role == Qt.ItemDataRole.FontRole:
                font = fonts.base_font(self._theme.scale)
                font.setStrikeOut(True)
                return font
            if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                return f"{self.name(row)}: {intervention_words.off_text()}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == PART else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.InitialSortOrderRole and section > DELTA:
            return Qt.SortOrder.DescendingOrder.value
        if section > KL:
            measure = self.measures[section - 3]
            if role == Qt.ItemDataRole.DisplayRole:
                return head_words.measure_name(measure)
            return head_words.measure_meaning(measure) if role == Qt.ItemDataRole.ToolTipRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Part"), self.tr("Δ log p"), self.tr("KL (bits)"))[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                "",
                self.tr("Change of the token's log probability (natural) when this part alone is switched off."),
                self.tr("How far the whole distribution moves away from the ordinary one: KL divergence in bits."),
            )[section]
        return None


@guard.overrides
class PartTable(NumberTable):
    """The table itself.

    part_chosen: layer and column of the current row; the feed-forward part stands after the heads.
    """

    part_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts = PartTableModel(self)
        self._order = NumberOrder(self)
        self._order.setSourceModel(self.parts)
        self._cells = BarCell(self)
        self._is_told = False
        self._shape = (0, 0)  # rows and columns for which the columns have their widths
        self.setModel(self._order)
        self.setItemDelegate(self._cells)
        self.setSortingEnabled(True)
        self.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self._fit_columns())  # the arrow needs room
        self.sortByColumn(DELTA, Qt.SortOrder.AscendingOrder)
        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)

    def set_found(self, found: Found | None, off: frozenset[tuple[int, int]]) -> None:
        """Show what is known so far, in the order chosen before."""
        self._is_told = True
        self.parts.set_found(found, off)
        self._is_told = False
        shape = self.parts.rowCount(), self.parts.columnCount()
        if self._shape != shape:
            self._shape = shape
            self._fit_columns()

    def set_selected(self, layer: int, head: int) -> None:
        """Mark a part's row and bring it into sight."""
        row = self.parts.row_of(layer, head)
        self._is_told = True
        if row < 0:
            self.clearSelection()
        else:
            self.setCurrentIndex(self._order.mapFromSource(self.parts.index(row, PART)))
        self._is_told = False

    def copy_for(self, parent: QWidget) -> PartTable:
        """Another table of the same parts in the same order, without scroll bars."""
        found = PartTable(parent)
        found.hide_bars()
        found.set_found(self.parts.found, self.parts.off)
        found.sortByColumn(self._order.sortColumn(), self._order.sortOrder())
        found.apply_theme(self._cells.theme)
        return found

    def part_at(self, point: QPoint) -> tuple[int, int] | None:
        """(layer, column) of the row at a point of this widget; None where there is none."""
        index = self._order.mapToSource(self.indexAt(self.viewport().mapFrom(self, point)))
        return self.parts.part_of(index.row()) if index.isValid() else None

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._cells.theme = theme
        self.setFont(fonts.base_font(theme.scale))
        self.verticalHeader().setDefaultSectionSize(theme.px(26))
        self.setMinimumHeight(theme.px(30 + 2 * 26 + 14))  # names, two rows and the scroll bar
        self.setIconSize(QSize(theme.px(12), theme.px(12)))
        self.retranslate()

    def retranslate(self) -> None:
        """Names of columns and parts in the interface's language."""
        self.parts.set_theme(self._cells.theme)
        self._fit_columns()

    def _fit_columns(self) -> None:
        scale, metrics, widths = self._cells.theme, self.fontMetrics(), list[int]()
        names = [self.parts.name(row) for row in range(self.parts.rowCount())]
        self.fit_names(self._order, metrics.horizontalAdvance("0.000"), frozenset({PART}))
        for column in range(self.parts.columnCount()):
            texts = names if column == PART else ["−0.000"] if column in (DELTA, KL) else ["0.000"]
            room = scale.px(36 if column == PART else 14)
            width = self._order.name_width(column) + scale.px(10)
            width = max([width, *(metrics.horizontalAdvance(text) + room for text in texts)])
            widths.append(width)
        self.set_widths(widths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())

    def _on_current_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid() and not self._is_told:
            self.part_chosen.emit(*self.parts.part_of(self._order.mapToSource(current).row()))


def _measures(found: Found) -> dict[str, np.ndarray]:
    """Measure -> float [layer, head] of this kind, for those that this text has."""
    table, importance = found.statistics, found.importance
    if table is None:
        return {}
    rows = [n for n, kind in enumerate(table.kinds) if kind == importance.question.kind]
    result = {}
    for name, column in table.values.items():
        values = np.full((len(importance.delta), importance.heads), np.nan)
        for n in rows:
            values[int(table.layers[n]), int(table.heads[n])] = column[n]
        if np.isfinite(values).any():
            result[name] = values
    return result


def _largest(values: np.ndarray) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(known.max(initial=0.0))
