"""Tokens with readable labels and exact spans, for every kind of tokenizer.

    encoding = encode(tokenizer, "私は図書館で本を")
    [token.text for token in encoding.tokens]

Fast tokenizers tell where a token lies; that is checked and made finer. For all others the pieces are found in the
text again. All is total and ordered for any Unicode text: 0 <= start <= end <= len(text), starts do not decrease.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from visualizer.core import languages
from visualizer.core.errors import RunFailed, first_line
from visualizer.core.text.morphemes import find_morphemes
from visualizer.core.text.pieces import Spelling, characters, labels, readable, spelling
from visualizer.core.text.spans import Span, align, fold
from visualizer.core.text.tokens import Encoding, Morpheme, Token, Unit, clean
from visualizer.core.text.units import UNIT_KINDS, alignment, segment

__all__ = [
    "UNIT_KINDS",
    "Encoding",
    "Morpheme",
    "Token",
    "Unit",
    "alignment",
    "clean",
    "decode",
    "encode",
    "find_morphemes",
    "label_each",
    "label_ids",
    "segment",
]

# Tokenizers keep state (target mode, truncation, caches) and fast ones refuse to be changed while in use.
_lock = threading.RLock()


def encode(
    tokenizer: Any,
    text: str,
    pair: str | None = None,
    max_length: int | None = None,
    as_target: bool = False,
    language: str | None = None,
    adds_specials: bool = True,
) -> Encoding:
    """The text (and its pair) as the model reads it, with the special tokens that the tokenizer adds (`adds_specials`).

    max_length: at most so many tokens; what is left out is taken from the end of the text, or of the longer one of a
        pair, and counted in `Encoding.cut`. Special tokens stay.
    as_target: the text is for the decoder's side of a translation model. language: one of `languages.known`, or None.
    Raises RunFailed for whatever the tokenizer raises.
    """
    texts = (clean(text), clean(pair) if pair else "")
    with _lock, languages.set_to(tokenizer, language, as_target):
        spell = spelling(tokenizer)
        split = _split(tokenizer, texts[0], texts[1] or None, spell, as_target, adds_specials)
    tokens = _tokens(split, texts, spell)
    kept, cut = _fit(tokens, split.sequences, max_length)
    types = split.type_ids
    return Encoding(
        ids=tuple(tokens[n].id for n in kept),
        tokens=tuple(tokens[n] for n in kept),
        token_type_ids=None if types is None else tuple(types[n] for n in kept),
        cut=cut,
    )


def label_ids(tokenizer: Any, ids: Sequence[int], before: Sequence[int] = ()) -> tuple[Token, ...]:
    """Tokens for ids that a model produced; spans lie in `decode(tokenizer, [*before, *ids])`.

    before: the ids that came before; they complete characters that were begun, and are not in the result.
    """
    every = [int(i) for i in (*before, *ids)]
    with _lock:
        spell = spelling(tokenizer)
        pieces = _pieces(tokenizer, every)
        text = decode(tokenizer, every)
    sequences = [None if i in spell.special_ids else 0 for i in every]
    split = _Split(every, pieces, pieces, sequences, None, None)
    return tuple(_tokens(split, (text, ""), spell)[len(before) :])


def label_each(tokenizer: Any, ids: Sequence[int]) -> list[str]:
    """How each id is written by itself, without the blanks around it: `label_ids` for a whole vocabulary, in a second.

    Each is the stripped text of `label_ids(tokenizer, [id])`, unless it is nothing but blanks.
    """
    with _lock:
        spell = spelling(tokenizer)
        found = _pieces(tokenizer, ids)
    surfaces = _surfaces(found, spell)
    names = []
    for number, piece, surface in zip(ids, found, surfaces, strict=True):
        is_special = number in spell.special_ids and piece != spell.unknown
        name = readable(piece) if is_special else labels([surface or b""])[0] or readable(piece)
        names.append(name.strip() or name or f"<{number}>")
    return names


def decode(tokenizer: Any, ids: Sequence[int]) -> str:
    """The text of ids, without special tokens, every blank as it is."""
    with _lock:
        known = [int(i) for i, piece in zip(ids, _pieces(tokenizer, ids), strict=True) if piece]
        try:
            return str(tokenizer.decode(known, skip_special_tokens=True, clean_up_tokenization_spaces=False))
        except (ValueError, IndexError, KeyError, TypeError, OverflowError):  # ids that only the model has rows for
            spell = spelling(tokenizer)
            surfaces = (spell.surface(p) for i, p in zip(known, _pieces(tokenizer, known), strict=True))
            return b"".join(surfaces).decode("utf-8", "replace")


@dataclass
class _Split:
    """What a tokenizer made of a text: one entry per token; sequence None marks tokens that it added.

    written: how a piece is spelled in the text, where the tokenizer says so of pieces that it does not know.
    """

    ids: list[int]
    pieces: list[str]
    written: list[str]
    sequences: list[int | None]
    offsets: list[Span] | None
    type_ids: list[int] | None


@contextmanager
def _target_mode(tokenizer: Any, as_target: bool) -> Iterator[None]:
    """A slow tokenizer with two sides splits as it does for its second one."""
    if not as_target or not hasattr(tokenizer, "_switch_to_target_mode"):
        yield
        return
    tokenizer._switch_to_target_mode()
    try:
        yield
    finally:
        tokenizer._switch_to_input_mode()


def _split(
    tokenizer: Any, text: str, pair: str | None, spell: Spelling, as_target: bool, adds_specials: bool
) -> _Split:
    told: dict[str, Any] = {"add_special_tokens": adds_specials, "verbose": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what a person typed, such as a second </s>
            if as_target:
                batch = tokenizer(text_target=text, text_pair_target=pair, **told)
            else:
                batch = tokenizer(text, pair, **told)
    except MemoryError:
        raise
    except Exception as error:  # a tokenizer may lack what only this text asks for, such as its unknown token
        raise RunFailed(detail=f"tokenizer: {first_line(error)}") from error
    ids = [int(i) for i in batch["input_ids"]]
    types = batch.get("token_type_ids")
    type_ids = None if types is None else [int(t) for t in types]
    backend = batch.encodings[0] if getattr(batch, "encodings", None) else None
    if backend is not None:
        offsets = [(int(start), int(end)) for start, end in backend.offsets]
        pieces = _pieces(tokenizer, ids)
        return _Split(ids, pieces, pieces, list(backend.sequence_ids), offsets, type_ids)
    with _target_mode(tokenizer, as_target):
        return _slow_split(tokenizer, ids, type_ids, text, pair, spell)


def _slow_split(
    tokenizer: Any, ids: list[int], type_ids: list[int] | None, text: str, pair: str | None, spell: Spelling
) -> _Split:
    """Finds which ids come from the text; a slow tokenizer's own pieces still hold the characters it does not know."""
    pieces = _pieces(tokenizer, ids)
    written = list(pieces)
    sequences: list[int | None] = [None] * len(ids)
    start = 0
    for number, part in enumerate((text, pair)):
        if part is None:
            continue
        own = [str(piece) for piece in tokenizer.tokenize(part)]
        own_ids = [int(i) for i in tokenizer.convert_tokens_to_ids(own)]
        last = len(ids) - len(own_ids)
        at = next((n for n in range(start, last + 1) if ids[n : n + len(own_ids)] == own_ids), None)
        if at is None:
            # What it says is not what it does (a sampling tokenizer, say): all that is not special is text.
            added = [i in spell.special_ids and p != spell.unknown for i, p in zip(ids, pieces, strict=True)]
            return _Split(ids, pieces, pieces, [None if special else 0 for special in added], None, type_ids)
        written[at : at + len(own)] = own
        sequences[at : at + len(own)] = [number] * len(own)
        start = at + len(own)
    return _Split(ids, pieces, written, sequences, None, type_ids)


