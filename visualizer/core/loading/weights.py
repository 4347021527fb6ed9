"""From files to a model with all its weights: none may be left as random numbers."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from visualizer.core.errors import (
    DamagedFile,
    MissingPackage,
    NotEnoughMemory,
    UnsupportedArchitecture,
    VisualizerError,
    WeightsDoNotFit,
    first_line,
)
from visualizer.core.loading import adapters, quantized, sources
from visualizer.core.loading.chatter import watched
from visualizer.core.loading.model_class import Candidate, quantization
from visualizer.core.loading.packages import pip_line
from visualizer.core.system import memory

# Shares of the expected names by which another prefix is believed: some are always made anew (experts put together).
_BELIEVED = 0.3
# Of the time that packed weights take, the part that goes into unpacking them.
_UNPACKING = 0.8
# Whole numbers, as safetensors names them; no weight that a model multiplies with is one.
_WHOLE = ("BOOL", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64")
_SCALES = ("_scale", "_scale_inv", ".scale", ".scales")


def read(
    folder: Path,
    config: Any,
    classes: Sequence[Candidate],
    device: str,
    dtype: str,
    on_weight: Callable[[float], None],
) -> tuple[Any, Candidate]:
    """The model of the first class that finds all its weights in a folder, on a device, and that class.

    on_weight is given the share of weights that are in their place, and may raise to stop. Raises WeightsDoNotFit,
    DamagedFile, MissingPackage, NotEnoughMemory.
    """
    how = quantization(config)
    here = None
    if how in quantized.HERE:
        here = _unpacked(folder, config, classes[0].model_class, dtype, lambda share: on_weight(_UNPACKING * share))
        del config.quantization_config
    failure: WeightsDoNotFit | None = None
    for candidate in classes:
        if here is None:
            model, info = _from_files(folder, config, candidate.model_class, device, dtype, on_weight)
        else:
            rest = partial(_rest, on_weight)
            model, info = _from_files(folder, config, candidate.model_class, device, dtype, rest, dict(here))
        # A pooler without weights changes nothing that is shown: neither attention nor hidden states nor predictions.
        # A head that judges texts reads it.
        missing = sorted(n for n in info["missing_keys"] if candidate.head or ".pooler." not in f".{n}")
        other = sorted(entry if isinstance(entry, str) else str(entry[0]) for entry in info["mismatched_keys"])
        if not missing and not other:
            model = _plain(model, getattr(torch, dtype)) if how is not None else model
            return model.eval().requires_grad_(False), candidate
        failure = failure or WeightsDoNotFit(
            str(sources.weight_files(folder)[0]),
            missing=missing,
            other_shape=other,
            unused=sorted(info["unexpected_keys"]),
        )
        del model
        if candidate.certain:
            break
    assert failure is not None, "there is always a class"
    raise failure


def _rest(on_weight: Callable[[float], None], share: float) -> None:
    on_weight(_UNPACKING + (1 - _UNPACKING) * share)


def _unpacked(
    folder: Path, config: Any, model_class: Any, dtype: str, on_weight: Callable[[float], None]
) -> dict[str, torch.Tensor]:
    plain = copy.deepcopy(config)
    del plain.quantization_config
    with torch.device("meta"):
        model = model_class._from_config(plain)
    try:
        return quantized.read(folder, config, model, getattr(torch, dtype), on_weight)
    except MemoryError as error:
        raise NotEnoughMemory(memory.of_weights(model_class, plain, dtype), memory.available("cpu")) from error


def _from_files(
    folder: Path,
    config: Any,
    model_class: Any,
    device: str,
    dtype: str,
    on_weight: Callable[[float], None],
    state: dict[str, torch.Tensor] | None = None,
) -> tuple[Any, dict[str, Any]]:
    """state: weights by name that were read already; None: those in the folder."""
    settings: dict[str, Any] = {} if state is None else {"state_dict": state}
    if quantization(config) is not None:
        _unpack(config)
    else:
        if state is None:
            _check_numbers(folder, model_class.__name__)
        renamed = _renamed(_names(folder) if state is None else set(state), config, model_class)
        if renamed:
            settings["key_mapping"] = renamed
    first = str(sources.weight_files(folder)[0])
    try:
        with watched(on_weight), adapters.left_alone():
            model, info = model_class.from_pretrained(
                folder if state is None else None,
                config=config,
                dtype=getattr(torch, dtype),
                device_map=None if device == "cpu" else {"": device},
                output_loading_info=True,
                local_files_only=True,
                weights_only=True,
                trust_remote_code=False,
                ignore_mismatched_sizes=True,  # told apart by name below
                **settings,
            )
    except VisualizerError:
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise NotEnoughMemory(memory.of_weights(model_class, config, dtype), memory.available(device)) from error
    except ImportError as error:
        raise MissingPackage(str(folder), pip_line(error) or first_line(error)) from error
    except Exception as error:  # a bad config or damaged weights fail in as many ways as there are architectures
        raise DamagedFile(first, first_line(error)) from error
    return model, info


def _check_numbers(folder: Path, architecture: str) -> None:
    """Raises UnsupportedArchitecture for weights that are packed although the config does not say so, DamagedFile for
    complex ones: transformers would take the packed numbers for the weights, and the real part for the whole."""
    for path in sources.weight_files(folder):
        if path.suffix != ".safetensors":
            continue
        header = sources.read_safetensors_header(path)
        scaled = any(name.endswith(_SCALES) for name in header)
        for name, entry in header.items():
            kind = str(entry.get("dtype"))
            if kind.startswith("C"):
                raise DamagedFile(str(path), f"{name}: complex numbers")
            if name.endswith((".weight", ".bias")) and (kind in _WHOLE or (scaled and kind.startswith("F8"))):
                said = f"its weights are quantized (as {kind}, in a way that the config does not name)"
                raise UnsupportedArchitecture(architecture, said)


def _unpack(config: Any) -> None:
    """Tells transformers to undo the quantization of a checkpoint while it loads."""
    method = config.quantization_config
    if isinstance(method, dict):
        method["dequantize"] = True
    else:
        method.dequantize = True


def _plain(model: Any, dtype: torch.dtype) -> Any:
    """The same model, no longer marked as quantized: its weights are plain numbers of one type now."""
    model.is_quantized = False
    for parameter in model.parameters():  # not the buffers: angles of positions stay exact
        if parameter.dtype != dtype:
            parameter.data = parameter.data.to(dtype)
    for holder, name in ((model.config, "quantization_config"), (model, "hf_quantizer")):
        if hasattr(holder, name):
            delattr(holder, name)
    return model


def _renamed(there: set[str], config: Any, model_class: Any) -> dict[str, str] | None:
    """How the names of weights begin where they belong to a larger model (text and pictures), as transformers'
    `key_mapping`; None where they are the model's own."""
    if not there:
        return None
    own = any(name.startswith(f"{model_class.base_model_prefix}.") for name in there)
    if own and not any("language_model." in name for name in there):
        return None
    with torch.device("meta"):
        model = model_class._from_config(config)
    body = f"{model.base_model_prefix}."
    expected = set(model.state_dict())
    inside = {name.removeprefix(body) for name in expected if name.startswith(body)} or expected
    outside = {name for name in expected if not name.startswith(body)} if inside is not expected else set()
    if len(expected & there) > _BELIEVED * len(expected):
        return None
    prefix, count = _prefix(there, inside)
    if count <= _BELIEVED * len(inside):
        return None
    target = body if inside is not expected else ""
    renamed = {f"^{re.escape(prefix)}": target} if prefix != target else {}
    for name in sorted(outside - there):
        head, found = _prefix(there, {name})
        if found and head:
            renamed[f"^{re.escape(head + name)}"] = name
    return renamed or None


def _names(folder: Path) -> set[str]:
    """The names of all weights in the files; none of pickles, which tell them only when they are read."""
    files = [path for path in sources.weight_files(folder) if path.suffix == ".safetensors"]
    return {name for path in files for name in sources.read_safetensors_header(path)}


def share_head(part: Any, whole: Any, folder: Path) -> None:
    """Lets a text part share its output weights with the embedding where the whole model does and has no others."""
    if part is not whole and getattr(whole, "tie_word_embeddings", False):
        names = _names(folder)
        if names and not any(name.endswith(("lm_head.weight", "lm_head.qweight")) for name in names):
            part.tie_word_embeddings = True


def _prefix(there: set[str], names: set[str]) -> tuple[str, int]:
    """What stands before most of these names in the files, and before how many."""
    counts: Counter[str] = Counter()
    for found in there:
        parts = found.split(".")
        for start in range(len(parts)):
            if ".".join(parts[start:]) in names:
                counts["".join(f"{part}." for part in parts[:start])] += 1
                break
    return counts.most_common(1)[0] if counts else ("", 0)
