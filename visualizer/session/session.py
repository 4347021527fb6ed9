"""The current truth: which model, which trace, what is selected; and the signals that announce it.

Widgets read and call; they keep no state of their own. Choosing something to look at (`select`) never
runs the model: only `load_model`, `set_text` and its siblings do, on the worker thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.core.errors import Cancelled, EmptyText
from visualizer.core.heavy import import_models
from visualizer.core.request import RunRequest
from visualizer.session.jobs import Jobs, Progress, ShouldStop
from visualizer.session.selection import NOTHING, Hover, Selection, resolve
from visualizer.session.settings import Settings

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

log = logging.getLogger(__name__)

Load = Callable[[str, str, str, ShouldStop, Progress], "LoadedModel"]
Run = Callable[["LoadedModel", RunRequest, ShouldStop, Progress], "Trace"]


def _load(source: str, device: str, dtype: str, should_stop: ShouldStop, progress: Progress) -> LoadedModel:
    models = import_models()
    return models.load(source, device=device, dtype=dtype, progress=progress, should_stop=should_stop)


def _run(model: LoadedModel, request: RunRequest, should_stop: ShouldStop, progress: Progress) -> Trace:
    from visualizer.core import capture

    return capture.run(model, request, should_stop=should_stop, progress=progress)


class Session(QObject):
    """One model, one trace, one selection.

    model_changed: LoadedModel or None.
    trace_changed: Trace or None (nothing to show: no model yet, or no text), and the selection fitted to it.
    selection_changed: the selection, and the one before.
    request_changed: RunRequest with the texts as they are in the fields, whoever changed them.
    error_raised: the exception; errors of the core are VisualizerErrors. notice_raised: id and fields.
    busy_changed, progress_changed: by key: "load", "run", "open", "save", or a view's own.
    """

    model_changed = Signal(object)
    trace_changed = Signal(object, object)
    selection_changed = Signal(object, object)
    hover_changed = Signal(object)
    request_changed = Signal(object)
    error_raised = Signal(object)
    notice_raised = Signal(str, dict)
    busy_changed = Signal(str, bool)
    progress_changed = Signal(str, float, str)
    language_changed = Signal(str)
    theme_changed = Signal(object)

    def __init__(
        self, settings: Settings | None = None, parent: QObject | None = None, *, load: Load = _load, run: Run = _run
    ) -> None:
        super().__init__(parent)
        self.settings = settings or Settings()
        self.jobs = Jobs(self)
        self.jobs.busy_changed.connect(self.busy_changed)
        self.jobs.progress_changed.connect(self.progress_changed)
        self._load = load
        self._run = run
        self._model: LoadedModel | None = None
        self._trace: Trace | None = None
        self._selection = Selection()
        self._wanted = Selection()
        self._hover = NOTHING
        self._request = RunRequest("")
        self._asked: tuple[object, RunRequest] | None = None  # model and request of the newest run
        self._language = "en"
        self._theme: Any = None

    # --- what is known ---------------------------------------------------------------------------

    @property
    def model(self) -> LoadedModel | None:
        return self._model

    @property
    def trace(self) -> Trace | None:
        return self._trace

    @property
    def selection(self) -> Selection:
        return self._selection

    @property
    def hover(self) -> Hover:
        return self._hover

    @property
    def text(self) -> str:
        return self._request.text

    @property
    def pair(self) -> str | None:
        return self._request.pair

    @property
    def target(self) -> str | None:
        return self._request.target

    @property
    def language(self) -> str:
        return self._language

    @property
    def theme(self) -> Any:
        """The current `visualizer.ui.theme.Theme`; None before the window has chosen one."""
        return self._theme

    # --- model -----------------------------------------------------------------------------------

    def load_model(
        self, source: str, device: str | None = None, dtype: str | None = None, *, then_run: bool = True
    ) -> None:
        """Load in the background; the old model stays until the new one is there, or when loading fails.

        then_run: run the current text with it; otherwise what is shown stays until the text changes.
        """
        device, dtype, load = device or self.settings.device, dtype or self.settings.dtype, self._load
        self.cancel("run")
        self.jobs.submit(
            "load",
            lambda should_stop, progress: load(source, device, dtype, should_stop, progress),
            lambda model: self._on_model_loaded(model, then_run),
            self._on_load_failed,
            urgent=True,
        )

    def _on_model_loaded(self, model: LoadedModel, then_run: bool) -> None:
        self._model = model
        self._asked = None
        self.model_changed.emit(model)
        if then_run:
            self._submit_run()

    def _on_load_failed(self, error: Exception) -> None:
        self._on_job_failed(error)
        self._submit_run()  # a text that was typed meanwhile is for the model that stays

    # --- text ------------------------------------------------------------------------------------

    def set_text(self, text: str) -> None:
        self._set_request(replace(self._request, text=text))

    def set_pair(self, pair: str | None) -> None:
        self._set_request(replace(self._request, pair=pair or None))

    def set_target(self, target: str | None) -> None:
        self._set_request(replace(self._request, target=target or None))

    def append_text(self, text: str) -> None:
        """Continue the text (the decoder's side, when a target was typed) with what the model proposed."""
        if self._model is not None and self._model.kind == "encoder_decoder":
            trace = self._trace
            before = self._request.target or (trace.target_text if trace is not None else "") or ""
            self.set_target(before + text)
        else:
            self.set_text(self._request.text + text)

    def _set_request(self, request: RunRequest) -> None:
        if request == self._request:
            return
        self._request = request
        self.request_changed.emit(request)
        self._submit_run()

    def _submit_run(self) -> None:
        model = self._model
        if model is None or self.jobs.is_busy("load"):
            return
        request = RunRequest(
            self._request.text,
            self._request.pair if model.accepts_pair else None,
            self._request.target if model.kind == "encoder_decoder" else None,
        )
        if self._asked == (model, request):
            return
        self._asked = (model, request)
        if not request.text:
            self.jobs.cancel("run")
            self._set_trace(None)
            return
        run = self._run
        self.jobs.submit(
            "run",
            lambda should_stop, progress: run(model, request, should_stop, progress),
            self._on_run_done,
            self._on_run_failed,
            urgent=True,
        )

    def _on_run_done(self, trace: Trace) -> None:
        self._set_trace(trace)
        if trace.cut:
            self.notice_raised.emit("cut", {"count": trace.cut, "maximum": trace.card.max_length})
        if trace.method == "eager":
            self.notice_raised.emit("eager", {"family": trace.card.family})

    def _on_run_failed(self, error: Exception) -> None:
        self._asked = None  # the same text may be tried again
        if isinstance(error, EmptyText):
            self._set_trace(None)
        else:
            self._on_job_failed(error)

    def cancel(self, key: str) -> None:
        """Stop what waits or runs under `key` ("load", "run", ...)."""
        if key == "run" and self.jobs.is_busy(key):
            self._asked = None  # the same text may be run again
        was_loading = key == "load" and self.jobs.is_busy(key)
        self.jobs.cancel(key)
        if was_loading:
            self._submit_run()

    # --- trace -----------------------------------------------------------------------------------

    def _set_trace(self, trace: Trace | None) -> None:
        self._trace = trace
        self._hover = NOTHING
        kind = self._selection.kind
        self._resolve()
        if self._selection.kind != kind:
            self._wanted = replace(self._wanted, query=None, key=None)
            self._resolve()
        self.trace_changed.emit(trace, self._selection)

    def show_trace(self, trace: Trace, model: LoadedModel | None = None) -> None:
        """Show a trace that is at hand, and the model that it comes from where there is one; nothing runs."""
        if model is not None:
            self._model = model
            self._asked = (model, trace.request)
        self._request = trace.request
        if model is not None:
            self.model_changed.emit(model)
        self.request_changed.emit(trace.request)
        self._set_trace(trace)

    def open_trace(self, path: str | Path) -> None:
        """Show a saved trace; it needs no model, and typing goes on with the loaded one."""

        def work(should_stop: ShouldStop, progress: Progress) -> Trace:
            from visualizer.core.trace import Trace

            return Trace.open(path)

        self.jobs.cancel("run")
        self.jobs.submit("open", work, self._on_trace_opened, self._on_job_failed, urgent=True)

    def _on_trace_opened(self, trace: Trace) -> None:
        self.jobs.cancel("run")
        self._asked = None
        self.show_trace(trace)

    def save_trace(self, path: str | Path) -> None:
        trace = self._trace
        if trace is None:
            return
        self.jobs.submit(
            "save",
            lambda should_stop, progress: trace.save(path),
            lambda _: self.notice_raised.emit("saved", {"path": str(path)}),
            self._on_job_failed,
        )

    # --- looking ---------------------------------------------------------------------------------

    def select(self, **changes: Any) -> None:
        """Look at something else: fields of Selection; costs no forward pass."""
        before = self._selection
        if changes.get("kind", before.kind) != before.kind:
            changes = {"query": None, "key": None} | changes  # other tokens are meant
        self._wanted = replace(self._wanted, **changes)
        self._resolve()
        if self._selection.kind != before.kind:
            self.set_hover(None)  # whatever draws next must not look up tokens of the other kind
        if self._selection != before:
            self.selection_changed.emit(self._selection, before)

    def _resolve(self) -> None:
        """Preferences (layer, kind, unit...) outlive a trace that cannot follow them; locked tokens do not."""
        if self._trace is None:
            self._selection = self._wanted
            return
        resolved = resolve(self._trace, self._wanted)
        self._selection = resolved
        self._wanted = replace(self._wanted, query=resolved.query, key=resolved.key, position=resolved.position)

    def set_hover(self, hover: Hover | None) -> None:
        hover = hover or NOTHING
        if hover != self._hover:
            self._hover = hover
            self.hover_changed.emit(hover)

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
        """Let the one presenter show an error that happened outside a job."""
        self._on_job_failed(error)

    def _on_job_failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            return
        log.error("%s", error, exc_info=error)
        self.error_raised.emit(error)

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Stop everything; False when the worker did not end within `timeout` seconds."""
        return self.jobs.shutdown(timeout)
