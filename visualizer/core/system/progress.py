"""How work is told to stop, and how it says how far it is. No torch here."""

from __future__ import annotations

from collections.abc import Callable

# Asked now and then by the work; True: raise Cancelled.
ShouldStop = Callable[[], bool]

# Called with a share of the work, 0 to 1, and the name of the step.
Progress = Callable[[float, str], None]


def never() -> bool:
    """Nobody tells the work to stop."""
    return False


def unheard(_share: float, _step: str) -> None:
    """Nobody asks how far it is."""
