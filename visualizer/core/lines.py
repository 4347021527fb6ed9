"""Which weights are worth a line: the strongest of each row, and how many of them carry a given share of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Indices = NDArray[np.int32]

# Weights kept of a row of a long text: whatever lies beyond is below 1/64 and no line anyone could see.
LIMIT = 64
# Up to so many weights all of them are kept.
SMALL = 1 << 16
_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, eq=False)
class Strongest:
    """The largest weights of every row, largest first.

    keys: int32 [query, n], their columns; weights: float32 [query, n]; totals: float32 [query], the whole row's sum.
    """

    keys: Indices
    weights: Matrix
    totals: Matrix

    @property
    def nbytes(self) -> int:
        """Memory that it takes, in bytes."""
        return self.keys.nbytes + self.weights.nbytes + self.totals.nbytes

    def counts(self, share: float) -> Indices:
        """How many of a row's weights, largest first, carry `share` of it: int32 [query].

        The fewest that reach it; at most those that are kept; weights of zero are never counted.
        """
        positive = (self.weights > 0).sum(axis=1).astype(np.int32)
        if share <= 0:
            return np.zeros_like(positive)
        if share >= 1:
            return positive
        # A sum of float32 may end a rounding error short of its share.
        wanted = (share - 1e-6) * self.totals[:, None]
        before = np.cumsum(self.weights, axis=1, dtype=np.float64) - self.weights
        return np.minimum((before < wanted).sum(axis=1), positive).astype(np.int32)

    def lines(self, share: float) -> tuple[Indices, Indices, Matrix]:
        """(query, key, weight) of the lines that carry `share` of every row: three arrays [line]."""
        counts = self.counts(share)
        rows, ranks = np.nonzero(np.arange(self.keys.shape[1]) < counts[:, None])
        return rows.astype(np.int32), self.keys[rows, ranks], self.weights[rows, ranks]


def strongest(matrix: Matrix, limit: int | None = LIMIT) -> Strongest:
    """The `limit` largest weights of each row of [query, key] (all where the matrix is small or limit is None)."""
    queries, keys = matrix.shape
    count = keys if limit is None or queries * keys <= SMALL else min(limit, keys)
    # Weights are not negative, so their bits are in their order; with the column below them one number holds both, and
    # numpy sorts plain numbers several times faster than it sorts indices. Equal weights: the first column wins.
    packed = np.ascontiguousarray(matrix, dtype=np.float32).view(np.uint32).astype(np.uint64) << np.uint64(32)
    packed |= np.arange(keys, dtype=np.uint64) ^ _LOW
    if count < keys:
        packed = np.partition(packed, keys - count, axis=1)[:, keys - count :]
    packed = np.sort(packed, axis=1)[:, ::-1]
    found = ((packed & _LOW) ^ _LOW).astype(np.int32)
    values = (packed >> np.uint64(32)).astype(np.uint32).view(np.float32)
    return Strongest(found, values, matrix.sum(axis=1))


def lines_for_mass(matrix: Matrix, share: float) -> tuple[Indices, Indices]:
    """The lines that carry `share` of the attention of every query: (query, key) indices, two arrays [line].

    For each row the fewest weights that together hold at least that share of the row's sum, so that every token that
    looks anywhere keeps its strongest lines (compare exBERT, Hoover et al. 2020). share: 0 (none) to 1 (all above 0).
    """
    rows, columns, _ = strongest(matrix, None).lines(share)
    return rows, columns


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of several heads, weakest first, so that the strongest are drawn on top.

    heads, queries, keys: int32 [line] (heads: place in the list of shown heads); weights: float32 [line].
    total: how many there would be without the limit on their number. carried: the share of all attention that those
    hold; less than was asked for where it is spread over more keys than are kept of a row.
    """

    heads: Indices
    queries: Indices
    keys: Indices
    weights: Matrix
    total: int
    carried: float = 0.0

    def __len__(self) -> int:
        return len(self.weights)

    def where(self, chosen: NDArray[np.bool_]) -> Lines:
        """Only some of them."""
        return Lines(
            self.heads[chosen], self.queries[chosen], self.keys[chosen], self.weights[chosen], self.total, self.carried
        )

    def last(self, count: int) -> Lines:
        """Only the strongest `count`."""
        if len(self) <= count:
            return self
        part = slice(len(self) - count, None)
        return Lines(
            self.heads[part], self.queries[part], self.keys[part], self.weights[part], self.total, self.carried
        )


NO_LINES = Lines(
    np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32), 0
)  # fmt: skip


def collect(heads: Sequence[Strongest], share: float, limit: int) -> Lines:
    """The lines that carry `share` of every row of each head; the strongest `limit` of all, if there are more."""
    parts = [(n, *strong.lines(share)) for n, strong in enumerate(heads)]
    if not parts:
        return NO_LINES
    places = np.concatenate([np.full(len(weights), n, np.int32) for n, _, _, weights in parts])
    queries, keys, weights = (np.concatenate([part[i] for part in parts]) for i in (1, 2, 3))
    total, mass = len(weights), sum(float(strong.totals.sum()) for strong in heads)
    carried = float(weights.sum(dtype=np.float64)) / mass if mass else 0.0
    if total > limit:
        chosen = np.argpartition(weights, total - limit)[total - limit :]
        places, queries, keys, weights = places[chosen], queries[chosen], keys[chosen], weights[chosen]
    order = np.argsort(weights, kind="stable")
    return Lines(places[order], queries[order], keys[order], weights[order], total, carried)


def into(heads: Sequence[Strongest], key: int, count: int) -> Matrix:
    """How much each query looks at one key, from what is kept of the rows: float32 [head, query]; 0 where nothing is.

    count: number of queries.
    """
    result = np.zeros((len(heads), count), dtype=np.float32)
    for n, strong in enumerate(heads):
        rows, ranks = np.nonzero(strong.keys == key)
        result[n, rows] = strong.weights[rows, ranks]
    return result
