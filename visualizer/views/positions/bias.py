"""Biases by distance: relative and ALiBi."""

from __future__ import annotations

from typing import Any

import numpy as np

from visualizer.core.positions import PositionPart
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.curve_plot import Curve
from visualizer.ui.numbers import format_number
from visualizer.ui.theme import Theme
from visualizer.views.positions.panel import Panel

_MOST_NAMED = 12  # heads that are named; beyond, only the selected one is


class BiasPanel(Panel):
    """What each head adds to its scores, by distance: as a matrix and as curves."""

    def build(self) -> None:
        self._matrix = self.heatmap(square=False)
        self._plot = self.plot()
        self._bias = np.zeros((0, 0))
        self._distances = np.zeros(0, dtype=int)
        self._head = -1
        self.grid.addWidget(self._plot, 0, 0)
        self.grid.addWidget(self._matrix, 1, 0)
        self.grid.setRowStretch(0, 1)
        self.grid.setRowStretch(1, 1)
        self._matrix.cell_hovered.connect(self._on_matrix_hovered)
        self._matrix.cell_clicked.connect(lambda row, _column: self.head_clicked.emit(row))

    def show_part(self, part: PositionPart, tokens: tuple[str, ...], count: int) -> None:
        super().show_part(part, tokens, count)
        if part.bias is not None and part.distances is not None:
            self._bias, self._distances = part.bias, part.distances
        else:
            self._distances = np.arange(1 - max(2, count), 1)
            self._bias = part.bias_at(self._distances)
        self._matrix.set_data(
            self._bias.astype(np.float32),
            scale=ColorScale(float(np.abs(self._bias).max(initial=0.0)), "signed"),
            row_labels=[str(h) for h in range(len(self._bias))],
            column_labels=[str(d) for d in self._distances],
        )
        self._draw_curves()

    def show_position(self, position: int, head: int) -> None:
        if head != self._head:
            self._head = head
            self._draw_curves()

    def _draw_curves(self) -> None:
        heads = len(self._bias)
        named = heads <= _MOST_NAMED
        order = sorted(range(heads), key=lambda head: head == self._head)  # the chosen one lies on top
        self._plot.set_curves(
            [
                Curve(
                    self._distances,
                    self._bias[head],
                    self.theme.head_color(head),
                    self.tr("head {head}").format(head=head) if named or head == self._head else "",
                    width=4.0 if head == self._head else 1.5,
                )
                for head in (range(heads) if named else order)
            ]
        )
        if 0 <= self._head < heads:
            self._matrix.set_locked(self._head, -1)

    def _on_matrix_hovered(self, row: int, column: int) -> None:
        self._matrix.set_hovered(row, column)
        if row < 0:
            self._matrix.set_readout("")
            self._plot.set_mark(None)
            return
        distance = int(self._distances[column])
        self._plot.set_mark(float(distance))
        text = self.tr("head {head}, distance {distance}: {value} added to the score")
        value = format_number(float(self._bias[row, column]))
        self._matrix.set_readout(text.format(head=row, distance=distance, value=value))

    def data(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            "bias": self._bias,
            "rows": [f"head {h}" for h in range(len(self._bias))],
            "columns": [int(d) for d in self._distances],
        }
        if self.part.slopes is not None:
            result["slopes"] = self.part.slopes
        return result

    def retranslate(self) -> None:
        distance = self.tr("Distance: key − query")
        self._matrix.set_titles(self.tr("Head"), distance, self.tr("bias"))
        self._plot.set_titles(distance, self.tr("bias on the score"))
        if len(self._bias):
            self._draw_curves()

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        if len(self._bias):
            self._draw_curves()
