"""The feed-forward part of a layer, neuron by neuron, over the text of a trace.

FFN(x) = f(x W1 + b1) W2 + b2 (Vaswani et al. 2017, section 3.3): each neuron reads one direction of the stream and
writes another, "keys" and "values" of a memory (Geva et al. 2021, "Transformer Feed-Forward Layers Are Key-Value
Memories"). What a neuron writes is read through the output layer as in Geva et al. 2022, section 3.

    found = layer(trace, 2)
    neurons = strongest(trace, found, position=-1)      # before, after, what it writes
    words = promoted(trace, found, neurons[0].neuron)   # tokens that it speaks for and against
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from visualizer.core import capture
from visualizer.core.anatomy import blocks, final_norm, neurons, probe
from visualizer.core.anatomy.neurons import Neurons
from visualizer.core.errors import Cancelled, CannotRead, NoSuchPart
from visualizer.core.forward import acting, passes
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.routing import Routing
    from visualizer.core.trace import Trace

BUDGET = 96 << 20  # bytes of whole layers that one pass keeps
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LayerNeurons:
    """One layer's neurons over a text. side: "self", "encoder" or "decoder"; layer: the model's own number.

    before, after: float32 [token, neuron], around the activation (of a gated part: of its gate, and after the
    product); up: what the gate was multiplied with, None in a plain part. In a mixture of experts the columns are those
    of the experts that a token was sent to, [token, chosen * neuron], and `routing` says which.
    curve: (x, y) float32 [point], the activation as measured; None where it is no function of each neuron alone.
    writes: float32 [neuron], the length of what each writes when it is 1; [expert * neuron] in a mixture.
    """

    side: str
    layer: int
    before: Floats
    up: Floats | None
    after: Floats
    curve: tuple[Floats, Floats] | None
    writes: Floats
    routing: Routing | None = None

    @property
    def width(self) -> int:
        """How many neurons the layer, or each of its experts, has."""
        chosen = 1 if self.routing is None else self.routing.experts.shape[1]
        return int(self.after.shape[1]) // chosen

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return self.before.nbytes + self.after.nbytes + (0 if self.up is None else self.up.nbytes) + self.writes.nbytes

    def expert_of(self, column: int, position: int) -> int:
        """The expert that a column belongs to at a token; -1: there are none."""
        return -1 if self.routing is None else int(self.routing.experts[position, column // self.width])

    def along(self, neuron: int, expert: int = -1) -> Floats:
        """One neuron after the activation at every token: float32 [token], NaN where its expert did not read it."""
        if self.routing is None:
            return self.after[:, neuron]
        found = np.full(len(self.after), np.nan, np.float32)
        rows, chosen = np.nonzero(self.routing.experts == expert)
        found[rows] = self.after[rows, chosen * self.width + neuron]
        return found


@dataclass(frozen=True, slots=True)
class Neuron:
    """One neuron at one token. before, up, after: as in `LayerNeurons`, up NaN in a plain part; expert -1: none.

    weight: what the router multiplies the expert's output with, 1 without a router. writes: how long the vector is
    that it adds to the part's output, weight * |after| * |its column of W2|.
    """

    neuron: int
    expert: int
    before: float
    up: float
    after: float
    weight: float
    writes: float


@dataclass(frozen=True, eq=False)
class Steps:
    """How long what each layer adds to the stream is, at every token: float32 [layer, token].

    stream: of the state before each layer. attention: of what is added beside the feed-forward part, NaN where a
    layer's step is no sum of the two; whole: of the whole step.
    """

    side: str
    stream: Floats
    attention: Floats
    feed_forward: Floats
    whole: Floats


@dataclass(frozen=True, eq=False)
class Promoted:
    """What a neuron does to the logits through the final norm's gain and the output layer, per unit of `after`.

    promotes, suppresses: (token id, change of its logit times the normalisation's scale), strongest first.
    """

    promotes: tuple[tuple[int, float], ...]
    suppresses: tuple[tuple[int, float], ...]


def side_of(kind: str) -> str:
    """The side of the stream on which a kind of attention works: cross-attention is the decoder's."""
    return "decoder" if kind == "cross" else kind


def why_not(trace: Trace, side: str, layer: int) -> CannotRead | None:
    """Why the neurons of a layer cannot be shown; None where they can. Runs short passes the first time."""
    if trace.model is None:
        return CannotRead("no_model", trace.card.name)
    found = neurons.of(trace.model).get(side, ())
    if layer >= len(found) or found[layer] is None:
        return CannotRead("neurons", str(layer))
    return None


def layer(trace: Trace, number: int, side: str = "self", should_stop: ShouldStop | None = None) -> LayerNeurons:
    """All neurons of one layer over the whole text. Costs one pass of the blocks, in which as many of the following
    layers are kept as fit into `BUDGET`; all of them remembered.

    Raises CannotRead, NoSuchPart (layer), NotEnoughMemory, RunFailed, Cancelled.
    """
    _check(trace, number, side)
    known: LayerNeurons | None = memo.find(trace, ("neurons", side, number), None)
    if known is None:
        _run(trace, side, number, should_stop or never)
        known = memo.find(trace, ("neurons", side, number), None)
    if known is None:
        raise CannotRead("neurons", str(number))
    return known


def known_layer(trace: Trace, number: int, side: str = "self") -> LayerNeurons | None:
    """What `layer` has found, at once."""
    found: LayerNeurons | None = memo.find(trace, ("neurons", side, number), None)
    return found


def steps(trace: Trace, side: str = "self", should_stop: ShouldStop | None = None) -> Steps:
    """What attention and feed-forward part of every layer add; from the same pass as the neurons. Raises as `layer`."""
    known: Steps | None = memo.find(trace, ("feed-forward steps", side), None)
    if known is None:
        _run(trace, side, 0, should_stop or never)
        known = memo.find(trace, ("feed-forward steps", side), None)
    assert known is not None
    return known


def known_steps(trace: Trace, side: str = "self") -> Steps | None:
    """What `steps` has found, at once."""
    found: Steps | None = memo.find(trace, ("feed-forward steps", side), None)
    return found


def strongest(trace: Trace, found: LayerNeurons, position: int = -1, limit: int | None = 20) -> tuple[Neuron, ...]:
    """Neurons of a layer at one token, those that write most first. position: -1 is the last token. limit None: all.

    Raises NoSuchPart (position).
    """
    count = len(found.after)
    if not -count <= position < count:
        raise NoSuchPart("position", position, count)
    at, width = position % count, found.width
    after = found.after[at]
    experts = np.full(len(after), -1) if found.routing is None else np.repeat(found.routing.experts[at], width)
    weights = np.ones(len(after)) if found.routing is None else np.repeat(found.routing.weights[at], width)
    own = np.arange(len(after)) % width
    written = found.writes[own + np.maximum(experts, 0) * width]
    size = np.abs(after) * written * np.abs(weights)
    if found.routing is not None:
        size[experts < 0] = 0
    order = np.argsort(-size, kind="stable")[:limit]
    return tuple(
        Neuron(
            neuron=int(own[n]),
            expert=int(experts[n]),
            before=float(found.before[at, n]),
            up=float("nan") if found.up is None else float(found.up[at, n]),
            after=float(after[n]),
            weight=float(weights[n]),
            writes=float(size[n]),
        )
        for n in order
        if found.routing is None or experts[n] >= 0
    )


def promoted(trace: Trace, found: LayerNeurons, neuron: int, expert: int = -1, limit: int = 10) -> Promoted:
    """Tokens whose logits a neuron raises and lowers most when it is 1, directly through the residual stream.

    Raises CannotRead where what comes after the neuron is not linear: a normalisation before the stream, an output
    layer that is no product.
    """
    loaded = _model(trace)
    if found.side == "encoder":
        raise CannotRead("no_output", trace.card.name)
    return memo.ask(
        trace,
        ("promoted", found.side, found.layer, neuron, expert, limit),
        lambda: _promoted(trace, loaded, found, neuron, expert, limit),
    )


def _promoted(
    trace: Trace, loaded: LoadedModel, found: LayerNeurons, neuron: int, expert: int, limit: int
) -> Promoted:
    part = neurons.of(loaded)[found.side][found.layer]
    assert part is not None
    of_side = blocks.of(loaded).get(found.side, ())
    block = of_side[found.layer] if found.layer < len(of_side) else blocks.WHOLE
    if trace.task == "none":
        raise CannotRead("no_output", trace.card.name)
    if part.is_normed or block.feed_forward is None:
        raise CannotRead("post_norm", type(loaded.model).__name__)
    norm = final_norm.of(loaded)
    if norm.modules and norm.gain is None:
        raise CannotRead("final_norm", type(loaded.model).__name__)
    if loaded.body is None or not loaded.body.answers:
        raise CannotRead("output_layer", type(loaded.model).__name__)
    with torch.inference_mode():
        direction = neurons.written(part, neuron, expert).cpu() * block.feed_forward
        if norm.centred:
            direction = direction - direction.mean()
        if norm.gain is not None:
            direction = direction * norm.gain
        like = trace.final
        asked = torch.stack([direction * 0, direction, direction * 2, -direction]).to(like)
        nothing, once, twice, minus = trace.output_layer.logits(asked, range(4))
    raised = (once - nothing).double().cpu().numpy()
    size = max(float(np.abs(raised).max()), 1e-12)
    loose = 10 * probe.tolerance(loaded.model.dtype)
    for other, factor in ((twice, 2), (minus, -1)):
        if float(np.abs((other - nothing).double().cpu().numpy() - factor * raised).max()) > loose * size * abs(factor):
            raise CannotRead("output_layer", type(loaded.model).__name__)
    order = np.argsort(-raised, kind="stable")
    pairs = [(int(n), float(raised[n])) for n in (*order[:limit], *order[::-1][:limit])]
    return Promoted(tuple(pairs[:limit]), tuple(pairs[limit:]))


# --- the pass ----------------------------------------------------------------------------------


def _model(trace: Trace) -> LoadedModel:
    if trace.model is None:
        raise CannotRead("no_model", trace.card.name)
    return trace.model


def _check(trace: Trace, number: int, side: str) -> None:
    _model(trace)
    if side not in trace.residual:
        raise NoSuchPart("layer", number, 0, side)
    count = len(trace.residual[side]) - 1
    if not 0 <= number < count:
        raise NoSuchPart("layer", number, count, side)
    refused = why_not(trace, side, number)
    if refused is not None:
        raise refused


@dataclass(eq=False)
class _Taken:
    """What was heard of one layer: [token, neuron] each."""

    before: torch.Tensor | None = None
    up: torch.Tensor | None = None
    after: torch.Tensor | None = None


class _Pass:
    """Listens to a pass: neurons of the wanted layers, and the sizes of what all parts of one side give."""

    def __init__(
        self, side: str, wanted: Sequence[int], found: Sequence[Neurons | None], places: Any, stop: ShouldStop
    ) -> None:
        self.side, self.wanted, self.places, self.stop = side, set(wanted), places, stop
        self.taken: dict[int, _Taken] = {}
        self.given: dict[int, torch.Tensor] = {}
        self.done: dict[nn.Module, int] = {}
        self.layers: dict[nn.Module, list[int]] = {}
        self.by_module: dict[nn.Module, list[tuple[str, int, Any]]] = {}
        for number, one in enumerate(found):
            if one is None:
                continue
            self.by_module.setdefault(one.last, []).append(("after", number, one))
            for name, source in (("before", one.before), ("up", one.up)):
                if source is not None:
                    self.by_module.setdefault(source.module, []).append((name, number, source))
        self.calls: dict[tuple[nn.Module, str], int] = {}

    def leave(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if self.stop():
            raise Cancelled
        for name in ("before", "up", "after"):
            layers = [(number, what) for n, number, what in self.by_module.get(module, ()) if n == name]
            if not layers:
                continue
            nth = self.calls.get((module, name), 0)
            self.calls[module, name] = nth + 1
            if nth >= len(layers) or layers[nth][0] not in self.wanted:
                continue
            number, what = layers[nth]
            values = args[0].reshape(-1, args[0].shape[-1]) if name == "after" else what.of(output)
            setattr(self.taken.setdefault(number, _Taken()), name, values.detach().float().cpu())
        if module in self.places:
            nth = self.done.get(module, 0)
            self.done[module] = nth + 1
            at = self.places[module]
            if nth < len(at) and at[nth][0] == self.side:
                gave = output[0] if isinstance(output, tuple) else output
                self.given[at[nth][1]] = gave.detach().reshape(-1, gave.shape[-1]).float()


def _run(trace: Trace, side: str, first: int, should_stop: ShouldStop) -> None:
    """One pass; remembers steps of all layers of a side, and whole layers from `first` on as far as they fit."""
    loaded = _model(trace)
    found = neurons.of(loaded).get(side, ())
    places, _ = neurons.parts_in_order(loaded)
    tokens = max(1, len(trace.residual[side][0]))
    wanted, room = list[int](), BUDGET
    for number in (*range(first, len(found)), *range(first)):
        one = found[number]
        if one is None or memo.find(trace, ("neurons", side, number), None) is not None:
            continue
        room -= 4 * tokens * one.width * (3 if one.is_gated else 2)
        if room < 0 and wanted:
            break
        wanted.append(number)
    watch = _Pass(side, wanted, found, places, should_stop)
    modules = dict.fromkeys((*watch.by_module, *places))
    with torch.inference_mode(), passes.failures_told():
        at_work = capture.interventions_of(loaded, trace.request, should_stop)
        with acting.at_work(at_work), probe.listening(modules, after=watch.leave):
            neurons.run_plainly(loaded, trace.inputs)
        for number in wanted:
            taken, one = watch.taken.get(number), found[number]
            if one is None or taken is None or taken.before is None or taken.after is None:
                continue
            _keep(trace, side, number, one, taken)
        memo.ask(trace, ("feed-forward steps", side), lambda: _steps(trace, loaded, side, watch.given))


def _keep(trace: Trace, side: str, number: int, one: Neurons, taken: _Taken) -> None:
    assert taken.before is not None and taken.after is not None
    tokens = len(trace.residual[side][0])
    columns = memo.ask(_model(trace), ("length of columns", side, number), lambda: _lengths(one))
    kept = LayerNeurons(
        side,
        number,
        _frozen(taken.before[:tokens]),
        None if taken.up is None else _frozen(taken.up[:tokens]),
        _frozen(taken.after[:tokens]),
        one.curve,
        columns,
    )
    memo.keep(trace, ("neurons", side, number), kept, kept.nbytes)


def _lengths(one: Neurons) -> Floats:
    return _frozen(neurons.columns(one).norm(dim=-1).cpu())


def _frozen(values: torch.Tensor) -> Floats:
    found: Floats = values.contiguous().numpy()
    found.setflags(write=False)
    return found


def _steps(trace: Trace, loaded: LoadedModel, side: str, given: dict[int, torch.Tensor]) -> Steps:
    """given: layer -> what its feed-forward part gave, [token, width]."""
    states, of_side = trace.residual[side], blocks.of(loaded).get(side, ())
    tokens, count = len(states[0]), len(states) - 1
    sizes = np.full((4, count, tokens), np.nan, np.float32)
    for number, (start, end) in enumerate(pairwise(states)):
        step = (end - start).float()
        sizes[0, number] = start.float().norm(dim=-1).cpu().numpy()
        sizes[3, number] = step.norm(dim=-1).cpu().numpy()
        block = of_side[number] if number < len(of_side) else blocks.WHOLE
        part = given.get(number)
        if part is None or block.feed_forward is None or part.shape != step.shape:
            continue
        own = block.feed_forward * part
        sizes[2, number] = own.norm(dim=-1).cpu().numpy()
        sizes[1, number] = (step - own).norm(dim=-1).cpu().numpy()
    sizes.setflags(write=False)
    return Steps(side, *sizes)
