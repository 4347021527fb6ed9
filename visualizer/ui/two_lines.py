"""A name on two lines, where that makes it narrower."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

# Katakana that belong to the sign before them: no line begins with one.
_BOUND = frozenset("ーァィゥェォッャュョヮ、。）)」％")


def in_two(name: str, width: Callable[[str], int], enough: int) -> str:
    """The name with a line break where both lines are narrowest; as it is if it is not wider than `enough`.

    Latin text breaks at blanks only, Japanese also between signs, and both before a bracket rather than within it.
    width: of a text, in pixels.
    """
    if width(name) <= enough or "\n" in name:
        return name
    places = [at for at in range(1, len(name)) if _may_break(name, at)]
    outside = [at for at in places if name.count("(", 0, at) + name.count("（", 0, at) == 0]
    halves = [(name[:at].rstrip(), name[at:].lstrip()) for at in outside or places]
    if not halves:
        return name
    first, second = min(halves, key=lambda pair: max(width(pair[0]), width(pair[1])))
    return f"{first}\n{second}"


def _may_break(name: str, at: int) -> bool:
    before, after = name[at - 1], name[at]
    if after in _BOUND or before in "（(「":
        return False
    if after in "（(":
        return True
    return before.isspace() or (_is_wide(before) and _is_wide(after))


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"
