"""The map of the model in its view: folded layers, the present one unfolded, ways to the other views, and "Play"."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from tests.core.families import FALLBACK, HYBRID, REGISTRY, build, plain_tokenizer
from tests.views.laboratory import shown
from visualizer.core import capture, models
from visualizer.core.request import RunRequest
from visualizer.views.model_map import layout
from visualizer.views.model_map.view import ModelMapView, states_after

FAMILIES = {family.name: family for family in (*REGISTRY, *FALLBACK, *HYBRID)}


def trace_of(name: str, **changes):
    loaded = models.wrap(build(FAMILIES[name], **changes), plain_tokenizer())
    target = "6 8 4" if loaded.kind == "encoder_decoder" else None
    return capture.run(loaded, RunRequest("5 9 13 21", target=target))


def click(view: ModelMapView, qtbot, kind: str) -> None:
    item = next(i for i in view.diagram.layout_.items if i.kind == kind)
    at = view.diagram.centre_of(item.boxes[0])
    qtbot.mouseClick(view.diagram, Qt.MouseButton.LeftButton, pos=QPoint(round(at.x()), round(at.y())))


def test_the_present_layer_is_unfolded_and_equal_ones_are_folded(qtbot) -> None:
    with shown(ModelMapView, trace_of("llama", num_hidden_layers=6), qtbot) as view:
        view.showing.select(layer=4)
        kinds = [item.kind for item in view.diagram.layout_.items]
        assert kinds.count("folded") == 2 and kinds.count("attention") == 1
        assert [i.layers for i in view.diagram.layout_.items if i.kind == "folded"] == [(0, 1, 2, 3), (5,)]


def test_layer_0_stands_at_the_bottom(qtbot) -> None:
    with shown(ModelMapView, trace_of("gpt2"), qtbot) as view:
        tops = [item.rect.top() for item in view.diagram.layout_.items]
        assert tops == sorted(tops, reverse=True)


@pytest.mark.parametrize("name", ["gpt2", "bert", "t5", "gemma2", "gpt_neox", "falcon_h1", "gptj", "mixtral"])
@pytest.mark.parametrize("matrices", [False, True])
def test_no_box_lies_on_another(name: str, matrices: bool, qtbot) -> None:
    with shown(ModelMapView, trace_of(name), qtbot) as view:
        view.set_options(matrices=matrices)
        items = view.diagram.layout_.items
        for n, one in enumerate(items):
            assert not any(one.rect.intersects(other.rect) for other in items[n + 1 :])
        assert all(view.diagram.layout_.size.contains(i.rect) for i in items)


@pytest.mark.parametrize(
    ("kind", "expected"), [("attention", "attention_map"), ("embedding", "positions"), ("softmax", "next_token")]
)
def test_a_click_on_a_box_opens_the_view_for_it(kind: str, expected: str, qtbot) -> None:
    with shown(ModelMapView, trace_of("gpt2"), qtbot, (1000, 1200)) as view:
        asked: list[str] = []
        view.view_requested.connect(asked.append)
        view.showing.select(layer=1)
        click(view, qtbot, kind)
        assert asked == [expected]
        assert view.selection.layer == 1


def test_a_click_on_folded_layers_unfolds_them(qtbot) -> None:
    with shown(ModelMapView, trace_of("gpt2"), qtbot, (1000, 1200)) as view:
        view.showing.select(layer=2)
        click(view, qtbot, "folded")
        assert view.selection.layer == 0


def test_a_layer_without_attention_can_be_unfolded(qtbot) -> None:
    with shown(ModelMapView, trace_of("lfm2"), qtbot, (1000, 1200)) as view:
        click(view, qtbot, "folded")
        assert view.options.opened == 0
        assert any(item.kind == "mixer" for item in view.diagram.layout_.items)


def test_cross_attention_is_opened_as_such(qtbot) -> None:
    with shown(ModelMapView, trace_of("t5"), qtbot, (1200, 1400)) as view:
        click(view, qtbot, "cross_attention")
        assert view.selection.kind == "cross"


def test_what_flows_out_of_a_block_is_the_traces_own_stream(qtbot) -> None:
    trace = trace_of("gpt2")
    with shown(ModelMapView, trace, qtbot) as view:
        found = view.current
        last = found.layer("self", 1)[-1]
        assert (states_after(trace, found, last) == trace.hidden(1)).all()
        assert states_after(trace, found, found.layer("self", 1)[0]) is None
        entry = next(n for n, box in enumerate(found.boxes) if box.kind == "add" and box.layer is None)
        assert (states_after(trace, found, entry) == trace.hidden(-1)).all()


def test_space_walks_the_text_through_every_box(qtbot) -> None:
    with shown(ModelMapView, trace_of("gpt2"), qtbot) as view:
        view._timer.setInterval(0)
        count = len(view.diagram.layout_.items)
        lit: list[int] = []
        view.diagram.setFocus()
        for _ in range(count):
            view._step()
            lit.append(view.diagram.lit)
            assert view.sentence.text()
        view._step()
        assert len(set(lit)) == count and view.diagram.lit == -1 and view.sentence.isHidden()


def test_thirty_two_equal_blocks_are_few_boxes(qtbot) -> None:
    with shown(ModelMapView, trace_of("llama", num_hidden_layers=32), qtbot) as view:
        view.showing.select(layer=16)
        assert len(view.diagram.layout_.items) < 20
        assert layout.folded(view.current, "self", 16) == [tuple(range(16)), (16,), tuple(range(17, 32))]


def test_the_picture_is_a_widget_that_can_be_saved(qtbot) -> None:
    with shown(ModelMapView, trace_of("bert"), qtbot) as view:
        assert isinstance(view.export_widget(), QWidget) and view.data()["parameters"].sum() == view.current.parameters
