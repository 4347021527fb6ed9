"""Traces in files: opening one in a pane, saving the one that is shown, and whose numbers the next ones are.

While a saved trace is shown no model is asked for it silently: what is typed waits (`Showing.held`) until somebody says
which model is to run it, or that the trace is to stay.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.core.loading.catalogue import bundled_names
from visualizer.core.request import RunRequest
from visualizer.session import work

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.session.session import Session
    from visualizer.session.showing import Showing


# A name on the hub: owner/model, perhaps with a revision.
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


def holds(pane: Showing, request: RunRequest) -> bool:
    """Whether what was typed waits, because a saved trace is shown."""
    if not pane.is_saved:
        return False
    pane.hold(None if request == pane.request else request)
    return True


def run_held(pane: Showing) -> None:
    """Have the loaded model run what waits."""
    request = pane.held
    if request is not None and pane.model is not None:
        pane.session.put(request, pane)
        pane.session.history.note()


def load_own(pane: Showing) -> None:
    """Load the model that made the trace, and run what waits, or else the trace's own text."""
    source = own_source(pane.trace) if pane.trace is not None else ""
    if source and pane is pane.session.other:
        pane.session.compare(source=source)
    elif source:
        pane.session.load_model(source)


def keep(pane: Showing) -> RunRequest | None:
    """Stay with the trace; the fields show its text again. Returns what had waited."""
    request = pane.held
    pane.hold(None)
    pane.request_changed.emit(pane.request)
    return request


def own_source(trace: Trace) -> str:
    """From where the model of a saved trace can be loaded, as far as its file says; "" where that is not known here.

    A file may come from anybody: a share of another machine is never named, so that nobody logs in there.
    """
    source = trace.card.source
    if source.startswith("bundled:"):
        return source if source.removeprefix("bundled:") in bundled_names() else ""
    if source.startswith(("\\\\", "//")):
        return ""
    try:
        if Path(source).expanduser().exists():
            return source
    except (OSError, ValueError, RuntimeError):
        return ""
    return source if _HUB_NAME.fullmatch(source) else ""


def open_in(pane: Showing, path: str | Path, *, is_new: bool = True) -> None:
    """Read a trace on the worker and show it in a pane. is_new: a step of the history, and not a step back to it."""
    session = pane.session
    session.jobs.cancel(pane.key("run"))
    on_done = partial(_show, pane, str(Path(path).absolute()), is_new)
    session.jobs.submit(pane.key("open"), partial(work.open_trace, path), on_done, session.report_error, urgent=True)


def _show(pane: Showing, path: str, is_new: bool, trace: Trace) -> None:
    session = pane.session
    if pane not in session.panes:
        return
    session.jobs.cancel(pane.key("run"))
    session.forget_asked(pane)
    session.show_trace(trace, pane=pane)
    if pane.run is not None:
        pane.run.path = path
    if is_new:
        session.history.note()


def save(session: Session, path: str | Path) -> None:
    """Write the trace of the first pane on the worker; the notice "saved" tells the end."""
    trace = session.trace
    if trace is None:
        return
    session.jobs.submit(
        "save",
        lambda should_stop, progress: trace.save(path),
        lambda _: session.notice_raised.emit("saved", {"path": str(path)}),
        session.report_error,
    )
