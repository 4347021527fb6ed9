"""Tokens that are locked stay the tokens that were meant: they move with the text, or are let go when they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from visualizer.session.linking import AT_ONCE

if TYPE_CHECKING:
    from visualizer.core.text.tokens import Token, Unit
    from visualizer.core.trace import Trace
    from visualizer.session.selection import Selection


def carried(old: Trace, new: Trace, seen: Selection) -> dict[str, Any]:
    """The locks of a selection (query, key, position) that was fitted to `old`, as their tokens are numbered in `new`.

    A token that is not there any more frees its lock (None, or -1 for the position). Only what is locked is named.
    """
    found: dict[str, Any] = {}
    if seen.kind in new.kinds and seen.kind in old.kinds:
        if seen.query is not None:
            found["query"] = moved(seen.query, old.query_tokens(seen.kind), new.query_tokens(seen.kind))
        if seen.key is not None:
            found["key"] = moved(seen.key, old.key_tokens(seen.kind), new.key_tokens(seen.kind))
    if seen.position >= 0:
        from visualizer.core.writing.places import predicting_tokens

        place = moved(seen.position, predicting_tokens(old), predicting_tokens(new))
        found["position"] = -1 if place is None else place
    return found


def moved(index: int, old: Sequence[Token], new: Sequence[Token]) -> int | None:
    """Where token `index` of the old text stands in the new one; None where it does not.

    What both texts begin and end with is not aligned. A rewritten stretch that is too long to be aligned at once, while
    somebody types, keeps no lock: the figure would wait for it.
    """
    if not 0 <= index < len(old):
        return None
    if old is new:
        return index
    names, others = [_name(token) for token in old], [_name(token) for token in new]
    shorter = min(len(names), len(others))
    start = next((i for i in range(shorter) if names[i] != others[i]), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if names[-1 - i] != others[-1 - i]), rest)
    if index < start:
        return index
    if index >= len(old) - end:
        return index - len(old) + len(new)
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if not after or len(before) * len(after) > AT_ONCE:
        return None
    from visualizer.core.analyses.comparison.alignment import align

    found = align(_units(before), _units(after))
    partner = found.partner(index - start)
    if partner is None or found.marks("a")[index - start] != "identical":
        return None
    return start + partner


def _name(token: Token) -> tuple[int, bool, str]:
    """What makes two tokens the same, as for the alignment of two texts."""
    return token.sequence, token.special, token.text.strip() or token.text


def _units(tokens: Sequence[Token]) -> tuple[Unit, ...]:
    from visualizer.core.text.units import segment

    return segment("token", tokens, (), "")
