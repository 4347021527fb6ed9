"""The steps view: each step is the model's own matrix, each cell a formula with its real numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from visualizer.core import capture
from visualizer.core.analyses.attention_stages import inputs as stage_inputs
from visualizer.core.analyses.attention_stages import steps as stages
from visualizer.core.request import RunRequest
from visualizer.core.system import memo
from visualizer.core.trace import Trace
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.ui.numbers import format_weight
from visualizer.views import export_dialog
from visualizer.views.attention_stages.view import AttentionStagesView

KIND = AttentionStagesView


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("ねこ。"))


def show(view: AttentionStagesView, session: Session, trace: Trace, qtbot, **choices) -> None:
    session.show_trace(trace)
    if "stage" in choices:
        view.set_options(stage=choices.pop("stage"))
    session.select(**choices)
    qtbot.waitUntil(view.is_complete, timeout=20_000)


def test_every_step_shows_the_models_own_numbers(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot
) -> None:
    for stage, expected in stages.arrays(trace, 1, 2).items():
        show(view, session, trace, qtbot, layer=1, head=2, stage=stage)
        seen = np.isfinite(expected)
        np.testing.assert_array_equal(view.heatmap.values[seen], expected[seen], err_msg=stage)
        is_signed = view.heatmap.scale.kind == "signed"
        assert is_signed == (stage != "weights"), stage


def test_the_formula_under_the_pointer_has_the_cells_numbers(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot
) -> None:
    show(view, session, trace, qtbot, layer=0, head=1, stage="weights")
    view.heatmap.cell_hovered.emit(5, 2)
    assert session.hover == Hover(query=5, key=2)
    weight = format_weight(float(trace.attention(0, 1)[5, 2]))
    assert "exp(" in view.heatmap._contents.readout and view.heatmap._contents.readout.endswith(weight)
    view.heatmap.cell_hovered.emit(2, 5)
    assert "masked" in view.heatmap._contents.readout
    show(view, session, trace, qtbot, stage="contribution")
    view.heatmap.cell_hovered.emit(3, 7)
    assert session.hover == Hover(query=3), "a dimension is no key"
    assert "dimension 7" in view.heatmap._contents.readout and "terms" in view.heatmap._contents.readout


def test_formulas_come_back_when_what_they_need_had_to_make_room(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot
) -> None:
    show(view, session, trace, qtbot, layer=0, head=1, stage="value")
    assert stage_inputs.is_prepared(trace)
    memo.forget(trace)
    assert not stage_inputs.is_prepared(trace)
    show(view, session, trace, qtbot, layer=1)
    assert stage_inputs.is_prepared(trace)
    view.heatmap.cell_hovered.emit(5, 2)
    assert stages.cell(trace, 1, 1, "self", "value", 5, 2, view.heatmap.values).missing == ""


def test_the_products_of_the_locked_pair_are_shown(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot
) -> None:
    show(view, session, trace, qtbot, layer=2, head=3, stage="dot", query=6, key=1)
    pair = stages.product(trace, 2, 3, query=6, key=1)
    query, key, products = (row.values for row in view.bars._rows)
    np.testing.assert_array_equal(query, pair.query)
    np.testing.assert_array_equal(key, pair.key)
    np.testing.assert_array_equal(products, pair.product)
    show(view, session, trace, qtbot, stage="value")
    assert view.bars.isHidden(), "no query meets a key here"


def test_keys_and_buttons_walk_through_the_steps(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot
) -> None:
    show(view, session, trace, qtbot, stage="dot")
    order = [stage.id for stage in stages.stages_of(trace, 0)]
    for by, expected in ((1, "scaled"), (1, "masked"), (-1, "scaled")):
        view.steps.walk(by)
        assert view.options.stage == expected
        qtbot.waitUntil(view.is_complete, timeout=20_000)
    assert order[0] == "query_before"
    show(view, session, trace, qtbot, stage=order[0])
    view.steps.walk(-1)
    assert view.options.stage == order[0], "there is no step before the first"


def test_the_check_says_how_far_the_models_own_softmax_is(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot
) -> None:
    show(view, session, trace, qtbot)
    assert view.check.text().startswith("Checked: the softmax") and "e-" in view.check.text()


def test_a_saved_trace_says_which_steps_need_the_model(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot, tmp_path: Path
) -> None:
    trace.save(tmp_path / "t.safetensors")
    show(view, session, Trace.open(tmp_path / "t.safetensors"), qtbot, stage="contribution")
    assert not view.missing.isHidden() and "file" in view.missing.text()
    assert view.heatmap.isHidden()
    show(view, session, trace, qtbot, stage="contribution")
    assert view.missing.isHidden() and not view.heatmap.isHidden()


def test_cross_attention_of_an_encoder_decoder(view: AttentionStagesView, session: Session, tiny_marian, qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("the", target="ね"))
    show(view, session, trace, qtbot, kind="cross", stage="dot")
    assert view.heatmap.values.shape == (len(trace.target_tokens), len(trace.tokens))
    show(view, session, trace, qtbot, kind="cross", stage="key")
    assert view.heatmap.values.shape[0] == len(trace.tokens), "keys are the source's tokens"


def test_another_kind_of_attention_may_have_fewer_tokens_than_the_one_pointed_at(
    view: AttentionStagesView, session: Session, tiny_marian, qtbot
) -> None:
    trace = capture.run(tiny_marian, RunRequest("the quick brown fox", target="ね"))
    last = len(trace.tokens) - 1
    assert last >= len(trace.target_tokens)
    show(view, session, trace, qtbot, kind="encoder", stage="dot")
    session.set_hover(Hover(query=last, key=last))
    show(view, session, trace, qtbot, kind="decoder", stage="dot")
    session.set_hover(Hover(query=last, key=last))  # as a view that is late would say
    pair = stages.product(trace, 0, 0, "decoder", len(trace.target_tokens) - 1, view._shown.strongest)
    np.testing.assert_array_equal(view.bars._rows[2].values, pair.product)


def test_a_click_locks_and_lets_go(view: AttentionStagesView, session: Session, trace: Trace, qtbot) -> None:
    show(view, session, trace, qtbot, stage="weights")
    at = view.heatmap.arrangement().cell_rect(4, 2).center().toPoint()
    qtbot.mouseClick(view.heatmap, Qt.MouseButton.LeftButton, pos=at)
    assert (session.selection.query, session.selection.key) == (4, 2)
    qtbot.mouseClick(view.heatmap, Qt.MouseButton.LeftButton, pos=at)
    assert (session.selection.query, session.selection.key) == (None, None)


def test_pictures_and_numbers_are_saved(
    view: AttentionStagesView, session: Session, trace: Trace, qtbot, tmp_path: Path
) -> None:
    show(view, session, trace, qtbot, layer=1, head=0, stage="masked")
    for suffix in ("png", "svg", "pdf", "csv", "npz"):
        export_dialog.save(view, tmp_path / f"step.{suffix}")
    with np.load(tmp_path / "step.npz") as found:
        np.testing.assert_array_equal(found["masked"], stages.matrix(trace, 1, 0, stage="masked").values)


def test_room_changes_while_the_new_runs_steps_are_on_their_way(
    view: AttentionStagesView, session: Session, tiny_marian, qtbot
) -> None:
    """What is locked lies in the newer run, which has more tokens than the one that is drawn."""
    show(view, session, capture.run(tiny_marian, RunRequest("the", target="ね")), qtbot, kind="decoder", stage="dot")
    drawn = view._shown
    longer = capture.run(tiny_marian, RunRequest("the", target="the quick brown fox jumps"))
    view.hide()
    session.show_trace(longer)
    session.select(query=len(longer.target_tokens) - 1, key=len(longer.target_tokens) - 1)
    assert view._shown is drawn and session.selection.query >= len(drawn.trace.target_tokens)
    view._pair = (-2, -2)
    view.on_hover(session.hover)
