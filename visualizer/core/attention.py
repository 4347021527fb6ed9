"""One attention call of a model, and the weights computed from it when someone looks.

Attention matrices are never kept: an `AttentionRecord` holds what went into the call (queries, keys, values, mask,
bias), and `weights` turns one head of it into a matrix. The arithmetic is scaled dot-product attention, Vaswani et
al. 2017, equation 1, with what later models added to it: grouped keys, additive position bias (T5), soft-capped
scores (Gemma 2) and attention sinks (gpt-oss).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

# Rows computed at a time: 256 rows of 3,000 keys are 3 MB, which stays in a processor's second-level cache.
ROW_BLOCK = 256


@dataclass(frozen=True, eq=False)
class AttentionRecord:
    """What one layer's attention was computed from, batch dimension dropped.

    query: [head, q, d] after position encoding; key: [kv_head, k, d] likewise; value: [kv_head, k, d_v].
    scaling: factor on the dot products. causal: query i sees keys 0..i only (then `mask` is None).
    mask: bool [1 or head, q, k], True = may look; or float of that shape, added to the scores; or None.
    position_bias: float [1 or head, q, k] added to the scaled scores, or None.
    softcap: scores become softcap * tanh(score / softcap), or None. sinks: [head] extra logits, or None.
    weights: [head, q, k] when the model computed them itself (the eager fallback); query, key and value are None then.
    layer: the model's own number of the layer, where blocks without attention count too; None: its place in the list.
    replaced: [replaced head, q, d_v], put by an intervention in the place of the outputs of `replaced_heads`; or None.
    """

    query: torch.Tensor | None
    key: torch.Tensor | None
    value: torch.Tensor | None
    scaling: float
    causal: bool = False
    mask: torch.Tensor | None = None
    position_bias: torch.Tensor | None = None
    softcap: float | None = None
    sinks: torch.Tensor | None = None
    weights: torch.Tensor | None = None
    replaced: torch.Tensor | None = None
    replaced_heads: tuple[int, ...] = ()
    layer: int | None = None

    @property
    def heads(self) -> int:
        """Number of query heads."""
        tensor = self.weights if self.query is None else self.query
        assert tensor is not None
        return tensor.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """(queries, keys)."""
        if self.query is None or self.key is None:
            assert self.weights is not None
            return self.weights.shape[1], self.weights.shape[2]
        return self.query.shape[1], self.key.shape[1]

    def key_head(self, head: int) -> int:
        """The key head that query head `head` shares with its group (grouped-query attention, Ainslie et al. 2023)."""
        assert self.key is not None
        return head * self.key.shape[0] // self.heads


def of_head(tensor: torch.Tensor, head: int) -> torch.Tensor:
    """[1 or head, q, k] -> [q, k] of one head."""
    return tensor[head if tensor.shape[0] > 1 else 0]


def only_head(record: AttentionRecord, head: int) -> AttentionRecord:
    """The same call with one of its heads."""

    def part(tensor: torch.Tensor | None, at: int) -> torch.Tensor | None:
        return None if tensor is None else tensor[at : at + 1] if tensor.shape[0] > 1 else tensor

    own = 0 if record.key is None else record.key_head(head)
    return replace(
        record,
        query=part(record.query, head),
        key=part(record.key, own),
        value=part(record.value, own),
        mask=part(record.mask, head),
        position_bias=part(record.position_bias, head),
        sinks=part(record.sinks, head),
        weights=part(record.weights, head),
    )


def masked_cells(record: AttentionRecord, head: int = 0) -> torch.Tensor | None:
    """Cells that a query may not look at: bool [q, k], True = masked; None when nothing is masked."""
    queries, keys = record.shape
    if record.mask is not None:
        part = of_head(record.mask, head)[:, :keys]
        # An additive mask hides with the smallest number of its dtype, sometimes added to a bias.
        blocked = ~part if part.dtype == torch.bool else part <= torch.finfo(part.dtype).min / 2
        return blocked if bool(blocked.any()) else None
    if record.causal and queries > 1:
        return torch.ones(queries, keys, dtype=torch.bool, device=_device(record)).triu_(1)
    if record.weights is not None:
        # A fallback model gives no mask; a cell that no head of the layer ever fills is one nobody may look at.
        blocked = (record.weights == 0).all(dim=0)
        return blocked if bool(blocked.any()) else None
    return None


def _device(record: AttentionRecord) -> torch.device:
    tensor = record.weights if record.query is None else record.query
    assert tensor is not None
    return tensor.device


def scores(record: AttentionRecord, head: int, start: int, stop: int, keys: int) -> torch.Tensor:
    """Scores just before the mask: scaled dot products, softcap and position bias. float32 [stop-start, keys]."""
    assert record.query is not None and record.key is not None
    query = record.query[head, start:stop].float() * record.scaling  # (rows, d)
    result = query @ record.key[record.key_head(head), :keys].float().T  # (rows, d) x (d, keys) -> (rows, keys)
    if record.softcap is not None:
        result.div_(record.softcap).tanh_().mul_(record.softcap)
    if record.position_bias is not None:
        result.add_(of_head(record.position_bias, head)[start:stop, :keys].float())
    return result


def weights(record: AttentionRecord, head: int, start: int = 0, stop: int | None = None) -> torch.Tensor:
    """Attention weights of one head for the queries start..stop: float32 [rows, key].

    Rows sum to 1 (with attention sinks: 1 less the sink's share); masked cells are exactly 0, and so is every cell
    of a row whose keys are all masked.
    """
    queries, n_keys = record.shape
    stop = queries if stop is None else stop
    if record.query is None:
        assert record.weights is not None
        return record.weights[head, start:stop].float()
    result = torch.empty(stop - start, n_keys, dtype=torch.float32, device=_device(record))
    for row in range(start, stop, ROW_BLOCK):
        end = min(row + ROW_BLOCK, stop)
        block = result[row - start : end - start]
        _softmax_rows(record, head, row, end, block)
    return result


def _softmax_rows(record: AttentionRecord, head: int, start: int, stop: int, out: torch.Tensor) -> None:
    """Fills out [stop-start, key] with the weights of these queries."""
    queries, n_keys = record.shape
    causal = record.causal and record.mask is None and queries > 1
    seen = min(stop, n_keys) if causal else n_keys  # keys after the block's last query are masked for all of it
    block = scores(record, head, start, stop, seen)
    blocked: torch.Tensor | None = None
    if causal:
        rows = torch.arange(start, stop, device=block.device)
        blocked = torch.arange(seen, device=block.device) > rows[:, None]
    elif record.mask is not None:
        part = of_head(record.mask, head)[start:stop, :n_keys]
        if part.dtype == torch.bool:
            blocked = ~part
        else:
            block.add_(part.float())
            blocked = part <= torch.finfo(part.dtype).min / 2
    if blocked is not None:
        block.masked_fill_(blocked, -torch.inf)
    if record.sinks is not None:
        sink = record.sinks[head].float().expand(block.shape[0], 1)
        block = torch.softmax(torch.cat([block, sink], dim=1), dim=1)[:, :-1]
        out[:, :seen] = block
    else:
        torch.softmax(block, dim=1, out=out[:, :seen]) if seen == n_keys else out[:, :seen].copy_(
            torch.softmax(block, dim=1)
        )
    out[:, seen:] = 0
    if blocked is not None and not causal:
        empty = blocked.all(dim=1)
        if bool(empty.any()):  # softmax over nothing is nan; such a query looks nowhere
            out[empty] = 0


def head_output(record: AttentionRecord, head: int, start: int = 0, stop: int | None = None) -> torch.Tensor:
    """What a head writes before the output projection: float32 [rows, d_v].

    Weights times values; of a head that was switched off or patched, what the model went on with instead.
    """
    if record.replaced is not None and head in record.replaced_heads:
        return record.replaced[record.replaced_heads.index(head), start:stop].float()
    assert record.value is not None
    return weights(record, head, start, stop) @ record.value[record.key_head(head)].float()


def last_outputs(record: AttentionRecord) -> torch.Tensor:
    """What every head writes for the last query, all heads at once: float32 [head, d_v]. Cheap enough for each pass."""
    assert record.query is not None and record.key is not None and record.value is not None
    queries, n_keys = record.shape
    groups, last = record.key.shape[0], queries - 1
    query = record.query[:, last].float().view(groups, -1, record.query.shape[-1]) * record.scaling
    block = (query @ record.key.float().transpose(1, 2)).view(record.heads, n_keys)  # (kv, g, d) x (kv, d, k)
    if record.softcap is not None:
        block = (block / record.softcap).tanh() * record.softcap
    if record.position_bias is not None:
        block = block + record.position_bias[:, last, :n_keys].float()
    if record.mask is not None:
        part = record.mask[:, last, :n_keys]
        block = block.masked_fill(~part, -torch.inf) if part.dtype == torch.bool else block + part.float()
    elif record.causal:
        block[:, queries:] = -torch.inf
    if record.sinks is not None:
        block = torch.cat([block, record.sinks.float()[:, None]], dim=1)
    shares = torch.softmax(block, dim=1)[:, :n_keys].nan_to_num(0.0)
    return (shares.view(groups, -1, n_keys) @ record.value.float()).view(record.heads, -1)


def thumbnails(record: AttentionRecord, size: int) -> np.ndarray:
    """Every head of a layer, max-pooled to at most size x size: float32 [head, rows, columns].

    Max and not mean, so that one strong weight in a long text does not vanish. Only one block of rows of one head
    exists at a time.
    """
    queries, keys = record.shape
    rows, columns = min(size, queries), min(size, keys)
    result = torch.zeros(record.heads, rows, columns, dtype=torch.float32, device="cpu")
    if not queries or not keys:
        return result.numpy()
    # The same bins as adaptive pooling: bin i covers floor(i*n/size) .. ceil((i+1)*n/size).
    starts = [i * queries // rows for i in range(rows)]
    stops = [-(-(i + 1) * queries // rows) for i in range(rows)]
    per_block = max(1, ROW_BLOCK * rows // queries)
    for head in range(record.heads):
        for first in range(0, rows, per_block):
            last = min(first + per_block, rows)
            block = weights(record, head, starts[first], stops[last - 1])
            pooled = (
                functional.adaptive_max_pool2d(block[None], (last - first, columns))[0] if queries == rows else None
            )
            if pooled is None:
                pooled = _pool_rows(
                    block, [(starts[i] - starts[first], stops[i] - starts[first]) for i in range(first, last)]
                )
                pooled = functional.adaptive_max_pool1d(pooled, columns)
            result[head, first:last] = pooled.cpu()
    return result.numpy()


def _pool_rows(block: torch.Tensor, bins: list[tuple[int, int]]) -> torch.Tensor:
    """Maximum over each bin of rows: [rows, k] -> [bin, k]."""
    return torch.stack([block[start:stop].amax(dim=0) for start, stop in bins])
