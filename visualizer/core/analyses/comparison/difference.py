"""One head's attention in two runs, on one pair of axes: A, B, and B - A.

found = difference(a, b, Place("self", 2, 3), Rule("word"))
found.change[5, 0], found.rows[5].mark
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from visualizer.core.analyses.comparison.alignment import Alignment, Indices, Mark
from visualizer.core.analyses.comparison.matching import align_sides, check_place
from visualizer.core.analyses.comparison.reasons import NotComparable, NothingAligned
from visualizer.core.errors import Cancelled, NoSuchPart, NotEnoughMemory
from visualizer.core.place import Place
from visualizer.core.reading import matrix as reading
from visualizer.core.reading.matrix import Reading
from visualizer.core.reading.rule import PLAIN, Rule
from visualizer.core.system.progress import ShouldStop, never
from visualizer.core.text.sides import Flags, Matrix
from visualizer.core.text.tokens import Unit

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


@dataclass(frozen=True, slots=True)
class Slot:
    """One row or column of a difference: a unit of A, its partner in B, or one of them alone.

    a, b: their places in the readings of A and B, or None. unit_a, unit_b: the units themselves.
    """

    a: int | None
    b: int | None
    unit_a: Unit | None
    unit_b: Unit | None
    mark: Mark

    @property
    def side(self) -> Literal["both", "a", "b"]:
        """Which text has it."""
        return "both" if self.a is not None and self.b is not None else "a" if self.a is not None else "b"

    @property
    def label(self) -> str:
        """What is written there; where a unit was replaced, A's and B's with an arrow between."""
        written = [unit.label for unit in (self.unit_a, self.unit_b) if unit is not None]
        if len(written) == 1 or self.mark == "identical":
            return written[0]
        return " → ".join(text.strip() or text for text in written)


@dataclass(frozen=True, eq=False)
class Difference:
    """Two readings on common axes; every unit of either text has its row and column, in the texts' order.

    a, b, change: float32 [row, column]: A's weights, B's weights, and B - A. nan where a run has no such query or key
    (change: where either has not): nothing is made up for a unit without a partner.
    rows, columns: what they stand for. masked: bool [row, column], cells that neither run may look at (0 in all three);
    None when there are none. outside: float32 [row, 2], the share of A's and of B's row on keys that have no partner,
    nan where a run has no such query.
    """

    a: Matrix
    b: Matrix
    change: Matrix
    rows: tuple[Slot, ...]
    columns: tuple[Slot, ...]
    masked: Flags | None
    outside: Matrix
    queries: Alignment
    keys: Alignment

    @property
    def largest(self) -> float:
        """The largest |B - A|: the two ends of a diverging scale. 0 where nothing changed."""
        return float(np.nanmax(np.abs(self.change), initial=0.0))

    def biggest(self, count: int = 10) -> tuple[tuple[int, int, float], ...]:
        """(row, column, B - A) of the cells that changed most, biggest first; of equal ones the first in the text."""
        sizes = np.nan_to_num(np.abs(self.change), nan=0.0).ravel()
        order = np.argsort(-sizes, kind="stable")[:count]
        columns = self.change.shape[1]
        return tuple((*divmod(int(n), columns), float(self.change.flat[n])) for n in order if sizes[n] > 0)


def difference(
    a: Trace,
    b: Trace,
    place: Place,
    rule: Rule = PLAIN,
    alignment: tuple[Alignment, Alignment] | None = None,
) -> Difference:
    """What changed in one head from run A to run B. The difference of a run with itself is exactly zero.

    alignment: of the units that look and of those that are looked at, as `align_sides` gives them for this rule.

    Raises NotComparable (different kinds of models, nothing aligned), NoSuchPart, NoSuchKind, NotEnoughMemory.
    """
    check_place(a, b, place)
    queries, keys = alignment or align_sides(a, b, place.kind, rule)
    if not len(queries) or not len(keys):
        raise NotComparable(NothingAligned(place.kind, rule.unit))
    rows, columns = queries.slots(), keys.slots()
    _check_memory(len(rows) * len(columns))
    reading_a, reading_b = (reading.read(trace, place, rule) for trace in (a, b))
    matrix_a = _placed(reading_a.matrix, rows[:, 0], columns[:, 0])
    matrix_b = _placed(reading_b.matrix, rows[:, 1], columns[:, 1])
    change = matrix_b - matrix_a
    outside = np.stack(
        [
            _outside(reading_a.matrix, rows[:, 0], keys.pairs[:, 0]),
            _outside(reading_b.matrix, rows[:, 1], keys.pairs[:, 1]),
        ],
        axis=1,
    )
    masked = _masked(reading_a, reading_b, rows, columns)
    for array in (matrix_a, matrix_b, change, outside):
        array.setflags(write=False)
    return Difference(
        a=matrix_a,
        b=matrix_b,
        change=change,
        rows=slots(queries, reading_a.query_units, reading_b.query_units),
        columns=slots(keys, reading_a.key_units, reading_b.key_units),
        masked=masked,
        outside=outside,
        queries=queries,
        keys=keys,
    )


def slots(alignment: Alignment, units_a: tuple[Unit, ...], units_b: tuple[Unit, ...]) -> tuple[Slot, ...]:
    """Both texts' units in one line, for an axis or a list."""
    same = dict(zip(alignment.pairs[:, 0].tolist(), alignment.identical.tolist(), strict=True))
    found = []
    for a, b in alignment.slots().tolist():
        mark: Mark = "only_here" if a < 0 or b < 0 else "identical" if same[a] else "replaced"
        unit_a, unit_b = units_a[a] if a >= 0 else None, units_b[b] if b >= 0 else None
        found.append(Slot(a if a >= 0 else None, b if b >= 0 else None, unit_a, unit_b, mark))
    return tuple(found)


