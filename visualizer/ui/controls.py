"""Small controls for the head of a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from visualizer.ui import terms


class Choice(QWidget):
    """A label and a list to choose one value from. chosen: the value, when a person picks another."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel(self)
        self._label.setProperty("role", "quiet")
        self._box = QComboBox(self)
        self._box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._label.setBuddy(self._box)
        terms.gloss(self._label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label)
        layout.addWidget(self._box)
        self._box.activated.connect(self._on_box_activated)

    def set_texts(self, label: str, choices: Mapping[Any, str], tooltip: str = "") -> None:
        """What is chosen (value -> its name), in the interface's language; keeps the current value."""
        current = self.value()
        with QSignalBlocker(self._box):
            self._label.setText(label)
            self._box.clear()
            for value, text in choices.items():
                self._box.addItem(text, value)
        self._box.setAccessibleName(label)
        self.setToolTip(tooltip)
        self.set_value(current)

    def set_value(self, value: object) -> None:
        """Show a value without announcing it."""
        for index in range(self._box.count()):
            if self._box.itemData(index) == value:
                with QSignalBlocker(self._box):
                    self._box.setCurrentIndex(index)
                return

    def value(self) -> object:
        """The value shown."""
        return self._box.currentData()

    def set_available(self, values: set[object]) -> None:
        """Grey out values that the current trace has not."""
        for index in range(self._box.count()):
            item = self._box.model().item(index)  # type: ignore[attr-defined]
            item.setEnabled(self._box.itemData(index) in values)

    def _on_box_activated(self, index: int) -> None:
        self.chosen.emit(self._box.itemData(index))
