"""Tokens that nobody may look at."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.errors import BadIntervention
from visualizer.core.interventions.site import MOST_TOKENS
from visualizer.core.request import Intervention

SIDES = ("self", "encoder", "decoder")


@dataclass(frozen=True, slots=True)
class HideTokens(Intervention):
    """In every layer and head no token may look at these, except each of them at itself (a row needs a key).

    Positions stay what they are: nothing moves up. side: "self", or "encoder" (then the decoder cannot look at them,
    either) and "decoder" in a model that has both. Raises BadIntervention for what no text could have.
    """

    tokens: tuple[int, ...]
    side: str = "self"

    def __post_init__(self) -> None:
        tokens = tuple(self.tokens)
        if self.side not in SIDES:
            raise BadIntervention("side", self.side, SIDES)
        if not tokens or not all(type(n) is int and 0 <= n < MOST_TOKENS for n in tokens):
            raise BadIntervention("hidden tokens", str(tokens[:20]))
        object.__setattr__(self, "tokens", tuple(sorted(set(tokens))))
