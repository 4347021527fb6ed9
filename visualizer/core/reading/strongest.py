"""Which weights are worth a line: the strongest of each row, and how many of them carry a given share of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visualizer.core.place import Place
from visualizer.core.reading import matrix as reader
from visualizer.core.reading.rule import PLAIN, Rule
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Matrix = NDArray[np.float32]
Indices = NDArray[np.int32]

# Weights kept of a row of a long text: whatever lies beyond is below 1/64 and no line anyone could see.
LIMIT = 64
# Up to so many weights all of them are kept.
SMALL = 1 << 16
# Lines of one picture: where all that are kept of the rows would be more, each row has fewer, though not below FEWEST.
ENOUGH, FEWEST = 150_000, 24
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_CACHED = 1 << 15  # weights that are sorted at a time


@dataclass(frozen=True, eq=False)
class Strongest:
    """The largest weights of every row, largest first.

    keys: int32 [query, n], their columns; weights: float32 [query, n]; totals: float32 [query], the whole row's sum.
    hidden: the share of all attention that was left out before, 0 to 1.
    """

    keys: Indices
    weights: Matrix
    totals: Matrix
    hidden: float = 0.0

    @property
    def nbytes(self) -> int:
        """Memory that it takes, in bytes."""
        return self.keys.nbytes + self.weights.nbytes + self.totals.nbytes

    def counts(self, share: float) -> Indices:
        """How many of a row's weights, largest first, carry `share` of it: int32 [query].

        The fewest that reach it; at most those that are kept; weights of zero are never counted.
        """
        return np.count_nonzero(_carrying(self.weights, self.totals, share), axis=1).astype(np.int32)

    def lines(self, share: float) -> tuple[Indices, Indices, Matrix]:
        """(query, key, weight) of the lines that carry `share` of every row: three arrays [line]."""
        rows, ranks = np.nonzero(_carrying(self.weights, self.totals, share))
        return rows.astype(np.int32), self.keys[rows, ranks], self.weights[rows, ranks]


def _carrying(weights: Matrix, totals: Matrix, share: float) -> NDArray[np.bool_]:
    """Which weights [..., rank], largest first, it takes to carry `share` of `totals`; never those of zero."""
    carrying: NDArray[np.bool_] = weights > 0
    if share <= 0:
        carrying[...] = False
    elif share < 1:
        # A sum of float32 may end a rounding error short of its share.
        wanted = (share - 1e-6) * totals[..., None]
        before = np.cumsum(weights[..., :-1], axis=-1, dtype=np.float64)  # of the first one it is zero
        carrying[..., 1:] &= before < wanted
    return carrying


def strongest(matrix: Matrix, limit: int | None = LIMIT) -> Strongest:
    """The `limit` largest weights of each row of [query, key] (all where the matrix is small or limit is None)."""
    queries, keys = matrix.shape
    count = keys if limit is None or queries * keys <= SMALL else min(limit, keys)
    # Weights are not negative, so their bits are in their order; with the column below them one number holds both, and
    # numpy sorts plain numbers several times faster than it sorts indices. Equal weights: the first column wins.
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    columns = np.arange(keys, dtype=np.uint64) ^ _LOW
    best = np.empty((queries, count), dtype=np.uint64)
    rows = max(1, _CACHED // max(1, keys))
    for start in range(0, queries, rows):  # what fits into the processor's cache is sorted twice as fast
        block = matrix[start : start + rows]
        # Nothing has to be sorted beyond the last key that anyone in the block looks at (causal attention: half).
        is_used: NDArray[np.bool_] = np.logical_or.reduce(block, axis=0)
        used = max(count, keys - int(is_used[::-1].argmax()))
        packed = block[:, :used].astype(np.float32, order="C").view(np.uint32).astype(np.uint64)
        packed <<= _HALF
        packed |= columns[:used]
        if count < used:
            packed.partition(used - count, axis=1)
        best[start : start + rows] = packed[:, used - count :]
    best.sort(axis=1)
    best = best[:, ::-1]
    found = ((best & _LOW) ^ _LOW).astype(np.int32)
    values = (best >> _HALF).astype(np.uint32).view(np.float32)
    return Strongest(found, values, matrix.sum(axis=1))


def of(trace: Trace, place: Place, rule: Rule = PLAIN) -> Strongest:
    """The strongest weights of one head as it is read; remembered. Raises as `reading.read` does."""
    key = ("strongest", place, rule)
    found: Strongest | None = memo.find(trace, key, None)
    if found is None:
        reading = reader.read(trace, place, rule)
        hidden = float(reading.hidden_shares.mean()) if len(reading.hidden_shares) else 0.0
        found = replace(strongest(reading.matrix), hidden=hidden)
        found = memo.keep(trace, key, found, found.nbytes)
    return found


def is_known(trace: Trace, place: Place, rule: Rule = PLAIN) -> bool:
    """Whether they are remembered, so that `of` answers at once."""
    return memo.find(trace, ("strongest", place, rule)) is not memo.MISSING


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of several heads, weakest first, so that the strongest are drawn on top.

    heads, queries, keys: int32 [line] (heads: place in the list of shown heads); weights: float32 [line].
    total: how many there would be without the limit on their number. carried: the share of all attention that those
    hold; less than was asked for where it is spread over more than `ranks` keys, the most lines of one row and head.
    """

    heads: Indices
    queries: Indices
    keys: Indices
    weights: Matrix
    total: int
    carried: float = 0.0
    ranks: int = LIMIT

    def __len__(self) -> int:
        return len(self.weights)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Lines:
        """Only some of them: bool [line], or their places in order."""
        return self._part(chosen)

    def last(self, count: int) -> Lines:
        """Only the strongest `count`."""
        return self if len(self) <= count else self._part(slice(len(self) - count, None))

    def _part(self, part: Any) -> Lines:
        arrays = self.heads[part], self.queries[part], self.keys[part], self.weights[part]
        return Lines(*arrays, self.total, self.carried, self.ranks)


