"""The view in which a model writes: what is drawn is what was written, and clicks and keys go on from there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.views.generation.view import GenerationView


@pytest.fixture
def trace(tiny_llama: LoadedModel) -> Trace:
    return capture.run(tiny_llama, RunRequest("abc"))


def write(view: GenerationView, count: int, qtbot) -> None:
    view.set_options(tokens=count)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)


def test_space_writes_and_each_step_has_its_numbers(trace: Trace, qtbot) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        assert view.bars._bars, "what may come next is known before anything is written"
        write(view, 5, qtbot)
        tree = view._writer.tree
        steps = tree.steps()
        assert len(steps) == 5 and len(view.lane._steps) == 6, "and the one that is still to come"
        for cell, step in zip(view.lane._steps, steps, strict=False):
            assert cell.probability == pytest.approx(math.exp(step.log_probability)) and cell.rank == step.rank
        np.testing.assert_allclose(view.strip._bits[:5], [step.entropy for step in steps])
        assert view.session.showing.request.text == view.session.trace.text != "abc"
        assert [step.token for step in steps] == view.data()["id"].tolist()


def test_scrubbing_shows_the_step_and_what_it_looked_at(trace: Trace, qtbot, monkeypatch) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        write(view, 6, qtbot)
        monkeypatch.setattr(type(trace.model.model), "forward", None)
        view.lane.setFocus()
        qtbot.keyClick(view.lane, Qt.Key.Key_Home)
        for place in range(6):
            step = view._writer.tree.steps()[place]
            assert [bar.share for bar in view.bars._bars[:10]] == pytest.approx(list(step.top_probabilities))
            marked = [bar for bar in view.bars._bars if bar.mark]
            assert len(marked) == 1 and marked[0].rank == step.rank
            selection, now = view.session.selection, view.session.trace
            row = len(trace.tokens) - 1 + place
            assert selection.query == row, "the other views look at the same step"
            weights = np.sort(now.attention(selection.layer, selection.head)[row])[::-1]
            shown_weights = [bar.share for bar in view.looked._bars]
            np.testing.assert_allclose(shown_weights, weights[: len(shown_weights)], atol=1e-6)
            qtbot.keyClick(view.lane, Qt.Key.Key_Right)
        view.set_options(heads="mean")
        assert "mean" in view._looked_title.text()


def test_a_click_on_a_candidate_branches_and_a_click_on_the_tree_goes_back(trace: Trace, qtbot, monkeypatch) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        write(view, 5, qtbot)
        tree = view._writer.tree
        first, leaf = tree.tokens(), tree.leaf
        view.lane.chosen.emit(1)
        view.bars.chosen.emit(3)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert tree.tokens()[0] == first[0] and tree.tokens()[1] == tree[tree.path(leaf)[1]].step.top_ids[3]
        rows = view.tree.rows()
        assert len(rows) == 2 and rows[1].above == 0
        assert f"{tree[tree.leaf].total:.2f}".lstrip("-") in rows[1].total
        monkeypatch.setattr(type(trace.model.model), "forward", None)
        place = view.tree.cell_rect(leaf).center().toPoint()
        qtbot.mouseClick(view.tree, Qt.MouseButton.LeftButton, pos=place)
        assert tree.leaf == leaf and not view._writer.is_writing


def test_a_candidate_of_the_next_step_is_written(trace: Trace, qtbot) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        view.set_options(tokens=3)
        view.bars.chosen.emit(2)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        tree = view._writer.tree
        assert len(tree.tokens()) == 3 and tree.steps()[0].rank == 3


def test_beams_show_the_best_and_what_was_given_up(trace: Trace, qtbot) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        view.set_options(mode="beams", tokens=6)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        looks = {cell.look for row in view.tree.rows() for cell in row.cells}
        assert {"on", "pruned"} <= looks
        nodes = view.current.nodes
        assert sum(len(row.cells) for row in view.tree.rows()) == len(nodes), "each once"
        view.grab()


def test_many_draws_are_counted(trace: Trace, qtbot) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        view.set_options(mode="many", tokens=2, continuations=12)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert sum(bar.share for bar in view.many._bars) == pytest.approx(1.0)
        for bar, one in zip(view.many._bars, view.current, strict=True):
            assert bar.unfiltered == pytest.approx(math.exp(one.log_probability))
        view.grab()


def test_cross_attention_grows_with_the_output(tiny_marian: LoadedModel, qtbot) -> None:
    with shown(GenerationView, capture.run(tiny_marian, RunRequest("abc")), qtbot) as view:
        expected = np.sort(view.session.trace.logits(view._writer.prompt_length() - 1))[::-1]
        first = view._writer.tree[0].after
        assert first is not None and view._writer.prompt_length() == 1, "the output is not there yet"
        share = float(np.exp(expected[0]) / np.exp(expected).sum())
        assert first.top_probabilities[0] == pytest.approx(share, abs=1e-6)
        view.session.select(kind="cross", layer=1, head=1)
        before = len(view.session.trace.target_tokens)
        write(view, 3, qtbot)
        assert len(view.session.trace.target_tokens) >= min(before, 2)
        view.lane.chosen.emit(0)
        keys = {token.text for token in view.session.trace.tokens}
        assert {bar.label for bar in view.looked._bars} <= keys and view.looked._bars


def test_models_that_do_not_write_say_why(tiny_bert: LoadedModel, trace: Trace, tmp_path, qtbot) -> None:
    assert not GenerationView.is_compatible(capture.run(tiny_bert, RunRequest("abc")))
    with shown(GenerationView, trace, qtbot) as view:
        view.session.show_trace(capture.run(tiny_bert, RunRequest("abc")))
        assert "blanks" in view.message()
        trace.save(tmp_path / "a.safetensors")
        view.session.show_trace(Trace.open(tmp_path / "a.safetensors"))
        assert "model" in view.message()


def test_it_is_closed_while_it_writes(trace: Trace, qtbot) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        view.set_options(tokens=240)
        qtbot.keyClick(view, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: len(view._writer.tree) > 3, timeout=PATIENCE)
        view.close()


def test_a_long_text_keeps_the_chosen_step_in_sight(trace: Trace, qtbot) -> None:
    with shown(GenerationView, trace, qtbot) as view:
        write(view, 60, qtbot)
        count = len(view._writer.tree.path())
        for place in (0, count - 1, count // 2):
            view.lane.chosen.emit(place)
            area = view.lane.step_rect(place)
            assert view.lane.rect().contains(QPoint(int(area.center().x()), 5))
