"""Examples in the window: shown, opened in one step, and one's own kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from visualizer.core.errors import VisualizerError
from visualizer.core.examples.example import Example
from visualizer.core.examples.library import library
from visualizer.session import examples
from visualizer.session.document import Document
from visualizer.session.examples import OwnExample
from visualizer.widgets.example_dialog import ExampleDialog, KeepDialog
from visualizer.widgets.example_note import ExampleNote

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow


class Examples(QObject):
    """Model, texts, view, head, tokens and options of an example come together, as those of a saved session do."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._opened: Example | OwnExample | None = None
        self._before: Document | None = None  # what was on the screen before the first of the examples
        self.note = ExampleNote(window.session, lambda: window.documents.restoring.is_busy, window)
        self.note.next_requested.connect(self.open_next)
        self.note.back_requested.connect(self.go_back)
        window.documents.restoring.finished.connect(self.note.look)
        window.session.language_changed.connect(lambda _language: self._tell(again=True))

    def show(self) -> ExampleDialog | None:
        """Show the library."""
        if self._session.theme is None:
            return None
        dialog = ExampleDialog(self._session, self._session.theme, self._window)
        dialog.chosen.connect(self.open)
        dialog.keep_requested.connect(lambda: self.ask_and_keep(dialog))
        dialog.open()
        return dialog

    def open(self, entry: Example | OwnExample) -> None:
        """Open one; another one that is still on its way gives way."""
        documents, views = self._window.documents, self._window.views
        document = examples.document_of(entry, views.dock_wanted) if isinstance(entry, Example) else entry.document
        if document is None:
            return
        if not self.note.is_told:
            self._before = documents.current() if self._session.text else None
        self._opened = entry
        documents.show(document, _name(entry, self._session.language))
        self._tell()
        views.setFocus()

    def go_back(self) -> None:
        """Show again what was there before the examples, with its model."""
        before, self._before = self._before, None
        self.note.forget()
        if before is not None:
            self._window.documents.show(before)

    def open_next(self) -> None:
        """Open the one after that which was opened; the first after the last."""
        all_of_them = library().examples
        if not all_of_them:
            return
        at = all_of_them.index(self._opened) if self._opened in all_of_them else -1
        self.open(all_of_them[(at + 1) % len(all_of_them)])

    def _tell(self, again: bool = False) -> None:
        """Say what is to be seen. again: only if it is being said, in another language now."""
        entry, note = self._opened, self.note
        if entry is None or (again and not note.is_told):
            return
        if isinstance(entry, Example):
            said = f"{entry.title.of(self._session.language)} – {entry.shows.of(self._session.language)}"
            note.tell(said, entry.request, entry.model, True, self._before is not None)
        elif entry.document is not None and not entry.document.panes[0].trace:
            said = " – ".join(part for part in (entry.name, " ".join(entry.note.split())) if part)
            request = entry.document.panes[0].request
            note.tell(said, request, entry.model, False, self._before is not None)

    def open_by_id(self, example_id: str) -> bool:
        """Open one of the program's; False where there is none of this name."""
        example = library().get(example_id)
        if example is not None:
            self.open(example)
        return example is not None

    def ask_and_keep(self, dialog: ExampleDialog | None = None) -> KeepDialog | None:
        """Ask for a name and a note, and keep what is on the screen. dialog: the library, when it is shown."""
        if not self._session.text:  # nothing to keep: those that are there say what an example is
            self.show()
            return None
        asking = KeepDialog(dialog or self._window)
        asking.named.connect(lambda name, note: self._keep(name, note, dialog))
        asking.open()
        return asking

    def _keep(self, name: str, note: str, dialog: ExampleDialog | None) -> None:
        try:
            own = examples.keep(self._window.documents.current(), name, note)
        except VisualizerError as error:
            self._session.report_error(error)
            return
        if dialog is not None:
            dialog.renew(own)
        else:
            self._session.notice_raised.emit("saved", {"path": own.name})


def _name(entry: Example | OwnExample, language: str) -> str:
    return entry.title.of(language) if isinstance(entry, Example) else entry.name
