"""What each block adds to the residual stream: its attention's output, its feed-forward part's, times a number.

Most models add both as they are, one after the other or side by side; some scale them (Granite). A block that
normalises after its parts (BERT, Gemma 2) or mixes tokens otherwise adds something else, and only its whole step is
known. Which is the case is tried in a short pass: what was found adds up to the block's own step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.anatomy import feed_forward, probe, projections
from visualizer.core.anatomy.projections import Projection
from visualizer.core.errors import VisualizerError
from visualizer.core.forward import passes
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6


@dataclass(frozen=True, eq=False)
class Block:
    """attention: kind of attention -> its W_O and the factor on what comes out. feed_forward: the factor on that part.

    None for feed_forward: the block's step is not this sum, and only known as a whole.
    """

    attention: Mapping[str, tuple[Projection, float]]
    feed_forward: float | None = None

    @property
    def is_sum(self) -> bool:
        """Whether the block's step is the sum of its parts."""
        return self.feed_forward is not None


WHOLE = Block({})


def of(loaded: LoadedModel) -> Mapping[str, tuple[Block, ...]]:
    """ "self", or "encoder" and "decoder" -> one Block a layer, `WHOLE` where only the whole step is known.

    Runs the model once over a few tokens, the first time: call it where passes may run.
    """
    return memo.ask(loaded, "what blocks add", lambda: _find(loaded))


def _find(loaded: LoadedModel) -> dict[str, tuple[Block, ...]]:
    parts, matrices = feed_forward.of(loaded), projections.outputs(loaded)
    ids = torch.tensor([probe.plain_ids_of(loaded, _PROBE_TOKENS)], dtype=torch.long, device=loaded.model.device)
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids} if loaded.kind == "encoder_decoder" else {})
    given: dict[nn.Module, torch.Tensor] = {}

    def note(module: nn.Module, _args: tuple[Any, ...], output: Any) -> None:
        states = output[0] if isinstance(output, tuple) else output
        given.setdefault(module, states.detach().double().flatten())

    modules = {module for layers in parts.values() for module in layers if module is not None}
    try:
        with torch.inference_mode(), passes.failures_told(), probe.listening(modules, after=note):
            found = passes.run(loaded, inputs)
    except VisualizerError:
        return {}
    tolerance = 10 * probe.tolerance(loaded.model.dtype)
    blocks: dict[str, tuple[Block, ...]] = {}
    with torch.inference_mode():
        for stack, states in found.residual.items():
            kinds = ("decoder", "cross") if stack == "decoder" else (stack,)
            blocks[stack] = tuple(
                _block(found.records, matrices, kinds, layer, _at(parts.get(stack, ()), layer), given, step, tolerance)
                for layer, step in enumerate(b - a for a, b in pairwise(states))
            )
    return blocks


def _at(parts: tuple[nn.Module | None, ...], layer: int) -> nn.Module | None:
    return parts[layer] if layer < len(parts) else None


def _block(
    records: probe.Records,
    matrices: Mapping[str, tuple[Projection | None, ...]],
    kinds: tuple[str, ...],
    layer: int,
    part: nn.Module | None,
    given: Mapping[nn.Module, torch.Tensor],
    step: torch.Tensor,
    tolerance: float,
) -> Block:
    if part is None or part not in given:
        return WHOLE
    terms, used = [], []
    for kind in kinds:
        numbered = probe.by_number(records.get(kind, ()))
        record = numbered[layer] if layer < len(numbered) else None
        matrix = matrices.get(kind, ())[layer] if layer < len(matrices.get(kind, ())) else None
        if record is None or matrix is None:
            return WHOLE
        together = projections.concatenated(record).double() @ matrix.weight.double().T
        terms.append((together if matrix.bias is None else together + matrix.bias.double()).flatten())
        used.append((kind, matrix))
    terms.append(given[part])
    whole = step.double().flatten()
    if any(len(term) != len(whole) for term in terms):
        return WHOLE
    columns = torch.stack([term.to(whole.device) for term in terms], dim=1)
    factors = torch.linalg.lstsq(columns, whole[:, None]).solution[:, 0]
    if not torch.isfinite(factors).all() or (whole - columns @ factors).norm() > tolerance * whole.norm():
        return WHOLE
    numbers = [1.0 if abs(f - 1) < 1e-3 else f for f in factors.tolist()]
    return Block({kind: (matrix, f) for (kind, matrix), f in zip(used, numbers, strict=False)}, numbers[-1])
