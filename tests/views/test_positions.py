from __future__ import annotations

import numpy as np
import pytest
import torch
from PySide6.QtGui import QFontMetricsF

from visualizer.core import capture
from visualizer.core.positions import cosine_similarity, sinusoid
from visualizer.core.request import RunRequest
from visualizer.session.selection import Hover
from visualizer.session.session import Session
from visualizer.ui import fonts
from visualizer.ui import theme as themes
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.rotary_dials import RotaryDials
from visualizer.views.positions.bias import BiasPanel
from visualizer.views.positions.formula import FormulaPanel
from visualizer.views.positions.matrix import MatrixPanel
from visualizer.views.positions.rotary import RotaryPanel, wrapped
from visualizer.views.positions.view import PositionsView, _ranges

KIND = PositionsView
SIZE = (1200, 800)


@pytest.fixture
def show(view: PositionsView, session: Session, qtbot):
    """Shows a trace and waits until its positions are drawn."""

    def run(model, text, **request):
        trace = capture.run(model, RunRequest(text, **request))
        session.show_trace(trace)
        qtbot.waitUntil(lambda: view.trace is trace and view.is_complete())
        return trace

    return run


def build(model_type: str, name: str, **settings):
    """A tiny random model with a byte-level tokenizer."""
    import transformers

    from tests.tokenizers import byte_level
    from visualizer.core import models

    torch.manual_seed(0)
    tokenizer = byte_level()
    config = transformers.AutoConfig.for_model(model_type, vocab_size=len(tokenizer), **settings)
    return models.wrap(getattr(transformers, name)(config).eval(), tokenizer)


def page(view: PositionsView):
    return view._stack.currentWidget()


def pictures(view: PositionsView) -> list[np.ndarray]:
    return [picture.values for picture in page(view).findChildren(HeatmapWidget)]


def test_a_learned_table_is_shown_with_its_similarities(view, show, tiny_bert) -> None:
    show(tiny_bert, "the cat")
    table = tiny_bert.model.bert.embeddings.position_embeddings.weight.detach().numpy()
    assert isinstance(page(view), MatrixPanel)
    matrix, similarity = pictures(view)
    np.testing.assert_array_equal(matrix, table)
    np.testing.assert_array_equal(similarity, cosine_similarity(table))


def test_a_sinusoidal_model_shows_its_own_table(view, show, tiny_marian) -> None:
    show(tiny_marian, "ab", target="x")
    own = tiny_marian.model.model.encoder.embed_positions.weight.detach().numpy()
    np.testing.assert_array_equal(pictures(view)[0], own)
    assert "left half" in view._note.text()


def test_a_rotary_model_shows_the_angles_that_it_turns_by(view, show, tiny_llama) -> None:
    show(tiny_llama, "the cat")
    (angles,) = pictures(view)
    cosine, sine = tiny_llama.model.model.rotary_emb(torch.zeros(1), torch.arange(64)[None])
    half = angles.shape[1]
    np.testing.assert_allclose(np.cos(angles), cosine[0, :, :half], atol=1e-4)
    np.testing.assert_allclose(np.sin(angles), sine[0, :, :half], atol=1e-4)
    assert np.abs(angles).max() <= np.pi + 1e-6


def test_the_dials_stand_at_the_position_that_is_pointed_at(view, show, tiny_llama, session) -> None:
    show(tiny_llama, "the cat")
    part = view._part()
    dials = page(view).findChild(RotaryDials)
    page(view).findChild(HeatmapWidget).cell_hovered.emit(5, 1)
    np.testing.assert_array_equal(dials._angles, part.angles([5])[0])
    assert session.hover == Hover(query=5)
    session.set_hover(Hover(query=2))
    np.testing.assert_array_equal(dials._angles, part.angles([2])[0])


