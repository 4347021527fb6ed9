"""Rotary positions: angles, dials and what a distance does to a score."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtGui import QResizeEvent

from visualizer.core.positions import PositionPart
from visualizer.ui import guard
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.curve_plot import Curve
from visualizer.ui.numbers import format_number
from visualizer.ui.rotary_dials import RotaryDials
from visualizer.ui.theme import Theme
from visualizer.views.positions.panel import Panel


@guard.overrides
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
        self._plot.set_titles(self.tr("Distance (tokens)"), self.tr("similarity after turning"))
        self._dials.set_texts(self.tr("pair {pair}"), self.tr("1 turn: {length} positions"))
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
        self.grid.setColumnStretch(0, 2 if theme.lecture else 1)
        self._dials.apply_theme(theme)
        self._draw_similarity()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_second_column(self._plot)


def wrapped(angles: np.ndarray) -> np.ndarray:
    """Angles in radians brought to -pi..pi."""
    return (angles + np.pi) % (2 * np.pi) - np.pi
