"""The order of a block's parts: which norm, attention and feed-forward part reads what, and where it is added.

Pre-norm, post-norm (Xiong et al. 2020), norms on both sides and parts side by side are not told apart by names: a
short pass is watched, and every tensor that a part reads must equal one that was made before, or a sum of such tensors
(each times a number). What comes out must equal the block's own output; else nothing is claimed of the block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.anatomy import feed_forward, probe, projections
from visualizer.core.errors import VisualizerError
from visualizer.core.forward import acting, passes, recording
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.anatomy.projections import Projection
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6
INPUT = -1


@dataclass(frozen=True, eq=False)
class Step:
    """kind: "norm", "attention", "cross_attention", "feed_forward", "mixer" (what stands for attention) or "add".

    reads: numbers of the steps before it, INPUT for what the block was given; factors: of the terms of a sum.
    modules: what it is computed by; () for a sum.
    """

    kind: str
    reads: tuple[int, ...]
    modules: tuple[nn.Module, ...] = ()
    factors: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Flow:
    """One layer. steps: in the order of computing, the last one is what the block gives; () where that is not known."""

    module: nn.Module
    steps: tuple[Step, ...] = ()


@dataclass(eq=False)
class Call:
    """One call of a module. first, last: its place among beginnings and ends. read, gave: float64 [token * width]."""

    module: nn.Module
    first: int
    last: int = 0
    attends: bool = False
    read: torch.Tensor | None = None
    gave: torch.Tensor | None = None

    def holds(self, other: Call) -> bool:
        """Whether the other call was made inside this one."""
        return self.first < other.first and other.last < self.last


def of(loaded: LoadedModel) -> Mapping[str, tuple[Flow, ...]]:
    """ "self", or "encoder" and "decoder" -> of each layer its flow; {} where the model could not be watched.

    Runs the model over a few tokens, the first time: call it where passes may run.
    """
    return memo.ask(loaded, "flow of blocks", lambda: _find(loaded))


def _find(loaded: LoadedModel) -> dict[str, tuple[Flow, ...]]:
    ids = torch.tensor([probe.plain_ids_of(loaded, _PROBE_TOKENS)], dtype=torch.long, device=loaded.model.device)
    parts, matrices = feed_forward.of(loaded), projections.outputs(loaded)
    types = loaded.card.layer_types
    found: dict[str, tuple[Flow, ...]] = {}
    states: torch.Tensor | None = None
    try:
        for name, stack in passes.stacks(loaded).items():
            kinds = ("decoder", "cross") if name == "decoder" else (name,)
            flows: list[Flow] = []

            def finish(
                block: Call, calls: list[Call], name: str = name, kinds: Any = kinds, flows: Any = flows
            ) -> None:
                layer = len(flows)
                solver = _Solver(
                    block,
                    calls,
                    _at(parts.get(name, ()), layer),
                    [_at(matrices.get(kind, ()), layer) for kind in kinds],
                    types[layer] if layer < len(types) else "attention",
                    10 * probe.tolerance(loaded.model.dtype),
                )
                flows.append(Flow(block.module, solver.solve()))

            watch = _Watch(acting.Acting({name: stack}, {name: ()}), set(recording.blocks(stack)), finish)
            inside = dict.fromkeys(m for block in watch.blocks for m in block.modules())
            given: dict[str, Any] = {"input_ids": ids}
            if name == "self":
                given = passes.without_cache(loaded, given)
            elif states is not None:
                given |= {"encoder_hidden_states": states, "use_cache": False}
            with (
                torch.inference_mode(),
                probe.listening(inside, watch.enter, watch.leave),
                acting.at_work(watch.at_work),
            ):
                states = stack(**given)[0]
            found[name] = tuple(flows)
    except (VisualizerError, RuntimeError, ValueError, TypeError, IndexError, AttributeError):
        return {}
    return found


def _at(layers: Sequence[Any], layer: int) -> Any:
    return layers[layer] if layer < len(layers) else None


@dataclass(eq=False)
class _Watch:
    """Gathers the calls inside each block, and hands them on when the block has run."""

    at_work: acting.Acting
    blocks: set[nn.Module]
    finish: Any
    _block: Call | None = None
    _calls: list[Call] = field(default_factory=list)
    _open: list[tuple[Call, int]] = field(default_factory=list)
    _order: int = 0

    def enter(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        states = args[0] if args else kwargs.get("hidden_states", kwargs.get("x"))
        self._order += 1
        call = Call(module, self._order, read=_flat(states))
        if self._block is None and module in self.blocks:
            self._block, self._calls = call, []
        elif self._block is not None:
            self._calls.append(call)
        self._open.append((call, self.at_work.calls))

    def leave(self, _module: nn.Module, _args: Any, output: Any) -> None:
        call, before = self._open.pop()
        self._order += 1
        call.last, call.attends = self._order, self.at_work.calls > before
        call.gave = _flat(output[0] if isinstance(output, tuple) else output)
        if call is self._block:
            self.finish(call, self._calls)
            self._block = None


def _flat(states: Any) -> torch.Tensor | None:
    if not isinstance(states, torch.Tensor) or not states.is_floating_point():
        return None
    return states.detach().double().flatten().clone()


def is_norm(module: nn.Module, like: torch.Tensor) -> bool:
    """Whether a module gives the same for a vector and for its double: like: float [..., width], what it reads."""
    if list(module.children()) or isinstance(module, nn.Dropout | nn.Identity):
        return False
    large = like.detach() * (1e4 / max(1e-6, float(like.abs().max())))
    try:
        once, twice = module(large), module(large * 2)
    except Exception:  # it wants something else than one tensor
        return False
    if not isinstance(once, torch.Tensor) or once.shape != large.shape:
        return False
    size = float(once.float().norm())
    moved = float((once.float() - large.float()).norm())
    return size > 0 and moved > 1e-3 * size and float((once.float() - twice.float()).norm()) <= 1e-2 * size


class _Solver:
    """Explains the calls of one block as steps that read each other."""

    def __init__(
        self,
        block: Call,
        calls: list[Call],
        part: nn.Module | None,
        matrices: list[Projection | None],
        mixer: str,
        tolerance: float,
    ) -> None:
        self.block, self.calls, self.part, self.mixer, self.tolerance = block, calls, part, mixer, tolerance
        self.weights = [None if matrix is None else matrix.weight.data_ptr() for matrix in matrices]
        self.steps: list[Step] = []
        self.known: list[tuple[int, torch.Tensor]] = []  # number of a step, what it gave
        self.used: set[int] = set()

    def solve(self) -> tuple[Step, ...]:
        start, end = self.block.read, self.block.gave
        if start is None or end is None or start.shape != end.shape:
            return ()
        self.known = [(INPUT, start)]
        self.calls = [c for c in self.calls if c.last and c.read is not None]
        for begins, _ends, kind, read, gave, modules in sorted(self._parts(start), key=lambda p: (p[0], p[1])):
            del begins
            source = self._explain(read)
            if source is None:
                if kind == "norm":
                    continue  # inside of another part
                return ()
            self._add(Step(kind, (source,), modules), gave)
        last = self._explain(end)
        kinds = {step.kind for step in self.steps}
        consumed = {n for step in self.steps for n in step.reads} | {last}
        if last is None or last != len(self.steps) - 1 or not kinds & {"attention", "mixer"}:
            return ()
        if any(n not in consumed for n in range(len(self.steps))):
            return ()
        return tuple(self.steps)

    # --- the parts -------------------------------------------------------------------------------

    def _parts(self, like: torch.Tensor) -> Iterator[tuple[int, int, str, Any, Any, tuple[nn.Module, ...]]]:
        """(begin, end, kind, what it reads, what it gives, modules) of all parts."""
        attending = [c for c in self.calls if c.attends]
        inner = [c for c in attending if not any(c is not o and c.holds(o) for o in attending)]
        ends = [self._output_layer(n) or call for n, call in enumerate(inner[:2])]
        outside = [end for call, end in zip(inner, ends, strict=False) if end is not call and not call.holds(end)]
        for n, (call, end) in enumerate(zip(inner, ends, strict=False)):
            if end.gave is not None and end.gave.shape == like.shape:
                modules = (call.module, end.module) if end in outside else (call.module,)
                kind = "cross_attention" if n else "attention"
                yield call.first, end.last, kind, call.read, end.gave, modules
        norms = [
            c
            for c in self.calls
            # ALBERT adds and normalises inside of its attention's module
            if self._fits(c, like)
            and not any(a.holds(c) and c.first < e.last for a, e in zip(inner, ends, strict=False))
            and self._is_norm(c)
        ]
        part = self._part(norms)
        norms = [c for c in norms if part is None or not part.holds(c)]
        for call in norms:
            yield call.first, call.last, "norm", call.read, call.gave, (call.module,)
        busy = [*inner, *norms, *outside]
        if part is not None and part.gave is not None:
            begin = self._begin_of(part, busy, like, attending)
            if begin is not None:
                between = [
                    c.module
                    for c in self.calls
                    if begin.first <= c.first
                    and c.last <= part.last
                    and not any(b is c or b.holds(c) for b in busy)
                    and not any(c.holds(b) for b in busy)
                ]
                yield begin.first, part.last, "feed_forward", begin.read, part.gave, tuple(dict.fromkeys(between))
        if self.mixer == "attention":
            return
        children = set(self.block.module.children())
        for call in self.calls:
            is_other = call not in norms and not call.attends and call.module in children
            if is_other and self._fits(call, like) and not self._same(call.gave, call.read):
                inside = {*call.module.modules()}
                if part is None or part.module not in inside:
                    yield call.first, call.last, "mixer", call.read, call.gave, (call.module,)

    def _part(self, norms: list[Call]) -> Call | None:
        """The call of the feed-forward part; where a norm stands between it and the sum (Gemma 2), what that reads."""
        part = next((c for c in self.calls if c.module is self.part), None)
        if part is None or part not in norms:
            return part
        return next((c for c in self.calls if c.last < part.first and self._same(c.gave, part.read)), None)

    def _output_layer(self, n: int) -> Call | None:
        wanted = self.weights[n] if n < len(self.weights) else None
        for call in self.calls:
            weight = getattr(call.module, "weight", None)
            if wanted is not None and isinstance(weight, torch.Tensor) and weight.data_ptr() == wanted:
                return call
        return None

    def _begin_of(self, part: Call, busy: list[Call], like: torch.Tensor, attending: list[Call]) -> Call | None:
        """The first call of the feed-forward part: it reads a state of the stream, and leads to what the part gives."""
        norms = [c for c in busy if c.read is not None]
        if part.read is not None and part.read.shape == like.shape and not self._same(part.gave, part.read):
            return part
        after = max((a.last for a in attending if a.last < part.first), default=0)
        for call in self.calls:
            if call.first > part.first or call.first < after or call.attends or call in busy:
                continue
            if call.read is None or call.read.shape != like.shape or self._same(call.gave, call.read):
                continue
            if any(b.holds(call) or call.holds(b) for b in norms):
                continue
            return call
        return None

    def _is_norm(self, call: Call) -> bool:
        assert call.read is not None
        weight = next((p for p in call.module.parameters(recurse=False)), None)
        like = call.read.reshape(_PROBE_TOKENS if call.read.numel() % _PROBE_TOKENS == 0 else 1, -1)
        return is_norm(call.module, like.to(torch.float32 if weight is None else weight.dtype))

    def _fits(self, call: Call, like: torch.Tensor) -> bool:
        return all(t is not None and t.shape == like.shape for t in (call.read, call.gave))

    # --- sums ------------------------------------------------------------------------------------

    def _add(self, step: Step, gave: torch.Tensor) -> int:
        self.steps.append(step)
        self.used.update(n for n in step.reads if step.kind == "add")
        self.known.append((len(self.steps) - 1, gave))
        return len(self.steps) - 1

    def _explain(self, states: torch.Tensor | None) -> int | None:
        """The step that gave these states; a sum becomes one."""
        if states is None:
            return None
        for number, gave in reversed(self.known):
            if self._same(gave, states):
                return number
        fitting = [(n, t) for n, t in self.known if t.shape == states.shape]
        terms = [(n, t) for n, t in fitting if n != INPUT and self.steps[n].kind != "add" and n not in self.used]
        # A norm of what is normalised already changes nothing: the stream comes first.
        bases = sorted(fitting, key=lambda f: (f[0] != INPUT and self.steps[f[0]].kind != "add", -f[0]))
        for with_factors in (False, True):
            for count in (1, 2):
                for base in bases:
                    for chosen in combinations(reversed(terms), count):
                        if any(n == base[0] for n, _ in chosen):
                            continue
                        factors = self._factors(states, [base[1], *(t for _, t in chosen)], with_factors)
                        if factors is not None:
                            reads = (base[0], *(n for n, _ in chosen))
                            return self._add(Step("add", reads, (), factors), states)
        return None

    def _factors(self, sum_: torch.Tensor, terms: list[torch.Tensor], free: bool) -> tuple[float, ...] | None:
        if not free:
            total = torch.stack(terms).sum(0)
            return (1.0,) * len(terms) if self._same(total, sum_) else None
        columns = torch.stack(terms, dim=1)
        factors = torch.linalg.lstsq(columns, sum_[:, None]).solution[:, 0]
        if not torch.isfinite(factors).all() or float(factors.abs().min()) < 1e-3:
            return None
        return tuple(factors.tolist()) if self._same(columns @ factors, sum_) else None

    def _same(self, a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
        if a is None or b is None or a.shape != b.shape:
            return False
        return float((a - b.to(a.device)).norm()) <= self.tolerance * max(1e-9, float(b.norm()))
