from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.core.attention_patterns import trace_of, uniform
from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.analyses import gradients
from visualizer.core.analyses import whole_model_attention as flow
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.core.writing import places
from visualizer.views import export_dialog
from visualizer.views.whole_model_attention.view import WholeModelAttentionView


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat"))


def test_four_readings_of_the_chosen_position(trace: Trace, qtbot) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        view.session.select(layer=1, position=4)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        raw, rollout, flowing, gradient = (reading.values for reading in view.bars.readings)
        np.testing.assert_allclose(raw, flow.raw(trace, 1, 4).source, atol=1e-6)
        np.testing.assert_allclose(rollout, flow.rollout(trace, 4).source, atol=1e-6)
        np.testing.assert_allclose(flowing, flow.attention_flow(trace, 4).source, atol=1e-6)
        np.testing.assert_allclose(gradient, gradients.gradient_times_input(trace, 4).shares.source, atol=1e-6)
        assert view.bars.marked == 4
        assert [row.is_quiet for row in view.bars.rows] == [False] * 5 + [True] * 2, "what comes later cannot matter"


def test_another_candidate_has_another_gradient(trace: Trace, qtbot) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        other = trace.next_tokens(-1)[3].id
        view._candidate.chosen.emit(other)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        expected = gradients.gradient_times_input(trace, -1, other).shares.source
        np.testing.assert_allclose(view.bars.readings[3].values, expected, atol=1e-6)
        assert view.data()["prediction"] == other


def test_another_layer_computes_only_its_own_column(trace: Trace, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        monkeypatch.setattr(flow, "rollout", None)
        monkeypatch.setattr(flow, "attention_flow", None)
        monkeypatch.setattr(gradients, "gradient_times_input", None)
        view.session.select(layer=2)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        np.testing.assert_allclose(view.bars.readings[0].values, flow.raw(trace, 2, -1).source, atol=1e-6)


def test_a_click_on_a_token_chooses_its_position(trace: Trace, qtbot) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        view.bars.row_clicked.emit(2)
        assert view.session.selection.position == 2
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.bars.marked == 2


@pytest.mark.parametrize("kind", ["decoder", "cross"])
def test_both_texts_of_an_encoder_decoder(tiny_marian, kind: str, qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="de"))
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        view.session.select(kind=kind)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        rows = view.bars.rows
        assert len(rows) == len(trace.tokens) + len(trace.target_tokens)
        assert rows[0].heading and rows[len(trace.tokens)].heading
        found = flow.rollout(trace, -1)
        np.testing.assert_allclose(view.bars.readings[1].values, [*found.source, *found.target], atol=1e-6)
        assert "again over what is written" in view._rule.text() and view._rule.isVisible()
        view.bars.row_clicked.emit(len(trace.tokens) + 1)
        assert view.session.selection.position == 1


def test_an_encoder_by_itself(tiny_marian, qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("abcd", target="de"))
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        view.session.select(kind="encoder", layer=1)
        view.bars.row_clicked.emit(2)
        assert view.session.selection.query == 2
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        raw, rollout, flowing, gradient = (reading.values for reading in view.bars.readings)
        np.testing.assert_allclose(raw, flow.raw(trace, 1, 2, "encoder").source, atol=1e-6)
        np.testing.assert_allclose(rollout, flow.rollout(trace, 2, kind="encoder").source, atol=1e-6)
        np.testing.assert_allclose(flowing, flow.attention_flow(trace, 2, kind="encoder").source, atol=1e-6)
        expected = gradients.gradient_times_input(trace, -1, through=2).shares.source
        np.testing.assert_allclose(gradient, expected, atol=1e-6)
        assert view.bars.marked == 2 and not any(row.is_quiet for row in view.bars.rows)
        assert "encoder alone" in view._rule.text()


