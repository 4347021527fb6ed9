"""What a person may choose in the statistics of heads alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.names import MEASURES
from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """across, up: the measures that the points' places show, names of `MEASURES`.

    columns: the measures of the table from left to right, with commas between; empty: all of them.
    sort: the measure that orders the table, or "head", or "does" (what a head does). falling: largest first.
    """

    across: str = option("mean_distance", "measure from left to right", choices=MEASURES, flag="--across")
    up: str = option("entropy", "measure from bottom to top", choices=MEASURES, flag="--up")
    columns: str = option(
        "", "measures of the table, as entropy,induction", choices=MEASURES, many=True, flag="--columns"
    )
    sort: str = option(
        "head", "column that orders the table", choices=("head", "does", *MEASURES), flag="--sort", kept=False
    )
    falling: bool = option(False, "largest first", flag="--falling", kept=False)

    @property
    def measures(self) -> tuple[str, ...]:
        """The names in `columns` that are measures, each once."""
        names = dict.fromkeys(name.strip() for name in self.columns.split(","))
        return tuple(name for name in names if name in MEASURES)
