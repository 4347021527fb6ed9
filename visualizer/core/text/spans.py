"""Where pieces of text lie in a text that a tokenizer may have normalised, shortened or partly not known."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from visualizer.core.text.pieces import characters

Span = tuple[int, int]

_REACH = 48  # folded characters that a piece may lie ahead of where it is expected


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """What of a text survives every common normalisation: no case, accents, widths or blanks."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if not c.isspace() and unicodedata.category(c) not in ("Mn", "Cf"))


def align(surfaces: Sequence[bytes | None], text: str) -> list[Span]:
    """The span of each surface in the text; None is an unknown piece, which takes what lies between its neighbours.

    Surfaces that are in the text get exactly their characters (without blanks around them); the parts of one character
    share its span. Total and ordered for any input: 0 <= start <= end <= len(text), and starts do not decrease.
    """
    matched: list[Span | None] = [None] * len(surfaces)
    folded, origin = _fold_with_origin(text)
    cursor = 0
    for after_unknown, run in _runs(surfaces):
        whole = "".join(plain for plain, _, _ in run)
        # A run of known pieces is looked for as a whole: a single short piece may lie in many places.
        found = folded.find(whole, cursor + 1) if after_unknown else -1
        if found < 0 and folded.startswith(whole, cursor):
            found = cursor
        if found >= 0:
            _mark(matched, run, found, origin)
            cursor = found + len(whole)
            continue
        for piece in _by_first(run):
            part = "".join(plain for plain, _, _ in piece)
            found = folded.find(part, cursor, cursor + _REACH + len(part))
            if found >= 0:
                _mark(matched, piece, found, origin)
                cursor = found + len(part)
    return _fill(matched, surfaces, text)


_Run = list[tuple[str, int, int]]  # folded character, first and last surface that hold it


def _fold_with_origin(text: str) -> tuple[str, list[int]]:
    plain = [fold(character) for character in text]
    origin = [index for index, part in enumerate(plain) for _ in part]
    return "".join(plain), origin


def _runs(surfaces: Sequence[bytes | None]) -> Iterable[tuple[bool, _Run]]:
    """The folded characters between unknown pieces, and whether an unknown piece comes before."""
    unknown_before = [0]
    for surface in surfaces:
        unknown_before.append(unknown_before[-1] + (surface is None))
    runs: dict[int, _Run] = {}
    for character, first, last in characters([surface or b"" for surface in surfaces]):
        if isinstance(character, str) and (plain := fold(character)):
            runs.setdefault(unknown_before[first], []).append((plain, first, last))
    return ((number > 0, run) for number, run in runs.items())


def _by_first(run: _Run) -> Iterable[_Run]:
    piece: _Run = []
    for item in run:
        if piece and item[1] != piece[-1][1]:
            yield piece
            piece = []
        piece.append(item)
    if piece:
        yield piece


def _mark(matched: list[Span | None], run: _Run, found: int, origin: Sequence[int]) -> None:
    for plain, first, last in run:
        start, end = origin[found], origin[found + len(plain) - 1] + 1
        for n in range(first, last + 1):
            known = matched[n]
            matched[n] = (start, end) if known is None else (known[0], max(known[1], end))
        found += len(plain)


def _fill(matched: Sequence[Span | None], surfaces: Sequence[bytes | None], text: str) -> list[Span]:
    """Gives what was not found the characters between its neighbours."""
    spans: list[Span] = []
    reached = 0
    n = 0
    while n < len(matched):
        here = matched[n]
        if here is not None:
            spans.append(here)
            reached = max(reached, here[1])
            n += 1
            continue
        end = n
        while end < len(matched) and matched[end] is None:
            end += 1
        following = matched[end] if end < len(matched) else None
        limit = len(text) if following is None else following[0]
        spans.extend(_share_out(surfaces[n:end], text, min(reached, limit), limit))
        n = end
    return spans


def _share_out(surfaces: Sequence[bytes | None], text: str, start: int, end: int) -> list[Span]:
    """Divides text[start:end] among pieces in order: blanks to blank pieces, a word or an equal part to the others."""
    blank = [surface is not None and not surface.strip() for surface in surfaces]
    solid = blank.count(False)
    spans: list[Span] = []
    for n, surface in enumerate(surfaces):
        begin = start
        if blank[n]:
            # The last piece of the gap takes all its blanks; others as many as they have.
            most = end - start if n == len(surfaces) - 1 else len((surface or b"").decode("utf-8", "replace"))
            while start < end and start - begin < most and text[start].isspace():
                start += 1
            spans.append((begin, start))
            continue
        while begin < end and text[begin].isspace():
            begin += 1
        words = text[begin:end].split()
        if not words:
            spans.append((start, start))
        else:
            size = len(words[0]) if len(words) >= solid else -(-len(text[begin:end].rstrip()) // solid)
            if solid == 1:
                size = len(text[begin:end].rstrip())
            spans.append((begin, begin + size))
            start = begin + size
        solid -= 1
    return spans
