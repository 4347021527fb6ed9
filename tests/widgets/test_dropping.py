"""Whatever the program can open may be dropped anywhere on the window, which says first what will happen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.session import dropped
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]
ACTION, BUTTON, KEYS = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def held(*paths: Path, text: str = "") -> QMimeData:
    data = QMimeData()
    if paths:
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if text:
        data.setText(text)
    return data


def enter(window: QWidget, data: QMimeData) -> bool:
    event = QDragEnterEvent(QPoint(9, 9), ACTION, data, BUTTON, KEYS)
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def drop(window: QWidget, data: QMimeData) -> None:
    enter(window, data)  # Qt lets go only over what has been entered
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), ACTION, data, BUTTON, KEYS))


def test_a_text_of_another_program_is_read(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    data = held(text="xyz\n and more\n")
    assert enter(window, data)
    assert window.dropping.veil.isVisible()
    assert window.dropping.veil.text == "Read this text: xyz and more"
    drop(window, data)
    assert not window.dropping.veil.isVisible()
    qtbot.waitUntil(lambda: window.session.text == "xyz  and more")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_text_file_is_read_in_the_ways_that_japanese_is_written(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path, encoding: str
) -> None:
    window, path = make_window(tiny_llama), tmp_path / "sentence.txt"
    path.write_bytes("猫が好き。\n".encode(encoding))
    drop(window, held(path))
    qtbot.waitUntil(lambda: window.session.text == "猫が好き。")


def test_a_trace_is_opened(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path) -> None:
    window, path = make_window(tiny_llama, "first"), tmp_path / "t.safetensors"
    assert window.session.trace is not None
    window.session.trace.save(path)
    window.session.set_text("second")
    qtbot.waitUntil(lambda: window.session.trace is not None and window.session.trace.text == "second")
    drop(window, held(path))
    qtbot.waitUntil(lambda: window.session.trace is not None and window.session.trace.text == "first")


@pytest.mark.parametrize("name", ["model/config.json", "adapter/adapter_config.json", "some.gguf"])
def test_models_are_loaded_from_folders_and_gguf_files(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    window, file = make_window(tiny_llama), tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("{}")
    path, asked = file if file.suffix == ".gguf" else file.parent, []
    window.session._load = lambda source, *_: asked.append(source) or tiny_llama
    assert enter(window, held(path))
    assert window.dropping.veil.text == f"Load the model {path.name}"
    drop(window, held(path))
    qtbot.waitUntil(lambda: asked == [str(path)])


def test_of_several_the_first_that_can_be_used_is_taken_and_that_is_said(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path
) -> None:
    window, text = make_window(tiny_llama), tmp_path / "b.txt"
    text.write_text("second of three")
    others = [tmp_path / "a.png", tmp_path / "c.txt"]
    for other in others:
        other.write_bytes(b"x")
    with qtbot.waitSignal(window.session.notice_raised) as notice:
        drop(window, held(others[0], text, others[1]))
    assert notice.args == ["dropped_first", {"name": "b.txt", "count": 3}]
    assert window.session.text == "second of three"
    assert "b.txt" in window.banner.headline.text()


def test_what_cannot_be_opened_is_said_in_one_sentence_and_changes_nothing(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path
) -> None:
    window, path = make_window(tiny_llama), tmp_path / "cat.png"
    path.write_bytes(b"\x89PNG")
    assert enter(window, held(path)), "else the window could not say anything"
    assert window.dropping.veil.text == "cat.png cannot be opened here"
    with qtbot.waitSignal(window.session.notice_raised):
        drop(window, held(path))
    assert "cat.png" in window.banner.headline.text()
    assert window.session.text == "abcd"
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\0\1\2")
    with qtbot.waitSignal(window.session.notice_raised):
        drop(window, held(binary))
    assert window.session.text == "abcd"


def test_a_veil_goes_when_the_pointer_leaves(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    enter(window, held(text="abc"))
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.dropping.veil.isVisible()
    assert not enter(window, held(text="   ")), "nothing is nothing"


def test_fields_keep_texts_for_themselves_but_not_files(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, tmp_path: Path
) -> None:
    window, path = make_window(tiny_llama), tmp_path / "sentence.txt"
    path.write_text("from a file")
    field = window.top_bar.prompt.text_field
    drop(field, held(path))
    qtbot.waitUntil(lambda: window.session.text == "from a file")
    assert not window.dropping.eventFilter(field, QDropEvent(QPointF(1, 1), ACTION, held(text="x"), BUTTON, KEYS))


def test_kinds_of_things(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert dropped.kind_of(tmp_path / "empty") == "unknown"
    assert dropped.kind_of(tmp_path / "X.TVSESSION") == "session"
    assert dropped.of_paths([]) is None
    assert dropped.of_text(" \n\t") is None
    assert dropped.read_text(tmp_path / "gone.txt") is None
