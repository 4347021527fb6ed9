"""Scaled dot-product attention step by step, with the model's own numbers.

Vaswani et al. 2017, section 3.2: softmax(Q K^T / sqrt(d)) V, then Concat(heads) W_O; with what later models put in
between: rotary position encoding of Q and K, soft-capped scores (Gemma 2), position bias (T5), attention sinks
(gpt-oss). Every step is computed from what the trace kept; a step that a model does not have is not listed, and one
that cannot be known says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import attention
from visualizer.core.analyses.attention_stages import inputs as stage_inputs
from visualizer.core.analyses.attention_stages.names import KEY_ROWS, SQUARE, STAGES
from visualizer.core.anatomy import probe
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import NoSuchKind
from visualizer.core.positions import rotation

if TYPE_CHECKING:
    from visualizer.core.anatomy.projections import Projection
    from visualizer.core.positions import PositionPart
    from visualizer.core.trace import Trace

Matrix = NDArray[np.float32]

Columns = Literal["key", "dimension", "heads", "stream"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A step that this layer has. missing: why it cannot be shown, "" when it can:

    "changed": an intervention put other queries or keys there.
    "given": the model handed out its weights only. "model": the trace comes from a file, and W_O was not kept.
    "rotation": which dimensions are turned together was not found. "projection": something stands between the heads
    and W_O.
    """

    id: str
    missing: str = ""


@dataclass(frozen=True, eq=False)
class StageMatrix:
    """The numbers of one step.

    values: float32 [row token, column]; masked cells of "masked" are -inf. columns: "key" tokens, "dimension" of the
    head, "heads" (all heads side by side), or "stream" (the residual stream's dimensions). masked: bool, or None.
    signed: whether values may be below zero.
    """

    stage: str
    values: Matrix
    columns: Columns
    masked: NDArray[np.bool_] | None = None
    signed: bool = True

    @property
    def rows(self) -> str:
        """Which tokens stand in the rows, "query" or "key"."""
        return "key" if self.stage in KEY_ROWS else "query"


@dataclass(frozen=True, eq=False)
class Cell:
    """How one cell came about: its value, the numbers of its formula, and the largest terms of its sum.

    terms: name -> number. products: the (factor, factor) of the largest products first, of `count` in all.
    missing: why the value stands alone. "model": the trace comes from a file, which holds neither X nor W. "between":
    the model does more than one matrix product there. "pass": the model could not run again over this text. "pending":
    it has not yet. "rotation": which dimensions are turned together was not found. "unturned": this one is not.
    "changed": an intervention put it there.
    """

    stage: str
    value: float
    is_masked: bool = False
    terms: dict[str, float] = field(default_factory=dict)
    products: tuple[tuple[float, float], ...] = ()
    count: int = 0
    missing: str = ""


@dataclass(frozen=True, eq=False)
class PairProduct:
    """One query against one key, dimension by dimension: float32 [d] each; total = q.k, scaled = total * scaling."""

    query: Matrix
    key: Matrix
    product: Matrix
    total: float
    scaled: float


def stages_of(trace: Trace, layer: int, kind: str = "self") -> tuple[Stage, ...]:
    """The steps of a layer in their order. May run the model over a few tokens, the first time (see `projection`).

    Raises NoSuchPart, NoSuchKind.
    """
    record = trace.record(layer, kind)
    given = "given" if record.query is None else ""
    part = rotation.part_of(trace.positions, layer, kind)
    turned = "" if part is None else given or ("" if part.pairing else "rotation")
    if stage_inputs.is_changed(trace, layer, kind, "query") or stage_inputs.is_changed(trace, layer, kind, "key"):
        turned = turned or "changed"
    own = given or _missing_projection(trace, layer, kind)
    found = []
    for name in STAGES:
        if name in ("query_before", "key_before"):
            if part is not None:
                found.append(Stage(name, turned))
        elif name == "capped":
            if record.softcap is not None:
                found.append(Stage(name))
        elif name == "biased":
            if record.position_bias is not None:
                found.append(Stage(name))
        elif name == "weights":
            found.append(Stage(name))
        elif name in ("contribution", "block"):
            found.append(Stage(name, own))
        else:
            found.append(Stage(name, given))
    return tuple(found)


