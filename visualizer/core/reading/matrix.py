"""The matrix that a person reads: attention by token, morpheme, word or character, with or without its sinks.

    reading = read(trace, Place("self", 2, 3), Rule(unit="morpheme", hide_sinks=True))
    reading.matrix[5, 0], reading.query_units[5].label, reading.key_units[0].label

The rule is the same in every view: the weights of a key's pieces are added, those of a query's pieces averaged, so
rows still sum to 1. Hiding sinks leaves keys out and renormalises; a quadrant leaves out rows and columns and does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualizer.core.errors import NoSuchKind, NotEnoughMemory
from visualizer.core.place import Place
from visualizer.core.reading.rule import PLAIN, QUADRANTS, Rule
from visualizer.core.system import memo
from visualizer.core.text.sides import Flags, Matrix, Side, side_of
from visualizer.core.text.tokens import Morpheme, Unit

if TYPE_CHECKING:
    from visualizer.core.text.units import UnitKind
    from visualizer.core.trace import Trace

WordClasses = tuple[str | None, ...]

# A row of which less than this share is left is not renormalised: it would make a strong pattern out of a trace.
LITTLE = 0.01


@dataclass(frozen=True, eq=False)
class Reading:
    """One head's attention between units.

    matrix: float32 [query unit, key unit]; rows sum to 1, unless a quadrant leaves columns out (not renormalised) or
    the model's own rows do not (attention sinks of gpt-oss).
    query_units, key_units: what rows and columns stand for; `Unit.tokens` are indices into the trace's tokens.
    masked: bool [query unit, key unit], True where all token cells are masked; None when nothing is.
    hidden_keys: bool [key unit], columns left out as sinks (zeros in the matrix).
    hidden_shares: float32 [query unit], the share of each row that lay on them before the others were renormalised.
    empty_rows: bool [query unit], rows of zeros: (nearly) all of it lay on hidden keys, or every key is masked.
    """

    matrix: Matrix
    query_units: tuple[Unit, ...]
    key_units: tuple[Unit, ...]
    masked: Flags | None
    hidden_keys: Flags
    hidden_shares: Matrix
    empty_rows: Flags

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        masked = 0 if self.masked is None else self.masked.nbytes
        return self.matrix.nbytes + masked + self.hidden_shares.nbytes + self.empty_rows.nbytes


@dataclass(frozen=True, eq=False)
class Axes:
    """What rows and columns of a reading stand for; rows, columns: int, their places among all units of their side."""

    query_units: tuple[Unit, ...]
    key_units: tuple[Unit, ...]
    hidden_keys: Flags
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]


NO_AXES = Axes((), (), np.zeros(0, dtype=bool), np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))


def sides(trace: Trace, kind: str = "self", unit: UnitKind = "token") -> tuple[Side, Side]:
    """The side that looks and the side that is looked at. Raises NoSuchKind; ValueError for another unit."""
    if kind not in trace.kinds:
        raise NoSuchKind("attention kind", kind, trace.kinds)
    query = "target" if kind in ("decoder", "cross") else "source"
    key = "target" if kind == "decoder" else "source"
    return side(trace, query, unit), side(trace, key, unit)


def side(trace: Trace, which: str, unit: UnitKind = "token") -> Side:
    """The units of the "source" (the text and its pair) or of the "target" (what the decoder was fed)."""
    key = ("side", which, unit)
    found: Side | None = memo.find(trace, key, None)
    if found is None:
        if which == "target":
            found = side_of(unit, trace.target_tokens, trace.target_morphemes, trace.target_text, None, trace.mask_id)
        else:
            found = side_of(unit, trace.tokens, trace.morphemes, trace.text, trace.pair, trace.mask_id)
        found = memo.keep(trace, key, found)
    return found


def quadrants(trace: Trace, kind: str = "self") -> tuple[str, ...]:
    """Which of AA, AB, BA, BB this kind of attention has: all four when the text is a pair of sentences, else none."""
    if kind not in trace.kinds or kind in ("decoder", "cross"):
        return ()
    return QUADRANTS if len({t.sequence for t in trace.tokens}) > 1 else ()


def axes(trace: Trace, kind: str = "self", rule: Rule = PLAIN) -> Axes:
    """The rows and columns of a reading, without its numbers. Raises NoSuchKind."""
    query_side, key_side = sides(trace, kind, rule.unit)
    quadrant = rule.quadrant
    if quadrant is None:
        hidden = key_side.sinks if rule.hide_sinks else np.zeros(len(key_side.units), dtype=bool)
        rows, columns = np.arange(len(query_side.units)), np.arange(len(key_side.units))
        return Axes(query_side.units, key_side.units, hidden, rows, columns)
    if quadrant not in quadrants(trace, kind):
        raise NoSuchKind("quadrant", quadrant, quadrants(trace, kind))
    rows = np.flatnonzero(query_side.sequences == "AB".index(quadrant[0]))
    columns = np.flatnonzero(key_side.sequences == "AB".index(quadrant[1]))
    return Axes(
        tuple(query_side.units[i] for i in rows),
        tuple(key_side.units[i] for i in columns),
        key_side.sinks[columns] if rule.hide_sinks else np.zeros(len(columns), dtype=bool),
        rows,
        columns,
    )


def read(trace: Trace, place: Place, rule: Rule = PLAIN) -> Reading:
    """One head's attention as a person reads it; remembered, so that looking back costs nothing.

    rule.hide_sinks: leave out the first token, special tokens ([CLS], [SEP], <s>, </s>; not [MASK]) and punctuation as
    keys and renormalise the rest (Xiao et al. 2023, "Efficient streaming language models with attention sinks";
    Kovaleva et al. 2019 for the separators). A row of which less than LITTLE is left becomes zeros and is reported in
    `empty_rows`.
    rule.quadrant: only the rows of one sentence and the columns of another, not renormalised.

    Raises NoSuchPart (layer, head), NoSuchKind (kind, quadrant), NotEnoughMemory (characters of a very long text).
    """
    key = ("reading", place, rule)
    found: Reading | None = memo.find(trace, key, None)
    if found is not None:
        return found
    _check_memory(*sides(trace, place.kind, rule.unit))
    plain: Reading | None = memo.find(trace, ("reading", place, PLAIN), None)
    matrix = trace.attention(place.layer, place.head, place.kind) if plain is None else plain.matrix
    found = read_matrix(trace, matrix, masked_units(trace, place, rule.unit), place.kind, rule)
    return memo.keep(trace, key, found, found.nbytes)


def read_matrix(trace: Trace, matrix: Matrix, masked: Flags | None, kind: str, rule: Rule = PLAIN) -> Reading:
    """Weights between tokens, float32 [query, key], as a rule reads them. masked: bool [query unit, key unit]."""
    found_axes = axes(trace, kind, rule)
    return _read(matrix, masked, *sides(trace, kind, rule.unit), rule.hide_sinks, found_axes)


def masked_units(trace: Trace, place: Place, unit: UnitKind = "token") -> Flags | None:
    """Cells of which every token cell is masked: bool [query unit, key unit]; None when nothing is."""
    kind, layer, head = place.kind, place.layer, place.head
    record = trace.record(layer, kind)
    # Layers that share one mask share the answer.
    shared = record.mask is None or record.mask.shape[0] == 1
    origin = layer if record.weights is not None else (record.causal, id(record.mask))
    key = ("mask", kind, unit, origin, 0 if shared else head)
    known: Flags | None = memo.find(trace, key)
    if known is not memo.MISSING:
        return known
    masked = trace.mask(layer, kind, head)
    if masked is not None:
        query_side, key_side = sides(trace, kind, unit)
        if not (query_side.is_plain and key_side.is_plain):
            seen = np.logical_or.reduceat(~masked[:, key_side.tokens], key_side.starts, axis=1)
            masked = ~np.logical_or.reduceat(seen[query_side.tokens], query_side.starts, axis=0)
        masked.setflags(write=False)
    return memo.keep(trace, key, masked, 0 if masked is None else masked.nbytes)


def _read(
    matrix: Matrix, masked: Flags | None, query_side: Side, key_side: Side, hide_sinks: bool, shown: Axes
) -> Reading:
    if not key_side.is_plain:
        matrix = key_side.sum_columns(matrix)
    if not query_side.is_plain:
        matrix = query_side.mean_rows(matrix)
    hidden_shares = np.zeros(len(matrix), dtype=np.float32)
    if hide_sinks:
        matrix, hidden_shares = _without(matrix, key_side.sinks)
    empty = matrix.sum(axis=1) <= 0
    if len(shown.rows) < len(query_side.units) or len(shown.columns) < len(key_side.units):
        cells = np.ix_(shown.rows, shown.columns)
        matrix = matrix[cells]
        masked = None if masked is None else masked[cells]
        empty, hidden_shares = empty[shown.rows], hidden_shares[shown.rows]
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    for array in (matrix, shown.hidden_keys, hidden_shares, empty):
        array.setflags(write=False)
    return Reading(matrix, shown.query_units, shown.key_units, masked, shown.hidden_keys, hidden_shares, empty)


def _without(matrix: Matrix, hidden: Flags) -> tuple[Matrix, Matrix]:
    """Columns left out and rows renormalised (zeros where little is left); and the share of each row left out."""
    kept: Matrix = matrix * (~hidden).astype(np.float32)
    totals, left = matrix.sum(axis=1), kept.sum(axis=1)
    kept /= np.where(left > LITTLE * totals, left, np.float32(np.inf))[:, None]
    shares = 1 - np.divide(left, totals, out=np.ones_like(left), where=totals > 0)
    return kept, shares.astype(np.float32)


def _check_memory(query_side: Side, key_side: Side) -> None:
    needed = 8 * len(query_side.units) * len(key_side.units)
    if needed < 256 << 20:
        return
    from visualizer.core.system import memory

    available = memory.available()
    if needed > available // 2:
        raise NotEnoughMemory(needed=needed, available=available, what="attention")


def read_row(trace: Trace, kind: str, layer: int, heads: Sequence[int], row: int, rule: Rule = PLAIN) -> Matrix:
    """One row of several heads' readings without computing the others: float32 [head, key unit].

    row: index into the query units that `read` would give for the same choices.
    """
    import torch

    from visualizer.core import attention

    _, key_side = sides(trace, kind, rule.unit)
    shown = axes(trace, kind, rule)
    record = trace.record(layer, kind)
    looking = shown.query_units[row]
    shares = np.array(looking.shares, dtype=np.float32)[:, None] / sum(looking.shares)
    result = np.empty((len(heads), len(key_side.units)), dtype=np.float32)
    with torch.inference_mode():
        for n, head in enumerate(heads):
            rows = [attention.weights(record, head, token, token + 1)[0].cpu().numpy() for token in looking.tokens]
            whole = (np.stack(rows) * shares).sum(axis=0, keepdims=True, dtype=np.float32)
            result[n] = (whole if key_side.is_plain else key_side.sum_columns(whole))[0]
    if rule.hide_sinks:
        result, _ = _without(result, key_side.sinks)
    return result[:, shown.columns]


def word_classes(trace: Trace, kind: str = "self", rule: Rule = PLAIN) -> tuple[WordClasses, WordClasses]:
    """The coarse part of speech of every query unit and key unit (名詞, 助詞, ...); None where there is none."""
    shown = axes(trace, kind, replace(rule, hide_sinks=False))
    of_queries = trace.target_morphemes if kind in ("decoder", "cross") else trace.morphemes
    of_keys = trace.target_morphemes if kind == "decoder" else trace.morphemes
    return _word_classes(shown.query_units, of_queries), _word_classes(shown.key_units, of_keys)


def _word_classes(units: tuple[Unit, ...], morphemes: tuple[Morpheme, ...]) -> WordClasses:
    at: dict[tuple[int, int], str] = {}
    for morpheme in morphemes:
        for place in range(*morpheme.span):
            at[morpheme.sequence, place] = morpheme.word_class
    found: list[str | None] = []
    for unit in units:
        inside = [at[unit.sequence, i] for i in range(*unit.span) if (unit.sequence, i) in at]
        # A token that holds two words counts as the one of which it holds more.
        found.append(None if unit.special or not inside else max(inside, key=inside.count))
    return tuple(found)
