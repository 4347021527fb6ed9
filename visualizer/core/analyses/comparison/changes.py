"""Which heads look differently in run B: distances between their rows in A and in B, layer by layer.

A head's row in A is compared with the partner's row in B by the Jensen-Shannon divergence in bits (Lin 1991). Its
outcomes are the aligned keys and one more, which holds what lies on keys without a partner and what the row lacks to 1
(attention sinks). The mean over the aligned queries lies between 0 (the same weights) and 1 (never a key in common);
its square root is the distance (Endres and Schindelin 2003), as in `similar_heads`.

    found = head_changes(a, b)
    found.biggest(5), found.values["self"][2, 3]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core.analyses import head_rows
from visualizer.core.analyses.comparison.alignment import Alignment
from visualizer.core.analyses.comparison.matching import align_sides, check_head_by_head
from visualizer.core.analyses.comparison.reasons import NotComparable, NothingAligned
from visualizer.core.analyses.head_statistics import HeadStatistics
from visualizer.core.analyses.similar_heads import spread
from visualizer.core.errors import Cancelled
from visualizer.core.place import Place
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard

if TYPE_CHECKING:
    from visualizer.core.attention import AttentionRecord
    from visualizer.core.trace import Trace

Floats = NDArray[np.float32]

# Heads x queries x keys of all layers; beyond, some queries stand for all. As long as a table of head statistics.
BUDGET = 30_000_000
# Cells of all heads of a layer at a time: with what is computed from them they stay in a processor's caches.
BLOCK_CELLS = 262_144


@dataclass(frozen=True, eq=False)
class HeadChanges:
    """How far every head's attention in B is from that in A.

    values: kind -> float32 [layer, head], Jensen-Shannon distance, 0 to 1. queries: kind -> pairs of aligned queries
    that were compared; of_queries: kind -> how many pairs there are. A kind without aligned queries and keys is left
    out.
    """

    values: Mapping[str, Floats]
    queries: Mapping[str, int]
    of_queries: Mapping[str, int]

    @property
    def is_complete(self) -> bool:
        """Whether every aligned query was compared; a long text is compared at evenly spread ones."""
        return self.queries == self.of_queries

    def biggest(self, count: int = 10) -> tuple[tuple[Place, float], ...]:
        """The heads that changed most with their distances, biggest first; those that did not change are left out."""
        found = [
            (Place(kind, layer, head), float(distance))
            for kind, table in self.values.items()
            for (layer, head), distance in np.ndenumerate(table)
            if distance > 0
        ]
        return tuple(sorted(found, key=lambda item: -item[1])[:count])  # equal ones stay in the model's order


def head_changes(
    a: Trace,
    b: Trace,
    should_stop: ShouldStop = never,
    progress: Progress = unheard,
    budget: int = BUDGET,
) -> HeadChanges:
    """Compares every head of run A with the head of the same number in run B, on aligned tokens.

    budget: heads x queries x keys at most; beyond it only evenly spread queries are compared. Some rows of the heads
    of one layer exist at a time.

    Raises NotComparable (unlike shapes, nothing aligned), Cancelled.
    """
    check_head_by_head(a, b)
    alignments = {kind: align_sides(a, b, kind) for kind in a.kinds}
    alignments = {kind: both for kind, both in alignments.items() if len(both[0]) and len(both[1])}
    if not alignments:
        raise NotComparable(NothingAligned(a.kinds[0], "token"))
    total, done = sum(a.layers(kind) for kind in alignments), 0
    rows: dict[str, tuple[int, ...]] = {}
    values: dict[str, Floats] = {}
    with torch.inference_mode():
        for kind, (queries, keys) in alignments.items():
            width = max(1, a.heads(kind) * max(keys.counts) * total)
            rows[kind] = spread(len(queries), max(2, budget // width))
            table = np.zeros((a.depth(kind), a.heads(kind)), np.float32)
            for layer in a.layer_numbers(kind):
                both = a.record(layer, kind), b.record(layer, kind)
                table[layer] = _distances(both, queries.pairs[list(rows[kind])], keys, should_stop)
                done += 1
                progress(done / total, "comparison")
            table.setflags(write=False)
            values[kind] = table
    return HeadChanges(
        values=values,
        queries={kind: len(found) for kind, found in rows.items()},
        of_queries={kind: len(found[0]) for kind, found in alignments.items()},
    )


def _distances(
    records: tuple[AttentionRecord, AttentionRecord],
    queries: NDArray[np.intp],
    keys: Alignment,
    should_stop: ShouldStop,
) -> NDArray[np.float64]:
    """float64 [head]: the distance of every head of one layer; queries: int [pair, 2]."""
    heads = records[0].heads
    step = max(1, BLOCK_CELLS // max(1, heads * max(keys.counts)))
    sums = np.zeros(heads)
    for start in range(0, len(queries), step):
        if should_stop():
            raise Cancelled
        block = queries[start : start + step]
        rows = [block[:, n].tolist() for n in (0, 1)]
        # Of a causal model's block, what follows is masked on both sides: nothing to compare.
        seen = [
            int(np.searchsorted(keys.pairs[:, n], head_rows.seen(record, rows[n]))) for n, record in enumerate(records)
        ]
        pairs = keys.pairs[: max(seen)]
        p, q = (_outcomes(head_rows.weights(record, rows[n]).cpu(), pairs[:, n]) for n, record in enumerate(records))
        sums += divergence(p, q).sum(dim=-1, dtype=torch.float64).numpy()
    return np.sqrt(np.clip(sums / len(queries), 0.0, 1.0))


def _outcomes(weights: torch.Tensor, keys: NDArray[np.intp]) -> torch.Tensor:
    """[head, row, key] -> [head, row, pair + 1]: the aligned keys, and all the rest of the row."""
    count = len(keys)
    found = weights.new_empty(*weights.shape[:-1], count + 1)
    if count and keys[-1] + 1 == count:
        found[..., :count] = weights[..., :count]
    else:
        torch.index_select(weights, -1, torch.from_numpy(keys.copy()), out=found[..., :count])
    rest = 1 - found[..., :count].sum(dim=-1)
    found[..., count] = torch.where(rest > 1e-5, rest, 0.0)  # smaller is rounding
    return found


def divergence(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Jensen-Shannon divergence in bits over the last dimension; exactly 0 for equal rows.

    Summed cell by cell, (p log p/m + q log q/m) / 2, and not as a difference of entropies, whose rounding would hide
    what is nearly equal.
    """
    least = torch.finfo(torch.float32).tiny  # p log p is 0 at p = 0: the smallest normal number stands in for it
    share = torch.div(p, torch.add(p, q).clamp_min_(least)).mul_(2)  # p / m; then q / m is what it lacks to 2
    bits = torch.linalg.vecdot(q, torch.sub(2, share).clamp_min_(least).log2_())
    bits += torch.linalg.vecdot(p, share.clamp_min_(least).log2_())
    return bits.div_(2).clamp_min_(0)


def statistics_change(a: HeadStatistics, b: HeadStatistics) -> dict[str, Floats]:
    """B - A of every measure of every head: measure -> float32 [row], in the rows of the tables.

    nan where either text has nothing to measure on. The two tables have the same heads (`check_head_by_head` says
    why not); raises ValueError when they have not.
    """
    same = a.kinds == b.kinds and np.array_equal(a.layers, b.layers) and np.array_equal(a.heads, b.heads)
    if not same:
        raise ValueError("the two tables do not have the same heads")
    return {name: b.values[name] - a.values[name] for name in a.values}
