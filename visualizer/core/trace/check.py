"""Whether what a file says of a trace can be true: kinds of values, shapes that fit each other, finite numbers.

A file may be well-formed and still be wrong in every part; better refused at its opening than drawn wrong later.
Everything here raises ValueError with the part that does not fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
import torch

from visualizer.core.attention import AttentionRecord
from visualizer.core.interventions.site import MOST_LAYERS
from visualizer.core.positions import PositionPart, PositionScheme
from visualizer.core.routing import Routing
from visualizer.core.text import Morpheme, Token
from visualizer.core.trace.output_layer import SavedOutputLayer

_REAL = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_KINDS = (("self",), ("encoder", "decoder", "cross"))
_SIDES = (("self",), ("encoder", "decoder"))
_METHODS = ("registry", "eager")
_TASKS = ("causal", "masked", "seq2seq", "none")
_LARGEST = torch.finfo(torch.float32).max
_MOST_POSITIONS = 1 << 24
_MOST_EXPERTS = 1 << 16
_CHARACTERS = 256  # that one token may stand for
_ARRAYS = {  # of a part of a position scheme: name -> dimensions
    "matrix": 2, "frequencies": 1, "inverse_frequencies": 1, "distances": 1, "bias": 2, "slopes": 1,
}  # fmt: skip


def restored(kind: type[Any], entry: Any) -> Any:
    """A frozen dataclass of plain values from its JSON form, in which tuples have become lists.

    Unknown fields are left out. Raises ValueError for a value of another kind than the class says.
    """
    if not isinstance(entry, dict):
        raise ValueError(f"no {kind.__name__}: {type(entry).__name__}")
    hints = get_type_hints(kind)
    values = {}
    for each in fields(kind):
        if each.name in entry:
            value = entry[each.name]
            value = tuple(value) if isinstance(value, list) else value
            if not _is(value, hints[each.name]):
                raise ValueError(f"{kind.__name__}.{each.name} is {type(value).__name__} {str(value)[:40]}")
            values[each.name] = value
    return kind(**values)


def _is(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_is(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is tuple:
        kinds = [inner[0]] * len(value) if isinstance(value, tuple) and inner[-1] is Ellipsis else inner
        return isinstance(value, tuple) and len(value) == len(kinds) and all(map(_is, value, kinds))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def plain(value: Any, hint: Any, what: str) -> Any:
    """The value, if it is what it should be. Raises ValueError."""
    if not _is(value, hint):
        raise ValueError(f"{what} is {type(value).__name__} {str(value)[:40]}")
    return value


def check(trace: Any) -> None:
    """Raises ValueError for a `Trace` (which asks this module, and is not imported here) whose parts do not fit."""
    _check_words(trace)
    numbers = _Numbers()
    if tuple(trace.records) not in _KINDS:
        raise ValueError(f"kinds of attention: {', '.join(trace.records)[:80] or 'none'}")
    for kind, records in trace.records.items():
        if not records:
            raise ValueError(f"no {kind} attention in the file")
        size = (len(trace.query_tokens(kind)), len(trace.key_tokens(kind)))
        layers = trace.layer_numbers(kind)
        if list(layers) != sorted(set(layers)) or not all(0 <= layer < MOST_LAYERS for layer in layers):
            raise ValueError(f"layers of {kind} attention are not numbered in order")
        for layer, record in zip(layers, records, strict=True):
            part = f"{kind} attention of layer {layer}"
            _check_record(record, size, part, numbers)
            if record.heads != records[0].heads:
                raise ValueError(f"{part} has {record.heads} heads, the first {records[0].heads}")
    if tuple(trace.residual) != _SIDES[len(trace.records) > 1]:
        raise ValueError(f"sides of the residual stream: {', '.join(trace.residual)[:80] or 'none'}")
    lengths = {"self": len(trace.tokens), "encoder": len(trace.tokens), "decoder": len(trace.target_tokens)}
    for side, stream in trace.residual.items():
        if not stream:
            raise ValueError(f"no residual stream of {side}")
        for states in stream:
            numbers.check(states, (lengths[side], stream[0].shape[-1]), f"residual stream of {side}")
    for side, chosen in trace.routers.items():
        if side not in trace.residual:
            raise ValueError(f"routers of {str(side)[:40]}")
        _check_routers(chosen, lengths[side])
    last = lengths[tuple(trace.residual)[-1]]
    numbers.check(trace.final, (last, trace.final.shape[-1]), "final states")
    if isinstance(trace.output_layer, SavedOutputLayer):
        _check_output_layer(trace.output_layer, trace.final, numbers)
    if trace.saved_positions is not None:
        _check_positions(trace.saved_positions)


class _Numbers:
    """Checks tensors, each for its numbers once: layers may share one."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[torch.Tensor, float, float]] = {}

    def check(
        self, tensor: torch.Tensor | None, shape: Sequence[int | None], what: str, endless: bool = False
    ) -> torch.Tensor:
        """shape: None where any length will do. endless: whether minus infinity, which hides, may be among them."""
        if tensor is None:
            raise ValueError(f"{what} is missing")
        fits = tensor.dim() == len(shape) and all(
            wanted is None or length == wanted for length, wanted in zip(tensor.shape, shape, strict=True)
        )
        if not fits:
            raise ValueError(f"{what} of shape {list(tensor.shape)} does not fit")
        if tensor.dtype not in _REAL:
            raise ValueError(f"{what} is {tensor.dtype}")
        if tensor.numel() and id(tensor) not in self._known:
            lowest, highest = torch.aminmax(tensor)
            self._known[id(tensor)] = (tensor, float(lowest), float(highest))
        low, high = self._ends(tensor)
        least = -math.inf if endless else -_LARGEST
        if math.isnan(low) or low < least or not high <= _LARGEST:
            raise ValueError(f"{what} holds numbers that are not finite")
        return tensor

    def check_product(self, a: torch.Tensor, b: torch.Tensor, what: str, factor: float = 1.0) -> None:
        """That the scalar products of their rows, [..., d] each, are finite in float32; both were checked before."""
        factor = max(1.0, abs(factor))
        largest = [max(map(abs, self._ends(tensor))) for tensor in (a, b)]
        if largest[0] * largest[1] * a.shape[-1] * factor > _LARGEST:
            raise ValueError(f"{what} would not be finite")

    def _ends(self, tensor: torch.Tensor) -> tuple[float, float]:
        """The smallest and the largest number of what was checked."""
        _, lowest, highest = self._known.get(id(tensor), (tensor, 0.0, 0.0))
        return lowest, highest


