"""The mean over a layer's heads is the mean of the model's own weights, read by the same rule as one head's."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.core import capture, reading
from visualizer.core.errors import Cancelled, NoSuchPart
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest


def test_it_is_the_mean_of_what_the_heads_give(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("私は本を読む。"))
    found = reading.read_mean(trace, "self", 1)
    expected = np.mean([trace.attention(1, head) for head in range(trace.heads())], axis=0)
    np.testing.assert_allclose(found.matrix, expected, atol=1e-6)
    assert found.masked is not None and found.masked[0, 1] and not found.masked[1, 0]
    assert reading.read_mean(trace, "self", 1) is found


@pytest.mark.parametrize("unit", ["morpheme", "character"])
def test_units_and_sinks_act_on_the_mean(tiny_llama: LoadedModel, unit: str) -> None:
    trace = capture.run(tiny_llama, RunRequest("私は図書館で本を読む。"))
    found = reading.read_mean(trace, "self", 0, Rule(unit=unit))
    heads = [reading.read(trace, place, Rule(unit=unit)).matrix for place in _places(trace)]
    np.testing.assert_allclose(found.matrix, np.mean(heads, axis=0), atol=1e-5)
    hidden = reading.read_mean(trace, "self", 0, Rule(unit=unit, hide_sinks=True))
    assert not hidden.matrix[:, hidden.hidden_keys].any()
    sums = hidden.matrix.sum(axis=1)
    np.testing.assert_allclose(sums, np.where(hidden.empty_rows, 0, 1), atol=1e-4)


def _places(trace):
    from visualizer.core.place import Place

    return [Place("self", 0, head) for head in range(trace.heads())]


def test_a_layer_that_is_not_there_and_a_stop_are_said(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("abc"))
    with pytest.raises(NoSuchPart):
        reading.read_mean(trace, "self", 9)
    with pytest.raises(Cancelled):
        reading.read_mean(trace, "self", 0, should_stop=lambda: True)
