"""What the view of importance has computed: row by row on the worker, and remembered with its trace."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from visualizer.core import prediction
from visualizer.core.analyses import head_importance, head_statistics
from visualizer.core.analyses.head_importance import HeadImportance
from visualizer.core.errors import Cancelled
from visualizer.core.export.importance import token_id
from visualizer.core.system import memo
from visualizer.core.writing import places
from visualizer.session import switching
from visualizer.session.jobs import Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.analyses.head_statistics import HeadStatistics
    from visualizer.core.trace import Trace

CANDIDATES = 12  # tokens that are offered


@dataclass(frozen=True, slots=True)
class Asked:
    """Which prediction and which heads. position: -1: the last; token: None: the most probable one."""

    position: int
    token: int | str | None
    kind: str
    how: str


@dataclass(frozen=True, eq=False)
class Found:
    """What is known so far. candidates: (id, label, probability) of the most probable tokens at the position.

    correlations: measure of attention -> Spearman's rank correlation with `kl`; empty before all rows are there.
    """

    importance: HeadImportance
    label: str
    candidates: tuple[tuple[int, str, float], ...]
    statistics: HeadStatistics | None = None
    correlations: Mapping[str, float] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Layers that are known; the last layer comes first. A layer may have nothing that can be switched off."""
        if self.statistics is not None:
            return len(self.importance.kl)
        return int((~np.isnan(self.importance.kl)).any(axis=1).sum())


def known(trace: Trace, asked: Asked) -> Found | None:
    """What was computed before, at once."""
    return memo.find(trace, ("head_importance", asked), None)  # type: ignore[no-any-return]


def measure(trace: Trace, asked: Asked, should_stop: ShouldStop, progress: Progress) -> Found:
    """All of it; progress is given what is known after each layer, at first the prediction alone.

    Raises CannotIntervene, UnknownChoice (a text that is not one token), Cancelled, and what running the model raises.
    """
    found = known(trace, asked)
    if found is not None:
        return found
    refused = switching.why_not(trace)
    if refused is not None:
        raise refused
    token = token_id(trace, asked.token) if isinstance(asked.token, str) else asked.token
    if token is not None and token >= trace.card.vocabulary:
        token = None
    position = places.place(trace, asked.position)
    question = head_importance.question(trace, position, token, asked.kind, asked.how)
    logits = trace.logits(question.position)
    chances = prediction.distribution(logits)
    best = prediction.ranking(logits, CANDIDATES).tolist()
    shape = head_importance.rows_of(trace, asked.kind), trace.heads(asked.kind) + 1
    nothing = HeadImportance(
        question, float(chances[question.token_id]), np.full(shape, math.nan), np.full(shape, math.nan)
    )
    first = Found(nothing, trace.label(question.token_id), tuple((n, trace.label(n), float(chances[n])) for n in best))
    progress(0.0, first)

    def report(part: HeadImportance) -> None:
        now = replace(first, importance=part)
        progress(0.95 * now.done / shape[0], now)

    importance = head_importance.measure(trace, question, should_stop, on_row=report)
    statistics = head_statistics.measure(trace, should_stop)
    if should_stop():
        raise Cancelled
    found = replace(
        first,
        importance=importance,
        statistics=statistics,
        correlations=head_importance.correlations(importance, statistics),
    )
    size = importance.delta.nbytes + importance.kl.nbytes + sum(v.nbytes for v in statistics.values.values())
    return memo.keep(trace, ("head_importance", asked), found, size)
