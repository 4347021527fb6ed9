"""Saved sessions in the window: saving, opening, those opened lately, and what was open before a crash."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu

from visualizer.core.errors import BrokenView, MissingFile, VisualizerError
from visualizer.session import document, document_file
from visualizer.session.document import Document, Layout
from visualizer.session.last_session import LastSession
from visualizer.session.options import NoOptions, from_json, to_json
from visualizer.session.restoring import Restoring
from visualizer.ui import guard
from visualizer.views.registry import VIEWS, options_class

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow

RECENT = 8
PAUSE_MS = 1500  # from a change to its being kept for the case of a crash
SESSIONS = f" (*{document_file.SUFFIX})"


@guard.overrides
class Documents(QObject):
    """Puts what a window shows into documents, and documents onto a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._opened: Document | None = None
        self._path = ""
        self._last: LastSession | None = None
        self.restoring = Restoring(window.session, self)
        self.restoring.finished.connect(window.session.history.end_document)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._keep)
        window.session.compared.connect(self._on_session_compared)

    # --- what is on the screen -------------------------------------------------------------------

    def current(self) -> Document:
        """Everything that is on the screen now."""
        views = self._window.views
        compared = views.second if views.is_comparing else ""
        layout = Layout(views.first, views.ordinary_second, views.dock_wanted, compared)
        chosen = {name: to_json(self._session.options(name, kind)) for name, kind in self._options().items()}
        return document.of(self._session, layout, chosen, self._opened)

    def show(self, shown: Document, name: str = "") -> None:
        """Put a document onto the window: views and options at once, models and texts as they come."""
        self._session.history.begin_document(lambda: self.restoring.is_busy)
        self._opened = shown
        self._session.stop_comparing()
        views = self._window.views
        for view_id, kind in self._options().items():
            found = from_json(kind, shown.options.get(view_id))
            self._session.set_options(view_id, kind, **{item.name: getattr(found, item.name) for item in fields(kind)})
        if shown.notes:  # those that nobody saved are not lost over a session that has none
            self._window.presenting.set_notes(shown.notes)
        views.dock_wanted = shown.layout.dock
        views.show_views(shown.layout.first, shown.layout.second)
        self.restoring.begin(shown, name)

    def _on_session_compared(self, showing: object) -> None:
        """The second pane's view, once there is one."""
        layout = self._opened.layout if self._opened is not None else Layout()
        if self.restoring.is_busy and showing is not None and layout.compared:
            self._window.views.show_views(layout.first, layout.compared)

    def _options(self) -> dict[str, type[Any]]:
        found = {}
        for name in VIEWS:
            try:
                kind = options_class(name)
            except BrokenView:  # told when the view is asked for
                continue
            if kind is not NoOptions:
                found[name] = kind
        return found

    # --- files -----------------------------------------------------------------------------------

    def ask_and_save(self) -> None:
        """Ask for a name and save there."""
        pattern = self.tr("Sessions") + SESSIONS
        start = self._path or f"session{document_file.SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the session"), start, pattern)
        if chosen:
            path = Path(chosen)
            self.save(path if path.suffix else path.with_suffix(document_file.SUFFIX))

    def save(self, path: Path) -> None:
        """Save what is on the screen."""
        try:
            document_file.write(self.current(), path)
        except VisualizerError as error:
            self._session.report_error(error)
            return
        self._remember(path)
        self._session.notice_raised.emit("saved", {"path": str(path)})

    def ask_and_open(self) -> None:
        """Ask for a file and open it."""
        pattern = self.tr("Sessions") + SESSIONS
        chosen, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open a session"), self._path, pattern)
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path) -> bool:
        """Open a saved session; False, and the error is told, when it cannot be read."""
        try:
            found = document_file.read(path)
        except VisualizerError as error:
            if isinstance(error, MissingFile):
                self._forget(path)
            self._session.report_error(error)
            return False
        self._remember(path)
        self.show(found, str(path))
        return True

    def open_recent(self) -> QMenu:
        """Show the sessions that were saved or opened lately."""
        menu = QMenu(self._window)
        for name in self._session.settings.recent_sessions:
            path = Path(name)
            action = menu.addAction(f"{path.stem}  –  {path.parent}".replace("&", "&&"))
            action.triggered.connect(lambda _checked=False, path=path: self.open(path))
        if menu.isEmpty():
            menu.addAction(self.tr("No session was saved or opened yet")).setEnabled(False)
        menu.aboutToHide.connect(menu.deleteLater)
        bar = self._window.top_bar
        menu.popup(bar.mapToGlobal(QPoint(max(0, (bar.width() - menu.sizeHint().width()) // 2), bar.height())))
        return menu

    def _remember(self, path: Path) -> None:
        self._path = str(path.absolute())
        settings = self._session.settings
        others = [one for one in settings.recent_sessions if one != self._path]
        settings.recent_sessions = [self._path, *others][:RECENT]

    def _forget(self, path: Path) -> None:
        settings, name = self._session.settings, str(path.absolute())
        settings.recent_sessions = [one for one in settings.recent_sessions if one != name]

    # --- after a crash ---------------------------------------------------------------------------

    def watch(self, last: LastSession) -> None:
        """Keep what is open from now on, and offer what was open when the program ended without being asked to."""
        self._last = last
        session, window = self._session, self._window
        for changed in (session.trace_changed, session.selection_changed, session.options_changed,
                        session.compared, window.views.shown_changed, window.presenting.notes_changed):  # fmt: skip
            changed.connect(self._keep_soon)
        if last.claim():
            session.notice_raised.emit("session_left", {"command": "session.restore"})

    def restore(self) -> None:
        """Open what was open before the crash."""
        self._window.banner.withdraw("session_left")
        last = self._last or LastSession()
        try:
            found = document_file.read(last.left)
        except VisualizerError as error:
            if isinstance(error, MissingFile):
                self._session.notice_raised.emit("nothing_left", {})
            else:
                self._session.report_error(error)
            return
        self.show(found, str(last.left))

    def end(self, keep: bool = False) -> None:
        """The window closes in order. keep: nobody closed it, and what is open shall be offered at the next start."""
        self._timer.stop()
        if keep and not self.restoring.is_busy:  # else the whole of it was kept before
            self._keep()
        self.restoring.stop()
        if self._last is not None:
            self._last.end(keep)
            self._last = None

    def _keep_soon(self, *_: object) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _keep(self) -> None:
        if self._last is None or self._session.trace is None:
            return
        if self.restoring.is_busy:  # half of it would take the place of the whole
            self._timer.start()
            return
        self._last.keep(self.current())
