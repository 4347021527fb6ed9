"""The prediction of the model as it is, beside the one with parts switched off."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shiboken6
from PySide6.QtCore import QCoreApplication

from visualizer.core import prediction
from visualizer.session import switching
from visualizer.ui.numbers import format_number, format_probability

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.request import RunRequest
    from visualizer.core.trace import Trace
    from visualizer.session.runs import Run
    from visualizer.views.base import View

_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Before:
    """The ordinary prediction. logits: float32 [vocabulary]; kl: bits, of it against the one that is shown."""

    logits: np.ndarray
    kl: float


class OrdinaryRun:
    """Asks for the ordinary run of what a view shows, as a run like any other, and says when it is there."""

    def __init__(self, view: View, on_ready: Callable[[], None]) -> None:
        self._view, self._on_ready = view, on_ready
        self._key = f"before#{next(_numbers)}"
        self._asked: tuple[LoadedModel, RunRequest] | None = None
        self._refused: Trace | None = None

    def of(self, trace: Trace) -> Trace | None:
        """The ordinary run's trace when it is at hand; None where nothing is done to the model, and until it comes."""
        session, model, request = self._view.session, trace.model, switching.ordinary(trace.request)
        if not trace.request.interventions or model is None or trace is self._refused:
            self.cancel()
            return None
        known = session.runs.find(model, request)
        if known is not None and known.trace is not None:
            self.cancel()
            return known.trace
        if not self.is_waiting() or self._asked != (model, request):
            self._asked = model, request
            parent = self._view.showing.run
            session.runs.ask(
                request,
                model,
                self._on_done,
                lambda error: self._on_error(error, trace),
                parent=None if parent is None else parent.id,
                key=self._key,
            )
        return None

    def is_waiting(self) -> bool:
        """Whether it is on its way."""
        return self._view.session.jobs.is_busy(self._key)

    def cancel(self) -> None:
        """Nobody looks at it any more."""
        self._view.session.jobs.cancel(self._key)

    def _on_done(self, run: Run) -> None:
        if shiboken6.isValid(self._view):
            self._on_ready()

    def _on_error(self, error: Exception, trace: Trace) -> None:
        if shiboken6.isValid(self._view):
            self._refused = trace  # the same would fail again with every redraw
            self._view.session.report_error(error)
            self._on_ready()


def compare(before: Trace, after: Trace, position: int) -> Before | None:
    """The ordinary prediction at a position, and how far the other one has gone from it; None for other tokens."""
    from visualizer.core.analyses.comparison import next_token

    if (before.tokens, before.target_tokens) != (after.tokens, after.target_tokens):
        return None
    change = next_token.next_token_change(before, after, position, position, limit=1)
    return Before(before.logits(position), change.kl_a_b)


def shares(
    before: Before, ids: np.ndarray, settings: tuple[float, int | None, float | None, float | None]
) -> np.ndarray:
    """float64 [id]: what the ordinary run gives to these tokens, with the same filters."""
    return prediction.distribution(before.logits, *settings)[ids]


def ranks(before: Before, ids: np.ndarray) -> list[int]:
    """The ranks of these tokens in the ordinary run, from 1."""
    return [prediction.rank_of(before.logits, int(token)) for token in ids]


def summary(before: Before, logits: np.ndarray, trace: Trace) -> str:
    """What has become of the token that was most probable, and the divergence."""
    best = int(before.logits.argmax())
    first, second = (float(prediction.distribution(run)[best]) for run in (before.logits, logits))
    text = QCoreApplication.translate(
        "NextTokenView", "Everything on (dashed): “{token}” {before}; now {after}, rank {rank} · KL {kl} bits"
    )
    return text.format(
        token=trace.label(best).strip(),
        before=format_probability(first),
        after=format_probability(second),
        rank=f"{prediction.rank_of(logits, best):,}",
        kl=format_number(before.kl),
    )


def hint(share: float, rank: int) -> str:
    """The line of a bar's tooltip."""
    text = QCoreApplication.translate("NextTokenView", "with everything on: {share}, rank {rank}")
    return text.format(share=format_probability(share), rank=f"{rank:,}")
