"""Positions taken away from a model, or moved about."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.errors import BadIntervention
from visualizer.core.interventions.site import MOST_TOKENS
from visualizer.core.request import Intervention


@dataclass(frozen=True, slots=True)
class WithoutPositions(Intervention):
    """No token knows where it stands: rotary encoding does not turn, tables of positions add nothing.

    The mask stays: the tokens of a causal model still see only what came before them.
    """


@dataclass(frozen=True, slots=True)
class MovedPositions(Intervention):
    """Token i is told that it stands at position order[i]; a permutation of 0 to the number of tokens less 1.

    Of a model that has an encoder and a decoder, the encoder's tokens are meant. Raises BadIntervention for what is no
    permutation.
    """

    order: tuple[int, ...]

    def __post_init__(self) -> None:
        order = tuple(self.order)
        is_short = 0 < len(order) <= MOST_TOKENS and all(type(n) is int for n in order)
        if not is_short or sorted(order) != list(range(len(order))):
            raise BadIntervention("order of positions", str(order[:20]))
        object.__setattr__(self, "order", order)
