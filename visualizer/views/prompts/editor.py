"""Where prompts and answers are written: the row that is chosen, what may follow it, and ways of asking."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.controls import Choice
from visualizer.ui.theme import Theme
from visualizer.views.prompts.options import BETWEEN_PROMPTS, MOST
from visualizer.views.prompts.templates import TEMPLATES

_PAUSE_MS = 500  # after the last key, before the model reads what was written


@guard.overrides
class PromptEditor(QWidget):
    """prompt_edited, answers_edited: what is written now. added: a template's id, "" for a copy of the row. removed."""

    prompt_edited = Signal(str)
    answers_edited = Signal(str)
    added = Signal(str)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prompt, self.answers = QPlainTextEdit(self), QLineEdit(self)
        self.prompt.setTabChangesFocus(True)
        self._prompt_label, self._answers_label = QLabel(self), QLabel(self)
        self._prompt_label.setBuddy(self.prompt)
        self._answers_label.setBuddy(self.answers)
        self.templates = Choice(self)
        self.add, self.remove = QPushButton(self), QPushButton(self)
        self._waits = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._waits.timeout.connect(self.tell)
        self.prompt.textChanged.connect(self._waits.start)
        self.answers.textEdited.connect(lambda _text: self._waits.start())
        self.answers.editingFinished.connect(self.tell)
        self.templates.chosen.connect(self._on_template_chosen)
        self.add.clicked.connect(lambda: self.added.emit(""))
        self.remove.clicked.connect(self.removed)
        self._told = ("", "")
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._prompt_label)
        top.addStretch(1)
        for widget in (self.templates, self.add, self.remove):
            top.addWidget(widget)
        bottom.addWidget(self._answers_label)
        bottom.addWidget(self.answers, 1)
        self._box = QVBoxLayout(self)
        self._box.addLayout(top)
        self._box.addWidget(self.prompt)
        self._box.addLayout(bottom)

    def show_row(self, number: int, count: int, prompt: str, answers: str) -> None:
        """Show a row without announcing it; what is being written stays."""
        self._prompt_label.setText(self.tr("Prompt {number}").format(number=number + 1))
        self.add.setEnabled(count < MOST)
        self.remove.setEnabled(count > 1)
        if (prompt, answers) == self._told or self._waits.isActive():
            return
        self._told = (prompt, answers)
        with QSignalBlocker(self.prompt), QSignalBlocker(self.answers):
            if self.prompt.toPlainText() != prompt:
                self.prompt.setPlainText(prompt)
            if self.answers.text() != answers:
                self.answers.setText(answers)

    def tell(self) -> None:
        """Announce what was written and not yet told."""
        self._waits.stop()
        prompt, answers = self.prompt.toPlainText(), self.answers.text()
        # A line of dashes would be read as the border between two prompts.
        prompt = prompt.replace(BETWEEN_PROMPTS, "\n--\n")
        before, self._told = self._told, (prompt, answers)
        if prompt != before[0] and prompt.strip():
            self.prompt_edited.emit(prompt)
        if answers != before[1]:
            self.answers_edited.emit(answers)

    def _on_template_chosen(self, name: object) -> None:
        if isinstance(name, str):
            self.added.emit(name)
        self.templates.set_value(None)

    def apply_theme(self, theme: Theme) -> None:
        """Sizes of this theme."""
        self._box.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(12))
        self._box.setSpacing(theme.px(8))
        for widget in (self.prompt, self.answers):
            widget.setFont(fonts.base_font(theme.scale))
        self.prompt.setFixedHeight(theme.px(96))

    def retranslate(self) -> None:
        """Words in the interface's language."""
        self._answers_label.setText(self.tr("Answers"))
        self.answers.setPlaceholderText(self.tr("Tokyo|Kyoto: with | between them; empty: the most probable tokens"))
        self.prompt.setAccessibleName(self.tr("Text of the prompt"))
        self.answers.setAccessibleName(self.tr("Answers whose probability is asked"))
        self.add.setText(self.tr("Add a copy"))
        self.remove.setText(self.tr("Remove"))
        names = {None: self.tr("Start from…")} | {one.id: one.name.here() for one in TEMPLATES}
        self.templates.set_texts("", names, self.tr("Adds a way of asking, to be edited"))
