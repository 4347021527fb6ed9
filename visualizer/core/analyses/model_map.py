"""The architecture of a loaded model as a list of boxes that read each other, made from the model itself.

The boxes of Vaswani et al. 2017, figure 1: embedding, positions, blocks of attention, sum, norm and feed-forward part
in the order in which this model computes them (`anatomy.block_flow`), final norm, output layer, softmax. Every
parameter of the model belongs to exactly one box: what is shared is counted where it is used first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from visualizer.core.analyses import model_facts
from visualizer.core.anatomy import block_flow, outside_blocks
from visualizer.core.errors import CannotIntervene
from visualizer.core.forward import passes
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace


@dataclass(frozen=True)
class Matrix:
    """One parameter. name: in the model. parameters: 0 where it was counted in another box (is_shared)."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    is_shared: bool = False


@dataclass(frozen=True)
class Box:
    """name: of its module in the model, or its role. side: "self", "encoder" or "decoder"; layer: None outside blocks.

    kind: "embedding", "other_embedding", "positions", "add", "norm", "attention", "cross_attention", "feed_forward",
    "experts", "mixer", "block" (parts not told apart), "rest" (of a block: none of its parts), "final_norm",
    "transform", "output", "softmax", "branch" (BERT's pooler: no part of the prediction); "rest" outside blocks: what
    no box could be given. parameters: those counted here. shape: of what it
    gives, "token" for as many as the text has. reads: numbers of the boxes that it reads. facts: what is particular.
    """

    name: str
    kind: str
    side: str
    layer: int | None
    parameters: int
    shape: tuple[int | str, ...]
    reads: tuple[int, ...] = ()
    matrices: tuple[Matrix, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelMap:
    """boxes: of the encoder, then of the decoder, bottom up. parameters: of the model, shared ones once.

    otherwise: what the model does otherwise than the Transformer of 2017: (word, detail), see `model_facts`.
    """

    boxes: tuple[Box, ...]
    parameters: int
    otherwise: tuple[tuple[str, str], ...]

    def layer(self, side: str, layer: int) -> tuple[int, ...]:
        """The numbers of the boxes of one block."""
        return tuple(n for n, box in enumerate(self.boxes) if box.side == side and box.layer == layer)

    def layers(self, side: str) -> tuple[int, ...]:
        """The numbers of a side's layers."""
        return tuple(dict.fromkeys(b.layer for b in self.boxes if b.side == side and b.layer is not None))

    @property
    def sides(self) -> tuple[str, ...]:
        """ "self", or "encoder" and "decoder"."""
        return tuple(dict.fromkeys(box.side for box in self.boxes))

    def likeness(self, side: str, layer: int) -> tuple[Any, ...]:
        """Equal for two blocks of a side that are built alike."""
        numbers = self.layer(side, layer)
        start = numbers[0] if numbers else 0
        return tuple(
            (b.kind, tuple(max(-1, r - start) for r in b.reads), tuple(m.shape for m in b.matrices),
             tuple(sorted((k, str(v)) for k, v in b.facts.items())))
            for b in (self.boxes[n] for n in numbers)
        )  # fmt: skip


def of_trace(trace: Trace) -> ModelMap:
    """The map of the model that made a trace. Raises CannotIntervene for a trace that was opened from a file."""
    if trace.model is None:
        raise CannotIntervene("no_model")
    return of(trace.model)


def of(loaded: LoadedModel) -> ModelMap:
    """The map of a model. Runs it over a few tokens, the first time: call it where passes may run."""
    return memo.ask(loaded, "map of the model", lambda: _Maker(loaded).made())


def known(loaded: LoadedModel) -> ModelMap | None:
    """What `of` has found already; None before that. Runs nothing."""
    found: ModelMap | None = memo.find(loaded, "map of the model", None)
    return found


class _Maker:
    """Puts the boxes together."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded
        self.names = dict(loaded.model.named_parameters())
        self.name_of = {id(parameter): name for name, parameter in self.names.items()}
        self.module_names = {module: name for name, module in loaded.model.named_modules()}
        self.claimed: set[int] = set()
        self.boxes: list[Box] = []
        self.width = loaded.card.width
        self.found = model_facts.short_pass(loaded)

    def made(self) -> ModelMap:
        flows = block_flow.of(self.loaded)
        around = outside_blocks.of(self.loaded)
        stacks = passes.stacks(self.loaded)
        memory: int | None = None
        for side in stacks:
            source = self._pieces(around, side, before=True)
            blocks = flows.get(side) or tuple(
                block_flow.Flow(m) for m in model_facts.blocks_of(self.loaded, side)
            )
            for layer, flow in enumerate(blocks):
                source = self._block(side, layer, flow, source, memory)
            source = self._pieces(around, side, before=False, source=source)
            memory = source if side == "encoder" else memory
        last = tuple(stacks)[-1]
        self._left_over(last)
        if any(box.kind == "output" for box in self.boxes):
            self._box("softmax", "softmax", last, None, (), (len(self.boxes) - 1 if source is None else source,),
                      shape=("token", self.loaded.card.vocabulary))  # fmt: skip
        boxes = tuple(self.boxes)
        return ModelMap(boxes, self.loaded.card.parameters, model_facts.otherwise(self.loaded, boxes))

    # --- outside the blocks ----------------------------------------------------------------------

    def _pieces(
        self, around: outside_blocks.Around, side: str, *, before: bool, source: int | None = None
    ) -> int | None:
        pieces = around.before.get(side, ()) if before else around.after.get(side, ())
        # What acts inside attention (rotary) stands beside the stream, not in it.
        in_order = sorted(pieces, key=lambda p: not (p.kind == "positions" and not p.is_added))
        summed: list[int] = []
        for piece in in_order:
            is_start = piece.kind in (*outside_blocks.TABLES, "branch") or source is None
            reads = () if is_start or source is None else (source,)
            own = [
                p
                for m in piece.modules
                for p in m.parameters()
                if m is piece.modules[0] or id(p) not in self.claimed
            ]
            number = self._box(
                self.module_names.get(piece.modules[0], "") if piece.modules else piece.kind, piece.kind, side, None,
                own, reads,
                shape=("token", piece.width or self.width), facts=dict(piece.facts),
            )  # fmt: skip
            if piece.kind in outside_blocks.TABLES:
                if piece.is_added:
                    summed.append(number)
                source = number if piece.kind == "embedding" or source is None else source
                if piece.ends_sum and len(summed) > 1:
                    source = self._box("add", "add", side, None, (), tuple(summed))
            elif piece.kind != "branch":
                source = number
        return source

    def _left_over(self, side: str) -> None:
        left = [p for p in self.names.values() if id(p) not in self.claimed]
        if left:
            self._box("rest", "rest", side, None, left, (), shape=())

    # --- blocks ----------------------------------------------------------------------------------

    def _block(self, side: str, layer: int, flow: block_flow.Flow, source: int | None, memory: int | None) -> int:
        before = () if source is None else (source,)
        if not flow.steps:
            inside = tuple(flow.module.parameters())
            facts = model_facts.of_block(self.loaded, self.found, side, layer)
            return self._box(self.module_names.get(flow.module, ""), "block", side, layer, inside, before, facts=facts)
        # A norm may lie inside the module of the attention that it follows: it is counted for itself.
        norms = {p for step in flow.steps if step.kind == "norm" for m in step.modules for p in m.parameters()}
        numbers: dict[int, int | None] = {block_flow.INPUT: source}
        last = source
        for n, step in enumerate(flow.steps):
            reads = tuple(r for r in (numbers[each] for each in step.reads) if r is not None)
            if step.kind == "cross_attention" and memory is not None:
                reads = (*reads, memory)
            own = [p for m in step.modules for p in m.parameters() if step.kind == "norm" or p not in norms]
            facts = model_facts.of_step(self.loaded, self.found, side, layer, step)
            kind = "experts" if step.kind == "feed_forward" and "experts" in facts else step.kind
            name = self.module_names.get(step.modules[0], step.kind) if step.modules else step.kind
            last = numbers[n] = self._box(name, kind, side, layer, own, reads, facts=facts)
        own_parts = {p for step in flow.steps for m in step.modules for p in m.parameters()}
        rest = [p for p in flow.module.parameters() if p not in own_parts]
        if rest:
            self._box(self.module_names.get(flow.module, ""), "rest", side, layer, rest, (), shape=())
        assert last is not None
        return last

    def _box(
        self,
        name: str,
        kind: str,
        side: str,
        layer: int | None,
        parameters: Iterable[nn.Parameter] | Iterable[torch.Tensor],
        reads: Sequence[int],
        *,
        shape: tuple[int | str, ...] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> int:
        matrices = []
        for parameter in dict.fromkeys(parameters):
            is_shared = id(parameter) in self.claimed
            self.claimed.add(id(parameter))
            count = 0 if is_shared else parameter.numel()
            matrices.append(
                Matrix(self.name_of.get(id(parameter), name), tuple(parameter.shape), count, is_shared)
            )
        facts = dict(facts or {})
        if kind == "output" and matrices and any(m.is_shared and len(m.shape) == 2 for m in matrices):
            facts["tied"] = True
        total = sum(m.parameters for m in matrices)
        shape = ("token", self.width) if shape is None else shape
        self.boxes.append(Box(name, kind, side, layer, total, shape, tuple(reads), tuple(matrices), facts))
        return len(self.boxes) - 1


def counts(found: ModelMap) -> Counter[str]:
    """Parameters by kind of box."""
    total: Counter[str] = Counter()
    for box in found.boxes:
        total[box.kind] += box.parameters
    return total


def as_json(found: ModelMap) -> dict[str, Any]:
    """The map as data: boxes, the model's count of parameters, what it does otherwise than the Transformer of 2017."""
    return {
        "parameters": found.parameters,
        "boxes": [
            {
                "name": box.name,
                "kind": box.kind,
                "side": box.side,
                "layer": box.layer,
                "parameters": box.parameters,
                "shape": list(box.shape),
                "reads": list(box.reads),
                "matrices": [
                    {"name": m.name, "shape": list(m.shape), "parameters": m.parameters, "shared": m.is_shared}
                    for m in box.matrices
                ],
                "facts": dict(box.facts),
            }
            for box in found.boxes
        ],
        "otherwise_than_2017": [{"what": what, "detail": detail} for what, detail in found.otherwise],
    }
