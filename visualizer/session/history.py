"""The way back: what was asked and where one looked, step by step, as frozen states; no model runs for it where the
answer is still known.

A step is what one act of a person changed: a text, a candidate that was taken, a head, a lock, a part switched off, a
comparison opened. What follows from it by itself (a trace that arrives, a lock that moves with its text) belongs to it.
Steps of one kind in quick succession, such as a key that repeats, are one. Choosing a view is no step: the view comes
back only with what was chosen by the same act.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from visualizer.core.request import RunRequest
from visualizer.session import saved_traces
from visualizer.session.loading import Wish
from visualizer.session.selection import Selection

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.session.session import Session
    from visualizer.session.showing import Showing

MOST = 200  # steps
MOST_TEXT = 8_000_000  # characters of all their texts
PAUSE = 0.7  # seconds within which steps of one kind are one
TYPING_PAUSE = 2.0  # the same for what is typed: people think while they write

Views = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one pane was asked, where it looked, and the id of the run that it showed (None: nothing).

    adapter: of its model: "on", "off", or "" where there is none.
    """

    request: RunRequest
    wanted: Selection
    run: int | None = None
    adapter: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """sides: of the first pane, and of the one compared with it. chosen: whether the head was somebody's choice.

    model: how the loaded model could be loaded again, None where there is none.
    """

    sides: tuple[Side, ...]
    chosen: bool = False
    model: Wish | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """How a state came about. name: as `what` says. typed: in the field of this pane (its number), else None.

    at: seconds of the clock. views: those before and after, where the same act changed them.
    """

    state: State
    name: str = ""
    typed: int | None = None
    at: float = 0.0
    views: tuple[Views, Views] | None = None


_REQUEST = (
    ("text", "text"),
    ("adds_specials", "text"),
    ("pair", "pair"),
    ("target", "target"),
    ("source_language", "languages"),
    ("target_language", "languages"),
    ("interventions", "off"),
)
_WANTED = (
    ("kind", "kind"),
    ("layer", "layer"),
    ("head", "head"),
    ("query", "lock"),
    ("key", "lock"),
    ("position", "position"),
    ("sampling", "sampling"),
    ("rule", "rule"),
    ("look", "look"),
)
DOCUMENT = "document"
NAMES = (DOCUMENT, "comparison", "adapter", "trace", *dict.fromkeys(name for _, name in (*_REQUEST, *_WANTED)))
_MERGING = frozenset(name for _, name in _WANTED)


def what(before: State, after: State) -> str:
    """What is different, the most weighty thing alone: one of NAMES but for DOCUMENT, "" for nothing."""
    if len(before.sides) != len(after.sides):
        return "comparison"
    pairs = tuple(zip(before.sides, after.sides, strict=True))
    if any("" != old.adapter != new.adapter != "" for old, new in pairs):  # and no other model was loaded
        return "adapter"
    for part, fields in (("request", _REQUEST), ("wanted", _WANTED)):
        for old, new in pairs:
            for field, name in fields:
                if getattr(getattr(old, part), field) != getattr(getattr(new, part), field):
                    return name
    return "trace" if any(old.run != new.run for old, new in pairs) else ""


