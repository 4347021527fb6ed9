"""The real window with a small real model, and a count of forward passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from visualizer.core.request import RunRequest
from visualizer.session import work
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.ui import i18n
from visualizer.widgets import controller
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.main_window import MainWindow


class Passes:
    """Runs the model for real, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[RunRequest] = []

    def __call__(self, model: Any, request: RunRequest, should_stop: Any, progress: Any) -> Any:
        self.asked.append(request)
        return work.run(model, request, should_stop, progress)


@pytest.fixture
def passes() -> Passes:
    return Passes()


@pytest.fixture
def make_window(qtbot: QtBot, qapp: QApplication, passes: Passes) -> Iterator[Callable[..., MainWindow]]:
    """make_window(model, text): the window, shown, with the model's answer to the text."""
    made: list[MainWindow] = []

    def make(model: Any = None, text: str = "abcd", pair: str | None = None, run: Any = None) -> MainWindow:
        session = Session(
            Settings(language="en", theme="light"),
            load=lambda source, *_: model,
            run=run if run is not None else passes,
        )
        appearance = Appearance(qapp, session)
        appearance.apply()
        window = controller.make_window(session, appearance)
        made.append(window)
        window.resize(1280, 800)
        window.views.show_views("attention_map")
        window.show()
        session.set_text(text)
        session.set_pair(pair)
        if model is not None:
            with qtbot.waitSignal(session.trace_changed, timeout=20_000):
                session.load_model("any")
        return window

    yield make
    for window in made:
        session = window.session
        window.close()
        assert session.shutdown(), "the worker must end"
        window.deleteLater()
        session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    i18n.install_language(qapp, "en")
