"""The sinusoidal formula of "Attention Is All You Need", section 3.5, to be played with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.core.positions import PositionPart, interleaved
from visualizer.ui.curve_plot import Curve, CurvePlot
from visualizer.ui.numbers import format_number
from visualizer.ui.theme import Theme, current
from visualizer.views.positions.options import HIGHEST_BASE, WIDEST


class FormulaPanel(QWidget):
    """Sine and cosine of one pair of dimensions, with the model's own values where the model is sinusoidal.

    chosen: the name of an option ("pair", "width", "base") and the value that a person gives it.
    """

    chosen = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._part: PositionPart | None = None
        self._scheme_name = ""
        self._count = 64
        self._formula = QLabel(self)
        self._formula.setTextFormat(Qt.TextFormat.RichText)
        self._formula.setWordWrap(True)
        self._formula.setProperty("role", "token")
        self._formula.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._note = QLabel(self)
        self._note.setWordWrap(True)
        self._note.setProperty("role", "quiet")
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._plot = CurvePlot(self)
        self._plot.set_range(-1.0, 1.0)
        self._labels = [QLabel(self) for _ in range(3)]
        chose = self.chosen.emit
        self._pair = _SliderField(self, 0, 127, 8, lambda value: chose("pair", value))
        self._width = _SliderField(self, 2, WIDEST, 256, lambda value: chose("width", value), step=2, by_factors=True)
        self._base = _SliderField(self, 2, HIGHEST_BASE, 10_000, lambda value: chose("base", value), by_factors=True)
        self._controls = QWidget(self)
        grid = QGridLayout(self._controls)
        grid.setContentsMargins(0, 0, 0, 0)
        for row, (label, field) in enumerate(zip(self._labels, (self._pair, self._width, self._base), strict=True)):
            label.setBuddy(field.field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field.slider, row, 1)
            grid.addWidget(field.field, row, 2)
        grid.setColumnStretch(1, 1)
        self._grid = grid
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._formula)
        rows.addWidget(self._note)
        rows.addWidget(self._plot, 1)
        rows.addWidget(self._controls)
        self._rows = rows

    def show_model(
        self, part: PositionPart | None, count: int, scheme_name: str, pair: int, width: int, base: int
    ) -> None:
        """Show the formula of a pair, width and base, for `count` positions; a pair beyond the width is its last one.

        part: the model's sinusoidal scheme, None if it has none; scheme_name: what it has.
        """
        self._part, self._count, self._scheme_name = part, max(16, min(count, 512)), scheme_name
        self._width.set_value(width)
        self._base.set_value(base)
        last = self._width.value() // 2 - 1
        self._pair.set_range(0, last)
        self._pair.set_value(min(pair, last))
        self._draw()

    def curves(self) -> list[Curve]:
        """The formula's two curves, and the model's own values of the same two dimensions where it has them."""
        i, width, base = self._pair.value(), self._width.value(), self._base.value()
        x = np.linspace(0, self._count - 1, 600)
        angles = x / self._divisor(i, width, base)
        sine, cosine = self._theme.accent, self._theme.warning
        result = [
            Curve(x, np.sin(angles), sine, f"sin: PE(pos, {2 * i})"),
            Curve(x, np.cos(angles), cosine, f"cos: PE(pos, {2 * i + 1})"),
        ]
        own = self.own_values(i)
        if own is not None:
            positions = np.arange(len(own))
            name = self.tr("this model's own values")
            result.append(Curve(positions, own[:, 0], self._theme.text, name, dots=True))
            result.append(Curve(positions, own[:, 1], self._theme.text, dots=True))
        return result

    def own_values(self, i: int) -> np.ndarray | None:
        """Dimensions 2i and 2i + 1 of the model, float [position, 2]; None when it has no such encoding."""
        part = self._part
        if part is None or part.matrix is None or part.matrix.shape[1] != self._width.value():
            return None
        return interleaved(part)[: self._count, 2 * i : 2 * i + 2]

    @staticmethod
    def _divisor(i: int, width: int, base: float) -> float:
        return float(base ** (2 * i / width))

    def _draw(self) -> None:
        i, width, base = self._pair.value(), self._width.value(), self._base.value()
        divisor = self._divisor(i, width, base)
        accent = f'<span style="color:{self._theme.accent}">'
        self._formula.setText(
            f"PE(pos, 2i) = sin(pos / {base}<sup>2i/d</sup>), PE(pos, 2i+1) = cos(pos / {base}<sup>2i/d</sup>)<br>"
            f"{accent}PE(pos, {2 * i})</span> = sin(pos / {base}<sup>{2 * i}/{width}</sup>)"
            f" = sin(pos / {format_number(divisor)})"
            + " · "
            + self.tr("one wave: {length} positions").format(length=format_number(2 * np.pi * divisor))
        )
        self._note.setText(self._note_text())
        self._plot.set_curves(self.curves())

    def _note_text(self) -> str:
        source = self.tr("Formula of Vaswani et al. 2017, section 3.5.")
        if self._part is None:
            own = self.tr("The curve is the paper's formula, not this model's: this model has {scheme}.")
            return f"{source} {own.format(scheme=self._scheme_name)}"
        own_values = self.own_values(self._pair.value())
        if own_values is None:
            own = self.tr("This model's own width is {width}: choose it to see its values.")
            return f"{source} {own.format(width=self._part.matrix.shape[1] if self._part.matrix is not None else 0)}"
        angles = np.arange(len(own_values)) / self._divisor(self._pair.value(), self._width.value(), self._base.value())
        formula = np.stack([np.sin(angles), np.cos(angles)], axis=1)
        own = self.tr("Largest difference from this model's own values: {difference}")
        return f"{source} {own.format(difference=format_number(float(np.abs(formula - own_values).max())))}"

    def retranslate(self) -> None:
        """Every text in the interface's language."""
        names = (self.tr("Pair i"), self.tr("Width d"), self.tr("Base"))
        for label, field, name in zip(self._labels, (self._pair, self._width, self._base), names, strict=True):
            label.setText(name)
            field.slider.setAccessibleName(name)
            field.field.setAccessibleName(name)
        self._plot.set_titles(self.tr("Position"), self.tr("value"))
        self._draw()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self._rows.setSpacing(theme.px(8))
        self._grid.setHorizontalSpacing(theme.px(8))
        self._grid.setVerticalSpacing(theme.px(8))
        for field in (self._pair, self._width, self._base):
            field.field.setFixedWidth(theme.px(92))
        self._plot.apply_theme(theme)
        self._draw()


