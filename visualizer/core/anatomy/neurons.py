"""The neurons of each feed-forward part: FFN(x) = f(x W1 + b1) W2 + b2 (Vaswani et al. 2017, section 3.3, equation 2).

Gated parts (Shazeer 2020, "GLU variants improve Transformer") have two first matrices, f(x W) * (x V). Which module is
which is found by watching: the last matrix is the linear layer whose output is the part's, the first ones are called
just before it, and what happens between them is measured by putting known numbers in the place of what they gave.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from visualizer.core.anatomy import feed_forward, probe
from visualizer.core.errors import VisualizerError
from visualizer.core.forward import passes
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6
_POINTS = 1024  # of a measured curve at most
_REACH = 8.0  # a curve is measured from -8 to 8, where activations bend, and thinly up to 128

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Source:
    """Outputs of a linear layer: all of them, or the columns that a slice names."""

    module: nn.Module
    columns: slice = field(default_factory=lambda: slice(None))

    def of(self, output: torch.Tensor) -> torch.Tensor:
        """[token, neuron] of what the module gave."""
        return output.reshape(-1, output.shape[-1])[:, self.columns]


@dataclass(frozen=True, eq=False)
class Neurons:
    """Where one layer's neurons are.

    before: what the activation reads (of a gated part: its gate); up: what the gate is multiplied with, None in a plain
    part. last: the matrix W2, whose input are the neurons after the activation. width: how many there are.
    curve: (x, y), the measured activation (of a gated part: per unit of `up`), x ascending; None where what lies
    between is no function of each neuron alone. is_normed: a normalisation follows before the stream.
    """

    before: Source
    up: Source | None
    last: nn.Module
    width: int
    curve: tuple[Floats, Floats] | None
    is_normed: bool = False

    @property
    def is_gated(self) -> bool:
        """Whether a gate is multiplied with something else."""
        return self.up is not None


def of(loaded: LoadedModel) -> Mapping[str, tuple[Neurons | None, ...]]:
    """ "self", or "encoder" and "decoder" -> the neurons of each layer; None: not found.

    Runs the model a few times over a few tokens, the first time: call it where passes may run. Empty for families
    outside the attention registry.
    """
    return memo.ask(loaded, "neurons", lambda: _find(loaded))


def columns(neurons: Neurons) -> torch.Tensor:
    """What each neuron writes when it is 1: W2, float32 [neuron, width of the stream], asked of the module itself."""
    last, weight = neurons.last, getattr(neurons.last, "weight", None)
    with torch.inference_mode():
        if isinstance(weight, torch.Tensor) and weight.is_floating_point() and type(last) is nn.Linear:
            return weight.detach().T.float()
        like = next(p for p in last.parameters() if p.is_floating_point())
        one = torch.eye(neurons.width, dtype=like.dtype, device=like.device)
        nothing = last(torch.zeros_like(one[:1]))
        found: torch.Tensor = (last(one) - nothing).detach().float()
        return found


def written(neurons: Neurons, neuron: int, expert: int = -1) -> torch.Tensor:
    """What one neuron writes when it is 1: float32 [width of the stream]."""
    with torch.inference_mode():
        like = next(p for p in neurons.last.parameters() if p.is_floating_point())
        one = torch.zeros(2, neurons.width, dtype=like.dtype, device=like.device)
        one[1, neuron] = 1
        nothing, found = neurons.last(one).float()
        result: torch.Tensor = found - nothing
        return result


def run_plainly(loaded: LoadedModel, inputs: Mapping[str, torch.Tensor]) -> None:
    """One pass of all blocks, without an output layer and without a record."""
    states: Any = None
    given = passes.stack_inputs(loaded, inputs)
    for name, stack in passes.stacks(loaded).items():
        more = {"encoder_hidden_states": states} if name == "decoder" else {}
        states = stack(**given[name], **more)[0]


def parts_in_order(loaded: LoadedModel) -> tuple[Mapping[nn.Module, list[tuple[str, int]]], feed_forward.Parts]:
    """Each feed-forward part -> (side, layer) of its calls in a pass, in order; and the parts themselves."""
    parts = feed_forward.of(loaded)
    found: dict[nn.Module, list[tuple[str, int]]] = {}
    for side, layers in parts.items():
        for layer, part in enumerate(layers):
            if part is not None:
                found.setdefault(part, []).append((side, layer))
    return found, parts


# --- which modules -----------------------------------------------------------------------------


@dataclass(eq=False)
class _Watch:
    """The linear layers called so far, and what each part was made of."""

    places: Mapping[nn.Module, list[tuple[str, int]]]
    tolerance: float
    found: dict[tuple[str, int], Neurons] = field(default_factory=dict)
    _calls: list[tuple[nn.Module, torch.Tensor, torch.Tensor]] = field(default_factory=list)
    _done: dict[nn.Module, int] = field(default_factory=dict)

    def leave(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        gave = output[0] if isinstance(output, tuple) else output
        read = args[0] if args else None
        if not isinstance(gave, torch.Tensor) or not isinstance(read, torch.Tensor):
            return
        if module not in self.places:
            self._calls.append((module, read, gave))
            return
        if self._is_linear(module):
            self._calls.append((module, read, gave))
        nth = self._done.get(module, 0)
        self._done[module] = nth + 1
        if nth < len(self.places[module]) and (neurons := self._neurons(read, gave)) is not None:
            self.found[self.places[module][nth]] = neurons
        self._calls = []

    linear: frozenset[nn.Module] = frozenset()

    def _is_linear(self, module: nn.Module) -> bool:
        return module in self.linear

    def _neurons(self, read: torch.Tensor, gave: torch.Tensor) -> Neurons | None:
        if not self._calls:
            return None
        last, after, output = self._calls[-1]
        is_normed = not _same(output, gave, self.tolerance)
        if is_normed and not _same(output, read, self.tolerance):
            return None
        width = after.shape[-1]
        before = self._calls[:-1]
        if not before:
            return None
        nearest, x, hidden = before[-1]
        if hidden.shape[-1] == 2 * width:
            return Neurons(
                Source(nearest, slice(0, width)), Source(nearest, slice(width, None)), last, width, None, is_normed
            )
        if hidden.shape[-1] != width:
            return None
        if len(before) > 1 and before[-2][2].shape == hidden.shape and _same(before[-2][1], x, 0):
            return Neurons(Source(before[-2][0]), Source(nearest), last, width, None, is_normed)
        return Neurons(Source(nearest), None, last, width, None, is_normed)


def _same(a: torch.Tensor, b: torch.Tensor, tolerance: float) -> bool:
    if a.numel() != b.numel():
        return False
    a, b = a.reshape(-1).float(), b.reshape(-1).float()
    return bool((a - b).abs().max() <= tolerance * max(1e-6, float(b.abs().max())))


def _find(loaded: LoadedModel) -> dict[str, tuple[Neurons | None, ...]]:
    places, parts = parts_in_order(loaded)
    linear = frozenset(probe.linear_layers(loaded.model))
    watch = _Watch(places, probe.tolerance(loaded.model.dtype), linear=linear)
    ids = torch.tensor([probe.plain_ids_of(loaded, _PROBE_TOKENS)], dtype=torch.long, device=loaded.model.device)
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids} if loaded.kind == "encoder_decoder" else {})
    try:
        listening = probe.listening(dict.fromkeys((*linear, *places)), after=watch.leave)
        with torch.inference_mode(), passes.failures_told(), listening:
            run_plainly(loaded, inputs)
    except VisualizerError:
        return {}
    measured = _measured(loaded, inputs, watch.found)
    return {
        side: tuple(measured.get((side, layer)) for layer in range(len(layers))) for side, layers in parts.items()
    }


# --- what happens between them -----------------------------------------------------------------

_Given = dict[tuple[str, int], tuple[torch.Tensor, torch.Tensor]]


def _measured(
    loaded: LoadedModel, inputs: Mapping[str, torch.Tensor], found: Mapping[tuple[str, int], Neurons]
) -> dict[tuple[str, int], Neurons]:
    """The same with curves, and with gate and up the right way round."""
    tokens = inputs["input_ids"].shape[1]
    by_last: dict[nn.Module, Neurons] = {n.last: n for n in found.values()}
    random = torch.Generator().manual_seed(0)
    a = {m: 2 * torch.randn(tokens, n.width, generator=random, dtype=torch.float32) for m, n in by_last.items()}
    b = {m: 0.5 + torch.rand(tokens, n.width, generator=random, dtype=torch.float32) for m, n in by_last.items()}

    def after(first: float, second: float) -> dict[nn.Module, torch.Tensor]:
        return _answers(loaded, inputs, by_last, {m: (first * a[m], second * b[m]) for m in by_last})

    try:
        gated = {m for m, n in by_last.items() if n.is_gated}
        turned: dict[nn.Module, Neurons | None] = dict(by_last)
        if gated:
            both, more_b, no_b, more_a, no_a = after(1, 1), after(1, 2), after(1, 0), after(2, 1), after(0, 1)
            for m in gated:
                n = by_last[m]
                assert n.up is not None
                if _is_line(no_b[m], both[m], more_b[m]):
                    continue
                swapped = _is_line(no_a[m], both[m], more_a[m])
                turned[m] = _with(n, n.up, n.before, None) if swapped else None
        known = {m: n for m, n in turned.items() if n is not None}
        curves = _curves(loaded, inputs, known, random)
    except VisualizerError:
        return dict(found)
    result: dict[tuple[str, int], Neurons] = {}
    for place, n in found.items():
        right = known.get(n.last)
        result[place] = n if right is None else _with(right, right.before, right.up, curves.get(n.last))
    return result


def _with(n: Neurons, before: Source, up: Source | None, curve: tuple[Floats, Floats] | None) -> Neurons:
    return Neurons(before, up, n.last, n.width, curve, n.is_normed)


def _is_line(nothing: torch.Tensor, once: torch.Tensor, twice: torch.Tensor) -> bool:
    """Whether three answers lie on a line, for 0, 1 and 2 times the same numbers."""
    return _same(twice - once, once - nothing, 2e-2 if once.dtype in (torch.float16, torch.bfloat16) else 1e-4)


def _curves(
    loaded: LoadedModel,
    inputs: Mapping[str, torch.Tensor],
    neurons: Mapping[nn.Module, Neurons],
    random: torch.Generator,
) -> dict[nn.Module, tuple[Floats, Floats]]:
    """Every number is given to two neurons at different places: a function of each alone answers both alike."""
    tokens, dtype = inputs["input_ids"].shape[1], loaded.model.dtype
    grids, orders, asked = {}, {}, {}
    for m, n in neurons.items():
        count = tokens * n.width // 2
        near = torch.linspace(-_REACH, _REACH, max(1, count - count // 4), dtype=torch.float32)
        far = torch.logspace(np.log10(_REACH) + 1e-3, 2.1, count // 4 // 2 + 1)
        grid = torch.cat([near, far, -far])[:count].to(dtype).float()
        order = torch.randperm(2 * count, generator=random)
        values = torch.zeros(tokens * n.width, dtype=torch.float32)
        values[: 2 * count] = torch.cat([grid, grid])[order]
        grids[m], orders[m] = grid, order
        asked[m] = values.reshape(tokens, n.width)
    ones = {m: (asked[m], torch.ones_like(asked[m])) for m in neurons}
    answers = _answers(loaded, inputs, neurons, ones)
    if any(n.is_gated for n in neurons.values()):
        nothing = _answers(loaded, inputs, neurons, {m: (v, torch.zeros_like(v)) for m, (v, _) in ones.items()})
        answers = {m: answers[m] - nothing[m] if neurons[m].is_gated else answers[m] for m in answers}
    found = {}
    for m, grid in grids.items():
        count, flat = len(grid), answers[m].float().cpu().reshape(-1)
        placed = torch.empty(2 * count, dtype=torch.float32)
        placed[orders[m]] = flat[: 2 * count]
        first, second = placed[:count], placed[count:]
        if not torch.isfinite(placed).all() or not torch.allclose(first, second, rtol=1e-3, atol=1e-5):
            continue
        ascending = torch.argsort(grid)
        some = ascending[:: max(1, count // _POINTS)]
        found[m] = grid[some].numpy(), first[some].numpy()
    return found


def _answers(
    loaded: LoadedModel,
    inputs: Mapping[str, torch.Tensor],
    neurons: Mapping[nn.Module, Neurons],
    given: Mapping[nn.Module, tuple[torch.Tensor, torch.Tensor]],
) -> dict[nn.Module, torch.Tensor]:
    """What each last matrix reads when its first ones give these numbers, [token, neuron]; at its first call."""
    puts: dict[nn.Module, list[tuple[Source, torch.Tensor]]] = {}
    for m, n in neurons.items():
        first, second = given[m]
        puts.setdefault(n.before.module, []).append((n.before, first))
        if n.up is not None:
            puts.setdefault(n.up.module, []).append((n.up, second))
    read: dict[nn.Module, torch.Tensor] = {}

    def put(module: nn.Module, output: torch.Tensor) -> torch.Tensor:
        new = output.clone().reshape(-1, output.shape[-1])
        for source, values in puts[module]:
            new[:, source.columns] = values.to(new)
        return new.reshape(output.shape)

    def note(module: nn.Module, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
        if args and module not in read:
            read[module] = args[0].detach().reshape(-1, args[0].shape[-1]).clone()

    with torch.inference_mode(), passes.failures_told(), _putting(puts, put), probe.listening(neurons, before=note):
        run_plainly(loaded, inputs)
    return read


@contextmanager
def _putting(
    modules: Mapping[nn.Module, Any], put: Callable[[nn.Module, torch.Tensor], torch.Tensor]
) -> Iterator[None]:
    """Modules give something else in this thread's passes meanwhile."""
    thread = threading.get_ident()

    def change(module: nn.Module, _args: Any, output: Any) -> Any:
        return put(module, output) if threading.get_ident() == thread else None

    handles = [module.register_forward_hook(change) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
