from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.core.families import REGISTRY, build, plain_tokenizer
from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture, models
from visualizer.core.analyses import feed_forward
from visualizer.core.export.part import Part
from visualizer.core.export.quantities import write
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.session import Session
from visualizer.views.feed_forward.view import FeedForwardView


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat on the mat"))


def test_the_neuron_that_writes_most_is_followed_through_the_text(trace: Trace, qtbot) -> None:
    with shown(FeedForwardView, trace, qtbot) as view:
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        layer = feed_forward.layer(trace, view.session.selection.layer)
        first = feed_forward.strongest(trace, layer, -1)[0]
        assert view.neurons.rows()[0].label == str(first.neuron) and view.neurons.chosen() == 0
        np.testing.assert_array_equal(view.text.values(), layer.along(first.neuron))


def test_clicks_choose_a_neuron_a_token_and_a_layer(trace: Trace, qtbot) -> None:
    with shown(FeedForwardView, trace, qtbot) as view:
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        second = view.neurons.rows()[1].label
        point = view.neurons.area_of(1).center().toPoint()
        qtbot.mouseClick(view.neurons, Qt.MouseButton.LeftButton, pos=point)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.options.neuron == int(second) and view.neurons.chosen() == 1
        qtbot.mouseClick(view.text, Qt.MouseButton.LeftButton, pos=view.text.box_of(1).center().toPoint())
        assert view.session.selection.query == 1
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        at = feed_forward.layer(trace, 0).after[1, int(second)]
        assert view.current.chosen.after == pytest.approx(float(at))
        qtbot.mouseClick(view.layers, Qt.MouseButton.LeftButton, pos=view.layers.area_of(1).center().toPoint())
        assert view.session.selection.layer == 1


def test_layers_rise(trace: Trace, qtbot) -> None:
    with shown(FeedForwardView, trace, qtbot) as view:
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.layers.area_of(0).top() > view.layers.area_of(1).top()


def test_the_data_are_the_layers_own_numbers(trace: Trace, qtbot) -> None:
    with shown(FeedForwardView, trace, qtbot) as view:
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        data = view.data()
        np.testing.assert_array_equal(data["after"], feed_forward.layer(trace, 0).after)
        assert str(data["neuron"]) == view.neurons.rows()[0].label


@pytest.mark.parametrize("name", ["bert", "marian"])
def test_a_model_that_normalises_last_says_what_it_cannot_show(name: str, qtbot) -> None:
    family = next(family for family in REGISTRY if family.name == name)
    found = capture.run(models.wrap(build(family), plain_tokenizer()), RunRequest("5 9 13 21"))
    with shown(FeedForwardView, found, qtbot) as view:
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.neurons.rows() and not view.tokens.isVisible()
        assert view.current.refused is not None


def test_a_trace_without_its_model_is_refused_in_words(trace: Trace, tmp_path: Path, qtbot) -> None:
    trace.save(tmp_path / "a.safetensors")
    session = Session()
    view = FeedForwardView(session)
    qtbot.addWidget(view)
    view.show()
    session.show_trace(Trace.open(tmp_path / "a.safetensors"))
    qtbot.waitUntil(lambda: bool(view.message()), timeout=PATIENCE)
    assert "saved trace" in view.message()
    assert session.shutdown()


def test_exported_neurons_are_those_of_the_layer(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "neurons.csv"
    write(trace, "neurons", path, Part(layer=1, position=2, limit=5))
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    layer = feed_forward.layer(trace, 1)
    assert len(rows) == 5 and list(rows[0])[:3] == ["neuron", "before", "after"]
    for row in rows:
        assert float(row["after"]) == pytest.approx(float(layer.after[2, int(row["neuron"])]), rel=1e-5)
        assert float(row["before"]) == pytest.approx(float(layer.before[2, int(row["neuron"])]), rel=1e-5)
    write(trace, "neurons", tmp_path / "neurons.npz", Part())
    with np.load(tmp_path / "neurons.npz") as file:
        np.testing.assert_array_equal(file["after_1"], layer.after)
        assert len(file["layer"]) == trace.card.layers
