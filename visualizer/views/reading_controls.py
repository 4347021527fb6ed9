"""How attention is read, the same in every view: unit, sinks, quadrants of a pair, parts of speech; and the rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QComboBox, QMenu, QToolButton, QVBoxLayout, QWidget

from visualizer.core import reading
from visualizer.core.reading.rule import Rule
from visualizer.core.text.units import UNIT_KINDS
from visualizer.session.selection import Selection
from visualizer.session.showing import Showing
from visualizer.ui import speech_marks, terms, words
from visualizer.ui import theme as themes
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


class ReadingControls(QWidget):
    """Controls that write to the pane's selection; the view shows the selection to them by `show_state`.

    More controls of the view may be put beside them by `add_control`. By which rule the numbers were made says `rule`,
    in the picture. has_quadrants, has_speech: whether the view can show one quadrant, and dim parts of speech.
    """

    def __init__(
        self, showing: Showing, parent: QWidget | None = None, *, has_quadrants: bool = True, has_speech: bool = True
    ) -> None:
        super().__init__(parent)
        self._showing = showing
        self._has_quadrants, self._has_speech = has_quadrants, has_speech
        self._theme = themes.current()
        self._unit = QComboBox(self)
        self._sinks = QToolButton(self)
        self._quadrant = QComboBox(self)
        self._speech = QToolButton(self)
        self._speech_menu = QMenu(self)
        self._sinks.setCheckable(True)
        terms.gloss(self._sinks)
        self._speech.setMenu(self._speech_menu)
        self._speech.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._classes: tuple[str, ...] = ()
        for unit in UNIT_KINDS:
            self._unit.addItem(unit, unit)
        for quadrant in (None, *reading.QUADRANTS):
            self._quadrant.addItem(quadrant or "", quadrant or "")
        self._row = QWidget(self)
        self._flow = FlowLayout(self._row)
        for widget in (self._unit, self._sinks, self._quadrant, self._speech):
            self._flow.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addWidget(self._row)
        self._layout = layout
        self._quadrant.hide()
        self._speech.hide()
        self._unit.activated.connect(lambda index: showing.select(unit=self._unit.itemData(index)))
        self._quadrant.activated.connect(lambda index: showing.select(quadrant=self._quadrant.itemData(index) or None))
        self._sinks.clicked.connect(lambda checked: showing.select(hide_sinks=checked))
        self._speech_menu.triggered.connect(self._on_speech_menu_triggered)
        self.retranslate()

    def add_control(self, widget: QWidget, first: bool = False) -> None:
        """Put a control of the view beside these, after them or before."""
        self._flow.addWidget(widget)
        if first:
            self._flow.move_last_to_front()

    def show_state(self, trace: Trace, selection: Selection) -> None:
        """Show what is selected, and offer what this trace has."""
        self._unit.setCurrentIndex(self._unit.findData(selection.rule.unit))
        self._sinks.setChecked(selection.rule.hide_sinks)
        self._quadrant.setVisible(self._has_quadrants and bool(reading.quadrants(trace, selection.kind)))
        self._quadrant.setCurrentIndex(self._quadrant.findData(selection.rule.quadrant or ""))
        classes = tuple(dict.fromkeys(m.word_class for m in (*trace.morphemes, *trace.target_morphemes)))
        if classes != self._classes:
            self._classes = classes
            self._fill_speech_menu()
        for action in self._speech_menu.actions():
            action.setChecked(action.data() in selection.look.parts_of_speech)
        self._speech.setVisible(self._has_speech and bool(classes))
        count = len(selection.look.parts_of_speech & set(classes))
        self._speech.setText(self.tr("Parts of speech ({count})").format(count=count) if count else self._speech_text())

    def retranslate(self) -> None:
        """Every text in the interface's language."""
        units = {
            "token": self.tr("By token"),
            "morpheme": self.tr("By morpheme"),
            "word": self.tr("By word"),
            "character": self.tr("By character"),
        }
        for index, unit in enumerate(UNIT_KINDS):
            self._unit.setItemText(index, units[unit])
        self._unit.setAccessibleName(self.tr("Unit"))
        self._unit.setToolTip(
            self.tr(
                "Read attention by token, morpheme, word or character: sum over the key's pieces, "
                "mean over the query's pieces."
            )
        )
        self._sinks.setText(self.tr("Hide sinks"))
        self._sinks.setToolTip(
            self.tr(
                "Leave out what soaks up attention (the first token, special tokens such as [CLS] and [SEP], "
                "punctuation) and renormalise the rest."
            )
        )
        quadrants = (
            self.tr("Both sentences"),
            self.tr("A looks at A"),
            self.tr("A looks at B"),
            self.tr("B looks at A"),
            self.tr("B looks at B"),
        )
        for index, text in enumerate(quadrants):
            self._quadrant.setItemText(index, text)
        self._quadrant.setAccessibleName(self.tr("Sentences"))
        self._quadrant.setToolTip(self.tr("Show one quadrant of the pair. The weights stay as they are."))
        self._speech.setText(self._speech_text())
        self._speech.setToolTip(self.tr("Dim everything but the chosen parts of speech."))
        self._fill_speech_menu()

    def apply_theme(self, theme: Theme) -> None:
        """Sizes and colours of this theme."""
        self._theme = theme
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.px(4))
        self._flow.setSpacing(theme.px(8))
        for action in self._speech_menu.actions():
            if action.data():
                action.setIcon(_swatch(theme, str(action.data())))

    def _speech_text(self) -> str:
        return self.tr("Parts of speech")

    def _fill_speech_menu(self) -> None:
        self._speech_menu.clear()
        for name in self._classes:
            action = QAction(words.part_of_speech(name), self._speech_menu)
            action.setData(name)
            action.setCheckable(True)
            action.setIcon(_swatch(self._theme, name))
            self._speech_menu.addAction(action)
        self._speech_menu.addSeparator()
        self._speech_menu.addAction(self.tr("Dim nothing"))

    def _on_speech_menu_triggered(self, action: QAction) -> None:
        chosen = self._showing.selection.look.parts_of_speech
        self._showing.select(parts_of_speech=chosen ^ {action.data()} if action.data() else frozenset())


