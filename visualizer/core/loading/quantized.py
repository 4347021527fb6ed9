"""Checkpoints of GPTQ, AWQ and bitsandbytes: unpacked here, without the packages that made them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers.pytorch_utils import Conv1D

from visualizer.core.errors import DamagedFile, VisualizerError, first_line
from visualizer.core.loading import packing, sources
from visualizer.core.system.json_file import parse_json

HERE = ("gptq", "awq", "bitsandbytes")

_PARTS = ("qweight", "qzeros", "scales")
_STATE = "quant_state.bitsandbytes__"
_TABLES = ("nf4", "fp4")
_MOST_STATE = 1 << 16  # bytes of the JSON text beside a weight
_DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


def settings_of(config: Any) -> dict[str, Any]:
    """What a config says of how its weights are quantized, as plain values."""
    method: Any = getattr(config, "quantization_config", None)
    found = method if isinstance(method, dict) else method.to_dict() if hasattr(method, "to_dict") else {}
    return dict(found)


def hindrance(how: str, settings: Mapping[str, Any]) -> str | None:
    """Why weights that are quantized so cannot be unpacked here; None where they can."""
    if how == "gptq":
        layout = str(settings.get("checkpoint_format") or "gptq")
        if layout not in ("gptq", "gptq_v2"):
            return f"laid out for {layout[:40]}"
        if settings.get("bits") not in (2, 3, 4, 8):
            return f"{str(settings.get('bits'))[:40]} bits"
        if settings.get("rotation") or settings.get("dynamic") or settings.get("is_marlin_format"):
            return "in a way of its own for some layers"
        if settings.get("pack_dtype") not in (None, "int32"):
            return f"packed in {str(settings['pack_dtype'])[:40]}"
    elif how == "awq":
        layout = str(settings.get("version") or settings.get("format") or settings.get("checkpoint_format") or "gemm")
        if layout.lower() != "gemm" or settings.get("backend") == "llm-awq":
            return f"laid out for {layout[:40]}"
        if settings.get("bits", 4) != 4 or settings.get("zero_point") is False:
            return "other than 4 bits with zero points"
    elif how == "bitsandbytes":
        if bool(settings.get("load_in_4bit")) == bool(settings.get("load_in_8bit")):
            return "neither 4 nor 8 bits"
    else:
        return how
    return None


def read(
    folder: Path, config: Any, model: torch.nn.Module, dtype: torch.dtype, on_weight: Callable[[float], None]
) -> dict[str, torch.Tensor]:
    """All weights of a folder by name, unpacked, on the CPU.

    model: the same without weights (on the device "meta"); it says which weights stand the other way round. Raises
    DamagedFile for what cannot be.
    """
    settings = settings_of(config)
    files = sources.weight_files(folder)
    try:
        if any(path.suffix != ".safetensors" for path in files):
            raise ValueError("packed weights are read from safetensors files alone")
        where = {name: path for path in files for name in sources.read_safetensors_header(path)}
        return _unpacked(_Weights(where), settings, _turned(model), dtype, on_weight)
    except (VisualizerError, MemoryError):
        raise
    except Exception as error:  # a file may hold anything
        raise DamagedFile(str(files[0]), first_line(error)) from error


class _Weights:
    """Tensors by name, each read when it is asked for."""

    def __init__(self, where: Mapping[str, Path]) -> None:
        self.where = where
        self._open: dict[Path, Any] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.where

    def get(self, name: str) -> torch.Tensor:
        if name not in self.where:
            raise ValueError(f"{name} is missing")
        path = self.where[name]
        if path not in self._open:
            self._open[path] = safe_open(path, framework="pt")
        found: torch.Tensor = self._open[path].get_tensor(name)
        return found


def _turned(model: torch.nn.Module) -> frozenset[str]:
    """The last names of modules whose weights are [input, output] (GPT-2), where packed ones are [output, input]."""
    return frozenset(name.rpartition(".")[2] for name, part in model.named_modules() if isinstance(part, Conv1D))


def _unpacked(
    weights: _Weights,
    settings: Mapping[str, Any],
    turned: frozenset[str],
    dtype: torch.dtype,
    on_weight: Callable[[float], None],
) -> dict[str, torch.Tensor]:
    unpack, mark, beside = _ways(settings)
    packed = [name.removesuffix(mark) for name in weights.where if name.endswith(mark)]
    if not packed:
        raise ValueError("its config says that its weights are packed, and none is")
    used = {f"{name}{end}" for name in packed for end in beside}
    used |= {name for name in weights.where if _STATE in name}
    rest = [name for name in weights.where if name not in used]
    strange = [name for name in rest if name.endswith((".qweight", ".qzeros", ".scales", ".g_idx", ".absmax", ".SCB"))]
    if strange:
        raise ValueError(f"{strange[0]} belongs to no packed weight")
    found = {}
    for name in rest:
        plain = weights.get(name)
        if not plain.is_floating_point() and name.endswith(".weight"):
            raise ValueError(f"{name} is {plain.dtype}, and nothing says what its numbers stand for")
        found[name] = plain.to(dtype) if plain.is_floating_point() else plain
    for n, name in enumerate(packed):
        on_weight(n / len(packed))
        weight = unpack(weights, name)
        if name.rpartition(".")[2] in turned:
            weight = weight.t().contiguous()
        if not bool(torch.isfinite(weight).all()):
            raise ValueError(f"{name}.weight holds numbers that are not finite")
        found[f"{name}.weight"] = weight.to(dtype)
    return found


def _ways(settings: Mapping[str, Any]) -> tuple[Callable[[_Weights, str], torch.Tensor], str, tuple[str, ...]]:
    """What unpacks the weight of a module, how its packed numbers are named, and all that belongs to it."""
    if settings.get("quant_method") == "bitsandbytes":
        if settings.get("load_in_8bit"):
            return _eight_bit, ".SCB", (".weight", ".SCB", ".weight_format")
        ends = ("", ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map")
        return _four_bit, ".weight.absmax", tuple(f".weight{end}" for end in ends)
    group_size = settings.get("group_size", 128)
    if not isinstance(group_size, int) or isinstance(group_size, bool):
        raise ValueError("group_size is no number")
    if settings.get("quant_method") == "awq":

        def awq(weights: _Weights, name: str) -> torch.Tensor:
            qweight, qzeros, scales = (weights.get(f"{name}.{part}") for part in _PARTS)
            return packing.awq(qweight, qzeros, scales, group_size)

        return awq, ".qweight", (".qweight", ".qzeros", ".scales")
    bits = int(settings["bits"])
    less_one = str(settings.get("checkpoint_format") or "gptq") == "gptq"

    def gptq(weights: _Weights, name: str) -> torch.Tensor:
        group_of = weights.get(f"{name}.g_idx") if f"{name}.g_idx" in weights else None
        qweight, qzeros, scales = (weights.get(f"{name}.{part}") for part in _PARTS)
        return packing.gptq(qweight, qzeros, scales, group_of, bits, group_size, less_one)

    return gptq, ".qweight", (".qweight", ".qzeros", ".scales", ".g_idx")


def _eight_bit(weights: _Weights, name: str) -> torch.Tensor:
    if f"{name}.weight_format" in weights and int(weights.get(f"{name}.weight_format").max()) != 0:
        raise ValueError(f"{name}.weight does not stand row by row")
    return packing.eight_bit(weights.get(f"{name}.weight"), weights.get(f"{name}.SCB"))


def _four_bit(weights: _Weights, name: str) -> torch.Tensor:
    """As bitsandbytes gives it: rounded to the number type that the weight had before."""
    start = f"{name}.weight"
    kind = next((kind for kind in _TABLES if f"{start}.{_STATE}{kind}" in weights), None)
    if kind is None:
        raise ValueError(f"{start}: nothing says how its numbers are packed")
    raw = weights.get(f"{start}.{_STATE}{kind}")
    if raw.dtype != torch.uint8 or raw.numel() > _MOST_STATE:
        raise ValueError(f"{start}: what stands beside it is no text")
    state = parse_json(bytes(raw.flatten().tolist()).decode("utf-8"))
    if not isinstance(state, dict) or state.get("quant_type") != kind:
        raise ValueError(f"{start}: {json.dumps(state)[:80]}")
    shape = state.get("shape")
    if not isinstance(shape, list) or len(shape) != 2 or not all(_is_count(length) for length in shape):
        raise ValueError(f"{start}: of the shape {str(shape)[:40]}")
    if not _is_count(state.get("blocksize")) or state.get("dtype") not in _DTYPES:
        raise ValueError(f"{start}: blocks of {str(state.get('blocksize'))[:40]}, {str(state.get('dtype'))[:40]}")
    largest = weights.get(f"{start}.absmax")
    if f"{start}.nested_absmax" in weights:
        offset, block = state.get("nested_offset"), state.get("nested_blocksize", 0)
        if not isinstance(offset, int | float) or not _is_count(block):
            raise ValueError(f"{start}: nested blocks of {str(block)[:40]}")
        table, outer = weights.get(f"{start}.nested_quant_map"), weights.get(f"{start}.nested_absmax")
        largest = packing.unnested(largest, table, outer, block, float(offset))
    table = weights.get(f"{start}.quant_map")
    packed = packing.four_bit(weights.get(start), largest.float(), table, int(state["blocksize"]), tuple(shape))
    return packed.to(_DTYPES[state["dtype"]]).float()


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40
