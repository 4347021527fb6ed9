from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from visualizer.core import capture
from visualizer.core.errors import NotEnoughMemory, UnknownModel
from visualizer.core.request import RunRequest
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.views import base, export_dialog, making, registry
from visualizer.views.base import View
from visualizer.views.save_dialog import SaveDialog


class Sample(View):
    """Writes what it was asked to draw."""

    id: ClassVar[str] = "sample"
    refuses: ClassVar[bool] = False

    def title(self) -> str:
        return self.tr("Sample")

    def how_to_read(self) -> str:
        return "Read it from left to right."

    def build(self) -> QWidget:
        self.drawings: list[tuple[int, int]] = []
        self.hovers: list[Hover] = []
        self.fails: Exception | None = None
        return QLabel("content", self)

    def is_quick(self, trace: Any, question: Any) -> bool:
        return True

    def answer(self, trace: Any, question: Any, *_: Any) -> None:
        if self.fails is not None:
            raise self.fails

    def show_answer(self, answer: None, selection: Any) -> None:
        self.drawings.append((selection.layer, selection.head))

    def on_hover(self, hover: Hover) -> None:
        self.hovers.append(hover)

    def data(self) -> dict[str, Any]:
        return {"numbers": np.eye(2, dtype=np.float32)}

    @classmethod
    def is_compatible(cls, subject: Any) -> bool:
        return not cls.refuses


@pytest.fixture
def view(session: Session, qtbot) -> Sample:
    view = Sample(session)
    qtbot.addWidget(view)
    view.export_requested.connect(lambda name: export_dialog.export(view, name))
    view.resize(600, 400)
    return view


@pytest.fixture(scope="module")
def trace(tiny_llama):
    return capture.run(tiny_llama, RunRequest("The cat sat"))


def test_without_a_trace_one_sentence_says_what_to_do(view: Sample) -> None:
    view.show()
    assert view.message() == "Choose a model to begin."
    assert not view.is_complete()


def test_the_sentence_follows_what_is_going_on(view: Sample, session: Session, tiny_llama) -> None:
    view.show()
    gate = threading.Event()
    session.jobs.submit("load", lambda *_: gate.wait(5), lambda _: None)
    assert view.message() == "The model is being loaded."
    session.jobs.cancel("load")
    gate.set()
    session.showing.set_model(tiny_llama)
    assert view.message() == "Type a sentence above."


def test_only_a_visible_view_draws_and_catches_up_when_shown(view: Sample, session: Session, trace) -> None:
    session.show_trace(trace)
    session.select(layer=1)
    assert view.drawings == []
    view.show()
    assert view.drawings == [(1, 0)]
    session.select(head=2)
    assert view.drawings == [(1, 0), (1, 2)]
    view.hide()
    session.select(head=3)
    view.show()
    assert view.drawings[-1] == (1, 3)
    assert len(view.drawings) == 3


def test_hover_reaches_visible_views_only(view: Sample, session: Session, trace) -> None:
    session.show_trace(trace)
    session.set_hover(Hover(query=1))
    view.show()
    session.set_hover(Hover(query=2))
    assert view.hovers == [Hover(query=2)]


def test_an_expected_error_becomes_the_error_state_and_goes_away(view: Sample, session: Session, trace) -> None:
    view.show()
    view.fails = NotEnoughMemory(8_000_000_000, 1_000_000_000)
    session.show_trace(trace)
    assert "8.0 GB" in view.message()
    view.fails = None
    session.select(layer=1)
    assert view.message() == ""


def test_an_error_of_the_first_run_is_shown_where_the_picture_would_be(view: Sample, session: Session) -> None:
    view.show()
    session.error_raised.emit(UnknownModel("gpt-7"))
    assert "gpt-7" in view.message()


def test_a_model_that_does_not_fit_is_told_so(
    view: Sample, session: Session, trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sample, "refuses", True)
    view.show()
    session.show_trace(trace)
    assert view.message() == "This model has nothing to show here."
    assert view.drawings == []


def test_a_running_job_dims_the_old_picture_only_after_some_patience(
    view: Sample, session: Session, trace, qtbot
) -> None:
    session.show_trace(trace)
    view.show()
    gate = threading.Event()
    session.jobs.submit("run", lambda *_: gate.wait(5), lambda _: None)
    assert not view.is_dimmed()
    qtbot.waitUntil(view.is_dimmed, timeout=2000)
    height = view.header.height()
    gate.set()
    qtbot.waitUntil(lambda: not view.is_dimmed(), timeout=2000)
    assert view.header.height() == height, "nothing moves"


def test_jobs_deliver_and_the_view_is_complete_only_then(view: Sample, session: Session, trace, qtbot) -> None:
    session.show_trace(trace)
    view.show()
    gate = threading.Event()
    results: list[object] = []
    view.start_job("part", lambda *_: gate.wait(5), results.append)
    assert view.is_running("part")
    assert not view.is_complete()
    with qtbot.waitSignal(view.drawn):
        gate.set()
    assert results == [True]
    assert view.is_complete()


def test_hiding_cancels_and_showing_starts_again(view: Sample, session: Session, trace, qtbot) -> None:
    session.show_trace(trace)
    view.show()
    gate = threading.Event()
    results: list[object] = []
    view.start_job("part", lambda *_: gate.wait(5), results.append)
    view.hide()
    gate.set()
    drawn = len(view.drawings)
    view.show()
    assert len(view.drawings) == drawn + 1
    qtbot.wait(50)
    assert results == []


