"""The history of texts in the window: by key, by button, from the list."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session.texts import Entry
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def window(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> MainWindow:
    window = make_window(tiny_llama, "third")
    for text in ("first", "second", "third"):
        window.session.texts.add(RunRequest(text))
    idle(window, qtbot)
    return window


def idle(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    keys = [key for pane in session.panes for key in pane.keys]
    qtbot.waitUntil(lambda: not any(map(session.jobs.is_busy, keys)), timeout=20_000)


def test_keys_in_the_field_walk_through_the_texts(window: MainWindow, qtbot: QtBot) -> None:
    field = window.top_bar.prompt.text_field
    field.setFocus()
    field.moveCursor(field.textCursor().MoveOperation.End)
    qtbot.keyClicks(field, "x")
    qtbot.keyClick(field, Qt.Key.Key_Up, ALT)
    assert field.text() == window.session.text == "second"
    qtbot.keyClick(field, Qt.Key.Key_Up, ALT)
    qtbot.keyClick(field, Qt.Key.Key_Up, ALT)
    assert field.text() == "first"
    assert window.status.facts.text() == "No older text"
    qtbot.keyClick(field, Qt.Key.Key_Down, ALT)
    qtbot.keyClick(field, Qt.Key.Key_Down, ALT)
    assert field.text() == "thirdx", "what was being typed is not lost"
    idle(window, qtbot)


def test_the_list_finds_takes_and_forgets(window: MainWindow, qtbot: QtBot) -> None:
    window.top_bar.prompt.past.click()
    popup = QApplication.activePopupWidget()
    assert popup is not None and popup.list.count() == 3
    qtbot.keyClicks(popup.search, "fir")
    qtbot.keyClick(popup.search, Qt.Key.Key_Return)
    idle(window, qtbot)
    assert window.session.text == "first"
    popup = window.top_bar.prompt.open_texts()
    qtbot.keyClick(popup.search, Qt.Key.Key_Delete)
    assert Entry("third") not in window.session.texts.entries()
    popup.clear.click()
    assert window.session.texts.entries() == ()
    assert not popup.clear.isEnabled()
    popup.accept()
    assert window.session.text == "first"
    popup.close()


def test_enter_remembers_at_once(window: MainWindow, qtbot: QtBot) -> None:
    field = window.top_bar.prompt.text_field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "entered")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.session.texts.entries()[0] == Entry("entered")
    idle(window, qtbot)


def test_the_second_field_of_a_comparison_has_the_history_too(window: MainWindow, qtbot: QtBot) -> None:
    window.session.compare(RunRequest("other"))
    idle(window, qtbot)
    bar = window.comparison.bar
    assert bar is not None
    bar.prompt.text_field.setFocus()
    qtbot.keyClick(bar.prompt.text_field, Qt.Key.Key_Up, ALT)
    assert bar.prompt.text_field.text() != "other"
    assert window.session.text == "third"
    idle(window, qtbot)


def test_a_text_that_was_not_run_for_the_sake_of_a_saved_trace_is_in_the_history(
    window: MainWindow, qtbot: QtBot, tmp_path
) -> None:
    assert window.session.trace is not None
    window.session.trace.save(tmp_path / "a.safetensors")
    window.session.open_trace(tmp_path / "a.safetensors")
    idle(window, qtbot)
    window.session.texts.choose(Entry("second"), window.session.showing)
    assert window.top_bar.prompt.text_field.text() == "second", "what waits is seen in the field"
    window.session.set_text("never run")
    window.run("unlock")
    assert window.session.texts.entries()[0] == Entry("never run")
    assert window.top_bar.prompt.text_field.text() == "third"
