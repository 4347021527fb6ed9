"""The spans as bars: shares of attention, and what the answer loses without each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtWidgets import QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.number_table import BAR, SORT, BarCell, Index, NumberTable
from visualizer.ui.numbers import format_number, format_probability, in_column
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.views.spans.work import Found

NAME, ATTENTION, WEIGHTED, AFTER, CHANGE = range(5)


@guard.overrides
class SpanModel(QAbstractTableModel):
    """One row a span, and the rest of the text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._values = np.full((0, 4), math.nan)  # attention, weighted, probability without, change

    def set_values(self, names: tuple[str, ...], values: np.ndarray) -> None:
        """values: float [row, 4]: shares of attention and weighted, probability without the span, ln of its change."""
        self.beginResetModel()
        self._names, self._values = names, values
        self.endResetModel()

    @staticmethod
    def numbers(found: Found, attention: np.ndarray, weighted: np.ndarray) -> np.ndarray:
        """What `set_values` takes."""
        values = np.full((len(attention), 4), math.nan)
        values[:, 0], values[:, 1] = attention, weighted
        for n, one in enumerate(() if found.effects is None else found.effects.without):
            values[n, 2:] = one.after, one.change
        return values

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._names)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 5

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._names):
            return None
        column = index.column()
        if column == NAME:
            name = self._names[index.row()] or self.tr("the rest")
            return name if role in (Qt.ItemDataRole.DisplayRole, SORT) else None
        value = float(self._values[index.row(), column - 1])
        if role == Qt.ItemDataRole.DisplayRole:
            if math.isnan(value):
                return ""
            return in_column(value, 3, is_change=True) if column == CHANGE else format_probability(value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "" if math.isnan(value) else format_number(value, 5)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == SORT:
            return value
        if role == BAR and not math.isnan(value):
            largest = float(np.nanmax(np.abs(self._values[:, 3]))) if column == CHANGE else 1.0
            return abs(value) / (largest or 1.0)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == NAME else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        names = (self.tr("Span"), self.tr("Attention"), self.tr("Weighted"), self.tr("p without"), self.tr("Δ ln p"))
        tips = (
            "",
            self.tr("The sum of the attention weights over the span's tokens."),
            self.tr("Each weight times the length of what it carries: |weight × value × W_O|, as a share of all."),
            self.tr("Probability of the answer's token when no token may look at the span, in a real pass."),
            self.tr("Change of its log probability (natural) without the span."),
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return names[section]
        return tips[section] if role == Qt.ItemDataRole.ToolTipRole else None


@guard.overrides
class SpanTable(NumberTable):
    """The table itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spans = SpanModel(self)
        self._cells = BarCell(self)
        self.setModel(self.spans)
        self.setItemDelegate(self._cells)

    def set_values(self, names: tuple[str, ...], values: np.ndarray) -> None:
        """As `SpanModel.set_values`."""
        self.spans.set_values(names, values)
        self.fit_columns()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._cells.theme = theme
        self.setFont(fonts.base_font(theme.scale))
        self.verticalHeader().setDefaultSectionSize(theme.px(28))
        self.setMinimumHeight(theme.px(30 + 3 * 28 + 14))
        self.fit_columns()

    def fit_columns(self) -> None:
        """As wide as names and numbers need."""
        metrics, widths = self.fontMetrics(), list[int]()
        for column in range(self.spans.columnCount()):
            texts = [str(self.spans.headerData(column, Qt.Orientation.Horizontal) or "")]
            texts += [str(self.spans.index(row, column).data() or "") for row in range(self.spans.rowCount())]
            widths.append(max(metrics.horizontalAdvance(text) for text in texts) + self._cells.theme.px(24))
        self.set_widths(widths)
