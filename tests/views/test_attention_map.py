from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from visualizer.core import capture, reading
from visualizer.core.errors import NothingToSave
from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.ui.numbers import format_weight
from visualizer.views import attention_map, export_dialog
from visualizer.views.attention_map import AttentionMapView

KIND = AttentionMapView
SIZE = (1000, 760)


@pytest.fixture(scope="module")
def trace(tiny_llama):
    return capture.run(tiny_llama, RunRequest("私は図書館"))


def test_the_picture_is_the_models_own_attention(view: AttentionMapView, session: Session, trace) -> None:
    session.show_trace(trace)
    for layer, head in ((0, 0), (2, 3), (1, 2)):
        session.select(layer=layer, head=head)
        assert np.array_equal(view.heatmap.values, trace.attention(layer, head))
        assert view.is_complete()


def test_pointing_reads_the_exact_weight_with_both_tokens(
    view: AttentionMapView, session: Session, trace, qtbot
) -> None:
    session.show_trace(trace)
    session.select(layer=1, head=2)
    qtbot.wait(20)  # the note below has come, and the picture has its size
    qtbot.mouseMove(view.heatmap, view.heatmap.arrangement().cell_rect(5, 3).center().toPoint())
    assert session.hover == Hover(query=5, key=3)
    weight = format_weight(float(trace.attention(1, 2)[5, 3]))
    assert view.readout() == f"“{trace.tokens[5].text}” looks at “{trace.tokens[3].text}”: {weight}"


def test_masked_cells_read_masked(view: AttentionMapView, session: Session, trace) -> None:
    session.show_trace(trace)
    session.set_hover(Hover(query=1, key=4))
    assert view.readout().endswith("masked")


def test_hover_from_elsewhere_marks_the_row(view: AttentionMapView, session: Session, trace) -> None:
    session.show_trace(trace)
    session.set_hover(Hover(query=4))
    assert view.heatmap.hovered() == (4, -1)
    session.set_hover(None)
    assert view.heatmap.hovered() == (-1, -1)


def test_click_locks_a_second_click_and_escape_let_go(view: AttentionMapView, session: Session, trace, qtbot) -> None:
    session.show_trace(trace)
    at = view.heatmap.arrangement().cell_rect(4, 2).center().toPoint()
    qtbot.mouseClick(view.heatmap, Qt.MouseButton.LeftButton, pos=at)
    assert (session.selection.query, session.selection.key) == (4, 2)
    assert view.heatmap.locked() == (4, 2)
    session.set_hover(None)
    assert "looks at" in view.readout(), "the locked weight stays readable when the pointer leaves"
    qtbot.mouseClick(view.heatmap, Qt.MouseButton.LeftButton, pos=at)
    assert (session.selection.query, session.selection.key) == (None, None)
    qtbot.mouseClick(view.heatmap, Qt.MouseButton.LeftButton, pos=at)
    qtbot.keyClick(view.heatmap, Qt.Key.Key_Escape)
    assert view.heatmap.locked() == (-1, -1)


@pytest.mark.parametrize("unit", ["token", "morpheme", "word", "character"])
def test_units_change_rows_and_say_their_rule(view: AttentionMapView, session: Session, trace, unit: str) -> None:
    session.show_trace(trace)
    session.select(unit=unit, layer=1)
    expected = reading.read(trace, Place("self", 1, 0), Rule(unit=unit))
    assert np.array_equal(view.heatmap.values, expected.matrix)
    assert np.allclose(view.heatmap.values.sum(axis=1), 1, atol=1e-5)
    assert ("Sum over" in view.note()) == (unit != "token")
    if unit == "character":
        assert list(view.data()["rows"]) == ["私", "は", "図", "書", "館"]


def test_a_locked_token_stays_marked_in_another_unit(view: AttentionMapView, session: Session, trace) -> None:
    session.show_trace(trace)
    session.select(query=7, key=0)
    session.select(unit="character")
    assert view.heatmap.locked() == (2, 0), "token 7 holds a part of the third character"


def test_hidden_sinks_are_hatched_and_read_left_out(view: AttentionMapView, session: Session, trace) -> None:
    session.show_trace(trace)
    session.select(hide_sinks=True)
    session.set_hover(Hover(query=5, key=0))
    assert view.readout().endswith("is left out")
    assert view.heatmap.values[:, 0].max() == 0
    found = reading.read(trace, Place("self", 0, 0), Rule(hide_sinks=True))
    assert f"{round(100 * found.hidden_shares.mean())} % of all attention" in view.note()
    session.set_hover(Hover(query=5, key=3))
    assert "that is left" in view.readout()
    data = view.data()
    assert data["hide_sinks"] and data["rule"] == view.note() and data["hidden_keys"][0]


