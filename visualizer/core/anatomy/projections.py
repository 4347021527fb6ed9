"""The matrices of each attention layer: W_Q, W_K and W_V, and W_O.

Vaswani et al. 2017, section 3.2.2: Q = X W_Q, K = X W_K, V = X W_V, MultiHead = Concat(head_1, ..., head_h) W_O. Which
outputs of which linear layer become which head's vector differs from family to family (one matrix for each, one for all
three, one block a head), and is found by watching a short pass, not by names. A model that scales its queries right
after the projection (OPT) has a factor; one that does more (a norm over each head) has no such source. W_O is the first
linear layer whose input is the heads' outputs side by side; a model that does something in between (a gate, a norm) has
none. Nothing is claimed of what was not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from visualizer.core import attention
from visualizer.core.anatomy import probe, rotation_pairs
from visualizer.core.attention import AttentionRecord
from visualizer.core.positions import rotation
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6
_SOURCES = "sources of queries, keys and values"

# Kind of attention, layer, and side: "query", "key" or "value".
Where = tuple[str, int, str]
# A linear layer, the number of its call, and what it gave.
_Call = tuple[nn.Module, int, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Projection:
    """W_O of one layer. weight: [width, head * d_v]; bias: [width] or None."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    def of_head(self, head: int, width: int) -> torch.Tensor:
        """The columns that one head's output of `width` dimensions goes through: float32 [width of stream, d_v]."""
        return self.weight[:, head * width : (head + 1) * width].float()


@dataclass(frozen=True, eq=False)
class Source:
    """Vectors of one side of a layer: factor * (X W + b).

    module: the linear layer, at its `call`-th call in a pass (layers may share one). offsets: head -> the first of the
    outputs that are its vector (heads of keys and values may be fewer). factor: 1.0 where nothing follows.
    """

    module: nn.Module
    call: int
    offsets: tuple[int, ...]
    factor: float = 1.0

    def column(self, head: int, dimension: int) -> torch.Tensor:
        """What the input is multiplied with for one dimension of one head: float32 [width of the input], on the CPU."""
        weight, place = self.module.weight, self.offsets[head] + dimension
        assert isinstance(weight, torch.Tensor)
        return (weight[:, place] if isinstance(self.module, Conv1D) else weight[place]).detach().float().cpu()

    def bias(self, head: int, dimension: int) -> float | None:
        """What is added then; None where the layer has no bias."""
        bias = self.module.bias
        return float(bias.detach()[self.offsets[head] + dimension]) if isinstance(bias, torch.Tensor) else None


def outputs(loaded: LoadedModel) -> Mapping[str, tuple[Projection | None, ...]]:
    """W_O: kind -> one projection a layer, None where it could not be found and where there is no attention.

    Runs the model once over a few tokens, the first time: call it where passes may run.
    """
    return memo.ask(loaded, "output projections", lambda: _find_outputs(loaded))


def sources(loaded: LoadedModel) -> Mapping[Where, Source]:
    """Where queries, keys and values come from, for every side of every layer where it could be found.

    Runs the model over a few tokens, the first time: call it where passes may run.
    """
    return memo.ask(loaded, _SOURCES, lambda: _find_sources(loaded))


def known_sources(loaded: LoadedModel) -> Mapping[Where, Source] | None:
    """What `sources` found; None while nobody asked it. Runs nothing."""
    found: Mapping[Where, Source] | None = memo.find(loaded, _SOURCES, None)
    return found


# --- W_O ---------------------------------------------------------------------------------------


def _find_outputs(loaded: LoadedModel) -> dict[str, tuple[Projection | None, ...]]:
    seen: list[tuple[nn.Module, torch.Tensor]] = []
    with probe.watching(
        probe.linear_layers(loaded.model), lambda module, _call, states, _output: seen.append((module, states.float()))
    ):
        records = probe.short_pass(loaded, probe.plain_ids_of(loaded, _PROBE_TOKENS))
    tolerance = probe.tolerance(loaded.model.dtype)
    with torch.inference_mode():
        return {
            kind: tuple(
                None if record is None else _match_input(concatenated(record), seen, tolerance)
                for record in probe.by_number(layers)
            )
            for kind, layers in (records or {}).items()
        }


def concatenated(record: AttentionRecord) -> torch.Tensor:
    """The outputs of all heads side by side: float32 [query, head * d_v]."""
    return torch.cat([attention.head_output(record, head) for head in range(record.heads)], dim=1)


def _match_input(
    outputs: torch.Tensor, seen: list[tuple[nn.Module, torch.Tensor]], tolerance: float
) -> Projection | None:
    """The first layer that was given the heads' outputs."""
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


# --- W_Q, W_K, W_V -----------------------------------------------------------------------------


def _find_sources(loaded: LoadedModel) -> dict[Where, Source]:
    seen: list[_Call] = []
    with probe.watching(
        probe.linear_layers(loaded.model),
        lambda module, call, _states, output: seen.append((module, call, output.detach().float().cpu())),
    ):
        records = probe.short_pass(loaded, probe.plain_ids_of(loaded, _PROBE_TOKENS))
    if not records:
        return {}
    tolerance = probe.tolerance(loaded.model.dtype)
    scheme = rotation_pairs.scheme_of(loaded, _PROBE_TOKENS)
    found = {}
    with torch.inference_mode():
        for kind, layers in records.items():
            for layer, record in enumerate(probe.by_number(layers)):
                if record is None:
                    continue
                part = rotation.part_of(scheme, layer, kind)
                for side in ("query", "key", "value"):
                    states = getattr(record, side).float().cpu()  # [head, token, d]; layers may lie on several devices
                    if part is not None and side != "value":
                        if not part.pairing:
                            continue
                        states = rotation.undo(part, states)
                    origin = _match_output(states, seen, tolerance)
                    if origin is not None:
                        found[kind, layer, side] = origin
    return found


def _match_output(states: torch.Tensor, seen: list[_Call], tolerance: float) -> Source | None:
    """The call whose outputs are these vectors, [head, token, d], or the same multiple of all of them."""
    heads, tokens, width = states.shape
    limit = tolerance * max(1.0, float(states.abs().max()))
    for module, call, output in seen:
        if output.shape[-1] % width or output.numel() != tokens * output.shape[-1]:
            continue
        blocks = output.reshape(tokens, -1, width).transpose(0, 1)  # [block, token, d]
        factors = (blocks * states[:1]).sum((1, 2)) / (blocks * blocks).sum((1, 2)).clamp_min(1e-12)
        best = int((blocks * factors[:, None, None] - states[:1]).abs().amax((1, 2)).argmin())
        factor = float(factors[best])
        factor = 1.0 if abs(factor - 1) < 1e-3 else factor
        places = []
        for head in range(heads):
            distance = (blocks * factor - states[head]).abs().amax((1, 2))
            place = int(distance.argmin())
            if float(distance[place]) > limit:
                break
            places.append(place * width)
        if len(places) == heads:
            return Source(module, call, tuple(places), factor)
    return None
