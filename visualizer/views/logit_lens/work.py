"""What the view of the lens has computed, and how its cells are coloured and written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualizer.core.analyses import logit_lens
from visualizer.core.analyses.logit_lens import LogitLens
from visualizer.session.jobs import Progress, ShouldStop

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

_PARTS = 24  # pictures on the way: more would only be painted


@dataclass(frozen=True, eq=False)
class Found:
    """texts: how the first candidate of every cell is written, [layer + 1][position]; "" where it is not read yet."""

    lens: LogitLens
    texts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Column:
    """All of one position. shares: float32 [layer + 1, vocabulary]; scripts: float64 [layer + 1, script]."""

    trace: Trace
    position: int
    part: str
    shares: NDArray[np.float32]
    scripts: NDArray[np.float64]


def measure(trace: Trace, part: str, should_stop: ShouldStop, progress: Progress) -> Found:
    """All of it; progress is given what is known after some layers. Raises as `logit_lens.read` does."""
    share, shown = 0.0, 0.0

    def hear(done: float, _step: str) -> None:
        nonlocal share
        share = done

    def tell(found: LogitLens) -> None:
        nonlocal shown
        if share - shown >= 1 / _PARTS:
            shown = share
            progress(share, written(trace, _as_it_is(found)))

    return written(trace, logit_lens.read(trace, None, should_stop, hear, part, tell))


def _as_it_is(found: LogitLens) -> LogitLens:
    """The lens as far as it is known now: the arrays themselves go on being filled."""
    names = ("token_id", "probability", "entropy", "divergence", "answer", "answer_probability", "answer_rank")
    return replace(found, **{name: getattr(found, name).copy() for name in names})


def written(trace: Trace, lens: LogitLens) -> Found:
    """With the names of the first candidates."""
    first = lens.token_id[:, :, 0]
    labels = {token: trace.label(token) for token in np.unique(first).tolist() if token >= 0}
    names = {token: label.strip() or label for token, label in labels.items()}
    return Found(lens, tuple(tuple(names.get(token, "") for token in row) for row in first.tolist()))


def column(trace: Trace, position: int, part: str) -> Column:
    """Everything that is said of one position."""
    shares = logit_lens.column(trace, position, part)
    return Column(trace, position, part, shares, logit_lens.by_script(trace, position, part))


def values(lens: LogitLens, color: str) -> NDArray[np.float32]:
    """What the colours show, [layer + 1, position]: nan where nothing is known yet."""
    if color == "rank":
        known = np.where(lens.answer_rank > 0, lens.answer_rank, np.nan).astype(np.float32)
        return np.asarray(np.log10(known), dtype=np.float32)
    return {"probability": lens.probability[:, :, 0], "entropy": lens.entropy, "kl": lens.divergence}[color]
