"""From the pieces of a vocabulary to bytes, characters and readable labels.

A tokenizer spells its pieces in one of few ways: characters (with ▁, ## or </w> as marks, and <0xE6> for single
bytes), bytes as printable characters (GPT-2: Radford et al. 2019, section 2.2), or bytes as Latin-1 (ByT5: Xue et
al. 2022). Which one is found by asking the tokenizer to split a character, not by its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Literal

from visualizer.core.system import memo

_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>|<\|byte(\d{1,3})\|>")
_WORD_MARK = "▁"


@cache
def byte_alphabet() -> dict[str, int]:
    """GPT-2's printable character for each of the 256 bytes: character -> byte."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in set(printable)]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(0x100 + n): byte for n, byte in enumerate(rest)})
    return table


@dataclass(frozen=True)
class Spelling:
    """How a tokenizer spells its pieces."""

    kind: Literal["characters", "byte_level", "latin_bytes"]
    prefix: str = ""
    suffix: str = ""
    unknown: str | None = None
    special_ids: frozenset[int] = frozenset()
    literal: frozenset[str] = field(default_factory=frozenset)  # added tokens, which are spelled as they are

    def surface(self, piece: str) -> bytes:
        """The UTF-8 bytes that a piece stands for; they may begin or end inside a character."""
        if piece in self.literal:
            return _utf8(piece)
        if self.kind == "byte_level":
            table = byte_alphabet()
            return b"".join(bytes((table[c],)) if c in table else _utf8(c) for c in piece)
        if self.kind == "latin_bytes":
            return b"".join(bytes((ord(c),)) if ord(c) < 256 else _utf8(c) for c in piece)
        byte = _BYTE_PIECE.fullmatch(piece)
        if byte:
            value = int(byte[1], 16) if byte[1] else int(byte[2])
            return bytes((value & 0xFF,))
        if self.prefix and piece.startswith(self.prefix):
            piece = piece[len(self.prefix) :]
        if self.suffix and piece.endswith(self.suffix):
            piece = piece[: -len(self.suffix)]
        return _utf8(piece.replace(_WORD_MARK, " "))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def spelling(tokenizer: Any) -> Spelling:
    """How this tokenizer spells its pieces; found once for each tokenizer."""
    return memo.ask(tokenizer, "spelling", lambda: _find_spelling(tokenizer))


def _find_spelling(tokenizer: Any) -> Spelling:
    added = dict(getattr(tokenizer, "added_tokens_decoder", {}) or {})
    special = set(tokenizer.all_special_ids) | {i for i, token in added.items() if getattr(token, "special", False)}
    literal = frozenset(str(token) for token in added.values())
    common = {"unknown": tokenizer.unk_token, "special_ids": frozenset(special), "literal": literal}
    kind = _find_kind(tokenizer)
    if kind != "characters":
        return Spelling(kind, **common)
    prefix, suffix = _find_marks(tokenizer)
    return Spelling(kind, prefix, suffix, **common)


def _find_kind(tokenizer: Any) -> Literal["characters", "byte_level", "latin_bytes"]:
    def split(text: str) -> str:
        try:
            return "".join(tokenizer.tokenize(text))
        except Exception:  # a tokenizer may refuse a probe; the plain spelling is then right as far as anyone can see
            return ""

    # 日 is E6 97 A5: in GPT-2's alphabet æĹ¥, in Latin-1 æ\x97¥.
    pieces = split("日")
    if "æ\x97¥" in pieces:
        return "latin_bytes"
    if "æĹ¥" in pieces or "aĠb" in split("a b"):
        return "byte_level"
    return "characters"


