"""Who said it: the logit of a token, or the difference of two, as a sum over all that wrote to the residual stream.

The stream before the output layer is a sum (Elhage et al. 2021, "A mathematical framework for transformer circuits"):
embeddings, every head of every layer, every feed-forward part, biases. With the scale of the final normalisation held
at the value that it had, what reads the logit from the stream is linear, so that every writer has its share and the
shares add up ("direct logit attribution"). What cannot be split (blocks that normalise after their parts, soft caps)
stands as one component of its own.

    found = attribute(trace, token=42)
    found.total, found.logit                  # the sum of the components, and the model's own number
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import attention
from visualizer.core.analyses.lens_streams import stream
from visualizer.core.anatomy import blocks, final_norm
from visualizer.core.anatomy.blocks import Block
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import Cancelled, CannotRead, RunFailed
from visualizer.core.place import Place
from visualizer.core.system import memo
from visualizer.core.system.progress import ShouldStop, never
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

# What a component may be; "block": the whole step of a block that is no sum of its parts; "output": what the output
# layer does beyond a product with its embedding (a transform, a soft cap).
COMPONENTS = ("embedding", "position", "head", "attention_bias", "feed_forward", "block", "norm_bias", "output_bias",
              "output")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Component:
    """name: one of `COMPONENTS`. kind, layer, head: of attention, "" and -1 where it has none."""

    name: str
    contribution: float
    kind: str = ""
    layer: int = -1
    head: int = -1


@dataclass(frozen=True, eq=False)
class LogitAttribution:
    """position: where it is predicted. token, against: ids; against None: the logit itself, else the difference.

    components: in the order in which they write. total: their sum. logit: the model's own number (natural units).
    scale: the s of the final normalisation, 1 where there is none. whole_layers: those that stand as one "block".
    exact: whether all of the sum is linear; False where there is an "output" component, or a norm that is none of the
    known ones.
    """

    position: int
    token: int
    against: int | None
    components: tuple[Component, ...]
    total: float
    logit: float
    scale: float
    whole_layers: tuple[int, ...]
    exact: bool

    @property
    def relative_error(self) -> float:
        """How far sum and logit lie apart, as a share of the sizes that were added."""
        size = max(abs(self.logit), max((abs(c.contribution) for c in self.components), default=0.0), 1e-9)
        return abs(self.total - self.logit) / size


@dataclass(frozen=True, eq=False)
class _Reading:
    """direction: float64 [width], what reads the logit from a state of the stream; constants: components beside it."""

    direction: torch.Tensor
    constants: tuple[Component, ...]
    scale: float


def attribute(
    trace: Trace,
    token: int,
    against: int | None = None,
    position: int = -1,
    should_stop: ShouldStop | None = None,
) -> LogitAttribution:
    """Splits a logit at one position. Costs a few products of matrices and vectors; remembered.

    position: as `trace.logits` counts, -1: the last, or a masked model's first blank.

    Raises CannotRead, NoSuchPart (position), ValueError (an id outside the vocabulary), RunFailed, Cancelled.
    """
    at = places.checked_position(trace, places.place(trace, position) if position < 0 else position)
    return memo.ask(
        trace, ("logit_attribution", token, against, at), lambda: _attribute(trace, token, against, at, should_stop)
    )


def _attribute(
    trace: Trace, token: int, against: int | None, at: int, should_stop: ShouldStop | None
) -> LogitAttribution:
    should_stop = should_stop or never
    loaded = _model(trace)
    for one in (token, against):
        if one is not None and not 0 <= one < trace.card.vocabulary:
            raise ValueError(f"there is no token {one}")
    side = stream(trace)
    states = trace.residual[side]
    with torch.inference_mode():
        reading = _reading(trace, loaded, token, against, at)
        components = _embeddings(trace, loaded, reading, side, at)
        whole: list[int] = []
        of_layers = blocks.of(loaded).get(side, ())
        for layer, (before, after) in enumerate(pairwise(states)):
            if should_stop():
                raise Cancelled
            step = (after[at].double() - before[at].double()).cpu()
            block = of_layers[layer] if layer < len(of_layers) and not _is_changed(trace) else blocks.WHOLE
            if not block.is_sum:
                whole.append(layer)
                components.append(Component("block", float(reading.direction @ step), layer=layer))
                continue
            components += _parts(trace, block, reading.direction, step, layer, at)
    logits = trace.logits(at)
    logit = float(logits[token]) - (0.0 if against is None else float(logits[against]))
    linear = sum(c.contribution for c in (*components, *reading.constants))
    extra: tuple[Component, ...] = ()
    is_exact = abs(linear - logit) <= 1e-4 * max(1.0, abs(logit), *(abs(c.contribution) for c in components))
    if not is_exact:
        extra = (Component("output", logit - linear),)
    found = (*components, *reading.constants, *extra)
    total = sum(c.contribution for c in found)
    return LogitAttribution(at, token, against, found, total, logit, reading.scale, tuple(whole), is_exact)


def by_source(trace: Trace, found: LogitAttribution, place: Place) -> NDArray[np.float32]:
    """A head's contribution by the token that it came from: float32 [key], weight x value x W_O x direction.

    Sums to the head's component, as long as nothing was put in the place of its output. Raises CannotRead.
    """
    loaded, side = _model(trace), stream(trace)
    block = blocks.of(loaded).get(side, ())[place.layer]
    if not block.is_sum or place.kind not in block.attention:
        raise CannotRead("projection", f"{place.layer}")
    with torch.inference_mode():
        reading = _reading(trace, loaded, found.token, found.against, found.position)
        record = trace.record_of_head(place.layer, place.head, place.kind)
        assert record.value is not None
        weights = attention.weights(record, place.head, found.position, found.position + 1)[0]
        value = record.value[record.key_head(place.head)].float()
        toward = _toward(block, place.kind, reading.direction, place.head, value.shape[-1])
        shares: NDArray[np.float32] = (weights.cpu().double() * (value.double().cpu() @ toward)).float().numpy()
    return shares


def _model(trace: Trace) -> LoadedModel:
    if trace.task == "none":
        raise CannotRead("no_output", trace.card.name)
    if trace.model is None:
        raise CannotRead("no_model", trace.card.name)
    return trace.model


def _is_changed(trace: Trace) -> bool:
    """Whether something was done to the pass, after which a block's step need not be the sum of its recorded parts."""
    return bool(trace.request.interventions)


