"""A pane that writes: every view follows without a pass, branches stay, and going back costs nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from visualizer.core import capture
from visualizer.core.analyses.generation import pool as pools
from visualizer.core.analyses.generation import writer as core
from visualizer.core.analyses.generation.step import Manner
from visualizer.core.interventions import Ablate, Site
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session import writing
from visualizer.session.continuations import ROOT
from visualizer.session.session import Session
from visualizer.session.writing import Writer

PATIENCE = 30_000


@pytest.fixture
def session(qapp: object) -> Iterator[Session]:
    session = Session()
    yield session
    assert session.shutdown()


def begin(session: Session, model: LoadedModel, text: str = "abc") -> Writer:
    session.show_trace(capture.run(model, RunRequest(text)), model)
    return writing.of(session.showing)


def finish(desk: Writer, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not desk.is_writing, timeout=PATIENCE)


def alone(model: LoadedModel, count: int, text: str = "abc") -> tuple[int, ...]:
    found = core.go_on(core.begin(model, RunRequest(text)), max_new_tokens=count)
    return tuple(step.token for step in found.steps)


@pytest.mark.parametrize("name", ["tiny_llama", "tiny_marian"])
def test_what_it_writes_is_shown_without_another_pass(name: str, session: Session, qtbot: Any, request: Any) -> None:
    model = request.getfixturevalue(name)
    desk = begin(session, model)
    desk.write(8)
    finish(desk, qtbot)
    assert desk.tree is not None and session.trace is not None
    assert desk.tree.tokens() == alone(model, 8)
    trace = session.trace
    assert trace.model is model and session.showing.request == trace.request
    fed = trace.target_tokens if model.kind == "encoder_decoder" else trace.tokens
    if not desk.tree[desk.tree.leaf].ended:
        assert tuple(token.id for token in fed)[-len(desk.tree.tokens()) :] == desk.tree.tokens(), "the last one too"


def test_attention_views_grow_while_it_writes(
    tiny_llama: LoadedModel, session: Session, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAUSE", 0.0)
    desk = begin(session, tiny_llama)
    seen: list[int] = []
    session.trace_changed.connect(lambda trace, _: seen.append(len(trace.tokens)))
    desk.write(40)
    finish(desk, qtbot)
    assert len(seen) > 2 and seen == sorted(seen)
    assert len([run for run in session.runs if run.model is tiny_llama]) <= 3, "what was on the way is not kept"


def test_it_goes_on_after_a_pause_as_if_nothing_had_been(tiny_llama: LoadedModel, session: Session, qtbot: Any) -> None:
    desk = begin(session, tiny_llama)
    desk.write(200)
    qtbot.waitUntil(lambda: len(desk.tree or ()) > 5, timeout=PATIENCE)
    desk.pause()
    finish(desk, qtbot)
    assert desk.tree is not None
    count = len(desk.tree) - 1
    assert desk.left == 200 - count
    desk.write(5)
    finish(desk, qtbot)
    assert desk.tree.tokens() == alone(tiny_llama, count + 5)


def test_one_token_at_a_time_is_the_same_text(tiny_llama: LoadedModel, session: Session, qtbot: Any) -> None:
    desk = begin(session, tiny_llama)
    for _ in range(4):
        desk.write(1)
        finish(desk, qtbot)
    assert desk.tree is not None and desk.tree.tokens() == alone(tiny_llama, 4)
    after = desk.tree[desk.tree.leaf].after
    assert after is not None and after.token == alone(tiny_llama, 5)[-1], "what would come next is known"


def test_a_branch_is_written_and_the_first_one_stays(
    tiny_llama: LoadedModel, session: Session, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = begin(session, tiny_llama)
    desk.write(6)
    finish(desk, qtbot)
    tree = desk.tree
    assert tree is not None
    first, before, leaf = tree.tokens(), session.trace, tree.leaf
    third = tree.path()[2]
    step = tree[third].step
    assert step is not None
    desk.branch(third, step.top_ids[1], 4)
    finish(desk, qtbot)
    other = tree.tokens()
    assert other[:3] == (*first[:2], step.top_ids[1]) and len(other) == 6
    assert tree[tree.leaf].total == pytest.approx(sum(one.log_probability for one in tree.steps()))
    # Going back costs nothing: the model is not there any more.
    monkeypatch.setattr(type(tiny_llama.model), "forward", None)
    desk.go(leaf)
    assert not desk.is_writing and tree.tokens() == first and session.trace is before
    assert list(tree.leaves()) and len(list(tree.leaves())) == 2


def test_the_attention_of_a_branch_is_that_of_a_fresh_pass(
    tiny_llama: LoadedModel, session: Session, qtbot: Any
) -> None:
    desk = begin(session, tiny_llama)
    desk.write(6)
    finish(desk, qtbot)
    tree = desk.tree
    assert tree is not None
    node = tree.path()[1]
    assert tree[node].step is not None
    desk.branch(node, tree[node].step.top_ids[2], 5)
    finish(desk, qtbot)
    trace = session.trace
    assert trace is not None
    ids = torch.tensor([[token.id for token in trace.tokens]])
    fresh = capture.run_ids(tiny_llama, RunRequest("abc"), ids)
    for layer in range(3):
        np.testing.assert_allclose(trace.attention(layer, 1), fresh.attention(layer, 1), atol=1e-5)


def test_what_was_dropped_is_fed_again_when_it_is_looked_at(
    tiny_llama: LoadedModel, session: Session, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools.Pool.__init__, "__defaults__", (1,))
    desk = begin(session, tiny_llama)
    desk.write(6)
    finish(desk, qtbot)
    tree = desk.tree
    assert tree is not None
    leaf, first = tree.leaf, session.trace
    node = tree.path()[2]
    assert first is not None and tree[node].step is not None
    desk.branch(node, tree[node].step.top_ids[1], 3)
    finish(desk, qtbot)
    desk.go(leaf)
    assert desk.is_writing
    finish(desk, qtbot)
    assert session.trace is not None and session.trace.request == first.request
    np.testing.assert_allclose(session.trace.attention(1, 1), first.attention(1, 1), atol=1e-6)


def test_five_hundred_branches_stay_affordable(tiny_llama: LoadedModel) -> None:
    pool = pools.Pool(tiny_llama, RunRequest("abc"), budget=2 << 20)
    first = core.go_on(pool.take(()), max_new_tokens=20)
    pool.keep(first)
    steps = first.steps
    from visualizer.core.analyses.generation.step import alternative

    for n in range(500):
        at = n % 20
        other = pool.take((*steps[:at], alternative(steps[at], steps[at].top_ids[1 + n // 20 % 9])))
        core.go_on(other, max_new_tokens=1)
        pool.keep(other)
        assert pool.nbytes <= 2 << 20


def test_another_text_ends_the_writing_and_undo_comes_back_to_the_tree(
    tiny_llama: LoadedModel, session: Session, qtbot: Any
) -> None:
    desk = begin(session, tiny_llama)
    session.history.clear()
    desk.write(5)
    finish(desk, qtbot)
    tree = desk.tree
    session.history.record()
    session.set_text("other")
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.text == "other", timeout=PATIENCE)
    assert desk.tree is not tree
    session.history.undo()
    qtbot.waitUntil(lambda: desk.tree is tree, timeout=PATIENCE)
    session.history.undo()
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.text == "abc", timeout=PATIENCE)
    assert desk.tree is tree and tree is not None and tree.leaf == ROOT and len(tree) == 6


def test_typing_while_it_writes_wins(tiny_llama: LoadedModel, session: Session, qtbot: Any) -> None:
    desk = begin(session, tiny_llama)
    desk.write(240)
    qtbot.waitUntil(lambda: len(desk.tree or ()) > 3, timeout=PATIENCE)
    session.set_text("hello")
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.text == "hello", timeout=PATIENCE)
    finish(desk, qtbot)
    qtbot.wait(50)
    assert session.trace is not None and session.trace.text == "hello"


def test_what_is_on_its_way_does_not_take_the_place_of_what_was_typed(
    tiny_llama: LoadedModel, session: Session, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAUSE", 0.0)
    desk = begin(session, tiny_llama)
    desk.write(240)
    qtbot.waitUntil(lambda: len(desk.tree or ()) > 3, timeout=PATIENCE)
    time.sleep(0.3)  # the worker goes on; its news wait for this thread
    session.set_text("hello")
    assert not desk.is_writing
    qtbot.waitUntil(lambda: not session.jobs.is_busy("run"), timeout=PATIENCE)
    qtbot.wait(30)
    assert session.trace is not None and session.trace.text == "hello" == session.text


def test_a_pane_that_is_taken_away_stops_writing(tiny_llama: LoadedModel, session: Session, qtbot: Any) -> None:
    begin(session, tiny_llama)
    other = session.compare()
    qtbot.waitUntil(lambda: other.trace is not None, timeout=PATIENCE)
    desk = writing.of(other)
    desk.write(240)
    qtbot.waitUntil(lambda: len(desk.tree or ()) > 2, timeout=PATIENCE)
    session.stop_comparing()
    assert not session.jobs.is_busy("write.other")
    qtbot.wait(100)


def test_the_last_position_ends_it(tiny_llama: LoadedModel, session: Session, qtbot: Any) -> None:
    desk = begin(session, tiny_llama, "a" * 250)
    desk.write(100)
    finish(desk, qtbot)
    assert desk.tree is not None and desk.tree[desk.tree.leaf].ended in ("length", "end")
    desk.write(3)
    finish(desk, qtbot)
    assert len(desk.tree.tokens()) <= 6


def test_what_cannot_write_is_told(
    tiny_bert: LoadedModel, tiny_llama: LoadedModel, session: Session, qtbot: Any
) -> None:
    assert begin(session, tiny_bert).tree is None
    errors: list[Exception] = []
    session.error_raised.connect(errors.append)
    off = RunRequest("abc", interventions=(Ablate(Site("feed_forward", layers=(0,))),))
    session.show_trace(capture.run(tiny_llama, off), tiny_llama)
    desk = writing.of(session.showing)
    desk.write(3, Manner())
    finish(desk, qtbot)
    assert [type(error).__name__ for error in errors] == ["CannotWrite"]


def test_the_session_ends_while_it_writes(tiny_llama: LoadedModel, qapp: object, qtbot: Any) -> None:
    session = Session()
    desk = begin(session, tiny_llama)
    desk.write(250)
    qtbot.waitUntil(lambda: len(desk.tree or ()) > 2, timeout=PATIENCE)
    assert session.shutdown()
