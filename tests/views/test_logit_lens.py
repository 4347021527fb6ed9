from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.analyses import logit_lens
from visualizer.core.errors import CannotRead
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.session import Session
from visualizer.ui import errors
from visualizer.views import export_dialog
from visualizer.views.logit_lens.view import LogitLensView


@pytest.fixture
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat"))


def test_cells_bear_the_first_token_and_layers_rise(trace: Trace, qtbot) -> None:
    found = logit_lens.read(trace)
    with shown(LogitLensView, trace, qtbot) as view:
        np.testing.assert_allclose(view.heatmap.values[::-1], found.probability[:, :, 0])
        texts = view.heatmap._contents.texts
        assert texts[0][-1] == trace.label(int(found.answer[-1])).strip(), "the last layer stands at the top"
        assert view.heatmap._contents.row_labels[-1] == "emb."


@pytest.mark.parametrize("color", ["rank", "entropy", "kl"])
def test_other_colours_need_no_other_answer(trace: Trace, qtbot, color: str) -> None:
    found = logit_lens.read(trace)
    expected = {"rank": np.log10(found.answer_rank), "entropy": found.entropy, "kl": found.divergence}[color]
    with shown(LogitLensView, trace, qtbot) as view:
        answer = view.current
        view.set_options(color=color)
        assert view.current is answer
        np.testing.assert_allclose(view.heatmap.values[::-1], expected, atol=1e-6)


def test_a_click_selects_layer_and_position(trace: Trace, qtbot) -> None:
    with shown(LogitLensView, trace, qtbot) as view:
        rows = len(view.heatmap.values)
        view.heatmap.cell_clicked.emit(0, 1)
        assert (view.selection.layer, view.selection.position) == (rows - 2, 1)
        view.heatmap.cell_clicked.emit(rows - 1, 2)
        assert (view.selection.layer, view.selection.position) == (rows - 2, 2), "embeddings belong to no layer"
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert "position 2" in view.beside.title.text()


def test_pinned_tokens_are_followed_through_the_layers(trace: Trace, qtbot) -> None:
    with shown(LogitLensView, trace, qtbot) as view:
        column = logit_lens.column(trace, trace.n_positions - 1)
        view.set_options(pinned=frozenset({3, 7}))
        curves = view.beside.curves._curves
        assert len(curves) == 2
        np.testing.assert_allclose(curves[0].y, column[:, 3])
        np.testing.assert_allclose(curves[1].y, column[:, 7])
        view._on_pin_chosen(3)
        assert view.options.pinned == {7}
        view._typed.setText("11")
        view._typed.returnPressed.emit()
        assert view.options.pinned == {7, 11}
        view._typed.setText("no such token")
        view._typed.returnPressed.emit()
        assert view.options.pinned == {7, 11} and view.error is None
        assert "no such token" in view._note.text()


def test_a_token_pinned_in_one_model_is_not_meant_in_another(trace: Trace, tiny_bert, qtbot) -> None:
    with shown(LogitLensView, trace, qtbot) as view:
        view.set_options(pinned=frozenset({3}))
        view.session.show_trace(capture.run(tiny_bert, RunRequest("the [MASK] sat")))
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert not view.options.pinned
        assert view.heatmap.values.shape[1] == 1, "a masked model is read at its blanks"


def test_another_text_has_its_own_column_even_where_its_lens_is_known(trace: Trace, tiny_llama, qtbot) -> None:
    other = capture.run(tiny_llama, RunRequest("abc sat"))
    logit_lens.read(other)
    with shown(LogitLensView, trace, qtbot) as view:
        view.session.select(position=2)
        view.session.show_trace(other)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view._column.trace is other


def test_scripts_add_up(trace: Trace, qtbot) -> None:
    with shown(LogitLensView, trace, qtbot) as view:
        view.set_options(beside="scripts")
        assert view.beside.bars.isVisible()
        np.testing.assert_allclose(view.beside.bars.shares.sum(axis=1), 1, atol=1e-5)


def test_after_the_attention_is_a_choice_or_refused_in_words(trace: Trace, tiny_bert, qtbot) -> None:
    with shown(LogitLensView, trace, qtbot) as view:
        view.set_options(part="attention")
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        expected = logit_lens.read(trace, part="attention")
        np.testing.assert_allclose(view.heatmap.values[::-1], expected.probability[:, :, 0])
        view.session.show_trace(capture.run(tiny_bert, RunRequest("the [MASK] sat")))
        qtbot.waitUntil(lambda: view.error is not None, timeout=PATIENCE)
        assert isinstance(view.error, CannotRead)
        assert view.message().startswith(errors.present(view.error)[0])
        view.set_options(part="block")
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)


def test_the_decoder_is_read_of_a_translation(tiny_marian, qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="abcd"))
    with shown(LogitLensView, trace, qtbot) as view:
        assert view.heatmap.values.shape == (len(trace.residual["decoder"]), len(trace.target_tokens))
        view.session.select(kind="encoder", layer=0)
        view.heatmap.cell_clicked.emit(0, 1)
        assert view.selection.kind == "decoder"


def test_a_trace_without_its_model_is_refused_in_words(trace: Trace, tmp_path: Path, qtbot) -> None:
    trace.save(tmp_path / "a.safetensors")
    session = Session()
    try:
        view = LogitLensView(session)
        qtbot.addWidget(view)
        view.show()
        session.show_trace(Trace.open(tmp_path / "a.safetensors"))
        qtbot.waitUntil(lambda: view.error is not None, timeout=PATIENCE)
        assert isinstance(view.error, CannotRead)
    finally:
        assert session.shutdown()


def test_numbers_and_picture_are_exported(trace: Trace, tmp_path: Path, qtbot) -> None:
    found = logit_lens.read(trace)
    with shown(LogitLensView, trace, qtbot) as view:
        view.heatmap.zoom(4)
        for ending in ("csv", "npz", "png", "svg"):
            export_dialog.save(view, tmp_path / f"a.{ending}")
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive["token_id"], found.token_id)
        np.testing.assert_array_equal(archive["kl_bits"], found.divergence)
