"""The boxes for layer and head: where one is among how many, and an answer to a number that is not there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.widgets.main_window import MainWindow


def type_number(box, number: str, qtbot: QtBot) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, number)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def test_a_box_says_how_many_there_are(make_window, tiny_llama: LoadedModel) -> None:
    window: MainWindow = make_window(tiny_llama)
    window.session.select(layer=1, head=2)
    assert window.selectors.layer.number.text() == "1 / 3"
    assert window.selectors.head.number.text() == "2 / 4"


def test_a_typed_number_that_is_there_is_chosen_with_and_without_the_count(
    make_window, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window: MainWindow = make_window(tiny_llama)
    type_number(window.selectors.layer.number, "2", qtbot)
    assert window.session.selection.layer == 2
    type_number(window.selectors.layer.number, "0 / 3", qtbot)
    assert window.session.selection.layer == 0


def test_a_number_that_is_not_there_is_refused_aloud_and_changes_nothing(
    make_window, tiny_llama: LoadedModel, qtbot: QtBot, monkeypatch
) -> None:
    window: MainWindow = make_window(tiny_llama)
    window.session.select(layer=1)
    said: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda at, text, *_: said.append(text))
    type_number(window.selectors.layer.number, "7", qtbot)
    assert said and said[-1] == "There is no layer 7: there are 0 to 2."
    assert window.session.selection.layer == 1
    assert window.selectors.layer.number.text() == "1 / 3"


def test_the_arrows_go_up_where_the_grid_goes_up(make_window, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window: MainWindow = make_window(tiny_llama)
    window.views.show_views("head_grid")
    view = window.views.view("head_grid")
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    window.session.select(layer=0)
    before = view.mosaic.thumbnail_rect(*view.mosaic.selected()).top()
    qtbot.keyClick(view.mosaic, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: window.session.selection.layer == 1)
    assert view.mosaic.thumbnail_rect(*view.mosaic.selected()).top() < before
