"""The small window of the one who teaches: text, model, view, layer and head, the tools of a talk, and notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QPlainTextEdit, QToolButton, QVBoxLayout

from visualizer.ui import guard, style, theme
from visualizer.ui.theme import Theme
from visualizer.views.registry import VIEWS
from visualizer.widgets.actions import Actions
from visualizer.widgets.commands import COMMANDS
from visualizer.widgets.model_picker import ModelPicker
from visualizer.widgets.part import Part, flat_button, theme_button
from visualizer.widgets.presenting.buttons import PresentingButtons
from visualizer.widgets.prompt_bar import PromptBar
from visualizer.widgets.selectors import Selectors

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow

_SIZE = (560, 640)  # pixels of the design
_COLUMNS = 2  # of the names of views
_ROOMS = ("layer.", "head.", "kind.", "group.", "view.", "present.", "off.")  # commands whose keys work here, too
_KEYS = ("text.focus", "unlock", "run.cancel")


@guard.overrides
class PresenterWindow(Part):
    """Everything that it does happens in the other window, whose size of text it does not share. closed: it is away.

    handlers: what each command does.
    """

    closed = Signal()

    def __init__(self, window: MainWindow, handlers: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(window.session)
        self._window, self._talk = window, window.presenting
        self.setWindowFlag(Qt.WindowType.Window)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # keys of single letters work until somebody types
        session = window.session
        self.model = flat_button(self, "model")
        self.model.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.model.clicked.connect(self.open_picker)
        self.prompt = PromptBar(session, self)
        self.selectors = Selectors(session, self)
        self.views: dict[str, QToolButton] = {}
        self.buttons = PresentingButtons(session, self._talk, window.run, self, words=True)
        self.notes_title = QLabel(self)
        self.notes_title.setProperty("role", "small")
        self.notes = QPlainTextEdit(self)
        self.notes.setTabChangesFocus(True)
        self.notes.setPlainText(self._talk.notes)
        self._grid = QGridLayout()
        rows = -(-len(VIEWS) // _COLUMNS)
        for number, view_id in enumerate(VIEWS):
            button = self.views[view_id] = flat_button(self)
            button.setCheckable(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setProperty("icon_name", VIEWS[view_id].icon)
            button.clicked.connect(lambda _checked=False, view_id=view_id: window.run(f"view.{view_id}"))
            self._grid.addWidget(button, number % rows, number // rows, Qt.AlignmentFlag.AlignLeft)
        self._grid.setColumnStretch(_COLUMNS, 1)
        self._rows = QVBoxLayout(self)
        self._rows.addWidget(self.model, 0, Qt.AlignmentFlag.AlignLeft)
        self._rows.addWidget(self.prompt)
        self._rows.addWidget(self.selectors, 0, Qt.AlignmentFlag.AlignLeft)
        self._rows.addLayout(self._grid)
        self._rows.addWidget(self.buttons)
        self._rows.addWidget(self.notes_title)
        self._rows.addWidget(self.notes, 1)
        keys = [c.id for c in COMMANDS if c.id in _KEYS or c.id.startswith(_ROOMS)]
        Actions(self, {**handlers, "text.focus": self.prompt.focus_text}, keys)
        self._parts: tuple[Part, ...] = (self.prompt, self.selectors, self.buttons)
        for part in self._parts:  # they would grow with the text of the lecture
            session.theme_changed.disconnect(part._on_theme_changed)
        self.notes.textChanged.connect(lambda: self._talk.set_notes(self.notes.toPlainText()))
        self._talk.notes_changed.connect(self._on_notes_changed)
        window.views.active_changed.connect(self._show_view)
        session.model_changed.connect(self._show_model)
        session.trace_changed.connect(lambda *_: self._show_model())
        self.settle()
        self._show_view(window.views.active_id)

    def open_picker(self) -> ModelPicker:
        """Show the list of models here, where the class does not see it."""
        picker = ModelPicker(self.session, self.theme, self.model)
        picker.chosen.connect(self.session.load_model)
        picker.show()
        return picker

    def sizeHint(self) -> QSize:
        return QSize(*(self.theme.px(length) for length in _SIZE)).expandedTo(super().sizeHint())

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Controls and notes"))
        self.notes_title.setText(self.tr("Notes, kept with the session; the class does not see them"))
        self.notes.setAccessibleName(self.tr("Notes"))
        self.model.setToolTip(self.tr("Choose a model"))
        self._show_model()

    def apply_theme(self, theme: Theme) -> None:
        theme = self.theme = own_look(theme, self.session.settings.text_size)
        self.setStyleSheet(style.stylesheet(theme))
        pad = theme.px(12)
        self._rows.setContentsMargins(pad, pad, pad, pad)
        self._rows.setSpacing(theme.px(8))
        self._grid.setSpacing(theme.px(2))
        for button in (self.model, *self.views.values()):
            theme_button(button, theme)
        for part in self._parts:
            part.theme = theme
            part.apply_theme(theme)

    def _show_view(self, view_id: str) -> None:
        for name, button in self.views.items():
            button.setChecked(name == view_id)

    def _show_model(self, _model: object = None) -> None:
        source = self.session.model or self.session.trace
        self.model.setText(self.tr("Model") if source is None else source.card.name)
        for view_id, button in self.views.items():
            button.setText(VIEWS[view_id].label(self.session.showing.task))

    def _on_notes_changed(self, notes: str) -> None:
        if notes != self.notes.toPlainText():
            with QSignalBlocker(self.notes):
                self.notes.setPlainText(notes)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()


def own_look(look: Theme, size: float) -> Theme:
    """A look as this window has it: read from near, whatever the back row needs."""
    return theme.named(look.name).scaled(size)
