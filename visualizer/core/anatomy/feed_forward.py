"""The feed-forward part of each layer: what adds to the residual stream and is not attention.

Vaswani et al. 2017, section 3.3. Found by watching a short pass, and not by its name: it is the last module of a block
whose output, times a number, is the difference between two states of the stream inside the block. In most models the
later state is what the block gives; in those that normalise last (BERT) it is what the last norm reads; where attention
and feed-forward part run side by side (GPT-NeoX, Phi), the difference holds the attention's output too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.anatomy import probe
from visualizer.core.errors import VisualizerError
from visualizer.core.forward import acting, passes, recording
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6

Parts = Mapping[str, tuple[nn.Module | None, ...]]


def of(loaded: LoadedModel) -> Parts:
    """ "self", or "encoder" and "decoder" -> of each layer the module whose output is what it adds; None: not found.

    Runs the model once over a few tokens, the first time: call it where passes may run. Empty for families outside the
    attention registry.
    """
    return memo.ask(loaded, "feed-forward parts", lambda: _find(loaded) if loaded.registry else {})


@dataclass(eq=False)
class _Call:
    """One call of a module inside a block. first, last: where it stands in the order of beginnings and ends."""

    module: nn.Module
    first: int
    last: int = -1
    attends: bool = False
    read: torch.Tensor | None = None  # float32 [token * width]
    gave: torch.Tensor | None = None


@dataclass(eq=False)
class _Watch:
    """The calls of the block that runs, and the parts found in those that have run."""

    at_work: acting.Acting
    tolerance: float
    parts: list[nn.Module | None] = field(default_factory=list)
    paths: list[str | None] = field(default_factory=list)
    blocks: list[nn.Module] = field(default_factory=list)
    _block: _Call | None = None
    _calls: list[_Call] = field(default_factory=list)
    _open: list[tuple[_Call, int]] = field(default_factory=list)
    _order: int = 0

    def enter(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        states = args[0] if args else kwargs.get("hidden_states")
        self._order += 1
        call = _Call(module, self._order, read=_flat(states))
        if module in self.blocks and self._block is None:
            self._block, self._calls = call, []
        elif self._block is not None:
            self._calls.append(call)
        self._open.append((call, self.at_work.calls))

    def leave(self, module: nn.Module, _args: Any, output: Any) -> None:
        call, before = self._open.pop()
        self._order += 1
        call.last, call.attends = self._order, self.at_work.calls > before
        call.gave = _flat(output[0] if isinstance(output, tuple) else output)
        if call is self._block:
            found = _part(call, self._calls, self.tolerance)
            self.parts.append(found)
            self.paths.append(next((n for n, m in module.named_modules() if m is found), None) if found else None)
            self._block = None


def _flat(states: Any) -> torch.Tensor | None:
    if not isinstance(states, torch.Tensor) or not states.is_floating_point():
        return None
    return states.detach().double().flatten().clone()


def _part(block: _Call, calls: list[_Call], tolerance: float) -> nn.Module | None:
    """The feed-forward part of one block's pass."""
    start, end = block.read, block.gave
    if start is None or end is None or start.shape != end.shape:
        return None
    calls = [c for c in calls if c.gave is not None and c.last > 0]
    times = Counter(c.module for c in calls)
    attending = [c for c in calls if c.attends and not _same(c.gave, end)]
    found = [
        c
        for c in calls
        if not c.attends
        and times[c.module] == 1
        and _fits(c.gave, end)
        and not _same(c.gave, c.read)  # a dropout, which does nothing now
        and not any(a.first < c.first and c.last < a.last for a in attending)
    ]
    states = [start, *(t for c in calls for t in (c.read, c.gave) if t is not None and _fits(t, end))]
    beside = [c.gave for c in attending if c.gave is not None and _fits(c.gave, end)]
    # What the block gives; or, where a norm comes last, what that norm reads.
    last = [end, *(c.read for c in calls if _same(c.gave, end) and c.read is not None and _fits(c.read, end))]
    for sum_ in last:
        for call in sorted(found, key=lambda c: -c.last):
            assert call.gave is not None
            if any(_adds(sum_ - state, [call.gave], tolerance) for state in states):
                return call.module
            if any(_adds(sum_ - start, [call.gave, other], tolerance) for other in beside):
                return call.module
    return None


def _fits(states: torch.Tensor | None, like: torch.Tensor) -> bool:
    return states is not None and states.shape == like.shape


def _same(a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
    return a is not None and b is not None and a.shape == b.shape and torch.equal(a, b)


def _adds(difference: torch.Tensor, terms: list[torch.Tensor], tolerance: float) -> bool:
    """Whether a difference is a sum of the terms, each times a number that is not 0."""
    size = float(difference.norm())
    if size == 0 or any(float(t.norm()) == 0 or torch.equal(difference, t * 0) for t in terms):
        return False
    matrix = torch.stack(terms, dim=1)  # (token * width, term)
    factors = torch.linalg.lstsq(matrix, difference[:, None]).solution[:, 0]
    if any(abs(float(f)) * float(t.norm()) < 1e-2 * size for f, t in zip(factors, terms, strict=True)):
        return False
    return float((difference - matrix @ factors).norm()) <= tolerance * size


def _find(loaded: LoadedModel) -> Parts:
    ids = torch.tensor([probe.plain_ids_of(loaded, _PROBE_TOKENS)], dtype=torch.long, device=loaded.model.device)
    stacks = passes.stacks(loaded)
    blocks = {name: recording.blocks(stack) for name, stack in stacks.items()}
    found: dict[str, tuple[nn.Module | None, ...]] = {}
    states: torch.Tensor | None = None
    try:
        for name, stack in stacks.items():
            at_work = acting.Acting({name: stack}, {name: ()})
            watch = _Watch(at_work, 10 * probe.tolerance(loaded.model.dtype), blocks=blocks[name])
            inside = dict.fromkeys(m for block in blocks[name] for m in block.modules())
            given: dict[str, Any] = {"input_ids": ids}
            if name == "self":
                given = passes.without_cache(loaded, given)
            elif states is not None:
                given |= {"encoder_hidden_states": states, "use_cache": False}
            with torch.inference_mode(), probe.listening(inside, watch.enter, watch.leave), acting.at_work(at_work):
                states = stack(**given)[0]
            found[name] = _by_path(watch)
    except (VisualizerError, RuntimeError, ValueError, TypeError, IndexError, AttributeError):
        return {}
    return found


def _by_path(watch: _Watch) -> tuple[nn.Module | None, ...]:
    """Layers in which nothing was found take what stands where most others have it."""
    known = Counter(path for path in watch.paths if path is not None)
    if not known:
        return tuple(watch.parts)
    usual = known.most_common(1)[0][0]
    ran = watch.blocks if len(watch.blocks) == len(watch.parts) else [None] * len(watch.parts)
    return tuple(
        part if part is not None or block is None else dict(block.named_modules()).get(usual)
        for part, block in zip(watch.parts, ran, strict=True)
    )
