"""What a person may choose in the statistics of heads alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """across, up: the measures that the points' places show, names of `core.analyses.head_statistics.MEASURES`."""

    across: str = option("mean_distance", "measure from left to right", flag="--across")
    up: str = option("entropy", "measure from bottom to top", flag="--up")
