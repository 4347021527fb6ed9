"""A table of positions: curves, heat map and dot products."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtGui import QResizeEvent

from visualizer.core.positions import PositionPart, cosine_similarity
from visualizer.ui import guard
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.curve_plot import Curve
from visualizer.ui.numbers import format_weight
from visualizer.ui.theme import Theme
from visualizer.views.positions.panel import Panel


@guard.overrides
class MatrixPanel(Panel):
    """A vector for each position (or distance), the similarity of any two, and both for one of them as curves."""

    def build(self) -> None:
        self._matrix = self.heatmap(square=False)
        self._similarity = self.heatmap(square=True)
        self._vector_plot, self._similarity_plot = self.plot(), self.plot()
        self._similarities = np.zeros((0, 0), np.float32)
        self._row = -1
        self.grid.addWidget(self._matrix, 0, 0)
        self.grid.addWidget(self._similarity, 0, 1)
        self.grid.addWidget(self._vector_plot, 1, 0)
        self.grid.addWidget(self._similarity_plot, 1, 1)
        self.grid.setRowStretch(0, 7)
        self.grid.setRowStretch(1, 4)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self._matrix.cell_hovered.connect(self._on_matrix_hovered)
        self._matrix.cell_clicked.connect(lambda row, _column: self.position_clicked.emit(row))
        self._similarity.cell_hovered.connect(self._on_similarity_hovered)
        self._similarity.cell_clicked.connect(lambda row, _column: self.position_clicked.emit(row))

    @property
    def _values(self) -> np.ndarray:
        assert self.part.matrix is not None
        return self.part.matrix

    def _x(self) -> np.ndarray:
        return np.arange(len(self._values)) if self.part.distances is None else self.part.distances

    def show_part(self, part: PositionPart, tokens: tuple[str, ...], count: int) -> None:
        super().show_part(part, tokens, count)
        self._similarities = cosine_similarity(self._values)
        by_distance = part.distances is not None
        labels = [str(d) for d in self._x()] if by_distance else self.position_labels(len(self._values))
        columns = [str(i) for i in range(self._values.shape[1])]
        self._matrix.set_data(
            self._values,
            scale=ColorScale(_colour_end(self._values), "signed"),
            row_labels=labels,
            column_labels=columns,
        )
        self._similarity.set_data(
            self._similarities,
            scale=ColorScale(1.0, "signed"),
            row_labels=labels,
            column_labels=[str(x) for x in self._x()],
        )
        self._row = -1
        self.retranslate()

    def show_position(self, position: int, head: int) -> None:
        if not 0 <= position < len(self._values):
            return
        self._matrix.set_locked(position, -1)
        self._similarity.set_locked(position, -1)
        if position == self._row:
            return
        self._row = position
        vector, similarity, theme = self._values[position], self._similarities[position], self.theme
        self._vector_plot.set_curves([Curve(np.arange(len(vector)), vector, theme.accent, self._row_name(position))])
        self._similarity_plot.set_range(min(0.0, float(similarity.min())), 1.0)
        self._similarity_plot.set_curves([Curve(self._x(), similarity, theme.accent, self._row_name(position))])
        self._similarity_plot.set_mark(float(self._x()[position]))

    def _row_name(self, row: int) -> str:
        if self.part.distances is not None:
            return self.tr("distance {distance}").format(distance=int(self.part.distances[row]))
        if row < len(self.tokens):
            return self.tr("position {position}, “{token}”").format(position=row, token=self.tokens[row])
        return self.tr("position {position}").format(position=row)

    def _on_matrix_hovered(self, row: int, column: int) -> None:
        self._matrix.set_hovered(row, column)
        self.position_hovered.emit(row)
        if row < 0:
            self._matrix.set_readout("")
            return
        value = format_weight(float(self._values[row, column]))
        text = self.tr("{row}, dimension {column}: {value}")
        self._matrix.set_readout(text.format(row=self._row_name(row), column=column, value=value))

    def _on_similarity_hovered(self, row: int, column: int) -> None:
        self._similarity.set_hovered(row, column)
        self.position_hovered.emit(row)
        if row < 0:
            self._similarity.set_readout("")
            return
        value = format_weight(float(self._similarities[row, column]))
        text = self.tr("{row} and {column}: cosine {value}")
        names = {"row": self._row_name(row), "column": self._row_name(column)}
        self._similarity.set_readout(text.format(**names, value=value))

    def data(self) -> dict[str, Any]:
        return {
            "matrix": self._values,
            "rows": [int(x) for x in self._x()],
            "columns": list(range(self._values.shape[1])),
            "cosine_similarity": self._similarities,
        }

    def retranslate(self) -> None:
        by_distance = self.part.distances is not None
        rows = self.tr("Distance") if by_distance else self.tr("Position")
        self._matrix.set_titles(rows, self.tr("Dimension"), self.tr("value"))
        self._similarity.set_titles(rows, rows, self.tr("cosine"))
        self._vector_plot.set_titles(self.tr("Dimension"), self.tr("value"))
        self._similarity_plot.set_titles(rows, self.tr("cosine"))
        row, self._row = self._row, -1
        if row >= 0:
            self.show_position(row, 0)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.grid.setRowStretch(0, 14 if theme.lecture else 7)  # large labels take height from the matrices
        row, self._row = self._row, -1
        if row >= 0:
            self.show_position(row, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_second_column(self._similarity, self._similarity_plot)


def _colour_end(values: np.ndarray) -> float:
    """Where the colours end: the largest value, unless a few outliers would leave all others without colour."""
    sizes = np.abs(values[np.isfinite(values)])
    if not sizes.size:
        return 0.0
    largest, usual = float(sizes.max()), float(np.quantile(sizes, 0.995))
    return usual if largest > 3 * usual > 0 else largest
