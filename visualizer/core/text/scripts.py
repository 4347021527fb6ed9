"""In which script a token is written: kanji, kana, Latin letters, or something else."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SCRIPTS = ("kanji", "kana", "latin", "other")
_OTHER = SCRIPTS.index("other")


def of_labels(names: Sequence[str]) -> NDArray[np.int8]:
    """Index into `SCRIPTS` for each name: the script of most of its letters, the first of those that are equal.

    other: figures, signs, letters of other scripts, parts of a character (<E6 97>) and names in angle brackets.
    """
    return np.array([_of_label(name) for name in names], dtype=np.int8)


def _of_label(name: str) -> int:
    if name.startswith("<") and name.endswith(">"):
        return _OTHER
    counts = [0] * len(SCRIPTS)
    for character in name:
        if character.isalpha():
            counts[_of_letter(character)] += 1
    return max(range(len(SCRIPTS)), key=lambda n: counts[n]) if any(counts) else _OTHER


def _of_letter(letter: str) -> int:
    if letter.isascii():
        return 2
    if "\u3005" <= letter <= "\u3007" or "\u3400" <= letter <= "\u9fff" or "\uf900" <= letter <= "\ufaff":
        return 0
    if letter >= "\U00020000":
        return 0
    if "\u3041" <= letter <= "\u30ff" or "\u31f0" <= letter <= "\u31ff" or "\uff66" <= letter <= "\uff9f":
        return 1
    return 2 if unicodedata.name(letter, "").startswith(("LATIN", "FULLWIDTH LATIN")) else _OTHER
