"""The ways to get at a model's attention that are compared, each a function of (model, ids)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from transformers import AttentionInterface  # noqa: F401  (registers the kernels before any clock runs)

from tests.benchmarks import subjects

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel


def plain(model: LoadedModel, tokens: int) -> object:
    """The model's body with the fast kernel; nothing is kept."""
    with torch.inference_mode():
        return model.model.base_model(input_ids=subjects.ids(tokens), use_cache=False)


def captured(model: LoadedModel, tokens: int) -> object:
    """This program's way: queries, keys, values and the residual stream of every layer."""
    return subjects.trace_of(model, tokens)


def eager(model: LoadedModel, tokens: int) -> object:
    """What most tools do: unfused attention that hands out every matrix, and the hidden states."""
    with torch.inference_mode():
        return model.model.base_model(
            input_ids=subjects.ids(tokens), use_cache=False, output_attentions=True, output_hidden_states=True
        )


def use_kernel(model: LoadedModel, way: str) -> None:
    """Sets the attention that a way runs on."""
    from visualizer.core.forward import recording

    implementation = {"plain": "sdpa", "captured": recording.IMPLEMENTATION, "eager": "eager"}[way]
    model.model.set_attn_implementation(implementation)


WAYS = {"plain": plain, "captured": captured, "eager": eager}
