"""Japanese morphemes by Janome (MeCab's IPADIC), with exact spans."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import Any

from visualizer.core.text.tokens import Morpheme, clean

# Hiragana, katakana (half-width too), ideographs and their iteration marks.
JAPANESE = re.compile(
    "[\u3005-\u3007\u3031-\u3035\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
_FOREIGN = re.compile(r"[^\W\d_]")  # a letter of any script
_LONGEST = 800  # characters given to Janome at once; its lattice grows with the length
_BREAK = re.compile(r"(?<=[。．！？!?、，\n])|(?<=\s)")

_lock = threading.Lock()
_analyser: Any = None


def has_japanese(text: str) -> bool:
    """Whether the text holds kana or ideographs."""
    return JAPANESE.search(text) is not None


@lru_cache(maxsize=64)
def find_morphemes(text: str, sequence: int = 0) -> tuple[Morpheme, ...]:
    """The morphemes of a text in order, blanks left out; () when it holds no Japanese.

    The dictionary is loaded when first needed. Words of other scripts are left out: the dictionary does not know them,
    and Janome calls whatever it does not know a noun.
    """
    if not has_japanese(text):
        return ()
    global _analyser
    text = clean(text)
    found: list[Morpheme] = []
    with _lock:
        if _analyser is None:
            from janome.tokenizer import Tokenizer

            _analyser = Tokenizer()
        for start, part in _parts(text):
            cursor = start
            for token in _analyser.tokenize(part):
                at = text.find(token.surface, cursor, start + len(part))
                if at < 0 or not token.surface or token.surface.isspace():
                    continue
                cursor = at + len(token.surface)
                if _is_unknown(token):
                    continue
                found.append(_morpheme(token, (at, cursor), sequence))
    return tuple(found)


def _is_unknown(token: Any) -> bool:
    """Words of other scripts, and signs such as "." that came out as nouns; numbers and Japanese signs are known."""
    surface: str = token.surface
    if JAPANESE.search(surface):
        return False
    is_noun = token.part_of_speech.startswith("名詞") and not any(c.isnumeric() for c in surface)
    return is_noun or _FOREIGN.search(surface) is not None


def _morpheme(token: Any, span: tuple[int, int], sequence: int) -> Morpheme:
    classes = [name for name in token.part_of_speech.split(",") if name != "*"]
    return Morpheme(
        surface=token.surface,
        part_of_speech=",".join(classes),
        reading="" if token.reading == "*" else token.reading,
        base_form=token.surface if token.base_form == "*" else token.base_form,
        span=span,
        sequence=sequence,
    )


def _parts(text: str) -> list[tuple[int, str]]:
    """The text in stretches that end at sentence marks or blanks, each with its start."""
    parts: list[tuple[int, str]] = []
    start = 0
    while start < len(text):
        end = min(len(text), start + _LONGEST)
        if end < len(text):
            stops = [match.end() for match in _BREAK.finditer(text, start + _LONGEST // 2, end)]
            end = stops[-1] if stops else end
        parts.append((start, text[start:end]))
        start = end
    return parts
