"""The frame around a picture: its head, its states, its jobs, and the guard that no exception passes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from visualizer.core.errors import VisualizerError
from visualizer.core.system import frames
from visualizer.session.jobs import Work
from visualizer.session.selection import Hover, Selection
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import errors, guard, lecture, style, theme
from visualizer.ui.header import Header
from visualizer.ui.messages import Message, ThinBar, Veil
from visualizer.ui.picture_frame import PictureFrame
from visualizer.ui.theme import Theme
from visualizer.views.own_jobs import OwnJobs

if TYPE_CHECKING:
    from visualizer.core.models import ModelCard
    from visualizer.core.trace import Trace


log = logging.getLogger(__name__)


@guard.overrides
class Frame(QWidget):
    """Head, message, veil and progress of a view; draws when it is visible, and turns every error into an error state.

    drawn: the picture is complete (no job of the view is running any more). view_requested: the id of a view that shall
    be opened, because something in this one was chosen to be looked at closely. export_requested: the picture or its
    numbers are wanted, as "png", "svg", "pdf", "copy", "csv", "npz" or "json". help_requested: it shall be explained.
    """

    id: ClassVar[str] = ""
    drawn = Signal()
    view_requested = Signal(str)
    export_requested = Signal(str)
    help_requested = Signal()

    # --- for subclasses --------------------------------------------------------------------------

    def title(self) -> str:
        """The view's name in the interface's language."""
        raise NotImplementedError

    def build(self) -> QWidget:
        """Make the content, once; called before anything else. Controls go to the head by `add_control`."""
        raise NotImplementedError

    def how_to_read(self) -> str:
        """One or two sentences for the tooltip of the head's question mark."""
        return ""

    def selection_text(self, trace: Trace, selection: Selection) -> str:
        """What is selected, for the head; layer and head have steppers where a view adds them."""
        return ""

    def needs_redraw(self, selection: Selection, previous: Selection) -> bool:
        """Whether this change of the selection changes the picture."""
        return True

    def on_hover(self, hover: Hover) -> None:
        """Mark what the pointer is over, in whichever view it is."""

    def on_space(self) -> bool:
        """Run or pause what runs here; whether there is such a thing."""
        return False

    def retranslate(self) -> None:
        """Set every text again: the language has changed. `draw` follows."""

    def apply_theme(self, theme: Theme) -> None:
        """Take colours and sizes from this theme. `draw` follows."""

    @classmethod
    def is_compatible(cls, subject: Trace | ModelCard) -> bool:
        """Whether this view can show anything of a trace, or of a model."""
        return True

    def why_incompatible(self) -> str:
        """One sentence for a trace that this view cannot show."""
        return self.tr("This model has nothing to show here.")

    def draw(self, trace: Trace, selection: Selection) -> None:
        """Show this. Whatever is raised here becomes the view's error state."""
        raise NotImplementedError

    # --- for everybody ---------------------------------------------------------------------------

    def __init__(self, session: Session, parent: QWidget | None = None, *, showing: Showing | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.showing = showing or session.showing
        self._drawn: Trace | None = None
        self.theme: Theme = session.theme or theme.current()
        self._stale = True
        self._jobs = OwnJobs(session.jobs, self.id)
        self._error: Exception | None = None
        self._is_unfolded = False
        # A view that is made while the first model loads must know of it, too.
        self._loading: set[str] = {key for key in self.showing.keys if session.jobs.is_busy(key)}
        self.header = Header(self)
        self._bar = ThinBar(self)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._message = Message(self)
        self._stage = QWidget(self)
        self._veil = Veil(self._stage)
        self._content = self.build()
        if isinstance(self._content, PictureFrame) and self._content.controls is not None:
            self.header.set_tools(self._content.controls)
        self._pages = QStackedLayout(self._stage)
        self._pages.addWidget(self._message)
        self._pages.addWidget(self._content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._bar)
        layout.addWidget(self._stage, 1)
        self._retranslate()
        self._apply_theme(self.theme)
        self._on_compared(session.other)
        self._show_state()
        self.showing.model_changed.connect(self._on_model_changed)
        self.showing.trace_changed.connect(self._on_trace_changed)
        self.showing.selection_changed.connect(self._on_selection_changed)
        self.showing.hover_changed.connect(self._on_hover_changed)
        session.compared.connect(self._on_compared)
        session.options_changed.connect(self._on_options_changed)
        session.busy_changed.connect(self._on_busy_changed)
        session.progress_changed.connect(self._on_progress_changed)
        session.error_raised.connect(self._on_error_raised)
        session.theme_changed.connect(self._on_theme_changed)

    @property
    def trace(self) -> Trace | None:
        """What is drawn; while its pane has got something newer, that is on its way."""
        return self._drawn

    @property
    def selection(self) -> Selection:
        """Where this view's pane looks."""
        return self.showing.selection

    def add_control(self, widget: QWidget) -> None:
        """Put a control into the head, right of those already there."""
        self.header.add_control(widget)

    def start_job(
        self,
        key: str,
        work: Work,
        on_done: Callable[[Any], None],
        on_progress: Callable[[float, Any], None] | None = None,
    ) -> None:
        """Compute off the interface's thread; newest wins per key. An error becomes the view's error state."""

        def finish(result: Any) -> None:
            if self._guarded(on_done, result):
                self._report_if_complete()

        def report(fraction: float, part: Any) -> None:
            if on_progress is not None:
                self._guarded(on_progress, fraction, part)

        self._jobs.start(key, work, finish, lambda error: self._fail(error, key), report)

    def show_progress(self, fraction: float) -> None:
        """How much of the view's own work is done, 0 to 1; for jobs that report data instead of words."""
        if self._jobs:
            self._bar.set_fraction(fraction)

    def cancel_job(self, key: str) -> None:
        """Forget a job of this view."""
        self._jobs.cancel(key)

    def is_running(self, key: str) -> bool:
        """Whether a job of this view waits or runs."""
        return self._jobs.is_running(key)

    def is_complete(self) -> bool:
        """Whether the picture shows all of the current trace and selection."""
        return not self._stale and not self._jobs and self._pages.currentWidget() is self._content

    def message(self) -> str:
        """The sentence that stands in for a picture; empty while there is one."""
        return "" if self._pages.currentWidget() is self._content else self._message.text()

    @property
    def error(self) -> Exception | None:
        """What kept the picture from being drawn; None when nothing did."""
        return self._error

    def is_dimmed(self) -> bool:
        """Whether the picture is dimmed because newer data are on their way."""
        return self._veil.isVisible()

    def progress(self) -> float:
        """What the thin bar shows, 0 to 1."""
        return self._bar.value() / 1000

    def unfold(self, wanted: bool) -> None:
        """Show the controls in lecture mode, too, or not."""
        self._is_unfolded = wanted
        self._fold()

    def _fold(self) -> None:
        folded = self.theme.lecture and not self._is_unfolded
        self.header.set_slim(folded)
        for part in lecture.folding(self):
            part.setVisible(not folded)

    def wear(self, theme: Theme) -> None:
        """Look like this, whatever the window looks like."""
        self._apply_theme(theme)
        self.redraw()

    def redraw(self) -> None:
        """Draw now when visible, else when shown next."""
        self._stale = True
        if self.isVisible():
            self._draw()

    # --- drawing ---------------------------------------------------------------------------------

    def _draw(self) -> None:
        trace, selection = self.showing.trace, self.selection
        self._stale = False
        self._error = None
        if trace is None or not self.is_compatible(trace):
            self._drawn = None
        else:
            self._guarded(self.draw, trace, selection)
        self._show_state()
        self._report_if_complete()

    def _guarded(self, work: Callable[..., object], *arguments: Any) -> bool:
        """Do something of this view's; whatever it raises becomes the view's error state, and never reaches Qt."""
        try:
            work(*arguments)
        except Exception as error:
            self._fail(error)
            return False
        return True

    def _report_if_complete(self) -> None:
        if self.is_complete():
            self.drawn.emit()

    def _fail(self, error: Exception, what: str = "view") -> None:
        if not isinstance(error, VisualizerError):
            log.error("%s.%s failed", self.id, what, exc_info=error)
        # Its frames hold painters and events, which must not outlive the call that they were made for.
        frames.let_go(error)
        self._error = error.with_traceback(None)
        self._show_state()

    def _show_state(self) -> None:
        trace = self.showing.trace
        if self._error is not None:
            headline, advice = errors.present(self._error)
            self._message.show_text(headline, advice, is_error=True)
        elif trace is None:
            self._message.show_text(self._empty_text())
        elif not self.is_compatible(trace):
            self._message.show_text(self.why_incompatible())
        else:
            self.header.set_title(self.title())
            self.header.set_selection(self.selection_text(trace, self.selection))
            self.header.set_enabled(True)
            self._pages.setCurrentWidget(self._content)
            return
        self.header.set_selection("")
        self.header.set_enabled(False)
        self._pages.setCurrentWidget(self._message)

    def _empty_text(self) -> str:
        if any(key.startswith("load") for key in self._loading):
            return self.tr("The model is being loaded.")
        if self.showing.model is None and self.session.model is None:
            return self.tr("Choose a model to begin.")
        if self.showing.key("run") in self._loading:
            return self.tr("The model is reading the text.")
        return self.tr("Type a sentence above.")

    # --- signals ---------------------------------------------------------------------------------

    def _on_model_changed(self, _model: object) -> None:
        if self.showing.trace is None:
            self._error = None
            self._show_state()

    def _on_trace_changed(self, trace: Trace | None, selection: Selection) -> None:
        self._veil.lift()
        self.redraw()

    def _on_selection_changed(self, selection: Selection, previous: Selection) -> None:
        if self.needs_redraw(selection, previous):
            self.redraw()

    def _on_compared(self, other: Showing | None) -> None:
        self.header.set_badge("" if other is None else "A" if self.showing is self.session.showing else "B")

    def _on_options_changed(self, view_id: str) -> None:
        if view_id == self.id:
            self.redraw()

    def _on_hover_changed(self, hover: Hover) -> None:
        is_current = self._drawn is not None and self._drawn is self.showing.trace
        if is_current and self.isVisible() and self._pages.currentWidget() is self._content:
            self._guarded(self.on_hover, hover)

    def _on_busy_changed(self, key: str, busy: bool) -> None:
        if key not in self.showing.keys and key not in self._jobs:
            return
        (self._loading.add if busy else self._loading.discard)(key)
        if not self._loading:
            self._bar.stop()
        if self._loading & self.showing.keys:
            self._veil.lower_soon()
        else:
            self._veil.lift()
        if self.showing.trace is None:
            self._show_state()

    def _on_progress_changed(self, key: str, fraction: float, text: str) -> None:
        if key in self._loading:
            self._bar.set_fraction(fraction)

    def _on_error_raised(self, error: object) -> None:
        if self.showing.trace is None and isinstance(error, VisualizerError):
            self._fail(error)

    def _on_theme_changed(self, theme: object) -> None:
        if isinstance(theme, Theme):
            self._apply_theme(theme)
            self.redraw()

    def _apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.header.apply_theme(theme)
        self._fold()
        self._veil.apply_theme(theme)
        self.apply_theme(theme)

    def _retranslate(self) -> None:
        self.setAccessibleName(self.title())
        self.retranslate()
        self.header.retranslate(self.title(), self.how_to_read())

    # --- Qt --------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "_pages"):
            self._retranslate()
            self._show_state()
            self.redraw()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.isWindow():
            style.dress(self)
        if self._stale:
            self._draw()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._jobs.cancel_all():
            self._stale = True

    def closeEvent(self, event: QCloseEvent) -> None:
        self._jobs.cancel_all()
        super().closeEvent(event)
