"""Which weights are worth a line: the strongest of each row, and how many of them carry a given share of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Indices = NDArray[np.int32]

# Weights kept of a row of a long text: whatever lies beyond is below 1/128 and no line anyone could see.
LIMIT = 128
# Up to so many weights all of them are kept.
SMALL = 1 << 20


@dataclass(frozen=True, eq=False)
class Strongest:
    """The largest weights of every row, largest first.

    keys: int32 [query, n], their columns; weights: float32 [query, n]; totals: float32 [query], the whole row's sum.
    """

    keys: Indices
    weights: Matrix
    totals: Matrix

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
    if count < keys:
        found = np.argpartition(matrix, keys - count, axis=1)[:, keys - count :]
        values = np.take_along_axis(matrix, found, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        found = np.take_along_axis(found, order, axis=1)
    else:
        found = np.argsort(-matrix, axis=1, kind="stable")
    values = np.take_along_axis(matrix, found, axis=1)
    return Strongest(found.astype(np.int32), values, matrix.sum(axis=1))


def lines_for_mass(matrix: Matrix, share: float) -> tuple[Indices, Indices]:
    """The lines that carry `share` of the attention of every query: (query, key) indices, two arrays [line].

    For each row the fewest weights that together hold at least that share of the row's sum, so that every token that
    looks anywhere keeps its strongest lines (compare exBERT, Hoover et al. 2020). share: 0 (none) to 1 (all above 0).
    """
    rows, columns, _ = strongest(matrix, None).lines(share)
    return rows, columns
