"""Finds out how a model encodes positions by watching it: a short pass with hooks, and questions to its own modules."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from visualizer.core.anatomy import facts, probe
from visualizer.core.positions import PositionPart, PositionScheme, find_sinusoid

Array = np.ndarray

# Long enough that rows of a table cannot match by chance, short enough to cost nothing.
PROBE_TOKENS = 6
_BUFFER_END = "inv_freq"


class _Watch:
    """What one short pass showed: modules that ran, rows of tables that came out, biases that were handed on."""

    def __init__(self, token_table: nn.Module | None) -> None:
        self.called: list[nn.Module] = []
        self.tables: list[tuple[nn.Module, torch.Tensor, int]] = []  # owner, table, row of the first position
        self.alibi: list[tuple[nn.Module, torch.Tensor]] = []
        self._token_table = token_table

    def on_input(self, module: nn.Module, _args: Any, kwargs: dict[str, Any]) -> None:
        self.called.append(module)
        bias = kwargs.get("alibi")
        if bias is None:
            bias = kwargs.get("position_bias")
        # One row for each head, whatever the query: linear in the key's position.
        if isinstance(bias, torch.Tensor) and bias.numel() and bias.shape[-2] == 1 and bias.shape[-1] > 1:
            self.alibi.append((module, bias.detach()))

    def on_output(self, module: nn.Module, _args: Any, output: Any) -> None:
        if module is self._token_table or not isinstance(output, torch.Tensor) or not output.is_floating_point():
            return
        for table in _own_tables(module):
            if output.shape[-1] != table.shape[1] or output.numel() != PROBE_TOKENS * table.shape[1]:
                continue
            first = _consecutive_rows(table, output.reshape(PROBE_TOKENS, -1))
            if first is not None:
                self.tables.append((module, table, first))


def _watched(model: Any) -> _Watch:
    watch = _Watch(model.get_input_embeddings())
    with torch.inference_mode(), probe.listening(model.modules(), watch.on_input, watch.on_output):
        model(**_probe_inputs(model))
    return watch


def modules(model: Any) -> tuple[list[nn.Module], dict[nn.Module, int]]:
    """The modules that run in a short pass; those of them that give rows of a table of positions, and its width."""
    watch = _watched(model)
    return list(dict.fromkeys(watch.called)), {module: table.shape[1] for module, table, _ in watch.tables}


def describe(model: Any, n_positions: int) -> PositionScheme:
    """The position scheme of a transformers model: tables cut to `n_positions`, biases for distances between them."""
    watch = _watched(model)
    called = list(dict.fromkeys(watch.called))
    sides = _Sides(model)
    with torch.inference_mode():
        parts = [*_tables(watch, called, sides, model, n_positions)]
        parts += _relative(called, sides, model, n_positions)
        alibi = list(_alibi(watch))
        # Falcon calls its rotary module even where only ALiBi acts.
        parts += alibi or [*_rotary(called, sides, model, n_positions)]
    return PositionScheme(tuple(_merged(parts)), n_positions)


class _Sides:
    """Tells which side of an encoder-decoder model a module belongs to."""

    def __init__(self, model: Any) -> None:
        self._of: dict[nn.Module, set[str]] = {}
        if getattr(model.config, "is_encoder_decoder", False):
            for side, body in (("encoder", model.get_encoder()), ("decoder", model.get_decoder())):
                for module in body.modules():
                    self._of.setdefault(module, set()).add(side)

    def __call__(self, module: nn.Module) -> str:
        sides = self._of.get(module, set())
        return next(iter(sides)) if len(sides) == 1 else ""


def _probe_inputs(model: Any) -> dict[str, Any]:
    plain = probe.plain_ids(model, 2)
    # Two tokens in turn: no table of tokens can look like one of positions.
    ids = torch.tensor([[plain[i % len(plain)] for i in range(PROBE_TOKENS)]], dtype=torch.long, device=model.device)
    inputs: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if getattr(model.config, "is_encoder_decoder", False):
        inputs["decoder_input_ids"] = ids
    if "use_cache" in inspect.signature(model.forward).parameters:
        inputs["use_cache"] = False
    return inputs


# --- tables of positions ---------------------------------------------------------------------------


def _own_tables(module: nn.Module) -> Iterator[torch.Tensor]:
    """Matrices of a module that may hold a row for each position."""
    if isinstance(module, nn.Embedding):
        yield module.weight.detach()
    for buffer in module.buffers(recurse=False):
        if buffer.ndim == 2 and buffer.is_floating_point():
            yield buffer


def _consecutive_rows(table: torch.Tensor, rows: torch.Tensor) -> int | None:
    """Where the rows stand in the table, one after another; None if they do not, or are all the same."""
    if torch.equal(rows[0], rows[1]):
        return None
    starts = torch.nonzero(table[: table.shape[0] - len(rows) + 1, 0] == rows[0, 0]).flatten().tolist()
    return next((start for start in starts if torch.equal(table[start : start + len(rows)], rows)), None)


def _tables(
    watch: _Watch, called: Iterable[nn.Module], sides: _Sides, model: Any, n_positions: int
) -> Iterator[PositionPart]:
    found = {id(table) for _, table, _ in watch.tables}
    candidates = list(watch.tables)
    for module in called:  # tables that a model reads without calling a module (CTRL, GPT-J)
        for buffer in module.buffers(recurse=False):
            new = buffer.ndim == 2 and buffer.is_floating_point() and id(buffer) not in found
            if new and find_sinusoid(_numpy(buffer[:64])):
                candidates.append((module, buffer, 0))
    width = getattr(model.get_input_embeddings(), "embedding_dim", None)
    head_width = facts.head_width(model)
    for module, table, offset in candidates:
        rows = _numpy(table[offset : offset + n_positions])
        sinusoid = find_sinusoid(rows)
        common: dict[str, Any] = {"side": sides(module), "offset": offset, "length": table.shape[0] - offset}
        if sinusoid and width is not None and rows.shape[1] != width:
            # As wide as a head, not as the stream: queries and keys are turned by it.
            yield PositionPart("rotary", inverse_frequencies=sinusoid[1], head_width=head_width, **common)
        elif sinusoid:
            yield PositionPart("sinusoidal", matrix=rows, layout=sinusoid[0], frequencies=sinusoid[1], **common)
        else:
            yield PositionPart("learned", matrix=rows, **common)


# --- biases by distance ----------------------------------------------------------------------------


def _relative(called: Iterable[nn.Module], sides: _Sides, model: Any, n_positions: int) -> Iterator[PositionPart]:
    owners: list[tuple[nn.Module, Array]] = []
    causal = []
    for module in called:
        bias = _bias_by_distance(module, n_positions, model)
        if bias is not None:
            owners.append((module, bias))
            causal.append(bool(getattr(module, "is_decoder", False)))
    for number, ((module, bias), is_causal) in enumerate(zip(owners, causal, strict=True)):
        side = sides(module)
        alone = sum(sides(other) == side for other, _ in owners) == 1
        distances = np.arange(1 - n_positions, n_positions, dtype=np.int64)
        if is_causal:
            bias, distances = bias[:, :n_positions], distances[:n_positions]
        layer = sum(sides(other) == side for other, _ in owners[:number])
        yield PositionPart("relative", side=side, layers=() if alone else (layer,), distances=distances, bias=bias)
    for module in called:
        yield from _distance_vectors(module, n_positions)


def _bias_by_distance(module: Any, n: int, model: Any) -> Any:
    """float32 [head, 2n - 1] from the module's own function (T5, mT5, UMT5, MPNet), or None."""
    if getattr(module, "relative_attention_bias", None) is None and not hasattr(module, "compute_position_bias"):
        return None
    if hasattr(module, "compute_bias"):
        if "query_length" not in inspect.signature(module.compute_bias).parameters:
            return None
        ahead = module.compute_bias(1, n)[0, :, 0]  # the first query: keys 0 to n - 1 positions later
        behind = module.compute_bias(n, 1)[0, :, :, 0]  # the first key: queries 0 to n - 1 positions later
    elif hasattr(module, "compute_position_bias"):
        whole = module.compute_position_bias(torch.zeros(1, n, 1, dtype=torch.float32, device=model.device))[0]
        ahead, behind = whole[:, 0], whole[:, :, 0]
    else:
        return None
    return _numpy(torch.cat([behind[:, 1:].flip(1), ahead], dim=1))


