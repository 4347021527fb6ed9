"""What one pane looks at: a run, its trace, and the selection fitted to it.

There is one wish and there may be two panes: what is chosen in one is chosen in the other, tokens by how the two texts
line up. A view asks its showing and never what is merely current.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from visualizer.core.request import RunRequest
from visualizer.session import locks
from visualizer.session.runs import Run
from visualizer.session.selection import NOTHING, Hover, Selection, changed, opened, resolve

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace
    from visualizer.session.session import Session


class Showing(QObject):
    """One pane's subject. name: "" for the first pane, "other" for the one compared with it.

    trace_changed: Trace or None, and the selection fitted to it. selection_changed: the selection, the one before.
    model_changed: the LoadedModel that answers here, or None. request_changed: RunRequest as it is in the fields.
    held_changed: what was typed while a saved trace is shown, until it is said which model is to run it; or None.
    """

    trace_changed = Signal(object, object)
    selection_changed = Signal(object, object)
    hover_changed = Signal(object)
    model_changed = Signal(object)
    request_changed = Signal(object)
    held_changed = Signal(object)

    def __init__(self, session: Session, name: str = "", wanted: Selection | None = None) -> None:
        super().__init__(session)
        self.session = session
        self.name = name
        self.request = RunRequest("")
        self.run: Run | None = None
        self._held: RunRequest | None = None
        self._trace: Trace | None = None
        self._model: LoadedModel | None = None
        self._wanted = self._selection = wanted or Selection()
        self._hover = NOTHING

    def key(self, work: str) -> str:
        """The key of `Jobs` under which this pane loads ("load"), runs ("run") or opens ("open")."""
        return f"{work}.{self.name}" if self.name else work

    @property
    def keys(self) -> frozenset[str]:
        """All of them; a pane without a model of its own waits for the first one's."""
        names = {self.key(work) for work in ("load", "run", "open")}
        return frozenset(names | ({"load"} if self.name else set()))

    @property
    def trace(self) -> Trace | None:
        return self._trace

    @property
    def model(self) -> LoadedModel | None:
        """The model that answers here; None before one is there, and for a trace from a file the loaded one."""
        return self._model

    @property
    def is_saved(self) -> bool:
        """Whether what is shown was opened from a file: no loaded model made it."""
        return self._trace is not None and self._trace.model is None

    @property
    def own_model(self) -> LoadedModel | None:
        """The model that made what is shown; for a saved trace the loaded one, if it is the same by name and size."""
        trace, model = self._trace, self._model
        if trace is None or trace.model is not None:
            return model if trace is None else trace.model
        is_same = model is not None and (model.card.source, model.card.vocabulary) == (
            trace.card.source, trace.card.vocabulary
        )  # fmt: skip
        return model if is_same else None

    @property
    def held(self) -> RunRequest | None:
        """What was typed and not run, see `held_changed`."""
        return self._held

    @property
    def task(self) -> str:
        """What the model of this pane predicts (`ModelCard.task`); "" before there is one."""
        if self._trace is not None:
            return self._trace.task
        model = self._model or self.session.model
        return "" if model is None else model.card.task

    @property
    def selection(self) -> Selection:
        return self._selection

    @property
    def wanted(self) -> Selection:
        """The wish, which outlives a trace that cannot follow it."""
        return self._wanted

    @property
    def hover(self) -> Hover:
        return self._hover

    # --- what is shown ---------------------------------------------------------------------------

    def set_model(self, model: LoadedModel | None) -> None:
        if model is not self._model:
            self._model = model
            self.model_changed.emit(model)

    def set_request(self, request: RunRequest) -> None:
        if request != self.request:
            self.request = request
            self.request_changed.emit(request)

    def hold(self, request: RunRequest | None) -> None:
        """Let what was typed wait (None: it waits no longer)."""
        if request != self._held:
            self._held = request
            self.held_changed.emit(request)

    def show_run(self, run: Run | None) -> None:
        """Show the trace of a run (None: nothing), with the selection fitted to it."""
        trace = run.trace if run is not None else None
        if trace is not None and not self.session.has_chosen_head:
            self._wanted = opened(trace, self._wanted)
        if trace is not None and self._trace is not None and trace is not self._trace:
            self._wanted = replace(self._wanted, **locks.carried(self._trace, trace, self._selection))
        self.run = run
        self._trace = trace
        self._hover = NOTHING
        kind = self._selection.kind
        self._resolve()
        if self._selection.kind != kind:
            self._wanted = replace(self._wanted, query=None, key=None)
            self._resolve()
        self.trace_changed.emit(trace, self._selection)
        self.hold(None)

    # --- where one looks -------------------------------------------------------------------------

    def select(self, **changes: Any) -> None:
        """Look at something else, here and in the other pane; costs no forward pass."""
        self.session.select_in(self, changes)

    def set_hover(self, hover: Hover | None) -> None:
        """Point at something, here and in the other pane."""
        self.session.hover_in(self, hover or NOTHING)

    def take(self, changes: dict[str, Any]) -> None:
        """Follow a choice; called by the session for every pane, with tokens as they are numbered here."""
        before = self._selection
        if changes.get("kind", before.kind) != before.kind:
            changes = {"query": None, "key": None} | changes  # other tokens are meant
        self._wanted = changed(self._wanted, changes)
        self._resolve()
        if self._selection.kind != before.kind:
            self.take_hover(NOTHING)  # whatever draws next must not look up tokens of the other kind
        if self._selection != before:
            self.selection_changed.emit(self._selection, before)

    def follow_first(self) -> None:
        """Lock what lines up with the tokens that are locked in the first pane."""
        if self.session.link:
            self.take(self.session.link.locked(self.session.selection))

    def take_hover(self, hover: Hover) -> None:
        if hover != self._hover:
            self._hover = hover
            self.hover_changed.emit(hover)

    def _resolve(self) -> None:
        """Preferences (layer, kind, unit...) outlive a trace that cannot follow them; locked tokens do not."""
        if self._trace is None:
            self._selection = self._wanted
            return
        found = resolve(self._trace, self._wanted)
        self._selection = found
        self._wanted = replace(self._wanted, query=found.query, key=found.key, position=found.position)
