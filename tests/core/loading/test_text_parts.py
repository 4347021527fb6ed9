"""The language model inside a model of text and pictures is loaded alone, and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import AutoConfig

from tests.core.families import LLAMA
from tests.core.loading.test_models_errors import refused
from tests.core.tokenizer_kinds import KINDS
from visualizer.core import models
from visualizer.core.errors import UnsupportedArchitecture, WeightsDoNotFit

VISION = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4, "image_size": 28,
    "patch_size": 14,
}  # fmt: skip
TEXT = {**LLAMA, "num_hidden_layers": 2, "head_dim": 8}
LINEAR = {
    "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
    "linear_conv_kernel_dim": 4, "layer_types": ["linear_attention", "full_attention"],
}  # fmt: skip
FAMILIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "gemma3": ("Gemma3ForConditionalGeneration", TEXT, {"vision_config": VISION, "mm_tokens_per_image": 4}),
    "mistral3": (
        "Mistral3ForConditionalGeneration",
        {**TEXT, "model_type": "mistral"},
        {"vision_config": {**VISION, "model_type": "pixtral", "head_dim": 8}},
    ),
    "llava": (
        "LlavaForConditionalGeneration",
        {**TEXT, "model_type": "llama"},
        {"vision_config": {**VISION, "model_type": "clip_vision_model"}},
    ),
    "qwen3_5": (
        "Qwen3_5ForConditionalGeneration",
        {**TEXT, **LINEAR},
        {"vision_config": {**VISION, "depth": 1, "num_heads": 4, "out_hidden_size": 32}},
    ),
}  # fmt: skip


def save(name: str, folder: Path) -> Any:
    model_class, text, rest = FAMILIES[name]
    folder.mkdir(exist_ok=True)
    tokenizer = KINDS["llama_bpe"](folder)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    text = {**text, "vocab_size": len(tokenizer)}
    model = getattr(transformers, model_class)(AutoConfig.for_model(name, text_config=text, **rest)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.2)
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize("name", FAMILIES)
def test_the_text_part_is_loaded_and_computes_the_same(name: str, tmp_path: Path) -> None:
    whole = save(name, tmp_path / name)
    loaded = models.load(str(tmp_path / name))
    assert loaded.notices == ("text_part",)
    assert (loaded.kind, loaded.task, loaded.card.layers) == ("decoder", "causal", 2)
    ids = torch.tensor([[5, 9, 17, 30, 8]])
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded.model(input_ids=ids).logits, whole(input_ids=ids).logits, atol=1e-5, rtol=1e-5
        )
    assert loaded.card.parameters < sum(p.numel() for p in whole.parameters())


@pytest.mark.parametrize("name", ["gemma3", "llava"])
def test_names_of_the_whole_model_are_understood_under_a_text_config(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    whole = save(name, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config["text_config"]))
    loaded = models.load(str(folder))
    assert loaded.notices == ()
    ids = torch.tensor([[5, 9, 17, 30, 8]])
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded.model(input_ids=ids).logits, whole(input_ids=ids).logits, atol=1e-5, rtol=1e-5
        )


def test_memory_is_that_of_the_text_part(tmp_path: Path) -> None:
    save("gemma3", tmp_path / "gemma3")
    loaded = models.load(str(tmp_path / "gemma3"))
    largest = max(p.numel() for p in loaded.model.parameters())
    assert models.estimate_memory(str(tmp_path / "gemma3")) == loaded.card.memory + 4 * largest


def test_weights_of_something_else_do_not_fit(tmp_path: Path) -> None:
    save("gemma3", tmp_path / "gemma3")
    path = tmp_path / "gemma3" / "model.safetensors"
    from safetensors.torch import load_file, save_file

    save_file({f"odd.{n}": value for n, value in enumerate(load_file(path).values())}, path, {"format": "pt"})
    assert refused(WeightsDoNotFit, path.parent).fields["unused"][0].startswith("odd.")


def test_a_text_part_that_cannot_run_alone_is_refused_for_that_reason(tmp_path: Path) -> None:
    save("gemma3", tmp_path / "odd")
    entries = {"model_type": "emu3", "architectures": ["Emu3ForConditionalGeneration"]}
    (tmp_path / "odd" / "config.json").write_text(json.dumps(entries))
    refused(UnsupportedArchitecture, tmp_path / "odd")
