"""A text opens on a head that shows something, until the person has chosen one."""

from __future__ import annotations

from pathlib import Path

import pytest

from visualizer.core import capture, models
from visualizer.core.analyses import first_look
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session.session import Session


@pytest.fixture(scope="module")
def gpt() -> LoadedModel:
    return models.load("bundled:gpt-ja-en")


def shown(session: Session, text: str, qtbot) -> None:
    with qtbot.waitSignal(session.trace_changed, timeout=20_000):
        session.set_text(text)


def test_a_text_opens_on_the_head_that_shows_most(gpt: LoadedModel, qtbot) -> None:
    session = Session(load=lambda *_: gpt)
    with qtbot.waitSignal(session.model_changed, timeout=5000):
        session.load_model("any")
    for text in ("The cat sat on the mat.", "私は図書館で本を読みました。"):
        shown(session, text, qtbot)
        assert session.trace is not None
        assert session.selection.place == first_look.choose(session.trace).place
    session.shutdown()


def test_the_persons_own_choice_wins_and_is_kept(gpt: LoadedModel, qtbot) -> None:
    session = Session(load=lambda *_: gpt)
    with qtbot.waitSignal(session.model_changed, timeout=5000):
        session.load_model("any")
    shown(session, "The cat sat on the mat.", qtbot)
    session.select(layer=0, head=5)
    shown(session, "The dog sat on the mat, and the cat on the dog.", qtbot)
    assert (session.selection.layer, session.selection.head) == (0, 5)
    session.shutdown()


def test_a_saved_trace_opens_on_that_head_too(gpt: LoadedModel, qtbot, tmp_path: Path) -> None:
    trace = capture.run(gpt, RunRequest("The cat sat on the mat."))
    trace.save(tmp_path / "cat.safetensors")
    session = Session()
    with qtbot.waitSignal(session.trace_changed, timeout=20_000):
        session.open_trace(tmp_path / "cat.safetensors")
    place = first_look.choose(trace).place
    assert session.selection.place == place and (place.layer, place.head) != (0, 0)
    session.shutdown()
