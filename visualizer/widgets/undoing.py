"""Ctrl+Z while somebody types: the field's own fine steps first, as long as typing there was the last thing done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QWidget

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import guard
from visualizer.widgets.commands import BY_ID
from visualizer.widgets.prompt_bar import PromptBar, PromptField

if TYPE_CHECKING:
    from visualizer.core.request import RunRequest
    from visualizer.widgets.main_window import MainWindow

NAMES = {
    "document": QT_TRANSLATE_NOOP("History", "opening"),
    "text": QT_TRANSLATE_NOOP("History", "text"),
    "pair": QT_TRANSLATE_NOOP("History", "second sentence"),
    "target": QT_TRANSLATE_NOOP("History", "output"),
    "languages": QT_TRANSLATE_NOOP("History", "languages"),
    "off": QT_TRANSLATE_NOOP("History", "switching off"),
    "kind": QT_TRANSLATE_NOOP("History", "kind of attention"),
    "layer": QT_TRANSLATE_NOOP("History", "layer"),
    "head": QT_TRANSLATE_NOOP("History", "head"),
    "lock": QT_TRANSLATE_NOOP("History", "lock"),
    "position": QT_TRANSLATE_NOOP("History", "position"),
    "sampling": QT_TRANSLATE_NOOP("History", "sampling"),
    "rule": QT_TRANSLATE_NOOP("History", "way of reading"),
    "look": QT_TRANSLATE_NOOP("History", "colors"),
    "adapter": QT_TRANSLATE_NOOP("History", "adapter"),
    "comparison": QT_TRANSLATE_NOOP("History", "comparison"),
    "trace": QT_TRANSLATE_NOOP("History", "opened trace"),
}


def words(way: str, name: str) -> str:
    """What was undone ("undo") or done again ("redo"), in a few words; name: of a step, "" where there was none."""
    translate = QCoreApplication.translate
    if not name:
        nothing = {
            "undo": translate("History", "There is nothing to undo."),
            "redo": translate("History", "There is nothing to redo."),
        }
        return nothing[way]
    text = translate("History", "Undone: {what}") if way == "undo" else translate("History", "Redone: {what}")
    return text.format(what=translate("History", NAMES.get(name, name)))


@guard.overrides
class Undoing(QObject):
    """Decides whose step Ctrl+Z takes back where the focus is in a field of the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._history = window, window.session.history
        self._watched: QWidget | None = None
        self._history.views_wanted.connect(lambda views: window.views.show_views(*views))
        window.question.kept.connect(self._on_question_kept)
        self._history.moved.connect(lambda way, name: window.say_quietly(words(way, name)))
        window.views.shown_changed.connect(lambda first, second: self._history.set_views((first, second)))
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_app_focus_changed)

    def commands(self) -> dict[str, Callable[[], object]]:
        """What the commands of this room do, by id."""
        return {
            "undo": self._history.undo,
            "redo": self._history.redo,
            "texts.open": lambda: self._prompt().open_texts(),
            "texts.older": lambda: self._step_text(1),
            "texts.newer": lambda: self._step_text(-1),
        }

    def _prompt(self) -> PromptBar:
        """The fields that one works in: those with the cursor, else those of the first pane."""
        focus = QApplication.focusWidget()
        bar = focus.parent() if isinstance(focus, PromptField) else None
        if isinstance(bar, PromptBar):
            return bar
        if self._window.lecture_bar is not None and self._window.session.settings.lecture:
            self._window.lecture_bar.reveal()
            return self._window.lecture_bar.prompt
        return self._window.top_bar.prompt

    def _step_text(self, by: int) -> None:
        focus = QApplication.focusWidget()
        bar = focus.parent() if isinstance(focus, PromptField) else None
        if isinstance(focus, PromptField) and focus.is_waiting:
            focus.flush()  # nothing that was typed is lost
        pane = bar.showing if isinstance(bar, PromptBar) else self._window.session.showing
        if not self._window.session.texts.step(by, pane):
            translate = QCoreApplication.translate
            older, newer = translate("History", "No older text"), translate("History", "No newer text")
            self._window.say_quietly(older if by > 0 else newer)

    def _on_question_kept(self, request: RunRequest) -> None:
        self._window.session.texts.add(request)
        self._window.say_quietly(QCoreApplication.translate("History", "What was typed is in the history of texts."))

    def _on_app_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if self._watched is not None:
            self._watched.removeEventFilter(self)
        is_ours = isinstance(new, PromptField | QAbstractSpinBox) and new.window() is self._window
        self._watched = new if is_ours else None
        if self._watched is not None:
            self._watched.installEventFilter(self)
            self._watched.destroyed.connect(self._on_watched_destroyed)

    def _on_watched_destroyed(self) -> None:
        self._watched = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        assert isinstance(event, QKeyEvent)
        way = _way(event)
        if not way:
            return False
        own = isinstance(watched, PromptField) and self._is_own(watched, way)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(own)  # not accepted, it is the window's key
            return True
        if own and isinstance(watched, PromptField):
            self._step(watched, way)
        else:
            self._window.run(way)
        return True

    def _is_own(self, field: PromptField, way: str) -> bool:
        """Whether the field goes a step: typing there came last, and it knows more of it than the session."""
        document, bar = field.document(), field.parent()
        if way == "undo":
            last = field.is_waiting or (
                isinstance(bar, PromptBar) and (bar.showing.held is not None or self._history.is_typed(bar.showing))
            )
            return document.isUndoAvailable() and last
        ahead = isinstance(bar, PromptBar) and self._history.is_typed(bar.showing, ahead=True)
        within = isinstance(bar, PromptBar) and self._history.is_typed(bar.showing)
        return document.isRedoAvailable() and (ahead or within)

    def _step(self, field: PromptField, way: str) -> None:
        bar = field.parent()
        (field.undo if way == "undo" else field.redo)()
        field.flush(by_undo=True)
        if isinstance(bar, PromptBar):
            self._history.moved.emit(way, "text" if field is bar.text_field else bar.second_name())


def _way(event: QKeyEvent) -> str:
    """ "undo", "redo", or "" for any other key."""
    key = QKeySequence(event.keyCombination())
    return next((way for way in ("undo", "redo") if key in map(QKeySequence, BY_ID[way].keys)), "")
