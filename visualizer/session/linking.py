"""How the tokens of two compared panes line up, asked when somebody points or locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


# Locked tokens and places of the text: what they mean depends on the text.
TOKENS = ("query", "key", "position")


class Link:
    """The tokens of two traces. None stands for a token that has no partner."""

    def __init__(self, first: Trace | None, second: Trace | None) -> None:
        self.first, self.second = first, second

    def carry(self, changes: dict[str, Any], kind: str, *, from_first: bool) -> dict[str, Any]:
        """Changes of a selection with their tokens (query, key, position) as they are numbered in the other trace."""
        mine, theirs = (self.first, self.second) if from_first else (self.second, self.first)
        tokens = {name: value for name, value in changes.items() if name in TOKENS and value is not None}
        if mine is None or theirs is None or not tokens:
            return changes
        return changes


NO_LINK = Link(None, None)
