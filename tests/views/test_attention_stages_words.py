"""What the steps view says is true of the model that is shown, and there is room for it in a low window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.core.families import FALLBACK, REGISTRY, VOCABULARY, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.analyses.attention_stages import check as stage_check
from visualizer.core.analyses.attention_stages import inputs as stage_inputs
from visualizer.core.analyses.attention_stages import steps as stages
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.ui.numbers import format_number, format_weight
from visualizer.views.attention_stages import cells as stages_cells
from visualizer.views.attention_stages.view import AttentionStagesView
from visualizer.views.attention_stages.words import plain, signed

KIND = AttentionStagesView


def trace_of(name: str) -> Trace:
    family = next(family for family in (*REGISTRY, *FALLBACK) if family.name == name)
    return capture.run(models.wrap(build(family), plain_tokenizer(VOCABULARY)), RunRequest("7 31 12 55 12 90 4 23"))


def show(view: AttentionStagesView, session: Session, trace: Trace, qtbot, **choices) -> None:
    session.show_trace(trace)
    if "stage" in choices:
        view.set_options(stage=choices.pop("stage"))
    session.select(**choices)
    qtbot.waitUntil(view.is_complete, timeout=20_000)


def readout(view: AttentionStagesView, row: int, column: int) -> str:
    view.heatmap.cell_hovered.emit(row, column)
    return view.heatmap._contents.readout


def buttons(view: AttentionStagesView) -> dict[str, str]:
    return {stage: button.text() for stage, button in view.steps._buttons.items() if not button.isHidden()}


def test_a_cell_of_a_query_is_written_as_its_sum(view: AttentionStagesView, session: Session, tiny_bert, qtbot) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat", "sat on the mat"))
    show(view, session, trace, qtbot, layer=1, head=2, stage="query")
    text = readout(view, 3, 5)
    known = stage_inputs.known(trace, 1, "self", "query")
    assert not isinstance(known, str)
    origin, inputs = known
    products = inputs[3] * origin.column(2, 5)
    best = int(products.abs().argmax())
    first = f"{signed(float(inputs[3, best]))}·{signed(float(origin.column(2, 5)[best]))}"
    value = float(stages.matrix(trace, 1, 2, stage="query").values[3, 5])
    bias = origin.bias(2, 5)
    assert bias is not None
    assert f":  {first} + " in text and "(32 terms)" in text, text
    assert text.endswith(f"+ bias {signed(bias)} = {plain(value)}"), text
    assert view.formula.text().startswith("Q = X W_Q + b ")


def test_a_turned_query_is_written_as_its_rotation(
    view: AttentionStagesView, session: Session, tiny_llama, qtbot
) -> None:
    trace = capture.run(tiny_llama, RunRequest("ねこ。"))
    show(view, session, trace, qtbot, layer=1, head=2, stage="query")
    before = stages.matrix(trace, 1, 2, stage="query_before").values
    value = stages.matrix(trace, 1, 2, stage="query").values[5, 1]
    text = readout(view, 5, 1)
    assert f"{signed(float(before[5, 1]))}·" in text and " − " in text, text
    assert text.endswith(f"= {plain(float(value))}")


def test_a_saved_trace_says_in_words_that_the_sum_is_not_known(
    view: AttentionStagesView, session: Session, tiny_bert, qtbot, tmp_path: Path
) -> None:
    capture.run(tiny_bert, RunRequest("the cat")).save(tmp_path / "t.safetensors")
    show(view, session, Trace.open(tmp_path / "t.safetensors"), qtbot, stage="value")
    assert "load the model" in readout(view, 1, 2)
    assert "W_V" not in view.formula.text(), "whether V is X W_V alone is not known here"


def test_weights_that_the_model_handed_out_are_not_called_recomputed(
    view: AttentionStagesView, session: Session, qtbot
) -> None:
    trace = trace_of("gpt_neo")
    assert trace.method == "eager" and trace.difference is not None
    show(view, session, trace, qtbot)
    text = view.check.text()
    assert "handed out itself" in text and "final states" in text
    assert "recomputed" not in text and "Checked" not in text


def test_a_sink_has_its_own_words_and_its_own_term(view: AttentionStagesView, session: Session, qtbot) -> None:
    trace = trace_of("gpt_oss")
    show(view, session, trace, qtbot, stage="weights")
    assert "exp(s)" in view.formula.text() and "less than 1" in view.formula.text()
    weights = trace.attention(0, 0)
    text = readout(view, 4, 2)
    assert f"= {format_weight(float(weights[4, 2]))}" in text
    assert format_weight(1 - float(weights[4].sum())) in text, f"the sink's share is missing: {text}"
    show(view, session, trace_of("llama"), qtbot, stage="weights")
    assert "exp(s)" not in view.formula.text() and "sum to 1" in view.formula.text()


def test_a_model_that_scales_its_queries_first_is_described_so(
    view: AttentionStagesView, session: Session, qtbot
) -> None:
    trace = trace_of("opt")
    show(view, session, trace, qtbot, stage="query")
    assert view.formula.text().startswith("Q = (X W_Q + b) / √8 ")
    assert readout(view, 2, 1).split(":  ")[1].startswith(f"{format_number(8**-0.5)} · (")
    show(view, session, trace, qtbot, stage="scaled")
    assert view.formula.text().startswith("S = Q Kᵀ ") and "already" in view.formula.text()
    assert buttons(view)["scaled"] == "×1"
    assert "×" not in readout(view, 2, 1)
    view.heatmap.cell_hovered.emit(-1, -1)
    assert "scaled" not in view.bars._rows[2].result
    show(view, session, trace_of("llama"), qtbot, stage="scaled")
    assert view.formula.text().startswith("S = Q′ K′ᵀ / √8 ") and buttons(view)["scaled"] == "÷√d"


def test_before_rotation_the_pair_is_the_one_before_rotation(
    view: AttentionStagesView, session: Session, tiny_llama, qtbot
) -> None:
    trace = capture.run(tiny_llama, RunRequest("ねこ。"))
    show(view, session, trace, qtbot, layer=1, head=2, stage="query_before", query=6, key=4)
    query, key, product = view.bars._rows
    own = stages.matrix(trace, 1, 2, stage="query_before").values[6]
    np.testing.assert_allclose(query.values, own, atol=1e-6)
    np.testing.assert_allclose(key.values, stages.matrix(trace, 1, 2, stage="key_before").values[4], atol=1e-6)
    assert query.name.startswith("q ") and "before positions" in product.result
    show(view, session, trace, qtbot, stage="query")
    query, _, product = view.bars._rows
    np.testing.assert_array_equal(query.values, stages.matrix(trace, 1, 2, stage="query").values[6])
    assert query.name.startswith("q′ ") and "scaled" in product.result


def test_a_check_that_cannot_be_made_leaves_the_steps(
    view: AttentionStagesView, session: Session, tiny_llama, qtbot, monkeypatch, caplog
) -> None:
    def fail(_trace: Trace) -> None:
        raise RuntimeError("DefaultCPUAllocator: not enough memory")

    monkeypatch.setattr(stage_check, "differences", fail)
    show(view, session, capture.run(tiny_llama, RunRequest("ねこ。")), qtbot, stage="dot")
    assert view.error is None and not view.heatmap.isHidden()
    assert "could not be checked" in view.check.text() and "not enough memory" in view.check.text()
    assert "recomputed" in view.check.text(), "what was checked with the pass itself still stands"


@pytest.mark.parametrize(("unit", "hide_sinks", "said"), [("token", False, ""), ("morpheme", False, "by token"),
                                                          ("token", True, "Nothing is hidden"),
                                                          ("word", True, "nothing is hidden")])  # fmt: skip
def test_what_is_chosen_for_other_views_and_does_not_act_here_is_said(
    view: AttentionStagesView, session: Session, tiny_llama, qtbot, unit: str, hide_sinks: bool, said: str
) -> None:
    show(view, session, capture.run(tiny_llama, RunRequest("ねこ。")), qtbot)
    session.select(unit=unit, hide_sinks=hide_sinks)
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    assert view.note.isHidden() == (not said)
    assert said in view.note.text()
    view.resize(900, 330)
    assert said in view.note.text() + view.formula.text()
    assert view.note.isVisible() or said in view.formula.text(), "a low window hides that"


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_a_low_window_shows_the_matrix_or_the_products(
    view: AttentionStagesView, session: Session, tiny_llama, qtbot, scale: float
) -> None:
    session.set_theme(themes.named("light").scaled(scale))
    show(view, session, capture.run(tiny_llama, RunRequest("ねこ。")), qtbot, stage="dot", query=3, key=1)
    view.resize(900, 1000)
    assert not view.bars.isHidden() and not view.heatmap.isHidden() and view.products.isHidden()
    assert len(buttons(view)) == 13
    view.resize(round(500 * scale), round(380 * scale))
    assert view.bars.isHidden() and not view.heatmap.isHidden() and not view.products.isHidden()
    qtbot.waitUntil(lambda: view.heatmap.height() > 0.6 * view.content.height())  # the texts leave the room
    assert "dot" in buttons(view) and len({b.y() for b in view.steps._buttons.values() if not b.isHidden()}) == 1
    view.activateWindow()
    view.heatmap.setFocus()
    qtbot.waitUntil(view.heatmap.hasFocus)
    qtbot.keyClick(view.heatmap, Qt.Key.Key_P)
    assert not view.bars.isHidden() and view.heatmap.isHidden()
    qtbot.waitUntil(lambda: view.bars.height() > 0.6 * view.content.height())
    pair = stages.product(session.trace, 0, 0, query=3, key=1)
    np.testing.assert_array_equal(view.bars._rows[2].values, pair.product)
    assert view.products.focusPolicy() & Qt.FocusPolicy.TabFocus
    view.set_options(stage="value")
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    assert not view.heatmap.isHidden() and view.products.isHidden(), "a value has no pair"
    view.set_options(stage="scaled")
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    view.products.click()
    assert view.bars.isHidden() and not view.heatmap.isHidden()


def test_a_line_that_is_too_narrow_keeps_the_result(
    view: AttentionStagesView, session: Session, tiny_llama, qtbot
) -> None:
    trace = capture.run(tiny_llama, RunRequest("ねこ。"))
    view.resize(1500, 700)  # the line is set in the font of the window, which other tests may have started
    show(view, session, trace, qtbot, stage="dot", query=5, key=1)
    qtbot.waitUntil(lambda: view.heatmap._contents.readout.count("·") == 3)
    whole = view.heatmap._contents.readout
    view.resize(360, 700)
    qtbot.waitUntil(lambda: view.heatmap._contents.readout.count("·") < 3)
    short = view.heatmap._contents.readout
    assert short.endswith(whole.split(" = ")[1]) and "…" in short


def test_terms_leave_one_by_one_until_the_line_fits(tiny_bert) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat"))
    shown = stages.matrix(trace, 0, 1, stage="dot")
    cell = stages.cell(trace, 0, 1, "self", "dot", 1, 2, shown.values)
    seen: list[str] = []

    def never(text: str) -> bool:
        seen.append(text)
        return False

    last = stages_cells.fitting_text(trace, "self", shown, cell, 1, 2, never)
    assert [text.count("·") for text in seen] == [3, 2, 1, 1]
    assert ["terms" in text for text in seen] == [True, True, True, False]
    assert last == seen[-1] and all(text.endswith(f"= {plain(cell.value)}") for text in seen)


def test_a_softmax_beyond_all_numbers_is_written_with_the_logarithm() -> None:
    cell = stages.Cell("weights", 0.25, terms={"input": 800.0, "log_sum": 801.386})
    assert stages_cells.formula_text(cell) == "exp(800) / Σ = exp(800) / exp(801) = 0.250"
