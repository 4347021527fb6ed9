"""The map can show the mean of a layer's heads, named as one; and the rows of a decoder say what they predict."""

from __future__ import annotations

import numpy as np
import pytest

from tests.views.laboratory import shown
from visualizer.core import capture
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.views.attention_map import AttentionMapView


def test_the_mean_is_shown_named_and_exported_as_a_mean(tiny_llama: LoadedModel, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat"))
    with shown(AttentionMapView, trace, qtbot) as view:
        view.showing.select(layer=2, head=1)
        view.set_options(mean=True)
        expected = np.mean([trace.attention(2, head) for head in range(trace.heads())], axis=0)
        np.testing.assert_allclose(view.heatmap.values, expected, atol=1e-6)
        assert "mean of 4 heads" in view.caption() and "head 1" not in view.caption()
        assert view.data()["head"] == "mean"
        assert "Mean of the weights" in view.note()


def test_choosing_a_head_ends_the_mean(tiny_llama: LoadedModel, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("the cat sat"))
    with shown(AttentionMapView, trace, qtbot) as view:
        view.set_options(mean=True)
        view.showing.select(head=3)
        assert not view.options.mean
        np.testing.assert_allclose(view.heatmap.values, trace.attention(view.selection.layer, 3), atol=1e-6)


@pytest.mark.parametrize("kind", ["cross", "decoder"])
def test_rows_of_a_decoder_name_the_token_that_they_predict(tiny_marian: LoadedModel, qtbot, kind: str) -> None:
    trace = capture.run(tiny_marian, RunRequest("the cat.", target="ねこ、が"))
    with shown(AttentionMapView, trace, qtbot) as view:
        view.showing.select(kind=kind)
        labels, tokens = view.heatmap._contents.row_labels, trace.target_tokens
        for row in range(len(tokens) - 1):
            assert labels[row].endswith(f"→ {tokens[row + 1].text.strip()}"), "the model's own next token"
        last = trace.label(int(trace.logits(-1).argmax()))
        assert labels[-1].endswith(f"→ {last.strip() or last}")
        view.showing.select(query=0, key=0)
        assert "predicts" in view.readout()
        view.showing.select(kind="encoder")
        assert not any("→" in label for label in view.heatmap._contents.row_labels)
