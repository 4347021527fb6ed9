"""The palette finds everything by name, in both languages, whatever the window speaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from visualizer.core import capture
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.place import Place
from visualizer.core.request import RunRequest
from visualizer.session.selection import Selection
from visualizer.ui.i18n import in_japanese
from visualizer.widgets.commands import BY_ID, COMMANDS
from visualizer.widgets.finding import find, findable, heads, place_of, terms
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
        ("ヘルプ", "help.view"),
        ("help", "help.view"),
        ("f1", "help.view"),
        ("用語", "help.glossary"),
        ("穴埋め", "view.next_token"),
        ("fill the blank", "view.next_token"),
        ("cloze", "view.next_token"),
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


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("エントロピー", "entropy"),
        ("entropy", "entropy"),
        ("えんとろぴー", "entropy"),
        ("τ", "temperature"),
        ("温度", "temperature"),
        ("Σ", "sum_sign"),
        ("rope", "rotary"),
        ("帰納ヘッド", "induction_head"),
        ("カルバック", "kl_divergence"),
        ("残差", "residual_stream"),
    ],
)
def test_a_term_is_found_by_its_name_its_symbol_and_other_words(query: str, wanted: str) -> None:
    assert f"term.{wanted}" in [command.id for command in find(query, terms())]


@pytest.mark.parametrize(
    "query",
    ["2.3", "2 3", "L2 H3", "l2h3", "L2.H3", "layer 2 head 3", "Layer 2, head 3",
     "層2 ヘッド3", "層 2 ヘッド 3", "層2・ヘッド3", "２.３", "レイヤー2 ヘッド3"],
)  # fmt: skip
def test_a_head_is_found_by_its_name(query: str, tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("ab"))
    found = heads(query, trace, Selection())
    assert [place_of(command.id) for command in found] == [Place("self", 2, 3)]
    assert found[0].label() == "Layer 2, head 3"


@pytest.mark.parametrize("query", ["3.0", "0.4", "2", "2.", "", "2.3.4", "entropy 2"])
def test_what_names_no_head_of_this_model_finds_none(query: str, tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("ab"))
    assert heads(query, trace, Selection()) == []
    assert heads("0.0", None, Selection()) == []


def test_a_head_of_a_translation_model_is_found_in_every_kind_that_has_it(tiny_marian: LoadedModel) -> None:
    trace = capture.run(tiny_marian, RunRequest("ab"))
    found = heads("2.1", trace, Selection(kind="cross"))
    assert [place_of(command.id).kind for command in found] == ["cross", "decoder"], "the encoder has two layers"


def choose(window: MainWindow, query: str, qtbot: QtBot) -> None:
    window.run("palette")
    palette = window.findChild(Palette)
    assert palette is not None
    palette.search.setText(query)
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.findChild(Palette) is None)


def test_the_palette_jumps_to_a_head(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.views.choose("positions")
    choose(window, "L2 H3", qtbot)
    assert window.session.selection.place == Place("self", 2, 3)
    assert window.views.first == "attention_map", "a view that shows one head"
    window.views.choose("head_grid")
    choose(window, "1.0", qtbot)
    assert window.session.selection.place == Place("self", 1, 0) and window.views.first == "head_grid"


def test_the_palette_explains_a_term(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    choose(window, "エントロピー", qtbot)
    assert window.explanation.isVisible() and window.explanation.page == ("term", "entropy")


@pytest.mark.parametrize(("language", "name"), [("en", "Fill the blank"), ("ja", "穴埋め")])
def test_with_a_masked_model_the_view_is_called_by_what_it_does_everywhere(
    make_window: Make, tiny_bert: LoadedModel, qtbot: QtBot, language: str, name: str
) -> None:
    window = make_window(tiny_bert, text="a [MASK]")
    if language == "ja":
        window.run("language.switch")
    window.views.choose("next_token")
    window.run("help.view")
    qtbot.waitUntil(lambda: window.views.view("next_token").header.title() == name)
    assert window.explanation.title.text() == name
    assert name in window.activity.buttons["text"].toolTip()
    assert window.tabs.dock.accessibleName() == BY_ID["view.dock"].label("masked") != BY_ID["view.dock"].label()
    window.tabs.show_view("next_token")
    assert window.tabs.tabs["next_token"].text() == name
    window.set_lecture(True)
    assert window.lecture_bar is not None and name in window.lecture_bar.views.text()
    window.set_lecture(False)
    window.run("palette")
    palette = window.findChild(Palette)
    assert palette is not None
    palette.search.setText(name)
    assert palette.list.topLevelItem(0).text(0) == name
    palette.close()


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
