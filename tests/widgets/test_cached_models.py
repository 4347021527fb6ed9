"""Models that the hub's library keeps on this machine: first in the list of models, and deleted from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.core.hub_server import serving, use
from tests.core.model_folders import save
from visualizer.core import models
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.loading.catalogue import catalogue
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.model_picker import SOURCE, ModelPicker
from visualizer.widgets.two_lines import DELETABLE, DESCRIPTION, FIGURE

Make = Callable[..., MainWindow]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The hub's folder with a model of the catalogue (GPT-2, here a tiny one) and one of somebody."""
    folder = save("gpt2", tmp_path / "gpt2")
    with serving({"someone/tiny": folder, "openai-community/gpt2": folder}) as (address, _):
        use(monkeypatch, address, tmp_path / "cache")
        for source in ("someone/tiny", "openai-community/gpt2"):
            models.load(source)
        yield tmp_path / "cache"


def opened(window: MainWindow, qtbot: QtBot) -> ModelPicker:
    picker = window.top_bar.open_picker()
    qtbot.waitUntil(lambda: not window.session.jobs.is_busy("cache"), timeout=20_000)
    return picker


def sources(picker: ModelPicker) -> list[str | None]:
    return [picker.list.item(row).data(SOURCE) for row in range(picker.list.count())]


def item_of(picker: ModelPicker, source: str):
    return picker.list.item(sources(picker).index(source))


def test_what_is_here_stands_first_with_its_size(make_window: Make, qtbot: QtBot, cache: Path) -> None:
    picker = opened(make_window(), qtbot)
    found = sources(picker)
    assert found[0] is None and set(found[1:3]) == {"someone/tiny", "openai-community/gpt2"}
    assert picker.list.item(0).text() == "From the hub, on this machine"
    assert found.count("openai-community/gpt2") == 1, "no more among those that would be fetched"
    known, other = item_of(picker, "openai-community/gpt2"), item_of(picker, "someone/tiny")
    assert (known.text(), other.text()) == ("GPT-2", "someone/tiny")
    assert "kB" in other.data(FIGURE) and other.data(FIGURE) == known.data(FIGURE)
    assert other.data(DESCRIPTION).startswith("Used last on 20")
    assert {entry.source for entry in catalogue()} <= set(found)
    picker.search.setText("someone")
    assert not other.isHidden() and known.isHidden()
    picker.close()


def test_offline_only_what_is_here_is_offered(
    make_window: Make, qtbot: QtBot, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    picker = opened(make_window(), qtbot)
    bundled = {entry.source for entry in catalogue() if entry.bundled}
    assert {source for source in sources(picker) if source} == {"someone/tiny", "openai-community/gpt2"} | bundled
    assert "HF_HUB_OFFLINE" in picker.list.item(picker.list.count() - 1).text()
    picker.search.setText("someone/other")
    assert picker.hint.text() == "Enter: someone/other from the hub · offline: it cannot be fetched"
    picker.search.setText("someone/tiny")
    assert picker.hint.text() == "Enter: someone/tiny from the hub · on this machine"
    picker.close()


def test_the_bin_asks_and_deletes_when_it_is_told(make_window: Make, qtbot: QtBot, cache: Path) -> None:
    window = make_window()
    picker = opened(window, qtbot)
    chosen: list[str] = []
    picker.chosen.connect(chosen.append)
    item = item_of(picker, "someone/tiny")
    assert item.data(DELETABLE) and not picker.list.item(4).data(DELETABLE)
    picker.list.scrollToItem(item)
    place = picker._rows.bin_place(picker.list.visualItemRect(item)).center()
    qtbot.mouseClick(picker.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert picker.question.isVisible() and "“someone/tiny”" in picker.question.words.text()
    qtbot.mouseClick(picker.question.keep, Qt.MouseButton.LeftButton)
    assert (cache / "models--someone--tiny").is_dir() and not picker.question.isVisible()
    picker.search.setText("someone")
    qtbot.keyClick(picker.search, Qt.Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier)
    assert picker.question.isVisible()
    qtbot.mouseClick(picker.question.delete, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "someone/tiny" not in sources(picker), timeout=20_000)
    assert not (cache / "models--someone--tiny").exists()
    assert (cache / "models--openai-community--gpt2").is_dir()
    assert chosen == [], "a click on the bin chooses nothing"
    picker.close()


def test_the_models_that_are_loaded_stay(make_window: Make, qtbot: QtBot, cache: Path) -> None:
    window = make_window(models.load("someone/tiny"), "ab")
    window.session.compare()
    window.session.set_model(models.load("openai-community/gpt2"), window.session.other)
    picker = opened(window, qtbot)
    for source in ("someone/tiny", "openai-community/gpt2"):
        picker.ask_to_delete(item_of(picker, source))
        with qtbot.waitSignal(picker.cached.failed, timeout=20_000):
            picker.question.delete.click()
        assert picker.question.isVisible() and not picker.question.delete.isVisible()
        assert picker.question.words.text() == (
            f"“{source}” is loaded now, and stays on this machine. Choose another model first."
        )
        picker.question.keep.click()
    assert len(list(cache.glob("models--*"))) == 2
    picker.close()


def test_a_list_that_was_closed_meanwhile_is_left_alone(make_window: Make, qtbot: QtBot, cache: Path) -> None:
    window = make_window()
    picker = window.top_bar.open_picker()
    picker.close()
    picker.deleteLater()
    qtbot.waitUntil(lambda: not window.session.jobs.is_busy("cache"), timeout=20_000)
    again = window.top_bar.open_picker()
    assert "someone/tiny" in sources(again), "what was found before is there at once"
    again.close()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "Of the hub: owner/name, owner/name@revision, owner/name:file.gguf"),
        ("bert", ""),
        ("someone/ggufs:q/tiny.gguf", "Enter: the file q/tiny.gguf of someone/ggufs"),
        ("someone/tiny@v1.0", "Enter: revision v1.0 of someone/tiny"),
        ("gpt2@main", "Enter: revision main of gpt2"),
        ("someone/other", "Enter: someone/other from the hub"),
        ("/no/such/folder", ""),
        ("\\\\host\\share", ""),
        ("a/b:../c.gguf", ""),
    ],
)
def test_what_enter_would_fetch_is_said_while_one_types(
    make_window: Make, qtbot: QtBot, cache: Path, text: str, hint: str
) -> None:
    picker = opened(make_window(), qtbot)
    picker.search.setText(text)
    assert picker.hint.text() == hint
    if hint.startswith("Enter"):
        with qtbot.waitSignal(picker.chosen) as chosen:
            qtbot.keyClick(picker.search, Qt.Key.Key_Return)
        assert chosen.args == [text]
    picker.close()


def test_beside_a_quantized_model_the_one_that_it_was_made_of_is_proposed(
    make_window: Make, qtbot: QtBot, tiny_llama: LoadedModel, cache: Path
) -> None:
    from dataclasses import replace

    window = make_window(replace(tiny_llama, notices=("unpacked:GGUF Q4_K_M",)), "ab")
    window.run("compare")
    bar = window.comparison.bar
    assert bar is not None
    picker = bar.open_picker()
    assert picker.hint.text().startswith("A's weights were unpacked from fewer bits")
    picker.close()
    first = window.top_bar.open_picker()
    assert first.hint.text().startswith("Of the hub")
    first.close()
