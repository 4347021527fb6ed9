"""What stands between the last block and the output layer: a normalisation, found by what it does.

Layer normalisation (Ba et al. 2016, equation 4) is gain * (x - mean(x)) / s + shift with s = sqrt(variance + e);
root mean square normalisation (Zhang and Sennrich 2019, equation 4) has no mean and no shift. Which one a model has,
and its gain and shift, are read off from what the module answers to vectors that are known, not from its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.anatomy import probe
from visualizer.core.errors import CannotRead, VisualizerError
from visualizer.core.forward import passes
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 5
_Call = tuple[nn.Module, torch.Tensor, torch.Tensor]  # a module, what it read, what it gave
_CLOSE = 1e-5
_LARGE = 1e4  # so large that the small number under the root does not count


@dataclass(frozen=True, eq=False)
class FinalNorm:
    """modules: what a state goes through, in this order; () where the output layer reads the last block itself.

    gain, shift: float32 [width], on the CPU. centred: whether the mean is taken away first. None for gain: the modules
    do something else than normalise, and can only be run.
    """

    modules: tuple[nn.Module, ...]
    gain: torch.Tensor | None
    shift: torch.Tensor | None
    centred: bool = False

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """What the output layer reads of states of the stream: [token, width] -> [token, width]."""
        found: Any = states[None]
        for module in self.modules:
            found = module(found)
            found = found[0] if isinstance(found, tuple) else found
        result: torch.Tensor = found[0]
        return result

    def scale(self, state: torch.Tensor, final: torch.Tensor) -> float | None:
        """The s by which one state was divided, [width] each, seen in what came out; None where it is no such norm."""
        if not self.modules:
            return 1.0
        if self.gain is None or self.shift is None:
            return None
        state, final = state.double().cpu(), final.double().cpu()
        if self.centred:
            state = state - state.mean()
        raw, seen = self.gain.double() * state, final - self.shift.double()
        inverse = float((raw * seen).sum() / (raw * raw).sum().clamp_min(1e-30))
        if inverse <= 0 or float((raw * inverse - seen).abs().max()) > 1e-3 * max(1e-6, float(seen.abs().max())):
            return None
        return 1 / inverse


def of(loaded: LoadedModel) -> FinalNorm:
    """The normalisation before the output layer, of the decoder where there are two stacks.

    Runs the model once over a few tokens, the first time: call it where passes may run.

    Raises CannotRead where what comes between last block and output layer cannot be told.
    """
    return memo.ask(loaded, "final normalisation", lambda: _find(loaded))


def _find(loaded: LoadedModel) -> FinalNorm:
    ids = torch.tensor([probe.plain_ids_of(loaded, _PROBE_TOKENS)], dtype=torch.long, device=loaded.model.device)
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids} if loaded.kind == "encoder_decoder" else {})
    calls: list[_Call] = []

    own = set(loaded.model.modules())  # a family outside the registry is run a second time, in a copy

    def note(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        gave = output[0] if isinstance(output, tuple) else output
        both = (args[0] if args else None, gave)
        if module in own and all(isinstance(t, torch.Tensor) and t.is_floating_point() for t in both):
            calls.append((module, args[0].detach(), gave.detach()))

    try:
        with torch.inference_mode(), passes.failures_told(), probe.listening(own, after=note):
            found = passes.run(loaded, inputs)
    except VisualizerError as error:
        raise CannotRead("final_norm", str(error)) from error
    stream = found.residual["decoder" if "decoder" in found.residual else "self"]
    tolerance = probe.tolerance(loaded.model.dtype)
    modules = _path(stream[-1], found.final, calls, tolerance)
    if modules is None:
        raise CannotRead("final_norm", type(loaded.model).__name__)
    if not modules:
        return FinalNorm((), None, None)
    norm = _read(modules, stream[-1])
    if norm is not None and all(norm.scale(s, f) for s, f in zip(stream[-1], found.final, strict=True)):
        return norm
    return FinalNorm(modules, None, None)


def _path(
    state: torch.Tensor, final: torch.Tensor, calls: list[_Call], tolerance: float
) -> tuple[nn.Module, ...] | None:
    """The modules that lead from the last block's states to what the output layer reads, each at most once."""
    if _same(state, final, tolerance):
        return ()
    path: list[nn.Module] = []
    for _ in range(4):
        # A family outside the registry was run twice, in two ways: its states differ in their last digits.
        here = [(m, gave) for m, read, gave in calls if _same(read, state, _CLOSE) and not _same(gave, state, _CLOSE)]
        direct = next((m for m, gave in reversed(here) if _same(gave, final, tolerance)), None)
        if direct is not None:
            return (*path, direct)
        step = next(((m, g) for m, g in reversed(here) if m not in path and not list(m.children())), None)
        if step is None:
            return None
        path.append(step[0])
        state = step[1]
    return None


def _same(a: torch.Tensor, b: torch.Tensor, tolerance: float) -> bool:
    if a.numel() != b.numel() or a.shape[-1] != b.shape[-1]:
        return False
    a, b = a.reshape(b.shape).float(), b.float()
    return bool((a - b).abs().max() <= tolerance * max(1.0, float(b.abs().max())))


def _read(modules: tuple[nn.Module, ...], like: torch.Tensor) -> FinalNorm | None:
    """Gain and shift of modules that normalise; None where they do not answer like a normalisation."""
    if len(modules) != 1:
        return None
    norm, width = FinalNorm(modules, None, None), like.shape[-1]
    alternating = torch.ones(width, dtype=like.dtype, device=like.device)
    alternating[1::2] = -1
    if width % 2:
        alternating[-1] = 0
    with torch.inference_mode():
        try:
            asked = torch.stack([torch.ones_like(alternating), alternating * 0, alternating])
            ones, zeros, signs = norm(asked * _LARGE)
        except RuntimeError:
            return None
    shift = zeros.float()
    centred = float((ones.float() - shift).abs().max()) <= 1e-3 * max(1.0, float(signs.float().abs().max()))
    if not centred:
        gain = ones.float() - shift
    elif width % 2:  # the odd one out is measured by no sign
        return None
    else:
        gain = (signs.float() - shift) * alternating.float()
    return FinalNorm(modules, gain.cpu(), shift.cpu(), centred)
