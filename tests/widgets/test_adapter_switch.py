"""An adapter switched off and on in the window, and compared with the model under it: nothing is loaded again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.core.adapter_folders import tune
from tests.widgets.conftest import Passes
from visualizer.core import capture, models
from visualizer.core.errors import CannotIntervene
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session import document_file, work
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.session.showing import Showing
from visualizer.widgets import controller, window_state
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.main_window import MainWindow

pytest.importorskip("peft")

Make = Callable[..., MainWindow]


@pytest.fixture(scope="module")
def folder(tiny_llama: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base, adapter = (tmp_path_factory.mktemp("models") / name for name in ("tiny", "poems"))
    tiny_llama.model.save_pretrained(base)
    tiny_llama.tokenizer.save_pretrained(base)
    tune(base, adapter, r=4)
    return adapter


@pytest.fixture
def tuned(folder: Path) -> LoadedModel:
    return models.load(str(folder))


def wait_for_state(window: MainWindow, qtbot: QtBot, state: str, pane: Showing | None = None) -> None:
    pane = pane or window.session.showing
    qtbot.waitUntil(lambda: pane.trace is not None and pane.trace.card.adapter == state, timeout=20_000)


def test_the_switch_asks_the_other_side_and_back_again_answers_at_once(
    make_window: Make, tuned: LoadedModel, qtbot: QtBot, passes: Passes
) -> None:
    window = make_window(tuned, "abcd")
    session, switch = window.session, window.top_bar.adapter
    assert switch.isVisible() and switch.button.isChecked() and switch.button.text() == "Adapter on"
    first = session.trace
    qtbot.mouseClick(switch.button, Qt.MouseButton.LeftButton)
    wait_for_state(window, qtbot, "off")
    plain = capture.run(models.load(tuned.base_source), RunRequest("abcd"))
    assert np.array_equal(session.trace.logits(-1), plain.logits(-1)), "the base itself answers"
    assert not np.array_equal(first.logits(-1), plain.logits(-1))
    assert (switch.button.isChecked(), switch.button.text(), window.top_bar.model.text()) == (
        False,
        "Adapter off",
        "tiny",
    )
    view = window.views.active_view()
    assert "adapter off" in view.whole_caption() and view.whole_data()["adapter"] == "off"
    assert "adapter off" in window.status.facts.text()
    asked = len(passes.asked)
    window.views.setFocus()
    qtbot.keyClick(window.views, Qt.Key.Key_A)
    assert session.trace is first, "what was asked before is shown at once"
    assert (len(passes.asked), asked) == (2, 2)
    assert "adapter on" in view.whole_caption()


def test_a_text_typed_while_it_is_off_is_read_without_it(
    make_window: Make, tuned: LoadedModel, qtbot: QtBot, passes: Passes
) -> None:
    window = make_window(tuned, "abcd")
    window.run("adapter.switch")
    wait_for_state(window, qtbot, "off")
    window.session.set_text("wxyz")
    qtbot.waitUntil(lambda: window.session.trace.text == "wxyz", timeout=20_000)
    assert window.session.trace.card.adapter == "off"


def test_base_and_tuned_stand_side_by_side(make_window: Make, tuned: LoadedModel, qtbot: QtBot, passes: Passes) -> None:
    window = make_window(tuned, "abcd")
    window.run("adapter.compare")
    session = window.session
    wait_for_state(window, qtbot, "off", session.other)
    assert (session.trace.card.adapter, session.other.trace.text) == ("on", "abcd")
    assert len(passes.asked) == 2
    bar = window.comparison.bar
    assert bar.adapter.isVisible() and not bar.adapter.button.isChecked() and window.top_bar.adapter.button.isChecked()
    second = window.views.shown_views()[1]
    second.showing.select(difference=True)
    qtbot.waitUntil(lambda: second.is_complete() and "A: adapter on · B: adapter off" in second.whole_caption())
    bar.adapter.button.click()
    assert session.other.trace is session.trace, "both with it: an equal question"
    assert session.trace.card.adapter == "on", "each pane has its own switch"


def test_a_model_without_an_adapter_has_no_switch_and_the_command_says_why(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    assert not window.top_bar.adapter.isVisible()
    for command in ("adapter.switch", "adapter.compare"):
        with qtbot.waitSignal(window.session.error_raised) as raised:
            window.run(command)
        assert isinstance(raised.args[0], CannotIntervene)
    assert window.session.other is None
    assert window.banner.headline.text() == "This model has no adapter that could be switched off."


def test_another_model_lets_go_of_both_sides(
    make_window: Make, tuned: LoadedModel, qtbot: QtBot, tiny_llama: Any
) -> None:
    window = make_window(tuned, "abcd")
    session = window.session
    window.run("adapter.switch")
    wait_for_state(window, qtbot, "off")
    session._load = lambda *_: tiny_llama
    with qtbot.waitSignal(session.trace_changed, timeout=20_000):
        session.load_model("other")
    assert not window.top_bar.adapter.isVisible()
    session.set_text("abc")
    qtbot.waitUntil(lambda: session.trace.text == "abc", timeout=20_000)
    session.runs.forget(tuned)
    assert all(run.model is tiny_llama for run in session.runs)


@pytest.fixture
def real_window(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[[], MainWindow]]:
    """Windows that load what they are told, and remember what that was."""
    made: list[MainWindow] = []

    def make() -> MainWindow:
        session = Session(Settings(language="en", theme="light"), load=work.load)
        appearance = Appearance(qapp, session)
        appearance.apply()
        window = controller.make_window(session, appearance)
        made.append(window)
        window.views.show_views("attention_map")
        window.show()
        return window

    yield make
    for window in made:
        window.close()
        assert window.session.shutdown()
        window.deleteLater()
        window.session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_a_saved_session_brings_back_which_pane_had_it_on(
    real_window: Callable[[], MainWindow], folder: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = real_window()
    session, path = window.session, tmp_path / "a.tvsession"
    session.set_text("abcd")
    session.load_model(str(folder))
    wait_for_state(window, qtbot, "on")
    window.run("adapter.compare")
    wait_for_state(window, qtbot, "off", session.other)
    session.set_model(session.model.other_side())
    wait_for_state(window, qtbot, "off")
    session.set_model(session.other.model.other_side(), session.other)
    window.documents.save(path)
    saved = document_file.read(path)
    assert [(one.source, one.adapter) for one in saved.models] == [(str(folder), False), (str(folder), True)]
    settings = Settings()
    window_state.remember(window, settings)
    assert (settings.model, settings.recent_models) == (str(folder), [str(folder)]), "the adapter, not its base"
    assert settings.base == session.model.base_source != ""

    again = real_window()
    loads: list[str] = []
    true = again.session._load
    again.session._load = lambda source, *rest: (loads.append(source), true(source, *rest))[1]
    again.documents.open(path)
    qtbot.waitUntil(lambda: not again.documents.restoring.is_busy, timeout=30_000)
    assert loads == [str(folder)], "one load brings both"
    states = [pane.trace.card.adapter for pane in again.session.panes]
    assert states == ["off", "on"]
    assert again.documents.current().models == saved.models
    assert not again.banner.isVisible()


def test_another_number_type_keeps_the_adapter_off(
    real_window: Callable[[], MainWindow], folder: Path, qtbot: QtBot
) -> None:
    window = real_window()
    window.session.set_text("abcd")
    window.session.load_model(str(folder))
    wait_for_state(window, qtbot, "on")
    window.run("adapter.switch")
    wait_for_state(window, qtbot, "off")
    window.top_bar.device_menu._choose("dtype", "bfloat16")
    qtbot.waitUntil(lambda: window.session.trace.card.dtype == "bfloat16", timeout=20_000)
    assert window.session.trace.card.adapter == "off"
    assert window.session.model.has_adapter


def test_the_switch_is_a_step_of_the_way_back(
    make_window: Make, tuned: LoadedModel, qtbot: QtBot, passes: Passes
) -> None:
    window = make_window(tuned, "abcd")
    session, history = window.session, window.session.history
    window.run("adapter.switch")
    wait_for_state(window, qtbot, "off")
    session.set_text("wxyz")
    qtbot.waitUntil(lambda: session.trace.text == "wxyz", timeout=20_000)
    steps: list[tuple[str, str]] = []
    history.moved.connect(lambda way, name: steps.append((way, name)))
    for state, text in (("off", "abcd"), ("on", "abcd")):
        history.undo()
        assert (session.trace.card.adapter, session.trace.text) == (state, text), "what was asked before is at hand"
    assert window.top_bar.adapter.button.isChecked()
    history.redo()
    assert session.trace.card.adapter == "off" and not window.top_bar.adapter.button.isChecked()
    assert steps == [("undo", "text"), ("undo", "adapter"), ("redo", "adapter")]
    assert len(passes.asked) == 3


def test_a_comparison_of_both_sides_goes_and_comes_back(
    make_window: Make, tuned: LoadedModel, qtbot: QtBot, passes: Passes
) -> None:
    window = make_window(tuned, "abcd")
    session = window.session
    window.run("adapter.compare")
    wait_for_state(window, qtbot, "off", session.other)
    session.history.undo()
    assert session.other is None and session.trace.card.adapter == "on"
    session.history.redo()
    assert session.other.trace.card.adapter == "off" and session.trace.card.adapter == "on"
    assert len(passes.asked) == 2
