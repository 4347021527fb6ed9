"""Letting go of what an exception holds: its frames keep painters, events and windows alive as long as it lives."""

from __future__ import annotations

import traceback


def let_go(error: BaseException) -> None:
    """Clear the frames of an exception that was told, and of all that it came from.

    A painter that such a frame holds would outlive the paint event that it was made for, which ends the process at one
    of the next pictures; a window would outlive its deletion. Frames that still run are left as they are.
    """
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        traceback.clear_frames(one.__traceback__)
        waiting += [one.__cause__, one.__context__]
