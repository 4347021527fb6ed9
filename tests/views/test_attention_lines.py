"""The lines view: what is drawn is what carries the share, and pointing leaves one token's lines with exact numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from tests.core.attention_patterns import lines_for_mass
from visualizer.core import capture, models, reading
from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.ui.lines_painter import style_of
from visualizer.ui.numbers import format_weight
from visualizer.views import export_dialog
from visualizer.views.attention_lines.options import Options
from visualizer.views.attention_lines.view import AttentionLinesView

KIND = AttentionLinesView


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("私は図書館で本を。"))


@pytest.fixture(scope="module")
def pair(tiny_bert) -> Trace:
    return capture.run(tiny_bert, RunRequest("the cat sat.", "私は本を"))


@pytest.fixture(autouse=True)
def _all_heads(session: Session) -> None:
    """Most of what is tested here shows in the lines of all heads."""
    session.set_options("attention_lines", Options, every=True)


def middle(view: AttentionLinesView, which: str, index: int) -> QPointF:
    """Middle of a token's label in the canvas."""
    layout = view.canvas.arrangement()
    side = layout.side(which)  # type: ignore[arg-type]
    return layout.rect(side.labels, side.edges[index], side.edges[index + 1], 0.0).center()


def test_every_head_of_the_layer_has_the_lines_that_carry_the_share(
    view: AttentionLinesView, session: Session, trace: Trace
) -> None:
    session.show_trace(trace)
    session.select(layer=1)
    session.set_options("attention_lines", Options, mass=0.6)
    drawn = view.canvas.picture.lines
    for head in range(trace.heads()):
        rows, columns = lines_for_mass(trace.attention(1, head), 0.6)
        mine = drawn.heads == head
        assert set(zip(drawn.queries[mine], drawn.keys[mine], strict=True)) == set(zip(rows, columns, strict=True))
        np.testing.assert_array_equal(
            drawn.weights[mine], trace.attention(1, head)[drawn.queries[mine], drawn.keys[mine]]
        )


def test_the_share_and_the_heads_change_the_lines_without_a_run(
    view: AttentionLinesView, session: Session, trace: Trace
) -> None:
    session.show_trace(trace)
    few, many = 0.3, 0.95
    session.set_options("attention_lines", Options, mass=few)
    before = len(view.canvas.picture.lines)
    session.set_options("attention_lines", Options, mass=many)
    assert len(view.canvas.picture.lines) > before
    session.set_options("attention_lines", Options, heads=frozenset((2,)))
    assert set(view.canvas.picture.lines.heads.tolist()) == {0} and len(view.canvas.picture.styles) == 1
    assert view.canvas.picture.styles[0].color == style_of(2, view.theme).color, "a head keeps its hue"


