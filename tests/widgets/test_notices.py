"""Messages over the window: they take no room, wait behind each other, and go with what they speak of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from visualizer.core.errors import NoNetwork, OpenedInPart, RunFailed, WriteFailed
from visualizer.core.loaded_model import LoadedModel
from visualizer.session.session import Session
from visualizer.session.settings import Settings
from visualizer.widgets import banner as module
from visualizer.widgets import controller
from visualizer.widgets.appearance import Appearance
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]

LONG = "the cat sat on the mat " * 30


def idle(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    keys = [key for pane in session.panes for key in pane.keys]
    qtbot.waitUntil(lambda: not any(map(session.jobs.is_busy, keys)), timeout=20_000)


def say(window: MainWindow, qtbot: QtBot, text: str) -> None:
    with qtbot.waitSignal(window.session.trace_changed, timeout=10_000):
        window.session.set_text(text)


def place(window: MainWindow) -> QRect:
    """Where the figure stands in the window."""
    view = window.views.active_view()
    assert view is not None
    picture = view.export_widget()
    return QRect(picture.mapTo(window, picture.rect().topLeft()), picture.size())


@pytest.mark.parametrize("size", [(1280, 800), (960, 600)])
@pytest.mark.parametrize("lecture", [False, True])
def test_a_message_takes_no_room_and_lies_whole_in_the_window(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, size: tuple[int, int], lecture: bool
) -> None:
    window = make_window(tiny_llama)
    window.resize(*size)
    window.set_lecture(lecture)
    qtbot.wait(100)  # until the controls have found their row
    before = place(window)
    window.session.report_error(RunFailed("a very long reason " * 12))
    QApplication.processEvents()
    card = window.banner
    assert card.isVisible()
    assert place(window) == before
    assert window.centralWidget().rect().contains(card.geometry())
    for label in (card.headline, card.advice):
        assert label.height() >= label.heightForWidth(label.width()), "no word is cut"


def test_messages_wait_behind_each_other_and_are_counted(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    card, session = window.banner, window.session
    session.report_error(RunFailed("first"))
    assert not card.count.isVisible()
    session.report_error(RunFailed("second"))
    session.notice_raised.emit("saved", {"path": "/a/b"})
    assert "/a/b" in card.headline.text()
    assert card.count.text() == "1 / 3"
    card.count.click()
    assert "second" in card.headline.text()
    card.close_button.click()
    assert "first" in card.headline.text()
    assert card.count.text() == "1 / 2"
    session.report_error(RunFailed("first"))
    assert card.count.text() == "1 / 2", "the same again is the same message"


def test_escape_closes_a_message_before_it_unlocks(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.session.select(query=1)
    window.session.report_error(RunFailed("once"))
    window.views.setFocus()
    qtbot.keyClick(window.views, Qt.Key.Key_Escape)
    assert not window.banner.isVisible()
    assert window.session.selection.query == 1
    qtbot.keyClick(window.views, Qt.Key.Key_Escape)
    assert window.session.selection.query is None


def test_a_notice_goes_after_its_time_and_an_error_stays(
    make_window: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NOTICE_MS", 30)
    window = make_window()
    window.session.report_error(RunFailed("stays"))
    window.session.notice_raised.emit("copied", {})
    qtbot.waitUntil(lambda: "stays" in window.banner.headline.text(), timeout=5000)
    qtbot.wait(100)
    assert window.banner.isVisible()


def test_what_was_cut_is_told_once_and_goes_when_the_text_fits(
    make_window: Make, tiny_bert: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_bert, LONG)
    assert window.banner.isVisible()
    say(window, qtbot, LONG + "the cat")
    assert window.banner.isVisible() and not window.banner.count.isVisible()
    window.banner.dismiss()
    say(window, qtbot, LONG + "the mat")
    assert not window.banner.isVisible(), "it was closed, and nothing is new"
    say(window, qtbot, "the cat")
    say(window, qtbot, LONG)
    assert window.banner.isVisible()
    say(window, qtbot, "the cat")
    assert not window.banner.isVisible()


def test_a_token_that_writes_nothing_is_forgotten_with_the_next_text(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.session.notice_raised.emit("unwritable", {"token": "<s>"})
    assert window.banner.isVisible()
    window.session.set_text("another")
    assert not window.banner.isVisible()
    idle(window, qtbot)


def test_a_failed_load_is_still_told_when_the_text_typed_meanwhile_has_run(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    session = window.session

    def fail(*_: Any) -> Any:
        raise NoNetwork("owner/away")

    session._load = fail
    session.load_model("owner/away")
    session.set_text("typed meanwhile")
    with qtbot.waitSignal(session.trace_changed, timeout=10_000):
        pass
    assert "owner/away" in window.banner.headline.text() and window.banner.isVisible()
    say(window, qtbot, "the next one")
    assert not window.banner.isVisible()


def test_a_file_that_could_not_be_written_waits_for_one_that_could(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.session.report_error(WriteFailed("/full/disk"))
    say(window, qtbot, "another")
    assert window.banner.isVisible()
    window.session.notice_raised.emit("saved", {"path": "/roomy/disk"})
    assert "/roomy/disk" in window.banner.headline.text()
    assert not window.banner.count.isVisible()


def test_what_is_missing_of_a_session_is_told_in_one_message(make_window: Make) -> None:
    window = make_window()
    window.session.report_error(NoNetwork("owner/away"))
    window.session.report_error(OpenedInPart("a.tvsession", ("owner/away",)))
    assert not window.banner.count.isVisible()


def test_a_view_that_is_called_while_the_first_model_loads_says_that_it_loads(qtbot: QtBot, qapp: QApplication) -> None:
    from PySide6.QtCore import QCoreApplication, QEvent

    from visualizer.core.errors import Cancelled

    def load(source: str, device: str, dtype: str, should_stop: Any, progress: Any) -> Any:
        while not should_stop():
            pass
        raise Cancelled

    session = Session(Settings(language="en", theme="light"), load=load)
    appearance = Appearance(qapp, session)
    appearance.apply()
    window = controller.make_window(session, appearance)
    window.views.show_views("attention_map")
    window.show()
    session.load_model("slow")
    window.run("view.head_grid")
    view = window.views.active_view()
    assert view is not None and view.id == "head_grid"
    assert "being loaded" in view._message.text()
    session.cancel("load")
    assert "Choose a model" in view._message.text()
    window.close()
    assert session.shutdown()
    window.deleteLater()
    session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
