"""Which attention is shown: kind, layer and head, once for all views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFontMetrics, QValidator
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QToolTip, QWidget

from visualizer.session import switching
from visualizer.session.selection import Selection
from visualizer.session.session import Session
from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import guard, intervention_words, terms
from visualizer.ui.theme import Theme
from visualizer.widgets.part import Part, fix_size, flat_button, theme_button

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

KIND_NAMES = {
    "self": QT_TRANSLATE_NOOP("Kinds", "Self-attention"),
    "encoder": QT_TRANSLATE_NOOP("Kinds", "Encoder self-attention"),
    "decoder": QT_TRANSLATE_NOOP("Kinds", "Decoder self-attention"),
    "cross": QT_TRANSLATE_NOOP("Kinds", "Cross-attention"),
}


def kind_name(kind: str) -> str:
    """A kind of attention in the interface's language."""
    return QCoreApplication.translate("Kinds", KIND_NAMES[kind]) if kind in KIND_NAMES else kind


@guard.overrides
class _Number(QSpinBox):
    """A number of some that may have gaps: keys and wheel go to the next one that is there."""

    refused = Signal(int)  # a number was typed that is not there
    numbers: Sequence[int] = ()

    def validate(self, text: str, at: int) -> object:
        """Any number may be typed: one that is not there is answered, not swallowed."""
        typed = self._typed(text)
        if typed in self.numbers:
            return QValidator.State.Acceptable
        return QValidator.State.Intermediate if typed is not None or not self._bare(text) else QValidator.State.Invalid

    def fixup(self, text: str) -> str:
        """The number stays, and it is said why."""
        typed = self._typed(text)
        if typed is not None and typed not in self.numbers:
            self.refused.emit(typed)
        return self.textFromValue(self.value()) + self.suffix()

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip()

    def _typed(self, text: str) -> int | None:
        bare = self._bare(text)
        return int(bare) if bare.isdecimal() and len(bare) <= 6 else None

    def next_to(self, number: int, steps: int) -> int:
        """So many steps from a number among those that are there."""
        if number not in self.numbers:
            return number
        at = self.numbers.index(number) + steps
        return self.numbers[min(max(at, 0), len(self.numbers) - 1)]

    def stepBy(self, steps: int) -> None:
        self.setValue(self.next_to(self.value(), steps))