def test_a_click_locks_the_token_that_stands_at_a_position(view, show, tiny_llama, session) -> None:
    trace = show(tiny_llama, "the cat")
    heatmap = page(view).findChild(HeatmapWidget)
    heatmap.cell_clicked.emit(3, 0)
    assert session.selection.query == 3
    heatmap.cell_clicked.emit(3, 0)
    assert session.selection.query is None
    heatmap.cell_clicked.emit(len(trace.tokens) + 2, 0)
    assert session.selection.query is None, "no token stands there"


def test_t5_shows_the_bias_of_either_side_and_a_click_selects_a_head(view, show, session) -> None:
    model = build(
        "t5", "T5ForConditionalGeneration",
        d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=4,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=2,
    )  # fmt: skip
    show(model, "abc", target="xy")
    assert isinstance(page(view), BiasPanel)
    (bias,) = pictures(view)
    np.testing.assert_array_equal(bias, view._scheme.parts[0].bias)
    page(view).findChild(HeatmapWidget).cell_clicked.emit(2, 10)
    assert session.selection.head == 2
    view._part_choice._box.setCurrentIndex(1)
    view._part_choice._box.activated.emit(1)
    np.testing.assert_array_equal(pictures(view)[0], view._scheme.parts[1].bias)


def test_alibi_falls_by_its_slope(view, show) -> None:
    show(build("bloom", "BloomForCausalLM", hidden_size=32, n_layer=1, n_head=4), "abc")
    (bias,) = pictures(view)
    assert bias[0, -1] == 0
    np.testing.assert_allclose(bias[:, -2], -view._scheme.parts[0].slopes)


def test_a_model_without_positions_is_said_to_have_none(view, session, qtbot, tiny_llama) -> None:
    from visualizer.core.positions import PositionScheme

    trace = capture.run(tiny_llama, RunRequest("abc"))
    trace.__dict__["positions"] = PositionScheme((), 64)
    session.show_trace(trace)
    qtbot.waitUntil(lambda: view.trace is trace)
    assert "no position encoding" in view._note.text()
    view._formula_button.click()
    assert "not this model's" in page(view)._note.text()


def test_the_formula_is_the_papers_and_lies_on_the_values_of_a_sinusoidal_model(view, show, tiny_marian) -> None:
    show(tiny_marian, "ab", target="x")
    view._formula_button.click()
    panel = page(view)
    assert isinstance(panel, FormulaPanel)
    panel._pair.field.setValue(3)
    sine, cosine, own_sine, own_cosine = panel.curves()
    encoding = sinusoid(64, 32)
    np.testing.assert_allclose(np.interp(np.arange(64), sine.x, sine.y), encoding[:, 6], atol=2e-3)
    np.testing.assert_allclose(np.interp(np.arange(64), cosine.x, cosine.y), encoding[:, 7], atol=2e-3)
    np.testing.assert_allclose(own_sine.y, encoding[:, 6], atol=1e-6)
    np.testing.assert_allclose(own_cosine.y, encoding[:, 7], atol=1e-6)
    assert "Largest difference" in panel._note.text()


def test_the_formula_says_when_it_is_not_this_models(view, show, tiny_llama) -> None:
    show(tiny_llama, "ab")
    view._formula_button.click()
    panel = page(view)
    assert len(panel.curves()) == 2
    assert "not this model's" in panel._note.text() and "rotary" in panel._note.text()


def test_sliders_of_the_formula_stay_inside_each_other(view, show, tiny_llama) -> None:
    show(tiny_llama, "ab")
    view._formula_button.click()
    panel = page(view)
    assert panel._width.value() == tiny_llama.card.width
    panel._pair.field.setValue(15)
    panel._width.field.setValue(8)
    assert panel._pair.value() == 3, "a pair beyond the width does not exist"
    panel._width.slider.setValue(panel._width.slider.maximum())
    assert panel._width.value() == 4096
    panel._width.field.setValue(9)
    assert panel._width.value() == 8, "a width is even"
    panel._base.slider.setValue(0)
    assert panel._base.value() == 2
    np.testing.assert_allclose(panel.curves()[0].y[0], 0)
    assert (view.options.pair, view.options.width, view.options.base) == (15, 8, 2), "what is wished outlives the width"
    panel._width.slider.setValue(0)
    panel._width.slider.setValue(1)
    assert panel._width.slider.value() == 1, "a step that rounds to the same width is not taken back"


