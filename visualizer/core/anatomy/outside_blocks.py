"""What a model has before its first block and after its last one, in the order of a short pass: embeddings, positions,
norms, transforms and the output layer.

Which tables are summed is not believed either: what the first norm or block reads must be the sum of their rows, each
times a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.anatomy import block_flow, final_norm, positions, probe
from visualizer.core.errors import VisualizerError
from visualizer.core.forward import passes, recording

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 6
TABLES = ("embedding", "other_embedding", "positions")


@dataclass(frozen=True, eq=False)
class Piece:
    """kind: "embedding", "other_embedding", "positions", "norm", "final_norm", "transform", "output", or "branch":
    gives nothing to the next token (BERT's pooler).

    modules: () for positions that are computed without one. width: of what it gives, 0 where it is the stream's.
    is_added: its rows are a term of the sum that enters the stream; ends_sum: the last such.
    """

    kind: str
    modules: tuple[nn.Module, ...]
    width: int = 0
    is_added: bool = False
    ends_sum: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Around:
    """Side -> the pieces in front of its blocks, and those behind them."""

    before: Mapping[str, tuple[Piece, ...]]
    after: Mapping[str, tuple[Piece, ...]]


@dataclass(eq=False)
class _Watch:
    blocks: dict[nn.Module, str]
    found: dict[tuple[str, bool], list[nn.Module]] = field(default_factory=dict)
    gave: dict[tuple[str, nn.Module], torch.Tensor] = field(default_factory=dict)
    read: dict[tuple[str, nn.Module], torch.Tensor] = field(default_factory=dict)
    starts: dict[str, torch.Tensor] = field(default_factory=dict)
    side: str = ""
    inside: int = 0
    done: set[str] = field(default_factory=set)


def of(loaded: LoadedModel) -> Around:
    """The pieces around the blocks. Runs the model over a few tokens: call it where passes may run."""
    stacks = passes.stacks(loaded)
    blocks = {block: side for side, stack in stacks.items() for block in recording.blocks(stack)}
    watch = _Watch(blocks)
    sides = list(stacks)
    ids = torch.tensor([probe.plain_ids_of(loaded, _PROBE_TOKENS)], dtype=torch.long, device=loaded.model.device)
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids} if loaded.kind == "encoder_decoder" else {})
    in_stack = {m: side for side, stack in stacks.items() for m in stack.modules()}

    _, tables = positions.modules(loaded.model)

    def enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if module in stacks.values():
            watch.side = next(side for side, stack in stacks.items() if stack is module)
        if module in blocks:
            if not watch.inside and blocks[module] not in watch.starts:
                states = args[0] if args else kwargs.get("hidden_states")
                if isinstance(states, torch.Tensor):
                    watch.starts[blocks[module]] = states.detach().double()
            watch.inside += 1
        elif not watch.inside and args and isinstance(args[0], torch.Tensor) and args[0].is_floating_point():
            watch.read.setdefault((_side(module), module), args[0].detach().double())

    def _side(module: nn.Module) -> str:
        return watch.side or in_stack.get(module, sides[-1])

    def leave(module: nn.Module, _args: Any, output: Any) -> None:
        if module in blocks:
            watch.inside -= 1
            watch.done.add(blocks[module])
            return
        has_own = next(module.parameters(recurse=False), None) is not None
        if watch.inside or not (has_own or module in tables):
            return
        side = _side(module)
        listed = watch.found.setdefault((side, side in watch.done), [])
        if module not in listed:
            listed.append(module)
        if isinstance(output, torch.Tensor):
            watch.gave.setdefault((side, module), output.detach().double())

    try:
        with (
            torch.inference_mode(),
            passes.failures_told(),
            probe.listening(list(loaded.model.modules()), enter, leave),
        ):
            loaded.model(**passes.without_cache(loaded, inputs), return_dict=True)
    except VisualizerError:
        return Around({}, {})
    return _sorted(loaded, watch, sides, tables)


def _sorted(loaded: LoadedModel, watch: _Watch, sides: list[str], tables: Mapping[nn.Module, int]) -> Around:
    model = loaded.model
    scheme = positions.describe(model, positions.PROBE_TOKENS)
    output = model.get_output_embeddings()
    try:
        finals = set(final_norm.of(loaded).modules)
    except VisualizerError:
        finals = set()
    before: dict[str, tuple[Piece, ...]] = {}
    after: dict[str, tuple[Piece, ...]] = {}
    for side in sides:
        entry = model.get_encoder() if side == "encoder" else model.get_decoder() if side == "decoder" else model
        words = entry.get_input_embeddings()
        pieces = [_piece(m, words, tables, output, finals) for m in watch.found.get((side, False), ())]
        if words is not None and not any(words in p.modules for p in pieces):
            pieces.insert(0, Piece("embedding", (words,)))
        pieces = [p for p in pieces if p.kind != "output"]
        parts = [part for part in scheme.parts if part.side in ("", side)]
        if parts and not any(p.kind == "positions" for p in pieces):
            pieces.append(Piece("positions", ()))
        facts = {"scheme": parts[0].kind} if parts else {}
        pieces = [replace(p, facts=facts) if p.kind == "positions" else p for p in pieces]
        before[side] = _summed(watch, side, pieces, parts[0] if parts else None)
        behind = [m for m in watch.found.get((side, True), ()) if m is output or output not in list(m.modules())]
        holders = [m for m in watch.found.get((side, True), ()) if m is not output and m not in behind]
        found = [_piece(m, words, tables, output, finals) for m in behind]
        found = [replace(p, kind="branch") if _is_branch(watch, side, p) else p for p in found]
        # What holds the output layer has at most a bias of its own, which is added to what that gives (BERT).
        found = [replace(p, modules=(*p.modules, *holders)) if p.kind == "output" else p for p in found]
        after[side] = tuple(sorted(found, key=lambda p: p.kind == "output"))
    return Around(before, after)


def _is_branch(watch: _Watch, side: str, piece: Piece) -> bool:
    """Whether it gives something else than a vector for each token."""
    gave = watch.gave.get((side, piece.modules[0]))
    return piece.kind == "transform" and gave is not None and (gave.dim() < 3 or gave.shape[-2] != _PROBE_TOKENS)


def _piece(
    module: nn.Module, words: nn.Module | None, tables: Mapping[nn.Module, int], output: Any, finals: set[nn.Module]
) -> Piece:
    weight = next((p for p in module.parameters(recurse=False) if p.dim() == 2), None)
    width = 0 if weight is None else int(weight.shape[1 if isinstance(module, nn.Embedding) else 0])
    if module is words:
        return Piece("embedding", (module,), width)
    if module is output:
        return Piece("output", (module,), width)
    if module in tables:
        return Piece("positions", (module,), width)
    if module in finals:
        return Piece("final_norm", (module,))
    if isinstance(module, nn.Embedding):
        return Piece("other_embedding", (module,), width)
    own = next(module.parameters(recurse=False), None)
    if own is not None and own.dim() == 1 and not list(module.children()):
        like = torch.linspace(-1, 1, own.shape[0] * 2, dtype=own.dtype, device=own.device).reshape(2, -1)
        with torch.inference_mode():
            if block_flow.is_norm(module, like.sin() + like):
                return Piece("norm", (module,), int(own.shape[0]))
    return Piece("transform", (module,), width)


def _summed(watch: _Watch, side: str, pieces: list[Piece], part: positions.PositionPart | None) -> tuple[Piece, ...]:
    """Tables first, then what reads their sum; which of the tables are its terms is told by the sum itself."""
    tables = sorted((p for p in pieces if p.kind in TABLES), key=lambda p: TABLES.index(p.kind))
    rest = [p for p in pieces if p.kind not in TABLES]
    reader = next(iter(rest), None)
    target = watch.read.get((side, reader.modules[0])) if reader is not None else None
    target = watch.starts.get(side) if target is None else target
    added: set[Piece] = set()
    if target is not None:
        wanted = target.reshape(-1, target.shape[-1])
        columns: dict[Piece, torch.Tensor] = {}
        for piece in tables:
            gave = watch.gave.get((side, piece.modules[0])) if piece.modules else None
            if not piece.modules and part is not None and part.matrix is not None:
                gave = torch.from_numpy(part.matrix[: len(wanted)]).to(wanted)
            if gave is not None and gave.shape[-1] == wanted.shape[-1] and gave.numel() % wanted.shape[-1] == 0:
                rows = gave.reshape(-1, gave.shape[-1])
                if len(rows) in (1, len(wanted)):
                    columns[piece] = rows.expand_as(wanted).flatten()
        if columns:
            matrix, flat = torch.stack(list(columns.values()), dim=1), wanted.flatten()
            factors = torch.linalg.lstsq(matrix, flat[:, None]).solution[:, 0]
            if float((matrix @ factors - flat).norm()) <= 1e-2 * float(flat.norm()):
                added = {p for p, f in zip(columns, factors.tolist(), strict=True) if abs(f) > 1e-3}
    tables = [replace(p, is_added=p in added) for p in tables]
    if tables:
        last = max((n for n, p in enumerate(tables) if p.is_added), default=len(tables) - 1)
        tables[last] = replace(tables[last], ends_sum=True)
    return (*tables, *rest)
