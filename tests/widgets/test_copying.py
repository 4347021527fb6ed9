"""Ctrl+C and right clicks: what the pointer is over goes into the clipboard, the same way everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QCursor, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from tests.causal_views import CAUSAL_VIEWS
from visualizer.core.loaded_model import LoadedModel
from visualizer.session.selection import Hover
from visualizer.views.attention_map import AttentionMapView
from visualizer.views.base import View
from visualizer.views.save_dialog import SaveDialog
from visualizer.widgets import copying
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]


def shown(window: MainWindow, view_id: str, qtbot: QtBot) -> View:
    window.views.show_views(view_id)
    view = window.views.view(view_id)
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    return view


def cell(view: AttentionMapView, row: int, column: int) -> QPoint:
    """The middle of a cell, in the view."""
    middle = view.heatmap.arrangement().cell_rect(row, column).center().toPoint()
    return view.heatmap.mapTo(view, middle)


def menu_at(view: QWidget, point: QPoint) -> QMenu:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, view.mapToGlobal(point))
    QApplication.sendEvent(view, event)
    assert event.isAccepted()
    return view.findChildren(QMenu)[-1]


def choose(menu: QMenu, beginning: str) -> None:
    next(action for action in menu.actions() if action.text().startswith(beginning)).trigger()
    menu.close()


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_a_cell_is_copied_in_full_and_its_row_as_a_table(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    view = shown(window, "attention_map", qtbot)
    assert isinstance(view, AttentionMapView)
    trace, selection = window.session.trace, window.session.selection
    assert trace is not None
    weights = trace.attention(layer=selection.layer, head=selection.head)
    choose(menu_at(view, cell(view, 2, 1)), "Copy “")
    assert np.float32(clipboard()) == weights[2, 1]
    choose(menu_at(view, cell(view, 2, 1)), "Copy the row")
    names, values = (line.split("\t") for line in clipboard().split("\n"))
    assert len(names) == len(values) == 1 + len(trace.tokens)
    assert values[0] == trace.tokens[2].text
    assert [np.float32(value) for value in values[1:4]] == weights[2, :3].tolist()
    assert values[4] == "", "what is masked is no number"


def test_ctrl_c_copies_under_the_pointer_else_what_is_locked(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(tiny_llama)
    view = shown(window, "attention_map", qtbot)
    assert isinstance(view, AttentionMapView)
    weights = view.heatmap.values
    where = [view.mapToGlobal(cell(view, 3, 2))]
    monkeypatch.setattr(QCursor, "pos", lambda: where[0])
    window.run("copy")
    assert np.float32(clipboard()) == weights[3, 2]
    where[0] = QPoint(-500, -500)
    window.session.select(query=2, key=0)
    window.run("copy")
    assert np.float32(clipboard()) == weights[2, 0]
    window.session.select(query=None, key=None)
    with qtbot.waitSignal(window.session.notice_raised) as notice:
        window.run("copy")
    assert notice.args[0] == "nothing_to_copy"


def test_a_table_with_the_keys_gives_its_chosen_row(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    view = shown(window, "head_statistics", qtbot)
    table = view.table  # type: ignore[attr-defined]
    window.activateWindow()
    table.setFocus()
    table.selectRow(3)
    monkey = QApplication.focusWidget()
    assert monkey is table
    window.run("copy")
    names, values = (line.split("\t") for line in clipboard().split("\n"))
    assert len(names) == len(values) > 3
    exact = [value for value in values if len(value) > 7 and value.replace(".", "").isdigit()]
    assert exact, "numbers are in full"


@pytest.mark.parametrize("view_id", CAUSAL_VIEWS)
def test_every_view_has_a_menu_with_the_same_end(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, view_id: str
) -> None:
    window = make_window(tiny_llama)
    view = shown(window, view_id, qtbot)
    menu = menu_at(view, view.rect().center())
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    menu.close()
    assert "Save the picture…" in texts
    assert "Copy the picture" in texts
    assert ("What is this?" in texts) == window.has_command("help.view")


def test_ctrl_s_opens_on_a_pdf_of_the_head_with_its_caption(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(tiny_llama)
    shown(window, "attention_map", qtbot)
    window.session.settings.figure = {"folder": str(tmp_path)}
    window.session.select(layer=2, head=3)
    window.run("picture.save")
    dialog = window.findChild(SaveDialog)
    assert dialog.suffix == "pdf"
    assert dialog.has_caption.isChecked()
    dialog.paper.setCurrentIndex(dialog.paper.findData("ieee_column"))
    with qtbot.waitSignal(window.session.notice_raised) as notice:
        dialog.save_button.click()
    assert notice.args == ["saved", {"path": str(tmp_path / "tiny-llama_attention_map_layer2_head3.pdf")}]


def test_a_menu_locks_isolates_and_opens(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    view = shown(window, "attention_map", qtbot)
    assert isinstance(view, AttentionMapView)
    session, at = window.session, cell(view, 3, 1)
    session.set_hover(Hover(query=3, key=1))
    choose(menu_at(view, at), "Lock ")
    assert (session.selection.query, session.selection.key) == (3, 1)
    choose(menu_at(view, at), "Only what ")
    assert (session.selection.query, session.selection.key) == (3, None)
    session.select(query=3, key=1)
    choose(menu_at(view, at), "Unlock ")
    assert (session.selection.query, session.selection.key) == (None, None)
    grid = shown(window, "head_grid", qtbot)
    mosaic = grid.mosaic  # type: ignore[attr-defined]
    place = mosaic.mapTo(grid, mosaic.thumbnail_rect(1, 2).center())
    choose(menu_at(grid, place), "Open head 2 of layer 1")
    assert (session.selection.layer, session.selection.head) == (1, 2)
    assert window.views.active_id == "attention_map"


def test_a_token_of_the_strip_has_a_menu(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    canvas = window.tokens.canvas
    row = canvas.rows[0]
    point = next(
        QPoint(x, y)
        for y in range(0, canvas.viewport().height(), 3)
        for x in range(0, canvas.viewport().width(), 3)
        if (found := copying.token_at(canvas, QPoint(x, y))) is not None and found.value == row.tokens[1].text
    )
    menu = copying.TokenMenu(canvas).menu(point)
    assert menu is not None
    choose(menu, "Copy “")
    assert clipboard() == row.tokens[1].text
    menu = copying.TokenMenu(canvas).menu(point)
    assert menu is not None
    choose(menu, "Lock ")
    assert window.session.selection.query == 1
    assert copying.TokenMenu(canvas).menu(QPoint(-5, -5)) is None
