"""How the units of one text line up with those of another, by what is written, whatever the tokenizer.

The alignment is a cheapest one that keeps the order (Needleman and Wunsch 1970): an identical pair costs nothing, a
replaced one 3, a unit without a partner 2. So no identical unit is given up for a replaced one, and replacing is
cheaper than leaving out here and putting in there.

    found = align(units_of_a, units_of_b)
    found.partner(3), found.marks("a")[3]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from visualizer.core.text.tokens import Unit

Mark = Literal["identical", "replaced", "only_here"]
Which = Literal["a", "b"]
Indices = NDArray[np.intp]

REPLACED, ALONE = 3, 2
# Units of A times units of B (without the common beginning and end) that are compared at once: 16 MB, about 0.1 s.
CELLS = 16_000_000

_DIAGONAL, _UP = 1, 2  # in a cell's byte: a cheapest way comes from the pair before; from the unit of A before


@dataclass(frozen=True, eq=False)
class Alignment:
    """Which unit of A belongs to which of B.

    pairs: int [pair, 2], a unit of A and its partner in B, rising in both columns. identical: bool [pair], the others
    are replaced. counts: units of A and of B. is_minimal: False for texts so long and so different that they were
    aligned stretch by stretch.
    """

    pairs: Indices
    identical: NDArray[np.bool_]
    counts: tuple[int, int]
    is_minimal: bool = True

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def is_complete(self) -> bool:
        """Whether every unit of both texts has a partner."""
        return self.counts == (len(self.pairs), len(self.pairs))

    @property
    def is_identical(self) -> bool:
        """Whether the two texts have the same units."""
        return self.is_complete and bool(self.identical.all())

    @cached_property
    def _partners(self) -> dict[str, Indices]:
        found = {"a": np.full(self.counts[0], -1, np.intp), "b": np.full(self.counts[1], -1, np.intp)}
        found["a"][self.pairs[:, 0]] = self.pairs[:, 1]
        found["b"][self.pairs[:, 1]] = self.pairs[:, 0]
        return found

    def partner(self, index: int, of: Which = "a") -> int | None:
        """The unit of the other text that belongs to unit `index` of A (or of B); None where there is none."""
        partners = self._partners[of]
        if not 0 <= index < len(partners) or partners[index] < 0:
            return None
        return int(partners[index])

    def marks(self, of: Which = "a") -> tuple[Mark, ...]:
        """What every unit of A (or of B) is, in order."""
        found: list[Mark] = ["only_here"] * self.counts["ab".index(of)]
        for unit, same in zip(self.pairs[:, "ab".index(of)].tolist(), self.identical.tolist(), strict=True):
            found[unit] = "identical" if same else "replaced"
        return tuple(found)

    def slots(self) -> Indices:
        """Both texts in one line: int [slot, 2], a unit of A and of B, -1 where there is none; both in their order.

        Where both have units of their own between two pairs, those of A come first.
        """
        lines: list[tuple[int, int]] = []
        at_a = at_b = 0
        for a, b in [*map(tuple, self.pairs.tolist()), self.counts]:
            lines += [(n, -1) for n in range(at_a, a)]
            lines += [(-1, n) for n in range(at_b, b)]
            lines.append((a, b))
            at_a, at_b = a + 1, b + 1
        return np.array(lines[:-1], dtype=np.intp).reshape(-1, 2)

    def swapped(self) -> Alignment:
        """The same alignment seen from B."""
        return Alignment(self.pairs[:, ::-1], self.identical, (self.counts[1], self.counts[0]), self.is_minimal)


def align(a: Sequence[Unit], b: Sequence[Unit]) -> Alignment:
    """Aligns the units of A with those of B.

    Two units are identical when the same is written in both (blanks around it do not count); a unit of one sentence
    of a pair, or a special token, is only paired with one of its like. `align(b, a)` is `align(a, b).swapped()`.
    """
    keys_a, keys_b = [_key(unit) for unit in a], [_key(unit) for unit in b]
    if keys_a > keys_b:  # several alignments may cost the same: the choice must not depend on which text is A
        return _align(keys_b, keys_a).swapped()
    return _align(keys_a, keys_b)


_Key = tuple[int, bool, str]


def _key(unit: Unit) -> _Key:
    return unit.sequence, unit.special, unit.label.strip() or unit.label


def _align(a: list[_Key], b: list[_Key]) -> Alignment:
    numbers = {key: n for n, key in enumerate(dict.fromkeys((*a, *b)))}
    groups = {group: n for n, group in enumerate(dict.fromkeys(key[:2] for key in numbers))}
    names_a, names_b = (np.array([numbers[key] for key in keys], dtype=np.int32) for keys in (a, b))
    groups_a, groups_b = (np.array([groups[key[:2]] for key in keys], dtype=np.int32) for keys in (a, b))
    start = _common(names_a, names_b)
    end = _common(names_a[start:][::-1], names_b[start:][::-1])
    stop_a, stop_b = len(a) - end, len(b) - end
    pairs = [(n, n) for n in range(start)]
    stretches = max(1, -(-((stop_a - start) * (stop_b - start)) // CELLS))
    for n in range(stretches):
        own_a = slice(*(start + k * (stop_a - start) // stretches for k in (n, n + 1)))
        own_b = slice(*(start + k * (stop_b - start) // stretches for k in (n, n + 1)))
        found = _cheapest(names_a[own_a], names_b[own_b], groups_a[own_a], groups_b[own_b])
        pairs += [(i + own_a.start, j + own_b.start) for i, j in found]
    pairs += [(stop_a + n, stop_b + n) for n in range(end)]
    array = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    identical = names_a[array[:, 0]] == names_b[array[:, 1]]
    return Alignment(array, identical, (len(a), len(b)), stretches == 1)


def _common(a: NDArray[np.int32], b: NDArray[np.int32]) -> int:
    """How many units both begin with."""
    length = min(len(a), len(b))
    different = np.flatnonzero(a[:length] != b[:length])
    return int(different[0]) if len(different) else length


def _cheapest(
    a: NDArray[np.int32], b: NDArray[np.int32], groups_a: NDArray[np.int32], groups_b: NDArray[np.int32]
) -> list[tuple[int, int]]:
    """The pairs of a cheapest alignment; of several, the one whose pairs lie nearest to the end."""
    if not len(a) or not len(b):
        return []
    ways = np.zeros((len(a) + 1, len(b) + 1), dtype=np.uint8)
    steps = ALONE * np.arange(len(b) + 1, dtype=np.int32)
    before = steps
    for row in range(1, len(a) + 1):
        paired = np.where(groups_b == groups_a[row - 1], np.int32(REPLACED), np.int32(2 * ALONE))
        paired[b == a[row - 1]] = 0
        paired += before[:-1]
        costs = before + np.int32(ALONE)
        np.minimum(costs[1:], paired, out=costs[1:])
        # A unit of B alone: the cheapest cell to the left, and one step for each unit between.
        costs = np.minimum.accumulate(costs - steps) + steps
        ways[row] = np.where(costs == before + ALONE, _UP, 0)
        ways[row, 1:][(costs[1:] == paired) & (groups_b == groups_a[row - 1])] |= _DIAGONAL
        before = costs
    pairs: list[tuple[int, int]] = []
    row, column = len(a), len(b)
    while row and column:
        way = ways[row, column]
        if way & _DIAGONAL:
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif way & _UP:
            row -= 1
        else:
            column -= 1
    return pairs[::-1]
