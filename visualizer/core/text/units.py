"""Reading attention by token, morpheme, word or character: how tokens fall into stretches of text.

The share of a token in a unit is the share of its characters (blanks do not count), so the columns of `alignment`
sum to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import regex

from visualizer.core import names
from visualizer.core.text.morphemes import JAPANESE
from visualizer.core.text.pieces import readable
from visualizer.core.text.tokens import Morpheme, Token, Unit

UnitKind = names.Unit
UNIT_KINDS = names.UNITS

Piece = tuple[int, int, str | None]  # start, end, part of speech

_GRAPHEME = regex.compile(r"\X")
# A word with its accents, and what joins its parts (don't, state-of-the-art, 3.14); any other character for itself.
_WORD = regex.compile(r"[\w\p{M}]+(?:['’.,‐-][\w\p{M}]+)*|\s+|\X")


def segment(
    unit: UnitKind, tokens: Sequence[Token], morphemes: Sequence[Morpheme], text: str, pair: str | None = None
) -> tuple[Unit, ...]:
    """The units of a text that hold tokens, in the order of the text; every special token is a unit of its own.

    "word" takes morphemes in Japanese and runs of word characters elsewhere; "morpheme" takes morphemes wherever there
    are any; "character" is a grapheme cluster (UAX #29). Raises ValueError for another unit.
    """
    if unit not in UNIT_KINDS:
        raise ValueError(f"no unit {unit!r}: there are {', '.join(UNIT_KINDS)}")
    if unit == "token":
        return tuple(Unit(t.text, t.span, t.sequence, (n,), (1.0,), None, t.special) for n, t in enumerate(tokens))
    ordered: list[tuple[int, int, Unit]] = [
        (n, 0, Unit(t.text, t.span, t.sequence, (n,), (1.0,), None, True)) for n, t in enumerate(tokens) if t.special
    ]
    for sequence, string in enumerate((text, pair or "")):
        pieces = _cut(unit, string, [m for m in morphemes if m.sequence == sequence])
        members = [(n, t) for n, t in enumerate(tokens) if t.sequence == sequence and not t.special]
        first = 0
        for place, found in enumerate(_collect(string, pieces, members, sequence)):
            # Among special tokens a unit stands where its first token does; among units the order is that of the text.
            first = max(first, min(found.tokens))
            ordered.append((first, place + 1, found))
    ordered.sort(key=lambda item: item[:2])
    return tuple(found for _, _, found in ordered)


def alignment(units: Sequence[Unit], n_tokens: int) -> np.ndarray:
    """float32 [unit, token]: the share of each token that lies in each unit; every column of a token sums to 1."""
    shares = np.zeros((len(units), n_tokens), dtype=np.float32)
    for row, unit in enumerate(units):
        for token, share in zip(unit.tokens, unit.shares, strict=True):
            shares[row, token] += share
    return shares


def _cut(unit: UnitKind, text: str, morphemes: Sequence[Morpheme]) -> list[Piece]:
    """Divides the whole text without gap or overlap."""
    if unit == "character":
        return [(m.start(), m.end(), None) for m in _GRAPHEME.finditer(text)]
    pieces: list[Piece] = []
    cursor = 0
    for morpheme in morphemes:
        start, end = morpheme.span
        if start < cursor or (unit == "word" and not JAPANESE.search(morpheme.surface)):
            continue
        pieces.extend(_words(text, cursor, start))
        pieces.append((start, end, morpheme.part_of_speech))
        cursor = end
    pieces.extend(_words(text, cursor, len(text)))
    return _whole_characters(pieces, text)


def _whole_characters(pieces: list[Piece], text: str) -> list[Piece]:
    """A piece that begins inside a character (a family of emoji, a keycap) goes to the one before it."""
    starts = {m.start() for m in _GRAPHEME.finditer(text)}
    whole: list[Piece] = []
    for start, end, part_of_speech in pieces:
        if whole and start not in starts:
            whole[-1] = (whole[-1][0], end, whole[-1][2])
        else:
            whole.append((start, end, part_of_speech))
    return whole


def _words(text: str, start: int, end: int) -> list[Piece]:
    return [(m.start(), m.end(), None) for m in _WORD.finditer(text, start, end)]


def _collect(text: str, pieces: list[Piece], members: Sequence[tuple[int, Token]], sequence: int) -> list[Unit]:
    if not members:
        return []
    if not pieces:
        pieces = [(0, len(text), None)]
    home = np.zeros(len(text) + 1, dtype=np.int64)  # index of the piece that holds each character
    for number, (start, end, _) in enumerate(pieces):
        home[start:end] = number
    home[len(text)] = len(pieces) - 1
    held: list[dict[int, float]] = [{} for _ in pieces]
    for n, token in members:
        start, end = token.span
        places = [i for i in range(start, end) if not text[i].isspace()] or list(range(start, end)) or [start]
        for i in places:
            shares = held[home[i]]
            shares[n] = shares.get(n, 0.0) + 1.0 / len(places)
    units = []
    for (start, end, part_of_speech), shares in zip(pieces, held, strict=True):
        if shares:
            label = readable(text[start:end]) or members[0][1].text
            units.append(Unit(label, (start, end), sequence, tuple(shares), tuple(shares.values()), part_of_speech))
    return units
