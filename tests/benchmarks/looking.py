"""From a choice to painted pixels, in the real views without a display."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from tests.benchmarks import harness, memory, subjects
from tests.benchmarks.harness import Figure
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.views.base import View
from visualizer.views.registry import view_class
from visualizer.widgets.appearance import Appearance

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

SIZE = (1000, 800)
GRID_TOKENS = 1024


class Paints(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


@contextmanager
def stage(trace: Trace, view_id: str) -> Iterator[tuple[Session, View]]:
    """A session that shows a trace, and one view of it, not shown yet."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    session = Session(Settings(language="en", theme="light"))
    appearance = Appearance(app, session)
    appearance.apply()
    session.show_trace(trace, None)
    view = view_class(view_id)(session)
    view.resize(*SIZE)
    try:
        yield session, view
    finally:
        view.close()
        session.shutdown()
        view.deleteLater()
        session.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def until(is_done: Callable[[], bool], limit: float = 60.0) -> float:
    """Lets the event loop work until it is done, asleep in between as in the program; returns the seconds."""
    start = time.perf_counter()
    wake = QTimer()
    wake.start(2)
    while not is_done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.perf_counter() - start > limit:
            raise TimeoutError(f"not done after {limit} s")
    return time.perf_counter() - start


def choose_heads(trace: Trace, count: int) -> list[float]:
    """Seconds from choosing a head that was never looked at to its painted picture, `count` times."""
    with stage(trace, "attention_map") as (session, view):
        paints = Paints(view.heatmap)  # type: ignore[attr-defined]
        view.show()
        until(lambda: view.is_complete() and paints.count > 0)
        times = []
        for turn in range(1, count + 1):
            layer, head = divmod(turn * 7 % (subjects.LAYERS * subjects.HEADS), subjects.HEADS)
            QApplication.processEvents()
            before, start = paints.count, time.perf_counter()
            session.select(layer=layer, head=head)
            until(lambda before=before: view.is_complete() and paints.count > before)
            times.append(time.perf_counter() - start)
        return times


def grid(trace: Trace) -> tuple[float, float]:
    """Seconds from showing the grid of all heads to its first painted row, and to all of them."""
    with stage(trace, "head_grid") as (_session, view):
        mosaic = view.mosaic  # type: ignore[attr-defined]
        paints = Paints(mosaic)
        start = time.perf_counter()
        view.show()
        until(lambda: len(mosaic.layers) >= 1)
        before = paints.count
        until(lambda: paints.count > before)
        first = time.perf_counter() - start
        until(view.is_complete)
        before = paints.count
        mosaic.update()
        until(lambda: paints.count > before)
        return first, time.perf_counter() - start


def figures(repetitions: int) -> Iterator[Figure]:
    model = subjects.llama_135m()
    for tokens, target in ((512, 16.0), (2048, 50.0)):
        trace = subjects.trace_of(model, tokens)
        times = [1000 * t for t in choose_heads(trace, 5 * repetitions)]
        detail: dict[str, Any] = {"milliseconds": times}
        yield Figure(
            f"choosing another head to painted pixels, {tokens} tokens",
            harness.median(times),
            "ms",
            target,
            detail=detail,
        )
    trace = subjects.trace_of(model, GRID_TOKENS)
    grids, passes = harness.in_pairs(
        lambda: grid(trace),
        lambda: harness.seconds(lambda: subjects.trace_of(model, GRID_TOKENS)),
        max(3, repetitions // 2),
    )
    detail = {"first and all, seconds": grids, "forward pass, seconds": passes}
    heads = subjects.LAYERS * subjects.HEADS
    first = harness.median([1000 * first for first, _ in grids])
    yield Figure(f"grid of all {heads} heads, {GRID_TOKENS} tokens: first row", first, "ms", 150.0, detail=detail)
    ratio = harness.median_ratio([everything for _, everything in grids], passes)
    yield Figure(f"grid of all {heads} heads, {GRID_TOKENS} tokens: all / forward pass", ratio, "", 1.5, detail=detail)
    extra = harness.fresh_process("tests.benchmarks.looking", "grid-memory")["extra"]
    yield Figure(f"grid of all {heads} heads, {GRID_TOKENS} tokens: extra memory", extra / 1e6, "MB", 100.0)


def main() -> None:
    """The grid's extra memory in a process of its own."""
    trace = subjects.trace_of(subjects.llama_135m(), GRID_TOKENS)
    small = subjects.trace_of(subjects.llama_135m(), 16)
    grid(small)  # Qt's own first-time allocations do not count
    print(json.dumps({"extra": memory.extra_peak(lambda: grid(trace))}))


if __name__ == "__main__":
    assert sys.argv[1:] == ["grid-memory"]
    main()
