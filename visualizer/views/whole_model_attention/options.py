"""What a person may choose in the view of all layers alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """candidate: id of the token whose gradient is taken, -1: the most probable one.

    at: the position for which it was chosen: at any other, the most probable one counts. -1: it counts everywhere.
    """

    candidate: int = option(
        -1, "id of the token whose gradient is taken, -1 for the most probable", low=-1, flag="--candidate", kept=False
    )
    at: int = option(-1, "position for which the candidate was chosen, -1 for all", low=-1, kept=False)
