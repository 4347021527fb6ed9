"""The pictures of the position schemes: a matrix with its similarities, turning pairs, and biases by distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from visualizer.core.positions import PositionPart, cosine_similarity
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.curve_plot import Curve, CurvePlot
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.numbers import format_number, format_weight
from visualizer.ui.rotary_dials import RotaryDials
from visualizer.ui.theme import Theme, current

_NARROW = 620  # pixels below which only the first picture of a row is shown
_MOST_NAMED = 12  # heads that are named; beyond, only the selected one is


class Panel(QWidget):
    """One kind of scheme. position_hovered: -1 for none; position_clicked; head_clicked."""

    position_hovered = Signal(int)
    position_clicked = Signal(int)
    head_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = current()
        self.part = PositionPart("none")
        self.tokens: tuple[str, ...] = ()
        self._pictures: list[HeatmapWidget | CurvePlot] = []
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.build()

    def build(self) -> None:
        """Make the pictures."""

    def show_part(self, part: PositionPart, tokens: tuple[str, ...], count: int) -> None:
        """Show a scheme for `count` positions; tokens: what stands at the first of them."""
        self.part, self.tokens = part, tokens

    def show_position(self, position: int, head: int) -> None:
        """Show one position (and head) within it."""

    def data(self) -> dict[str, Any]:
        """The numbers shown."""
        return {}

    def retranslate(self) -> None:
        """Every text in the interface's language."""

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self.theme = theme
        self.grid.setSpacing(theme.px(8))
        for picture in self._pictures:
            picture.apply_theme(theme)

    def heatmap(self, *, square: bool, readout: bool = True) -> HeatmapWidget:
        """A matrix picture of this panel."""
        picture = HeatmapWidget(self, square=square, readout=readout, numbered=False)
        self._pictures.append(picture)
        return picture

    def plot(self) -> CurvePlot:
        """A curve picture of this panel."""
        picture = CurvePlot(self)
        self._pictures.append(picture)
        return picture

    def position_labels(self, count: int) -> list[str]:
        """The number of each position, with the token that stands there."""
        return [f"{i} {self.tokens[i]}" if i < len(self.tokens) else str(i) for i in range(count)]

    def is_narrow(self) -> bool:
        return self.width() < self.theme.px(_NARROW)


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
        row, self._row = self._row, -1
        if row >= 0:
            self.show_position(row, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for picture in (self._similarity, self._similarity_plot):
            picture.setVisible(not self.is_narrow())


class RotaryPanel(Panel):
    """Angles by position and frequency, dials of the pairs at one position, and similarity by distance."""

    def build(self) -> None:
        self._angles = self.heatmap(square=False)
        self._plot = self.plot()
        self._dials = RotaryDials(self)
        self._count = 0
        self.grid.addWidget(self._angles, 0, 0)
        self.grid.addWidget(self._plot, 0, 1)
        self.grid.addWidget(self._dials, 1, 0, 1, 2)
        self.grid.setRowStretch(0, 1)
        self.grid.setColumnStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self._angles.cell_hovered.connect(self._on_angles_hovered)
        self._angles.cell_clicked.connect(lambda row, _column: self.position_clicked.emit(row))

    def show_part(self, part: PositionPart, tokens: tuple[str, ...], count: int) -> None:
        super().show_part(part, tokens, count)
        self._count = max(count, len(tokens), 2)
        frequencies = part.rotated // 2
        self._angles.set_data(
            wrapped(part.angles(np.arange(self._count))).astype(np.float32),
            scale=ColorScale(float(np.pi), "signed"),
            row_labels=self.position_labels(self._count),
            column_labels=[str(i) for i in range(frequencies)],
        )
        self._draw_similarity()

    def _draw_similarity(self) -> None:
        distances = np.arange(self._count)
        if self.part.inverse_frequencies is not None:
            self._plot.set_curves([Curve(distances, self.part.relative_similarity(distances), self.theme.accent)])

    def show_position(self, position: int, head: int) -> None:
        if self.part.inverse_frequencies is None or position < 0:
            return
        self._angles.set_locked(position, -1)
        self._plot.set_mark(float(position))
        self._dials.set_angles(self.part.angles([position])[0], self.part.wavelengths())

    def _on_angles_hovered(self, row: int, column: int) -> None:
        self._angles.set_hovered(row, column)
        self.position_hovered.emit(row)
        if row < 0:
            self._angles.set_readout("")
            return
        angle = float(self.part.angles([row])[0, column])
        turns, rest = divmod(angle, 2 * np.pi)
        text = self.tr("position {position}, pair {pair}: {angle} rad = {turns} turns and {rest} rad")
        numbers = {"angle": format_number(angle), "turns": f"{turns:.0f}", "rest": format_number(rest)}
        self._angles.set_readout(text.format(position=row, pair=column, **numbers))

    def data(self) -> dict[str, Any]:
        positions = np.arange(self._count)
        return {
            "angles": self.part.angles(positions),
            "rows": [int(p) for p in positions],
            "columns": list(range(self.part.rotated // 2)),
            "inverse_frequencies": self.part.inverse_frequencies,
            "wavelengths": self.part.wavelengths(),
            "relative_similarity": self.part.relative_similarity(positions),
            "attention_scaling": np.array(self.part.attention_scaling),
        }

    def retranslate(self) -> None:
        self._angles.set_titles(self.tr("Position"), self.tr("Pair of dimensions"), self.tr("angle, rad"))
        self._plot.set_titles(self.tr("Distance"), self.tr("similarity after turning"))
        self._dials.set_texts(self.tr("pair {pair}"), self.tr("1 turn: {length}"))
        self._dials.setAccessibleName(self.tr("Turned pairs of dimensions"))
        self._dials.setToolTip(
            self.tr(
                "Each pair of dimensions of a query or key is turned by an angle that grows with its position; the"
                " number below is the count of positions for one whole turn. What two tokens see of each other is the"
                " difference of their angles."
            )
        )

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._dials.apply_theme(theme)
        self._draw_similarity()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._plot.setVisible(not self.is_narrow())


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


def wrapped(angles: np.ndarray) -> np.ndarray:
    """Angles in radians brought to -pi..pi."""
    return (angles + np.pi) % (2 * np.pi) - np.pi


def _colour_end(values: np.ndarray) -> float:
    """Where the colours end: the largest value, unless a few outliers would leave all others without colour."""
    sizes = np.abs(values[np.isfinite(values)])
    if not sizes.size:
        return 0.0
    largest, usual = float(sizes.max()), float(np.quantile(sizes, 0.995))
    return usual if largest > 3 * usual > 0 else largest