def _reading(trace: Trace, loaded: LoadedModel, token: int, against: int | None, at: int) -> _Reading:
    """What reads the logit, or the difference, from the stream at one position."""
    norm = final_norm.of(loaded)
    state, final = trace.residual[stream(trace)][-1][at], trace.final[at]
    scale = norm.scale(state, final)
    if scale is None:
        raise CannotRead("final_norm", type(loaded.model).__name__)
    embedding, bias = _output(trace, loaded, final, token, against)
    if norm.gain is None or norm.shift is None:
        return _Reading(embedding, bias, scale)
    direction = embedding * norm.gain.double()
    if norm.centred:
        direction = direction - direction.mean()
    constants = bias
    if bool(norm.shift.any()):
        constants = (Component("norm_bias", float(embedding @ norm.shift.double())), *bias)
    return _Reading(direction / scale, constants, scale)


def _output(
    trace: Trace, loaded: LoadedModel, final: torch.Tensor, token: int, against: int | None
) -> tuple[torch.Tensor, tuple[Component, ...]]:
    """(float64 [width], the bias) such that a logit is their product with a final state plus the bias.

    Seen in what the output layer answers, so that factors on it are in it; its own embedding where it is no such map.
    """
    rows = _affine(trace, final, token, against)
    if rows is None:
        layer = loaded.model.get_output_embeddings()
        weight = getattr(layer, "weight", None)
        if not isinstance(weight, torch.Tensor) or weight.shape[-1] != final.shape[-1]:
            raise CannotRead("output_layer", type(loaded.model).__name__)
        row = weight[token].double().cpu()
        row = row if against is None else row - weight[against].double().cpu()
        offset = 0.0
        if isinstance(bias := getattr(layer, "bias", None), torch.Tensor):
            offset = float(bias[token]) - (0.0 if against is None else float(bias[against]))
    else:
        row, offset = rows
    return row, (Component("output_bias", offset),) if abs(offset) > 1e-9 else ()


