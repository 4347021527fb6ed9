"""The model that the figures are taken on: a Llama of 135 million parameters with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

LAYERS, HEADS, KEY_HEADS, WIDTH, INTERMEDIATE, VOCABULARY = 30, 9, 3, 576, 1536, 49152


def llama_135m() -> LoadedModel:
    """30 layers, 9 heads, 3 key heads, width 576: the shape of a well-known small model, float32."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.tokenizers import byte_level
    from visualizer.core import models

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        intermediate_size=INTERMEDIATE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
    )
    return models.wrap(LlamaForCausalLM(config).eval(), byte_level(), source="llama-135m")


def ids(tokens: int) -> torch.Tensor:
    """Random bytes as ids: [1, token], so that every token has a label."""
    import torch

    return torch.randint(3, 259, (1, tokens), generator=torch.Generator().manual_seed(tokens))


def trace_of(model: LoadedModel, tokens: int) -> Trace:
    """A real trace of `tokens` tokens."""
    from visualizer.core import capture
    from visualizer.core.request import RunRequest

    return capture.run_ids(model, RunRequest("benchmark"), ids(tokens))
