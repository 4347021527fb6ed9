"""What a person may choose in the view of answers alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option

EDGES = ("start", "end")


@dataclass(frozen=True, slots=True)
class Options:
    """edge: whose probabilities colour the passage."""

    edge: str = option("start", "what colours the passage", choices=EDGES, flag="--span-edge")
