"""What changes in one head from one run to another, as lines: red where B looks more, blue dashes where A does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication

from visualizer.core.place import Place as HeadPlace
from visualizer.core.reading.strongest import Lines
from visualizer.ui.color import to_hex
from visualizer.ui.lines_item import Place
from visualizer.ui.lines_painter import LineStyle, Picture
from visualizer.ui.numbers import format_count, format_weight, signed
from visualizer.ui.theme import Theme
from visualizer.views.attention_lines.places import Floats, Places, largest
from visualizer.views.map_picture import change_data, change_text, first_holder

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.difference import Difference, Slot
    from visualizer.core.reading.rule import Rule
    from visualizer.views.difference import Pair

translate = QCoreApplication.translate

MORE, LESS = 0, 1  # which of the two styles a line has


@dataclass(frozen=True, eq=False)
class ChangedLines:
    """B - A of one head. own: whose tokens the pane shows, "a" or "b". place, rule: what was read."""

    found: Difference
    own: str
    place: HeadPlace
    rule: Rule

    @cached_property
    def change(self) -> Floats:
        """float32 [query, key]; 0 where a run has no such query or key."""
        return np.nan_to_num(self.found.change, nan=0.0)

    @cached_property
    def labels(self) -> tuple[list[str], list[str]]:
        """Of the queries, and of the keys."""
        return tuple([slot.label.strip() or slot.label for slot in side] for side in self._sides)  # type: ignore[return-value]

    @cached_property
    def tokens(self) -> tuple[list[int | None], list[int | None]]:
        """The pane's first token of every query and key; None where only the other run has it."""
        units = ([self._unit(slot) for slot in side] for side in self._sides)
        return tuple([None if unit is None else unit.tokens[0] for unit in side] for side in units)  # type: ignore[return-value]

    @property
    def places(self) -> tuple[Places, Places]:
        """Token -> row, token -> column, as `places.find` takes them."""
        found = []
        for side in self._sides:
            holders = first_holder([self._unit(slot) for slot in side])
            home = np.full(max(holders, default=-1) + 1, -1, np.intp)
            for token, at in holders.items():
                home[token] = at
            found.append((home, np.arange(len(side), dtype=np.intp)))
        return found[0], found[1]

    @property
    def _sides(self) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
        return self.found.rows, self.found.columns

    def _unit(self, slot: Slot) -> Any:
        return slot.unit_a if self.own == "a" else slot.unit_b

    def lines(self, share: float, limit: int) -> Lines:
        """The fewest lines that carry `share` of all change, weakest first; the thickest is the largest change."""
        sizes = np.abs(self.change).ravel()
        order = np.argsort(-sizes, kind="stable")
        total = float(sizes.sum(dtype=np.float64))
        sums = np.cumsum(sizes[order], dtype=np.float64)
        count = int(np.searchsorted(sums, share * total * (1 - 1e-9))) + 1 if total > 0 else 0
        kept = order[: min(count, limit)][::-1]
        queries, keys = np.divmod(kept.astype(np.int32), np.int32(max(1, self.change.shape[1])))
        weights = sizes[kept] / np.float32(self.found.largest or 1.0)
        heads = (self.change.ravel()[kept] < 0).astype(np.int32)
        return Lines(heads, queries, keys, weights.astype(np.float32), count, min(1.0, share))

    def bars(self, which: str, index: int) -> Floats:
        """Changes between a token and all of the other side: float32 [more or less, token], both as sizes."""
        row = self.change[index] if which == "query" else self.change[:, index]
        return np.stack([np.maximum(row, 0), np.maximum(-row, 0)])

    def data(self) -> dict[str, Any]:
        """The numbers, as the map gives them."""
        return change_data(self.found, self.place, self.rule)


def measure(pair: Pair, place: HeadPlace, rule: Rule) -> ChangedLines:
    """Compares one head of two runs. Raises NotComparable, NoSuchPart, NoSuchKind."""
    from visualizer.core.analyses.comparison.difference import difference

    return ChangedLines(difference(pair.a, pair.b, place, rule), pair.own, place, rule)


def picture(change: ChangedLines, lines: Lines, theme: Theme) -> Picture:
    """What the lines widget shows; what only one text has is dimmed."""
    return Picture(
        query_labels=change.labels[0],
        key_labels=change.labels[1],
        query_quiet=[slot.side != "both" for slot in change.found.rows],
        key_quiet=[slot.side != "both" for slot in change.found.columns],
        styles=styles(theme),
        lines=lines,
        query_title=translate("AttentionLinesView", "Query (looks)"),
        key_title=translate("AttentionLinesView", "Key (is looked at)"),
    )


def about() -> str:
    """How the lines are to be read."""
    return translate("AttentionLinesView", "B − A: red lines are more in B, dashed blue ones in A.")


def summary(change: ChangedLines, lines: Lines, share: float) -> str:
    """What the drawn lines are."""
    if not len(lines):
        return translate("AttentionLinesView", "Nothing changes.")
    text = translate("AttentionLinesView", "{count} lines carry {share} % of all change; the thickest is {largest}.")
    largest_change = format_weight(change.found.largest)
    return text.format(count=format_count(len(lines)), share=round(100 * share), largest=largest_change)


def sentence(change: ChangedLines, active: Place, marked: Place | None) -> str:
    """One line on the token pointed at: its biggest changes, or the numbers for one partner."""
    which, index = active
    name = change.labels[which == "key"][index]
    partners = change.labels[which == "query"]
    if marked is not None:
        row, column = (index, marked[1]) if which == "query" else (marked[1], index)
        text = translate("AttentionLinesView", "“{query}” looks at “{key}”: {weights}")
        query, key = change.labels[0][row], change.labels[1][column]
        return text.format(query=query, key=key, weights=change_text(change.found, row, column))
    found = [
        f"“{partners[at]}” {signed(weight if sign == MORE else -weight, format_weight(weight))}"
        for sign, at, weight in largest(change.bars(which, index), 3)
    ]
    text = translate("AttentionLinesView", "“{token}”: {found}")
    nothing = translate("AttentionLinesView", "Nothing changes.")
    return text.format(token=name, found=", ".join(found) or nothing)


def styles(theme: Theme) -> list[LineStyle]:
    """Of what is more in B, and of what is more in A: the ends of the diverging map, and not by colour alone."""
    more, less = (to_hex(theme.diverging_lut[entry, :3] / 255.0) for entry in (216, 40))
    return [LineStyle(more), LineStyle(less, (6.0, 3.0))]
