"""The window finds its views: groups, their keys, what was last used, and the row of a group's views."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.session.fakes import Runner
from visualizer.core.loaded_model import LoadedModel
from visualizer.session.settings import Settings
from visualizer.views.registry import GROUPS, VIEWS, in_group
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5)


def test_a_groups_key_opens_it_and_the_same_key_walks_through_its_views(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.views.setFocus()
    for key, group in zip(KEYS, GROUPS, strict=True):
        names = in_group(group)
        seen = []
        for _ in range(len(names) + 1):
            qtbot.keyClick(window, key)
            seen.append(window.views.first)
        first = names.index(seen[0])
        assert seen == [names[(first + step) % len(names)] for step in range(len(names) + 1)]
        assert [name for name, button in window.activity.buttons.items() if button.isChecked()] == [group]


def test_every_view_is_reached_by_keys_alone(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    seen = set()
    for group in GROUPS:
        for _ in range(len(VIEWS)):
            window.run(f"group.{group}")
            seen.add(window.views.first)
    assert seen == set(VIEWS)


def test_the_view_last_used_in_a_group_comes_back(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.views.choose("similar_heads")
    window.run("group.attention")
    assert window.views.first == "attention_map"
    window.run("group.heads")
    assert window.views.first == "similar_heads"
    assert window.session.settings.last_views["heads"] == "similar_heads"


@pytest.mark.parametrize("stored", ["gone", "attention_map", None, 3, ["head_grid"]])
def test_a_remembered_view_that_is_not_there_any_more_gives_way_to_the_first(make_window: Make, stored: object) -> None:
    window = make_window()
    window.session.settings.last_views["heads"] = stored  # type: ignore[assignment]
    window.run("group.heads")
    assert window.views.first == in_group("heads")[0]


def test_the_last_views_are_settings() -> None:
    assert Settings().last_views == {}


def test_beside_another_view_of_the_group_the_key_skips_it(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.views.set_second(True, "attention_lines")
    window.views._active = "first"
    window.run("group.attention")
    assert (window.views.first, window.views.second) == ("attention_stages", "attention_lines")
    window.run("group.attention")
    assert (window.views.first, window.views.second) == ("attention_map", "attention_lines")


def test_bar_and_tabs_follow_the_pane_that_is_worked_in(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.activateWindow()
    window.views.set_second(True, "head_grid")
    assert window.tabs.second.isChecked()
    assert tuple(window.tabs.tabs) == in_group("heads")
    assert window.tabs.tabs["head_grid"].isChecked()
    window.views.view("attention_map").findChild(QToolButton).setFocus()
    qtbot.waitUntil(lambda: tuple(window.tabs.tabs) == in_group("attention"))
    assert window.activity.buttons["attention"].isChecked()
    assert not window.activity.buttons["heads"].isChecked()
    window.tabs.tabs["attention_lines"].click()
    assert (window.views.first, window.views.second) == ("attention_lines", "head_grid")
    window.tabs.second.click()
    assert not window.views.second


def test_a_click_on_a_group_does_what_its_key_does(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    for expected in ("head_grid", "head_statistics", "head_importance", "similar_heads", "head_grid"):
        window.activity.buttons["heads"].click()
        assert window.views.first == expected
        assert window.activity.buttons["heads"].isChecked()


def test_groups_open_while_the_first_model_is_being_loaded(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    runner = Runner(held=True)
    window = make_window(None, run=runner)
    window.session._load = lambda *_: tiny_llama  # type: ignore[assignment]
    window.session.load_model("any")
    for group in GROUPS:
        for _ in in_group(group):
            window.run(f"group.{group}")
            view = window.views.active_view()
            assert view is not None and view.message(), "a sentence says what is going on"
    qtbot.waitUntil(runner.started.is_set)
    window.session.cancel("run")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("size", [(1280, 800), (1366, 768), (960, 600)])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_every_word_of_bar_and_tabs_is_whole(
    make_window: Make,
    tiny_marian: LoadedModel,
    qtbot: QtBot,
    language: str,
    size: tuple[int, int],
    scale: float,
) -> None:
    window = make_window(tiny_marian)
    window.session.settings.text_size = scale
    if language == "ja":
        window.run("language.switch")
    window.resize(*size)
    qtbot.wait(20)  # the size of text follows the window's
    for group in GROUPS:
        window.run(f"group.{group}")
        qtbot.wait(1)
        bar, tabs = window.activity, window.tabs
        buttons = list(bar.buttons.values())
        for button in buttons:
            assert QFontMetrics(button.font()).horizontalAdvance(button.text()) <= button.width(), button.text()
            assert bar.rect().contains(button.geometry()), f"{button.text()} is cut"
        for one, other in pairwise(buttons):
            assert one.geometry().bottom() < other.geometry().top()
        shown = [tab for tab in (*tabs.tabs.values(), tabs.more, tabs.second) if tab.isVisible()]
        for tab in shown:
            assert tab.width() >= QFontMetrics(tab.font()).horizontalAdvance(tab.text()), tab.text()
            assert tabs.rect().contains(tab.geometry()), f"{tab.text()} is cut"
            here = QRect(tab.mapTo(window, QPoint()), tab.size())
            kind = QRect(window.selectors.head.mapTo(window, QPoint()), window.selectors.head.size())
            assert not here.intersects(kind)
    if scale == 1.0:
        assert all(b.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextUnderIcon for b in buttons)


def test_what_does_not_fit_into_the_row_is_in_its_menu(
    make_window: Make, tiny_marian: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_marian)
    assert not window.tabs.hidden()
    window.resize(960, 600)
    window.tabs.setMaximumWidth(360)
    qtbot.waitUntil(lambda: bool(window.tabs.hidden()))
    assert "attention_map" not in window.tabs.hidden(), "the one that is shown stays in sight"
    action = window.tabs.menu.actions()[-1]
    action.trigger()
    assert window.views.first == "attention_stages"
    assert "attention_stages" not in window.tabs.hidden()
