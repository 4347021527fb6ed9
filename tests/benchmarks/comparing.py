"""Opening a comparison on an answer that is at hand: from the key to the second pane's painted picture."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from tests.benchmarks import harness, subjects
from tests.benchmarks.harness import Figure
from tests.benchmarks.looking import Paints, until
from visualizer.core.trace import Trace
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.controller import make_window

TOKENS = 512


def opened(trace: Trace, count: int) -> tuple[list[float], list[float], list[int]]:
    """Seconds to the second pane's painted map, those that one more painting of the whole window takes, and how often
    the map was painted until it was complete; `count` times."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    session = Session(Settings(language="en", theme="light"))
    appearance = Appearance(app, session)
    appearance.apply()
    session.show_trace(trace, trace.model)
    window = make_window(session, appearance)
    window.resize(1280, 800)
    window.views.show_views("attention_map")
    window.show()
    until(lambda: all(view.is_complete() for view in window.views.shown_views()))
    opening, painting, frames = [], [], []
    for _ in range(count):
        QApplication.processEvents()
        start = time.perf_counter()
        window.run("compare")
        second = window.views.shown_views()[1]
        paints = Paints(second.heatmap)  # type: ignore[attr-defined]
        until(lambda second=second, paints=paints: second.is_complete() and paints.count > 0)
        opening.append(time.perf_counter() - start)
        frames.append(paints.count)
        start = time.perf_counter()
        window.grab()
        painting.append(time.perf_counter() - start)
        window.run("compare")
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    window.close()
    session.shutdown()
    window.deleteLater()
    session.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return opening, painting, frames


def figures(repetitions: int) -> Iterator[Figure]:
    trace = subjects.trace_of(subjects.llama_135m(), TOKENS)
    opened(trace, 1)
    opening, painting, frames = opened(trace, 3 * repetitions)
    detail = {"opening, seconds": opening, "painting the window, seconds": painting, "frames": frames}
    name = f"comparing a text of {TOKENS} tokens with itself to painted pixels"
    yield Figure(f"{name}: frames", max(frames), "", 1.0, detail=detail)
    yield Figure(f"{name} / painting the window", harness.median_ratio(opening, painting), "", 4.0, detail=detail)
