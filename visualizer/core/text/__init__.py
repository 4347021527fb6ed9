"""Text: tokens, morphemes, characters, and how they line up."""

from __future__ import annotations

from visualizer.core.text.encoding import decode, encode, label_each, label_ids
from visualizer.core.text.morphemes import find_morphemes
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