class Stepper(QWidget):
    """◂ 2 ▸: one of some numbers, by buttons, keys, wheel or typing. chosen: a person chose this number."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tip = ""
        self.name = QLabel(self)
        self.name.setProperty("role", "quiet")
        self.back, self.forth = flat_button(self, "left"), flat_button(self, "right")
        self.number = _Number(self)
        self.number.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.number.setKeyboardTracking(False)
        self.name.setBuddy(self.number)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.name, self.back, self.number, self.forth):
            self._row.addWidget(widget)
        for button, step in ((self.back, -1), (self.forth, 1)):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoRepeat(True)
            button.clicked.connect(lambda _checked=False, step=step: self._on_clicked(step))
        self.number.valueChanged.connect(self.chosen)
        self.number.refused.connect(self._on_number_refused)

    def show_number(self, number: int, numbers: Sequence[int], of: int | None = None) -> None:
        """Show a number among these, which rise, without announcing it. of: how many there are in all."""
        self.number.blockSignals(True)
        self.number.numbers = numbers
        self.number.setRange(numbers[0] if numbers else 0, numbers[-1] if numbers else 0)
        self.number.setSuffix(f" / {of or len(numbers)}" if numbers else "")
        self.number.setValue(number)
        self.number.blockSignals(False)
        self.back.setEnabled(bool(numbers) and number > numbers[0])
        self.forth.setEnabled(bool(numbers) and number < numbers[-1])
        self.setEnabled(bool(numbers))

    def _on_clicked(self, step: int) -> None:
        self.chosen.emit(self.number.next_to(self.number.value(), step))

    def _on_number_refused(self, number: int) -> None:
        numbers = self.number.numbers
        is_gapless = list(numbers) == list(range(numbers[0], numbers[-1] + 1))
        there = ", ".join(map(str, numbers))
        if is_gapless:
            span = QCoreApplication.translate("Stepper", "{first} to {last}")
            there = span.format(first=numbers[0], last=numbers[-1])
        text = QCoreApplication.translate("Stepper", "There is no {name} {number}: there are {there}.")
        text = text.format(name=self.name.text().lower(), number=number, there=there)
        QToolTip.showText(self.number.mapToGlobal(self.number.rect().bottomLeft()), text, self.number)

    def set_struck(self, is_struck: bool, why: str) -> None:
        """Strike the number out, and say why in its tooltip."""
        font = self.number.font()
        font.setStrikeOut(is_struck)
        self.number.setFont(font)
        self.number.lineEdit().setFont(font)
        self.number.setToolTip(f"{self._tip} ({why})" if is_struck else self._tip)
        self.number.setAccessibleDescription(why if is_struck else "")

    def set_words(self, name: str, lower: str, higher: str, tip: str) -> None:
        self.name.setText(name)
        self.number.setAccessibleName(name)
        self._tip = tip
        self.number.setToolTip(tip)
        for button, text in ((self.back, lower), (self.forth, higher)):
            button.setToolTip(text)
            button.setAccessibleName(text)

    def apply_theme(self, theme: Theme) -> None:
        self._row.setSpacing(theme.px(2))
        for button in (self.back, self.forth):
            theme_button(button, theme, 16)
            fix_size(button, theme.px(24), theme.px(26))
        width = QFontMetrics(self.number.font()).horizontalAdvance("00 / 00") + theme.px(20)
        fix_size(self.number, width, theme.px(26))


class Selectors(Part):
    """The row above the views."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.kind = QComboBox(self)
        self.layer = Stepper(self)
        self.head = Stepper(self)
        terms.gloss(self.layer.name, term="layer")
        terms.gloss(self.head.name, term="head")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.kind)
        self._row.addWidget(self.layer)
        self._row.addWidget(self.head)
        self.kind.activated.connect(lambda index: session.select(kind=self.kind.itemData(index)))
        self.layer.chosen.connect(lambda layer: session.select(layer=layer))
        self.head.chosen.connect(lambda head: session.select(head=head))
        session.trace_changed.connect(self._on_session_trace_changed)
        session.selection_changed.connect(self._on_session_selection_changed)
        self.settle()
        self._on_session_trace_changed(session.trace, session.selection)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the right end; all the room that is left is its own."""
        self._row.addWidget(widget, 1)

    def retranslate(self) -> None:
        self.layer.set_words(
            self.tr("Layer"), self.tr("Previous layer (Down)"), self.tr("Next layer (Up)"), self.tr("Layer, from 0")
        )
        self.head.set_words(
            self.tr("Head"), self.tr("Previous head (Left)"), self.tr("Next head (Right)"), self.tr("Head, from 0")
        )
        self.kind.setAccessibleName(self.tr("Kind of attention"))
        self.kind.setToolTip(self.tr("Which attention of an encoder-decoder model is shown (K)"))
        for index in range(self.kind.count()):
            self.kind.setItemText(index, kind_name(self.kind.itemData(index)))

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(16), theme.px(4), theme.px(8), theme.px(4))
        self._row.setSpacing(theme.px(16))
        self.layer.apply_theme(theme)
        self.head.apply_theme(theme)

    def _on_session_trace_changed(self, trace: Trace | None, selection: Selection) -> None:
        kinds = trace.kinds if trace is not None else ()
        if [self.kind.itemData(i) for i in range(self.kind.count())] != list(kinds):
            self.kind.clear()
            for kind in kinds:
                self.kind.addItem(kind_name(kind), kind)
        self.kind.setVisible(len(kinds) > 1)
        self._show(selection)

    def _on_session_selection_changed(self, selection: Selection, previous: Selection) -> None:
        if (selection.kind, selection.layer, selection.head) != (previous.kind, previous.layer, previous.head):
            self._show(selection)

    def _show(self, selection: Selection) -> None:
        trace = self.session.trace
        self.kind.setCurrentIndex(self.kind.findData(selection.kind))
        numbers = () if trace is None else trace.layer_numbers(selection.kind)
        self.layer.show_number(selection.layer, numbers, None if trace is None else _layers(trace, selection.kind))
        self.head.show_number(selection.head, range(0 if trace is None else trace.heads(selection.kind)))
        is_off = trace is not None and (selection.layer, selection.head) in switching.heads_off(trace, selection.kind)
        self.head.set_struck(is_off, intervention_words.off_text())


def _layers(trace: Trace, kind: str) -> int:
    """Layers of this side of the model, those without attention too."""
    return max(trace.depth(kind), len(trace.card.layer_types) if kind == "self" else 0)