class _SliderField:
    """A slider and a field for one whole number. by_factors: equal ways on the slider are equal factors."""

    _STEPS = 200

    def __init__(
        self, parent: QWidget, low: int, high: int, value: int, on_changed: Callable[[int], None],
        *, step: int = 1, by_factors: bool = False,
    ) -> None:  # fmt: skip
        self._by_factors, self._step, self._on_changed = by_factors, step, on_changed
        self.slider = QSlider(Qt.Orientation.Horizontal, parent)
        self.field = QSpinBox(parent)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.field.setKeyboardTracking(False)
        self.field.setSingleStep(step)
        self.set_range(low, high)
        self.set_value(value)
        self.slider.valueChanged.connect(self._on_slider_changed)
        self.field.valueChanged.connect(self._on_field_changed)

    def value(self) -> int:
        return self.field.value() // self._step * self._step

    def set_range(self, low: int, high: int) -> None:
        with QSignalBlocker(self.field), QSignalBlocker(self.slider):
            self.field.setRange(low, max(low, high))
            self.slider.setRange(0, self._STEPS if self._by_factors else max(low, high) - low)
        self.set_value(self.field.value())

    def set_value(self, value: int) -> None:
        low, high = self.field.minimum(), self.field.maximum()
        with QSignalBlocker(self.field), QSignalBlocker(self.slider):
            self.field.setValue(value)
            if self._at(self.slider.value()) == value:
                return  # several places of the slider stand for it: it stays where a person put it
            if self._by_factors:
                share = np.log(max(value, low) / low) / np.log(high / low) if high > low else 0.0
                self.slider.setValue(round(share * self._STEPS))
            else:
                self.slider.setValue(value - low)

    def _on_slider_changed(self, place: int) -> None:
        with QSignalBlocker(self.field):
            self.field.setValue(self._at(place))
        self._on_changed(self.value())

    def _at(self, place: int) -> int:
        """The number that a place on the slider stands for."""
        low, high = self.field.minimum(), self.field.maximum()
        value = low * (high / low) ** (place / self._STEPS) if self._by_factors else low + place
        return round(value / self._step) * self._step

    def _on_field_changed(self, value: int) -> None:
        self.set_value(value)
        self._on_changed(self.value())
