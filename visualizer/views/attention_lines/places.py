"""What the lines view asks of a trace, and where its tokens stand: units' names, rows and columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from visualizer.core.place import Place
from visualizer.core.reading.rule import Rule
from visualizer.core.text.tokens import Unit
from visualizer.views.difference import Pair

Floats = NDArray[np.float32]
Places = tuple[NDArray[np.intp], NDArray[np.intp]]  # token -> its unit, and the units that are shown


class Question(NamedTuple):
    """What the lines depend on: the heads of one layer, the rule by which they are read, two runs that are compared."""

    places: tuple[Place, ...]
    rule: Rule
    pair: Pair | None = None


def name_of(unit: Unit) -> str:
    """The label without the blank that many tokens begin with."""
    return unit.label.strip() or unit.label


def find(places: Places, token: int | None) -> int:
    """The row or column that holds most of a token; -1 where it is not shown."""
    home, shown = places
    if token is None or not 0 <= token < len(home):
        return -1
    at = int(np.searchsorted(shown, home[token]))
    return at if at < len(shown) and shown[at] == home[token] else -1


def largest(weights: Floats, count: int) -> list[tuple[int, int, float]]:
    """(head's place, token, weight) of the largest weights that are not zero."""
    flat = weights.ravel()
    count = min(count, flat.size)
    best = np.argpartition(flat, flat.size - count)[flat.size - count :]
    ordered = best[np.argsort(-flat[best], kind="stable")]
    width = weights.shape[1]
    return [(int(i) // width, int(i) % width, float(flat[i])) for i in ordered if flat[i] > 0]