def matrix(trace: Trace, layer: int, head: int, kind: str = "self", stage: str = "weights") -> StageMatrix:
    """One step of one head. Raises NoSuchPart, NoSuchKind (the kind, or a stage that cannot be shown)."""
    weights_only = trace.record(layer, kind).query is None
    if stage == "weights":
        return StageMatrix(stage, trace.attention(layer, head, kind), "key", trace.mask(layer, kind, head), False)
    available = [s.id for s in stages_of(trace, layer, kind) if not s.missing]
    if stage not in available or weights_only:
        raise NoSuchKind("stage", stage, available)
    record = trace.record_of_head(layer, head, kind)
    with torch.inference_mode():
        if stage in SQUARE:
            masked = trace.mask(layer, kind, head) if stage == "masked" else None
            values = _scores(record, head, stage)
            return StageMatrix(stage, _numpy(values), "key", masked)
        if stage in ("concatenation", "contribution", "block"):
            return _outward(trace, record, layer, head, kind, stage)
        return StageMatrix(stage, _numpy(_vectors(trace, record, layer, head, kind, stage)), "dimension")


def arrays(trace: Trace, layer: int, head: int, kind: str = "self") -> dict[str, np.ndarray]:
    """Every step of one head: name -> float32 [row token, column]; masked scores are -inf. Raises as `matrix` does."""
    return {
        stage.id: matrix(trace, layer, head, kind, stage.id).values
        for stage in stages_of(trace, layer, kind)
        if not stage.missing
    }


def product(
    trace: Trace, layer: int, head: int, kind: str = "self", query: int = 0, key: int = 0, *, before: bool = False
) -> PairProduct:
    """The elementwise product of one query with one key, whose sum is their dot product.

    before: of the two before rotary position encoding, where the layer has it. Raises NoSuchPart, and NoSuchKind where
    the model handed out its weights only, or which dimensions are turned together is not known.
    """
    record = trace.record_of_head(layer, head, kind)
    if record.query is None or record.key is None:
        raise NoSuchKind("stage", "dot", ("weights",))
    own, other = record.query[head, query], record.key[record.key_head(head), key]
    part = rotation.part_of(trace.positions, layer, kind) if before else None
    if part is not None:
        if not part.pairing or stage_inputs.is_changed(trace, layer, kind, "query"):
            raise NoSuchKind("stage", "query_before", ("query", "key"))
        own, other = (
            rotation.undo(part, states[None, None], torch.tensor([place], dtype=torch.long))[0, 0]
            for states, place in ((own, query), (other, key))
        )
    q, k = _numpy(own), _numpy(other)
    total = float(np.dot(q.astype(np.float64), k.astype(np.float64)))
    return PairProduct(q, k, q * k, total, total * record.scaling)


def cell(trace: Trace, layer: int, head: int, kind: str, stage: str, row: int, column: int, shown: Matrix) -> Cell:
    """How a cell of `shown`, the values of this stage, came about. Cheap: looks at one row or column only."""
    record = trace.record_of_head(layer, head, kind)
    value = float(shown[row, column])
    if stage_inputs.is_changed(trace, layer, kind, stage) or (stage == "output" and head in record.replaced_heads):
        return Cell(stage, value, missing="changed")
    with torch.inference_mode():
        if stage in ("query", "key") and (part := rotation.part_of(trace.positions, layer, kind)) is not None:
            if not part.pairing:
                return Cell(stage, value, missing="rotation")
            terms = _turn(part, trace, record, layer, head, kind, stage, row, column)
            return Cell(stage, value, terms=terms, missing="" if terms else "unturned")
        if stage in stage_inputs.SIDES:
            return _made_cell(trace, record, layer, head, kind, stage, row, column, value)
        if stage in SQUARE and record.query is not None:
            return _score_cell(trace, record, layer, head, kind, stage, row, column, value)
        if stage == "output" and record.value is not None:
            weights = attention.weights(record, head, row, row + 1)[0]
            return _sum(stage, value, weights, record.value[record.key_head(head), :, column])
        if stage == "contribution":
            found = _projection(trace, layer, kind)
            assert found is not None
            output = attention.head_output(record, head, row, row + 1)[0]
            return _sum(stage, value, output, found.of_head(head, output.shape[0])[column])
        if stage == "block":
            return _block_cell(trace, record, layer, kind, row, column, value)
    return Cell(stage, value)


# --- matrices ----------------------------------------------------------------------------------


