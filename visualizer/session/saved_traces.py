"""Traces in files: opening one in a pane, saving the one that is shown."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.session import work

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.session.session import Session
    from visualizer.session.showing import Showing


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
