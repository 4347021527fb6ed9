"""What each command does, and the window with its commands at work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog

from visualizer.core.errors import VisualizerError
from visualizer.core.interventions import HOWS
from visualizer.session import saved_traces, switching
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import export as exporter
from visualizer.views import export_dialog
from visualizer.views.registry import DEFAULT, GROUPS, VIEWS
from visualizer.widgets import adapter_switch, copying, finding
from visualizer.widgets.actions import Actions, is_typed_into
from visualizer.widgets.explaining import Explaining
from visualizer.widgets.finding import EXAMPLE
from visualizer.widgets.lecture_mode import LectureMode
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.palette import Palette
from visualizer.widgets.presenting.presenting import TOOLS
from visualizer.widgets.presenting.two_screens import TwoScreens
from visualizer.widgets.undoing import Undoing

if TYPE_CHECKING:
    from visualizer.widgets.appearance import Appearance

TRACES = " (*.safetensors)"


def make_window(
    session: Session, appearance: Appearance, on_close: Callable[[MainWindow], None] | None = None
) -> MainWindow:
    """The window, not yet shown, with its commands, keys and buttons at work; `on_close` hears of its end."""
    window = MainWindow(session, on_close)
    controller = Controller(window, appearance)
    window.command_requested.connect(Actions(window, controller.handlers()).run)
    return window


class Controller(QObject):
    """Carries the commands out on the window's parts and the session."""

    def __init__(self, window: MainWindow, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._session, self._appearance = window, window.session, appearance
        self._lecture = LectureMode(window, appearance)
        self._undoing = Undoing(window)
        self._two_screens = TwoScreens(window, self._lecture, self.handlers)
        self._explaining = Explaining(window)
        window.views.export_requested.connect(export_dialog.export)
        window.views.shown_changed.connect(lambda _first, second: window.tabs.show_second(second))
        window.views.active_changed.connect(window.activity.show_view)
        window.views.active_changed.connect(window.tabs.show_view)
        window.activity.chosen.connect(window.views.choose_group)
        window.tabs.chosen.connect(window.views.choose)
        window.tabs.second_switched.connect(window.views.set_second)
        window.tabs.dock_switched.connect(window.views.set_dock)
        window.views.dock_changed.connect(window.tabs.show_dock)
        window.top_bar.prompt.entered.connect(window.views.setFocus)
        window.top_bar.prompt.entered.connect(window.question.accept)
        self._session.compared.connect(self._on_session_compared)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Every command's id and what it does."""
        window, step, talk = self._window, self._step, self._window.presenting
        groups = {f"group.{group}": partial(window.views.choose_group, group) for group in GROUPS}
        views = {f"view.{view_id}": partial(window.views.choose, view_id) for view_id in VIEWS}
        return {
            "text.focus": window.focus_text,
            "text.larger": partial(self._appearance.step_text, 1),
            "text.smaller": partial(self._appearance.step_text, -1),
            "text.normal": partial(self._appearance.step_text, 0),
            **self._undoing.commands(),
            "examples": window.examples.show,
            "examples.keep": window.examples.ask_and_keep,
            "model.choose": window.top_bar.open_picker,
            "model.card": window.top_bar.open_card,
            "adapter.switch": lambda: adapter_switch.switch(self._pane()),
            "adapter.compare": lambda: adapter_switch.compare(self._session),
            "device.choose": window.top_bar.open_devices,
            "layer.next": partial(step, "layer", 1),
            "layer.previous": partial(step, "layer", -1),
            "head.next": partial(step, "head", 1),
            "head.previous": partial(step, "head", -1),
            "kind.next": self._next_kind,
            "unlock": self._unlock,
            "off.head": partial(self._switch, "head"),
            "off.layer": partial(self._switch, "layer"),
            "off.feed_forward": partial(self._switch, "feed_forward"),
            "off.how": self._switch_how,
            "off.nothing": lambda: switching.all_on(self._pane()),
            **groups,
            **views,
            "view.second": lambda: window.views.set_second(not window.views.second),
            "compare": self._compare,
            "view.dock": lambda: window.views.set_dock(not window.views.dock_wanted),
            "picture.save": partial(self._export, ""),
            "copy": partial(copying.copy, window),
            "picture.copy": partial(self._export, "copy"),
            "window.save": self._save_window,
            "trace.open": self._open_trace,
            "trace.save": self._save_trace,
            "trace.model": lambda: saved_traces.load_own(self._session.showing),
            "session.save": window.documents.ask_and_save,
            "session.open": window.documents.ask_and_open,
            "session.recent": window.documents.open_recent,
            "session.restore": window.documents.restore,
            "run.cancel": self._cancel,
            "language.switch": self._appearance.switch_language,
            "theme.switch": self._appearance.switch_theme,
            "lecture.switch": self._lecture.switch,
            "lecture.bar": self._show_lecture_bar,
            **{f"present.{tool}": partial(talk.switch, tool) for tool in TOOLS},
            "present.color": talk.next_color,
            "present.undo": talk.marks.undo,
            "present.erase": talk.marks.erase,
            "present.larger": partial(talk.pointer.step_size, 1),
            "present.smaller": partial(talk.pointer.step_size, -1),
            "present.freeze": talk.freeze,
            "present.black": lambda: talk.set_black(not talk.is_black),
            "present.two_screens": self._two_screens.switch,
            "palette": self._open_palette,
            "help.view": self._explaining.switch,
            "help.glossary": self._explaining.open_term,
            "quit": window.close,
        }

    def _on_session_compared(self, _other: object) -> None:
        if self._window.comparison.bar is not None:
            self._window.comparison.bar.prompt.entered.connect(self._window.question.accept)

    # --- looking ---------------------------------------------------------------------------------

    def _step(self, what: str, by: int) -> None:
        trace, selection = self._session.trace, self._session.selection
        if trace is None:
            return
        heads = tuple(range(trace.heads(selection.kind)))
        numbers = trace.layer_numbers(selection.kind) if what == "layer" else heads
        at = numbers.index(getattr(selection, what)) + by
        self._session.select(**{what: numbers[min(max(at, 0), len(numbers) - 1)]})

    def _next_kind(self) -> None:
        trace = self._session.trace
        if trace is not None:
            at = trace.kinds.index(self._session.selection.kind)
            self._session.select(kind=trace.kinds[(at + 1) % len(trace.kinds)])

    def _unlock(self) -> None:
        """Close the message that is seen; put pointer or pen away; let go what is locked; then leave the explanation.

        In lecture mode with nothing locked its bar is left first, then the mode.
        """
        if self._window.banner.isVisible():
            self._window.banner.dismiss()
            return
        if self._window.question.keep():
            return
        selection, focus = self._session.selection, QApplication.focusWidget()
        is_typing = is_typed_into(focus)
        if not is_typing and self._window.presenting.put_away():
            return
        is_free = selection.query is None and selection.key is None and not is_typing
        is_in_panel = focus is not None and self._window.explanation.isAncestorOf(focus)
        if (is_free or is_in_panel) and self._explaining.leave():
            return
        if is_free and self._lecture.leave():
            return
        if is_typing and self._session.settings.lecture and self._window.lecture_bar is not None:
            self._window.lecture_bar.hide()
        self._session.select(query=None, key=None, position=-1)
        self._session.set_hover(None)
        self._window.views.setFocus()

    # --- switching off ---------------------------------------------------------------------------

    def _pane(self) -> Showing:
        """The pane that the person works in."""
        view = self._window.views.active_view()
        return self._session.showing if view is None else view.showing

    def _switch(self, part: str) -> None:
        pane, selection = self._pane(), self._pane().selection
        switching.switch(pane, switching.sites(selection.kind, selection.layer, selection.head)[part])

    def _switch_how(self) -> None:
        pane = self._pane()
        switching.set_how(pane, next(how for how in HOWS if how != switching.how(pane)))

    # --- files -----------------------------------------------------------------------------------

    def _export(self, name: str) -> None:
        view = self._window.views.active_view()
        if view is not None and self._session.trace is not None:
            export_dialog.export(view, name)

    def _save_window(self) -> None:
        title = self.tr("Save the window as a picture")
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, "window.png", "PNG (*.png)")
        if not chosen or self._session.theme is None:
            return
        path = Path(chosen)
        try:
            with self._window.presenting.for_a_picture():
                name = path if path.suffix else path.with_suffix(".png")
                exporter.save_picture(self._window, name, self._session.theme)
        except VisualizerError as error:
            self._session.report_error(error)
        else:
            self._session.notice_raised.emit("saved", {"path": chosen})

    def _open_trace(self) -> None:
        pattern = self.tr("Traces") + TRACES
        chosen, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open a trace"), "", pattern)
        if chosen:
            self._session.open_trace(chosen)

    def _save_trace(self) -> None:
        if self._session.trace is None:
            return
        pattern = self.tr("Traces") + TRACES
        name = f"{self._session.trace.card.name}.safetensors"
        chosen, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the trace"), name, pattern)
        if chosen:
            path = Path(chosen)
            self._session.save_trace(path if path.suffix else path.with_suffix(".safetensors"))

    # --- the window ------------------------------------------------------------------------------

    def _cancel(self) -> None:
        for pane in self._session.panes:
            for work in ("load", "run", "open", "write"):
                self._session.cancel(pane.key(work))

    def _show_lecture_bar(self) -> None:
        bar = self._window.lecture_bar
        if bar is not None and self._session.settings.lecture:
            bar.reveal()

    def _compare(self) -> None:
        """Begin a comparison, with the cursor in its text; end it when there is one."""
        if self._session.other is not None:
            self._session.stop_comparing()
            return
        self._session.compare()
        self._window.comparison.focus_text()

    def _open_palette(self) -> None:
        if self._session.theme is not None:
            pane = self._pane()
            named = partial(finding.heads, trace=pane.trace, selection=pane.selection)
            language = self._session.language
            Palette(self._window, self._session.theme, self._run_found, language, named, pane.task).show()

    def _run_found(self, name: str) -> None:
        """Do what was found: a command, an example, the explanation of a term, the way to a head."""
        if name.startswith(EXAMPLE):
            self._window.examples.open_by_id(name.removeprefix(EXAMPLE))
        elif name.startswith(f"{finding.TERM}."):
            self._explaining.open_term(name.removeprefix(f"{finding.TERM}."))
        elif name.startswith(f"{finding.HEAD}."):
            place = finding.place_of(name)
            self._pane().select(kind=place.kind, layer=place.layer, head=place.head)
            if VIEWS[self._window.views.active_id].group not in ("attention", "heads"):
                self._window.views.choose(DEFAULT)
        else:
            self._window.run(name)