def rule(chosen: Rule, empty_rows: int = 0, hidden: float | None = None) -> str:
    """By which rule the numbers were made, in one line; empty when they are the model's own weights as they are.

    empty_rows: how many rows had (nearly) all of their weight on hidden keys (`Reading.empty_rows`).
    hidden: the share of all attention that lay on them; None: not known.
    """
    translate = QCoreApplication.translate
    parts = []
    if chosen.unit != "token":
        parts.append(translate("ReadingControls", "Sum over the key's pieces, mean over the query's pieces."))
    if chosen.hide_sinks:
        if hidden is None:
            text = translate(
                "ReadingControls", "First token, special tokens and punctuation are hidden; rows are renormalised."
            )
        else:
            text = translate(
                "ReadingControls",
                "First token, special tokens and punctuation are hidden: {share} % of all attention. "
                "The rest of every row is renormalised.",
            ).format(share=round(100 * hidden))
        parts.append(text)
        if empty_rows:
            parts.append(
                translate("ReadingControls", "Rows with less than {least} % left, shown as empty: {count}.").format(
                    least=f"{100 * reading.LITTLE:g}", count=empty_rows
                )
            )
        if chosen.quadrant:
            parts.append(translate("ReadingControls", "One quadrant of it, not renormalised again."))
    elif chosen.quadrant:
        parts.append(translate("ReadingControls", "One quadrant, not renormalised."))
    return sentences(parts)


def sentences(parts: Iterable[str]) -> str:
    """Sentences one after the other, without the empty ones; Japanese ones need no blank between them."""
    return " ".join(part for part in parts if part).replace("。 ", "。")


def dimmed(classes: tuple[str | None, ...], selection: Selection) -> tuple[bool, ...]:
    """Which units are dimmed because their part of speech was not chosen."""
    chosen = selection.look.parts_of_speech
    return tuple(bool(chosen) and name not in chosen for name in classes)


def _swatch(theme: Theme, part_of_speech: str) -> QIcon:
    return QIcon(speech_marks.swatch(part_of_speech, theme, theme.px(16)))
