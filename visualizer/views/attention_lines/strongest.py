"""What the lines view asks of a trace: the strongest weights of a head, units' names and places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visualizer.core import reading as reader
from visualizer.core.place import Place
from visualizer.core.reading import strongest
from visualizer.core.reading.strongest import Strongest
from visualizer.core.text.tokens import Unit
from visualizer.session.selection import Selection

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Floats = NDArray[np.float32]
Places = tuple[NDArray[np.intp], NDArray[np.intp]]  # token -> its unit, and the units that are shown


def choice_key(selection: Selection, head: int) -> tuple[Any, ...]:
    """What the strongest weights of a head depend on."""
    s = selection
    return s.kind, s.layer, s.rule, head


def strongest_of(trace: Trace, selection: Selection, head: int) -> Strongest:
    s = selection
    reading = reader.read(trace, Place(s.kind, s.layer, head), s.rule)
    hidden = float(reading.hidden_shares.mean()) if len(reading.hidden_shares) else 0.0
    return replace(strongest.strongest(reading.matrix), hidden=hidden)


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
