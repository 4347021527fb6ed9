"""The units of one side of a text, and how its tokens fall into them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualizer.core.text import units
from visualizer.core.text.tokens import Morpheme, Token, Unit

if TYPE_CHECKING:
    from visualizer.core.text.units import UnitKind

Matrix = NDArray[np.float32]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Side:
    """The units of one side of a text, and how its tokens fall into them, sorted by unit.

    tokens: int [piece], token of each piece; shares: float32 [piece], its share of that token; starts: int [unit],
    first piece of each unit. home: int [token], the unit that holds most of each token. sinks: bool [unit].
    """

    units: tuple[Unit, ...]
    tokens: NDArray[np.intp]
    shares: Matrix
    starts: NDArray[np.intp]
    home: NDArray[np.intp]
    sinks: Flags
    sequences: NDArray[np.int8]

    @cached_property
    def is_plain(self) -> bool:
        """Whether every unit is exactly one whole token, in order."""
        return len(self.tokens) == len(self.units) and self.is_whole

    @cached_property
    def is_whole(self) -> bool:
        """Whether every token lies in one unit, and the units are in the tokens' order."""
        in_order = len(self.tokens) == len(self.home) and bool((np.diff(self.tokens) == 1).all())
        return in_order and bool((self.shares == 1).all())

    def sum_columns(self, matrix: Matrix) -> Matrix:
        """[q, token] -> [q, unit]: weights of a unit's pieces are added."""
        pieces = matrix if self.is_whole else matrix[:, self.tokens] * self.shares
        return np.add.reduceat(pieces, self.starts, axis=1)

    def mean_rows(self, matrix: Matrix) -> Matrix:
        """[token, k] -> [unit, k]: rows of a unit's pieces are averaged, weighted by their shares."""
        totals = np.add.reduceat(self.shares, self.starts)
        ends = np.append(self.starts[1:], len(self.tokens))
        if self.is_whole:
            sums: Matrix = np.add.reduceat(matrix, self.starts, axis=0)
            sums /= totals[:, None]
            return sums
        weights = self.shares / np.repeat(totals, ends - self.starts)
        return np.add.reduceat(matrix[self.tokens] * weights[:, None], self.starts, axis=0)


def side_of(
    unit: UnitKind,
    tokens: tuple[Token, ...],
    morphemes: tuple[Morpheme, ...],
    text: str,
    pair: str | None,
    mask_id: int | None,
) -> Side:
    # A decoder's tokens may reach past the typed text (a tokenizer that rewrites it): blanks stand for the rest.
    lengths = [max((t.span[1] for t in tokens if t.sequence == n), default=0) for n in (0, 1)]
    text, pair = text.ljust(lengths[0]), (pair or "").ljust(lengths[1])
    found = units.segment(unit, tokens, morphemes, text, pair)
    pieces = [(row, *piece) for row, u in enumerate(found) for piece in zip(u.tokens, u.shares, strict=True)]
    home = np.zeros(len(tokens), dtype=np.intp)
    most = np.zeros(len(tokens))
    for row, token, share in pieces:
        if share > most[token]:
            home[token], most[token] = row, share
    sizes = [len(u.tokens) for u in found]
    return Side(
        units=found,
        tokens=np.array([token for _, token, _ in pieces], dtype=np.intp),
        shares=np.array([share for _, _, share in pieces], dtype=np.float32),
        starts=np.concatenate([[0], np.cumsum(sizes[:-1])]).astype(np.intp) if sizes else np.zeros(0, dtype=np.intp),
        home=home,
        sinks=np.array([_is_sink(u, tokens, (text, pair), mask_id) for u in found], dtype=bool),
        sequences=np.array([u.sequence for u in found], dtype=np.int8),
    )


def _is_sink(unit: Unit, tokens: tuple[Token, ...], texts: tuple[str, str], mask_id: int | None) -> bool:
    """Whether a unit is one that heads rest on when they have nothing to look for."""
    if 0 in unit.tokens:
        return True
    if unit.special:
        return any(tokens[n].id != mask_id for n in unit.tokens)
    written = texts[unit.sequence][slice(*unit.span)].strip()
    return bool(written) and all(unicodedata.category(c).startswith("P") for c in written)
