"""How surprising each token of a text is to the model that reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualizer.core import prediction
from visualizer.core.errors import Cancelled
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Bits = NDArray[np.float64]
_KEY = "surprisals"


def known_surprisals(trace: Trace) -> Bits | None:
    """What `surprisals` has found; None where it was not asked yet."""
    found: Bits | None = memo.find(trace, _KEY, None)
    return found


def surprisals(
    trace: Trace, should_stop: ShouldStop = never, progress: Callable[[float, Bits], None] | None = None
) -> Bits:
    """Surprisal -log2 p of the token after each position (masked models: at it): float64 [position], in bits; kept.

    NaN where no token is known: at the end, and at blanks. progress(share, bits so far). Raises Cancelled.
    """
    known = known_surprisals(trace)
    if known is not None:
        return known
    bits = np.full(trace.n_positions, np.nan)
    done = 0
    for logits in trace.all_logits():
        if should_stop():
            raise Cancelled
        tokens = [places.actual_token(trace, done + i) for i in range(len(logits))]
        rows = [i for i, token in enumerate(tokens) if token is not None]
        bits[[done + i for i in rows]] = prediction.surprisals(logits[rows], [t for t in tokens if t is not None])
        done += len(logits)
        if progress is not None:
            progress(done / trace.n_positions, bits.copy())
    bits.setflags(write=False)
    return memo.keep(trace, _KEY, bits)