def test_numbers_for_export_are_those_of_the_picture(view, show, tiny_bert, tiny_llama) -> None:
    show(tiny_bert, "the cat")
    data = view.data()
    assert data["matrix"].shape == (len(data["rows"]), len(data["columns"]))
    show(tiny_llama, "the cat")
    data = view.data()
    np.testing.assert_allclose(data["angles"][3], 3 * data["inverse_frequencies"])
    view._formula_button.click()
    assert set(view.data()) == {"formula_0", "formula_1"}


def test_it_changes_language_and_theme_while_shown(view, show, tiny_llama, session, qtbot) -> None:
    show(tiny_llama, "the cat")
    session.set_theme(themes.named("dark"))
    qtbot.waitUntil(view.is_complete)
    view.retranslate()
    assert isinstance(page(view), RotaryPanel) and pictures(view)[0].size


def test_typing_keeps_the_picture_until_the_next_is_there(view, show, tiny_llama, session) -> None:
    show(tiny_llama, "the cat")
    before = pictures(view)[0]
    session.show_trace(capture.run(tiny_llama, RunRequest("the cat sat")))
    assert pictures(view)[0].shape == before.shape


@pytest.mark.parametrize("width", [320, 700, 1900])
def test_it_fits_narrow_and_wide_places(view, show, tiny_bert, width) -> None:
    show(tiny_bert, "the cat")
    view.resize(width, 700)
    visible = [p for p in page(view).findChildren(HeatmapWidget) if p.isVisible()]
    assert len(visible) == (1 if page(view).is_narrow() else 2)
    assert all(p.mapTo(view, p.rect().bottomRight()).x() <= view.width() for p in visible)


def test_angles_are_wrapped_into_one_turn() -> None:
    np.testing.assert_allclose(wrapped(np.array([0.0, 3.0, 4.0, -4.0])), [0, 3, 4 - 2 * np.pi, 2 * np.pi - 4])


def test_layers_are_named_in_ranges() -> None:
    assert _ranges((0, 1, 2, 5, 7, 8)) == "0–2, 5, 7–8"


def test_dials_are_spread_over_all_pairs(qtbot) -> None:
    dials = RotaryDials()
    qtbot.addWidget(dials)
    dials.set_angles(np.zeros(64), np.ones(64))
    dials.resize(600, 116)
    shown = dials.shown()
    assert shown[0] == 0 and shown[-1] == 63 and len(shown) <= 12


def test_the_longest_wavelength_has_room_under_its_dial_and_says_its_unit(view, show, tiny_llama, qtbot) -> None:
    dials = RotaryDials()
    qtbot.addWidget(dials)
    dials.set_texts("pair {pair}", "1 turn: {length} positions")
    dials.set_angles(np.zeros(64), np.geomspace(6.28, 39_644, 64))
    dials.resize(600, 116)
    shown = dials.shown()
    longest = QFontMetricsF(fonts.base_font(1.0, 12)).horizontalAdvance(dials._length_text(shown[-1]))
    assert dials._length_text(shown[-1]) == "1 turn: 39,644 positions"
    assert longest <= dials.width() / len(shown)


def test_a_narrow_view_leaves_no_empty_half(view, show, tiny_bert, qtbot) -> None:
    show(tiny_bert, "the cat")
    view.resize(480, 700)
    matrix = next(p for p in page(view).findChildren(HeatmapWidget) if p.isVisible())
    qtbot.waitUntil(lambda: matrix.width() > 0.9 * page(view).width(), timeout=5000)
