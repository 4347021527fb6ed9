"""From starting the program to a window that can be used, and to the first attention."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.benchmarks import harness
from tests.benchmarks.harness import Figure

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow

MODEL = "bundled:gpt-ja-en"


def figures(repetitions: int) -> Iterator[Figure]:
    launches = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = home
        for _ in range(1 + max(3, repetitions // 2)):
            launches.append(harness.fresh_process("tests.benchmarks.starting", str(time.time())))
    launches = launches[1:]  # the first one fills the file cache
    detail = {"launches": launches}
    window = harness.median([launch["window"] for launch in launches])
    yield Figure("start to a usable window", window, "s", 2.0, detail=detail)
    attention = harness.median([launch["attention"] for launch in launches])
    yield Figure("start to the first attention of a bundled model", attention, "s", 5.0, detail=detail)


def main(start: float) -> None:
    """Opens the real window, says when it was painted and when the attention map was complete, and closes it."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from visualizer import app
    from visualizer.arguments import window_parser

    times = {}
    begin = app.begin

    def begin_and_watch(window: MainWindow, asked: argparse.Namespace, damaged: bool) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        window.repaint()
        times["window"] = time.time() - start
        begin(window, asked, damaged)
        timer = QTimer(window)

        def look() -> None:
            views = window.views.shown_views()
            if views and window.session.trace is not None and all(view.is_complete() for view in views):
                window.repaint()
                times["attention"] = time.time() - start
                timer.stop()
                QApplication.closeAllWindows()

        timer.timeout.connect(look)
        timer.start(5)

    app.begin = begin_and_watch
    app.open_window(window_parser().parse_args(["--model", MODEL]))
    print(json.dumps(times))


if __name__ == "__main__":
    main(float(sys.argv[1]))
