"""What a model that fills blanks puts into several blanks at once, and what they do to its judgement of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import capture, prediction
from visualizer.core.errors import Cancelled, CannotRead, NoSuchPart
from visualizer.core.forward import acting, passes
from visualizer.core.system.progress import ShouldStop, never
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.trace import Trace


@dataclass(frozen=True, eq=False)
class Filled:
    """Predictions at blanks, each with all the others blank, too.

    positions: of the blanks, rising. logits: float32 [blank, vocabulary]. actual: the token that stands there in the
    text; None at a blank that was typed. pair: how probable it is that the two sentences belong together, with the
    blanks; pair_before: in the text as it is; None without a pair, or such a head.
    """

    positions: tuple[int, ...]
    logits: NDArray[np.float32]
    actual: tuple[int | None, ...]
    pair: float | None = None
    pair_before: float | None = None


def chosen(trace: Trace, wanted: frozenset[int]) -> tuple[int, ...]:
    """All blanks, rising: those that are typed, and of the wanted positions those that can be blanks."""
    return tuple(sorted({*places.blanks(trace), *(wanted & set(places.blankable(trace)))}))


def measure(trace: Trace, positions: tuple[int, ...], should_stop: ShouldStop = never) -> Filled:
    """One pass with a blank at every one of these positions; the trace's own where the text has no other blanks.

    Raises CannotRead ("no_output": no model that fills blanks; "no_model": a trace from a file), NoSuchPart, Cancelled;
    for interventions as `capture.run` does.
    """
    typed, possible = places.blanks(trace), set(places.blankable(trace))
    if trace.task != "masked" or trace.mask_id is None:
        raise CannotRead("no_output", trace.card.name)
    for position in positions:
        if position not in possible and position not in typed:
            raise NoSuchPart("position", position, len(trace.tokens))
    before = _together(trace.pair_logits)
    actual = tuple(places.actual_token(trace, at) for at in positions)
    if set(positions) <= set(typed):
        logits = trace.logits_of(positions) if positions else np.zeros((0, 1), dtype=np.float32)
        return Filled(positions, logits, actual, before, before)
    if trace.model is None or not trace.inputs:
        raise CannotRead("no_model", trace.card.name)
    if should_stop():
        raise Cancelled
    loaded = trace.model
    with torch.inference_mode(), passes.failures_told():
        given = {name: value.clone() for name, value in trace.inputs.items()}
        given["input_ids"][0, list(positions)] = trace.mask_id
        with acting.at_work(capture.interventions_of(loaded, trace.request, should_stop)):
            output = loaded.model(**passes.without_cache(loaded, given), return_dict=True)
    rows = output.get("prediction_logits", output.get("logits"))[0, list(positions)]
    pair = output.get("seq_relationship_logits") if before is not None else None
    after = None if pair is None else _together(pair[0].float().cpu().numpy())
    return Filled(positions, rows.float().cpu().numpy(), actual, after, before)


def _together(logits: NDArray[np.float32] | None) -> float | None:
    return None if logits is None else float(prediction.distribution(logits)[0])