def _pieces(tokenizer: Any, ids: Sequence[int]) -> list[str]:
    """The vocabulary's entries; "" for an id that it has not (models may have more rows than their tokenizer)."""

    unknown = getattr(tokenizer, "unk_token", None), getattr(tokenizer, "unk_token_id", None)

    def known(number: int, piece: str | None) -> str:
        return "" if piece is None or (piece == unknown[0] and number != unknown[1]) else piece

    def one(number: int) -> str:
        try:
            return known(number, tokenizer.convert_ids_to_tokens(number))
        except (IndexError, KeyError, OverflowError, TypeError, ValueError):
            return ""

    numbers = [int(i) for i in ids]
    try:
        found = tokenizer.convert_ids_to_tokens(numbers)
    except (IndexError, KeyError, OverflowError, TypeError, ValueError):
        return [one(number) for number in numbers]
    if len(found) != len(numbers):
        return [one(number) for number in numbers]
    return [known(number, piece) for number, piece in zip(numbers, found, strict=True)]


def _tokens(split: _Split, texts: tuple[str, str], spell: Spelling) -> list[Token]:
    count = len(split.ids)
    tokens: list[Token | None] = [None] * count
    ends = [0, 0]
    for number in (0, 1):
        members = [n for n in range(count) if split.sequences[n] == number]
        offsets = [split.offsets[n] for n in members] if split.offsets is not None else None
        pieces = [split.pieces[n] for n in members]
        spans = _spans(_surfaces([split.written[n] for n in members], spell), texts[number], offsets)
        names = _names(_surfaces(pieces, spell), pieces, texts[number])
        for n, piece, span, name in zip(members, pieces, spans, names, strict=True):
            written = texts[number][slice(*span)].strip() == piece
            special = split.ids[n] in spell.special_ids and (piece != spell.unknown or written)
            label = (readable(piece) if special else name) or f"<{split.ids[n]}>"
            tokens[n] = Token(split.ids[n], label, span, special, piece, number)
        ends[number] = spans[-1][1] if spans else 0
    return _with_added(tokens, split, spell)


