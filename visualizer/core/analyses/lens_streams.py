"""The residual stream between the two parts of a block: what it is after the attention, before the feed-forward part.

Of a block whose step is a sum (`anatomy.blocks`) that is what the block read plus what its attention added, once or
twice (a decoder that looks at an encoder). Where both parts stand side by side, the feed-forward part reads the
stream before it; the sum is then still what the block has got by its attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import torch

from visualizer.core import attention
from visualizer.core.anatomy import blocks
from visualizer.core.errors import CannotRead

if TYPE_CHECKING:
    from visualizer.core.attention import AttentionRecord
    from visualizer.core.trace import Trace


def stream(trace: Trace) -> str:
    """The side of the residual stream from which the trace predicts: "self" or "decoder"."""
    return "decoder" if "decoder" in trace.residual else "self"


def why_no_attention_part(trace: Trace) -> CannotRead | None:
    """Why the stream after the attention cannot be told; None where it can.

    Runs the model once over a few tokens, the first time: call it where passes may run.
    """
    if trace.model is None:
        return CannotRead("no_model", trace.card.name)
    if trace.request.interventions:
        return CannotRead("changed")
    side = stream(trace)
    of_layers = blocks.of(trace.model).get(side, ())
    layers = range(len(trace.residual[side]) - 1)
    whole = [layer for layer in layers if layer >= len(of_layers) or not of_layers[layer].is_sum]
    return CannotRead("blocks", ", ".join(map(str, whole))) if whole else None


def after_attention(trace: Trace, layer: int, positions: Sequence[int]) -> torch.Tensor:
    """The stream after the attention of block `layer`: [position, width], as the model computes it.

    Raises CannotRead for a block that is no sum of its parts, and where a part of the model was switched off.
    """
    refused = why_no_attention_part(trace)
    if refused is not None:
        raise refused
    assert trace.model is not None
    side, at = stream(trace), list(positions)
    block = blocks.of(trace.model)[side][layer]
    before = trace.residual[side][layer][at]
    found = before.float()
    for kind, (matrix, factor) in block.attention.items():
        heads = _outputs(trace.record(layer, kind), at)
        added = heads.to(matrix.weight.device) @ matrix.weight.float().T
        if matrix.bias is not None:
            added = added + matrix.bias.float()
        found = found + factor * added.to(found.device)
    return found.to(before.dtype)


def _outputs(record: AttentionRecord, at: list[int]) -> torch.Tensor:
    """All heads side by side at some queries: float32 [position, head * d_v]."""
    runs = []
    for _, members in groupby(enumerate(at), key=lambda pair: pair[1] - pair[0]):
        run = [position for _, position in members]
        start, stop = run[0], run[-1] + 1
        heads = [attention.head_output(record, head, start, stop) for head in range(record.heads)]
        runs.append(torch.cat(heads, dim=1))
    return torch.cat(runs)
