"""Two views of one kind side by side: each draws its own pane's trace, and neither takes the other's work away."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QThread

from tests.causal_views import CAUSAL_VIEWS
from tests.views.laboratory import PATIENCE
from visualizer.core import capture
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.session import Session
from visualizer.views.base import View
from visualizer.views.export_dialog import suggested_name
from visualizer.views.registry import VIEWS, view_class

TWICE = [name for name in CAUSAL_VIEWS if VIEWS[name].twice]


@pytest.fixture(scope="module")
def traces(tiny_llama) -> tuple[Trace, Trace]:
    return capture.run(tiny_llama, RunRequest("the cat")), capture.run(tiny_llama, RunRequest("a mat there"))


def beside(session: Session, kind: type[View], traces: tuple[Trace, Trace], qtbot) -> tuple[View, View]:
    """Two views of a kind, each of its own pane, shown at the same moment."""
    session.show_trace(traces[0])
    other = session.compare()
    session.show_trace(traces[1], pane=other)
    views = kind(session, showing=session.showing), kind(session, showing=other)
    for view in views:
        qtbot.addWidget(view)
        view.resize(700, 600)
        view.show()
    return views


@pytest.mark.parametrize("name", TWICE)
def test_each_draws_its_own_pane_and_both_come_to_an_end(
    name: str, session: Session, traces: tuple[Trace, Trace], qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = view_class(name)
    monkeypatch.setattr(kind, "is_quick", lambda *_: False)  # every answer comes from the one worker
    views = beside(session, kind, traces, qtbot)
    for view, trace in zip(views, traces, strict=True):
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.trace is trace and view.message() == ""
    session.select(layer=1)
    for view, trace in zip(views, traces, strict=True):
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.trace is trace and view.selection.layer == 1


@pytest.mark.parametrize("name", TWICE)
def test_asking_again_in_one_leaves_the_work_of_the_other(
    name: str, session: Session, traces: tuple[Trace, Trace], qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = view_class(name)
    answer, told = kind.answer, []

    def slow(self, trace, question, should_stop, progress):
        for _ in range(20):
            QThread.msleep(5)
            if should_stop():
                told.append(trace)
        return answer(self, trace, question, should_stop, progress)

    monkeypatch.setattr(kind, "is_quick", lambda *_: False)
    monkeypatch.setattr(kind, "answer", slow)
    first, second = beside(session, kind, traces, qtbot)
    qtbot.waitUntil(lambda: first.is_running("answer") or first.is_complete(), timeout=PATIENCE)
    second.hide()
    second.show()
    for view, trace in zip((first, second), traces, strict=True):
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.trace is trace
    assert traces[0] not in told, "the first one was told to stop"


def test_a_token_is_written_into_the_pane_where_it_was_proposed(session: Session, tiny_llama, traces, qtbot) -> None:
    from visualizer.views.next_token import context

    session.show_trace(traces[0], tiny_llama)
    other = session.compare()
    session.show_trace(traces[1], tiny_llama, pane=other)
    context.take(other, traces[1].n_positions - 1, tiny_llama.tokenizer.encode("x", add_special_tokens=False)[0])
    assert other.request.text == "a mat therex" and session.text == "the cat"


def test_a_file_of_the_second_pane_is_named_after_what_it_shows(
    session: Session, traces: tuple[Trace, Trace], tiny_bert, qtbot
) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat"))
    _, second = beside(session, view_class("attention_map"), (traces[0], trace), qtbot)
    session.show_trace(trace, model=tiny_bert, pane=session.other)
    assert trace.card.name != traces[0].card.name
    assert suggested_name(second, "png").startswith(f"{trace.card.name}_attention_map_")
