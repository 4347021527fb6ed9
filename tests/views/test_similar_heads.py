from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.core.attention_patterns import looking_back, trace_of, uniform
from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture, reading
from visualizer.core.analyses import similar_heads
from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.views import export_dialog
from visualizer.views.reading_controls import rule
from visualizer.views.similar_heads import SimilarHeadsView


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat on the mat"))


def test_the_nearest_head_comes_first(tiny_bert, qtbot) -> None:
    back = looking_back(6)
    layers = [np.stack([back, uniform(6)]), np.stack([uniform(6, causal=True), 0.9 * back + 0.1 * uniform(6)])]
    with shown(SimilarHeadsView, trace_of(tiny_bert, {"self": layers}, tuple("abcdef")), qtbot) as view:
        assert [(card.layer, card.head) for card in view.cards._cards][:2] == [(0, 0), (1, 1)]


def test_cards_follow_the_distances_and_carry_their_thumbnails(trace: Trace, qtbot) -> None:
    distances = similar_heads.distances(trace)
    with shown(SimilarHeadsView, trace, qtbot) as view:
        view.session.select(layer=1, head=2)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        cards = view.cards._cards
        assert (cards[0].layer, cards[0].head) == (1, 2)
        near = distances.nearest(1, 2, len(cards) - 1)
        assert [(c.layer, c.head) for c in cards[1:]] == [(layer, head) for layer, head, _ in near]
        for card in cards:
            np.testing.assert_allclose(card.values, trace.attention(card.layer, card.head), atol=1e-6)


def test_a_card_and_a_point_select_their_head(trace: Trace, qtbot) -> None:
    with shown(SimilarHeadsView, trace, qtbot) as view:
        card = view.cards._cards[2]
        qtbot.mouseClick(view.cards, Qt.MouseButton.LeftButton, pos=view.cards.card_rect(2).center())
        assert (view.session.selection.layer, view.session.selection.head) == (card.layer, card.head)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        place = view.scatter.points()[4]
        qtbot.mouseClick(view.scatter, Qt.MouseButton.LeftButton, pos=QPoint(*map(round, place)))
        assert view.scatter._selected == view._mapped.index(view.session.selection.layer, view.session.selection.head)


def test_cards_are_reached_by_keys(trace: Trace, qtbot) -> None:
    with shown(SimilarHeadsView, trace, qtbot) as view:
        view.cards.setFocus()
        qtbot.keyClick(view.cards, Qt.Key.Key_Right)
        card = view.cards._cards[1]
        qtbot.keyClick(view.cards, Qt.Key.Key_Return)
        assert (view.session.selection.layer, view.session.selection.head) == (card.layer, card.head)


def test_another_kind_is_compared_anew(tiny_marian, qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="de"))
    with shown(SimilarHeadsView, trace, qtbot) as view:
        assert len(view.data()["distance"]) == 8
        view.session.select(kind="cross")
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert len(view.data()["distance"]) == 6


def test_a_comparison_at_some_tokens_says_so(tiny_llama, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar_heads.distances, "__defaults__", ("self", None, None, 66 * 22 * 5))
    with shown(SimilarHeadsView, capture.run(tiny_llama, RunRequest("The cat sat on the mat")), qtbot) as view:
        assert "5 of 22" in view._note.text()


@pytest.mark.parametrize("choice", [{"unit": "word"}, {"hide_sinks": True}])
def test_units_and_hidden_sinks_are_compared_and_shown(trace: Trace, choice: dict[str, object], qtbot) -> None:
    with shown(SimilarHeadsView, trace, qtbot) as view:
        view.session.select(**choice)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        expected = similar_heads.distances(trace, rule=Rule(**choice)).matrix
        np.testing.assert_allclose(view.data()["distance"], expected, atol=1e-6)
        for card in view.cards._cards:
            np.testing.assert_allclose(
                card.values, reading.read(trace, Place("self", card.layer, card.head), Rule(**choice)).matrix, atol=1e-6
            )
        assert rule(view.session.selection.rule) in view._note.text()


def test_nothing_of_the_text_before_is_exported(trace: Trace, tiny_llama, qtbot, monkeypatch) -> None:
    gate = threading.Event()
    real = similar_heads.distances
    with shown(SimilarHeadsView, trace, qtbot) as view:
        monkeypatch.setattr(similar_heads, "distances", lambda *a, **rest: (gate.wait(20), real(*a, **rest))[1])
        view.session.show_trace(capture.run(tiny_llama, RunRequest("Two")))
        assert view.data() == {}
        view.export_widget()
        assert not view.cards._cards and not len(view.scatter._values)
        gate.set()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.cards._cards and view.data()


def test_a_comparison_that_takes_long_shows_nothing_of_the_text_before(
    trace: Trace, tiny_llama, qtbot, monkeypatch
) -> None:
    gate = threading.Event()
    real = similar_heads.distances
    with shown(SimilarHeadsView, trace, qtbot) as view:
        monkeypatch.setattr(similar_heads, "distances", lambda *a, **rest: (gate.wait(20), real(*a, **rest))[1])
        view.session.show_trace(capture.run(tiny_llama, RunRequest("Two")))
        qtbot.waitUntil(lambda: not view.cards._cards, timeout=5000)
        gate.set()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)


@pytest.mark.parametrize("size", [(1000, 700), (480, 700)])
def test_a_model_with_one_head(tiny_bert, size: tuple[int, int], qtbot) -> None:
    with shown(SimilarHeadsView, trace_of(tiny_bert, {"self": [uniform(1)[None]]}, ("a",)), qtbot, size) as view:
        assert len(view.cards._cards) == 1
        assert "only one head" in view._note.text()
        assert not view.grab().isNull()


def test_picture_and_numbers_are_saved(trace: Trace, tmp_path: Path, qtbot) -> None:
    with shown(SimilarHeadsView, trace, qtbot) as view:
        for name in ("a.png", "a.svg", "a.pdf", "a.csv", "a.npz", "a.json"):
            export_dialog.save(view, tmp_path / name)
    saved = np.load(tmp_path / "a.npz")
    np.testing.assert_allclose(saved["distance"], similar_heads.distances(trace).matrix, atol=1e-6)
    assert saved["map"].shape == (12, 2)


def test_a_hidden_view_that_gets_room_waits_for_the_new_run(tiny_llama, tiny_bert, qtbot, monkeypatch) -> None:
    """Its answer is about heads that the selection no longer means: the new run's model has other ones."""
    trace = capture.run(tiny_llama, RunRequest("The cat sat"))
    fewer = trace_of(tiny_bert, {"self": [np.stack([uniform(4)] * 2)]}, tuple("abcd"))
    with shown(SimilarHeadsView, fewer, qtbot) as view:
        told: list[Exception] = []
        monkeypatch.setattr(view, "_fail", lambda error, what="view": told.append(error))
        view.hide()
        view.session.show_trace(trace)
        view.session.select(layer=2, head=3)
        view.cards.room_changed.emit()
        assert told == []
        assert view.current is None
        view.show()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.current is not None
        assert (view.cards._cards[0].layer, view.cards._cards[0].head) == (2, 3)
