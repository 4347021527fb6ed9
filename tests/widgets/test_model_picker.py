from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.core.loading.catalogue import catalogue
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.model_picker import SOURCE

Make = Callable[..., MainWindow]


def test_all_catalogue_models_are_offered(
    make_window: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    window = make_window()
    picker = window.top_bar.open_picker()
    qtbot.waitUntil(lambda: not window.session.jobs.is_busy("cache"), timeout=20_000)
    offered = [picker.list.item(row).data(SOURCE) for row in range(picker.list.count())]
    assert {entry.source for entry in catalogue()} <= set(offered)
    picker.close()


@pytest.mark.parametrize("text", ["someone/their-model", "/tmp/folder", "model.gguf", "gpt-nobody-knows"])
def test_any_name_can_be_typed(make_window: Make, qtbot: QtBot, text: str) -> None:
    picker = make_window().top_bar.open_picker()
    picker.search.setText(text)
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert chosen.args == [text]


def test_typing_words_finds_a_model(make_window: Make, qtbot: QtBot) -> None:
    picker = make_window().top_bar.open_picker()
    picker.search.setText("xlm base")
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert chosen.args == ["FacebookAI/xlm-roberta-base"]


def test_the_device_menu_shows_what_the_machine_has(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    from visualizer.core import models

    window = make_window(tiny_llama)
    menu = window.top_bar.device_menu
    menu.look_for_devices()
    qtbot.waitUntil(lambda: not window.session.jobs.is_busy("devices"), timeout=20_000)
    menu.aboutToShow.emit()
    checked = [action.text() for action in menu.actions() if action.isChecked()]
    assert checked == ["CPU", "float32"]
    names = [action.text() for action in menu.actions() if action.isCheckable()]
    assert len(names) == len(models.devices()) + 3
