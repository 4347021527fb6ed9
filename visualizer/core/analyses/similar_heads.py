"""Which heads look alike: distances between attention patterns, and a map that keeps them.

Two heads are compared query by query with the Jensen-Shannon divergence (Lin 1991, "Divergence measures based on the
Shannon entropy") of the two rows of weights, as Clark et al. 2019 do (section 6, "Clustering attention heads"). The
mean over the queries, in bits, lies between 0 (the same weights) and 1 (never a key in common); its square root is the
distance, which obeys the triangle inequality (Endres and Schindelin 2003), so that heads can be laid out on a map.

What a row lacks to 1 counts as one more key, the same for all heads: the divergence is one of distributions, and how
much a head puts aside is part of what it does. It is what gpt-oss gives to its attention sinks, what a quadrant cuts
off, and all of a row of which hiding the sinks leaves nothing.

    found = distances(trace)
    found.nearest(layer=2, head=3, n=5), found.positions()
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import attention, reading
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import Cancelled, NoSuchPart
from visualizer.core.place import Place
from visualizer.core.reading.rule import PLAIN, Rule
from visualizer.core.system.progress import Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Floats = NDArray[np.float32]

# Pairs of heads x queries x keys that are compared: about a second. A longer text is compared at fewer of its queries.
BUDGET = 400_000_000
# All heads' weights of the queries in work: float32 cells, 32 MB.
CELLS_AT_ONCE = 8_000_000
# Where whole matrices must be read for any of their rows: 128 MB, so that most texts need them once.
READ_CELLS_AT_ONCE = 32_000_000
# Weights at a time of two heads that are compared: stays in a processor's second-level cache.
PAIR_CELLS = 65_536


@dataclass(frozen=True, eq=False)
class HeadDistances:
    """How unlike the heads of one kind of attention are.

    matrix: float32 [head of model, head of model], 0 to 1, symmetric, 0 on the diagonal; heads are numbered layer by
    layer. kind; heads: number in a layer. queries: the rows that were compared; of_queries: how many there are.
    layers: the model's own numbers of those that have attention; () = all.
    """

    matrix: Floats
    kind: str
    heads: int
    queries: tuple[int, ...]
    of_queries: int
    layers: tuple[int, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every query was compared; a long text is compared at evenly spread ones."""
        return len(self.queries) == self.of_queries

    @property
    def numbers(self) -> tuple[int, ...]:
        """The model's own numbers of the layers that were compared."""
        return self.layers or tuple(range(len(self.matrix) // self.heads))

    def name(self, index: int) -> tuple[int, int]:
        """(layer, head) of a row."""
        row, head = divmod(index, self.heads)
        return self.numbers[row], head

    def index(self, layer: int, head: int) -> int:
        """The row of a head. Raises NoSuchPart."""
        if not 0 <= head < self.heads:
            raise NoSuchPart("head", head, self.heads, self.kind)
        numbers = self.numbers
        if layer not in numbers:
            count = numbers[-1] + 1
            raise NoSuchPart("layer", layer, count, self.kind, numbers if len(numbers) < count else ())
        return numbers.index(layer) * self.heads + head

    def nearest(self, layer: int, head: int, n: int = 10) -> tuple[tuple[int, int, float], ...]:
        """(layer, head, distance) of the heads most like this one, without itself; the nearest first."""
        row = self.matrix[self.index(layer, head)].copy()
        row[self.index(layer, head)] = np.inf
        order = np.argsort(row, kind="stable")[: min(n, len(row) - 1)]
        return tuple((*self.name(int(i)), float(row[i])) for i in order)

    def positions(self) -> Floats:
        """A map of the heads, float32 [head of model, 2]: classical scaling of the distances."""
        return classical_scaling(self.matrix)


def nearest(trace: Trace, layer: int, head: int, n: int = 10, kind: str = "self") -> tuple[tuple[int, int, float], ...]:
    """(layer, head, distance) of the n heads most like this one, compared at every query.

    Raises NoSuchPart, NoSuchKind.

    >>> nearest(trace, layer=2, head=3, n=3)    # doctest: +SKIP
    """
    trace.attention(layer, head, kind)  # raises for a head that is not there
    count = len(trace.query_tokens(kind))
    found: list[tuple[int, int, float]] = []
    with torch.inference_mode():
        own = attention.weights(trace.record(layer, kind), head)
        for other_layer in trace.layer_numbers(kind):
            record = trace.record(other_layer, kind)
            for other in range(record.heads):
                if (other_layer, other) != (layer, head):
                    both = _with_rest(torch.stack([own, attention.weights(record, other)]))
                    total = _divergence(both[0], both[1])
                    found.append((other_layer, other, float(np.sqrt(total / max(1, count)))))
    return tuple(sorted(found, key=lambda item: item[2])[:n])


def distances(
    trace: Trace,
    kind: str = "self",
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
    budget: int = BUDGET,
    *,
    rule: Rule = PLAIN,
) -> HeadDistances:
    """Compares all heads of a kind with each other.

    budget: pairs x queries x keys at most; beyond it only evenly spread queries are compared, the last among them.
    rule: compares what `reading.read` gives for it; queries and keys are units then.

    Raises Cancelled, NoSuchKind, NotEnoughMemory.
    """
    should_stop = should_stop or (lambda: False)
    progress = progress or (lambda _share, _name: None)
    layers, heads = trace.layer_numbers(kind), trace.heads(kind)
    total = len(layers) * heads
    if rule.is_plain:
        queries, keys = trace.record(layers[0], kind).shape
    else:
        axes = reading.axes(trace, kind, rule)
        queries, keys = len(axes.rows), len(axes.columns)
    pairs = max(1, total * (total - 1) // 2)
    rows = spread(queries, max(2, budget // (pairs * max(1, keys))))
    at_once = max(1, (CELLS_AT_ONCE if rule.is_plain else READ_CELLS_AT_ONCE) // (total * max(1, keys)))
    sums = np.zeros((total, total))
    with torch.inference_mode():
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            if rule.is_plain:
                records = [trace.record(layer, kind) for layer in layers]
                parts = [part for record in records for part in _rows(record, some, should_stop)]
            else:
                read = _Read(trace, kind, rule, queries)
                parts = [part for layer in layers for part in read.rows(layer, heads, some, should_stop)]
            block = _with_rest(torch.stack(parts))
            own = _entropy(block).sum(dim=-1, dtype=torch.float64).numpy()  # (head,)
            for head in range(total):
                if should_stop():
                    raise Cancelled
                if head + 1 < total:
                    middle = _middle_entropies(block[head], block[head + 1 :])
                    sums[head, head + 1 :] += np.maximum(middle - (own[head] + own[head + 1 :]) / 2, 0.0)
                done = start + len(some) * (1 - (1 - (head + 1) / total) ** 2)
                progress(done / len(rows), "similarity")
    matrix = np.sqrt(np.clip((sums + sums.T) / max(1, len(rows)), 0.0, 1.0)).astype(np.float32)
    matrix.setflags(write=False)
    return HeadDistances(matrix, kind, heads, rows, queries, layers)


def spread(count: int, limit: int) -> tuple[int, ...]:
    """At most `limit` of the numbers below `count`, evenly spread, the last one always among them."""
    if count <= limit:
        return tuple(range(count))
    return tuple(((n + 1) * count) // limit - 1 for n in range(limit))


def _rows(record: AttentionRecord, rows: tuple[int, ...], should_stop: ShouldStop) -> list[torch.Tensor]:
    """Weights of every head at some queries: [row, key] each, on the processor."""
    if should_stop():
        raise Cancelled
    part = at_queries(record, rows)
    return [attention.weights(part, head).cpu() for head in range(record.heads)]


@dataclass(frozen=True)
class _Read:
    """By which rule rows are read; queries: how many there are."""

    trace: Trace
    kind: str
    rule: Rule
    queries: int

    def rows(self, layer: int, heads: int, rows: tuple[int, ...], should_stop: ShouldStop) -> list[torch.Tensor]:
        """Weights of every head of a layer at some queries: [row, key] each."""
        if 4 * len(rows) < self.queries:  # a few rows of a long text are computed without the others
            found = []
            for row in rows:
                if should_stop():
                    raise Cancelled
                found.append(reading.read_row(self.trace, self.kind, layer, range(heads), row, self.rule))
            return list(torch.from_numpy(np.stack(found, axis=1)))
        matrices = []
        for head in range(heads):
            if should_stop():
                raise Cancelled
            matrix = reading.read(self.trace, Place(self.kind, layer, head), self.rule).matrix
            matrices.append(torch.tensor(matrix[list(rows)], dtype=torch.float32))
        return matrices


def _with_rest(block: torch.Tensor) -> torch.Tensor:
    """[head, row, key] -> [head, row, key + 1] with what each row lacks to 1; as it is when none lacks anything."""
    missing = 1 - block.sum(dim=-1, keepdim=True)
    # Smaller is rounding.
    return torch.cat([block, missing.clamp_min_(0)], dim=-1) if bool((missing > 1e-3).any()) else block


def at_queries(record: AttentionRecord, rows: tuple[int, ...]) -> AttentionRecord:
    """The same attention call with only some of its queries."""
    queries, keys = record.shape
    if len(rows) == queries:
        return record
    device = (record.weights if record.query is None else record.query).device  # type: ignore[union-attr]
    index = torch.tensor(rows, dtype=torch.long, device=device)

    def pick(tensor: torch.Tensor | None) -> torch.Tensor | None:
        return None if tensor is None else tensor[:, index]

    mask = pick(record.mask)
    if mask is None and record.causal:
        mask = (torch.arange(keys, device=device) <= index[:, None])[None]
    return replace(
        record,
        query=pick(record.query),
        mask=mask,
        position_bias=pick(record.position_bias),
        weights=pick(record.weights),
        causal=False,
    )


def _middle_entropies(own: torch.Tensor, others: torch.Tensor) -> NDArray[np.float64]:
    """Entropy of the mean of own [row, key] and each of others [head, row, key], summed over rows: float64 [head]."""
    rows, keys = own.shape
    step = max(1, PAIR_CELLS // max(1, keys))
    at_once = max(1, PAIR_CELLS // max(1, min(step, rows) * keys))
    sums = torch.zeros(len(others), dtype=torch.float64)
    for row in range(0, rows, step):
        part = own[row : row + step]
        for start in range(0, len(others), at_once):
            middle = (part + others[start : start + at_once, row : row + step]).div_(2)
            sums[start : start + at_once] += _entropy(middle).sum(dim=-1, dtype=torch.float64)
    return sums.numpy()


def _divergence(own: torch.Tensor, other: torch.Tensor) -> float:
    """Jensen-Shannon divergence in bits between two heads [row, key], summed over the rows, some rows at a time."""
    step = max(1, PAIR_CELLS // max(1, own.shape[-1]))
    return sum(float(_jensen_shannon(a, b).sum()) for a, b in zip(own.split(step), other.split(step), strict=True))


def _jensen_shannon(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """H((p + q) / 2) - (H(p) + H(q)) / 2 over the last dimension, in bits (Lin 1991)."""
    middle = (p + q).div_(2)
    return (_entropy(middle) - (_entropy(p) + _entropy(q)) / 2).clamp_min_(0)


def _entropy(p: torch.Tensor) -> torch.Tensor:
    """Bits, over the last dimension; p log p is 0 at p = 0: the smallest normal number stands in for it."""
    return -torch.linalg.vecdot(p, p.clamp_min(torch.finfo(torch.float32).tiny).log2_())


def classical_scaling(matrix: NDArray[np.floating]) -> Floats:
    """Places in the plane whose distances come nearest to a matrix of distances: float32 [n, 2].

    Classical multidimensional scaling (Torgerson 1952): the two leading eigenvectors of the doubly centred squared
    distances. The largest coordinate on each axis is positive, so that the same matrix always gives the same map.
    """
    n = len(matrix)
    squared = np.asarray(matrix, dtype=np.float64) ** 2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    places = np.zeros((n, 2), dtype=np.float32)
    values, vectors = np.linalg.eigh(-0.5 * centred)
    for axis, position in enumerate(range(n - 1, max(-1, n - 3), -1)):
        if values[position] <= 1e-9:
            continue
        vector = vectors[:, position] * np.sqrt(values[position])
        places[:, axis] = vector if vector[np.argmax(np.abs(vector))] > 0 else -vector
    return places
