"""What a load lacked is asked for in the window: a token of the hub, an adapter's base model."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from tests.core.adapter_folders import tune
from tests.core.hub_server import ADMITTED, UNKNOWN, serving, use
from tests.core.model_folders import save
from visualizer import app
from visualizer.core.errors import UnknownModel
from visualizer.session import settings as settings_file
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.widgets import controller, load_help, window_state
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.main_window import MainWindow


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> Iterator[MainWindow]:
    session = Session(Settings(language="en", theme="light"))
    appearance = Appearance(qapp, session)
    appearance.apply()
    window = controller.make_window(session, appearance)
    window.resize(1280, 800)
    window.views.show_views("attention_map")
    window.show()
    yield window
    window.close()
    assert session.shutdown()
    window.deleteLater()
    session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save("gpt2", tmp_path_factory.mktemp("hub") / "gpt2")


@pytest.fixture
def gated(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A hub whose model someone/gated is only for those who bring the right token."""
    repositories = {"someone/gated": repository, "someone/free": repository}
    with serving(repositories, gated=("someone/gated",)) as (address, asked):
        use(monkeypatch, address, tmp_path / "cache")
        yield asked


def refused(window: MainWindow, qtbot: QtBot, act: Callable[[], object]) -> UnknownModel:
    with qtbot.waitSignal(window.session.error_raised, timeout=20_000) as raised:
        act()
    return raised.args[0]


def test_a_gated_model_asks_for_a_token_which_nothing_keeps(
    window: MainWindow,
    qtbot: QtBot,
    gated: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(logging.getLogger(), "handlers", list(logging.getLogger().handlers))
    before = set(logging.getLogger().handlers)
    app.write_log()
    (log,) = set(logging.getLogger().handlers) - before
    session, row = window.session, window.load_help
    session.set_text("abcd")
    refused(window, qtbot, lambda: session.load_model("someone/gated"))
    assert row.isVisible() and row.token.isVisible() and not row.base.isVisible()
    assert row.token.echoMode() == QLineEdit.EchoMode.Password and not row.load.isEnabled()
    assert row.words.text() == "“someone/gated” needs:"
    assert window.banner.headline.text() == "“someone/gated” is given only to those whom its owner admits."
    assert "/someone/gated" in window.banner.advice.text()

    qtbot.keyClicks(row.token, UNKNOWN)
    error = refused(window, qtbot, lambda: qtbot.mouseClick(row.load, Qt.MouseButton.LeftButton))
    assert error.reason == "token"
    assert row.isVisible() and row.token.text() == "", "what was wrong is typed anew"

    row.token.setText("hf_not a token")
    refused(window, qtbot, row.load.click)
    assert row.isVisible() and row.make.isVisible()
    qtbot.keyClicks(row.token, ADMITTED)
    with qtbot.waitSignal(session.trace_changed, timeout=20_000):
        qtbot.keyClick(row.token, Qt.Key.Key_Return)
    assert not row.isVisible() and row.token.text() == ""
    assert not window.banner.isVisible()
    assert any(path.startswith(f"token {ADMITTED} ") for path in gated)
    session.load_model("someone/free")
    qtbot.waitUntil(lambda: session.model.source == "someone/free", timeout=20_000)
    free = [path for path in gated if "someone/free" in path]
    assert free and not any(path.startswith("token ") for path in free), "the next load goes without it"

    window_state.remember(window, session.settings)
    assert settings_file.save(session.settings, tmp_path / "settings.json")
    window.documents.save(tmp_path / "a.tvsession")
    session.trace.save(tmp_path / "trace.safetensors")
    log.close()
    logging.getLogger().removeHandler(log)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"settings.json", "a.tvsession", "trace.safetensors", "log.txt"} <= {path.name for path in written}
    for token in (ADMITTED, UNKNOWN):
        assert token not in caplog.text
        assert [path for path in written if token.encode() in path.read_bytes()] == []


def test_a_second_panes_model_is_loaded_into_the_second_pane(
    window: MainWindow, qtbot: QtBot, gated: list[str], repository: Path
) -> None:
    session = window.session
    session.set_text("abcd")
    with qtbot.waitSignal(session.trace_changed, timeout=20_000):
        session.load_model(str(repository))
    refused(window, qtbot, lambda: session.compare(source="someone/gated"))
    window.load_help.token.setText(ADMITTED)
    window.load_help.load.click()
    qtbot.waitUntil(lambda: session.other.model is not session.model, timeout=20_000)
    assert (session.other.model.source, session.model.source) == ("someone/gated", str(repository))


def test_the_row_goes_with_the_next_load_or_its_cross(window: MainWindow, qtbot: QtBot, gated: list[str]) -> None:
    session, row = window.session, window.load_help
    refused(window, qtbot, lambda: session.load_model("someone/gated"))
    row.token.setText("hf_half")
    row.close_button.click()
    assert not row.isVisible() and row.token.text() == ""
    refused(window, qtbot, lambda: session.load_model("someone/gated"))
    assert row.isVisible()
    refused(window, qtbot, lambda: session.load_model("someone/nothing"))
    assert not row.isVisible(), "a name that does not exist is not helped by a token"


def test_the_pages_of_the_hub_are_opened_in_the_browser(
    window: MainWindow, qtbot: QtBot, gated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(load_help.QDesktopServices, "openUrl", lambda url: opened.append(url.path()))
    refused(window, qtbot, lambda: window.session.load_model("someone/gated"))
    window.load_help.page.click()
    window.load_help.make.click()
    assert opened == ["/someone/gated", "/settings/tokens"]


def test_an_adapter_whose_base_is_elsewhere_asks_for_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, repository: Path
) -> None:
    pytest.importorskip("peft")
    adapter, moved = tmp_path / "adapter", tmp_path / "moved"
    tune(repository, adapter, r=4, target_modules=["c_attn"], fan_in_fan_out=True)
    shutil.copytree(repository, moved)
    config = adapter / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "base_model_name_or_path": "/where/it/was"}))
    session, row = window.session, window.load_help
    session.set_text("abcd")
    refused(window, qtbot, lambda: session.load_model(str(adapter)))
    assert row.base.isVisible() and not row.token.isVisible()
    row.base.click()
    (picker,) = window.findChildren(load_help.ModelPicker)
    picker.search.setText(str(moved))
    with qtbot.waitSignal(session.trace_changed, timeout=20_000):
        picker.accept()
    assert (session.model.source, session.model.base_source) == (str(adapter), str(moved))
    assert not row.isVisible()
    window.documents.save(tmp_path / "a.tvsession")
    session.load_model(str(repository))
    qtbot.waitUntil(lambda: session.model.source == str(repository), timeout=20_000)
    window.documents.open(tmp_path / "a.tvsession")
    qtbot.waitUntil(lambda: not window.documents.restoring.is_busy, timeout=20_000)
    assert session.model.base_source == str(moved), "a saved session knows the base that was chosen"
