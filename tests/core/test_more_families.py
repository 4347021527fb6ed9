"""Families beyond those of `families.py`, built small from their default configs: the same promises."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from tests.core.families import FALLBACK, HYBRID, REGISTRY, plain_tokenizer
from tests.core.small_models import VOCABULARY, built, families
from visualizer.core import capture, models
from visualizer.core.request import RunRequest

# Registry, own attention alone, text parts of larger models, hybrids; name -> layers with attention, () = all.
MORE: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(
        (
            "afmoe", "apertus", "arcee", "aria_text", "bert-generation", "biogpt", "bitnet", "blenderbot", "cohere2",
            "ctrl", "cwm", "doge", "ernie", "esm", "exaone4", "flex_olmo", "gemma3_text", "glm", "glm4", "gpt_bigcode",
            "granitemoe", "helium", "jetmoe", "layoutlm", "llama4_text", "nemotron", "olmo3", "persimmon",
            "bigbird_pegasus", "convbert", "flaubert", "gpt_neox_japanese", "megatron-bert", "mvp", "nllb-moe",
            "switch_transformers", "axk1", "dbrx", "deepseek_v2", "deepseek_v3", "deepseek_v32", "gemma3n_text",
            "glm4_moe_lite", "glm_moe_dsa", "luke", "minicpm3", "olmoe", "prophetnet", "roc_bert", "youtu",
        ),
        (),
    ),
    "lfm3": (1, 2),
    **dict.fromkeys(
        (
            "bailing_hybrid", "bamba", "granitemoehybrid", "kimi_linear", "lfm2_moe", "recurrent_gemma", "zamba",
            "zamba2",
        ),
        (1, 3),
    ),
    "nemotron_h": (2,),
    "olmo_hybrid": (1, 3),
    "qwen3_5_text": (1, 3),
}  # fmt: skip
NAMES = {
    "self": "attentions",
    "encoder": "encoder_attentions",
    "decoder": "decoder_attentions",
    "cross": "cross_attentions",
}


def test_there_are_at_least_a_hundred() -> None:
    assert len({f.name for f in (*REGISTRY, *FALLBACK, *HYBRID)} | set(MORE)) >= 100


@pytest.mark.parametrize("name", MORE)
def test_attention_logits_and_layer_numbers_are_the_models_own(name: str) -> None:
    model = built(name, families()[name])
    plain, eager = copy.deepcopy(model), copy.deepcopy(model)
    for part in eager.modules():
        if isinstance(part, PreTrainedModel):
            part.config._attn_implementation = "eager"
    loaded = models.wrap(model, plain_tokenizer(VOCABULARY))
    ids = torch.randint(3, VOCABULARY, (1, 12), generator=torch.Generator().manual_seed(1))
    target = torch.tensor([[2, 5, 9, 7, 33]]) if loaded.kind == "encoder_decoder" else None
    trace = capture.run_ids(loaded, RunRequest("x"), ids, decoder_ids=target)
    first = trace.kinds[0]
    assert trace.layer_numbers(first) == (MORE[name] or tuple(range(trace.layers(first))))
    given = {key: tensor.clone() for key, tensor in trace.inputs.items()}
    with torch.no_grad():
        ordinary, output = plain(**given), eager(**given, output_attentions=True)
    for kind in trace.kinds:
        own = [w for w in getattr(output, NAMES[kind]) if w is not None]
        for layer, expected in zip(trace.layer_numbers(kind), own, strict=True):
            found = np.stack([trace.attention(layer, head, kind) for head in range(expected.shape[1])])
            np.testing.assert_allclose(found, expected[0].float().numpy(), rtol=0, atol=1e-5)
    logits = ordinary.get("prediction_logits", ordinary.get("logits"))[0].float().numpy()
    size = max(1.0, float(np.abs(logits).max()))
    np.testing.assert_allclose(trace.logits_of(range(trace.n_positions)) / size, logits / size, rtol=0, atol=1e-5)
