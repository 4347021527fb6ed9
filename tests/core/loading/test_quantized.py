"""Quantized checkpoints that transformers can unpack anywhere are unpacked; others are refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.core.families import LLAMA
from tests.core.loading.test_models_errors import refused
from tests.core.model_folders import build, save
from tests.core.tokenizer_kinds import KINDS
from visualizer.core import capture, models
from visualizer.core.errors import UnsupportedArchitecture
from visualizer.core.request import RunRequest

BLOCK = 16


def quantize_fp8(folder: Path) -> dict[str, torch.Tensor]:
    """Rewrites a folder as FP8 checkpoints are written, block by block; gives the weights that it then stands for."""
    path = folder / "model.safetensors"
    stored, meant = {}, {}
    for name, weight in load_file(path).items():
        meant[name] = stored[name] = weight
        if "_proj.weight" not in name:
            continue
        rows, columns = (n // BLOCK for n in weight.shape)
        blocks = weight.reshape(rows, BLOCK, columns, BLOCK)
        scale = blocks.abs().amax(dim=(1, 3)) / torch.finfo(torch.float8_e4m3fn).max
        packed = (blocks / scale[:, None, :, None]).reshape(weight.shape).to(torch.float8_e4m3fn)
        stored[name], stored[f"{name}_scale_inv"] = packed, scale
        unpacked = packed.float().reshape(rows, BLOCK, columns, BLOCK) * scale[:, None, :, None]
        meant[name] = unpacked.reshape(weight.shape)
    save_file(stored, path, {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "fp8", "weight_block_size": [BLOCK, BLOCK], "fmt": "e4m3"}
    (folder / "config.json").write_text(json.dumps(config))
    return meant


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_fp8_is_unpacked_block_by_block(tmp_path: Path, dtype: str) -> None:
    folder = save("llama", tmp_path / "fp8")
    meant = quantize_fp8(folder)
    loaded = models.load(str(folder), dtype=dtype)
    assert loaded.notices == ("unpacked:fp8",)
    assert {p.dtype for p in loaded.model.parameters()} == {getattr(torch, dtype)}
    for name, weight in loaded.model.state_dict().items():
        torch.testing.assert_close(weight.float(), meant[name], atol=1e-6, rtol=1e-2 if dtype == "bfloat16" else 1e-6)
    trace = capture.run(loaded, RunRequest("the cat"))
    assert trace.method == "registry"
    loaded.model.save_pretrained(tmp_path / "plain")


def test_mxfp4_experts_are_unpacked(tmp_path: Path) -> None:
    folder = tmp_path / "mxfp4"
    folder.mkdir()
    tokenizer: Any = KINDS["llama_bpe"](folder)
    tokenizer.save_pretrained(folder)
    settings = {
        **LLAMA, "vocab_size": len(tokenizer), "head_dim": 8, "num_local_experts": 2, "num_experts_per_tok": 1,
        "intermediate_size": 64, "hidden_size": 64, "num_hidden_layers": 1,
    }  # fmt: skip
    build("GptOssForCausalLM", settings).save_pretrained(folder)
    path = folder / "model.safetensors"
    stored = load_file(path)
    torch.manual_seed(1)
    codes = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])
    meant = {}
    for name in [n for n in stored if n.endswith(("gate_up_proj", "down_proj"))]:
        experts, inputs, outputs = stored.pop(name).shape
        blocks = torch.randint(0, 256, (experts, outputs, inputs // 32, 16), dtype=torch.uint8)
        scales = torch.randint(120, 128, (experts, outputs, inputs // 32), dtype=torch.uint8)
        stored[f"{name}_blocks"], stored[f"{name}_scales"] = blocks, scales
        low, high = codes[(blocks & 15).int()], codes[(blocks >> 4).int()]
        values = torch.stack([low, high], dim=-1).flatten(-2) * 2.0 ** (scales.float() - 127)[..., None]
        meant[name] = values.reshape(experts, outputs, inputs).transpose(1, 2)
    save_file(stored, path, {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}
    (folder / "config.json").write_text(json.dumps(config))
    loaded = models.load(str(folder))
    assert loaded.notices == ("unpacked:mxfp4",)
    state = loaded.model.state_dict()
    for name, weight in meant.items():
        torch.testing.assert_close(state[name], weight, atol=0, rtol=0)


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ({"quant_method": "compressed-tensors"}, "compressed-tensors"),
        ({"quant_method": "aqlm"}, "aqlm"),
        ({"load_in_4bit": True}, "does not name"),
        ({"quant_method": None}, "does not name"),
    ],
)
def test_what_cannot_be_unpacked_is_refused_by_name(tmp_path: Path, entries: dict[str, Any], named: str) -> None:
    folder = save("gpt2", tmp_path / "quantized")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "quantization_config": entries}))
    detail = refused(UnsupportedArchitecture, folder).fields["detail"]
    assert named in detail
    assert "None" not in detail
