"""Where queries, keys and values come from: a layer's input times a matrix of the model, and a bias.

Vaswani et al. 2017, section 3.2.2: Q = X W_Q, K = X W_K, V = X W_V. Which outputs of which linear layer become which
head's vector differs from family to family (one matrix for each, one for all three, one block a head), and is found by
watching a short pass, not by names. A model that scales its queries right after the projection (OPT) has a factor; one
that does more (a norm over each head) has no such source, and nothing is claimed of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from visualizer.core.errors import Cancelled, VisualizerError
from visualizer.core.forward import passes
from visualizer.core.positions import rotation
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

SIDES = {"query_before": "query", "query": "query", "key_before": "key", "key": "key", "value": "value"}
# Inputs of all layers are kept while the trace lives; beyond this (bytes) they are not.
LIMIT = 256 << 20
_PROBE_TOKENS = 6
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}

Place = tuple[str, int, str]  # kind of attention, layer, side


@dataclass(frozen=True, eq=False)
class Source:
    """Vectors of one side of a layer: factor * (X W + b).

    module: the linear layer, at its `call`-th call in a pass (layers may share one). offsets: head -> the first of the
    outputs that are its vector (heads of keys and values may be fewer). factor: 1.0 where nothing follows.
    """

    module: nn.Module
    call: int
    offsets: tuple[int, ...]
    factor: float = 1.0

    def column(self, head: int, dimension: int) -> torch.Tensor:
        """What the input is multiplied with for one dimension of one head: float32 [width of the input], on the CPU."""
        weight, place = self.module.weight, self.offsets[head] + dimension
        assert isinstance(weight, torch.Tensor)
        return (weight[:, place] if isinstance(self.module, Conv1D) else weight[place]).detach().float().cpu()

    def bias(self, head: int, dimension: int) -> float | None:
        """What is added then; None where the layer has no bias."""
        bias = self.module.bias
        return float(bias[self.offsets[head] + dimension]) if isinstance(bias, torch.Tensor) else None


Inputs = Mapping[Place, torch.Tensor]

_sources: WeakKeyDictionary[LoadedModel, dict[Place, Source]] = WeakKeyDictionary()
_inputs: WeakKeyDictionary[Trace, Inputs | str] = WeakKeyDictionary()
_lock = threading.Lock()


def source(trace: Trace, layer: int, kind: str, side: str) -> Source | str:
    """Where a side ("query", "key", "value") of a layer comes from, or why that is not known, see `Cell.missing`.

    Runs the model once over a few tokens, the first time: call it where passes may run.
    """
    loaded = trace.model
    if loaded is None:
        return "model"
    with _lock:
        if loaded not in _sources:
            _sources[loaded] = _find(loaded)
        return _sources[loaded].get((kind, layer, side), "between")


def prepare(trace: Trace, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Run the model once more over the same tokens and keep what its projections read, so that `known` has it.

    Raises Cancelled; whatever else goes wrong is remembered as a reason.
    """
    if trace in _inputs or trace.model is None:
        return
    try:
        _inputs[trace] = _run(trace, trace.model, should_stop)
    except Cancelled:
        raise
    except (VisualizerError, RuntimeError, ValueError, TypeError, MemoryError):
        _inputs[trace] = "pass"  # the numbers of the steps stand without it


def known(trace: Trace, layer: int, kind: str, side: str) -> tuple[Source, torch.Tensor] | str:
    """Source and input X, [token, width], of a side; or why they are not known, see `Cell.missing`. Runs nothing."""
    if trace.model is None:
        return "model"
    found = _sources.get(trace.model)
    if found is None:
        return "pending"
    origin = found.get((kind, layer, side))
    if origin is None:
        return "between"
    inputs = _inputs.get(trace, "pending")
    return inputs if isinstance(inputs, str) else (origin, inputs[kind, layer, side])


# --- finding the sources -----------------------------------------------------------------------


