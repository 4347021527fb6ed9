"""What the worker does for the steps of attention: one step's numbers, the check, and the inputs of the projections."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from visualizer.core.place import Place
from visualizer.session.jobs import ShouldStop
from visualizer.views.attention_stages.words import Facts

if TYPE_CHECKING:
    from visualizer.core.analyses.attention_stages.check import Differences
    from visualizer.core.analyses.attention_stages.steps import Stage, StageMatrix
    from visualizer.core.trace import Trace

    Checked = tuple[Trace, Differences | Exception | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Shown:
    """What the worker made: the steps of the layer, and the numbers of the chosen one (None where it is missing)."""

    trace: Trace
    place: Place
    stages: tuple[Stage, ...]
    stage: Stage
    matrix: StageMatrix | None
    strongest: int  # the key that the last query looks at most
    facts: Facts

    @property
    def where(self) -> tuple[int, int, str]:
        """Layer, head and kind, in the order in which a trace is asked."""
        return self.place.layer, self.place.head, self.place.kind


def compute(trace: Trace, place: Place, step: str) -> Shown:
    """The chosen step, or the next one that the layer has."""
    from visualizer.core.analyses.attention_stages import names
    from visualizer.core.analyses.attention_stages import steps as stages

    kind, layer, head = place.kind, place.layer, place.head
    found = stages.stages_of(trace, layer, kind)
    order = names.STAGES
    wanted = order.index(step) if step in order else order.index("weights")
    stage = next((s for s in found if order.index(s.id) >= wanted), found[-1])
    matrix = None if stage.missing else stages.matrix(trace, layer, head, kind, stage.id)
    last = trace.attention(layer, head, kind)[-1]
    return Shown(trace, place, found, stage, matrix, int(last.argmax()), _facts(trace, layer, kind, found))


def _facts(trace: Trace, layer: int, kind: str, found: tuple[Stage, ...]) -> Facts:
    from visualizer.core.analyses.attention_stages import inputs as stage_inputs

    record = trace.record(layer, kind)
    origins = {}
    for side in ("query", "key", "value"):
        origin = stage_inputs.source(trace, layer, kind, side)
        if not isinstance(origin, str):
            origins[side] = origin.factor, origin.module.bias is not None
    return Facts(
        turned=any(stage.id == "query_before" for stage in found),
        scaling=record.scaling,
        width=1 if record.query is None else int(record.query.shape[-1]),
        sinks=record.sinks is not None,
        origins=origins,
    )


def check(trace: Trace) -> Checked:
    """The check, or why there is none: whatever goes wrong in it, the steps themselves stand."""
    from visualizer.core.analyses.attention_stages import check as stage_check
    from visualizer.core.errors import Cancelled

    try:
        return trace, stage_check.differences(trace)
    except Cancelled:
        raise
    except Exception as error:
        log.warning("the steps could not be checked", exc_info=error)
        return trace, error.with_traceback(None)  # the frames would hold on to the memory that was short


def read_inputs(trace: Trace, should_stop: ShouldStop) -> Trace:
    """Have what the projections read at hand, for the formulas of single cells."""
    from visualizer.core.analyses.attention_stages import inputs as stage_inputs

    stage_inputs.prepare(trace, should_stop)
    return trace


def are_inputs_read(trace: Trace) -> bool:
    """Whether they are at hand, or can never be. Runs nothing."""
    from visualizer.core.analyses.attention_stages import inputs as stage_inputs

    return stage_inputs.is_prepared(trace)
