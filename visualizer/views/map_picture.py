"""What the attention map draws: one run's reading, or the difference of two, on labelled axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visualizer.core.place import Place
from visualizer.core.reading import Reading, Rule
from visualizer.core.text.tokens import Unit
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.numbers import format_weight, signed

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.difference import Difference

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MapPicture:
    """A matrix with its axes.

    matrix: float32 [row, column]. mask: cells that stand for no number; None: there are none. rows, columns: token of
    the pane's run -> its row, its column. row_tokens, column_tokens: the pane's first token of each, None where the
    other run alone has it.
    """

    matrix: Floats
    mask: Flags | None
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    rows: dict[int, int]
    columns: dict[int, int]
    row_tokens: tuple[int | None, ...]
    column_tokens: tuple[int | None, ...]

    def scale(self, kind: str) -> ColorScale:
        """The colours: signed around zero for a difference."""
        if kind == "signed":
            return ColorScale(float(np.nanmax(np.abs(self.matrix), initial=0.0)), "signed")
        return ColorScale(float(self.matrix.max(initial=0.0)), "log" if kind == "log" else "linear")

    @cached_property
    def strongest(self) -> tuple[int, int]:
        """Row and column of the strongest number, first among those where a token looks at another one than the first.

        Looking at the first token or at oneself says little of a sentence. (-1, -1) where there is no number.
        """
        if not self.matrix.size:
            return -1, -1
        size = np.abs(self.matrix, dtype=np.float32)
        if self.mask is not None:
            size = np.where(self.mask, 0, size)
        telling = size.copy()
        telling[:, 0] = 0
        for token, row in self.rows.items():
            if (column := self.columns.get(token, -1)) >= 0 and self.row_labels[row] == self.column_labels[column]:
                telling[row, column] = 0
        best = telling if telling.any() else size
        return divmod(int(best.argmax()), best.shape[1])


def of_reading(reading: Reading) -> MapPicture:
    """One run as it is read; what was left out is hatched."""
    mask = reading.masked
    if reading.hidden_keys.any():
        hidden = np.broadcast_to(reading.hidden_keys, reading.matrix.shape)
        mask = hidden if mask is None else mask | hidden
    return MapPicture(
        reading.matrix,
        mask,
        tuple(unit.label for unit in reading.query_units),
        tuple(unit.label for unit in reading.key_units),
        first_holder(reading.query_units),
        first_holder(reading.key_units),
        tuple(unit.tokens[0] for unit in reading.query_units),
        tuple(unit.tokens[0] for unit in reading.key_units),
    )


def of_difference(found: Difference, own: str) -> MapPicture:
    """B - A; what only one text has is hatched. own: "a" or "b", whose tokens are meant."""
    alone = np.isnan(found.change)
    mask = alone if found.masked is None else alone | found.masked
    sides = [[slot.unit_a if own == "a" else slot.unit_b for slot in slots] for slots in (found.rows, found.columns)]
    return MapPicture(
        np.nan_to_num(found.change, nan=0.0),
        mask if mask.any() else None,
        tuple(slot.label for slot in found.rows),
        tuple(slot.label for slot in found.columns),
        first_holder(sides[0]),
        first_holder(sides[1]),
        *(tuple(None if unit is None else unit.tokens[0] for unit in units) for units in sides),
    )


def first_holder(units: Sequence[Unit | None]) -> dict[int, int]:
    """Token -> the unit that holds most of it (the first of them)."""
    best: dict[int, tuple[float, int]] = {}
    for index, unit in enumerate(units):
        for token, share in zip(unit.tokens, unit.shares, strict=True) if unit is not None else ():
            if token not in best or share > best[token][0]:
                best[token] = (share, index)
    return {token: index for token, (_, index) in best.items()}


def find(places: dict[int, int], token: int | None) -> int:
    """The row or column of a token, -1 for none."""
    return -1 if token is None else places.get(token, -1)


def change_text(found: Difference, row: int, column: int) -> str:
    """ "A 0.120, B 0.310, B − A +0.190": the numbers of a cell; what one run lacks is left out."""
    values = (("A", found.a), ("B", found.b))
    parts = [f"{name} {format_weight(float(m[row, column]))}" for name, m in values if not np.isnan(m[row, column])]
    change = float(found.change[row, column])
    if not np.isnan(change):
        parts.append(f"B \u2212 A {signed(change, format_weight(abs(change)))}")
    return ", ".join(parts)


def change_data(found: Difference, place: Place, rule: Rule) -> dict[str, Any]:
    """The numbers of a difference, for files; nan where a run has no such query or key."""
    return {
        "difference": found.change,
        "rows": [slot.label for slot in found.rows],
        "columns": [slot.label for slot in found.columns],
        "attention_a": found.a,
        "attention_b": found.b,
        "row_marks": [slot.mark for slot in found.rows],
        "column_marks": [slot.mark for slot in found.columns],
        "outside": found.outside,
        "kind": place.kind,
        "layer": place.layer,
        "head": place.head,
        "unit": rule.unit,
        "hide_sinks": rule.hide_sinks,
        "quadrant": rule.quadrant or "",
    }
