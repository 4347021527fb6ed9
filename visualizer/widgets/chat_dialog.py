"""A conversation in turns, and the text that the checkpoint's own template makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import errors, guard
from visualizer.ui.theme import Theme

if TYPE_CHECKING:
    from visualizer.core.text.chat import Turn
    from visualizer.session.jobs import Progress, ShouldStop

_PAUSE_MS = 200
_MOST = 200  # turns
_NEXT = {"system": "user", "user": "assistant", "assistant": "user"}


class _TurnRow(QWidget):
    """A role and what is said. changed, removed: by a person."""

    changed = Signal()
    removed = Signal()

    def __init__(self, role: str, content: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.role, self.content = QComboBox(self), QPlainTextEdit(content, self)
        names = {"system": self.tr("System"), "user": self.tr("User"), "assistant": self.tr("Assistant")}
        for each, name in names.items():
            self.role.addItem(name, each)
        self.role.setCurrentIndex(list(names).index(role))
        self.role.setAccessibleName(self.tr("Role"))
        self.content.setAccessibleName(self.tr("What is said"))
        self.content.setTabChangesFocus(True)
        self.content.setFixedHeight(theme.px(60))
        remove = QPushButton(self.tr("Remove"), self)
        remove.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.role, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.content, 1)
        row.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        self.role.activated.connect(lambda _index: self.changed.emit())
        self.content.textChanged.connect(self.changed)
        remove.clicked.connect(self.removed)


@guard.overrides
class ChatDialog(QDialog):
    """used: the text that shall be read, the turns that it was made of, and whether a template made it."""

    used = Signal(str, tuple, bool)

    def __init__(
        self, session: Session, showing: Showing, turns: tuple[Turn, ...], theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Conversation"))
        self._session, self._showing, self._theme = session, showing, theme
        self._rows: list[_TurnRow] = []
        self.text = ""
        self.adds_prompt = QCheckBox(self.tr("Add the generation prompt (the assistant is to answer)"), self)
        self.adds_prompt.setChecked(True)
        self.preview = QPlainTextEdit(self)
        self.preview.setReadOnly(True)
        self.preview.setAccessibleName(self.tr("The text that the template writes"))
        self.said = QLabel(self)
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.add = QPushButton(self.tr("Add a turn"), self)
        self.plain = QPushButton(self.tr("Back to plain text"), self)
        self.use = QPushButton(self.tr("Read this text"), self)
        self.use.setProperty("role", "primary")
        for button in (self.add, self.plain, self.use):
            button.setAutoDefault(False)
        self.plain.setEnabled(not showing.request.adds_specials)
        self._waits = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._waits.timeout.connect(self.render_text)
        self._lay_out(theme)
        self.adds_prompt.toggled.connect(lambda _on: self._changed())
        self.add.clicked.connect(lambda: self.add_turn(_NEXT.get(self._last_role(), "user")))
        self.plain.clicked.connect(lambda: self._end(False))
        self.use.clicked.connect(lambda: self._end(True))
        for turn in turns:
            self.add_turn(turn.role, turn.content)
        if not turns:
            self.add_turn("user", showing.request.text if showing.request.adds_specials else "")
        self.finished.connect(lambda _code: session.jobs.cancel(self._key))
        self.render_text()

    @property
    def _key(self) -> str:
        return f"chat.{id(self)}"

    def _lay_out(self, theme: Theme) -> None:
        inner = QWidget(self)
        self._turns = QVBoxLayout(inner)
        self._turns.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        top, bottom, layout = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        top.addWidget(self.add)
        top.addWidget(self.adds_prompt)
        top.addStretch(1)
        bottom.addWidget(self.plain)
        bottom.addStretch(1)
        bottom.addWidget(self.use)
        layout.addWidget(area, 3)
        layout.addLayout(top)
        layout.addWidget(self.preview, 2)
        layout.addWidget(self.said)
        layout.addLayout(bottom)
        self.resize(theme.px(640), theme.px(560))

    def turns(self) -> tuple[Turn, ...]:
        """What is written now."""
        from visualizer.core.text.chat import Turn

        return tuple(Turn(str(row.role.currentData()), row.content.toPlainText()) for row in self._rows)

    def add_turn(self, role: str, content: str = "") -> None:
        """One more turn at the end."""
        if len(self._rows) >= _MOST:
            return
        row = _TurnRow(role, content, self._theme, self)
        row.changed.connect(self._changed)
        row.removed.connect(lambda: self._remove(row))
        self._rows.append(row)
        self._turns.insertWidget(len(self._rows) - 1, row)
        row.content.setFocus()
        self._changed()

    def _remove(self, row: _TurnRow) -> None:
        self._rows.remove(row)
        row.hide()
        row.deleteLater()
        self._changed()

    def _last_role(self) -> str:
        return str(self._rows[-1].role.currentData()) if self._rows else ""

    def _changed(self) -> None:
        self.use.setEnabled(False)
        self._waits.start()

    def render_text(self) -> None:
        """Let the template write what is there now, on the worker: it is a program that came with the checkpoint."""
        self._waits.stop()
        model, turns, adds_prompt = self._showing.model, self.turns(), self.adds_prompt.isChecked()
        if model is None:
            return
        tokenizer = model.tokenizer

        def work(_should_stop: ShouldStop, _progress: Progress) -> str:
            from visualizer.core.text import chat

            return chat.render(tokenizer, turns, adds_prompt)

        self._session.jobs.submit(self._key, work, self._on_written, self._on_failed)

    def _on_written(self, text: str) -> None:
        self.text = text
        self.preview.setPlainText(text)
        self.said.setText("")
        self.use.setEnabled(True)

    def _on_failed(self, error: Exception) -> None:
        self.said.setText(" ".join(errors.present(error)))
        self.use.setEnabled(False)

    def _end(self, is_chat: bool) -> None:
        turns = self.turns()
        said = [turn.content for turn in turns if turn.role == "user" and turn.content.strip()]
        self.used.emit(self.text if is_chat else (said[-1] if said else ""), turns, is_chat)
        self.accept()