def thumbnails(
    a: Trace,
    b: Trace,
    kind: str,
    layer: int,
    size: int,
    rule: Rule = PLAIN,
    alignment: tuple[Alignment, Alignment] | None = None,
    should_stop: ShouldStop = never,
) -> Matrix:
    """B - A of every head of a layer for the grid: float32 [head, rows, columns], neither side above `size`.

    Of the cells that fall together, the one that changed most is kept, with its sign: one strong change in a long text
    does not vanish. nan where none of them has a partner. One head's matrices at a time.

    Raises Cancelled, and as `difference` does.
    """
    counts = {trace.record(layer, kind).heads for trace in (a, b)}
    if len(counts) > 1:
        raise NoSuchPart("head", max(counts) - 1, min(counts), kind)
    check_place(a, b, Place(kind, layer, 0))
    queries, keys = alignment or align_sides(a, b, kind, rule)
    if not len(queries) or not len(keys):
        raise NotComparable(NothingAligned(kind, rule.unit))
    rows, columns = queries.slots(), keys.slots()
    _check_memory(len(rows) * len(columns))
    found = []
    for head in range(counts.pop()):
        if should_stop():
            raise Cancelled
        place = Place(kind, layer, head)
        parts = [_placed(_once(trace, place, rule), rows[:, n], columns[:, n]) for n, trace in enumerate((a, b))]
        found.append(_pooled(parts[1] - parts[0], size))
    return np.stack(found)


def _once(trace: Trace, place: Place, rule: Rule) -> Matrix:
    """A reading's matrix that nobody will ask for again: the model's own weights are not remembered."""
    if rule.is_plain:
        return trace.attention(place.layer, place.head, place.kind)
    return reading.read(trace, place, rule).matrix


def _placed(matrix: Matrix, rows: Indices, columns: Indices) -> Matrix:
    """A reading on the common axes, nan where it has no such row or column."""
    if len(rows) == len(matrix) and len(columns) == matrix.shape[1] and (rows >= 0).all() and (columns >= 0).all():
        return matrix.copy()
    result: Matrix = np.full((len(rows), len(columns)), np.nan, dtype=np.float32)
    has_row, has_column = rows >= 0, columns >= 0
    result[np.ix_(has_row, has_column)] = matrix[np.ix_(rows[has_row], columns[has_column])]
    return result


def _outside(matrix: Matrix, rows: Indices, partnered: Indices) -> Matrix:
    alone = np.ones(matrix.shape[1], dtype=bool)
    alone[partnered] = False
    shares = matrix[:, alone].sum(axis=1, dtype=np.float32)
    return np.where(rows >= 0, shares[rows], np.float32(np.nan)).astype(np.float32)


def _masked(a: Reading, b: Reading, rows: Indices, columns: Indices) -> Flags | None:
    if a.masked is None or b.masked is None:
        return None
    found: NDArray[np.bool_] = np.zeros((len(rows), len(columns)), dtype=bool)
    both_rows, both_columns = (rows >= 0).all(axis=1), (columns >= 0).all(axis=1)
    parts = [r.masked[np.ix_(rows[both_rows, n], columns[both_columns, n])] for n, r in enumerate((a, b))]  # type: ignore[index]
    found[np.ix_(both_rows, both_columns)] = parts[0] & parts[1]
    return found if found.any() else None


def _pooled(change: Matrix, size: int) -> Matrix:
    """The same bins as `attention.thumbnails`; of each bin the value farthest from 0."""
    if max(change.shape) <= size:
        return change
    shape = tuple(min(size, length) for length in change.shape)
    whole = torch.tensor(change, dtype=torch.float32)[None]
    missing = whole.isnan()
    whole = whole.masked_fill(missing, 0.0)
    highest = functional.adaptive_max_pool2d(whole, shape)
    lowest = -functional.adaptive_max_pool2d(-whole, shape)
    known = functional.adaptive_max_pool2d((~missing).float(), shape) > 0
    found = torch.where(highest >= -lowest, highest, lowest).masked_fill(~known, torch.nan)
    pooled: Matrix = found[0].numpy()
    return pooled


def _check_memory(cells: int) -> None:
    needed = 20 * cells  # three matrices, the mask, and what is made on the way
    if needed < 256 << 20:
        return
    from visualizer.core.system import memory

    available = memory.available()
    if needed > available // 2:
        raise NotEnoughMemory(needed=needed, available=available, what="attention")
