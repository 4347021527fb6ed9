"""What every head of a model does, in numbers: where it looks, how far, and how sharply.

One pass over a layer's weights a layer, in blocks of rows; nothing as large as [head, query, key] is ever built. The
measures follow Clark et al. 2019 ("What does BERT look at?", sections 3.1 to 3.3: previous, next, current token,
separators, entropy), Vig and Belinkov 2019 ("Analyzing the structure of attention in a Transformer language model",
section 4: distance, entropy, part of speech), Voita et al. 2019 (positional heads) and Olsson et al. 2022 ("In-context
learning and induction heads": induction, measured on repeated random tokens).

    table = measure(trace)
    table.values["entropy"][table.index("self", layer=2, head=3)], table.labels[0]
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import attention
from visualizer.core.analyses import repeated_tokens
from visualizer.core.attention import AttentionRecord
from visualizer.core.errors import Cancelled
from visualizer.core.names import MEASURES, ON_REPEATED, ON_TEXT
from visualizer.core.reading import matrix as reading
from visualizer.core.system.progress import Progress, ShouldStop
from visualizer.core.text import sides

if TYPE_CHECKING:
    from visualizer.core.place import Place
    from visualizer.core.trace import Trace

Floats = NDArray[np.float32]

# Cells of one head at a time: with what is computed from them they stay in a processor's second-level cache.
BLOCK_CELLS = 65_536

# Labels. A share names a head when more than half of its weight goes there (as Clark et al. 2019 count, section 3.1),
# and at least twice what looking everywhere equally would give: in a text of three tokens half is nothing special.
SHARE = 0.5
TIMES_UNIFORM = 2.0
# On random tokens a head that does not match them gives each about 1/70 of its weight.
REPEATED_SHARE = 0.3
# Of the entropy that looking everywhere equally has: above, a head averages; below, it picks.
BROAD = 0.9
FOCUSED = 0.35
# Of the distance that looking everywhere equally has.
NEARBY = 0.4
LABELS = (
    "induction", "duplicate_token", "previous_token", "next_token", "same_token", "separator", "first_token",
    "same_part_of_speech", "broad", "nearby", "focused", "mixed",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class HeadStatistics:
    """A table of all heads, one row a head, ordered by kind, layer, head.

    kinds, layers, heads: which head a row is. values: measure -> float32 [row]; nan where a text has nothing to
    measure on. uniform: the same for a head that would look at everything it may see equally; text measures only.

    entropy: bits, mean over queries. mean_distance: tokens, sum of weight times |query - key|, mean over queries (in
    cross attention both count from the start of their own text). previous_token, next_token, same_token, first_token,
    separator: mean weight over the queries that have such a key in the text, whether or not the mask lets them see it;
    nan in cross attention for the first three, whose queries and keys are different texts. A separator is a special
    token ([SEP], </s>) other than the first token and the blank of a masked model. same_part_of_speech: mean weight on
    other morphemes of the query's own word class (Janome; Japanese only).
    induction, duplicate_token: on two copies of the same random tokens, the mean weight from a token of the second
    copy to the one after its first occurrence, and to its first occurrence; nan in cross attention, where a sliding
    window hides the first copy, and for a trace that was opened from a file, because its model is not there to be run.
    """

    kinds: tuple[str, ...]
    layers: NDArray[np.int64]
    heads: NDArray[np.int64]
    values: Mapping[str, Floats]
    uniform: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.kinds)

    def index(self, kind: str, layer: int, head: int) -> int:
        """The row of a head; raises KeyError when there is none."""
        return self._rows[kind, layer, head]

    @cached_property
    def _rows(self) -> dict[tuple[str, int, int], int]:
        keys = zip(self.kinds, self.layers.tolist(), self.heads.tolist(), strict=True)
        return {key: row for row, key in enumerate(keys)}

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """One of `LABELS` for each row."""
        values = [{name: float(column[row]) for name, column in self.values.items()} for row in range(len(self))]
        uniform = [{name: float(column[row]) for name, column in self.uniform.items()} for row in range(len(self))]
        return tuple(label(v, u) for v, u in zip(values, uniform, strict=True))


# The columns of a CSV file, which other programs count on: always these, of one kind of attention.
CSV_COLUMNS = ("layer", "head", *ON_TEXT, *ON_REPEATED)


def columns_of(kinds: Sequence[str]) -> tuple[str, ...]:
    """What JSON and NPZ files hold of every head; the kind of attention only where a model has several."""
    return (*CSV_COLUMNS, "same_part_of_speech", "label", *(("kind",) if len(kinds) > 1 else ()))


def as_rows(table: HeadStatistics) -> list[dict[str, Any]]:
    """The table as one dictionary a head: plain numbers with seven digits, None where nothing can be measured."""
    rows: list[dict[str, Any]] = []
    for n in range(len(table)):
        numbers = {name: float(f"{column[n]:.7g}") for name, column in table.values.items()}
        rows.append(
            {"layer": int(table.layers[n]), "head": int(table.heads[n])}
            | {name: None if math.isnan(number) else number for name, number in numbers.items()}
            | {"label": table.labels[n], "kind": table.kinds[n]}
        )
    return rows


def label(values: Mapping[str, float], uniform: Mapping[str, float]) -> str:
    """What a head does, in one word of `LABELS`: the first rule that holds.

    induction, duplicate_token: at least 0.3 on repeated random tokens. Then the largest share of at least half that is
    also twice the share of a head that looks everywhere equally. broad: at least 0.9 of that head's entropy. nearby:
    at most 0.4 of its distance. focused: at most 0.35 of its entropy. Else mixed. nan never satisfies a rule.
    """
    on_repeated = {name: values[name] for name in ON_REPEATED if values[name] >= REPEATED_SHARE}
    if on_repeated:
        return max(on_repeated, key=on_repeated.__getitem__)
    shares = {
        name: values[name]
        for name in LABELS[2:8]
        if values[name] >= SHARE and values[name] >= TIMES_UNIFORM * uniform[name]
    }
    if shares:
        return max(shares, key=shares.__getitem__)
    if uniform["entropy"] <= 0:  # one key a query: no head has a choice
        return "mixed"
    if values["entropy"] >= BROAD * uniform["entropy"]:
        return "broad"
    if values["mean_distance"] <= NEARBY * uniform["mean_distance"]:
        return "nearby"
    return "focused" if values["entropy"] <= FOCUSED * uniform["entropy"] else "mixed"


def measure(
    trace: Trace,
    should_stop: ShouldStop | None = None,
    progress: Progress | None = None,
    on_repeated: bool = True,
) -> HeadStatistics:
    """Measures every head of every layer and kind of a trace.

    on_repeated: also run the model once over repeated random tokens (remembered for each model).

    Raises Cancelled; RunFailed and NotEnoughMemory as running the model does.

    >>> measure(trace).values["previous_token"].argmax()    # doctest: +SKIP
    """
    should_stop = should_stop or (lambda: False)
    progress = progress or (lambda _share, _name: None)
    total = sum(trace.layers(kind) for kind in trace.kinds)
    names: list[tuple[str, int, int]] = []
    measured: list[NDArray[np.float64]] = []
    uniform: list[NDArray[np.float64]] = []
    with torch.inference_mode():
        for kind in trace.kinds:
            columns = _Columns.of(trace, kind)
            baselines: dict[object, NDArray[np.float64]] = {}
            for layer in trace.layer_numbers(kind):
                if should_stop():
                    raise Cancelled
                record = trace.record(layer, kind)
                measured.append(_measure_layer(record, columns))
                origin = layer if record.weights is not None else (id(record.mask), record.causal)
                if origin not in baselines:
                    baselines[origin] = _measure_layer(_looking_everywhere(record), columns)
                uniform.append(np.repeat(baselines[origin], record.heads, axis=0))
                names.extend((kind, layer, head) for head in range(record.heads))
                progress(0.8 * len(measured) / total, "statistics")
    kinds = tuple(name[0] for name in names)
    values = _as_columns(np.concatenate(measured))
    repeated = repeated_tokens.scores(trace, should_stop) if on_repeated else {}
    for n, name in enumerate(ON_REPEATED):
        parts = [
            repeated[kind][n][list(trace.layer_numbers(kind))].ravel() if kind in repeated else _nothing(trace, kind)
            for kind in trace.kinds
        ]
        values[name] = np.concatenate(parts).astype(np.float32)
    progress(1.0, "statistics")
    return HeadStatistics(
        kinds=kinds,
        layers=np.array([name[1] for name in names]),
        heads=np.array([name[2] for name in names]),
        values={name: values[name] for name in MEASURES},
        uniform=_as_columns(np.concatenate(uniform)),
    )


def measure_head(
    trace: Trace, place: Place, on_repeated: bool = True, should_stop: ShouldStop | None = None
) -> tuple[dict[str, float], dict[str, float]]:
    """(values, uniform) of one head, as in its row of `measure`'s table: what `label` wants. Costs one head's matrix.

    on_repeated: also run the model once over repeated random tokens (remembered for each model).

    Raises NoSuchPart, NoSuchKind; Cancelled, RunFailed and NotEnoughMemory as running the model does.
    """
    record = trace.record_of_head(place.layer, place.head, place.kind)
    columns = _Columns.of(trace, place.kind)
    with torch.inference_mode():
        values = _measure_layer(attention.only_head(record, place.head), columns)[0]
        uniform = _measure_layer(_looking_everywhere(record), columns)[0]
    found = {name: float(np.float32(value)) for name, value in zip(_TEXT_MEASURES, values, strict=True)}
    repeated = repeated_tokens.scores(trace, should_stop) if on_repeated else {}
    for n, name in enumerate(ON_REPEATED):
        found[name] = float(repeated[place.kind][n][place.layer, place.head]) if place.kind in repeated else math.nan
    even = {name: float(np.float32(value)) for name, value in zip(_TEXT_MEASURES, uniform, strict=True)}
    return {name: found[name] for name in MEASURES}, even


def _nothing(trace: Trace, kind: str) -> Floats:
    return np.full(sum(trace.record(layer, kind).heads for layer in trace.layer_numbers(kind)), np.nan, np.float32)


_TEXT_MEASURES = (*ON_TEXT, "same_part_of_speech")


def _as_columns(rows: NDArray[np.float64]) -> dict[str, Floats]:
    """[row, measure] -> measure -> [row]."""
    return {name: rows[:, n].astype(np.float32) for n, name in enumerate(_TEXT_MEASURES)}


# --- on the text -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Columns:
    """Which keys are what, for one kind of attention.

    separators: int [s]. classes: float32 [k, class], 1 where a key's morpheme is of a word class; query_classes: int
    [q], -1 where there is none to look for. own: the keys of each query's own morpheme, as pairs int [2, pair].
    """

    same_text: bool
    separators: torch.Tensor
    classes: torch.Tensor
    query_classes: torch.Tensor
    own: torch.Tensor

    @staticmethod
    def of(trace: Trace, kind: str) -> _Columns:
        keys = trace.key_tokens(kind)
        separators = [n for n, token in enumerate(keys) if n and token.special and token.id != trace.mask_id]
        same_text = kind != "cross"
        query_side, key_side = reading.sides(trace, kind, "morpheme")
        found_q, found_k = _word_classes(query_side), _word_classes(key_side)
        known = sorted({c for c in found_q if c} & {c for c in found_k if c})
        number = {name: n for n, name in enumerate(known)}
        classes = np.zeros((len(found_k), len(known)), dtype=np.float32)
        for key, name in enumerate(found_k):
            if name is not None and name in number:
                classes[key, number[name]] = 1
        wanted = np.array([-1 if name is None else number.get(name, -1) for name in found_q], dtype=np.int64)
        own: list[tuple[int, int]] = []
        if same_text:
            pieces: dict[int, list[int]] = {}
            for token, home in enumerate(query_side.home.tolist()):
                if wanted[token] >= 0:
                    pieces.setdefault(home, []).append(token)
            own = [(q, k) for group in pieces.values() for q in group for k in group]
            for group in pieces.values():  # nobody else of this class: nothing to look for
                if classes[:, wanted[group[0]]].sum() <= len(group):
                    wanted[group] = -1
            own = [pair for pair in own if wanted[pair[0]] >= 0]
        return _Columns(
            same_text=same_text,
            separators=torch.tensor(separators, dtype=torch.long),
            classes=torch.from_numpy(classes),
            query_classes=torch.from_numpy(wanted),
            own=torch.tensor(own, dtype=torch.long).reshape(-1, 2).T,
        )


def _word_classes(side: sides.Side) -> list[str | None]:
    """The coarse part of speech of each token."""
    found = [None if u.part_of_speech is None else u.part_of_speech.partition(",")[0] for u in side.units]
    return [found[home] for home in side.home.tolist()]


def _measure_layer(record: AttentionRecord, columns: _Columns) -> NDArray[np.float64]:
    """float64 [head, measure of the text]."""
    queries, keys = record.shape
    sums = np.zeros((record.heads, len(_TEXT_MEASURES)))
    causal = record.causal and record.mask is None and record.weights is None
    device = _device(record)
    positions = torch.arange(max(queries, keys), device=device, dtype=torch.float32)
    separators, classes = columns.separators.to(device), columns.classes.to(device)
    step = max(16, BLOCK_CELLS // max(1, keys))
    for start in range(0, queries, step):
        stop = min(start + step, queries)
        seen = min(stop, keys) if causal else keys  # what follows is masked for the whole block
        distance = (positions[start:stop, None] - positions[:seen]).abs_()  # (rows, seen)
        within = separators[separators < seen]
        wanted = columns.query_classes[start:stop].to(device)
        rows = torch.nonzero(wanted >= 0)[:, 0]
        own = columns.own.to(device)
        own = own[:, (own[0] >= start) & (own[0] < stop) & (own[1] < seen)]
        for head in range(record.heads):
            block = attention.weights(record, head, start, stop)[:, :seen]
            zero = block.new_zeros(())
            parts = [
                # p log p is 0 at p = 0: the smallest normal number stands in for it.
                -torch.linalg.vecdot(block, block.clamp_min(torch.finfo(torch.float32).tiny).log2_()).sum(),
                torch.linalg.vecdot(block, distance).sum(),
                *(_diagonal(block, start + offset) if columns.same_text else zero for offset in (-1, 1, 0)),
                block[:, 0].sum(),
                block[:, within].sum(),
                _same_class(block, classes[:seen], wanted, rows, own, start),
            ]
            sums[head] += torch.stack(parts).double().cpu().numpy()
    return sums / _counts(columns, queries, keys)


def _same_class(
    block: torch.Tensor,
    classes: torch.Tensor,
    wanted: torch.Tensor,
    rows: torch.Tensor,
    own: torch.Tensor,
    start: int,
) -> torch.Tensor:
    """Weight on keys of the query's own word class, less that on its own morpheme, summed over the block."""
    if not len(rows):
        return block.new_zeros(())
    by_class = block[rows] @ classes  # (rows, seen) x (seen, class) -> (rows, class)
    return by_class.gather(1, wanted[rows][:, None]).sum() - block[own[0] - start, own[1]].sum()


