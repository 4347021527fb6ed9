"""The current truth: which model, which runs, what each pane shows; and the signals that announce it.

Widgets read and call; they keep no state of their own. Choosing something to look at (`select`) never
runs the model: only `load_model`, `set_text` and its siblings do, on the worker thread.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.core.errors import Cancelled, EmptyText
from visualizer.core.request import RunRequest
from visualizer.session import saved_traces, switching, work
from visualizer.session.history import History
from visualizer.session.jobs import Jobs
from visualizer.session.linking import Link, Linking
from visualizer.session.loading import Loader, Wish
from visualizer.session.options import Chosen, T
from visualizer.session.runs import Run, Runs
from visualizer.session.selection import NOTHING, Hover, Selection
from visualizer.session.settings import Settings
from visualizer.session.showing import Showing
from visualizer.session.texts import Texts
from visualizer.session.work import Ask, Load

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

log = logging.getLogger(__name__)


class Session(QObject):
    """One loaded model; the runs that were asked of it; one pane, or two beside each other; one wish where to look.

    showing: the first pane. other: the pane that is compared with it, or None.
    model_changed: LoadedModel or None. trace_changed: of the first pane: Trace or None (nothing to show: no model yet,
    or no text), and the selection fitted to it. selection_changed: the selection, and the one before.
    request_changed: RunRequest with the texts as they are in the fields, whoever changed them.
    compared: the second pane's Showing, None when it is gone. options_changed: id of the view whose options changed.
    error_raised: the exception; errors of the core are VisualizerErrors. notice_raised: id and fields.
    busy_changed, progress_changed: by key: "load", "run", "open", "save", the same with ".other", or a view's own.
    """

    model_changed = Signal(object)
    trace_changed = Signal(object, object)
    selection_changed = Signal(object, object)
    hover_changed = Signal(object)
    request_changed = Signal(object)
    compared = Signal(object)
    options_changed = Signal(str)
    error_raised = Signal(object)
    notice_raised = Signal(str, dict)
    busy_changed = Signal(str, bool)
    progress_changed = Signal(str, float, str)
    language_changed = Signal(str)
    theme_changed = Signal(object)

    def __init__(
        self,
        settings: Settings | None = None,
        parent: QObject | None = None,
        *,
        load: Load = work.load,
        run: Ask = work.run,
    ) -> None:
        super().__init__(parent)
        self.settings = settings or Settings()
        self.jobs = Jobs(self)
        self.jobs.busy_changed.connect(self.busy_changed)
        self.jobs.progress_changed.connect(self.progress_changed)
        self._load = load
        self.loader = Loader(self.jobs, lambda *wished: self._load(*wished), self.notice_raised.emit)
        self.runs = Runs(self.jobs, run, lambda: [pane.run for pane in self.panes])
        self._model: LoadedModel | None = None
        self._asked: dict[str, tuple[object, RunRequest]] = {}  # pane -> model and request of its newest run
        self._chosen = Chosen(self.settings.views)
        self.linking = Linking(self.jobs, self)
        self._language = "en"
        self._theme: Any = None
        self.has_chosen_head = False  # until somebody does, every text opens on a head that shows something
        self.other: Showing | None = None
        self.showing = Showing(self)
        self.showing.trace_changed.connect(self._relink)
        self.showing.trace_changed.connect(self.trace_changed)
        self.showing.selection_changed.connect(self.selection_changed)
        self.showing.hover_changed.connect(self.hover_changed)
        self.showing.request_changed.connect(self.request_changed)
        self.history, self.texts = History(self), Texts(self)

    # --- what is known ---------------------------------------------------------------------------

    @property
    def panes(self) -> tuple[Showing, ...]:
        """The first pane, and the one compared with it where there is one."""
        return (self.showing,) if self.other is None else (self.showing, self.other)

    @property
    def model(self) -> LoadedModel | None:
        """The loaded model: what is typed next is asked of it."""
        return self._model

    @property
    def trace(self) -> Trace | None:
        """What the first pane shows."""
        return self.showing.trace

    @property
    def selection(self) -> Selection:
        return self.showing.selection

    @property
    def hover(self) -> Hover:
        return self.showing.hover

    @property
    def request(self) -> RunRequest:
        """The texts as they are in the fields, and what is done to the model."""
        return self.showing.request

    @property
    def text(self) -> str:
        return self.request.text

    @property
    def pair(self) -> str | None:
        return self.request.pair

    @property
    def target(self) -> str | None:
        return self.request.target

    @property
    def language(self) -> str:
        return self._language

    @property
    def theme(self) -> Any:
        """The current `visualizer.ui.theme.Theme`; None before the window has chosen one."""
        return self._theme

    # --- model -----------------------------------------------------------------------------------

    def load_model(
        self, source: str, device: str = "", dtype: str = "", *, then_run: bool = True, base: str = ""
    ) -> None:
        """Load in the background; the old model stays until the new one is there, or when loading fails.

        then_run: run the current text with it; otherwise what is shown stays until the text changes. base: the model
        under an adapter, where it is another one than the adapter's config names.
        """
        self.cancel("run")
        self.load(Wish(source, device, dtype, then_run, base))

    def load(self, wish: Wish, token: str = "") -> None:
        """Load what is wished; token: of the hub, for this load only."""
        wish = replace(wish, device=wish.device or self.settings.device, dtype=wish.dtype or self.settings.dtype)
        first = partial(self._on_model_loaded, then_run=wish.then_run)
        on_done = first if wish.key == "load" else self._on_other_loaded
        self.loader.submit(wish, on_done, self._on_load_failed, token)

    def set_model(self, model: LoadedModel, pane: Showing | None = None) -> None:
        """Ask a pane's question of another model that is in memory, such as the same with its adapter off."""
        pane = pane or self.showing
        pane.set_model(model)
        if pane is self.showing and model is not self._model:
            self._model = model
            self.model_changed.emit(model)
        if not pane.is_saved:
            self._submit_run(pane)

    def _on_model_loaded(self, model: LoadedModel, then_run: bool) -> None:
        before, self._model = self._model, model
        if self.other is not None and self.other.model is before:
            self.other.set_model(model)
        self._asked.clear()
        self.showing.set_model(model)
        self.model_changed.emit(model)
        if then_run:
            for pane in (one for one in self.panes if one is self.showing or not one.is_saved):
                self.put(pane.held or pane.request, pane)
        if before is not None and not any(pane.model is one for pane in self.panes for one in before.sides):
            self.runs.forget(before)

    def _on_load_failed(self, error: Exception) -> None:
        self.report_error(error)
        self.run_what_waits()

    def run_what_waits(self) -> None:
        """Ask what no pane has asked yet: what was typed while a model was loaded is for the one that stays."""
        for pane in self.panes:
            if not pane.is_saved:
                self._submit_run(pane)

    # --- text ------------------------------------------------------------------------------------

    def ask(self, request: RunRequest, pane: Showing | None = None) -> None:
        """Ask this of the pane's model (the first pane's by default); the same question again costs nothing."""
        pane = pane or self.showing
        if not saved_traces.holds(pane, request) and request != pane.request:
            self.put(request, pane)
            self.history.note()

    def put(self, request: RunRequest, pane: Showing) -> None:
        """Have a pane ask this, by whatever way it came: no step of the history of its own."""
        pane.set_request(request)
        pane.hold(None)
        self._submit_run(pane)

    def set_text(self, text: str) -> None:
        self.ask(replace(self.request, text=text))

    def set_pair(self, pair: str | None) -> None:
        self.ask(replace(self.request, pair=pair or None))

    def set_target(self, target: str | None) -> None:
        self.ask(replace(self.request, target=target or None))

    def append_text(self, text: str) -> None:
        """Continue the text (the decoder's side, when a target was typed) with what the model proposed."""
        if self._model is None or self._model.kind != "encoder_decoder":
            self.set_text(self.text + text)
            return
        self.set_target((self.target or (self.trace.target_text if self.trace is not None else "")) + text)

    def _submit_run(self, pane: Showing) -> None:
        model = pane.model
        if model is None or any(self.jobs.is_busy(key) for key in pane.keys if key.startswith("load")):
            return
        request = switching.fitted(pane, model)
        if self._asked.get(pane.name) == (model, request):
            return
        self._asked[pane.name] = (model, request)
        if not request.text:
            self.jobs.cancel(pane.key("run"))
            pane.show_run(None)
            return
        self.runs.ask(
            request,
            model,
            lambda run: self._on_run_done(pane, run),
            lambda error: self._on_run_failed(pane, error),
            parent=pane.run.id if pane.run is not None else None,
            key=pane.key("run"),
        )

    def _on_run_done(self, pane: Showing, run: Run) -> None:
        trace = run.trace
        if pane not in self.panes or trace is None:
            return
        pane.show_run(run)
        if trace.cut:
            self.notice_raised.emit("cut", {"count": trace.cut, "maximum": trace.card.max_length})
        if trace.method == "eager":
            self.notice_raised.emit("eager", {"family": trace.card.family})

    def _on_run_failed(self, pane: Showing, error: Exception) -> None:
        self._asked.pop(pane.name, None)  # the same text may be tried again
        if isinstance(error, EmptyText):
            pane.show_run(None)
        else:
            switching.undo(pane, error, self._submit_run)
            self.report_error(error)

    def cancel(self, key: str) -> None:
        """Stop what waits or runs under `key` ("load", "run", ...)."""
        was_busy = self.jobs.is_busy(key)
        for pane in self.panes:
            if was_busy and key == pane.key("run"):
                self._asked.pop(pane.name, None)  # the same text may be run again
        self.jobs.cancel(key)
        if was_busy and key.startswith("load"):
            self.run_what_waits()

    # --- two panes -------------------------------------------------------------------------------

    def compare(self, request: RunRequest | None = None, source: str | Wish | None = None) -> Showing:
        """Put a second pane beside the first: another text, target or intervention, or another model.

        request: by default that of the first pane. source: a model to load for the second pane; by default the first
        pane's own. What both ask alike is answered without another pass.
        """
        other = self.second_pane()
        if source is not None:
            wish = source if isinstance(source, Wish) else Wish(source)
            self.load(replace(wish, key=other.key("load")))
        other.set_request(request or other.request if request is not None or other.request.text else self.request)
        self._submit_run(other)
        self.history.note()
        return other

    def second_pane(self) -> Showing:
        """The second pane, made now where there is none; it asks nothing yet."""
        if (other := self.other) is None:
            other = self.other = Showing(self, "other", self.showing.wanted)
            other.trace_changed.connect(self._relink)
            self.linking.changed.connect(other.follow_first)
            other.set_model(self.showing.model)
            self.compared.emit(other)
        return other

    def _on_other_loaded(self, model: LoadedModel) -> None:
        if self.other is not None:
            self.other.set_model(model)
            self.put(self.other.held or self.other.request, self.other)

    def stop_comparing(self) -> None:
        """Take the second pane away; its runs stay known."""
        other, self.other = self.other, None
        if other is None:
            return
        for key in ("load", "run", "open"):
            self.jobs.cancel(other.key(key))
        self._asked.pop(other.name, None)
        self.select(difference=False)
        self._relink()
        self.compared.emit(None)
        other.deleteLater()
        self.history.note()

    @property
    def link(self) -> Link:
        """How the tokens of the two panes line up."""
        return self.linking.link

    def _relink(self, *_: object) -> None:
        self.linking.follow(self.trace, self.other.trace if self.other is not None else None)

    # --- trace -----------------------------------------------------------------------------------

    def show_trace(self, trace: Trace, model: LoadedModel | None = None, pane: Showing | None = None) -> None:
        """Show a trace that is at hand, and the model that it comes from where there is one; nothing runs."""
        pane = pane or self.showing
        if model is not None:
            self._asked[pane.name] = (model, trace.request)
            pane.set_model(model)
            if pane is self.showing:
                self._model = model
                self.model_changed.emit(model)
        if trace.request == pane.request:  # fields that say the same are told all the same
            pane.request_changed.emit(trace.request)
        pane.set_request(trace.request)
        pane.show_run(self.runs.add(trace, model))

    def open_trace(self, path: str | Path, pane: Showing | None = None) -> None:
        """Show a saved trace; it needs no model."""
        saved_traces.open_in(pane or self.showing, path)

    def save_trace(self, path: str | Path) -> None:
        saved_traces.save(self, path)

    def forget_asked(self, pane: Showing) -> None:
        """What this pane asked last may be asked again."""
        self._asked.pop(pane.name, None)

    # --- looking ---------------------------------------------------------------------------------

    def select(self, **changes: Any) -> None:
        """Look at something else: fields of Selection, and of its parts; costs no forward pass."""
        self.select_in(self.showing, changes)

    def select_in(self, pane: Showing, changes: dict[str, Any]) -> None:
        """`select` with tokens as they are numbered in a pane; the other pane follows, by how the tokens line up."""
        kind = str(changes.get("kind", pane.selection.kind))
        self.has_chosen_head |= not changes.keys().isdisjoint(("kind", "layer", "head"))
        for one in self.panes:
            one.take(changes if one is pane else self.link.carry(changes, kind, from_first=pane is self.showing))
        self.history.note()

    def set_hover(self, hover: Hover | None) -> None:
        self.hover_in(self.showing, hover or NOTHING)

    def hover_in(self, pane: Showing, hover: Hover) -> None:
        """Point at something in a pane; what it lines up with lights up in the other."""
        kind, tokens = pane.selection.kind, {"query": hover.query, "key": hover.key}
        for one in self.panes:
            found = tokens if one is pane else self.link.carry(tokens, kind, from_first=pane is self.showing)
            one.take_hover(replace(hover, **found))

    # --- a view's own choices --------------------------------------------------------------------

    def options(self, view_id: str, kind: type[T]) -> T:
        """The options of a view, as they were left."""
        return self._chosen.of(view_id, kind)

    def set_options(self, view_id: str, kind: type, **changes: Any) -> None:
        """Change options of a view; a value that does not fit is left out. Raises TypeError for an unknown name."""
        if self._chosen.change(view_id, kind, changes):
            self.options_changed.emit(view_id)

    # --- appearance ------------------------------------------------------------------------------

    def set_language(self, language: str) -> None:
        if language != self._language:
            self._language = language
            self.language_changed.emit(language)

    def set_theme(self, theme: Any) -> None:
        if theme != self._theme:
            self._theme = theme
            self.theme_changed.emit(theme)

    # --- end -------------------------------------------------------------------------------------

    def report_error(self, error: Exception) -> None:
        """Let the one presenter show an error, of a job or from outside."""
        if isinstance(error, Cancelled):
            return
        log.error("%s", error, exc_info=error)
        self.error_raised.emit(error)

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Stop everything; False when the worker did not end within `timeout` seconds."""
        return self.jobs.shutdown(timeout)