def test_colours_switch_between_linear_and_logarithmic(view: AttentionMapView, session: Session, trace) -> None:
    session.show_trace(trace)
    assert view.heatmap.scale.kind == "linear"
    session.select(scale="log")
    assert view.heatmap.scale.kind == "log"


def test_encoder_decoder_models_show_every_kind(view: AttentionMapView, session: Session, tiny_marian) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="xy"))
    session.show_trace(trace)
    for kind in ("encoder", "decoder", "cross"):
        session.select(kind=kind)
        shape = (len(trace.query_tokens(kind)), len(trace.key_tokens(kind)))
        assert view.heatmap.values.shape == shape
        assert view.data()["kind"] == kind


def test_a_sentence_pair_can_be_read_by_quadrant(view: AttentionMapView, session: Session, tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat", pair="the dog"))
    session.show_trace(trace)
    whole = view.heatmap.values.shape
    session.select(quadrant="AB")
    assert view.heatmap.values.shape < whole
    assert view.note()


def test_long_texts_are_computed_off_the_interface(
    view: AttentionMapView, session: Session, trace, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention_map, "_AT_ONCE", 10)
    session.show_trace(trace)
    assert not view.is_complete()
    qtbot.waitUntil(view.is_complete, timeout=5000)
    assert np.array_equal(view.heatmap.values, trace.attention(0, 0))


def test_exported_numbers_are_those_in_the_picture(view: AttentionMapView, session: Session, trace) -> None:
    session.show_trace(trace)
    session.select(layer=2, head=1)
    data = view.data()
    assert np.array_equal(data["attention"], trace.attention(2, 1))
    assert (data["layer"], data["head"], data["unit"]) == (2, 1, "token")
    assert data["rows"] == [token.text for token in trace.tokens]
    assert np.array_equal(data["masked"], ~np.tri(len(trace.tokens), dtype=bool))
    assert view.caption() == f"tiny-llama · layer 2 · head 1 · spreads evenly · {trace.text}"


@pytest.mark.parametrize("suffix", ["csv", "npz", "json"])
def test_a_view_without_numbers_says_so_and_writes_nothing(view: AttentionMapView, tmp_path: Path, suffix: str) -> None:
    with pytest.raises(NothingToSave):
        export_dialog.save(view, tmp_path / f"map.{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_class_is_never_without_the_sentence(view, session: Session, tiny_llama) -> None:
    trace = capture.run(tiny_llama, RunRequest("abcdef"))
    session.show_trace(trace)
    session.select(layer=1, head=1)
    session.set_hover(None)  # the pointer may stand where another test has left it
    view._last = (None, None)
    view.heatmap.forget_last()
    assert view.readout() == "", "the window waits for the pointer"
    session.set_theme(themes.named("light").scaled(1.5, lecture=True))
    row, column = view.heatmap.hovered()
    weights = trace.attention(1, 1)
    allowed = [(q, k) for q in range(len(weights)) for k in range(1, q)]
    assert (row, column) == max(allowed, key=lambda cell: weights[cell])
    assert format_weight(float(weights[row, column])) in view.readout()
    assert view.readout().startswith("Strongest: "), "nobody has pointed at it"
    session.select(query=3, key=0)
    assert format_weight(float(weights[3, 0])) in view.readout(), "what is locked goes before it"


def test_the_sentence_of_a_class_is_not_told_as_pointed_at_when_the_lecture_is_over(
    view, session: Session, tiny_llama
) -> None:
    session.show_trace(capture.run(tiny_llama, RunRequest("abcdef")))
    session.select(layer=1, head=1)
    session.set_hover(None)
    view._last = (None, None)
    view.heatmap.forget_last()
    session.set_theme(themes.named("light").scaled(1.5, lecture=True))
    assert view.readout()
    session.set_theme(themes.named("light"))
    assert view.readout() == "", "nobody has pointed at it"


def test_the_cell_pointed_at_last_is_read_on_in_other_heads_and_never_in_another_text(
    view, session: Session, tiny_llama
) -> None:
    trace = capture.run(tiny_llama, RunRequest("abcdef"))
    session.show_trace(trace)
    session.select(layer=1, head=1)
    session.set_hover(Hover(query=4, key=2))
    told = view.readout()
    session.set_hover(None)
    assert view.readout() == f"Last: {told}"
    session.select(head=0)
    weight = format_weight(float(trace.attention(1, 0)[4, 2]))
    assert view.readout() == f"Last: “{trace.tokens[4].text}” looks at “{trace.tokens[2].text}”: {weight}"
    session.set_theme(themes.named("light").scaled(1.5, lecture=True))
    assert view.readout().startswith("Last: "), "in a lecture, too"
    session.show_trace(capture.run(tiny_llama, RunRequest("fedcba")))
    assert "Last" not in view.readout()