def _scores(record: AttentionRecord, head: int, stage: str) -> torch.Tensor:
    """float32 [query, key] of a step between the dot product and the softmax."""
    assert record.query is not None and record.key is not None
    queries, keys = record.shape
    if stage in ("dot", "scaled"):
        dots = record.query[head].float() @ record.key[record.key_head(head)].float().T  # (q, d) x (d, k)
        return dots if stage == "dot" else dots * record.scaling
    scores = attention.scores(record, head, 0, queries, keys)
    if stage == "capped" and record.position_bias is not None:
        return scores - _bias(record, head)
    if stage == "masked":
        if record.mask is not None and record.mask.dtype != torch.bool:
            scores = scores + attention.of_head(record.mask, head)[:, :keys].float()
        blocked = attention.masked_cells(record, head)
        if blocked is not None:
            scores = scores.masked_fill(blocked, -torch.inf)
    return scores


def _bias(record: AttentionRecord, head: int) -> torch.Tensor:
    assert record.position_bias is not None
    queries, keys = record.shape
    return attention.of_head(record.position_bias, head)[:queries, :keys].float()


def _vectors(trace: Trace, record: AttentionRecord, layer: int, head: int, kind: str, stage: str) -> torch.Tensor:
    """float32 [token, d] of a step that has one vector a token."""
    assert record.query is not None and record.key is not None and record.value is not None
    key_head = record.key_head(head)
    if stage == "output":
        return attention.head_output(record, head)
    if stage == "value":
        return record.value[key_head].float()
    states = record.query[head] if stage.startswith("query") else record.key[key_head]
    if stage in ("query", "key"):
        return states.float()
    part = rotation.part_of(trace.positions, layer, kind)
    assert part is not None
    return rotation.undo(part, states[None])[0]


def _outward(trace: Trace, record: AttentionRecord, layer: int, head: int, kind: str, stage: str) -> StageMatrix:
    """The steps from the heads' outputs into the residual stream."""
    from visualizer.core.anatomy import projections

    if stage == "contribution":
        found = _projection(trace, layer, kind)
        assert found is not None
        output = attention.head_output(record, head)  # (q, d_v)
        return StageMatrix(stage, _numpy(output @ found.of_head(head, output.shape[1]).T), "stream")
    outputs = projections.concatenated(record)  # (q, head * d_v)
    if stage == "concatenation":
        return StageMatrix(stage, _numpy(outputs), "heads")
    found = _projection(trace, layer, kind)
    assert found is not None
    bias = None if found.bias is None else found.bias.float()
    return StageMatrix(stage, _numpy(torch.nn.functional.linear(outputs, found.weight.float(), bias)), "stream")


def _projection(trace: Trace, layer: int, kind: str) -> Projection | None:
    from visualizer.core.anatomy import projections

    if trace.model is None:
        return None
    layers = projections.outputs(trace.model).get(kind, ())
    return layers[layer] if layer < len(layers) else None


def _missing_projection(trace: Trace, layer: int, kind: str) -> str:
    if trace.model is None:
        return "model"
    return "" if _projection(trace, layer, kind) is not None else "projection"


def _numpy(tensor: torch.Tensor) -> Matrix:
    result: Matrix = tensor.detach().float().cpu().numpy()
    return result


# --- one cell ----------------------------------------------------------------------------------


def _sum(stage: str, value: float, left: torch.Tensor, right: torch.Tensor, **terms: float) -> Cell:
    """A sum of products, with the largest of them."""
    a, b = _numpy(left), _numpy(right)
    order = np.argsort(-np.abs(a * b), kind="stable")[:3]
    products = tuple((float(a[i]), float(b[i])) for i in order)
    return Cell(stage, value, terms=terms, products=products, count=len(a))