def _distance_vectors(module: Any, n: int) -> Iterator[PositionPart]:
    """Vectors that stand for distances: DeBERTa's learned ones, XLNet's sinusoids."""
    if callable(getattr(module, "get_rel_embedding", None)) and module.get_rel_embedding() is not None:
        table = module.get_rel_embedding()
        middle = table.shape[0] // 2
        buckets = int(getattr(module, "position_buckets", -1))
        relative = np.arange(n - 1, -n, -1, dtype=np.int64)  # query - key, as DeBERTa counts
        if buckets > 0:
            source = inspect.getmodule(type(module))
            log_bucket = getattr(source, "make_log_bucket_position", None)
            if log_bucket is None:
                return
            rows = log_bucket(torch.from_numpy(relative), buckets, module.max_relative_positions).long().numpy()
        else:
            rows = relative
        chosen = torch.from_numpy(np.clip(rows + middle, 0, table.shape[0] - 1)).to(table.device)
        yield PositionPart("relative", distances=-relative, matrix=_numpy(table[chosen]))
    elif callable(getattr(module, "relative_positional_encoding", None)):
        # From klen down to 1 - qlen (or 0, one-directional): query - key.
        rows = _numpy(module.relative_positional_encoding(n, n, bsz=1)[:, 0])
        yield PositionPart("relative", distances=np.arange(-n, len(rows) - n, dtype=np.int64), matrix=rows)


