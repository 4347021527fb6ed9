"""A session that shows a trace, and one view of it on the screen that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.views.base import View

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from visualizer.core.trace import Trace

V = TypeVar("V", bound=View)
PATIENCE = 30_000


@contextmanager
def shown(kind: type[V], trace: Trace, qtbot: QtBot, size: tuple[int, int] = (1000, 700)) -> Iterator[V]:
    """The view, complete; its session ends with the block."""
    session = Session()
    session.set_theme(themes.named("light"))
    try:
        view = kind(session)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        session.show_trace(trace)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        yield view
    finally:
        assert session.shutdown()
