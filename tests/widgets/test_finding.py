"""The palette finds everything by name, in both languages, whatever the window speaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.ui.i18n import in_japanese
from visualizer.widgets.commands import BY_ID, COMMANDS
from visualizer.widgets.finding import find, findable
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.palette import Palette
from visualizer.widgets.synonyms import SYNONYMS

Make = Callable[..., MainWindow]


def ids(query: str) -> list[str]:
    return [command.id for command in find(query, findable())]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_is_found_first_by_its_name_in_either_language(command) -> None:
    for name in (command.text, in_japanese(command.context, command.text)):
        assert command.id in ids(name)[:2], name


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("PDF", "picture.save"),
        ("pdf 図", "picture.save"),
        ("ヘルプ", "palette"),
        ("help", "palette"),
        ("設定", "language.switch"),
        ("settings", "theme.switch"),
        ("温度", "view.next_token"),
        ("temperature", "view.next_token"),
        ("帰納", "view.head_statistics"),
        ("induction", "view.head_statistics"),
        ("language", "language.switch"),
        ("言語", "language.switch"),
        ("gpu", "device.choose"),
        ("map attention", "view.attention_map"),
        ("ATTENTION Map", "view.attention_map"),
        ("Attention　map", "view.attention_map"),
        ("ﾍｯﾄﾞ 統計", "view.head_statistics"),
        ("へっど", "view.head_grid"),
        ("注意線", "view.attention_lines"),
        ("step attn", "view.attention_stages"),
        ("heads statistics", "view.head_statistics"),
        ("ctrl+b", "view.second"),
    ],
)
def test_what_a_person_would_type_finds_it(query: str, wanted: str) -> None:
    assert wanted in ids(query)


def test_a_name_goes_before_a_word_beside_it() -> None:
    assert ids("similar")[0] == "view.similar_heads"
    assert ids("注意マップ")[0] == "view.attention_map"


def test_nothing_is_found_for_what_is_not_there_and_everything_for_nothing() -> None:
    assert ids("xyzzy") == []
    assert ids("") == ids("   ") == [command.id for command in COMMANDS]


def test_words_stand_beside_what_exists() -> None:
    assert set(SYNONYMS) <= set(BY_ID)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_palette_opens_a_view_behind_a_group_from_either_language(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, language: str
) -> None:
    window = make_window(tiny_llama)
    if language == "ja":
        window.run("language.switch")
    layers = "whole_model_attention"
    for query, view_id in (("全層", layers), ("all layers", layers), ("rope", "positions")):
        window.run("palette")
        palette = window.findChild(Palette)
        assert palette is not None
        palette.search.setText(query)
        qtbot.keyClick(palette.search, Qt.Key.Key_Return)
        assert window.views.first == view_id
        qtbot.waitUntil(lambda: window.findChild(Palette) is None)


def test_enter_does_nothing_where_nothing_is_found(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    window.run("palette")
    palette = window.findChild(Palette)
    assert palette is not None
    palette.search.setText("xyzzy")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.close()


def test_devices_are_chosen_by_name_too(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.run("device.choose")
    menu: QMenu = window.top_bar.device_menu
    assert menu.isVisible()
    menu.close()