class History(QObject):
    """The steps of a session. moved: "undo" or "redo", and the name of the step, "" when there is none left.

    views_wanted: the ids of the views that come back with a step.
    """

    moved = Signal(str, str)
    views_wanted = Signal(object)

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(session)
        self._session, self._clock = session, clock
        self._views: Views = ()
        self._views_before: Views | None = None  # since the last record, where they have changed
        self._noted = self._walking = self._is_moving = False
        self._typed: int | None = None
        self._opening: Callable[[], bool] | None = None
        self._due: dict[str, Selection] = {}  # by pane: where to look once its trace is there
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.record)
        self._steps = [Step(self._freeze())]
        self._at = 0
        session.showing.trace_changed.connect(self._on_trace_changed)
        session.showing.request_changed.connect(self._follow)
        session.linking.changed.connect(self._follow)
        session.compared.connect(self._on_session_compared)

    # --- what happens ----------------------------------------------------------------------------

    def note(self) -> None:
        """Somebody changed something; all of one turn of the event loop is one step."""
        if not self._is_moving:
            self._noted = True
            self._due.clear()
            self._timer.start()

    def note_typing(self, pane: Showing, *, by_undo: bool = False) -> None:
        """What is asked next was typed in the field of this pane. by_undo: it is the field's own undoing or redoing."""
        self._typed, self._walking = int(pane is not self._session.showing), by_undo
        self._timer.start()  # if nothing is asked, nothing was typed

    def begin_document(self, is_opening: Callable[[], bool]) -> None:
        """A session or an example is being opened, model and all: one step, while `is_opening` or until the end."""
        self.record()
        self._push(Step(self._freeze(), DOCUMENT, None, self._clock(), None), always=True)
        self._opening = is_opening

    def end_document(self) -> None:
        """All of it is there."""
        if self._opening is not None:
            self._opening = lambda: True  # what came in this turn belongs to it
            self.record()
            self._opening = None
            self._drop_what_changed_nothing()

    def set_views(self, views: Views) -> None:
        """These views are shown now."""
        if views == self._views or self._is_moving:
            self._views = views
            return
        if self._views_before is None:
            self._views_before = self._views
        self._views = views
        self._timer.start()

    def clear(self) -> None:
        """Begin here: there is nothing to go back to."""
        self._forget_turn()
        self._due.clear()
        self._steps, self._at = [Step(self._freeze())], 0

    def record(self) -> None:
        """Keep what has happened since the last time; called by itself when the event loop comes round."""
        state, now = self._freeze(), self._clock()
        noted, typed, walking, views = self._noted, self._typed, self._walking, self._views_before
        self._forget_turn()
        here = self._steps[self._at]
        if self._opening is not None and not self._opening() and noted:
            self._opening = None  # somebody did something else meanwhile
        if self._opening is not None and views and views != self._views:
            here = self._steps[self._at] = replace(here, views=(here.views[0] if here.views else views, self._views))
        if state == here.state or self._due:
            return
        if not noted or self._opening is not None:
            self._amend(state)
        elif walking and here.typed == typed and typed is not None:
            self._walk(state)
        else:
            name = what(here.state, state)
            both = (views, self._views) if views and views != self._views else None
            self._push(Step(state, name, typed if name in ("text", "pair", "target") else None, now, both))

    def _push(self, step: Step, always: bool = False) -> None:
        here = self._steps[self._at]
        is_last = self._at == len(self._steps) - 1
        if is_last and self._at and not always and _is_one(here, step):
            self._steps[self._at] = replace(step, views=here.views)
            self._drop_what_changed_nothing()
            return
        del self._steps[self._at + 1 :]
        self._steps.append(step)
        self._at += 1
        while len(self._steps) > MOST + 1 or (len(self._steps) > 2 and _characters(self._steps) > MOST_TEXT):
            del self._steps[0]
            self._at -= 1

    def _amend(self, state: State) -> None:
        """What follows from the last step is a part of it; one that was refused is none."""
        self._steps[self._at] = replace(self._steps[self._at], state=state)
        if self._at == len(self._steps) - 1:
            self._drop_what_changed_nothing()

    def _drop_what_changed_nothing(self) -> None:
        if self._at and not self._opening and self._steps[self._at].state == self._steps[self._at - 1].state:
            del self._steps[self._at]
            self._at -= 1

    def _walk(self, state: State) -> None:
        """The field goes back and forth in what was typed: no new step, but perhaps the one before or after."""
        asked = [side.request for side in state.sides]
        for at in (self._at - 1, self._at + 1):
            known = 0 <= at < len(self._steps) and self._steps[max(at, self._at)].typed is not None
            if known and [side.request for side in self._steps[at].state.sides] == asked:
                self._at = at
        self._steps[self._at] = replace(self._steps[self._at], state=state)

    def _forget_turn(self) -> None:
        self._timer.stop()
        self._noted = self._walking = False
        self._typed = self._views_before = None

    # --- going back ------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        self.record()
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        self.record()
        return self._at + 1 < len(self._steps)

    def is_typed(self, pane: Showing, *, ahead: bool = False) -> bool:
        """Whether the step that undoing (ahead: redoing) would take was typed in this pane's field."""
        self.record()
        at = self._at + int(ahead)
        typed = self._steps[at].typed if at < len(self._steps) else None
        return typed == int(pane is not self._session.showing)

    def undo(self) -> None:
        """Take the last step back."""
        self.record()
        if not self._at:
            self.moved.emit("undo", "")
            return
        step = self._steps[self._at]
        self._at -= 1
        here = step.views is not None and step.views[1] == self._views  # whoever went on to another view stays there
        views = step.views[0] if step.views is not None and here else None
        self._restore(self._steps[self._at].state, views, with_model=step.name == DOCUMENT)
        self.moved.emit("undo", step.name)

    def redo(self) -> None:
        """Take the next step again."""
        self.record()
        if self._at + 1 >= len(self._steps):
            self.moved.emit("redo", "")
            return
        self._at += 1
        step = self._steps[self._at]
        here = step.views is not None and step.views[0] == self._views
        views = step.views[1] if step.views is not None and here else None
        self._restore(step.state, views, with_model=step.name == DOCUMENT)
        self.moved.emit("redo", step.name)

    def _freeze(self) -> State:
        session = self._session
        return State(tuple(map(_side, session.panes)), session.has_chosen_head, _wish(session.model))

    def _restore(self, state: State, views: Views | None, with_model: bool) -> None:
        session = self._session
        self._is_moving, self._opening = True, None
        try:
            if len(state.sides) == 1:
                session.stop_comparing()
            panes = (session.showing,) if len(state.sides) == 1 else (session.showing, session.second_pane())
            self._due = {pane.name: side.wanted for pane, side in zip(panes, state.sides, strict=True)}
            if with_model and state.model is not None and state.model != _wish(session.model):
                session.cancel("run")
                session.load(replace(state.model, then_run=not self._is_saved(state.sides[0])))
            for pane, side in zip(panes, state.sides, strict=True):
                self._ask(pane, side)
            session.has_chosen_head = state.chosen
            # What is at hand is looked at now; for the rest its text is awaited.
            for pane in panes:
                if not self._is_awaited(pane):
                    self._look(pane)
            if views is not None:
                self.views_wanted.emit(views)
        finally:
            self._is_moving = False

    def _is_saved(self, side: Side) -> bool:
        """Whether a saved trace was shown."""
        run = self._session.runs.get(side.run) if side.run is not None else None
        return run is not None and run.model is None and run.request == side.request

    def _ask(self, pane: Showing, side: Side) -> None:
        session = self._session
        run = session.runs.get(side.run) if side.run is not None else None
        if run is not None and self._is_saved(side):
            if run.trace is not None:
                session.jobs.cancel(pane.key("run"))
                session.forget_asked(pane)
                pane.set_request(side.request)
                if pane.run is not run:
                    pane.show_run(run)
            elif run.path:  # there was no room for it: it is read again
                saved_traces.open_in(pane, run.path, is_new=False)
            return
        if pane is session.other and run is not None and run.model is not None:
            pane.set_model(run.model)
        elif pane.model is not None and "" != side.adapter != _adapter(pane) != "":
            pane.set_request(side.request)
            session.set_model(pane.model.other_side(), pane)
        session.put(side.request, pane)

    def _look(self, pane: Showing) -> None:
        wanted = self._due.pop(pane.name, None)
        if wanted is not None:
            pane.take({name: getattr(wanted, name) for name in wanted.__dataclass_fields__})

    # --- signals ---------------------------------------------------------------------------------

    def _follow(self, *_: object) -> None:
        self._timer.start()

    def _on_trace_changed(self, *_: object) -> None:
        if not self._is_moving:
            for pane in self._session.panes:
                if not self._is_awaited(pane):
                    self._look(pane)
        self._timer.start()

    def _is_awaited(self, pane: Showing) -> bool:
        return any(map(self._session.jobs.is_busy, pane.keys))

    def _on_session_compared(self, other: Showing | None) -> None:
        if other is not None:
            other.trace_changed.connect(self._on_trace_changed)
            other.request_changed.connect(self._follow)


def _wish(model: LoadedModel | None) -> Wish | None:
    """How this model could be loaded again."""
    if model is None:
        return None
    is_on = model.card.adapter != "off"
    return Wish(model.origin, model.device, model.dtype, base=model.base_source, adapter=is_on)


def _side(pane: Showing) -> Side:
    return Side(pane.request, pane.wanted, pane.run.id if pane.run is not None else None, _adapter(pane))


def _adapter(pane: Showing) -> str:
    """Whether the adapter of a pane's model is at work."""
    return pane.model.card.adapter if pane.model is not None and pane.model.has_adapter else ""


def _is_one(before: Step, step: Step) -> bool:
    """Whether two steps follow each other so closely that they are one."""
    if step.typed is not None:
        return before.typed == step.typed and before.name == step.name and step.at - before.at < TYPING_PAUSE
    return before.name == step.name and step.name in _MERGING and not step.views and step.at - before.at < PAUSE


def _characters(steps: list[Step]) -> int:
    texts = {id(text): text for step in steps for side in step.state.sides for text in (side.request.text,
             side.request.pair, side.request.target) if text}  # fmt: skip
    return sum(map(len, texts.values()))