def _with_added(tokens: list[Token | None], split: _Split, spell: Spelling) -> list[Token]:
    """Puts the tokens that the tokenizer added where the text around them has got to."""
    result: list[Token] = []
    sequence, place = 0, 0
    has_begun = False
    for n, token in enumerate(tokens):
        if token is None:
            if not has_begun:
                following = next((t for t in tokens[n:] if t is not None), None)
                place = following.span[0] if following is not None and following.sequence == 0 else 0
            piece = split.pieces[n]
            token = Token(split.ids[n], readable(piece) or f"<{split.ids[n]}>", (place, place), True, piece, sequence)
        else:
            if token.sequence != sequence:
                sequence, place = token.sequence, 0
            has_begun = True
            place = max(place, token.span[1])
        result.append(token)
    # An added token may not lie behind the start of one that follows it in the same sequence.
    floor: dict[int, int] = {}
    for n in range(len(result) - 1, -1, -1):
        token = result[n]
        limit = floor.get(token.sequence, token.span[0])
        if token.span[0] > limit:
            result[n] = token = replace(
                token, span=(limit, max(limit, token.span[1]) if token.span[1] > token.span[0] else limit)
            )
        floor[token.sequence] = token.span[0]
    return result


def _surfaces(pieces: Sequence[str], spell: Spelling) -> list[bytes | None]:
    return [None if not piece or piece == spell.unknown else spell.surface(piece) for piece in pieces]


def _names(surfaces: Sequence[bytes | None], pieces: Sequence[str], text: str) -> list[str]:
    """Labels of the pieces of one sequence; an unknown piece keeps the tokenizer's own name for it."""
    known = [surface or b"" for surface in surfaces]
    # A blank that the tokenizer puts before every text is no part of what was typed.
    if known and known[0].startswith(b" ") and known[0] != b" " and not text[:1].isspace():
        known[0] = known[0][1:]
    return [name or readable(piece) for name, piece in zip(labels(known), pieces, strict=True)]


def _spans(surfaces: Sequence[bytes | None], text: str, offsets: list[Span] | None) -> list[Span]:
    if offsets is None:
        return align(surfaces, text)
    spans = _finer(surfaces, text, _ordered(offsets, len(text)))
    if _agreement(surfaces, text, spans) < 0.5:
        # Offsets of a normalised or otherwise different text: the pieces themselves tell more.
        again = align(surfaces, text)
        if _agreement(surfaces, text, again) > _agreement(surfaces, text, spans):
            return again
    return spans


def _ordered(offsets: Sequence[Span], length: int) -> list[Span]:
    """The offsets inside the text, starts not decreasing; empty ones where the text before them has got to."""
    following = length
    limits = [length] * len(offsets)
    for n in range(len(offsets) - 1, -1, -1):
        limits[n] = following
        start, end = offsets[n]
        if end > start:
            following = min(following, max(0, start))
    spans: list[Span] = []
    last_start, reached = 0, 0
    for (start, end), limit in zip(offsets, limits, strict=True):
        if end <= start:
            start = end = max(last_start, min(reached, limit))
        else:
            start = min(length, max(last_start, start))
            end = min(length, max(start, end))
        spans.append((start, end))
        last_start, reached = start, max(reached, end)
    return spans


def _finer(surfaces: Sequence[bytes | None], text: str, spans: list[Span]) -> list[Span]:
    """Divides stretches that several tokens share (bytes of unknown characters are given the whole stretch)."""
    n = 0
    while n < len(spans):
        start, end = spans[n]
        last = n + 1
        while last < len(spans) and spans[last] == (start, end):
            last += 1
        if end - start > 1 and last - n > 1:
            spans[n:last] = [(start + s, start + e) for s, e in align(surfaces[n:last], text[start:end])]
        elif end > start and last - n > 1:
            for k in range(n, last):
                surface = surfaces[k]
                # A blank put in by the tokenizer is given the character after it.
                if surface is not None and not surface.strip() and not text[start].isspace():
                    spans[k] = (start, start)
        n = last
    return spans


def _agreement(surfaces: Sequence[bytes | None], text: str, spans: Sequence[Span]) -> float:
    """Share of the pieces whose span holds their characters."""
    held = [""] * len(surfaces)
    for character, first, last in characters([surface or b"" for surface in surfaces]):
        if isinstance(character, str):
            for n in range(first, last + 1):
                held[n] += fold(character)
    judged = [(piece, fold(text[slice(*span)])) for piece, span in zip(held, spans, strict=True) if piece]
    if not judged:
        return 1.0
    return sum(bool(there) and (piece in there or there in piece) for piece, there in judged) / len(judged)


def _fit(tokens: Sequence[Token], sequences: Sequence[int | None], max_length: int | None) -> tuple[list[int], int]:
    """Indices of the tokens that stay, and how many had to go."""
    kept = list(range(len(tokens)))
    if max_length is None or len(kept) <= max_length:
        return kept, 0
    too_many = len(kept) - max_length
    parts = [[n for n in kept if sequences[n] == number] for number in (0, 1)]
    dropped: set[int] = set()
    for _ in range(too_many):
        longer = parts[1] if len(parts[1]) >= len(parts[0]) else parts[0]
        if not longer:
            break
        dropped.add(longer.pop())
    kept = [n for n in kept if n not in dropped][:max_length]
    return kept, len(tokens) - len(kept)