def test_a_swatch_toggles_and_a_double_click_isolates_and_restores(
    view: AttentionLinesView, session: Session, trace: Trace, qtbot
) -> None:
    session.show_trace(trace)
    at = view.swatches._rect(1).center().toPoint()
    qtbot.mouseClick(view.swatches, Qt.MouseButton.LeftButton, pos=at)
    assert view.options.heads == {0, 2, 3}
    qtbot.mouseClick(view.swatches, Qt.MouseButton.LeftButton, pos=at)
    assert view.options.heads == frozenset()
    qtbot.mouseClick(view.swatches, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(view.swatches, Qt.MouseButton.LeftButton, pos=at)
    assert view.options.heads == {1} and session.selection.head == 1
    qtbot.mousePress(view.swatches, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseDClick(view.swatches, Qt.MouseButton.LeftButton, pos=at)
    assert view.options.heads == frozenset()


def test_swatches_work_from_the_keyboard(view: AttentionLinesView, session: Session, trace: Trace, qtbot) -> None:
    session.show_trace(trace)
    qtbot.keyClick(view.swatches, Qt.Key.Key_Right)
    qtbot.keyClick(view.swatches, Qt.Key.Key_Return)
    assert view.options.heads == {1}
    qtbot.keyClick(view.swatches, Qt.Key.Key_Return)
    assert view.options.heads == frozenset()
    qtbot.keyClick(view.swatches, Qt.Key.Key_Space)
    assert view.options.heads == {0, 2, 3}


def test_hues_beyond_the_twelfth_head_differ_in_their_dashes() -> None:
    theme = themes.named("light")
    looks = {(style_of(head, theme).color, style_of(head, theme).dash) for head in range(36)}
    assert len(looks) == 36


def test_pointing_leaves_one_tokens_lines_with_the_exact_weights_of_every_head(
    view: AttentionLinesView, session: Session, trace: Trace, qtbot
) -> None:
    session.show_trace(trace)
    session.select(layer=2)
    qtbot.mouseMove(view.canvas.viewport(), middle(view, "query", 6).toPoint())
    assert session.hover == Hover(query=6)
    assert view.canvas.picture.active == ("query", 6)
    expected = np.stack([trace.attention(2, head)[6] for head in range(trace.heads())])
    np.testing.assert_allclose(view.canvas.picture.bars, expected, atol=1e-6)
    head, key = np.unravel_index(expected.argmax(), expected.shape)
    assert format_weight(float(expected[head, key])) in view.readout.text()
    session.set_hover(None)
    assert view.canvas.picture.active is None
    assert view.readout.text().startswith("Last: ")
    session.select(layer=1)
    assert "%" in view.readout.text(), "those lines are no more"


def test_pointing_at_a_key_shows_who_looks_at_it(view: AttentionLinesView, session: Session, trace: Trace) -> None:
    session.show_trace(trace)
    session.set_hover(Hover(key=3))
    expected = np.stack([trace.attention(0, head)[:, 3] for head in range(trace.heads())])
    np.testing.assert_allclose(view.canvas.picture.bars, expected, atol=1e-6)


def test_a_click_locks_and_the_other_side_then_reads_the_pair(
    view: AttentionLinesView, session: Session, trace: Trace, qtbot
) -> None:
    session.show_trace(trace)
    qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, "query", 7).toPoint())
    assert session.selection.query == 7
    session.set_hover(Hover(key=2))
    assert (view.canvas.picture.active, view.canvas.picture.marked) == (("query", 7), ("key", 2))
    for head in range(trace.heads()):
        assert format_weight(float(trace.attention(0, head)[7, 2])) in view.readout.text()
    session.set_hover(None)
    assert view.canvas.picture.active == ("query", 7), "locked"
    qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, "query", 7).toPoint())
    assert session.selection.query is None
    session.select(query=3)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert session.selection.query is None


def test_units_sinks_and_their_rule(view: AttentionLinesView, session: Session, trace: Trace) -> None:
    session.show_trace(trace)
    session.select(unit="morpheme", hide_sinks=True)
    found = reading.read(trace, Place("self", 0, 0), Rule(unit="morpheme", hide_sinks=True))
    assert list(view.canvas.picture.query_labels) == [unit.label for unit in found.query_units]
    assert not set(view.canvas.picture.lines.keys.tolist()) & set(np.flatnonzero(found.hidden_keys).tolist())
    note = view.note.text()
    assert "mean over" in note and "renormalised" in note and f"{int(found.empty_rows.sum())}" in note
    assert view.export_widget().isAncestorOf(view.note), "a saved picture says it too"
    hidden = [
        reading.read(trace, Place("self", 0, head), Rule(unit="morpheme", hide_sinks=True)).hidden_shares.mean()
        for head in range(trace.heads())
    ]
    assert f"{round(100 * np.mean(hidden))} % of all attention" in note
    assert "of what is left" in view.readout.text()
    assert f"{trace.heads()} heads" in view.caption()
    data = view.data()
    assert data["hide_sinks"] and data["rule"] == note


def test_parts_of_speech_dim_all_others(view: AttentionLinesView, session: Session, trace: Trace) -> None:
    session.show_trace(trace)
    session.select(unit="morpheme", parts_of_speech=frozenset(("名詞",)))
    labels, quiet = view.canvas.picture.query_labels, view.canvas.picture.query_quiet
    bright = {label for label, is_quiet in zip(labels, quiet, strict=True) if not is_quiet}
    assert bright == {"私", "図書館", "本"}
    nouns = {i for i, is_quiet in enumerate(quiet) if not is_quiet}
    assert set(view.canvas.picture.lines.queries.tolist()) <= nouns


