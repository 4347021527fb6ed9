from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.session.fakes import Runner, fake_model, fake_trace
from visualizer.core.errors import EmptyText, NoNetwork, RunFailed
from visualizer.core.request import RunRequest
from visualizer.session import saved_traces
from visualizer.session.selection import Hover
from visualizer.session.session import Session


def load(source: str, *_: Any) -> Any:
    if source == "away":
        raise NoNetwork(source)
    return fake_model(kind="encoder_decoder" if source == "translator" else "decoder", accepts_pair=source == "pairs")


@pytest.fixture
def runner() -> Runner:
    return Runner()


@pytest.fixture
def session(qtbot: QtBot, runner: Runner) -> Iterator[Session]:
    session = Session(load=load, run=runner)
    yield session
    runner.release.set()
    assert session.shutdown()


def start(session: Session, qtbot: QtBot, text: str = "abcd", source: str = "model") -> None:
    session.set_text(text)
    with qtbot.waitSignal(session.trace_changed, timeout=5000):
        session.load_model(source)


def test_loading_a_model_runs_the_text_that_is_already_there(session: Session, qtbot: QtBot, runner: Runner) -> None:
    start(session, qtbot)
    assert runner.asked == [RunRequest("abcd")]
    assert session.trace is not None
    assert session.trace.request.text == "abcd"


def test_looking_never_runs_the_model(session: Session, qtbot: QtBot, runner: Runner) -> None:
    start(session, qtbot)
    changes: list[Any] = []
    session.selection_changed.connect(lambda new, old: changes.append((new, old)))
    for change in (
        {"layer": 2},
        {"head": 3},
        {"query": 1, "key": 0},
        {"temperature": 0.5},
        {"unit": "word"},
        {"position": 2},
    ):
        session.select(**change)
    session.set_hover(Hover(query=1))
    assert len(changes) == 6
    assert not session.jobs.is_busy("run")
    assert len(runner.asked) == 1


def test_the_same_request_does_not_run_again(session: Session, qtbot: QtBot, runner: Runner) -> None:
    start(session, qtbot)
    session.set_text("abcd")
    session.set_pair("ignored by this model")
    session.set_target("ignored too")
    assert not session.jobs.is_busy("run")
    assert len(runner.asked) == 1


def test_ten_texts_a_second_end_with_the_last(session: Session, qtbot: QtBot, runner: Runner) -> None:
    start(session, qtbot)
    shown: list[str] = []
    session.trace_changed.connect(lambda trace, selection: shown.append(trace.request.text))
    runner.release.clear()
    for length in range(10):
        session.set_text("x" * (length + 1))
    runner.release.set()
    qtbot.waitUntil(lambda: not session.jobs.is_busy("run"))
    assert shown == ["x" * 10]
    assert session.text == "x" * 10


