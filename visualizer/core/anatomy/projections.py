"""The output projection W_O of each attention layer: what turns the heads' outputs into the residual stream.

Vaswani et al. 2017, section 3.2.2: MultiHead = Concat(head_1, ..., head_h) W_O. The matrix is found by watching a short
pass, and not by its name: it is the first linear layer whose input is the heads' outputs side by side. A model that
does something in between (a gate, a norm) has none, and nothing is claimed of it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from visualizer.core import attention
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import VisualizerError
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6
_TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}


@dataclass(frozen=True, eq=False)
class Projection:
    """W_O of one layer. weight: [width, head * d_v]; bias: [width] or None."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    def of_head(self, head: int, width: int) -> torch.Tensor:
        """The columns that one head's output of `width` dimensions goes through: float32 [width of stream, d_v]."""
        return self.weight[:, head * width : (head + 1) * width].float()


_found: WeakKeyDictionary[LoadedModel, dict[str, tuple[Projection | None, ...]]] = WeakKeyDictionary()
_lock = threading.Lock()


def of(loaded: LoadedModel) -> Mapping[str, tuple[Projection | None, ...]]:
    """kind -> one projection a layer, None where it could not be found.

    Runs the model once over a few tokens, the first time: call it where passes may run.
    """
    with _lock:
        known = _found.get(loaded)
        if known is None:
            known = _found[loaded] = _find(loaded)
        return known


def _find(loaded: LoadedModel) -> dict[str, tuple[Projection | None, ...]]:
    from visualizer.core import capture

    if not loaded.registry:
        return {}
    thread = threading.get_ident()
    seen: list[tuple[nn.Module, torch.Tensor]] = []

    def note(module: nn.Module, args: tuple[Any, ...]) -> None:
        # Another thread may be using the output layer of the same model just now.
        if threading.get_ident() == thread and args and isinstance(args[0], torch.Tensor):
            seen.append((module, args[0].detach().float()))

    modules = [m for m in loaded.model.modules() if isinstance(m, nn.Linear | Conv1D)]
    handles = [module.register_forward_pre_hook(note) for module in modules]
    special = set(getattr(loaded.tokenizer, "all_special_ids", ()) or ())
    plain = [i for i in range(loaded.card.vocabulary - 1, -1, -1) if i not in special][:_PROBE_TOKENS] or [0]
    ids = torch.tensor([plain], device=loaded.model.device)
    try:
        target = ids if loaded.kind == "encoder_decoder" else None
        trace = capture.run_ids(loaded, RunRequest("x"), ids, decoder_ids=target)
    except VisualizerError:
        return {}
    finally:
        for handle in handles:
            handle.remove()
    if trace.method != "registry":
        return {}
    tolerance = _TOLERANCE.get(loaded.model.dtype, 1e-4)
    with torch.inference_mode():
        return {
            kind: tuple(_match(concatenated(record), seen, tolerance) for record in records)
            for kind, records in trace.records.items()
        }


def concatenated(record: AttentionRecord) -> torch.Tensor:
    """The outputs of all heads side by side: float32 [query, head * d_v]."""
    return torch.cat([attention.head_output(record, head) for head in range(record.heads)], dim=1)


def _match(outputs: torch.Tensor, seen: list[tuple[nn.Module, torch.Tensor]], tolerance: float) -> Projection | None:
    limit = tolerance * max(1.0, float(outputs.abs().max()))
    for module, states in seen:
        if states.numel() != outputs.numel() or states.shape[-1] != outputs.shape[-1]:
            continue
        if float((states.reshape(outputs.shape) - outputs).abs().max()) <= limit:
            weight, bias = module.weight, module.bias
            assert isinstance(weight, torch.Tensor)
            matrix = weight.detach().T if isinstance(module, Conv1D) else weight.detach()
            return Projection(matrix, bias.detach() if isinstance(bias, torch.Tensor) else None)
    return None
