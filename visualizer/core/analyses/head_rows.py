"""The weights of all heads of a layer at some of its queries: one multiplication instead of one a head."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from visualizer.core.attention import AttentionRecord


def seen(record: AttentionRecord, rows: Sequence[int]) -> int:
    """How many keys, from the first on, hold all that these queries look at; the others are masked for all of them."""
    queries, keys = record.shape
    is_causal = record.causal and record.mask is None and record.weights is None and queries > 1
    return min(rows[-1] + 1, keys) if is_causal else keys


def weights(record: AttentionRecord, rows: Sequence[int]) -> torch.Tensor:
    """What every head gives to every key at some queries: float32 [head, row, key], as `attention.weights` does.

    rows: queries in rising order.
    """
    if not len(rows):
        return torch.zeros(record.heads, 0, record.shape[1], dtype=torch.float32)
    is_block = rows[-1] - rows[0] + 1 == len(rows)
    part = slice(rows[0], rows[-1] + 1) if is_block else torch.tensor(rows, dtype=torch.long)
    if record.query is None or record.key is None:
        assert record.weights is not None
        return record.weights[:, part].float()
    queries, keys = record.shape
    is_causal = record.causal and record.mask is None and queries > 1
    used = seen(record, rows)
    query = record.query[:, part].float() * record.scaling  # (head, row, d)
    groups, width = record.key.shape[0], query.shape[-1]
    # Heads of one group share their keys: their queries are rows of one matrix.
    scores = query.reshape(groups, -1, width) @ record.key[:, :used].float().transpose(1, 2)
    scores = scores.view(record.heads, len(rows), used)
    if record.softcap is not None:
        scores.div_(record.softcap).tanh_().mul_(record.softcap)
    if record.position_bias is not None:
        scores += record.position_bias[:, part, :used].float()
    blocked = None
    if is_causal:
        at = torch.arange(rows[0], rows[-1] + 1) if is_block else torch.tensor(rows, dtype=torch.long)
        blocked = torch.arange(used, device=scores.device) > at.to(scores.device)[:, None]
    elif record.mask is not None:
        mask = record.mask[:, part, :used]
        if mask.dtype == torch.bool:
            blocked = ~mask
        else:
            scores += mask.float()
            blocked = mask <= torch.finfo(mask.dtype).min / 2
    if blocked is not None:
        scores.masked_fill_(blocked, -torch.inf)
    if record.sinks is not None:
        sinks = record.sinks.float()[:, None, None].expand(-1, len(rows), 1)
        found = torch.softmax(torch.cat([scores, sinks], dim=-1), dim=-1)[..., :-1]
    else:
        found = torch.softmax(scores, dim=-1)
    if blocked is not None and not is_causal:
        found = found.masked_fill(blocked.all(dim=-1, keepdim=True), 0.0)  # softmax over nothing is nan
    return found if used == keys else functional.pad(found, (0, keys - used))
