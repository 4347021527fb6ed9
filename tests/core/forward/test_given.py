"""What a model hands out as its attention is made one weight for each query and key, or it is not shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.core.families import BERT, VOCABULARY, Family, build, plain_tokenizer
from visualizer.core import capture, models
from visualizer.core.errors import NoMatrix
from visualizer.core.forward.given import record_of
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace

LONGFORMER = Family("longformer", "LongformerForMaskedLM", {**BERT, "num_hidden_layers": 2, "attention_window": [8, 4]})
BIG_BIRD = Family("big_bird", "BigBirdForMaskedLM", {
    **BERT, "num_hidden_layers": 2, "block_size": 4, "num_random_blocks": 1,
})  # fmt: skip
LED = Family("led", "LEDForConditionalGeneration", {
    "vocab_size": VOCABULARY, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "attention_window": [4, 4],
    "max_encoder_position_embeddings": 64, "max_decoder_position_embeddings": 64, "pad_token_id": 0,
    "decoder_start_token_id": 2, "bos_token_id": 1, "eos_token_id": 2,
})  # fmt: skip


def run(family: Family, tokens: int) -> Trace:
    ids = torch.randint(3, VOCABULARY, (1, tokens), generator=torch.Generator().manual_seed(1))
    model = models.wrap(build(family), plain_tokenizer())
    target = torch.tensor([[2, 5, 9, 7]]) if model.kind == "encoder_decoder" else None
    return capture.run_ids(model, RunRequest("x"), ids, decoder_ids=target)


def own_logits(trace: Trace) -> np.ndarray:
    assert trace.model is not None
    with torch.inference_mode():
        return trace.model.model(**trace.inputs).logits[0].float().numpy()


def assert_gives_what_the_heads_write(trace: Trace, attention: nn.Module, layer: int, kind: str) -> None:
    """The weights times the model's own values are what its own code makes of them."""
    assert trace.model is not None
    seen: dict[str, torch.Tensor] = {}

    def note_values(_module: nn.Module, _args: Any, output: torch.Tensor) -> None:
        seen["values"] = output.detach()

    def note_result(_module: nn.Module, _args: Any, output: Any) -> None:
        seen["result"] = output[0].detach()

    handles = [attention.value.register_forward_hook(note_values), attention.register_forward_hook(note_result)]  # type: ignore[union-attr]
    with torch.inference_mode():
        trace.model.model(**trace.inputs)
    for handle in handles:
        handle.remove()
    tokens = len(trace.tokens)
    values = seen["values"].reshape(-1, 4, 8)[:tokens].numpy()
    result = seen["result"].reshape(-1, 4, 8)[:tokens].numpy()
    for head in range(4):
        made = trace.attention(layer, head, kind) @ values[:, head]
        np.testing.assert_allclose(made, result[:, head], atol=1e-5)


@pytest.mark.parametrize("tokens", [1, 9, 30])
def test_a_band_is_unfolded_to_its_keys(tokens: int) -> None:
    """At 9 tokens a band of 9 columns has the shape of a matrix, and is none."""
    trace = run(LONGFORMER, tokens)
    assert trace.model is not None
    for layer, reach in ((0, 4), (1, 2)):
        weights = trace.attention(layer, 1)
        assert weights.shape == (tokens, tokens)
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
        far = np.abs(np.subtract.outer(np.arange(tokens), np.arange(tokens))) > reach
        assert (weights[far] == 0).all()
        own = trace.model.model.longformer.encoder.layer[layer].attention.self
        assert_gives_what_the_heads_write(trace, own, layer, "self")
    assert all(len(states) == tokens for states in trace.residual["self"])
    np.testing.assert_allclose(trace.logits_of(range(tokens)), own_logits(trace), atol=1e-5)


def test_an_encoder_of_bands_beside_an_ordinary_decoder() -> None:
    trace = run(LED, 21)
    assert trace.model is not None
    assert [trace.attention(1, 0, kind).shape for kind in trace.kinds] == [(21, 21), (4, 4), (4, 21)]
    own = trace.model.model.led.encoder.layers[0].self_attn.longformer_self_attn
    assert_gives_what_the_heads_write(trace, own, 0, "encoder")
    np.testing.assert_allclose(trace.logits_of(range(4)), own_logits(trace), atol=1e-5)


def test_padding_to_whole_blocks_is_left_out() -> None:
    trace = run(BIG_BIRD, 30)
    for layer in range(2):
        for head in range(4):
            weights = trace.attention(layer, head)
            assert weights.shape == (30, 30)
            np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert all(len(states) == 30 for states in trace.residual["self"])
    np.testing.assert_allclose(trace.logits_of(range(30)), own_logits(trace), atol=1e-5)


@pytest.mark.parametrize(
    "weights",
    [
        torch.full((1, 2, 5, 9), 1 / 9),  # more columns than keys, with weight on them
        torch.full((1, 2, 4, 5), 1 / 5),  # fewer rows
        torch.full((1, 2, 1, 5, 5), 1 / 5),  # one dimension more
        torch.full((3, 2, 5, 5), 1 / 5),  # several texts
        torch.full((1, 2, 5, 5), 1.0),  # no shares
        torch.full((1, 2, 5, 5), -0.1),
        torch.full((1, 2, 5, 5), torch.nan),
    ],
)
def test_what_is_no_matrix_of_shares_is_refused(weights: torch.Tensor) -> None:
    with pytest.raises(NoMatrix):
        record_of(weights, 0, 5, 5, None)


def test_columns_beside_a_band_are_refused() -> None:
    block = nn.Module()
    block.one_sided_attn_window_size = 2  # type: ignore[assignment]
    with pytest.raises(NoMatrix):
        record_of(torch.full((1, 2, 6, 6), 1 / 6), 0, 6, 6, block)
