"""Ctrl+Z in the window: in the field, beside it, and what it says."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QSpinBox
from pytestqt.qtbot import QtBot

from tests.widgets.conftest import Passes
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session.document import Document, Layout, ModelReference, Pane
from visualizer.session.history import NAMES
from visualizer.session.selection import Selection
from visualizer.ui import i18n
from visualizer.widgets import undoing
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Z = Qt.Key.Key_Z


@pytest.fixture
def window(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> MainWindow:
    window = make_window(tiny_llama, "abcd")
    idle(window, qtbot)
    window.session.history.clear()
    window.activateWindow()
    return window


def idle(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    keys = [key for pane in session.panes for key in pane.keys]
    qtbot.waitUntil(lambda: not any(map(session.jobs.is_busy, keys)), timeout=20_000)
    session.history.record()


def type_in(window: MainWindow, qtbot: QtBot, text: str) -> None:
    field = window.top_bar.prompt.text_field
    field.setFocus()
    field.moveCursor(field.textCursor().MoveOperation.End)
    qtbot.keyClicks(field, text)
    qtbot.waitUntil(lambda: not field.is_waiting, timeout=5000)
    idle(window, qtbot)


def press(qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    qtbot.keyClick(target, key, modifiers)


def test_the_keys_take_back_and_do_again_and_say_so(window: MainWindow, qtbot: QtBot, passes: Passes) -> None:
    window.views.setFocus()
    window.session.select(layer=2)
    asked = len(passes.asked)
    press(qtbot, Z, CTRL)
    assert window.session.selection.layer != 2
    assert window.status.facts.text() == "Undone: layer"
    press(qtbot, Z, CTRL | SHIFT)
    assert window.session.selection.layer == 2
    assert window.status.facts.text() == "Redone: layer"
    press(qtbot, Qt.Key.Key_Y, CTRL)
    assert window.status.facts.text() == "There is nothing to redo."
    assert len(passes.asked) == asked


def test_while_typing_the_field_goes_its_own_fine_steps(window: MainWindow, qtbot: QtBot) -> None:
    field, session = window.top_bar.prompt.text_field, window.session
    type_in(window, qtbot, "efg")
    press(qtbot, Z, CTRL)
    assert field.text() == session.text == "abcd"
    press(qtbot, Z, CTRL | SHIFT)
    assert field.text() == session.text == "abcdefg"
    press(qtbot, Z, CTRL)
    assert not session.history.can_undo, "the steps of the field and of the session are the same ones"
    press(qtbot, Z, CTRL)
    assert field.text() == "abcd"


def test_what_is_typed_and_not_yet_handed_over_is_taken_back_too(window: MainWindow, qtbot: QtBot) -> None:
    field = window.top_bar.prompt.text_field
    field.setFocus()
    field.moveCursor(field.textCursor().MoveOperation.End)
    qtbot.keyClicks(field, "ef")
    assert field.is_waiting
    press(qtbot, Z, CTRL)
    assert field.text() == window.session.text == "abcd"


def test_a_lock_that_came_after_typing_goes_first_though_the_cursor_is_in_the_field(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    type_in(window, qtbot, "e")
    session.select(query=1)
    press(qtbot, Z, CTRL)
    assert session.selection.query is None
    assert session.text == "abcde"
    press(qtbot, Z, CTRL)
    assert session.text == "abcd"


def test_a_candidate_that_was_taken_goes_though_the_cursor_is_in_the_field(window: MainWindow, qtbot: QtBot) -> None:
    session, field = window.session, window.top_bar.prompt.text_field
    type_in(window, qtbot, "e")
    session.append_text("x")
    idle(window, qtbot)
    assert field.text() == "abcdex"
    press(qtbot, Z, CTRL)
    assert field.text() == session.text == "abcde"
    press(qtbot, Z, CTRL)
    assert field.text() == session.text == "abcd"
    press(qtbot, Z, CTRL | SHIFT)
    press(qtbot, Z, CTRL | SHIFT)
    assert field.text() == session.text == "abcdex"


def test_the_layer_s_box_leaves_the_key_to_the_window(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    box = next(box for box in window.selectors.findChildren(QSpinBox) if box.isVisible())
    before = session.selection
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Up if box.value() == 0 else Qt.Key.Key_Down)
    assert session.selection != before
    press(qtbot, Z, CTRL)
    assert session.selection == before


def test_a_view_comes_back_with_what_was_chosen_by_the_same_act(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.history._clock = itertools.count(0.0, 60.0).__next__
    window.views.show_views("head_grid")
    session.history.record()
    session.select(layer=0, head=1)
    session.history.record()
    session.select(layer=2, head=3)
    window.views.choose("attention_map")
    session.history.record()
    window.run("undo")
    assert window.views.first == "head_grid"
    assert (session.selection.layer, session.selection.head) == (0, 1)
    window.run("redo")
    assert window.views.first == "attention_map"


def test_a_comparison_that_was_closed_comes_back(window: MainWindow, qtbot: QtBot) -> None:
    window.session.compare(RunRequest("abce"))
    idle(window, qtbot)
    window.session.stop_comparing()
    window.run("undo")
    assert window.session.other is not None
    assert window.comparison.bar is not None
    assert window.comparison.bar.prompt.text_field.text() == "abce"


def opened(window: MainWindow, qtbot: QtBot, text: str, source: str, view: str) -> None:
    """A session with one text, as an example is."""
    aim = Selection(layer=2, head=3, query=1)
    shown = Document(
        (Pane(RunRequest(text), 0),), (ModelReference(source),), selection=aim, has_chosen_head=True,
        layout=Layout(first=view),
    )  # fmt: skip
    with qtbot.waitSignal(window.documents.restoring.finished, timeout=20_000):
        window.documents.show(shown)
    idle(window, qtbot)


def test_an_opened_session_is_one_step_with_its_text_and_its_view(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    layer = (session.selection.layer + 1) % 3
    session.select(layer=layer)
    session.history.record()
    opened(window, qtbot, "wxyz", "tiny-llama", "head_grid")
    assert (session.text, session.selection.query, window.views.first) == ("wxyz", 1, "head_grid")
    window.run("undo")
    assert window.status.facts.text() == "Undone: opening"
    assert (session.text, session.selection.layer, window.views.first) == ("abcd", layer, "attention_map")
    assert session.trace is not None and session.trace.text == "abcd"
    window.run("redo")
    assert (session.text, window.views.first) == ("wxyz", "head_grid")
    assert (session.selection.layer, session.selection.head, session.selection.query) == (2, 3, 1)
    window.run("undo")
    window.run("undo")
    assert window.status.facts.text() == "Undone: layer"


def test_a_session_of_another_model_gives_the_model_of_before_back(
    window: MainWindow, qtbot: QtBot, tiny_llama: LoadedModel, tiny_bert: LoadedModel
) -> None:
    session = window.session
    session.select(layer=1, query=2)
    session.history.record()
    session.loader._load = lambda source, *_: tiny_bert if source == "tiny-bert" else tiny_llama
    opened(window, qtbot, "the cat sat", "tiny-bert", "head_grid")
    assert session.model is tiny_bert
    window.run("undo")
    idle(window, qtbot)
    assert session.model is tiny_llama
    assert session.trace is not None and session.trace.model is tiny_llama and session.trace.text == "abcd"
    assert (session.selection.layer, session.selection.query) == (1, 2)
    window.run("redo")
    idle(window, qtbot)
    assert session.model is tiny_bert
    assert session.trace is not None and session.trace.text == "the cat sat"


def test_who_types_while_a_session_opens_makes_a_step_of_their_own(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    shown = Document((Pane(RunRequest("wxyz"), 0),), (ModelReference("elsewhere"),))
    window.documents.show(shown)
    session.set_text("typed")
    idle(window, qtbot)
    session.select(layer=0)
    session.history.record()
    session.history._clock = lambda: 1e9
    session.select(layer=2)
    window.run("undo")
    assert session.selection.layer == 0


def test_in_lecture_mode_the_word_stands_over_the_figure_for_a_moment(window: MainWindow, qtbot: QtBot) -> None:
    window.set_lecture(True)
    window.session.select(layer=2)
    window.run("undo")
    assert window.banner.isVisible()
    assert window.banner.headline.text() == "Undone: layer"


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_its_word_in_both_languages(qapp: QApplication, name: str) -> None:
    english = undoing.words("undo", name)
    assert english == f"Undone: {undoing.NAMES[name]}"
    i18n.install_language(qapp, "ja")
    try:
        japanese = undoing.words("undo", name)
    finally:
        i18n.install_language(qapp, "en")
    assert japanese.isascii() is False and undoing.NAMES[name] not in japanese
