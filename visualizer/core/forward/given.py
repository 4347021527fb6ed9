"""Matrices that a model hands out itself, made [head, query, key]: bands unfolded, padding cut off, or refused."""

from __future__ import annotations

import torch
from torch import nn

from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import NoMatrix

# Shares of a row may add up to this; above it, they are something else.
_WHOLE = 1.01


def record_of(weights: torch.Tensor, layer: int, queries: int, keys: int, block: nn.Module | None) -> AttentionRecord:
    """weights as a model handed them out -> one layer's record.

    block: the layer that made them, where it is known; it says whether columns are distances (Longformer: each query's
    neighbours, from `w` before it to `w` after it) and not keys.

    Raises NoMatrix where they are not one share for each head, query and key.
    """
    matrix = weights[0] if weights.dim() == 4 and weights.shape[0] == 1 else None
    reach = None if block is None else _reach(block)
    if matrix is not None and reach is not None:
        matrix = _unfolded(matrix, reach, queries, keys)
    elif matrix is not None:
        matrix = _without_padding(matrix, queries, keys)
    if matrix is None or tuple(matrix.shape[1:]) != (queries, keys):
        seen = " x ".join(map(str, weights.shape))
        raise NoMatrix(detail=f"layer {layer}: {seen}, not heads x {queries} x {keys}")
    if not bool(torch.isfinite(matrix).all()) or float(matrix.min()) < -1e-5 or float(matrix.sum(-1).max()) > _WHOLE:
        raise NoMatrix(detail=f"layer {layer}: rows are not shares of 1")
    return AttentionRecord(query=None, key=None, value=None, scaling=1.0, weights=matrix, layer=layer)


def _reach(block: nn.Module) -> int | None:
    """How many tokens to each side a query sees, where a block hands out a band."""
    for module in block.modules():
        reach = getattr(module, "one_sided_attn_window_size", None)
        if isinstance(reach, int):
            return reach
    return None


def _unfolded(band: torch.Tensor, reach: int, queries: int, keys: int) -> torch.Tensor | None:
    """[head, query, 2 * reach + 1] -> [head, query, key]; None where there are other columns (global tokens) too."""
    if band.shape[-1] != 2 * reach + 1 or band.shape[1] < queries:
        return None
    rows = torch.arange(queries, device=band.device)[:, None]
    at = rows + torch.arange(-reach, reach + 1, device=band.device)
    inside = (at >= 0) & (at < keys)
    band = band[:, :queries]
    if float((band * ~inside).abs().max()) > 1e-6:  # weight on what is not there
        return None
    matrix = band.new_zeros(band.shape[0], queries, keys)
    matrix[:, rows.expand_as(at)[inside], at[inside]] = band[:, inside]
    return matrix


def _without_padding(matrix: torch.Tensor, queries: int, keys: int) -> torch.Tensor | None:
    """A model may pad its text to whole blocks (BigBird): what nobody looks at is left out."""
    rest = matrix[:, :queries, keys:]
    if rest.numel() and float(rest.abs().max()) > 1e-6:
        return None
    return matrix[:, :queries, :keys]
