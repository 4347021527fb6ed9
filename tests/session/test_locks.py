"""What is locked is a token, not a place in a list: it moves with its text, or is let go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from visualizer.core import capture
from visualizer.core.request import RunRequest
from visualizer.session import locks, work
from visualizer.session.session import Session


@pytest.fixture
def session(qtbot: QtBot, tiny_llama: Any) -> Iterator[Session]:
    session = Session(load=lambda *_: tiny_llama, run=work.run)
    session.set_text("the cat sat")
    session.load_model("any")
    idle(session, qtbot)
    yield session
    assert session.shutdown()


def idle(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(
        lambda: not any(session.jobs.is_busy(k) for pane in session.panes for k in pane.keys), timeout=20_000
    )


def say(session: Session, qtbot: QtBot, text: str) -> None:
    session.set_text(text)
    idle(session, qtbot)
    assert session.trace is not None and session.trace.request.text == text


def test_a_lock_moves_with_its_token_when_something_is_written_before_it(session: Session, qtbot: QtBot) -> None:
    session.select(query=10, key=4, position=6)  # a byte each: "t", "c", "t"
    say(session, qtbot, "so the cat sat")
    here = session.selection
    assert (here.query, here.key, here.position) == (13, 7, 9)
    assert session.showing.wanted.query == 13, "the wish moves too, or the next text would take it back"


def test_a_lock_stays_when_the_text_goes_on(session: Session, qtbot: QtBot) -> None:
    session.select(query=10, key=0, position=2)
    say(session, qtbot, "the cat sat down")
    here = session.selection
    assert (here.query, here.key, here.position) == (10, 0, 2)


def test_a_lock_is_let_go_when_its_token_is_rewritten(session: Session, qtbot: QtBot) -> None:
    session.select(query=4, key=0, position=4)  # the "c" of "cat"
    say(session, qtbot, "the bat sat")
    here = session.selection
    assert (here.query, here.key, here.position) == (None, 0, -1), "another token stands there now"


def test_a_lock_is_let_go_when_its_token_is_deleted_though_others_take_its_place(
    session: Session, qtbot: QtBot
) -> None:
    session.select(query=4, position=4)
    say(session, qtbot, "the at sat")
    assert session.selection.query is None
    assert session.selection.position == -1


def test_a_lock_outlives_heads_that_are_switched_off(session: Session, qtbot: QtBot) -> None:
    from visualizer.session import switching

    session.select(query=4, key=2)
    switching.switch(session.showing, switching.sites("self", 1, 2)["head"])
    idle(session, qtbot)
    assert session.trace is not None and session.trace.request.interventions
    assert (session.selection.query, session.selection.key) == (4, 2)


def test_locks_of_the_second_pane_follow_its_own_text(session: Session, qtbot: QtBot) -> None:
    other = session.compare(RunRequest("a cat sat"))
    idle(session, qtbot)
    other.select(query=2)  # "c", which is 4 in the first text
    assert session.selection.query == 4
    session.ask(RunRequest("not a cat sat"), other)
    idle(session, qtbot)
    assert other.selection.query == 6
    assert session.selection.query == 4


def test_locks_of_a_translation_know_their_sides(tiny_marian: Any) -> None:
    from dataclasses import replace

    from visualizer.session.selection import Selection

    old = capture.run(tiny_marian, RunRequest("abc", target="xyz"))
    new = capture.run(tiny_marian, RunRequest("zabc", target="xyz"))
    seen = replace(Selection(kind="cross"), query=1, key=1, position=2)
    found = locks.carried(old, new, seen)
    assert old.key_tokens("cross")[1].text == new.key_tokens("cross")[found["key"]].text == "b"
    assert (found["query"], found["position"]) == (1, 2), "the written side has not changed"


def test_a_text_of_another_kind_keeps_no_lock_of_the_old(tiny_llama: Any, tiny_marian: Any) -> None:
    from visualizer.session.selection import Selection

    old, new = capture.run(tiny_llama, RunRequest("abc")), capture.run(tiny_marian, RunRequest("abc", target="x"))
    assert locks.carried(old, new, Selection(query=1)) == {}


def test_a_long_stretch_that_was_rewritten_is_not_aligned_while_somebody_types(tiny_llama: Any) -> None:
    old = capture.run(tiny_llama, RunRequest("ab" * 60)).tokens * 10
    new = capture.run(tiny_llama, RunRequest("ba" * 60)).tokens * 10
    assert len(old) * len(new) > locks.AT_ONCE
    assert locks.moved(600, old, new) is None
    assert locks.moved(600, old, new[:1] + old) == 601, "what both end with is known without aligning"
