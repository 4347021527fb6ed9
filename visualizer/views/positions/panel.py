"""What the panels of the positions view share."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from visualizer.core.positions import PositionPart
from visualizer.ui import guard
from visualizer.ui.curve_plot import CurvePlot
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.theme import Theme, current

_NARROW = 620  # pixels below which only the first picture of a row is shown


@guard.overrides
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

    def show_second_column(self, *pictures: QWidget) -> None:
        """Show the pictures at the right where there is room for them; else the left ones take all of it."""
        narrow = self.is_narrow()
        for picture in pictures:
            picture.setVisible(not narrow)
        self.grid.setColumnStretch(1, 0 if narrow else 1)

    def is_narrow(self) -> bool:
        return self.width() < self.theme.px(_NARROW)
