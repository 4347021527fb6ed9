"""How work is told to stop, and how it says how far it is. No torch here."""

from __future__ import annotations

from collections.abc import Callable

# Asked now and then by the work; True: raise Cancelled.
ShouldStop = Callable[[], bool]

# Called with a share of the work, 0 to 1, and the name of the step.
Progress = Callable[[float, str], None]

DOWNLOAD = "download"


def download(done: int, total: int) -> str:
    """The name of the step "bytes that have come, of how many": download:1048576/52428800."""
    return f"{DOWNLOAD}:{done}/{total}"


def downloaded(step: str) -> tuple[int, int] | None:
    """(done, total) in bytes, from the name of such a step; None for another one."""
    name, _, figures = step.partition(":")
    done, _, total = figures.partition("/")
    if name != DOWNLOAD or not (done.isdecimal() and total.isdecimal()):
        return None
    return int(done), int(total)


def never() -> bool:
    """Nobody tells the work to stop."""
    return False


def unheard(_share: float, _step: str) -> None:
    """Nobody asks how far it is."""