def _check_words(trace: Any) -> None:
    if not trace.tokens:
        raise ValueError("no tokens")
    if bool(trace.target_tokens) != (len(trace.records) > 1):
        raise ValueError("target tokens of a model of another kind")
    if trace.cut < 0 or trace.seconds < 0 or trace.method not in _METHODS:
        raise ValueError("how the model ran")
    texts = {(False, 0): trace.text, (False, 1): trace.pair or "", (True, 0): trace.target_text, (True, 1): ""}
    sides: tuple[tuple[bool, Sequence[Token | Morpheme]], ...] = (
        (False, trace.tokens), (False, trace.morphemes), (True, trace.target_tokens), (True, trace.target_morphemes),
    )  # fmt: skip
    for is_target, parts in sides:
        for part in parts:
            text = texts.get((is_target, part.sequence))
            start, stop = part.span
            # Tokens may reach past the typed text (ids that were given, a tokenizer that rewrites it), but not far.
            if text is None or not 0 <= start <= stop <= len(text) + _CHARACTERS * len(parts):
                raise ValueError(f"a token or morpheme at {start} to {stop} of sequence {part.sequence}")


def _check_record(record: AttentionRecord, size: tuple[int, int], part: str, numbers: _Numbers) -> None:
    queries, keys = size
    if record.query is None:
        if record.key is not None or record.value is not None:
            raise ValueError(f"{part} has keys or values and no queries")
        numbers.check(record.weights, (None, *size), part)
    else:
        if record.weights is not None:
            raise ValueError(f"{part} has weights beside its queries")
        query = numbers.check(record.query, (None, queries, None), f"{part}: query")
        key = numbers.check(record.key, (None, keys, query.shape[-1]), f"{part}: key")
        numbers.check(record.value, (key.shape[0], keys, None), f"{part}: value")
        numbers.check_product(query, key, f"{part}: scores", record.scaling)
        if not key.shape[0] or query.shape[0] % key.shape[0]:
            raise ValueError(f"{part}: {query.shape[0]} heads share {key.shape[0]} keys")
    if not record.heads:
        raise ValueError(f"{part} has no heads")
    if not math.isfinite(record.scaling) or not (record.softcap is None or record.softcap > 0):
        raise ValueError(f"{part}: scaling or soft cap")
    if record.mask is not None:
        mask = record.mask
        _check_over_cells(mask, record.heads, size, f"{part}: mask")
        if mask.dtype != torch.bool:
            numbers.check(mask, (None, None, None), f"{part}: mask", endless=True)
    if record.position_bias is not None:
        _check_over_cells(record.position_bias, record.heads, size, f"{part}: position bias")
        numbers.check(record.position_bias, (None, None, None), f"{part}: position bias", endless=True)
    if record.sinks is not None:
        numbers.check(record.sinks, (record.heads,), f"{part}: sinks", endless=True)
    heads = record.replaced_heads
    if record.replaced is not None:
        numbers.check(record.replaced, (len(heads), queries, None), f"{part}: replaced heads")
    if len(set(heads)) != len(heads) or any(not 0 <= head < record.heads for head in heads):
        raise ValueError(f"{part}: replaced heads {heads[:8]}")


