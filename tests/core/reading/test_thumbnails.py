"""Small pictures show what the large ones show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from visualizer.core import capture, reading
from visualizer.core.errors import Cancelled
from visualizer.core.place import Place
from visualizer.core.reading import thumbnails
from visualizer.core.reading.rule import Rule
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.text.units import UnitKind


@pytest.mark.parametrize("hide_sinks", [False, True])
@pytest.mark.parametrize("unit", ["token", "word", "character"])
def test_a_short_text_is_the_reading_itself(tiny_llama: LoadedModel, unit: UnitKind, hide_sinks: bool) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat, the mat"))
    found = thumbnails.of_layer(trace, "self", 1, 96, Rule(unit=unit, hide_sinks=hide_sinks))
    for head, picture in enumerate(found):
        expected = reading.read(trace, Place("self", 1, head), Rule(unit=unit, hide_sinks=hide_sinks)).matrix
        np.testing.assert_allclose(picture, expected, atol=1e-6)


def test_a_quadrant_by_itself(tiny_bert: LoadedModel) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat", pair="a mat"))
    found = thumbnails.of_layer(trace, "self", 0, 96, Rule(quadrant="AB"))
    np.testing.assert_array_equal(found[0], reading.read(trace, Place("self", 0, 0), Rule(quadrant="AB")).matrix)


def test_pooling_keeps_the_largest_weight_in_the_bins_of_the_plain_pictures(tiny_llama: LoadedModel) -> None:
    trace = capture.run(tiny_llama, RunRequest("ab cd ef " * 5))
    plain = thumbnails.of_layer(trace, "self", 0, 13)
    assert plain.shape == (4, 13, 13)
    for head in range(4):
        np.testing.assert_allclose(thumbnails._pooled(trace.attention(0, head), 13), plain[head], atol=1e-6)


def test_it_stops_when_told(tiny_llama: LoadedModel) -> None:
    with pytest.raises(Cancelled):
        trace = capture.run(tiny_llama, RunRequest("the cat"))
        thumbnails.of_layer(trace, "self", 0, 96, Rule(unit="word"), should_stop=lambda: True)
