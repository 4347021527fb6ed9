"""The temperature laboratory: from logits to probabilities, filters as cuts, and the model's own settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from visualizer.core.prediction import Forecast
from visualizer.core.writing.own_settings import OwnSettings, own_settings
from visualizer.session.selection import Sampling
from visualizer.ui import formula, terms
from visualizer.ui.curve_plot import Curve, CurvePlot
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme, current

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

_FORMULA = r"p_i = \frac{e^{z_i / τ}}{\sum_j e^{z_j / τ}}"


class Laboratory(QWidget):
    """Two more filters, the model's own settings, and where the filters cut. changed: the new Sampling."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._sampling = Sampling()
        self._own: OwnSettings | None = None
        self._forecast: Forecast | None = None
        self._is_narrow, self._is_shown, self._is_written = False, True, True
        self._labels = [QLabel(self) for _ in range(2)]
        terms.gloss(*self._labels)
        self.min_p, self.penalty = QDoubleSpinBox(self), QDoubleSpinBox(self)
        self.min_p.setRange(0.0, 1.0)
        self.penalty.setRange(0.05, 10.0)
        grid = QGridLayout()
        for row, (label, field) in enumerate(zip(self._labels, (self.min_p, self.penalty), strict=True)):
            field.setDecimals(2)
            field.setSingleStep(0.05)
            field.setKeyboardTracking(False)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        grid.setColumnStretch(0, 1)
        self.own = QPushButton(self)
        self._formula = QLabel(self)
        self._formula.setTextFormat(Qt.TextFormat.RichText)
        self.plot = CurvePlot(self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(grid)
        for widget in (self.own, self._formula, self.plot):
            box.addWidget(widget)
        self._grid = grid
        self.min_p.valueChanged.connect(lambda value: self._change(min_p=value or None))
        self.penalty.valueChanged.connect(lambda value: self._change(repetition_penalty=value))
        self.own.clicked.connect(self._on_own_clicked)

    def show_state(self, trace: Trace, sampling: Sampling, is_shown: bool) -> None:
        """The fields as they are selected; is_shown: whether there is a distribution at all."""
        self._sampling, self._is_shown = sampling, is_shown
        self._own = None if trace.model is None else own_settings(trace.model)
        for field, value in ((self.min_p, sampling.min_p or 0.0), (self.penalty, sampling.repetition_penalty)):
            with QSignalBlocker(field):
                field.setValue(value)
        self._is_written = trace.task != "masked"  # where a blank is filled, nothing was repeated
        self._arrange()
        self.own.setEnabled(self._own is not None and _of(self._own) != sampling)
        self.own.setToolTip(tip(self._told()))

    def set_narrow(self, narrow: bool) -> None:
        """Whether the bars need the room: a filter that acts stays in sight."""
        self._is_narrow = narrow
        self._arrange()

    def _arrange(self) -> None:
        wide, sampling = not self._is_narrow, self._sampling
        acting = (sampling.min_p is not None, self._is_written and sampling.repetition_penalty != 1)
        for widgets, is_seen in (
            ((self._labels[0], self.min_p), wide or acting[0]),
            ((self._labels[1], self.penalty), self._is_written and (wide or acting[1])),
            ((self.own,), wide and self._own is not None),
            ((self._formula,), wide),
            ((self.plot,), wide and self._forecast is not None),
        ):
            for widget in widgets:
                widget.setVisible(is_seen)
        self.setVisible(self._is_shown and (wide or any(acting)))

    def show_forecast(self, forecast: Forecast | None) -> None:
        """Where the filters cut in the sorted distribution; None: there is none."""
        self._forecast = forecast
        self._arrange()
        if forecast is None:
            return
        theme, count = self._theme, len(forecast.ids) - (forecast.actual == len(forecast.ids) - 1)
        places = np.arange(1, count + 1, dtype=float)
        kept = forecast.probabilities[:count] > 0
        self.plot.set_curves(
            (
                Curve(places, forecast.unfiltered[:count], theme.text_quiet, self.tr("the model's own")),
                Curve(places[kept], forecast.probabilities[:count][kept], theme.accent, self.tr("kept"), dots=True),
            )
        )
        is_cut = forecast.kept < forecast.vocabulary and forecast.kept <= count
        self.plot.set_mark(forecast.kept + 0.5 if is_cut else None)

    def retranslate(self) -> None:
        """Every text in the interface's language."""
        names = ("Min-p", self.tr("Repetition penalty"))
        hints = (
            self.tr("Tokens that have less than this share of the most probable one's probability go."),
            self.tr("Logits of tokens that stand in the text are divided by this (negative ones multiplied) first."),
        )
        for label, field, name, hint in zip(self._labels, (self.min_p, self.penalty), names, hints, strict=True):
            label.setText(name)
            field.setAccessibleName(name)
            for widget in (label, field):
                widget.setToolTip(hint)
        self.min_p.setSpecialValueText(self.tr("off"))
        self.own.setText(self.tr("The model's own settings"))
        self.own.setToolTip(tip(self._told()))
        self._formula.setAccessibleName(self.tr("Softmax with temperature τ of the logits z"))
        self._formula.setToolTip(self.tr("Softmax with temperature τ of the logits z"))
        self.plot.set_titles(self.tr("rank"), self.tr("probability"))
        self.plot.setAccessibleName(self.tr("Where the filters cut"))
        self.show_forecast(self._forecast)

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self._formula.setText(formula.display(_FORMULA, theme.text_quiet))
        self._grid.setSpacing(theme.px(8))
        for field in (self.min_p, self.penalty):
            field.setFixedWidth(theme.px(64))
        self.plot.setFixedHeight(theme.px(170))
        self.plot.apply_theme(theme)
        self.show_forecast(self._forecast)

    # --- changes ---------------------------------------------------------------------------------

    def _told(self) -> str:
        """What the model's own settings are."""
        if self._own is None:
            return ""
        said = ", ".join(self._own.named) or self.tr("nothing")
        own = _of(self._own)
        kind = self.tr("always the most probable token") if not own.temperature else self.tr("drawn")
        parts = [f"{self.tr('Temperature')} {own.temperature:g}"] if own.temperature else []
        parts += [f"{name} {value:g}" for name, value in (("Top-k", own.top_k), ("Top-p", own.top_p)) if value]
        parts += [f"Min-p {own.min_p:g}"] if own.min_p else []
        if own.repetition_penalty != 1:
            parts.append(f"{self.tr('Repetition penalty')} {own.repetition_penalty:g}")
        config = self.tr("Its generation config says: {settings}").format(settings=said)
        return f"{', '.join((kind, *parts))}\n{config}"

    def _change(self, **named: float | None) -> None:
        after = replace(self._sampling, **named)  # type: ignore[arg-type]
        if after != self._sampling:
            self.changed.emit(after)

    def _on_own_clicked(self) -> None:
        if self._own is not None:
            self.changed.emit(_of(self._own))


def _of(own: OwnSettings) -> Sampling:
    return Sampling(own.temperature, own.top_k, own.top_p, own.min_p, own.repetition_penalty)