def test_the_tokens_of_a_unit_are_added(trace: Trace, qtbot) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        plain = [reading.values for reading in view.bars.readings]
        view.session.select(unit="word")
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert [row.label.strip() for row in view.bars.rows] == ["The", "␣", "cat"]
        for before, reading in zip(plain, view.bars.readings, strict=True):
            added = [before[:3].sum(), before[3], before[4:].sum()]
            np.testing.assert_allclose(reading.values, added, atol=1e-5, err_msg=reading.title)
        assert view.bars.marked == 2 and "added" in view._rule.text()
        view.bars.row_clicked.emit(0)
        assert view.session.selection.position == 2, "what follows the word is predicted at its last token"


def test_sinks_are_left_out_and_shares_renormalised(trace: Trace, qtbot) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        plain = [reading.values for reading in view.bars.readings]
        view.session.select(hide_sinks=True)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        for n, (before, reading) in enumerate(zip(plain, view.bars.readings, strict=True)):
            rest = before[1:] / before[1:].sum() if n < 2 else before[1:]
            assert np.isnan(reading.values[0]), "the first token is a sink"
            np.testing.assert_allclose(reading.values[1:], rest, atol=1e-5, err_msg=reading.title)
        assert "left out" in view._rule.text() and view.bars.rows[0].is_quiet
        assert not view.grab().isNull()


def test_the_position_of_a_masked_model_is_that_of_the_next_token(tiny_bert, qtbot) -> None:
    trace = capture.run(tiny_bert, RunRequest("the [MASK] cat"))
    blank = next(n for n, token in enumerate(trace.tokens) if token.id == trace.mask_id)
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        assert view.bars.marked == blank == places.place(trace, view.session.selection.position)
        np.testing.assert_allclose(view.bars.readings[1].values, flow.rollout(trace, blank).source, atol=1e-6)


def test_a_long_text_has_all_but_the_flow(tiny_llama, qtbot) -> None:
    with shown(WholeModelAttentionView, capture.run(tiny_llama, RunRequest("ab " * 60)), qtbot) as view:
        assert view.bars.readings[2].values is None
        assert str(flow.FLOW_TOKENS) in view.bars.readings[2].message
        assert all(view.bars.readings[n].values is not None for n in (0, 1, 3))


def test_a_trace_from_a_file_has_all_but_the_gradient(trace: Trace, tmp_path: Path, qtbot) -> None:
    trace.save(tmp_path / "t.safetensors")
    with shown(WholeModelAttentionView, Trace.open(tmp_path / "t.safetensors"), qtbot) as view:
        assert view.bars.readings[3].values is None and "file" in view.bars.readings[3].message
        assert view.bars.readings[1].values is not None


@pytest.mark.parametrize("size", [(1000, 700), (480, 700)])
def test_one_head_one_layer_one_token_and_no_prediction(tiny_bert, size: tuple[int, int], qtbot) -> None:
    trace = trace_of(tiny_bert, {"self": [uniform(1)[None]]}, ("a",))
    with shown(WholeModelAttentionView, trace, qtbot, size) as view:
        assert view.bars.readings[1].values.tolist() == [1]
        assert "predicts nothing" in view.bars.readings[3].message
        assert not view.grab().isNull()


