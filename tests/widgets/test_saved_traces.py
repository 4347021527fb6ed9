"""Whose numbers are on the screen: a saved trace is named, and no model runs in its place unasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.widgets.conftest import Passes
from visualizer.core import capture, models
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session import saved_traces
from visualizer.views.next_token import context
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]


def idle(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    keys = [key for pane in session.panes for key in pane.keys]
    qtbot.waitUntil(lambda: not any(map(session.jobs.is_busy, keys)), timeout=20_000)
    session.history.record()


@pytest.fixture
def window(make_window: Make, tiny_llama: LoadedModel, tiny_bert: LoadedModel, tmp_path: Path, qtbot: QtBot, passes):
    """tiny-llama is loaded; a saved trace of tiny-bert is shown."""
    capture.run(tiny_bert, RunRequest("the cat sat")).save(tmp_path / "b.safetensors")
    window = make_window(tiny_llama, "abcd")
    idle(window, qtbot)
    window.session.open_trace(tmp_path / "b.safetensors")
    idle(window, qtbot)
    passes.asked.clear()
    return window


def type_in(window: MainWindow, qtbot: QtBot, text: str) -> None:
    field = window.top_bar.prompt.text_field
    field.setFocus()
    field.moveCursor(field.textCursor().MoveOperation.End)
    qtbot.keyClicks(field, text)
    qtbot.waitUntil(lambda: not field.is_waiting, timeout=5000)
    QApplication.processEvents()


def test_the_bar_names_the_model_of_the_trace_and_that_it_is_saved(window: MainWindow, qtbot: QtBot) -> None:
    bar = window.top_bar
    assert bar.model.text() == "tiny-bert"
    assert bar.saved.isVisible() and bar.saved.label.text() == "saved trace"
    assert "saved trace" in window.status.facts.text()
    window.session.load_model("any", then_run=False)
    idle(window, qtbot)
    assert bar.model.text() == "tiny-bert", "a model that is loaded behind it has not made these numbers"
    card = bar.open_card()
    assert card is not None and window.session.trace is not None
    assert card.isVisible() and "tiny-bert" in [label.text() for label in card.findChildren(QLabel)]
    card.close()


def test_an_ordinary_run_is_not_called_saved(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    assert not window.top_bar.saved.isVisible()
    assert "saved" not in window.status.facts.text()


def test_typing_asks_and_the_loaded_model_runs_when_it_is_told_to(
    window: MainWindow, qtbot: QtBot, passes: Passes
) -> None:
    saved = window.session.trace
    type_in(window, qtbot, " down")
    assert window.session.trace is saved
    assert passes.asked == []
    question = window.question
    assert question.isVisible() and question.run.isVisible()
    assert "tiny-bert" in question.words.text() and "tiny-llama" in question.run.text()
    question.run.click()
    idle(window, qtbot)
    assert [asked.text for asked in passes.asked] == ["the cat sat down"]
    assert not question.isVisible()
    assert window.top_bar.model.text() == "tiny-llama" and not window.top_bar.saved.isVisible()
    type_in(window, qtbot, " there")
    assert not question.isVisible(), "it is asked once"


def test_enter_is_the_answer_only_once_the_question_was_there(
    window: MainWindow, qtbot: QtBot, passes: Passes
) -> None:
    field = window.top_bar.prompt.text_field
    field.setFocus()
    qtbot.keyClicks(field, "x")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.question.isVisible()
    assert passes.asked == [], "whoever presses Enter at the end of a text has not read it yet"
    QApplication.processEvents()
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    idle(window, qtbot)
    assert len(passes.asked) == 1


def test_the_trace_can_be_kept(window: MainWindow, qtbot: QtBot, passes: Passes) -> None:
    saved, field = window.session.trace, window.top_bar.prompt.text_field
    type_in(window, qtbot, " down")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not window.question.isVisible()
    assert field.text() == "the cat sat"
    assert window.session.trace is saved and passes.asked == []


def test_typing_back_to_the_trace_s_text_asks_nothing_any_more(window: MainWindow, qtbot: QtBot) -> None:
    type_in(window, qtbot, "x")
    assert window.question.isVisible()
    field = window.top_bar.prompt.text_field
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == "the cat sat"
    assert not window.question.isVisible()


def test_a_model_that_is_chosen_runs_what_was_typed(window: MainWindow, qtbot: QtBot, passes: Passes) -> None:
    type_in(window, qtbot, " down")
    window.session.load_model("any")
    idle(window, qtbot)
    assert [asked.text for asked in passes.asked] == ["the cat sat down"]
    assert not window.question.isVisible()


def test_a_load_that_fails_leaves_the_trace_and_what_was_typed(
    window: MainWindow, qtbot: QtBot, passes: Passes
) -> None:
    from visualizer.core.errors import NoNetwork

    def fail(*_: object) -> LoadedModel:
        raise NoNetwork("away")

    saved = window.session.trace
    type_in(window, qtbot, " down")
    window.session._load = fail
    window.session.load_model("away")
    idle(window, qtbot)
    assert window.session.trace is saved and passes.asked == []
    assert window.top_bar.prompt.text_field.text() == "the cat sat down"
    assert window.question.isVisible()


def test_the_trace_s_own_model_is_offered_where_it_is_known(
    make_window: Make, tiny_llama: LoadedModel, tmp_path: Path, qtbot: QtBot
) -> None:
    own = models.load("bundled:gpt-ja-en")
    capture.run(own, RunRequest("本を")).save(tmp_path / "a.safetensors")
    window = make_window(tiny_llama)
    idle(window, qtbot)
    asked: list[str] = []
    window.session._load = lambda source, *_: (asked.append(source), own)[1]
    window.session.open_trace(tmp_path / "a.safetensors")
    idle(window, qtbot)
    type_in(window, qtbot, "x")
    assert window.question.load.isVisible() and "gpt-ja-en" in window.question.load.text()
    window.question.load.click()
    idle(window, qtbot)
    assert asked == ["bundled:gpt-ja-en"]
    assert window.session.trace is not None and window.session.trace.text == "本をx"
    assert window.session.trace.model is own
    window.session.open_trace(tmp_path / "a.safetensors")
    idle(window, qtbot)
    type_in(window, qtbot, "y")
    assert not window.question.load.isVisible(), "it is the loaded one"


@pytest.mark.parametrize("source", ["\\\\host\\share\\m", "//host/share/m", "tiny-bert", "bundled:none", "a b/c", "\0"])
def test_a_source_that_leads_nowhere_or_to_another_machine_is_not_offered(
    tiny_bert: LoadedModel, source: str
) -> None:
    from dataclasses import replace

    trace = capture.run(tiny_bert, RunRequest("the cat"))
    assert saved_traces.own_source(replace(trace, card=replace(trace.card, source=source))) == ""


def test_without_any_model_the_list_of_models_is_offered(
    make_window: Make, tiny_bert: LoadedModel, tmp_path: Path, qtbot: QtBot
) -> None:
    capture.run(tiny_bert, RunRequest("the cat")).save(tmp_path / "b.safetensors")
    window = make_window(text="")
    window.session.open_trace(tmp_path / "b.safetensors")
    idle(window, qtbot)
    type_in(window, qtbot, "s")
    assert window.question.choose.isVisible()
    assert not window.question.run.isVisible() and not window.question.load.isVisible()


def test_a_candidate_of_another_vocabulary_is_never_written(
    make_window: Make, tiny_llama: LoadedModel, tmp_path: Path, qtbot: QtBot, passes: Passes
) -> None:
    own = models.load("bundled:gpt-ja-en")
    trace = capture.run(own, RunRequest("本を"))
    trace.save(tmp_path / "a.safetensors")
    window = make_window(tiny_llama)
    window.session.open_trace(tmp_path / "a.safetensors")
    idle(window, qtbot)
    passes.asked.clear()
    pane = window.session.showing
    context.take(pane, 1, int(trace.next_tokens(limit=1)[0].id))
    assert window.session.text == "本を" and pane.held is None
    assert "gpt-ja-en" in window.banner.headline.text() and window.banner.offer.isVisible()


def test_a_candidate_of_the_trace_s_own_model_is_asked_about(
    make_window: Make, tiny_llama: LoadedModel, tmp_path: Path, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    idle(window, qtbot)
    trace = window.session.trace
    assert trace is not None
    trace.save(tmp_path / "a.safetensors")
    window.session.open_trace(tmp_path / "a.safetensors")
    idle(window, qtbot)
    wanted = next(one for one in trace.next_tokens(limit=200) if one.text.isalpha() and len(one.text) == 1)
    context.take(window.session.showing, len(trace.tokens) - 1, wanted.id)
    held = window.session.showing.held
    assert held is not None and held.text == f"abcd{wanted.text}"
    assert window.question.isVisible()


def test_opening_the_trace_is_a_step_that_can_be_taken_back(window: MainWindow, qtbot: QtBot, passes: Passes) -> None:
    window.run("undo")
    trace = window.session.trace
    assert isinstance(trace, Trace) and trace.text == "abcd" and trace.model is not None
    assert passes.asked == []
    assert not window.top_bar.saved.isVisible()


@pytest.mark.parametrize("size", [(1280, 800), (960, 600)])
@pytest.mark.parametrize("lecture", [False, True])
def test_the_question_lies_whole_in_the_window_and_takes_no_room(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int], lecture: bool
) -> None:
    window.resize(*size)
    window.set_lecture(lecture)
    QApplication.processEvents()
    before = window.views.geometry()
    window.session.set_text("typed")
    QApplication.processEvents()
    question = window.question
    assert question.isVisible() and window.views.geometry() == before
    body = window.centralWidget()
    assert body is not None and body.rect().contains(question.geometry())
    for button in (question.run, question.stay):
        assert question.rect().contains(button.geometry())
        assert button.width() >= button.sizeHint().width()
