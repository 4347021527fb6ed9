"""A conversation is written in turns, and what the checkpoint's template makes of it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from tests.core.text.test_chat import loaded_model
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.text import chat
from visualizer.core.text.chat import Turn
from visualizer.widgets.chat_dialog import ChatDialog
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
PATIENCE = 10_000


def open_dialog(window: MainWindow, qtbot: QtBot) -> ChatDialog:
    dialog = window.top_bar.prompt.open_chat()
    qtbot.waitUntil(lambda: bool(dialog.text) or bool(dialog.said.text()), timeout=PATIENCE)
    return dialog


def closed(dialog: ChatDialog) -> None:
    dialog.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_conversation_is_rendered_read_and_left_again(make_window: Make, qtbot: QtBot) -> None:
    model = loaded_model()
    window = make_window(model, "5 9")
    bar = window.top_bar.prompt
    assert bar.chat.isVisibleTo(bar)
    dialog = open_dialog(window, qtbot)
    assert dialog.turns() == (Turn("user", "5 9"),), "what was typed is the first turn"
    dialog.add_turn("assistant", "13")
    dialog.add_turn("user", "21 34")
    expected = chat.render(model.tokenizer, (Turn("user", "5 9"), Turn("assistant", "13"), Turn("user", "21 34")))
    qtbot.waitUntil(lambda: dialog.preview.toPlainText() == expected, timeout=PATIENCE)
    with qtbot.waitSignal(window.session.trace_changed, timeout=PATIENCE):
        dialog.use.click()
    request = window.session.request
    assert request.text == expected and not request.adds_specials
    trace = window.session.trace
    assert [t.text for t in trace.tokens].count("<|im_start|>") == 4
    assert bar.chat.isChecked() and bar.text_field.text() == expected
    again = open_dialog(window, qtbot)
    assert len(again.turns()) == 3
    with qtbot.waitSignal(window.session.trace_changed, timeout=PATIENCE):
        again.plain.click()
    assert window.session.request.text == "21 34" and window.session.request.adds_specials


def test_a_template_that_raises_is_one_sentence_in_the_dialog(make_window: Make, qtbot: QtBot) -> None:
    window = make_window(loaded_model(), "5 9")
    dialog = open_dialog(window, qtbot)
    dialog.add_turn("system", "13")
    qtbot.waitUntil(lambda: "system comes first" in dialog.said.text(), timeout=PATIENCE)
    assert not dialog.use.isEnabled()
    closed(dialog)


def test_a_checkpoint_without_a_template_offers_no_conversation(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "a")
    bar = window.top_bar.prompt
    assert not bar.chat.isVisibleTo(bar)
    window.session.ask(replace(window.session.request, adds_specials=False))
    assert bar.chat.isVisibleTo(bar), "how a text is read is never hidden"
