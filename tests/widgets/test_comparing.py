"""Two texts side by side in the window: a pane of its own for the second, and nothing left when it closes."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.session.fakes import Runner
from tests.widgets.conftest import Passes
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session import work
from visualizer.session.selection import Hover
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]


def _settle() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()
    gc.collect()


def type_second(window: MainWindow, qtbot: QtBot, text: str) -> None:
    bar = window.comparison.bar
    assert bar is not None
    bar.prompt.text_field.setPlainText(text)
    bar.prompt.text_field.flush()
    other = window.session.other
    qtbot.waitUntil(lambda: other.trace is not None and other.trace.text == text, timeout=20_000)


def test_ctrl_d_opens_the_second_pane_on_the_same_answer_and_closes_it_again(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, passes: Passes
) -> None:
    window = make_window(tiny_llama, "abcd")
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    session = window.session
    assert session.other is not None and session.other.trace is session.trace
    assert len(passes.asked) == 1, "an equal question costs no pass"
    first, second = window.views.shown_views()[:2]
    assert (first.showing, second.showing) == (session.showing, session.other)
    assert first.id == second.id == "attention_map"
    assert second.trace is session.trace, "it is drawn at once"
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert session.other is None
    assert (window.views.second, window.comparison.isVisible()) == ("", False)


def test_the_second_text_is_its_own_and_tokens_light_up_together(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    window.run("compare")
    type_second(window, qtbot, "Xabcd")
    assert window.session.text == "abcd"
    tokens = window.comparison.tokens
    assert tokens is not None
    assert tokens.canvas.comparison(0) == ("only_here", *("identical",) * 4)
    assert window.tokens.canvas.comparison(0) == ("identical",) * 4
    window.session.set_hover(Hover(query=1))
    assert tokens.canvas._marks(0)[0].query == 2
    tokens.canvas.lock(0, 3)
    assert window.session.selection.query == 2


def test_each_pane_shows_any_view_and_one_choice_of_head_moves_both(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    window.run("compare")
    window.views._choose_beside("head_grid")
    assert (window.views.first, window.views.second) == ("attention_map", "head_grid")
    window.views._choose_beside("attention_map")
    assert (window.views.first, window.views.second) == ("attention_map", "attention_map")
    window.session.select(layer=2, head=1)
    second = window.views.active_view()
    assert second is not None and second.showing is window.session.other
    assert (second.selection.layer, second.selection.head) == (2, 1)


def test_a_second_view_comes_back_when_the_comparison_ends(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama, "abcd")
    window.views.show_views("attention_map", "attention_lines")
    window.run("compare")
    assert window.views.ordinary_second == "attention_lines"
    window.run("view.second")
    assert window.session.other is None, "taking the second pane away ends the comparison"
    assert window.views.second == "attention_lines"


def test_the_cross_ends_the_comparison_and_its_work(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama, "abcd")
    window.run("compare")
    window.views._choose_beside("head_statistics")
    bar, session = window.comparison.bar, window.session
    assert bar is not None
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert session.other is None
    assert not [key for key in session.jobs._latest if "other" in key or key.startswith("head_statistics")]


def test_twenty_comparisons_leave_nothing_behind(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama, "abcd")
    session = window.session

    def once(number: int) -> None:
        window.run("compare")
        window.views._choose_beside(("attention_map", "head_grid", "attention_stages")[number % 3])
        session.select(difference=bool(number % 2))
        QCoreApplication.processEvents()
        window.run("compare")
        _settle()

    def count() -> tuple[int, list[int]]:
        signals = ("theme_changed(PyObject)", "busy_changed(QString,bool)", "options_changed(QString)")
        counts = [session.receivers(f"2{name}") for name in signals]
        assert all(counts), "a signal that is spelt wrongly has no receivers"
        return len(window.findChildren(QWidget)), [*counts, len(session.children())]

    for number in range(3):
        once(number)
    before = count()
    for number in range(20):
        once(number)
    assert count() == before


def test_a_model_that_cannot_be_loaded_is_told_in_the_pane(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    session = window.session
    session._load = _refuse
    with qtbot.waitSignal(session.error_raised, timeout=10_000):
        session.compare(source="nowhere")
    assert session.trace is not None, "the first pane keeps what it shows"
    second = window.views.shown_views()[1]
    assert second.error is not None or second.trace is not None


def _refuse(source: str, *_: object) -> LoadedModel:
    from visualizer.core.errors import UnknownModel

    raise UnknownModel(source)


@pytest.mark.parametrize("text", ["", "猫 the ☃", "abcd" * 20])
def test_any_second_text_is_shown_or_told(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, text: str) -> None:
    window = make_window(tiny_llama, "abcd")
    window.run("compare")
    bar, other = window.comparison.bar, window.session.other
    assert bar is not None and other is not None
    bar.prompt.text_field.setPlainText(text)
    bar.prompt.text_field.flush()
    qtbot.waitUntil(lambda: (other.trace.text if other.trace is not None else "") == text, timeout=20_000)
    second = window.views.shown_views()[1]
    assert bool(second.message()) == (not text)


def test_the_first_model_may_change_while_comparing(
    make_window: Make, tiny_llama: LoadedModel, tiny_bert: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    window.run("compare")
    session = window.session
    session._load = lambda *_: tiny_bert
    with qtbot.waitSignals([session.trace_changed, session.other.trace_changed], timeout=20_000):
        session.load_model("bert")
    assert session.other is not None
    assert session.other.model is tiny_bert, "a pane without a model of its own follows"
    qtbot.waitUntil(lambda: session.trace.card.name == session.other.trace.card.name)


def test_the_second_panes_work_is_named_and_stopped_like_the_firsts(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    held = Runner(held=True)

    def run(model: LoadedModel, request: RunRequest, *about: Any) -> Any:
        return (work.run if request.text == "abcd" else held)(model, request, *about)

    window = make_window(tiny_llama, "abcd", run=run)
    session = window.session
    for stop in (window.status.stop.click, lambda: window.run("run.cancel")):
        session.compare(RunRequest("abXd"))
        qtbot.waitUntil(lambda: window.status.stop.isVisible() and session.jobs.is_busy("run.other"))
        assert window.status.work.text().startswith("B · Running")
        stop()
        assert not session.jobs.is_busy("run.other") and not window.status.stop.isVisible()
