"""Two panes: how their tokens line up, and what one pane's choices mean to the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from tests.session.fakes import Runner
from visualizer.core import capture
from visualizer.core.errors import MissingFile
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session import linking
from visualizer.session.linking import Link
from visualizer.session.selection import Hover
from visualizer.session.session import Session


@pytest.fixture
def session(qapp) -> Iterator[Session]:
    session = Session()
    yield session
    assert session.shutdown()


def compared(session: Session, model: LoadedModel, first: str, second: str, other: LoadedModel | None = None) -> None:
    session.show_trace(capture.run(model, RunRequest(first)), model)
    pane = session.compare()
    session.show_trace(capture.run(other or model, RunRequest(second)), other or model, pane)


def test_locked_tokens_of_one_pane_are_their_partners_in_the_other(session: Session, tiny_llama: LoadedModel) -> None:
    compared(session, tiny_llama, "abcdef", "abXYcdef")
    assert session.other is not None
    session.select(query=4, key=2, position=3)
    chosen = session.other.selection
    assert (chosen.query, chosen.key, chosen.position) == (6, 4, 5)
    session.other.select(query=2, key=0)
    assert (session.selection.query, session.selection.key) == (None, 0), "X is only in the second text"
    session.select(position=-1)
    assert session.other.selection.position == -1


def test_what_is_pointed_at_lights_up_in_the_other_pane(session: Session, tiny_llama: LoadedModel) -> None:
    compared(session, tiny_llama, "abcd", "Xabcd")
    assert session.other is not None
    session.set_hover(Hover(query=1))
    assert session.other.hover == Hover(query=2)
    session.other.set_hover(Hover(key=4))
    assert session.hover == Hover(key=3)
    session.other.set_hover(Hover(key=0, layer=1, head=2))
    assert session.hover == Hover(layer=1, head=2), "X has no partner; heads are the same"


def test_a_token_that_was_locked_before_moves_with_the_text_of_either_pane(
    session: Session, tiny_llama: LoadedModel
) -> None:
    session.show_trace(capture.run(tiny_llama, RunRequest("abcd")), tiny_llama)
    session.select(query=3)
    pane = session.compare()
    session.show_trace(capture.run(tiny_llama, RunRequest("XXabcd")), tiny_llama, pane)
    assert pane.selection.query == 5
    session.show_trace(capture.run(tiny_llama, RunRequest("abYdabcd")), tiny_llama)
    assert (session.selection.query, session.selection.key) == (7, None), "the end of the text is what stayed"
    partner = session.link.carry({"query": 7}, "self", from_first=True)["query"]
    assert pane.selection.query == partner


def test_texts_too_long_to_align_at_a_glance_are_aligned_by_the_worker(
    session: Session, tiny_llama: LoadedModel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "AT_ONCE", 9)
    held = threading.Event()  # keeps the one worker from what it is asked
    session.jobs.submit("held", lambda *_: held.wait(20), lambda _: None, session.report_error)
    compared(session, tiny_llama, "abcdef", "Xabcdef")
    assert session.other is not None
    assert session.link.carry({"query": 2}, "self", from_first=True) == {"query": None}, "not known yet"
    session.select(query=2)
    held.set()
    qtbot.waitUntil(lambda: not session.jobs.is_busy("link"))
    assert session.other.selection.query == 3, "what was locked meanwhile is found afterwards"


def test_a_kind_of_attention_that_only_one_model_has_has_no_partners(
    tiny_llama: LoadedModel, tiny_marian: LoadedModel
) -> None:
    link = Link(capture.run(tiny_llama, RunRequest("abc")), capture.run(tiny_marian, RunRequest("abc", target="ab")))
    assert link.kinds == ()
    assert link.carry({"query": 1, "layer": 2}, "self", from_first=True) == {"query": None, "layer": 2}


def test_marks_say_which_tokens_are_the_same_others_or_only_here(tiny_llama: LoadedModel) -> None:
    link = Link(*(capture.run(tiny_llama, RunRequest(text)) for text in ("abc", "aXcd")))
    assert link.marks("self", "query", of_first=True) == ("identical", "replaced", "identical")
    assert link.marks("self", "query", of_first=False) == ("identical", "replaced", "identical", "only_here")


def test_each_pane_chooses_for_itself_between_its_own_numbers_and_the_difference(
    session: Session, tiny_llama: LoadedModel
) -> None:
    compared(session, tiny_llama, "abc", "abd")
    assert session.other is not None
    session.other.select(difference=True)
    assert not session.selection.look.difference
    session.select(difference=True, layer=1)
    assert session.other.selection.layer == 1
    session.stop_comparing()
    assert not session.selection.look.difference
    assert not session.link


def test_an_equal_question_is_answered_without_another_pass(session: Session, tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    session.show_trace(trace, tiny_llama)
    assert session.compare().trace is trace
    assert not session.jobs.is_busy("run.other")


def test_an_empty_second_text_shows_nothing_and_links_nothing(session: Session, tiny_llama: LoadedModel) -> None:
    compared(session, tiny_llama, "abc", "abd")
    assert session.other is not None
    session.ask(RunRequest(""), session.other)
    assert session.other.trace is None
    assert not session.link
    session.select(query=1)  # must not fail


def test_what_was_stopped_in_the_second_pane_can_be_asked_again(tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    runner = Runner(held=True)
    session = Session(run=runner)
    session.show_trace(capture.run(tiny_llama, RunRequest("ab")), tiny_llama)
    pane = session.compare(RunRequest("cd"))
    qtbot.waitUntil(runner.started.is_set, timeout=5000)
    session.cancel(pane.key("run"))
    assert not session.jobs.is_busy("run.other")
    session.compare(RunRequest("cd"))
    assert session.jobs.is_busy("run.other")
    assert session.shutdown()


def test_a_text_typed_while_the_second_model_is_loaded_is_run_when_it_cannot_be(
    tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    def load(*_: object) -> LoadedModel:
        raise MissingFile("nowhere")

    session = Session(load=load)
    session.show_trace(capture.run(tiny_llama, RunRequest("ab")), tiny_llama)
    pane = session.compare(source="nowhere")
    session.ask(RunRequest("cd"), pane)
    qtbot.waitUntil(lambda: pane.trace is not None and pane.trace.text == "cd", timeout=20_000)
    assert session.shutdown()