def _alibi(watch: _Watch) -> Iterator[PositionPart]:
    for module, bias in watch.alibi[:1]:
        rows = bias.reshape(-1, bias.shape[-1]).double()
        # The two keys nearest to zero: exact where the bias was rounded to half precision.
        first = 0 if bool((rows[:, 0] == 0).all()) else rows.shape[1] - 2
        slopes = (rows[:, first + 1] - rows[:, first]).cpu().numpy()
        yield PositionPart("alibi", slopes=(slopes * _alibi_factor(module)).astype(np.float32))


def _alibi_factor(block: nn.Module) -> float:
    """Falcon scales scores and bias together, BLOOM and MPT only the scores."""
    for module in block.modules():
        if hasattr(module, "inv_norm_factor") and hasattr(module, "beta"):
            return float(getattr(module, "beta", 1.0))  # type: ignore[arg-type]
    return 1.0


# --- rotation --------------------------------------------------------------------------------------


def _rotary(called: Iterable[nn.Module], sides: _Sides, model: Any, n_positions: int) -> Iterator[PositionPart]:
    config = facts.text_config(model)
    layer_types = facts.values_of(config, "layer_types")
    without = _layers_without_rotation(model)
    for module in called:
        names = [
            name
            for name, _ in module.named_buffers(recurse=False)
            if name.endswith(_BUFFER_END) and not name.removesuffix(_BUFFER_END).endswith("original_")
        ]
        for name in names:
            prefix = name.removesuffix(_BUFFER_END)
            layer_type = prefix.rstrip("_")
            _let_it_see_the_length(module, n_positions, layer_type)
            inverse = getattr(module, name)
            if inverse.ndim != 1:
                continue
            layers = tuple(i for i, kind in enumerate(layer_types) if kind == layer_type) if layer_type else ()
            if not layers and without:
                layers = tuple(i for i in range(facts.number_of(config, "num_hidden_layers") or 0) if i not in without)
            yield PositionPart(
                "rotary",
                side=sides(module),
                layer_type=layer_type,
                layers=layers,
                attention_scaling=float(getattr(module, f"{prefix}attention_scaling", 1.0)),
                head_width=facts.head_width(model, layers),
                inverse_frequencies=inverse.double().cpu().numpy(),
            )


def _layers_without_rotation(model: Any) -> frozenset[int]:
    """Layers that see no positions (SmolLM3, Llama 4), by what their attention says of itself."""
    found = set()
    for module in model.modules():
        if getattr(module, "use_rope", True) in (False, 0) and hasattr(module, "layer_idx"):
            found.add(int(module.layer_idx))
    return frozenset(found)


def _let_it_see_the_length(module: Any, n_positions: int, layer_type: str) -> None:
    """Frequencies of some rotary types depend on the length: the module's own forward brings them up to date."""
    parameters = inspect.signature(module.forward).parameters
    if "position_ids" not in parameters:
        return
    frequencies = getattr(module, "inv_freq", None)
    positions = torch.arange(n_positions, device="cpu" if frequencies is None else frequencies.device)[None]
    arguments: dict[str, Any] = {"position_ids": positions}
    if layer_type and "layer_type" in parameters:
        arguments["layer_type"] = layer_type
    module(torch.zeros(1, dtype=torch.float32, device=positions.device), **arguments)


# --- shared ----------------------------------------------------------------------------------------


def _numpy(tensor: torch.Tensor) -> Array:
    return tensor.detach().float().cpu().numpy()


def _merged(parts: Iterable[PositionPart]) -> Iterator[PositionPart]:
    """Each part once: GPT-J keeps the same table in every layer, Marian one on each side."""
    kept: list[PositionPart] = []
    for part in parts:
        same = next((i for i, other in enumerate(kept) if _same_data(part, other)), None)
        if same is None:
            kept.append(part)
        elif kept[same].side != part.side:
            kept[same] = replace(kept[same], side="")
    yield from kept


def _same_data(a: PositionPart, b: PositionPart) -> bool:
    if (a.kind, a.layer_type, a.offset, a.layers) != (b.kind, b.layer_type, b.offset, b.layers):
        return False
    for name in ("matrix", "inverse_frequencies", "bias", "slopes", "distances"):
        left, right = getattr(a, name), getattr(b, name)
        if (left is None) != (right is None) or (left is not None and not np.array_equal(left, right)):
            return False
    return True