@pytest.mark.parametrize("count", [3, 60, 2500])
def test_rows_fit_as_long_as_they_can_be_seen(count: int, qtbot) -> None:
    from visualizer.ui.share_bars import Reading, Row, ShareBars

    bars = ShareBars()
    qtbot.addWidget(bars)
    bars.resize(800, 600)
    bars.show()
    bars.set_rows([Row(str(n)) for n in range(count)], count - 1)
    bars.set_readings([Reading("a", np.linspace(0, 1, count, dtype=np.float32)) for _ in range(4)])
    if count < 100:
        assert bars._body.height() <= bars._area.viewport().height(), "no scrolling"
    assert bars.row_height() >= 3
    for row in (0, count // 2, count - 1):
        assert bars.row_at(bars.tops()[row] + 1) == row
    assert not bars.grab().isNull()


def test_few_rows_that_do_not_fit_are_scrolled_and_keep_their_names(qtbot) -> None:
    from visualizer.ui.share_bars import Reading, Row, ShareBars

    bars = ShareBars()
    qtbot.addWidget(bars)
    bars.resize(500, 150)
    bars.show()
    bars.set_rows([Row(str(n)) for n in range(21)], 20)
    bars.set_readings([Reading("a", np.linspace(0, 1, 21, dtype=np.float32))])
    assert bars.row_height() >= bars.metrics().height(), "as high as a label"
    assert bars._area.verticalScrollBar().maximum() > 0


def test_picture_and_numbers_are_saved(trace: Trace, tmp_path: Path, qtbot) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        for name in ("a.png", "a.svg", "a.pdf", "a.csv", "a.npz", "a.json"):
            export_dialog.save(view, tmp_path / name)
    saved = np.load(tmp_path / "a.npz")
    assert saved["attribution"].shape == (len(trace.tokens), 4)
    np.testing.assert_allclose(saved["attribution"][:, 1], flow.rollout(trace, -1).source, atol=1e-6)


def test_a_candidate_counts_where_it_was_chosen_and_one_from_outside_everywhere(trace: Trace, qtbot) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        other = trace.next_tokens(4)[3].id
        view.session.select(position=4)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        view._candidate.chosen.emit(other)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.data()["prediction"] == other
        view.session.select(position=2)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.data()["prediction"] == trace.next_tokens(2)[0].id
        rare = int(trace.logits(2).argmin())
        view.set_options(candidate=rare, at=-1)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.data()["prediction"] == rare and trace.label(rare).strip() in view._subject.text()
        expected = gradients.gradient_times_input(trace, 2, rare).shares.source
        np.testing.assert_allclose(view.bars.readings[3].values, expected, atol=1e-6)


def test_a_candidate_moves_with_the_token_after_which_it_was_chosen_and_goes_with_it(
    trace: Trace, tiny_llama, qtbot
) -> None:
    with shown(WholeModelAttentionView, trace, qtbot) as view:
        other = trace.next_tokens(4)[3].id
        view.session.select(position=4)  # after the "c" of "The cat"
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        view._candidate.chosen.emit(other)
        view.session.show_trace(capture.run(tiny_llama, RunRequest("So The cat")), tiny_llama)
        assert (view.options.candidate, view.options.at) == (other, 7)
        view.session.show_trace(capture.run(tiny_llama, RunRequest("So The bat")), tiny_llama)
        assert (view.options.candidate, view.options.at) == (-1, -1)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)


def test_readings_are_remembered_with_the_trace_and_not_with_the_view(
    trace: Trace, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shown(WholeModelAttentionView, trace, qtbot):
        pass
    monkeypatch.setattr(flow, "attention_flow", None)
    monkeypatch.setattr(gradients, "gradient_times_input", None)
    with shown(WholeModelAttentionView, trace, qtbot) as again:
        assert all(reading.values is not None for reading in again.bars.readings)


def test_an_error_that_is_remembered_does_not_hold_the_trace(tiny_llama) -> None:
    import gc
    import weakref

    from visualizer.core.analyses import whole_model_readings as readings
    from visualizer.core.errors import TooManyTokens

    long = capture.run(tiny_llama, RunRequest("ab " * 60))
    key = readings.Key("flow", -1, long.n_positions - 1)
    assert isinstance(readings.of(long, key), TooManyTokens) and readings.known(long, key) is not None
    gone = weakref.ref(long)
    del long
    gc.collect()
    assert gone() is None


def test_it_says_that_heads_which_are_off_are_still_counted(tiny_llama, qtbot) -> None:
    from visualizer.core.interventions import Ablate, Site

    off = Ablate(Site("head_output", layers=(1,), heads=(2,)))
    with shown(WholeModelAttentionView, capture.run(tiny_llama, RunRequest("abcd")), qtbot) as view:
        assert "switched off" not in view._rule.text()
        view.session.show_trace(capture.run(tiny_llama, RunRequest("abcd", interventions=(off,))))
        qtbot.waitUntil(view.is_complete)
        assert "switched off" in view._rule.text()