def _find_marks(tokenizer: Any) -> tuple[str, str]:
    """The mark of a piece inside a word (prefix), and of one at a word's end or before its rest (suffix)."""
    backend = getattr(getattr(tokenizer, "backend_tokenizer", None), "model", None)
    if backend is not None:
        prefix = getattr(backend, "continuing_subword_prefix", None) or ""
        return prefix, getattr(backend, "end_of_word_suffix", None) or ""
    try:
        vocabulary = list(tokenizer.get_vocab())
    except Exception:  # character tokenizers (CANINE) have no list of pieces
        return "", ""
    enough = max(1, len(vocabulary) // 50)

    def marked(test: Any) -> bool:
        return sum(map(test, vocabulary)) >= enough

    prefix = "##" if marked(lambda piece: piece.startswith("##") and len(piece) > 2) else ""
    for suffix in ("</w>", "@@"):
        if marked(lambda piece, end=suffix: piece.endswith(end) and len(piece) > len(end)):
            return prefix, suffix
    return prefix, ""


def characters(surfaces: Sequence[bytes]) -> list[tuple[str | bytes, int, int]]:
    """The characters of a stream of bytes with (first, last) index of the surfaces that hold them.

    A byte that belongs to no character (the stream begins or ends inside one) is given as `bytes`.
    """
    if all(_is_whole(surface) for surface in surfaces):
        return [(c, n, n) for n, surface in enumerate(surfaces) for c in surface.decode("utf-8")]
    stream = b"".join(surfaces)
    owner = [n for n, surface in enumerate(surfaces) for _ in surface]
    found: list[tuple[str | bytes, int, int]] = []
    at = 0
    while at < len(stream):
        lead = stream[at]
        size = 1 if lead < 0x80 else 2 if lead >> 5 == 0b110 else 3 if lead >> 4 == 0b1110 else 4
        try:
            character: str | bytes = stream[at : at + size].decode("utf-8")
        except UnicodeDecodeError:
            character, size = stream[at : at + 1], 1
        found.append((character, owner[at], owner[at + size - 1]))
        at += size
    return found


def _is_whole(surface: bytes) -> bool:
    try:
        surface.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def labels(surfaces: Sequence[bytes]) -> list[str]:
    """A readable label for each surface of one stream; "" for a surface without bytes."""
    parts: list[list[str]] = [[] for _ in surfaces]
    loose: list[bytearray] = [bytearray() for _ in surfaces]

    def close(n: int) -> None:
        if loose[n]:
            parts[n].append(f"<{loose[n].hex(' ').upper()}>")
            loose[n].clear()

    for character, first, last in characters(surfaces):
        if isinstance(character, bytes):
            loose[first] += character
            continue
        close(first)
        if first == last:
            parts[first].append(character)
            continue
        holders = [n for n in range(first, last + 1) if surfaces[n]]
        for number, n in enumerate(holders, 1):
            parts[n].append(f"「{readable(character)}」{number}/{len(holders)}")
    for n in range(len(surfaces)):
        close(n)
    return [readable("".join(part)) for part in parts]


_VISIBLE = {
    " ": "␣",
    "\u3000": "␣",
    "\u00a0": "␣",
    "\n": "↵",
    "\r": "␍",
    "\t": "⇥",
    "\x7f": "␡",
    "\x85": "↵",
    "\u2028": "↵",
}
_BLANK_RUN = 4  # longer runs of one blank are counted instead of drawn


@lru_cache(maxsize=65536)
def readable(text: str) -> str:
    """The text with everything visible: blanks when there is nothing else, control and direction marks always."""
    if not text:
        return ""
    if text.isspace():
        if len(text) > _BLANK_RUN and len(set(text)) == 1:
            return f"{_visible(text[0], blank=True)}×{len(text)}"
        return "".join(_visible(c, blank=True) for c in text)
    if all(unicodedata.category(c) in ("Cf", "Mn", "Me") for c in text):
        # Nothing to see: joiners and variation selectors by number, accents on the customary dotted circle.
        return "".join(f"◌{c}" if unicodedata.combining(c) else f"<U+{ord(c):04X}>" for c in text)
    return "".join(_visible(c) for c in text)


def _visible(character: str, blank: bool = False) -> str:
    if character.isspace() and (blank or character in "\n\r\t\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"):
        return _VISIBLE.get(character, "␣")
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if character in _VISIBLE and not character.isspace():
        return _VISIBLE[character]
    # Control and direction marks would change how the text around them is drawn.
    if unicodedata.category(character) in ("Cc", "Cs") or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
        return f"<U+{code:04X}>"
    return character