@contextmanager
def _watching(modules: list[nn.Module], note: Callable[[nn.Module, int, Any, Any], None]) -> Iterator[None]:
    """note(module, number of its call, input, output) is called in this thread's passes while the block runs."""
    thread, calls = threading.get_ident(), dict.fromkeys(modules, 0)

    def hook(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        # Another thread may be using the output layer of the same model just now.
        if threading.get_ident() == thread and args and isinstance(args[0], torch.Tensor):
            calls[module] += 1
            note(module, calls[module] - 1, args[0].detach(), output)

    handles = [module.register_forward_hook(hook) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _find(loaded: LoadedModel) -> dict[Place, Source]:
    from visualizer.core import capture

    if not loaded.registry:
        return {}
    seen: list[tuple[nn.Module, int, torch.Tensor]] = []
    special = set(getattr(loaded.tokenizer, "all_special_ids", ()) or ())
    plain = [i for i in range(loaded.card.vocabulary - 1, -1, -1) if i not in special][:_PROBE_TOKENS] or [0]
    ids = torch.tensor([plain], device=loaded.model.device)
    modules = [m for m in loaded.model.modules() if isinstance(m, nn.Linear | Conv1D)]
    try:
        with _watching(
            modules, lambda module, call, _, output: seen.append((module, call, output.detach().float().cpu()))
        ):
            target = ids if loaded.kind == "encoder_decoder" else None
            trace = capture.run_ids(loaded, RunRequest("x"), ids, decoder_ids=target)
    except VisualizerError:
        return {}
    if trace.method != "registry":
        return {}
    tolerance = TOLERANCE.get(loaded.model.dtype, 1e-4)
    found = {}
    scheme = trace.positions
    with torch.inference_mode():
        for kind, records in trace.records.items():
            for layer, record in enumerate(records):
                part = rotation.part_of(scheme, layer, kind)
                for side in ("query", "key", "value"):
                    states = getattr(record, side).float().cpu()  # [head, token, d]; layers may lie on several devices
                    if part is not None and side != "value":
                        if not part.pairing:
                            continue
                        states = rotation.undo(part, states)
                    origin = _match(states, seen, tolerance)
                    if origin is not None:
                        found[kind, layer, side] = origin
    return found


def _match(states: torch.Tensor, seen: list[tuple[nn.Module, int, torch.Tensor]], tolerance: float) -> Source | None:
    """The call whose outputs are these vectors, [head, token, d], or the same multiple of all of them."""
    heads, tokens, width = states.shape
    limit = tolerance * max(1.0, float(states.abs().max()))
    for module, call, output in seen:
        if output.shape[-1] % width or output.numel() != tokens * output.shape[-1]:
            continue
        blocks = output.reshape(tokens, -1, width).transpose(0, 1)  # [block, token, d]
        factors = (blocks * states[:1]).sum((1, 2)) / (blocks * blocks).sum((1, 2)).clamp_min(1e-12)
        best = int((blocks * factors[:, None, None] - states[:1]).abs().amax((1, 2)).argmin())
        factor = float(factors[best])
        factor = 1.0 if abs(factor - 1) < 1e-3 else factor
        places = []
        for head in range(heads):
            distance = (blocks * factor - states[head]).abs().amax((1, 2))
            place = int(distance.argmin())
            if float(distance[place]) > limit:
                break
            places.append(place * width)
        if len(places) == heads:
            return Source(module, call, tuple(places), factor)
    return None


# --- the inputs of one text --------------------------------------------------------------------


def _run(trace: Trace, loaded: LoadedModel, should_stop: Callable[[], bool]) -> Inputs | str:
    sources = _sources.get(loaded, {})
    wanted: dict[tuple[nn.Module, int], list[Place]] = {}
    for place, origin in sources.items():
        wanted.setdefault((origin.module, origin.call), []).append(place)
    found: dict[Place, torch.Tensor] = {}
    kept: dict[int, int] = {}  # storage -> bytes: one input may go into several projections

    def note(module: nn.Module, call: int, states: torch.Tensor, _output: Any) -> None:
        if should_stop():
            raise Cancelled
        for place in wanted.get((module, call), ()):
            found[place] = states[0]
            kept[states.data_ptr()] = states.numel() * states.element_size()
        if sum(kept.values()) > LIMIT:
            raise MemoryError

    modules = list(dict.fromkeys(origin.module for origin in sources.values()))
    with torch.inference_mode(), _watching(modules, note):
        loaded.model.base_model(**passes.without_cache(loaded, trace.inputs), return_dict=True)
    return found if len(found) == len(sources) else "pass"