def test_a_failing_job_shows_its_error(view: Sample, session: Session, trace, qtbot) -> None:
    session.show_trace(trace)
    view.show()

    def work(*_: object) -> None:
        raise NotEnoughMemory(8_000_000_000, 1_000_000_000)

    view.start_job("part", work, lambda _: None)
    qtbot.waitUntil(lambda: "8.0 GB" in view.message(), timeout=2000)


def test_an_unforeseen_failure_is_told_and_logged_instead_of_thrown(
    view: Sample, session: Session, trace, qtbot, caplog: pytest.LogCaptureFixture
) -> None:
    session.show_trace(trace)
    view.show()
    view.start_job("part", lambda *_: 1 / 0, lambda _: None)
    qtbot.waitUntil(lambda: "division by zero" in view.message(), timeout=2000)
    assert "sample.part" in caplog.text
    assert isinstance(view.error, ZeroDivisionError)


def test_progress_shows_after_some_patience_and_ends_with_its_job(view: Sample, session: Session, trace, qtbot) -> None:
    session.show_trace(trace)
    view.show()
    gate = threading.Event()
    view.start_job("part", lambda _, progress: (progress(0.5, "reading"), gate.wait(5)), lambda _: None)
    assert view.progress() == 0
    qtbot.waitUntil(lambda: view.progress() == 0.5, timeout=3000)
    view.cancel_job("part")
    assert view.progress() == 0, "a cancelled job leaves no bar behind"
    gate.set()


def test_the_theme_reaches_the_view(view: Sample, session: Session) -> None:
    session.set_theme(themes.named("dark"))
    assert view.theme.name == "dark"


def test_titles_and_help_have_names_for_screen_readers(view: Sample) -> None:
    assert view.accessibleName() == "Sample"
    assert view.header.title() == "Sample"


@pytest.mark.parametrize("name", list(registry.VIEWS))
def test_every_registered_view_builds_and_says_what_it_is(session: Session, qtbot, name: str) -> None:
    view = registry.view_class(name)(session)
    qtbot.addWidget(view)
    assert view.id == name
    assert view.title()
    assert view.how_to_read()
    view.show()
    assert view.message() == "Choose a model to begin."


def test_unknown_view_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        registry.view_class("pie_chart")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf", "csv", "npz", "json"])
def test_the_export_menu_writes_the_file_that_was_asked_for(
    view: Sample, session: Session, trace, qtbot, tmp_path: Path, kind: str
) -> None:
    session.show_trace(trace)
    view.show()
    path = tmp_path / f"out.{kind}"
    with qtbot.waitSignal(session.notice_raised) as notice:
        view.header.export_requested.emit(kind)
        dialog = view.findChild(SaveDialog)
        assert dialog.suffix == kind
        dialog.file.setText(str(path.with_suffix("")))
        dialog.save_button.click()
    assert notice.args == ["saved", {"path": str(path)}]
    assert path.stat().st_size > 0


def test_a_failed_export_is_reported_and_leaves_nothing(
    view: Sample, session: Session, trace, qtbot, tmp_path: Path
) -> None:
    session.show_trace(trace)
    view.show()
    view.header.export_requested.emit("svg")
    dialog = view.findChild(SaveDialog)
    dialog.file.setText(str(tmp_path / "gone" / "out"))
    qtbot.waitUntil(lambda: dialog.figure.is_ready)
    dialog.save_button.click()
    assert dialog.isVisible() and dialog.note.text(), "it says so, and another place can be named"
    assert not list(tmp_path.iterdir())
    dialog.reject()


def test_cancelling_the_dialog_does_nothing(
    view: Sample, session: Session, trace
) -> None:
    session.show_trace(trace)
    view.show()
    notices: list[str] = []
    session.notice_raised.connect(lambda name, _: notices.append(name))
    view.header.export_requested.emit("svg")
    view.findChild(SaveDialog).reject()
    assert notices == []


def test_a_suggested_name_says_what_the_picture_holds(view: Sample, session: Session, trace) -> None:
    session.show_trace(trace)
    session.select(layer=1, head=2)
    assert export_dialog.suggested_name(view, "png") == "tiny-llama_sample_layer1_head2.png"


def test_a_deleted_view_hears_nothing_more(session: Session, trace, qtbot) -> None:
    view = Sample(session)
    view.show()
    view.close()
    view.deleteLater()
    QTimer.singleShot(0, lambda: None)
    qtbot.wait(20)
    session.show_trace(trace)
    session.select(layer=1)
    assert base.View.id == ""


def test_nothing_stays_of_a_view_that_fails_while_it_is_made(session: Session, qtbot, monkeypatch) -> None:
    """Its own connections would keep it for ever, and half of it would go on listening to the session."""
    made: list[QWidget] = []

    def retranslate(self: View) -> None:
        made.append(self)
        self.header.export_requested.connect(lambda name: self.refuses)
        raise KeyError("words")

    monkeypatch.setattr(Sample, "retranslate", retranslate)
    parent = QWidget()
    qtbot.addWidget(parent)
    for where in (None, parent):
        with pytest.raises(KeyError):
            making.make(Sample, session, where)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert [shiboken6.isValid(view) for view in made] == [False, False]
    assert parent.children() == []
    session.set_theme(themes.named("dark"))  # nobody listens who is not there
