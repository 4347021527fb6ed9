"""Reading JSON that somebody else wrote: bounded, and never an error of another kind than ours."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from visualizer.core.errors import DamagedFile

# A tokenizer of a million words has some 100 MB; nothing that is read here is larger.
_MOST_BYTES = 1 << 28
_MOST_DIGITS = 40  # transformers writes 10^30 for "no maximum"
_PAIR_OR_ONE = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def read_json(path: Path, most: int = _MOST_BYTES, endless: bool = False) -> Any:
    """The content of a JSON file of at most so many bytes. Raises DamagedFile.

    Beside what is no JSON, these are refused: nesting that exhausts the stack, integers of more than 40 digits, halves
    of characters, which no text can be made of, and NaN and infinity unless `endless` lets infinity pass.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise DamagedFile(str(path), f"{size} bytes, and at most {most} are possible")
        return parse_json(path.read_text(encoding="utf-8"), endless)
    except (ValueError, OSError) as error:
        raise DamagedFile(str(path), _words(error)) from error


def read_object(path: Path, most: int = _MOST_BYTES, endless: bool = False) -> dict[str, Any]:
    """The object that a JSON file holds. Raises DamagedFile, also for another content."""
    content = read_json(path, most, endless)
    if not isinstance(content, dict):
        raise DamagedFile(str(path), "no object")
    return content


def parse_json(text: str, endless: bool = False) -> Any:
    """What a JSON text holds. Raises ValueError for everything that :func:`read_json` refuses."""
    if any(match[1] for match in _PAIR_OR_ONE.finditer(text)):
        raise ValueError("half a character (a lone surrogate)")

    def constant(name: str) -> float:
        if endless and name != "NaN":
            return float(name)
        raise ValueError(f"{name} is no number")

    def real(digits: str) -> float:
        number = float(digits)
        if not endless and not math.isfinite(number):
            raise ValueError(f"{digits[:_MOST_DIGITS]} is too large")
        return number

    try:
        return json.loads(text, parse_constant=constant, parse_int=_integer, parse_float=real)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _words(error: ValueError | OSError) -> str:
    return " ".join(str(error).split())[:300]