def test_a_shorter_text_unlocks_what_is_gone_and_keeps_the_layer(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    session.select(layer=2, query=3, key=1)
    with qtbot.waitSignal(session.trace_changed):
        session.set_text("ab")
    assert (session.selection.layer, session.selection.query, session.selection.key) == (2, None, 1)
    with qtbot.waitSignal(session.trace_changed):
        session.set_text("abcd")
    assert session.selection.query is None, "a token that was gone must not be locked again"


def test_preferences_outlive_a_model_that_cannot_follow(qtbot: QtBot) -> None:
    layers = {"small": 1, "large": 5}
    models = {name: fake_model() for name in layers}

    def run(model: Any, request: RunRequest, should_stop: Any, progress: Any) -> Any:
        return fake_trace(request, layers=next(layers[name] for name, one in models.items() if one is model))

    session = Session(load=lambda source, *_: models[source], run=run)
    start(session, qtbot, source="large")
    session.select(layer=4)
    for source, layer in (("small", 0), ("large", 4)):
        with qtbot.waitSignal(session.trace_changed):
            session.load_model(source)
        assert session.selection.layer == layer
    assert session.shutdown()


def test_changing_the_kind_unlocks(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    session.select(query=1, key=1)
    session.select(kind="cross")
    assert session.selection.query is None


def test_changing_the_kind_takes_the_pointer_off_tokens_of_the_other_kind(session: Session, qtbot: QtBot) -> None:
    session.show_trace(fake_trace(RunRequest("ねこ"), kinds=("encoder", "decoder", "cross")))
    session.set_hover(Hover(query=1, key=1))
    seen: list[Hover] = []
    session.hover_changed.connect(seen.append)
    session.select(layer=0, unit="morpheme")
    assert session.hover == Hover(query=1, key=1), "the same tokens are still meant"
    session.select(kind="cross")
    assert session.hover == Hover()
    assert seen == [Hover()], "views that drew the hover were not told"


def test_empty_text_shows_nothing_and_asks_nothing(session: Session, qtbot: QtBot, runner: Runner) -> None:
    start(session, qtbot)
    with qtbot.waitSignal(session.trace_changed) as blocker:
        session.set_text("")
    assert blocker.args is not None
    assert blocker.args[0] is None
    assert len(runner.asked) == 1


def test_a_text_that_the_model_finds_empty_is_no_error(qtbot: QtBot) -> None:
    def run(*_: Any) -> Any:
        raise EmptyText

    session = Session(load=load, run=run)
    errors: list[Any] = []
    session.error_raised.connect(errors.append)
    start(session, qtbot, text=" ")
    assert session.trace is None
    assert errors == []
    assert session.shutdown()


def test_errors_are_announced_once_and_the_model_stays(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    model = session.model
    with qtbot.waitSignal(session.error_raised) as blocker:
        session.load_model("away")
    assert blocker.args is not None
    assert isinstance(blocker.args[0], NoNetwork)
    assert session.model is model
    with qtbot.waitSignal(session.trace_changed):
        session.set_text("still works")


def test_a_text_typed_during_a_load_that_fails_is_run_by_the_model_that_stays(
    session: Session, qtbot: QtBot, runner: Runner
) -> None:
    start(session, qtbot)
    for text, end in (("typed meanwhile", lambda: None), ("typed before the stop", lambda: session.cancel("load"))):
        with qtbot.waitSignal(session.trace_changed):
            session.load_model("away")
            session.set_text(text)
            end()
        assert runner.asked[-1].text == text


def test_a_run_that_a_failing_load_stopped_starts_again(session: Session, qtbot: QtBot, runner: Runner) -> None:
    start(session, qtbot)
    runner.release.clear()
    runner.started.clear()
    session.set_text("slow")
    assert runner.started.wait(5)
    session.load_model("away")
    runner.release.set()
    with qtbot.waitSignal(session.trace_changed):
        pass
    assert session.trace is not None
    assert session.trace.request.text == "slow"


def test_an_opened_trace_stays_while_a_model_is_loaded_behind_it(
    session: Session, qtbot: QtBot, runner: Runner
) -> None:
    opened = fake_trace(RunRequest("opened"), model=None)
    session.show_trace(opened)
    with qtbot.waitSignal(session.model_changed):
        session.load_model("model", then_run=False)
    assert session.text == "opened"
    assert session.trace is opened
    session.set_text("typed")
    assert not session.jobs.is_busy("run")
    assert session.showing.held == RunRequest("typed")
    with qtbot.waitSignal(session.trace_changed):
        saved_traces.run_held(session.showing)
    assert runner.asked == [RunRequest("typed")]


def test_a_run_that_failed_can_be_tried_again(qtbot: QtBot) -> None:
    answers = iter([RunFailed("once"), None])

    def run(model: Any, request: RunRequest, should_stop: Any, progress: Any) -> Any:
        if (error := next(answers)) is not None:
            raise error
        return fake_trace(request)

    session = Session(load=load, run=run)
    session.set_text("abc")
    with qtbot.waitSignal(session.error_raised):
        session.load_model("model")
    session.set_text("abcd")
    with qtbot.waitSignal(session.trace_changed):
        pass
    assert session.shutdown()


def test_cancelling_a_run_keeps_the_old_trace(session: Session, qtbot: QtBot, runner: Runner) -> None:
    start(session, qtbot)
    runner.release.clear()
    runner.started.clear()
    session.set_text("long")
    assert runner.started.wait(5)
    session.cancel("run")
    qtbot.wait(30)
    assert session.trace is not None
    assert session.trace.request.text == "abcd"
    assert not session.jobs.is_busy("run")


def test_texts_that_a_model_does_not_take_are_not_sent(session: Session, qtbot: QtBot, runner: Runner) -> None:
    session.set_pair("second")
    session.set_target("out")
    for source, expected in (
        ("model", RunRequest("abcd")),
        ("pairs", RunRequest("abcd", pair="second")),
        ("translator", RunRequest("abcd", target="out")),
    ):
        start(session, qtbot, source=source)
        assert runner.asked[-1] == expected


def test_appending_continues_the_text(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    with qtbot.waitSignal(session.request_changed):
        session.append_text("ef")
    assert session.text == "abcdef"


def test_a_cut_text_is_said(qtbot: QtBot) -> None:
    def run(model: Any, request: RunRequest, should_stop: Any, progress: Any) -> Any:
        trace = fake_trace(request)
        trace.cut = 7
        trace.method = "eager"
        return trace

    session = Session(load=load, run=run)
    notices: list[Any] = []
    session.notice_raised.connect(lambda name, fields: notices.append((name, fields)))
    start(session, qtbot)
    assert notices == [("cut", {"count": 7, "maximum": 10}), ("eager", {"family": "fake"})]
    assert session.shutdown()


def test_shutdown_during_a_run_is_prompt(qtbot: QtBot) -> None:
    runner = Runner(held=True)
    session = Session(load=load, run=runner)
    session.set_text("abc")
    session.load_model("model")
    qtbot.waitUntil(runner.started.is_set)
    assert session.shutdown(2.0)


def test_a_model_that_was_replaced_goes_with_the_run_that_was_shown(session: Session, qtbot: QtBot) -> None:
    """The run is still on the screen when the new model is there, and went nowhere when its pane went on."""
    start(session, qtbot)
    runs = []
    for number in range(3):
        runs.append(weakref.ref(session.showing.run))
        with qtbot.waitSignal(session.trace_changed, timeout=5000):
            session.load_model(f"model {number}")
        assert [run.model is session.model for run in session.runs] == [True], "the others' models are gone"
    gc.collect()
    assert [one() for one in runs] == [None] * 3


def test_a_run_that_comes_when_its_model_was_let_go_of_is_answered_and_not_kept(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    model, done = session.model, []
    held = Runner(held=True)
    session.runs._work = held
    session.runs.ask(RunRequest("late"), model, done.append, done.append, key="a view's own")
    qtbot.waitUntil(held.started.is_set)
    session.runs.forget(model)
    held.release.set()
    qtbot.waitUntil(lambda: bool(done), timeout=5000)
    assert [run.request.text for run in done] == ["late"]
    assert done[0] not in list(session.runs)
    session.show_trace(fake_trace(RunRequest("another")))  # room is made without it