NO_LINES = Lines(
    np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32), 0
)  # fmt: skip


def collect(heads: Sequence[Strongest], share: float, limit: int) -> Lines:
    """The lines that carry `share` of every row of each head; the strongest `limit` of all, if there are more.

    The heads are those of one picture: they have the same queries and keys.
    """
    if not heads:
        return NO_LINES
    queries, kept = heads[0].weights.shape
    ranks = kept
    if len(heads) * queries * kept > ENOUGH:
        ranks = min(kept, max(FEWEST, ENOUGH // (len(heads) * queries)))
    found, places, mass, carried = [], [], 0.0, 0.0
    for n, strong in enumerate(heads):
        weights = strong.weights[:, :ranks]
        chosen = np.flatnonzero(_carrying(weights, strong.totals, share))
        found.append(weights.reshape(-1)[chosen])
        places.append((chosen + n * queries * ranks).astype(np.uint32))
        mass += float(strong.totals.sum(dtype=np.float64))
        carried += float(found[-1].sum(dtype=np.float64))
    values, place = np.concatenate(found), np.concatenate(places)
    total = len(values)
    if total > limit:
        strong_ones = np.sort(np.argpartition(values, total - limit)[total - limit :])
        values, place = values[strong_ones], place[strong_ones]
    order = _ascending(values)
    values, place = values[order], place[order]
    keys = np.concatenate([strong.keys[:, :ranks].reshape(-1) for strong in heads])[place]
    rows = place // np.uint32(max(1, ranks))
    head = rows // np.uint32(max(1, queries))
    rows -= head * np.uint32(max(1, queries))
    return Lines(head.view(np.int32), rows.view(np.int32), keys, values, total, carried / mass if mass else 0.0, ranks)


def _ascending(weights: Matrix) -> NDArray[np.intp]:
    """The order of weights that are not negative, smallest first; of equal ones the first comes first.

    Their bits are in their order, and numpy sorts 16 bits by counting: two passes take a third of the time of one sort.
    """
    bits = weights.view(np.uint32)
    order = np.argsort(bits.astype(np.uint16), kind="stable")
    return order[np.argsort((bits >> np.uint32(16)).astype(np.uint16)[order], kind="stable")]


def into(heads: Sequence[Strongest], key: int, count: int) -> Matrix:
    """How much each query looks at one key, from what is kept of the rows: float32 [head, query]; 0 where nothing is.

    count: number of queries.
    """
    result = np.zeros((len(heads), count), dtype=np.float32)
    for n, strong in enumerate(heads):
        rows, ranks = np.nonzero(strong.keys == key)
        result[n, rows] = strong.weights[rows, ranks]
    return result