def _diagonal(block: torch.Tensor, offset: int) -> torch.Tensor:
    rows, columns = block.shape
    if offset >= columns or -offset >= rows:
        return block.new_zeros(())
    return block.diagonal(offset).sum()


def _counts(columns: _Columns, queries: int, keys: int) -> NDArray[np.float64]:
    """How many queries each measure is the mean of; nan where there is none."""
    beside = [max(0, min(queries, keys - offset) - max(0, -offset)) * columns.same_text for offset in (-1, 1, 0)]
    separator = queries if len(columns.separators) else 0
    by_class = int((columns.query_classes >= 0).sum())
    counts = np.array([queries, queries, *beside, queries, separator, by_class], dtype=np.float64)
    counts[counts == 0] = np.nan
    return counts


def _device(record: AttentionRecord) -> torch.device:
    tensor = record.weights if record.query is None else record.query
    assert tensor is not None
    return tensor.device


def _looking_everywhere(record: AttentionRecord) -> AttentionRecord:
    """One head that spreads its weight equally over the keys that it may see: no scores, only the mask."""
    queries, keys = record.shape
    blocked = attention.masked_cells(record)
    mask = None if blocked is None else ~blocked[None]
    zeros = torch.zeros(1, max(queries, keys), 1, dtype=torch.float32, device=_device(record))
    causal = record.causal and record.mask is None
    return AttentionRecord(
        query=zeros[:, :queries],
        key=zeros[:, :keys],
        value=None,
        scaling=1.0,
        causal=causal,
        mask=None if causal else mask,
    )