def _score_cell(
    trace: Trace, record: AttentionRecord, layer: int, head: int, kind: str, stage: str, row: int, column: int,
    value: float,
) -> Cell:  # fmt: skip
    assert record.query is not None and record.key is not None
    q, k = record.query[head, row].float(), record.key[record.key_head(head), column].float()
    dot = float(q @ k)
    if stage == "dot":
        return _sum(stage, value, q, k)
    terms = {"dot": dot, "scaling": record.scaling, "score": dot * record.scaling, "width": float(q.shape[0])}
    if record.softcap is not None:
        terms["softcap"] = record.softcap
        terms["capped"] = record.softcap * float(np.tanh(terms["score"] / record.softcap))
    if record.position_bias is not None:
        terms["bias"] = float(attention.of_head(record.position_bias, head)[row, column])
    if stage not in ("masked", "weights"):
        return Cell(stage, value, terms=terms)
    seen = _row_scores(record, head, row)
    is_masked = bool(np.isneginf(seen[column]))
    terms["input"] = float(seen[column])
    top = float(seen.max(initial=-np.inf))
    sink = float(record.sinks[head]) if record.sinks is not None else -np.inf
    top = max(top, sink)
    if np.isfinite(top):
        total = float(np.exp(seen - top).sum() + np.exp(sink - top))
        terms |= {"log_sum": top + float(np.log(total))}
        if record.sinks is not None:
            terms |= {"sink": sink, "keys": float(np.exp(seen).sum())}
    return Cell(stage, value, is_masked, terms)


def _row_scores(record: AttentionRecord, head: int, row: int) -> NDArray[np.float64]:
    """What goes into the softmax of one query: float64 [key], -inf where masked."""
    keys = record.shape[1]
    scores = attention.scores(record, head, row, row + 1, keys)[0].double()
    if record.mask is not None:
        part = attention.of_head(record.mask, head)[row, :keys]
        if part.dtype == torch.bool:
            scores = scores.masked_fill(~part, -torch.inf)
        else:
            blocked = part <= torch.finfo(part.dtype).min / 2
            scores = (scores + part.double()).masked_fill(blocked, -torch.inf)
    elif record.causal:
        scores[row + 1 :] = -torch.inf
    result: NDArray[np.float64] = scores.cpu().numpy()
    return result


def _made_cell(
    trace: Trace, record: AttentionRecord, layer: int, head: int, kind: str, stage: str, row: int, column: int,
    value: float,
) -> Cell:  # fmt: skip
    """One dimension of a query, key or value: the layer's input times a column of the projection, and the bias."""
    side = stage_inputs.SIDES[stage]
    known = stage_inputs.known(trace, layer, kind, side)
    if isinstance(known, str):
        return Cell(stage, value, missing=known)
    source, inputs = known
    number = head if side == "query" else record.key_head(head)
    x, w = inputs[row].float().cpu(), source.column(number, column)
    bias = source.bias(number, column)
    total = source.factor * (float(x @ w) + (bias or 0.0))
    limit = 10 * probe.tolerance(inputs.dtype) * max(1.0, float((x * w).abs().max()), abs(value))
    if abs(total - value) > limit:  # another pass than the one that is shown: claim nothing
        return Cell(stage, value, missing="pass")
    terms = {} if bias is None else {"bias": bias}
    return _sum(stage, value, x, w, factor=source.factor, **terms)


def _turn(
    part: PositionPart, trace: Trace, record: AttentionRecord, layer: int, head: int, kind: str, stage: str,
    row: int, column: int,
) -> dict[str, float]:  # fmt: skip
    """The numbers of a turned dimension: x cos - y sin, or y cos + x sin; {} for one that is not turned."""
    left, right = rotation.members(part, part.pairing, part.first_dimension)
    if column not in left and column not in right:
        return {}
    is_first = column in left
    place = (left if is_first else right).index(column)
    before = _vectors(trace, record, layer, head, kind, f"{stage}_before")[row]
    cosine, sine = rotation.cosines(part, torch.tensor([row], dtype=torch.long))
    return {
        "x": float(before[left[place]]),
        "y": float(before[right[place]]),
        "cos": float(cosine[0, place]) * part.attention_scaling,
        "sin": float(sine[0, place]) * part.attention_scaling,
        "first": float(is_first),
    }


def _block_cell(
    trace: Trace, record: AttentionRecord, layer: int, kind: str, row: int, column: int, value: float
) -> Cell:
    """One dimension of the block's output: the heads' shares, largest first as (head, share), and the bias."""
    found = _projection(trace, layer, kind)
    assert found is not None
    shares = []
    for head in range(record.heads):
        output = attention.head_output(record, head, row, row + 1)[0]
        shares.append(float(output @ found.of_head(head, output.shape[0])[column]))
    order = sorted(range(len(shares)), key=lambda h: -abs(shares[h]))[:3]
    terms = {} if found.bias is None else {"bias": float(found.bias[column])}
    return Cell("block", value, terms=terms, products=tuple((float(h), shares[h]) for h in order), count=len(shares))
