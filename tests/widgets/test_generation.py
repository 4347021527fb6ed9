"""Writing in the real window: the field and every view follow, nothing is run again, and it may be closed meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.widgets.conftest import Passes
from visualizer.core.loaded_model import LoadedModel
from visualizer.session import writing
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
PATIENCE = 30_000


def test_space_writes_the_field_follows_and_nothing_runs_again(
    make_window: Make, tiny_llama: LoadedModel, passes: Passes, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    window.views.choose("generation")
    window.views.set_second(True, "attention_map")
    window.views.setFocus()
    before = len(passes.asked)
    qtbot.keyClick(window.views, Qt.Key.Key_Space)
    desk = writing.of(window.session.showing)
    qtbot.waitUntil(lambda: desk.tree is not None and len(desk.tree) > 1, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not desk.is_writing, timeout=PATIENCE)
    session = window.session
    assert session.trace is not None and session.text.startswith("abcd") and len(session.trace.tokens) > 4
    assert window.top_bar.prompt.text_field.text() == session.text
    views = {view.id: view for view in window.views.shown_views()}
    qtbot.waitUntil(lambda: all(view.is_complete() for view in views.values()), timeout=PATIENCE)
    assert views["attention_map"].trace is session.trace
    qtbot.wait(300)  # longer than the field waits for typing to pause
    assert len(passes.asked) == before
    window.run("undo")
    assert session.text == "abcd" and len(passes.asked) == before


def test_the_window_is_closed_while_it_writes(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama, "abcd")
    window.views.choose("generation")
    desk = writing.of(window.session.showing)
    desk.write(240)
    qtbot.waitUntil(lambda: desk.tree is not None and len(desk.tree) > 3, timeout=PATIENCE)
    window.close()
    qtbot.wait(50)


def test_the_command_that_stops_a_run_stops_writing(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama, "abcd")
    desk = writing.of(window.session.showing)
    desk.write(240)
    qtbot.waitUntil(lambda: desk.tree is not None and len(desk.tree) > 3, timeout=PATIENCE)
    window.run("run.cancel")
    assert not desk.is_writing
    count = len(desk.tree or ())
    qtbot.wait(100)
    assert len(desk.tree or ()) == count
    desk.write(2)
    qtbot.waitUntil(lambda: not desk.is_writing, timeout=PATIENCE)
    assert len(desk.tree or ()) == count + 2, "and it goes on from there"
