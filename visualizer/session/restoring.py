"""Puts a document to work, one step after another: the first pane, the second, and where one looks.

Each step begins when the work of the one before has ended, well or not: what is missing is told at the end, and the
rest is opened. Whoever types or chooses another model meanwhile goes before the document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from visualizer.core.errors import OpenedInPart, UnknownDevice
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session import document
from visualizer.session.document import Document, ModelReference, Pane
from visualizer.session.loading import Wish
from visualizer.session.runs import Run
from visualizer.session.session import Session
from visualizer.session.showing import Showing


class Restoring(QObject):
    """finished: the document is open, as far as that can be. The session announces everything else."""

    finished = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent or session)
        self._session = session
        self._document = Document()
        self._name = ""
        self._steps: list[Callable[[], None]] = []
        self._missing: list[str] = []
        self._failed: Exception | None = None
        self._loading: ModelReference | None = None
        self._made: dict[int, Run] = {}  # by their ids in the document
        self.is_busy = False
        session.busy_changed.connect(self._on_session_busy_changed)
        session.error_raised.connect(self._on_session_error_raised)
        session.model_changed.connect(self._on_session_model_changed)
        session.request_changed.connect(self._on_session_request_changed)

    def begin(self, document: Document, name: str = "") -> None:
        """Open a document; one that is still being opened gives way. name: of its file, for messages."""
        session = self._session
        self.stop()
        session.stop_comparing()
        session.showing.hold(None)
        for key in sorted(session.showing.keys):  # "load" first: what waited for it is stopped with the runs
            session.cancel(key)
        self._document, self._name = document, name
        self._missing, self._failed, self._made = [], None, {}
        self._steps = [self._open_first_trace, self._load_first_model]
        if len(document.panes) > 1:
            self._steps += [self._open_second_pane, self._open_second_trace]
        self._steps.append(self._look)
        self.is_busy = True
        self._go_on()

    def stop(self) -> None:
        """Leave it as far as it has come."""
        self._steps.clear()
        self.is_busy = False

    # --- steps -----------------------------------------------------------------------------------

    def _open_first_trace(self) -> None:
        self._open_trace(self._document.panes[0], self._session.showing)

    def _load_first_model(self) -> None:
        session, pane = self._session, self._document.panes[0]
        has_trace = bool(pane.trace) and self._failed is None and not _is_elsewhere(pane.trace)
        self._note_failure(pane.trace)
        self._wish()
        reference = self._reference(pane)
        if reference is not None and not self._is_shown(reference, has_trace):
            if not has_trace:
                session.showing.set_request(pane.request)
            self._load(reference, then_run=not has_trace)
            return
        if reference is not None and session.model is not None:
            self._remember_runs(pane.model, session.model)
        if not has_trace:
            session.put(pane.request, session.showing)
            session.run_what_waits()  # the same was asked just before, and stopped

    def _load(self, reference: ModelReference, then_run: bool) -> None:
        if self._leave_out(reference):
            return
        self._loading = reference
        self._steps.insert(0, partial(self._after_loading, reference, then_run))
        self._session.load(_wish(reference, then_run))

    def _after_loading(self, reference: ModelReference, then_run: bool) -> None:
        """A device that this machine has not is replaced by the processor, and said."""
        self._loading = None
        if isinstance(self._failed, UnknownDevice) and reference.device not in ("", "cpu"):
            self._note_failure(reference.device)
            self._load(replace(reference, device="cpu"), then_run)
            return
        self._note_failure(reference.source)

    def _open_second_pane(self) -> None:
        session, (first, pane) = self._session, self._document.panes
        reference = self._reference(pane)
        if reference is None or pane.model == first.model:
            session.compare(pane.request)
            return
        if self._is_other_side(reference) and session.model is not None:
            other = session.compare(pane.request)
            other.model_changed.connect(partial(self._on_other_model_changed, pane.model))
            session.set_model(session.model.with_adapter(reference.adapter), other)
            return
        if self._leave_out(reference):
            session.compare(pane.request)
            return
        other = session.compare(pane.request, _wish(reference))
        other.model_changed.connect(partial(self._on_other_model_changed, pane.model))
        self._steps.insert(0, partial(self._note_failure, reference.source))

    def _open_second_trace(self) -> None:
        pane, other = self._document.panes[1], self._session.other
        if other is not None and self._open_trace(pane, other):
            self._steps.insert(0, partial(self._note_failure, pane.trace))

    def _open_trace(self, pane: Pane, showing: Showing) -> bool:
        if not pane.trace:
            return False
        if _is_elsewhere(pane.trace):
            self._missing.append(pane.trace)
            return False
        self._session.open_trace(pane.trace, showing)
        return True

    def _look(self) -> None:
        """Tokens can be chosen now that there are some; those of another model's text would not be the ones meant."""
        self._wish()
        pane, model = self._document.panes[0], self._session.model
        reference = self._reference(pane)
        if not pane.trace and reference is not None and model is not None and model.source != reference.source:
            self._session.select(query=None, key=None, position=-1)
        self._session.has_chosen_head = self._document.has_chosen_head

    def _wish(self) -> None:
        wanted, session = self._document.selection, self._session
        wanted = replace(wanted, look=replace(wanted.look, difference=False))
        session.select(**{item.name: getattr(wanted, item.name) for item in fields(wanted)})
        if session.other is not None:
            for showing, pane in zip(session.panes, self._document.panes, strict=False):
                showing.take({"difference": pane.difference})  # each decides for itself

    # --- what they need --------------------------------------------------------------------------

    def _reference(self, pane: Pane) -> ModelReference | None:
        return None if pane.model is None else self._document.models[pane.model]

    def _leave_out(self, reference: ModelReference) -> bool:
        """Whether a model is named by what must not be asked for; it is told as missing."""
        named = [name for name in (reference.source, reference.base) if _is_elsewhere(name)]
        self._missing += named
        return bool(named)

    def _is_other_side(self, reference: ModelReference) -> bool:
        """Whether it is the loaded model with its adapter on or off."""
        model = self._session.model
        return model is not None and model.has_adapter and _is_of(reference, model)

    def _is_shown(self, reference: ModelReference, has_trace: bool) -> bool:
        """Whether the loaded model is the one meant, and what is shown was asked of it."""
        model, run = self._session.model, self._session.showing.run
        if model is None or (not has_trace and run is not None and run.model is not model):
            return False
        return _is_of(reference, model) and model.with_adapter(reference.adapter) is model

    def _remember_runs(self, index: int | None, model: LoadedModel) -> None:
        runs = self._session.runs
        known = {run.request: run for run in runs if run.model is model}
        for asked in self._document.runs:
            if asked.model != index:
                continue
            found = known.get(asked.request)
            if found is None:
                parent = self._made.get(asked.parent) if asked.parent is not None else None
                found = known[asked.request] = runs.remember(asked.request, model, parent.id if parent else None)
            self._made[asked.id] = found

    def _note_failure(self, what: str) -> None:
        if self._failed is not None:
            self._failed = None
            self._missing.append(what)

    # --- from step to step -----------------------------------------------------------------------

    def _go_on(self) -> None:
        """The next step, once nothing of the one before waits or runs."""
        session = self._session
        while self.is_busy and not any(session.jobs.is_busy(key) for pane in session.panes for key in pane.keys):
            if not self._steps:
                self._finish()
                return
            step = self._steps.pop(0)
            try:
                step()
            except Exception as error:  # a document may hold what nobody thought of; the window goes on
                self.stop()
                session.report_error(error)
                self.finished.emit()

    def _finish(self) -> None:
        self.is_busy = False
        if self._missing:
            self._session.report_error(OpenedInPart(self._name, tuple(dict.fromkeys(self._missing))))
        self.finished.emit()

    def _on_session_busy_changed(self, key: str, busy: bool) -> None:
        if self.is_busy and not busy:
            QTimer.singleShot(0, self, self._go_on)  # after the one who asked has heard of it

    def _on_session_error_raised(self, error: Exception) -> None:
        if self.is_busy:
            self._failed = error

    def _on_session_request_changed(self, request: RunRequest) -> None:
        pane = self._document.panes[0]
        # What a model cannot switch off is left out of the request; other texts are somebody's, who typed meanwhile.
        is_typed = replace(request, interventions=pane.request.interventions) != pane.request
        if self.is_busy and not pane.trace and is_typed:
            self.stop()

    def _on_session_model_changed(self, model: LoadedModel | None) -> None:
        if self.is_busy and self._loading is not None and model is not None:
            self._remember_runs(self._document.panes[0].model, model)

    def _on_other_model_changed(self, index: int | None, model: LoadedModel | None) -> None:
        if self.is_busy and model is not None:
            self._remember_runs(index, model)


def _wish(reference: ModelReference, then_run: bool = True) -> Wish:
    return Wish(
        reference.source, reference.device, reference.dtype, then_run, base=reference.base, adapter=reference.adapter
    )


def _is_of(reference: ModelReference, model: LoadedModel) -> bool:
    """Whether loading what is named would give this model, with its adapter or without."""
    known = document.reference(model)
    same_place = (reference.device or model.device, reference.dtype or model.dtype) == (model.device, model.dtype)
    return reference.source in (model.origin, known.source) and reference.base in ("", known.base) and same_place


def _is_elsewhere(path: str) -> bool:
    """A share of another machine: a file that came from somebody must not make this one log in there."""
    return path.startswith(("\\\\", "//"))
