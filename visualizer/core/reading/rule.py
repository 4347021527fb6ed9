"""By which rule attention is read. No torch here: what is selected holds one before torch is imported."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.names import QUADRANTS, Unit

__all__ = ["PLAIN", "QUADRANTS", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How the model's own weights become the matrix that a person reads.

    unit: what rows and columns stand for; a key's pieces are added, a query's averaged. hide_sinks: columns that only
    soak up attention are left out and the rest renormalised. quadrant: of a pair of sentences, "AB": A looks at B.
    """

    unit: Unit = "token"
    hide_sinks: bool = False
    quadrant: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it leaves the model's own weights, token by token, as they are."""
        return self == PLAIN


PLAIN = Rule()
