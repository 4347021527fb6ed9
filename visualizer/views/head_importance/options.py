"""What a person may choose in the importance of heads alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.interventions import HOWS
from visualizer.session.options import option

VALUES = ("delta", "kl")


@dataclass(frozen=True, slots=True)
class Options:
    """value: what the map's colours show: the change of the token's log probability, or KL of the whole distribution.

    token: whose probability is followed, an id or a text; None: the most probable one. how: parts are switched off so.
    """

    value: str = option("delta", "what the map shows", choices=VALUES, flag="--importance")
    token: int | str | None = option(None, "the predicted token", low=0, flag="--importance-token", kept=False)
    how: str = option("zero", "how parts are switched off", choices=HOWS, flag="--importance-how")
