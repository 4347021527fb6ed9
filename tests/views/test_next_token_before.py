"""The prediction of the model as it is, beside the one with parts switched off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from visualizer.core import capture, prediction
from visualizer.core.analyses.comparison.next_token import next_token_change
from visualizer.core.interventions import parse
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session import switching, work
from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.ui.candidate_bars import Bar, CandidateBars
from visualizer.views import export_dialog
from visualizer.views.next_token.view import NextTokenView

TEXT = "the cat sat"
PATIENCE = 20_000


@pytest.fixture
def asked() -> list[RunRequest]:
    return []


@pytest.fixture
def session(qapp, tiny_llama, asked) -> Iterator[Session]:
    def run(model, request, should_stop, progress):
        asked.append(request)
        return work.run(model, request, should_stop, progress)

    session = Session(load=lambda *_: tiny_llama, run=run)
    session.set_theme(themes.named("light"))
    yield session
    assert session.shutdown()


@pytest.fixture
def view(session: Session, qtbot: QtBot) -> NextTokenView:
    view = NextTokenView(session)
    qtbot.addWidget(view)
    view.resize(320, 760)
    view.show()
    return view


def rows(view: NextTokenView) -> list[Bar]:
    bars = view.findChild(CandidateBars)
    return [bars._bars[i] for i in bars.shown()]


def off(model, parts: str = "1.2,2,mlp.0") -> Trace:
    return capture.run(model, RunRequest(TEXT, interventions=parse(parts)))


def ready(view: NextTokenView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: view.is_complete() and view.current.before is not None, timeout=PATIENCE)


def test_ghost_bars_are_the_ordinary_run(view, session, tiny_llama, qtbot) -> None:
    before, after = capture.run(tiny_llama, RunRequest(TEXT)), off(tiny_llama)
    session.show_trace(after, tiny_llama)
    ready(view, qtbot)
    best = prediction.ranking(after.logits(), 5)
    ordinary = prediction.distribution(before.logits())
    for bar, token in zip(rows(view), best.tolist(), strict=False):
        assert bar.before == pytest.approx(float(ordinary[token]))
        assert bar.rank_before == prediction.rank_of(before.logits(), token)
    assert view.data()["kl_bits"] == pytest.approx(next_token_change(before, after).kl_a_b)
    np.testing.assert_allclose(view.data()["ordinary_probabilities"], ordinary, atol=1e-9)


def test_the_words_say_what_became_of_the_best_token(view, session, tiny_llama, qtbot) -> None:
    before, after = capture.run(tiny_llama, RunRequest(TEXT)), off(tiny_llama)
    session.show_trace(after, tiny_llama)
    ready(view, qtbot)
    best = int(before.logits().argmax())
    first = view._summary.text().splitlines()[0]
    assert f"“{before.label(best).strip()}”" in first
    assert f"rank {prediction.rank_of(after.logits(), best)}" in first


def test_the_filters_act_on_both(view, session, tiny_llama, qtbot) -> None:
    session.show_trace(off(tiny_llama), tiny_llama)
    ready(view, qtbot)
    session.select(temperature=0.5)
    before = capture.run(tiny_llama, RunRequest(TEXT))
    expected = prediction.distribution(before.logits(), 0.5)
    token = int(view._forecast.ids[0])
    assert rows(view)[0].before == pytest.approx(float(expected[token]))


def test_the_ordinary_run_is_asked_once_and_shown_at_once_afterwards(view, session, tiny_llama, asked, qtbot) -> None:
    session.set_text(TEXT)
    session.load_model("any")
    qtbot.waitUntil(lambda: session.trace is not None, timeout=PATIENCE)
    assert all(bar.before is None for bar in rows(view)), "nothing is off"
    for head in (0, 1):
        switching.switch(session.showing, switching.sites("self", 1, head)["head"])
        qtbot.waitUntil(lambda: not session.jobs.is_busy("run"), timeout=PATIENCE)
        ready(view, qtbot)
    assert len(asked) == 3, "the ordinary run was known"


def test_another_text_meanwhile_is_compared_with_its_own_run(view, session, tiny_llama, asked, qtbot) -> None:
    session.show_trace(off(tiny_llama), tiny_llama)
    session.set_text("another")
    qtbot.waitUntil(lambda: session.trace.text == "another", timeout=PATIENCE)
    ready(view, qtbot)
    before = capture.run(tiny_llama, RunRequest("another"))
    np.testing.assert_allclose(view.current.before.logits, before.logits(), atol=1e-5)


def test_a_trace_from_a_file_has_nothing_to_compare_with(view, session, tiny_llama, qtbot, tmp_path: Path) -> None:
    off(tiny_llama).save(tmp_path / "off.safetensors")
    session.show_trace(Trace.open(tmp_path / "off.safetensors"))
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
    assert all(bar.before is None for bar in rows(view))
    assert not session.jobs.is_busy("run")
    assert "off" in view.whole_caption()


def test_a_hidden_view_asks_nothing(view, session, tiny_llama, qtbot) -> None:
    session.show_trace(off(tiny_llama), tiny_llama)
    view.hide()
    assert not view._ordinary.is_waiting()
    view.show()
    ready(view, qtbot)


def test_exported_numbers_say_what_was_off(view, session, tiny_llama, qtbot, tmp_path: Path) -> None:
    session.show_trace(off(tiny_llama, "1.2"), tiny_llama)
    ready(view, qtbot)
    export_dialog.save(view, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        assert str(archive["interventions"]) == "1.2 off (zero)"


@pytest.mark.parametrize(("rank", "before", "text"), [(3, 5, "3 ▲2"), (3, 1, "3 ▼2"), (3, 3, "3"), (3, 0, "3")])
def test_a_change_of_rank_has_a_direction(rank: int, before: int, text: str) -> None:
    assert Bar("a", 0.1, 0.1, rank, rank_before=before).rank_text == text


def test_two_sides_are_compared_with_the_same_target(session, tiny_marian, qtbot) -> None:
    view = NextTokenView(session)
    qtbot.addWidget(view)
    view.show()
    after = capture.run(tiny_marian, RunRequest("abc", interventions=parse("cross:0.1,encoder:1.0")))
    session.show_trace(after, tiny_marian)
    ready(view, qtbot)
    before = capture.run(tiny_marian, RunRequest("abc"))
    assert before.target_tokens == after.target_tokens
    np.testing.assert_allclose(view.current.before.logits, before.logits(view.current.position), atol=1e-5)
