from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, Qt
from pytestqt.qtbot import QtBot

from tests.widgets.conftest import Passes
from visualizer.core.loaded_model import LoadedModel
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.prompt_bar import PromptField

Make = Callable[..., MainWindow]


def test_typing_quickly_runs_once_with_the_whole_text(
    make_window: Make, tiny_llama: LoadedModel, passes: Passes, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "a")
    field = window.top_bar.prompt.text_field
    field.setFocus()
    field.moveCursor(field.textCursor().MoveOperation.End)
    with qtbot.waitSignal(window.session.trace_changed, timeout=10_000):
        qtbot.keyClicks(field, "bcdef", delay=10)
    assert [request.text for request in passes.asked] == ["a", "abcdef"]


def test_enter_hands_the_text_over_at_once_and_frees_the_keys(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "a")
    field = window.top_bar.prompt.text_field
    window.activateWindow()
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "xyz")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.session.text == "xyz"
    qtbot.waitUntil(lambda: not field.hasFocus())


def test_shift_enter_makes_a_new_line(qtbot: QtBot) -> None:
    field = PromptField()
    qtbot.addWidget(field)
    qtbot.keyClicks(field, "a")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(field, "b")
    assert field.text() == "a\nb"


@pytest.mark.parametrize("text", ["a\u00a0b", "two\nlines", "👩‍👩‍👧‍👦é", "שלום abc", "tab\there", "  ", "\u200b\u3000"])
def test_the_text_is_kept_character_for_character(qtbot: QtBot, text: str) -> None:
    field = PromptField()
    qtbot.addWidget(field)
    field.set_text(text)
    assert field.text() == text
    pasted = QMimeData()
    pasted.setText(text)
    field.set_text("")
    field.insertFromMimeData(pasted)
    assert field.text() == text


def test_the_field_grows_to_three_lines_and_no_further(qtbot: QtBot) -> None:
    field = PromptField()
    qtbot.addWidget(field)
    field.resize(300, 30)
    heights = []
    for lines in range(1, 6):
        field.set_text("\n".join("x" * lines))
        heights.append(field.height())
    assert heights[0] < heights[1] < heights[2]
    assert heights[2] == heights[3] == heights[4]


def test_what_is_being_typed_is_not_overwritten(qtbot: QtBot) -> None:
    field = PromptField()
    qtbot.addWidget(field)
    qtbot.keyClicks(field, "new")
    field.set_text("old")
    assert field.text() == "new"


def test_a_second_field_stands_where_the_model_takes_two_texts(
    make_window: Make, tiny_llama: LoadedModel, tiny_bert: LoadedModel, tiny_marian: LoadedModel, qtbot: QtBot
) -> None:
    assert not make_window(tiny_llama).top_bar.prompt.second_field.isVisible()
    pair = make_window(tiny_bert, "the cat").top_bar.prompt.second_field
    assert pair.isVisible()
    assert "Second sentence" in pair.placeholderText()
    window = make_window(tiny_marian, "abc")
    target = window.top_bar.prompt.second_field
    assert target.isVisible()
    assert window.session.trace is not None
    assert target.placeholderText() == window.session.trace.target_text, "what the model generated is shown, quietly"


def test_a_candidate_that_is_appended_appears_in_the_field(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "ab")
    with qtbot.waitSignal(window.session.trace_changed, timeout=10_000):
        window.session.append_text("cd")
    assert window.top_bar.prompt.text_field.text() == "abcd"