def test_a_quadrant_shows_one_sentence_on_each_side(view: AttentionLinesView, session: Session, pair: Trace) -> None:
    session.show_trace(pair)
    session.select(quadrant="AB")
    assert view.canvas.picture.query_labels[0] == "[CLS]"
    assert list(view.canvas.picture.key_labels)[:2] == ["私", "は"]
    session.set_hover(Hover(query=1, key=6))
    assert view.canvas.picture.active == ("query", 1)
    session.set_hover(Hover(key=2))
    assert view.canvas.picture.active is None, "a token of sentence A is not among the keys"


def test_cross_attention_has_target_and_source_on_its_sides(
    view: AttentionLinesView, session: Session, tiny_marian
) -> None:
    trace = capture.run(tiny_marian, RunRequest("the cat", target="ねこ"))
    session.show_trace(trace)
    session.select(kind="cross", unit="character")
    assert "ね" in view.canvas.picture.query_labels and "c" in view.canvas.picture.key_labels


@pytest.mark.parametrize("vertical", [True, False])
def test_zoom_makes_the_axis_longer_and_shorter_and_every_token_can_be_reached(
    view: AttentionLinesView, session: Session, trace: Trace, vertical: bool, qtbot
) -> None:
    session.show_trace(trace)
    view.canvas.set_vertical(vertical)
    readable = view.canvas.arrangement().length
    for zoom in (0.05, 4.0):
        view.canvas.set_zoom(zoom, 200.0)
        assert (view.canvas.arrangement().length < readable) == (zoom < 1)
        assert not view.canvas.grab().isNull()
    last = len(trace.tokens) - 1
    view.canvas.reveal("key", last)
    layout, scrolled = view.canvas.arrangement(), view.canvas._scrolled()
    area = layout.rect(layout.key.labels, layout.key.edges[last], layout.key.edges[last + 1], scrolled)
    assert view.canvas.viewport().rect().contains(area.center().toPoint())
    qtbot.keyClick(view.canvas, Qt.Key.Key_0)
    assert view.canvas.arrangement().length == readable


def test_long_texts_come_from_the_worker_and_draw_only_what_is_in_sight(
    view: AttentionLinesView, session: Session, monkeypatch: pytest.MonkeyPatch, tiny_llama, qtbot
) -> None:
    from visualizer.views.attention_lines import view as attention_lines

    monkeypatch.setattr(attention_lines, "_AT_ONCE", 10)
    trace = capture.run(tiny_llama, RunRequest("The cat sat on the mat. " * 8))
    session.show_trace(trace)
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    view.canvas.reveal("query", len(trace.tokens) - 1)
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    session.set_hover(Hover(query=len(trace.tokens) - 1))
    assert view.canvas.picture.active == ("query", len(trace.tokens) - 1)


def test_columns_or_rows_are_remembered(session: Session, trace: Trace, qtbot) -> None:
    session.show_trace(trace)
    for chosen in ("rows", "columns"):
        view = AttentionLinesView(session)
        qtbot.addWidget(view)
        view.sides.chosen.emit(chosen)
        again = AttentionLinesView(session)
        qtbot.addWidget(again)
        assert again.sides.value() == chosen
        assert again.canvas.arrangement().vertical == (chosen == "columns")


def test_scrolling_while_one_token_is_pointed_at_redraws_the_lines_of_all(
    view: AttentionLinesView, session: Session, tiny_llama, qtbot
) -> None:
    session.show_trace(capture.run(tiny_llama, RunRequest("The cat sat on the mat. " * 8)))
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    session.set_hover(Hover(query=1))
    bar = view.canvas.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    session.set_hover(None)
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    after = view.canvas.grab().toImage()
    view.canvas.apply_theme(view.theme)  # draws everything anew
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    assert view.canvas.grab().toImage() == after


