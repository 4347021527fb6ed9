"""Switching parts of a model off through the session: real tiny models, the session's own worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from visualizer.core import capture
from visualizer.core.errors import CannotIntervene
from visualizer.core.interventions import Ablate, Site, parse, short
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session import switching, work
from visualizer.session.session import Session


class Models:
    """Loads what it is given by name; counts what is asked."""

    def __init__(self, **models: Any) -> None:
        self.models = models
        self.asked: list[RunRequest] = []

    def load(self, source: str, *_: Any) -> Any:
        return self.models[source]

    def run(self, model: Any, request: RunRequest, should_stop: Any, progress: Any) -> Trace:
        self.asked.append(request)
        return work.run(model, request, should_stop, progress)


@pytest.fixture
def models(tiny_llama, tiny_bert, tiny_marian) -> Models:
    return Models(llama=tiny_llama, bert=tiny_bert, marian=tiny_marian)


@pytest.fixture
def session(qtbot: QtBot, models: Models) -> Iterator[Session]:
    session = Session(load=models.load, run=models.run)
    yield session
    assert session.shutdown()


def start(session: Session, qtbot: QtBot, source: str = "llama", text: str = "the cat sat") -> Trace:
    session.set_text(text)
    session.load_model(source)
    idle(session, qtbot)
    assert session.trace is not None
    return session.trace


def idle(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not session.jobs.is_busy("load") and not session.jobs.is_busy("run"), timeout=20_000)


def head(layer: int, number: int, kind: str = "self") -> Site:
    return switching.sites(kind, layer, number)["head"]


def test_the_run_without_a_head_is_the_core_s_own(session: Session, qtbot: QtBot, tiny_llama) -> None:
    start(session, qtbot)
    switching.switch(session.showing, head(1, 2))
    idle(session, qtbot)
    expected = capture.run(tiny_llama, RunRequest("the cat sat", interventions=parse("1.2")))
    assert session.trace is not None
    assert session.trace.request == expected.request
    np.testing.assert_array_equal(session.trace.logits(), expected.logits())
    assert switching.heads_off(session.trace, "self") == {(1, 2)}


def test_switching_on_again_answers_at_once(session: Session, qtbot: QtBot, models: Models) -> None:
    before = start(session, qtbot)
    switching.switch(session.showing, head(1, 2))
    idle(session, qtbot)
    off = session.trace
    assert len(models.asked) == 2
    switching.switch(session.showing, head(1, 2))
    assert session.trace is before
    switching.switch(session.showing, head(1, 2))
    assert session.trace is off
    switching.all_on(session.showing)
    assert session.trace is before
    assert len(models.asked) == 2


def test_a_text_typed_meanwhile_keeps_what_is_off(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    switching.switch(session.showing, head(0, 1))
    session.set_text("another text")
    idle(session, qtbot)
    assert session.trace is not None
    assert session.trace.request == RunRequest("another text", interventions=parse("0.1"))


def test_the_way_of_switching_off_is_remembered(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    switching.switch(session.showing, head(0, 1))
    switching.set_how(session.showing, "mean")
    switching.switch(session.showing, head(2, 3))
    idle(session, qtbot)
    assert session.trace is not None
    assert short(session.trace.request.interventions) == "0.1, 2.3 off (mean)"
    assert session.settings.ablate_how == "mean"
    switching.all_on(session.showing)
    assert switching.how(session.showing) == "mean"


def test_a_model_that_lacks_a_layer_leaves_it_out_and_says_so(session: Session, qtbot: QtBot) -> None:
    notices: list[tuple[str, dict[str, Any]]] = []
    session.notice_raised.connect(lambda name, fields: notices.append((name, fields)))
    start(session, qtbot)
    for place in ((2, 3), (1, 0)):
        switching.switch(session.showing, head(*place))
    idle(session, qtbot)
    session.load_model("bert")  # two layers
    idle(session, qtbot)
    assert session.trace is not None
    assert session.trace.request.interventions == parse("1.0")
    assert session.request.interventions == parse("1.0")
    assert [fields["names"] for name, fields in notices if name == "interventions_left_out"] == ["2.3 off (zero)"]


def test_a_kind_that_another_model_lacks_is_left_out(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot, "marian", "abc")
    switching.switch(session.showing, head(2, 1, "cross"))
    idle(session, qtbot)
    assert session.trace is not None
    assert switching.heads_off(session.trace, "cross") == {(2, 1)}
    session.load_model("llama")
    idle(session, qtbot)
    assert session.trace.request.interventions == ()


def test_what_the_run_refuses_is_told_and_taken_back(session: Session, qtbot: QtBot) -> None:
    before = start(session, qtbot, "marian", "abc")
    errors: list[Exception] = []
    session.error_raised.connect(errors.append)
    session.ask(RunRequest("abc", interventions=parse("cross:0.3")))  # the decoder has two heads
    idle(session, qtbot)
    assert len(errors) == 1
    assert session.request.interventions == ()
    assert session.trace is before
    session.set_text("abcd")
    idle(session, qtbot)
    assert session.trace is not None and session.trace.text == "abcd"


def test_a_trace_from_a_file_cannot_be_changed(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    trace = start(session, qtbot)
    trace.save(tmp_path / "a.safetensors")
    session.open_trace(tmp_path / "a.safetensors")
    qtbot.waitUntil(lambda: session.trace is not None and session.trace.model is None, timeout=20_000)
    errors: list[Exception] = []
    session.error_raised.connect(errors.append)
    switching.switch(session.showing, head(0, 0))
    assert [error.reason for error in errors if isinstance(error, CannotIntervene)] == ["no_model"]
    assert session.request.interventions == ()


def test_every_head_and_feed_forward_part_of_a_model_can_be_off(session: Session, qtbot: QtBot) -> None:
    start(session, qtbot)
    for layer in range(3):
        for part in ("layer", "feed_forward"):
            switching.switch(session.showing, switching.sites("self", layer, 0)[part])
    idle(session, qtbot)
    assert session.trace is not None
    assert len(switching.heads_off(session.trace, "self")) == 12
    assert np.isfinite(session.trace.logits()).all()
    np.testing.assert_allclose(session.trace.attention(2, 0).sum(axis=1), 1.0, atol=1e-5)


def test_the_other_pane_has_switches_of_its_own(session: Session, qtbot: QtBot) -> None:
    before = start(session, qtbot)
    other = session.compare()
    switching.switch(other, head(0, 1))
    qtbot.waitUntil(lambda: not session.jobs.is_busy("run.other"), timeout=20_000)
    assert other.trace is not None
    assert other.trace.request.interventions == (Ablate(head(0, 1)),)
    assert session.trace is before
