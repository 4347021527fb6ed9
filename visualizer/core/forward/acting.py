"""Interventions at work: what a pass computes is changed where it is computed, so that a trace holds what was used.

`at_work` is entered around a pass. Queries, keys, values and the heads' outputs are changed in the function that
transformers' attention registry calls (`forward.recording`); the residual stream, feed-forward parts and positions by
hooks on the modules that make them. Nothing is changed in place, so that gradients go through.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import nn

from visualizer.core.errors import CannotIntervene, NoSuchKind, NoSuchPart
from visualizer.core.interventions import Site

_local = threading.local()

Key = tuple[str, str, int]  # place, kind, layer
# Axes of (token, head) in what stands at a place.
_AXES: dict[str, tuple[int, int | None]] = {
    "query": (2, 1), "key": (2, 1), "value": (2, 1), "head_output": (1, 2), "attention": (1, 2),
    "embedding": (1, None), "residual": (1, None), "feed_forward": (1, None),
}  # fmt: skip
REACHED = tuple(_AXES)
_IN_KERNEL = ("query", "key", "value", "head_output", "attention")


class Change(Protocol):
    """Something done at a site."""

    @property
    def site(self) -> Site:
        """Where."""
        ...

    def __call__(self, states: torch.Tensor, key: Key) -> torch.Tensor:
        """What stands there afterwards: [batch, ...] as it came, see `_AXES`."""
        ...


@dataclass(frozen=True, eq=False)
class Off:
    """Zero, or the mean over the tokens. rows: of the batch; None: all."""

    site: Site
    how: str = "zero"
    rows: tuple[int, ...] | None = None

    def __call__(self, states: torch.Tensor, key: Key) -> torch.Tensor:
        axis, _ = _AXES[key[0]]
        if self.how == "zero":
            new = states.new_zeros(())
        else:
            new = states.float().mean(dim=axis, keepdim=True).to(states.dtype)
        return torch.where(_chosen(states, self.site, key, self.rows), new, states)


@dataclass(frozen=True, eq=False)
class Put:
    """The values that a `Take` took from another run."""

    site: Site
    taken: Mapping[Key, torch.Tensor]

    def __call__(self, states: torch.Tensor, key: Key) -> torch.Tensor:
        axis, _ = _AXES[key[0]]
        given, tokens = self.taken[key], states.shape[axis]
        if self.site.tokens is None and given.shape[axis] != tokens:
            raise CannotIntervene("length", f"{given.shape[axis]}, {tokens}")
        if self.site.tokens is not None:
            for count in (given.shape[axis], tokens):
                _check(self.site.tokens, count, "position", key)
            given = given.narrow(axis, 0, min(tokens, given.shape[axis])).expand(states.shape[0], *given.shape[1:])
            if given.shape[axis] < tokens:  # the rest is not chosen
                given = torch.cat([given, states.narrow(axis, given.shape[axis], tokens - given.shape[axis])], axis)
        return torch.where(_chosen(states, self.site, key, None), given, states)


@dataclass(frozen=True, eq=False)
class Take:
    """Changes nothing and keeps what stands there."""

    site: Site
    taken: dict[Key, torch.Tensor] = field(default_factory=dict)

    def __call__(self, states: torch.Tensor, key: Key) -> torch.Tensor:
        self.taken[key] = states.detach().clone()
        return states


@dataclass(frozen=True, eq=False)
class Moved:
    """What modules say of positions. rotations turn queries and keys; tables are added to the embeddings.

    order: which position each token of the first stack is told; None: none at all, in every stack.
    """

    rotations: tuple[nn.Module, ...]
    tables: tuple[nn.Module, ...]
    order: tuple[int, ...] | None = None

    def __call__(self, module: nn.Module, states: torch.Tensor) -> torch.Tensor:
        """states: [..., token, d]."""
        if self.order is None:
            # At the first position rotation turns by nothing (and keeps the factor that some models put on it).
            return states.narrow(-2, 0, 1).expand_as(states) if module in self.rotations else states * 0
        if states.shape[-2] != len(self.order):
            raise CannotIntervene("length", f"{len(self.order)}, {states.shape[-2]}")
        return states.index_select(-2, torch.tensor(self.order, dtype=torch.long, device=states.device))


@dataclass(frozen=True, eq=False)
class Hidden:
    """Keys that nobody may look at. side: of the keys, "self", "encoder" or "decoder"."""

    tokens: tuple[int, ...]
    side: str = "self"

    def blocked(self, kind: str, queries: int, keys: int, device: torch.device) -> torch.Tensor | None:
        """bool [query, key], True: hidden; None for a kind of attention that looks at another side."""
        if ("encoder" if kind == "cross" else kind) != self.side:
            return None
        _check(self.tokens, keys, "position", ("key", kind, 0))
        along = torch.zeros(keys, dtype=torch.bool, device=device)
        along[list(self.tokens)] = True
        found = along.expand(queries, -1).clone()
        if kind != "cross":  # a row of its own needs a key; nobody else sees what comes of it
            found &= ~torch.eye(queries, keys, dtype=torch.bool, device=device)
        elif bool(along.all()):
            raise CannotIntervene("all_hidden")
        return found


def _chosen(states: torch.Tensor, site: Site, key: Key, rows: Sequence[int] | None) -> torch.Tensor:
    """Where a site is: bool, broadcast against states."""
    tokens, heads = _AXES[key[0]]
    chosen = torch.ones((), dtype=torch.bool, device=states.device)
    for axis, numbers, what in ((0, rows, "row"), (tokens, site.tokens, "position"), (heads, site.heads, "head")):
        if numbers is not None and axis is not None:
            _check(numbers, states.shape[axis], what, key)
            along = torch.zeros(states.shape[axis], dtype=torch.bool, device=states.device)
            along[list(numbers)] = True
            chosen = chosen & along.reshape([-1 if n == axis else 1 for n in range(states.dim())])
    return chosen


def _check(numbers: Sequence[int], count: int, what: str, key: Key) -> None:
    wrong = next((n for n in numbers if n >= count), None)
    if wrong is not None:
        raise NoSuchPart(what, wrong, count, key[1])


class Acting:
    """The changes of one pass, and where it is just now. Made anew for each pass.

    stacks: "self", or "encoder" and "decoder" -> the module that runs all its blocks; blocks: its blocks. parts: the
    same names -> the module that gives the output of each layer's feed-forward part, None where it was not found.
    """

    def __init__(
        self,
        stacks: Mapping[str, nn.Module],
        blocks: Mapping[str, Sequence[nn.Module]],
        changes: Sequence[Change] = (),
        moved: Sequence[Moved] = (),
        parts: Mapping[str, Sequence[nn.Module | None]] | None = None,
        hidden: Sequence[Hidden] = (),
    ) -> None:
        self.stacks, self.blocks, self.parts = stacks, blocks, parts or {}
        self.changes, self.moved, self.hidden = tuple(changes), tuple(moved), tuple(hidden)
        self.kinds = ("self",) if "self" in stacks else ("encoder", "decoder", "cross")
        self.calls = 0  # of attention, in the stack that runs
        self._is_inside = False  # a block
        self._calls_inside = 0
        self._attended: dict[str, set[int]] = {}  # kind -> layers that have called attention
        self._thread = threading.get_ident()
        self._stack = next(iter(stacks))
        self._layers_done = 0
        self._parts_done: dict[nn.Module, int] = {}
        self._stream: torch.Size | None = None
        for change in self.changes:
            self._check_site(change.site)

    def plus(self, changes: Sequence[Change]) -> Acting:
        """The same with more changes, which come last, ready for a pass of its own."""
        return Acting(self.stacks, self.blocks, (*self.changes, *changes), self.moved, self.parts, self.hidden)

    def less(self, count: int) -> Acting:
        """The same without its last changes, ready for a pass of its own."""
        changes = self.changes[: len(self.changes) - count]
        return Acting(self.stacks, self.blocks, changes, self.moved, self.parts, self.hidden)

    def skip(self) -> None:
        """A block of the stack that runs is passed over: what comes next is the next layer."""
        parts = self.parts.get(self._stack, ())
        part = parts[self._layers_done] if self._layers_done < len(parts) else None
        if part is not None:
            self._parts_done[part] = self._parts_done.get(part, 0) + 1
        self._layers_done += 1
        self.calls += 2 if self._stack == "decoder" else 1

    def _check_site(self, site: Site) -> None:
        if site.kind not in self.kinds:
            raise NoSuchKind("attention kind", site.kind, self.kinds)
        if site.place not in REACHED:
            raise CannotIntervene("place", site.place)
        if site.place != "feed_forward":
            return
        parts = self.parts.get(site.kind, ())
        _check(site.layers or (), len(parts), "layer", (site.place, site.kind, 0))
        for layer in range(len(parts)) if site.layers is None else site.layers:
            if parts[layer] is None:
                raise CannotIntervene("feed_forward", str(layer))

    def _at(self, places: Sequence[str], kind: str, layer: int) -> list[Change]:
        return [
            c
            for c in self.changes
            if c.site.place in places and c.site.kind == kind and (c.site.layers is None or layer in c.site.layers)
        ]

    def _changed(self, states: torch.Tensor, place: str, kind: str, layer: int) -> torch.Tensor:
        for change in self._at((place,), kind, layer):
            states = change(states, (place, kind, layer))
        return states

    # --- in the attention -----------------------------------------------------------------------

    def _place(self) -> tuple[str, int]:
        """Kind and layer of the attention call that runs: each decoder layer calls self, then cross."""
        call = self.calls - 1
        if self._is_inside:
            each = 2 if self._stack == "decoder" else 1
            if self._calls_inside > each and (self.changes or self.hidden):
                raise CannotIntervene("outside_registry")
            kind = ("decoder", "cross")[min(self._calls_inside, 2) - 1] if each == 2 else self._stack
            return kind, self._layers_done
        if self._stack != "decoder":
            return self._stack, call
        return ("decoder", "cross")[call % 2], call // 2

    def before(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What a layer attends with: [batch, head, token, d] each."""
        self.calls += 1
        self._calls_inside += 1
        kind, layer = self._place()
        self._attended.setdefault(kind, set()).add(layer)
        return (
            self._changed(query, "query", kind, layer),
            self._changed(key, "key", kind, layer),
            self._changed(value, "value", kind, layer),
        )

    def mask(self, mask: torch.Tensor | None, query: torch.Tensor, keys: int, causal: bool) -> torch.Tensor | None:
        """What a layer may look at without the hidden keys: as it came, [batch, 1, query, key]; called after `before`.

        causal: of a call without a mask, whether its queries see no later keys.
        """
        if not self.hidden:
            return mask
        queries, device = query.shape[2], query.device
        kind, _ = self._place()
        for one in self.hidden:
            blocked = one.blocked(kind, queries, keys, device)
            if blocked is None:
                continue
            if mask is None:
                seen = torch.ones(queries, keys, dtype=torch.bool, device=device)
                mask = (seen.tril(keys - queries) if causal and queries > 1 else seen)[None, None]
            if mask.dtype == torch.bool:
                mask = mask & ~blocked
            else:
                mask = mask.expand(*mask.shape[:-2], queries, -1).masked_fill(blocked, torch.finfo(mask.dtype).min)
        return mask

    def after(self, output: torch.Tensor) -> tuple[torch.Tensor, tuple[int, ...]]:
        """What the heads write, [batch, query, head, d_v], and which heads' outputs were replaced."""
        kind, layer = self._place()
        heads: set[int] = set()
        for change in self._at(("head_output", "attention"), kind, layer):
            output = change(output, (change.site.place, kind, layer))
            if not isinstance(change, Take):
                heads |= set(range(output.shape[2]) if change.site.heads is None else change.site.heads)
        return output, tuple(sorted(heads))

    def check_layers(self) -> None:
        """After a stack has run: raises NoSuchPart for layers that it has not."""
        here = ("decoder", "cross") if self._stack == "decoder" else (self._stack,)
        for change in self.changes:
            site = change.site
            if site.kind not in here:
                continue
            if site.place not in _IN_KERNEL:
                _check(site.layers or (), self._layers_done, "layer", (site.place, site.kind, 0))
                continue
            known = sorted(self._attended.get(site.kind, ()))
            wrong = next((n for n in site.layers or () if n not in known), None)
            if wrong is not None:
                count = known[-1] + 1 if known else 0
                raise NoSuchPart("layer", wrong, count, site.kind, known if len(known) < count else ())

    # --- around modules -------------------------------------------------------------------------

    def attach(self) -> Iterator[Any]:
        """Registers the hooks; gives their handles."""
        for name, stack in self.stacks.items():
            yield stack.register_forward_pre_hook(self._on_stack(name))
            for block in dict.fromkeys(self.blocks[name]):
                yield block.register_forward_pre_hook(self._before_block, with_kwargs=True)
                yield block.register_forward_hook(self._after_block)
            if any(change.site.place == "feed_forward" for change in self.changes):
                for part in dict.fromkeys(p for p in self.parts.get(name, ()) if p is not None):
                    yield part.register_forward_hook(self._after_part)
        for moved in self.moved:
            for module in dict.fromkeys((*moved.rotations, *moved.tables)):
                yield module.register_forward_hook(self._on_position(moved, module))

    def _is_other_thread(self) -> bool:
        # Another thread may be using the output layer of the same model just now.
        return threading.get_ident() != self._thread

    def _on_stack(self, name: str) -> Any:
        def start(_module: nn.Module, _args: Any) -> None:
            if not self._is_other_thread():
                self._stack, self.calls, self._layers_done, self._parts_done = name, 0, 0, {}
                self._is_inside = False

        return start

    def _before_block(self, _module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        states = args[0] if args else kwargs.get("hidden_states")
        if self._is_other_thread() or not isinstance(states, torch.Tensor):
            return None
        self._stream = states.shape
        self._is_inside, self._calls_inside = True, 0
        if self._layers_done:
            return None
        new = self._changed(states, "embedding", self._stack, 0)
        if new is states:
            return None
        return ((new, *args[1:]), kwargs) if args else (args, kwargs | {"hidden_states": new})

    def _after_block(self, _module: nn.Module, _args: Any, output: Any) -> Any:
        if self._is_other_thread():
            return None
        self._layers_done += 1
        self._is_inside = False
        return _replaced(output, lambda states: self._changed(states, "residual", self._stack, self._layers_done - 1))

    def _after_part(self, module: nn.Module, _args: Any, output: Any) -> Any:
        if self._is_other_thread():
            return None
        nth = self._parts_done.get(module, 0)
        self._parts_done[module] = nth + 1
        layers = [n for n, part in enumerate(self.parts.get(self._stack, ())) if part is module]
        if nth >= len(layers):
            return None

        def change(states: torch.Tensor) -> torch.Tensor:
            # Some families (OPT) lay the tokens of the whole batch one below the other here.
            as_stream = states.reshape(self._stream) if self._stream is not None else states
            new = self._changed(as_stream, "feed_forward", self._stack, layers[nth])
            return states if new is as_stream else new.reshape(states.shape)

        return _replaced(output, change)

    def _on_position(self, moved: Moved, module: nn.Module) -> Any:
        # The module is named, for it may be its like in `forward.unfused` that calls.
        def tell(_module: nn.Module, _args: Any, output: Any) -> Any:
            if self._is_other_thread() or (moved.order is not None and self._stack == "decoder"):
                return None
            if isinstance(output, tuple):
                return tuple(moved(module, t) if isinstance(t, torch.Tensor) else t for t in output)
            return moved(module, output)

        return tell


def _replaced(output: Any, change: Any) -> Any:
    """A module's output with its first tensor changed; None (as a hook says it) when it was not."""
    states = output[0] if isinstance(output, tuple) else output
    if not isinstance(states, torch.Tensor):
        return None
    new = change(states)
    if new is states:
        return None
    return (new, *output[1:]) if isinstance(output, tuple) else new


def current() -> Acting | None:
    """What is at work in this thread's pass."""
    return getattr(_local, "acting", None)


@contextmanager
def at_work(acting: Acting | None) -> Iterator[None]:
    """Lets the changes act on this thread's passes while the block runs; None: the model stays as it is."""
    if acting is None:
        yield
        return
    handles: list[Any] = []
    before = current()
    try:
        handles.extend(acting.attach())
        _local.acting = acting
        yield
    finally:
        _local.acting = before
        for handle in handles:
            handle.remove()
