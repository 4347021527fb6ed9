"""What a person may choose in the statistics of heads alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.names import MEASURES
from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """across, up: the measures that the points' places show, names of `MEASURES`.

    sort: the measure that orders the table, or "head", or "does" (what a head does). falling: largest first.
    """

    across: str = option("mean_distance", "measure from left to right", choices=MEASURES, flag="--across")
    up: str = option("entropy", "measure from bottom to top", choices=MEASURES, flag="--up")
    sort: str = option(
        "head", "column that orders the table", choices=("head", "does", *MEASURES), flag="--sort", kept=False
    )
    falling: bool = option(False, "largest first", flag="--falling", kept=False)
