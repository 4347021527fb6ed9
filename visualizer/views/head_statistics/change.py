"""The table of what changes in every head from one run to another: B - A of every measure, and one distance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from visualizer.core.system.progress import Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.analyses.comparison.changes import HeadChanges
    from visualizer.core.analyses.head_statistics import HeadStatistics
    from visualizer.views.difference import Pair

DISTANCE = "jensen_shannon"


@dataclass(frozen=True, eq=False)
class ChangedStatistics:
    """What a table of heads shows of two runs.

    table: rows as in either run's table; values hold the distance first, then B - A of every measure. labels: what
    every head does in A and in B. heads: how far every head is from itself.
    """

    table: HeadStatistics
    labels: tuple[tuple[str, ...], tuple[str, ...]]
    heads: HeadChanges


def measure(pair: Pair, should_stop: ShouldStop, progress: Progress) -> ChangedStatistics:
    """Measures both runs and takes A's numbers from B's. Raises NotComparable, Cancelled."""
    from visualizer.core.analyses import head_statistics
    from visualizer.core.analyses.comparison import changes
    from visualizer.core.analyses.comparison.matching import check_head_by_head

    check_head_by_head(pair.a, pair.b)
    a = head_statistics.measure(pair.a, should_stop, lambda share, _: progress(0.4 * share, "head_statistics"))
    b = head_statistics.measure(pair.b, should_stop, lambda share, _: progress(0.4 + 0.4 * share, "head_statistics"))
    found = changes.head_changes(pair.a, pair.b, should_stop)
    distances = np.full(len(a), np.nan, np.float32)
    for kind, moved in found.values.items():
        rows = [row for row, name in enumerate(a.kinds) if name == kind]
        distances[rows] = moved[a.layers[rows], a.heads[rows]]
    values = {DISTANCE: distances, **changes.statistics_change(a, b)}
    return ChangedStatistics(replace(a, values=values), (a.labels, b.labels), found)
