"""The button that says which measures the table shows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from visualizer.views import head_words


class ColumnMenu(QToolButton):
    """A list of measures with marks. chosen: those that are marked, in the order of the table; () for all."""

    chosen = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._measures: tuple[str, ...] = ()
        self._shown: tuple[str, ...] = ()
        self._marks: dict[str, QAction] = {}

    def set_measures(self, measures: Sequence[str], shown: Sequence[str]) -> None:
        """Which measures this text has, and which of them are in sight, in their order."""
        if (tuple(measures), tuple(shown)) != (self._measures, self._shown):
            self._measures, self._shown = tuple(measures), tuple(shown)
            self._fill()

    def retranslate(self) -> None:
        """Every text in the interface's language."""
        self.setText(self.tr("Columns"))
        self.setToolTip(self.tr("Which measures the table shows; drag the head of a column to move it"))
        self._fill()

    def _fill(self) -> None:
        self._menu.clear()
        self._marks = {}
        for measure in self._measures:
            action = self._menu.addAction(head_words.measure_name(measure))
            action.setCheckable(True)
            action.setChecked(measure in self._shown)
            action.setToolTip(head_words.measure_meaning(measure))
            action.triggered.connect(lambda checked, measure=measure: self._on_triggered(measure, checked))
            self._marks[measure] = action
        self._menu.addSeparator()
        every = self._menu.addAction(self.tr("All columns in their first order"))
        every.triggered.connect(lambda: self.chosen.emit(()))

    def _on_triggered(self, measure: str, is_wanted: bool) -> None:
        shown = [name for name in self._shown if name != measure]
        if is_wanted:
            shown.append(measure)
        if shown:
            self.chosen.emit(tuple(shown))
        else:  # a table of no numbers says nothing
            self._marks[measure].setChecked(True)
