"""Facts are read whatever shape a config keeps them in, and what cannot be described is refused in words of ours."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.core.families import LLAMA, plain_tokenizer
from tests.core.model_folders import build, save
from visualizer.core import capture, models
from visualizer.core.anatomy import facts, nature
from visualizer.core.anatomy.positions import describe
from visualizer.core.errors import UnsupportedArchitecture
from visualizer.core.request import RunRequest

GEMMA4 = {
    **LLAMA,
    "num_hidden_layers": 4,
    "head_dim": 8,
    "global_head_dim": 16,
    "layer_types": ["sliding_attention", "full_attention"] * 2,
    "sliding_window": 6,
    "hidden_size_per_layer_input": 8,
    "vocab_size_per_layer_input": LLAMA["vocab_size"],
    "num_kv_shared_layers": 0,
}


@pytest.mark.parametrize(
    ("values", "ids"),
    [((None,), set()), ((2, None), {2}), (([2, 5, 7],), {2, 5, 7}), (((2, [5]), True, "7", 1.5), {2, 5})],
)
def test_ids_are_found_in_any_shape(values: tuple[Any, ...], ids: set[int]) -> None:
    assert facts.token_ids(*values) == ids


def test_a_fact_is_the_largest_where_layers_differ_and_nothing_where_it_makes_no_sense() -> None:
    config = SimpleNamespace(heads=[4, 8, 4], width=-3, many=10**30, text="12", is_set=True)
    assert facts.number_of(config, "heads") == 8
    assert facts.number_of(config, "width", "many", "text", "is_set", "absent") is None


def test_several_ends_of_a_text_are_several_ids(tmp_path: Path) -> None:
    folder = save("llama", tmp_path / "ends", eos_token_id=[2, 5, 7])
    assert json.loads((folder / "config.json").read_text())["eos_token_id"] == [2, 5, 7]
    loaded = models.load(str(folder))
    assert (loaded.card.position_scheme, loaded.card.max_length) == ("rotary", 64)


def test_heads_may_be_wider_in_some_layers() -> None:
    model = build("Gemma4ForCausalLM", GEMMA4)
    loaded = models.wrap(model, plain_tokenizer())
    assert (loaded.card.layers, loaded.card.heads, loaded.card.key_value_heads) == (4, 4, 2)
    widths = {part.layers: part.head_width for part in describe(loaded.model, 8).parts}
    assert widths == {(0, 2): 8, (1, 3): 16}
    trace = capture.run(loaded, RunRequest("5 6 7 8 9"))
    assert [trace.record(layer).query.shape[-1] for layer in range(4)] == [8, 16, 8, 16]
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        own = model(input_ids=torch.tensor([[t.id for t in trace.tokens]]), output_attentions=True).attentions
    for layer in range(4):
        ours = np.stack([trace.attention(layer, head) for head in range(4)])
        np.testing.assert_allclose(ours, own[layer][0].numpy(), atol=1e-5)


def test_what_fails_while_a_model_is_described_is_a_refusal_with_the_reason() -> None:
    model = build("LlamaForCausalLM", LLAMA)
    found = nature.examine(model, "causal")
    model.model.norm = _Failing(ZeroDivisionError("division by zero"))
    with pytest.raises(UnsupportedArchitecture) as caught:
        nature.describe(model, found, "x", "x", "float32")
    assert "ZeroDivisionError" in caught.value.fields["detail"]


def test_an_error_without_words_is_named_by_its_kind() -> None:
    model = build("LlamaForCausalLM", LLAMA)
    model.model.norm = _Failing(RuntimeError())
    with pytest.raises(UnsupportedArchitecture) as caught:
        nature.examine(model, "causal")
    assert caught.value.fields["detail"] == "RuntimeError"


class _Failing(nn.Module):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, _: torch.Tensor) -> torch.Tensor:
        raise self.error