def _affine(trace: Trace, final: torch.Tensor, token: int, against: int | None) -> tuple[torch.Tensor, float] | None:
    """The same read off the output layer by its gradient; None where it is not affine."""
    layer = trace.output_layer
    with torch.inference_mode(False), torch.enable_grad():
        point = final.detach().clone().requires_grad_(True)
        try:
            logits = layer.logits(point[None], [0])[0]
        except RunFailed:  # a head that cannot be differentiated
            return None
        if not logits.requires_grad:
            return None
        logit = logits[token] if against is None else logits[token] - logits[against]
        (row,) = torch.autograd.grad(logit, point)
    row = row.double().cpu()
    here, value = final.double().cpu(), float(logit.detach())
    offset = value - float(row @ here)
    for factor in (0.5, -1.0):  # the same line through other points
        with torch.inference_mode():
            there = layer.logits((final * factor)[None], [0])[0]
        other = float(there[token]) - (0.0 if against is None else float(there[against]))
        size = max(1.0, abs(value), float(row.norm() * here.norm()))
        if abs(factor * float(row @ here) + offset - other) > 1e-4 * size:
            return None
    return row, offset if abs(offset) > 1e-6 * max(1.0, abs(value)) else 0.0


def _embeddings(trace: Trace, loaded: LoadedModel, reading: _Reading, side: str, at: int) -> list[Component]:
    """Token and position where the first block reads their sum, else what it reads as one."""
    start = trace.residual[side][0][at].double().cpu()
    ids = trace.inputs.get("decoder_input_ids" if side == "decoder" else "input_ids")
    table = loaded.model.get_input_embeddings()
    whole = float(reading.direction @ start)
    if ids is None or trace.card.position_scheme not in ("learned", "sinusoidal"):
        return [Component("embedding", whole)]
    token = table(ids[:, at : at + 1])[0, 0].double().cpu()
    if token.shape != start.shape:
        return [Component("embedding", whole)]
    own = float(reading.direction @ token)
    return [Component("embedding", own), Component("position", whole - own)]


def _parts(
    trace: Trace, block: Block, direction: torch.Tensor, step: torch.Tensor, layer: int, at: int
) -> list[Component]:
    """Heads, bias of W_O and feed-forward part of a block whose step is their sum."""
    found: list[Component] = []
    for kind, (matrix, factor) in block.attention.items():
        record = trace.record(layer, kind)
        outputs = _head_outputs(record, at)  # [head, d_v]
        for head, output in enumerate(outputs):
            toward = _toward(block, kind, direction, head, outputs.shape[-1])
            found.append(Component("head", float(toward @ output), kind, layer, head))
        if matrix.bias is not None:
            share = factor * float(direction @ matrix.bias.double().cpu())
            found.append(Component("attention_bias", share, kind, layer))
    rest = float(direction @ step) - sum(c.contribution for c in found)
    return [*found, Component("feed_forward", rest, layer=layer)]


def _toward(block: Block, kind: str, direction: torch.Tensor, head: int, width: int) -> torch.Tensor:
    """What reads the logit from one head's output: float64 [d_v]."""
    matrix, factor = block.attention[kind]
    return factor * (matrix.of_head(head, width).double().cpu().T @ direction)


def _head_outputs(record: AttentionRecord, at: int) -> torch.Tensor:
    """What every head gives at one query: float64 [head, d_v]."""
    assert record.value is not None
    rows = []
    for head in range(record.heads):
        weights = attention.weights(record, head, at, at + 1)[0].double().cpu()
        rows.append(weights @ record.value[record.key_head(head)].double().cpu())
    return torch.stack(rows)
