"""What the projections of one text read: the inputs X of W_Q, W_K and W_V in every layer (Vaswani et al. 2017, 3.2.2).

Which matrix makes which vector is found by `anatomy.projections`; here the model runs once more over the same tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from visualizer.core import capture
from visualizer.core.anatomy import probe, projections
from visualizer.core.anatomy.projections import Source, Where
from visualizer.core.errors import Cancelled, VisualizerError
from visualizer.core.forward import acting, passes
from visualizer.core.interventions import Ablate, MovedPositions, Patch, WithoutPositions
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

SIDES = {"query_before": "query", "query": "query", "key_before": "key", "key": "key", "value": "value"}
# Inputs of all layers are kept while the trace lives; beyond this (bytes) they are not.
LIMIT = 256 << 20

Inputs = Mapping[Where, torch.Tensor]
_REMEMBERED = "inputs of projections"


def source(trace: Trace, layer: int, kind: str, side: str) -> Source | str:
    """Where a side ("query", "key", "value") of a layer comes from, or why that is not known, see `Cell.missing`.

    Runs the model once over a few tokens, the first time: call it where passes may run.
    """
    if trace.model is None:
        return "model"
    if is_changed(trace, layer, kind, side):
        return "changed"
    return projections.sources(trace.model).get((kind, layer, side), "between")


def is_changed(trace: Trace, layer: int, kind: str, place: str) -> bool:
    """Whether an intervention put something else where a layer's queries, keys or values stood."""
    for one in trace.request.interventions:
        if isinstance(one, MovedPositions | WithoutPositions):
            if place in ("query", "key"):
                return True
        elif isinstance(one, Ablate | Patch):
            site = one.site
            if (site.place, site.kind) == (place, kind) and (site.layers is None or layer in site.layers):
                return True
    return False


def prepare(trace: Trace, should_stop: ShouldStop = never) -> None:
    """Run the model once more over the same tokens and keep what its projections read, so that `known` has it.

    Raises Cancelled; whatever else goes wrong is remembered as a reason.
    """
    loaded = trace.model
    if loaded is not None:
        memo.ask(trace, _REMEMBERED, lambda: _run_or_reason(trace, loaded, should_stop), _size)


def is_prepared(trace: Trace) -> bool:
    """Whether `prepare` has nothing to do. What it read goes when the memory is needed for other traces."""
    return trace.model is None or memo.find(trace, _REMEMBERED) is not memo.MISSING


def known(trace: Trace, layer: int, kind: str, side: str) -> tuple[Source, torch.Tensor] | str:
    """Source and input X, [token, width], of a side; or why they are not known, see `Cell.missing`. Runs nothing."""
    if trace.model is None:
        return "model"
    if is_changed(trace, layer, kind, side):
        return "changed"
    found = projections.known_sources(trace.model)
    if found is None:
        return "pending"
    origin = found.get((kind, layer, side))
    if origin is None:
        return "between"
    inputs = memo.find(trace, _REMEMBERED, "pending")
    return inputs if isinstance(inputs, str) else (origin, inputs[kind, layer, side])


# --- the inputs of one text --------------------------------------------------------------------


def _size(inputs: Inputs | str) -> int:
    """Bytes; one input may go into several projections."""
    if isinstance(inputs, str):
        return 0
    return sum({states.data_ptr(): states.nbytes for states in inputs.values()}.values())


def _run_or_reason(trace: Trace, loaded: LoadedModel, should_stop: ShouldStop) -> Inputs | str:
    try:
        return _run(trace, loaded, should_stop)
    except Cancelled:
        raise
    except (VisualizerError, RuntimeError, ValueError, TypeError, MemoryError):
        return "pass"  # the numbers of the steps stand without it


def _run(trace: Trace, loaded: LoadedModel, should_stop: ShouldStop) -> Inputs | str:
    sources = projections.known_sources(loaded) or {}
    wanted: dict[tuple[nn.Module, int], list[Where]] = {}
    for place, origin in sources.items():
        wanted.setdefault((origin.module, origin.call), []).append(place)
    found: dict[Where, torch.Tensor] = {}
    kept: dict[int, int] = {}  # storage -> bytes

    def note(module: nn.Module, call: int, states: torch.Tensor, _output: object) -> None:
        if should_stop():
            raise Cancelled
        for place in wanted.get((module, call), ()):
            found[place] = states[0]
            kept[states.data_ptr()] = states.nbytes
        if sum(kept.values()) > LIMIT:
            raise MemoryError

    modules = list(dict.fromkeys(origin.module for origin in sources.values()))
    at_work = capture.interventions_of(loaded, trace.request, should_stop)
    with torch.inference_mode(), acting.at_work(at_work), probe.watching(modules, note):
        loaded.stack(**passes.without_cache(loaded, trace.inputs), return_dict=True)
    return found if len(found) == len(sources) else "pass"