def _check_over_cells(tensor: torch.Tensor, heads: int, size: tuple[int, int], what: str) -> None:
    """[1 or head, q, k or more]: what is added to the scores or hides them."""
    shape = tuple(tensor.shape)
    if len(shape) != 3 or shape[0] not in (1, heads) or shape[1] < size[0] or shape[2] < size[1]:
        raise ValueError(f"{what} of shape {list(shape)} does not fit")


def _check_output_layer(layer: SavedOutputLayer, final: torch.Tensor, numbers: _Numbers) -> None:
    vocabulary = 0
    if layer.saved_logits is not None:
        vocabulary = numbers.check(layer.saved_logits, (final.shape[0], None), "logits", endless=True).shape[1]
    if layer.saved_weight is not None:
        weight = numbers.check(layer.saved_weight, (None, final.shape[1]), "output layer")
        vocabulary = weight.shape[0]
        numbers.check_product(final, weight, "logits")
        if weight.dtype != final.dtype:
            raise ValueError(f"output layer of {weight.dtype} for states of {final.dtype}")
        if layer.saved_bias is not None and layer.saved_bias.dtype != weight.dtype:
            raise ValueError("bias of the output layer")
    if layer.saved_bias is not None:
        numbers.check(layer.saved_bias, (vocabulary,), "bias of the output layer", endless=True)
    if layer.saved_pair is not None:
        numbers.check(layer.saved_pair, (2,), "scores of the pair")
    if layer.task not in _TASKS or (layer.task != "none") != bool(vocabulary):
        raise ValueError(f"predictions of the task {str(layer.task)[:40]}")
    if layer.mask_id is not None and not 0 <= layer.mask_id < max(vocabulary, 1):
        raise ValueError(f"the blank is number {layer.mask_id} of {vocabulary}")
    if len(layer.labels) != vocabulary:
        raise ValueError(f"{len(layer.labels)} labels for a vocabulary of {vocabulary}")


def _check_routers(chosen: Sequence[Routing], tokens: int) -> None:
    layers = [one.layer for one in chosen]
    if layers != sorted(set(layers)) or not all(0 <= layer < MOST_LAYERS for layer in layers):
        raise ValueError("layers of routers are not numbered in order")
    for one in chosen:
        experts, weights = one.experts, one.weights
        if experts.ndim != 2 or len(experts) != tokens or weights.shape != experts.shape:
            raise ValueError(f"router of layer {one.layer}: {list(experts.shape)} and {list(weights.shape)}")
        if experts.dtype != np.int64 or weights.dtype != np.float32 or not np.isfinite(weights).all():
            raise ValueError(f"router of layer {one.layer}: {experts.dtype} and {weights.dtype}, or not finite")
        if not 0 < one.count <= _MOST_EXPERTS or not experts.size or experts.min() < -1 or experts.max() >= one.count:
            raise ValueError(f"router of layer {one.layer}: experts that there are not")


def _check_positions(scheme: PositionScheme) -> None:
    hints = get_type_hints(PositionPart)
    if not 0 <= scheme.n_positions <= _MOST_POSITIONS:
        raise ValueError(f"{scheme.n_positions} positions")
    for part in scheme.parts:
        for entry in fields(part):
            if entry.name not in _ARRAYS:
                plain(getattr(part, entry.name), hints[entry.name], f"positions: {entry.name}")
        for name, dimensions in _ARRAYS.items():
            array = getattr(part, name)
            if array is None:
                continue
            if array.ndim != dimensions or array.dtype.kind not in ("i" if name == "distances" else "f"):
                raise ValueError(f"positions: {name} is {array.dtype} {list(array.shape)}")
            if not np.isfinite(array).all():
                raise ValueError(f"positions: {name} holds numbers that are not finite")
        _check_part(part)


def _check_part(part: PositionPart) -> None:
    needs: Mapping[str, Callable[[PositionPart], bool]] = {
        "sinusoidal": lambda p: p.matrix is not None,
        "learned": lambda p: p.matrix is not None,
        "rotary": lambda p: p.inverse_frequencies is not None,
        "relative": lambda p: p.distances is not None and (p.bias is not None or p.matrix is not None),
        "alibi": lambda p: p.slopes is not None,
    }
    if part.kind not in needs or not needs[part.kind](part):
        raise ValueError(f"positions of kind {part.kind[:40]} without their numbers")
    if part.pairing not in ("", "halves", "interleaved") or part.layout not in ("", "halves", "interleaved"):
        raise ValueError("positions: pairs")
    if part.distances is not None:
        beside = [a.shape[axis] for a, axis in ((part.bias, 1), (part.matrix, 0)) if a is not None]
        if any(length != len(part.distances) for length in beside):
            raise ValueError("positions: as many distances as there are numbers of them")
    if min(part.first_dimension, part.head_width) < 0 or any(layer < 0 for layer in part.layers):
        raise ValueError("positions: dimensions or layers below 0")
