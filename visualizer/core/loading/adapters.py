"""Adapters (LoRA and its kin, through peft): read beside their base model, so that both stay at hand.

The adapted model is a second set of modules over the very same weights: the base model is not changed, and one can be
compared with the other. Only what an adapter is made of is taken from its config: whatever else peft would import or
fetch by a name in it is left out.
"""

from __future__ import annotations

import copy
import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from visualizer.core.errors import DamagedFile, MissingPackage, UnsupportedArchitecture, WeightsDoNotFit, first_line
from visualizer.core.loading.sources import ADAPTER_CONFIG, read_safetensors_header
from visualizer.core.system.json_file import read_object

CONFIG = ADAPTER_CONFIG
WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")

_NAME = "adapter"
# Kinds that change single layers of a model; others put tokens before the text.
_KINDS = ("LORA", "LOHA", "LOKR", "IA3")
_SETTINGS = frozenset({
    "r", "lora_alpha", "alpha", "target_modules", "exclude_modules", "fan_in_fan_out", "bias", "use_rslora",
    "use_dora", "lora_bias", "modules_to_save", "layers_to_transform", "layers_pattern", "rank_pattern",
    "alpha_pattern", "trainable_token_indices", "target_parameters", "use_effective_conv2d", "decompose_both",
    "decompose_factor", "feedforward_modules", "task_type", "ensure_weight_tying",
})  # fmt: skip
# What changes the base's own weights, or is more than weights added to layers: never left out in silence.
_REFUSED = (
    "alora_invocation_tokens", "layer_replication", "use_qalora", "use_bdlora", "arrow_config", "kasa_config",
    "megatron_config", "velora_config", "monteclora_config",
)  # fmt: skip
_CHANGES_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")


@dataclass(frozen=True)
class Adapter:
    """What a folder says of its adapter; base: what its config names as the model under it, or ""."""

    folder: Path
    kind: str
    base: str
    settings: dict[str, Any]


def find(folder: Path) -> Adapter | None:
    """The adapter in a folder, or None. Raises DamagedFile, UnsupportedArchitecture (a kind that is not shown)."""
    path = folder / CONFIG
    if not path.is_file():
        return None
    entries = read_object(path)
    kind = str(entries.get("peft_type") or "")
    if kind not in _KINDS:
        raise UnsupportedArchitecture(f"adapter {kind or folder.name}", f"adapters of these kinds: {', '.join(_KINDS)}")
    start = entries.get("init_lora_weights")
    special = [name for name in _REFUSED if entries.get(name)]
    if isinstance(start, str) and start.startswith(_CHANGES_BASE):
        special.append(start)
    if special:
        raise UnsupportedArchitecture(f"adapter {kind}", f"it was made with {special[0]}")
    base = entries.get("base_model_name_or_path")
    settings = {name: value for name, value in entries.items() if name in _SETTINGS}
    return Adapter(folder, kind, base.strip() if isinstance(base, str) else "", settings)


def adapted(model: Any, adapter: Adapter, base: str) -> Any:
    """A model over the same weights, with the adapter in it; `model` stays as it is. base: what to call it.

    Raises MissingPackage (peft), MissingFile, DamagedFile, WeightsDoNotFit (an adapter of another model).
    """
    check_peft(adapter.folder)
    state = _state(adapter.folder)
    _check_rank(adapter, state, base)
    shared: list[torch.Tensor] = [*model.parameters(), *model.buffers()]
    result = copy.deepcopy(model, {id(tensor): tensor for tensor in shared})
    import peft

    try:
        around = peft.PeftModel(result, _config(adapter), adapter_name=_NAME)  # puts its layers into `result`
        read = peft.set_peft_model_state_dict(around, state, _NAME, ignore_mismatched_sizes=True)
    except MemoryError:
        raise
    except Exception as error:  # what a wrong config or another model's weights lead to is peft's secret
        raise WeightsDoNotFit(str(adapter.folder), first_line(error), base=base) from error
    missing = sorted(name for name in read.missing_keys if f".{_NAME}" in name)
    if missing or read.unexpected_keys:
        missing = [name.replace(f".{_NAME}", "") for name in missing]
        there = [name for name in missing if name in state]
        absent = [name for name in missing if name not in there]
        unused = sorted(read.unexpected_keys)
        raise WeightsDoNotFit(str(adapter.folder), missing=absent, other_shape=there, unused=unused, base=base)
    return result.to(dtype=model.dtype).eval().requires_grad_(False)


def _check_rank(adapter: Adapter, state: dict[str, torch.Tensor], base: str) -> None:
    """Raises WeightsDoNotFit for a rank that no weight has: peft would first make matrices of that size."""
    widest = max((size for weight in state.values() for size in weight.shape), default=0)
    pattern = adapter.settings.get("rank_pattern")
    ranks = [adapter.settings.get("r"), *(pattern.values() if isinstance(pattern, dict) else ())]
    for rank in ranks:
        if isinstance(rank, int) and adapter.kind == "LORA" and rank > widest:
            said = f"{CONFIG} asks for rank {rank}, and no weight has more than {widest} rows or columns"
            raise WeightsDoNotFit(str(adapter.folder), said, base=base)


def _config(adapter: Adapter) -> Any:
    import peft

    kind = peft.PEFT_TYPE_TO_CONFIG_MAPPING[peft.PeftType(adapter.kind)]
    known = {field.name for field in dataclasses.fields(kind)}
    settings = {name: value for name, value in adapter.settings.items() if name in known}
    return kind(**settings, inference_mode=True)


def check_peft(folder: Path) -> None:
    """Raises MissingPackage where peft is not installed."""
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise MissingPackage(str(folder), "pip install peft") from error


def weights_of(folder: Path) -> Path:
    """The file with an adapter's weights; the first that it could be where there is none."""
    return next((folder / name for name in WEIGHTS if (folder / name).is_file()), folder / WEIGHTS[0])


def _state(folder: Path) -> dict[str, torch.Tensor]:
    path = weights_of(folder)
    if not path.is_file():
        raise DamagedFile(str(folder), f"an adapter without weights ({' or '.join(WEIGHTS)})")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            read_safetensors_header(path)
            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except DamagedFile:
        raise
    except Exception as error:  # pickles fail in many ways
        raise DamagedFile(str(path), first_line(error)) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise DamagedFile(str(path), "no table of weights")
    return state


@contextmanager
def left_alone() -> Iterator[None]:
    """For the block and this thread, transformers does not load adapters by itself, nor the base that they name."""
    from transformers import modeling_utils

    before = modeling_utils.maybe_load_adapters
    thread = threading.get_ident()

    def none_of_them(name: Any, download_kwargs: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != thread:
            return before(name, download_kwargs, **kwargs)
        return None, name, kwargs

    modeling_utils.maybe_load_adapters = none_of_them
    try:
        yield
    finally:
        modeling_utils.maybe_load_adapters = before