def test_the_first_picture_shows_the_strongest_lines_as_the_last_one_does(
    view: AttentionLinesView, session: Session, trace: Trace, monkeypatch: pytest.MonkeyPatch, qtbot
) -> None:
    """Whether strength is thickness too is a matter of all lines, not of those that are drawn first."""
    from visualizer.ui import lines_item, lines_painter

    monkeypatch.setattr(lines_painter, "FEW", 20)
    monkeypatch.setattr(lines_item, "_THIN_AT_ONCE", 10)
    painted: list[tuple[int, bool]] = []

    def paint(painter, lines, ends, styles, few):
        painted.append((len(lines), few))

    monkeypatch.setattr(lines_item, "paint_lines", paint)
    monkeypatch.setattr(lines_painter, "paint_lines", paint)
    session.show_trace(trace)
    session.set_options("attention_lines", Options, mass=0.9)
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    counts = [count for count, _ in painted]
    assert 10 in counts and counts[-1] > 20
    assert not any(few for count, few in painted if count)


@pytest.mark.parametrize("text", ["a", ".", "!?.,"])
def test_one_head_one_layer_one_token_and_nothing_but_sinks(
    view: AttentionLinesView, session: Session, text: str
) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.tokenizers import byte_level

    torch.manual_seed(0)
    tokenizer = byte_level()
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1
    )
    model = models.wrap(LlamaForCausalLM(config).eval(), tokenizer, source="one")
    session.show_trace(capture.run(model, RunRequest(text)))
    session.select(hide_sinks=True)
    assert view.readout.text() == "Nothing is left to look at."
    session.set_hover(Hover(query=0))
    assert "nothing is left" in view.readout.text()
    session.select(hide_sinks=False)
    assert view.is_complete() and len(view.canvas.picture.lines) >= 1


def test_pictures_and_numbers_are_saved(
    view: AttentionLinesView, session: Session, trace: Trace, tmp_path: Path
) -> None:
    session.show_trace(trace)
    for suffix in ("png", "svg", "pdf", "csv", "npz", "json"):
        export_dialog.save(view, tmp_path / f"lines.{suffix}")
    svg = (tmp_path / "lines.svg").read_text(encoding="utf-8")
    assert svg.count("<polyline") + svg.count("<path") > 20, "lines are lines, not a bitmap"
    table = (tmp_path / "lines.csv").read_text(encoding="utf-8-sig").splitlines()
    assert table[0] == ",head,query,key,weight"
    head, query, key, weight = (float(cell) for cell in table[1].split(",")[1:])
    assert weight == pytest.approx(float(trace.attention(0, int(head))[int(query), int(key)]))
    weights = [float(row.split(",")[4]) for row in table[1:]]
    assert weights == sorted(weights, reverse=True)


def test_the_head_line_names_the_layer_once_whatever_one_head_does(
    view: AttentionLinesView, session: Session, trace: Trace, tiny_marian
) -> None:
    session.show_trace(trace)
    session.select(layer=1)
    assert view.selection_text(trace, session.selection) == "layer 1 · 4 heads"
    crossing = capture.run(tiny_marian, RunRequest("the cat", target="ねこ"))
    session.show_trace(crossing)
    session.select(kind="cross")
    assert view.selection_text(crossing, session.selection) == "cross-attention · layer 1 · 2 heads"


def test_it_begins_with_the_selected_head_and_one_click_shows_all(
    view: AttentionLinesView, session: Session, trace: Trace
) -> None:
    session.set_options("attention_lines", Options, every=False)
    session.show_trace(trace)
    session.select(layer=1, head=2)
    assert len(view.canvas.picture.styles) == 1
    assert view.canvas.picture.styles[0].color == style_of(2, view.theme).color
    session.select(head=3)
    assert view.canvas.picture.styles[0].color == style_of(3, view.theme).color, "it follows the selection"
    assert view.selection_text(trace, session.selection) == "layer 1 · head 3"
    view.every.click()
    assert len(view.canvas.picture.styles) == trace.heads() and view.every.isChecked()
    view.every.click()
    assert len(view.canvas.picture.styles) == 1
