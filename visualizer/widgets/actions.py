"""The table of commands as Qt actions: keys that know when a person is typing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from visualizer.ui import guard
from visualizer.widgets.commands import BY_ID, COMMANDS, Reach

TYPING = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)
EDITING = (*TYPING, QAbstractSlider, QComboBox, QAbstractItemView)


@guard.overrides
class Actions(QObject):
    """One QAction a command. `handlers` must name every command: a missing one raises KeyError at once.

    only: the commands that a small window has; None for all.
    """

    def __init__(
        self, window: QWidget, handlers: Mapping[str, Callable[[], object]], only: Collection[str] | None = None
    ) -> None:
        super().__init__(window)
        commands = [command for command in COMMANDS if only is None or command.id in only]
        self._handlers = {command.id: handlers[command.id] for command in commands}
        self.by_id: dict[str, QAction] = {}
        for command in commands:
            action = QAction(window)
            action.setShortcuts([QKeySequence(key) for key in command.keys])
            action.triggered.connect(lambda _checked=False, name=command.id: self.run(name))
            window.addAction(action)
            self.by_id[command.id] = action
        self.retranslate()
        window.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_app_focus_changed)

    def run(self, command_id: str) -> None:
        """Do it, wherever the focus is."""
        self._handlers[command_id]()

    def retranslate(self) -> None:
        for name, action in self.by_id.items():
            action.setText(BY_ID[name].label())

    def _on_app_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        typing = is_typed_into(new)
        uses_arrows = new is not None and bool(new.property("uses_arrows"))
        editing = typing or uses_arrows or (isinstance(new, EDITING) and not isinstance(new, TYPING))
        for name, action in self.by_id.items():
            reach = BY_ID[name].reach
            action.setEnabled(not ((typing and reach is not Reach.ALWAYS) or (editing and reach is Reach.NOT_EDITING)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        return False


def is_typed_into(widget: QWidget | None) -> bool:
    """Whether keys that write would change this widget's text."""
    return isinstance(widget, TYPING) and not widget.isReadOnly()


def key_text(command_id: str) -> str:
    """The keys of a command as the platform writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return "  ".join(QKeySequence(key).toString(native) for key in BY_ID[command_id].keys)
