"""The buttons with which a model is let write, and how it chooses."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from visualizer.ui import terms
from visualizer.ui.controls import Choice
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.sampling_controls import SamplingControls
from visualizer.ui.theme import Theme
from visualizer.views.generation.options import Options


class WritingButtons(QWidget):
    """one, run, stop, back: a button was clicked; run also pauses."""

    one = Signal()
    run = Signal()
    stop = Signal()
    back = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._buttons = {name: QPushButton(self) for name in ("run", "one", "stop", "back")}
        row = FlowLayout(self)
        for name, button in self._buttons.items():
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(getattr(self, name))
            row.addWidget(button)
        self._is_running, self._left = False, 0

    def show_state(self, is_running: bool, left: int, has_text: bool) -> None:
        """left: tokens that a pause has left to write. has_text: something was written."""
        self._is_running, self._left = is_running, left
        self._buttons["stop"].setEnabled(is_running or left > 0)
        self._buttons["one"].setEnabled(not is_running)
        self._buttons["back"].setEnabled(has_text)
        self.retranslate()

    def retranslate(self) -> None:
        run = self.tr("Pause") if self._is_running else self.tr("Go on") if self._left else self.tr("Write")
        self._buttons["run"].setText(run)
        self._buttons["run"].setToolTip(self.tr("Space"))
        self._buttons["one"].setText(self.tr("One token"))
        self._buttons["stop"].setText(self.tr("Stop"))
        self._buttons["back"].setText(self.tr("Back to the start"))
        self._buttons["back"].setToolTip(self.tr("The text before the first token that was written; the tree stays"))


class WritingSettings(QWidget):
    """changed: an option and its value. sampling_changed: temperature, top_k, top_p."""

    changed = Signal(str, object)
    sampling_changed = Signal(float, object, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._choices = {name: Choice(self) for name in ("mode", "draws", "heads")}
        self._fields = {name: QSpinBox(self) for name in ("tokens", "seed", "beams", "continuations")}
        self._labels = {name: QLabel(self) for name in self._fields}
        terms.gloss(*self._labels.values())
        limits = {"tokens": (1, 4096), "seed": (0, 2**31 - 1), "beams": (1, 16), "continuations": (1, 64)}
        self._sampling = SamplingControls(self)
        self._sampling.changed.connect(self.sampling_changed)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        for name, choice in self._choices.items():
            choice.chosen.connect(lambda value, name=name: self.changed.emit(name, value))
            self.rows.addWidget(choice)
        self._pairs: dict[str, QWidget] = {}
        for name, field in self._fields.items():
            field.setRange(*limits[name])
            field.setKeyboardTracking(False)
            field.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
            field.valueChanged.connect(lambda value, name=name: self.changed.emit(name, value))
            pair = self._pairs[name] = QWidget(self)
            row = QHBoxLayout(pair)
            row.setContentsMargins(0, 0, 0, 0)
            self._labels[name].setBuddy(field)
            row.addWidget(self._labels[name])
            row.addWidget(field)
            row.addStretch(1)
            self.rows.addWidget(pair)
        self.rows.addWidget(self._sampling)

    def show_state(self, options: Options, sampling: tuple[float, int | None, float | None], vocabulary: int) -> None:
        """Show what is chosen, and only what acts."""
        for name, choice in self._choices.items():
            choice.set_value(getattr(options, name))
        for name, field in self._fields.items():
            with QSignalBlocker(field):
                field.setValue(getattr(options, name))
        self._sampling.set_values(*sampling, vocabulary)
        is_drawn = options.mode == "many" or (options.mode == "steps" and options.draws)
        self._sampling.setVisible(is_drawn)
        self._pairs["seed"].setVisible(is_drawn)
        self._pairs["beams"].setVisible(options.mode == "beams")
        self._pairs["continuations"].setVisible(options.mode == "many")
        self._choices["draws"].setVisible(options.mode == "steps")
        self._choices["heads"].setVisible(options.mode == "steps")

    def retranslate(self) -> None:
        self._choices["mode"].set_texts(
            self.tr("Way"),
            {"steps": self.tr("Token by token"), "beams": self.tr("Beam search"), "many": self.tr("Many times")},
        )
        self._choices["draws"].set_texts(
            self.tr("Choice"), {False: self.tr("the most probable"), True: self.tr("drawn at random")}
        )
        self._choices["heads"].set_texts(
            self.tr("Attention"), {"selected": self.tr("of the head"), "mean": self.tr("mean of the layer")}
        )
        names = {
            "tokens": self.tr("Tokens"),
            "seed": self.tr("Seed"),
            "beams": self.tr("Beams"),
            "continuations": self.tr("Continuations"),
        }
        for name, text in names.items():
            self._labels[name].setText(text)
            self._fields[name].setAccessibleName(text)
        self._sampling.retranslate()

    def apply_theme(self, theme: Theme) -> None:
        """Sizes of this theme."""
        self.rows.setSpacing(theme.px(8))
        self._sampling.apply_theme(theme)
        for field in self._fields.values():
            field.setFixedWidth(theme.px(96))
