"""Temperature, top-k and top-p: a slider for the hand and a field for the exact value each."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from visualizer.ui import terms
from visualizer.ui.theme import Theme

_STEPS = 100  # of the sliders
_HIGHEST_TEMPERATURE = 2.0  # of the slider; the field goes further


class SamplingControls(QWidget):
    """changed: temperature (float), top_k (int or None), top_p (float or None), at every move of a slider."""

    changed = Signal(float, object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vocabulary = 2
        self._compact = False
        self._values: tuple[float, int | None, float | None] = (1.0, None, None)
        self._labels = [QLabel(self) for _ in range(3)]
        terms.gloss(*self._labels)
        self._sliders = [QSlider(Qt.Orientation.Horizontal, self) for _ in range(3)]
        self._temperature = QDoubleSpinBox(self)
        self._temperature.setRange(0.0, 10.0)
        self._top_k = QSpinBox(self)
        self._top_p = QDoubleSpinBox(self)
        self._top_p.setRange(0.0, 1.0)
        for decimal in (self._temperature, self._top_p):
            decimal.setDecimals(2)
            decimal.setSingleStep(0.05)
        self._fields: tuple[QAbstractSpinBox, ...] = (self._temperature, self._top_k, self._top_p)
        self._reset = QPushButton(self)
        self._reset.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        for row, (label, slider, field) in enumerate(zip(self._labels, self._sliders, self._fields, strict=True)):
            slider.setRange(0, _STEPS)
            slider.setMinimumWidth(40)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setKeyboardTracking(False)
            field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(field, row, 2)
        grid.addWidget(self._reset, 3, 0, 1, 3, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(1, 1)
        self._grid = grid
        self._sliders[0].valueChanged.connect(self._on_temperature_slider_changed)
        self._sliders[1].valueChanged.connect(self._on_top_k_slider_changed)
        self._sliders[2].valueChanged.connect(self._on_top_p_slider_changed)
        self._temperature.valueChanged.connect(lambda value: self._change(temperature=value))
        self._top_k.valueChanged.connect(lambda value: self._change(top_k=value or None))
        self._top_p.valueChanged.connect(lambda value: self._change(top_p=value if 0 < value < 1 else None))
        self._reset.clicked.connect(lambda: self._change(temperature=1.0, top_k=None, top_p=None))

    def set_compact(self, compact: bool) -> None:
        """Only the temperature, for where height is short; a filter that acts stays in sight."""
        self._compact = compact
        _, top_k, top_p = self._values
        for row, is_active in ((1, top_k is not None), (2, top_p is not None)):
            for widget in (self._labels[row], self._sliders[row], self._fields[row]):
                widget.setVisible(is_active or not compact)
        self._reset.setVisible(not compact or self._values != (1.0, None, None))

    def set_values(self, temperature: float, top_k: int | None, top_p: float | None, vocabulary: int) -> None:
        """Show these without announcing them."""
        self._vocabulary = max(2, vocabulary)
        self._values = (temperature, top_k, top_p)
        widgets = (*self._sliders, *self._fields)
        for widget in widgets:
            widget.blockSignals(True)
        self._top_k.setRange(0, self._vocabulary - 1)
        self._temperature.setValue(temperature)
        self._top_k.setValue(top_k or 0)
        self._top_p.setValue(top_p or 0.0)
        self._sliders[0].setValue(round(min(1.0, temperature / _HIGHEST_TEMPERATURE) * _STEPS))
        if not self._sliders[1].isSliderDown():  # under the hand it stays where the hand is
            self._sliders[1].setValue(self._top_k_step(top_k))
        self._sliders[2].setValue(_STEPS if top_p is None else round(top_p * _STEPS))
        for widget in widgets:
            widget.blockSignals(False)
        self._reset.setEnabled(self._values != (1.0, None, None))
        self.set_compact(self._compact)

    def retranslate(self) -> None:
        """Every text in the interface's language."""
        names = (self.tr("Temperature"), "Top-k", "Top-p")
        hints = (
            self.tr(
                "Divides the logits before the softmax: below 1 the favourites gain, above 1 all tokens come closer"
                " together; 0 always takes the first."
            ),
            self.tr("Only the k most probable tokens stay."),
            self.tr("Only the smallest set of tokens stays whose probabilities sum to p, the most probable first."),
        )
        for label, slider, field, name, hint in zip(
            self._labels, self._sliders, self._fields, names, hints, strict=True
        ):
            label.setText(name)
            for widget in (label, slider, field):
                widget.setToolTip(hint)
            slider.setAccessibleName(name)
            field.setAccessibleName(name)
        off = self.tr("off")
        self._top_k.setSpecialValueText(off)
        self._top_p.setSpecialValueText(off)
        self._reset.setText(self.tr("Reset"))
        self._reset.setToolTip(self.tr("Temperature 1 and no filter: the model's own probabilities"))

    def apply_theme(self, theme: Theme) -> None:
        """Sizes of this theme."""
        self._grid.setHorizontalSpacing(theme.px(8))
        self._grid.setVerticalSpacing(theme.px(8))
        for field in self._fields:
            field.setFixedWidth(theme.px(64))

    # --- changes ---------------------------------------------------------------------------------

    def _change(self, **named: float | None) -> None:
        before = dict(zip(("temperature", "top_k", "top_p"), self._values, strict=True))
        after = before | named
        if after != before:
            self.changed.emit(after["temperature"], after["top_k"], after["top_p"])

    def _on_temperature_slider_changed(self, step: int) -> None:
        self._change(temperature=step / _STEPS * _HIGHEST_TEMPERATURE)

    def _on_top_k_slider_changed(self, step: int) -> None:
        # By factors: the difference between 1 and 2 tokens matters as much as that between 1000 and 2000.
        self._change(top_k=None if step == _STEPS else max(1, round((self._vocabulary - 1) ** (step / _STEPS))))

    def _on_top_p_slider_changed(self, step: int) -> None:
        self._change(top_p=None if step == _STEPS else max(0.01, step / _STEPS))

    def _top_k_step(self, top_k: int | None) -> int:
        if top_k is None:
            return _STEPS
        for step in range(_STEPS):
            if max(1, round((self._vocabulary - 1) ** (step / _STEPS))) >= top_k:
                return step
        return _STEPS - 1
