"""What every head is worth to one prediction: the prediction with that head switched off, beside the ordinary one.

Each head, and each feed-forward part, is switched off alone (Michel et al. 2019, "Are Sixteen Heads Really Better than
One?", section 3.1). What comes before a layer stays as it was, so a pass begins at the layer that changes, and the
heads of a layer run as one batch. The last layer comes first, because it costs least.

    importance = measure(trace)
    importance.delta[2, 3], importance.kl[2, importance.heads]    # head 3 of layer 2; layer 2's feed-forward part
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from visualizer.core import capture
from visualizer.core.analyses.head_statistics import HeadStatistics
from visualizer.core.errors import CannotIntervene, NoSuchKind, NoSuchPart
from visualizer.core.forward import acting, passes
from visualizer.core.forward.restart import Restart
from visualizer.core.interventions import Site
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.writing.places import checked_position

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

Floats = NDArray[np.float64]

# Tokens of all rows of a batch together: more save no time and cost memory.
BATCH_TOKENS = 4096
# By how much of its largest number a state may differ when the pass begins in the middle; beyond it all of it runs.
_TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-5, torch.float16: 5e-3, torch.bfloat16: 3e-2}


@dataclass(frozen=True, slots=True)
class Question:
    """Which prediction, and what is switched off how: "zero" or "mean". kind: of attention."""

    position: int
    token_id: int
    kind: str
    how: str = "zero"


@dataclass(frozen=True, eq=False)
class HeadImportance:
    """How a prediction changes when one part is switched off.

    delta: float64 [layer, head + 1], natural logarithm of the token's probability, ablated minus ordinary; below zero
    where the part speaks for the token. kl: bits, Kullback-Leibler divergence of the ordinary distribution from the
    ablated one, over the whole vocabulary. The last column is the feed-forward part (nan for cross attention, whose
    layer it shares with the decoder's). nan: not computed yet, or not found. probability: the ordinary one.
    """

    question: Question
    probability: float
    delta: Floats
    kl: Floats

    @property
    def heads(self) -> int:
        """Heads of a layer; also the column of the feed-forward part."""
        return self.delta.shape[1] - 1


def question(
    trace: Trace, position: int = -1, token_id: int | None = None, kind: str | None = None, how: str = "zero"
) -> Question:
    """The question with everything filled in: the most probable token, the model's first kind of attention.

    Raises NoSuchPart, NoSuchKind.
    """
    kind = kind or trace.kinds[0]
    if kind not in trace.kinds:
        raise NoSuchKind("attention kind", kind, trace.kinds)
    logits = trace.logits(position)
    position = checked_position(trace, position)
    if token_id is None:
        token_id = int(logits.argmax())
    if not 0 <= token_id < logits.size:
        raise NoSuchPart("token", token_id, logits.size)
    return Question(position, token_id, kind, how)


def measure(
    trace: Trace,
    asked: Question | None = None,
    should_stop: ShouldStop = never,
    progress: Progress = unheard,
    on_row: Callable[[HeadImportance], None] | None = None,
) -> HeadImportance:
    """Switches every head and feed-forward part of one kind off alone.

    on_row is given what is known so far after each layer, the last layer first. A trace of a run with interventions
    keeps them: importance is then measured in that run.

    Raises CannotIntervene (a trace without its model, a family outside the attention registry), Cancelled, NoSuchPart,
    NoSuchKind, and what running the model raises.

    >>> measure(trace).delta.argmin()    # doctest: +SKIP
    """
    asked = asked or question(trace)
    if trace.model is None:
        raise CannotIntervene("no_model")
    if not trace.model.registry or trace.method != "registry":
        raise CannotIntervene("outside_registry")
    layers, heads = rows_of(trace, asked.kind), trace.heads(asked.kind)
    delta, kl = np.full((layers, heads + 1), np.nan), np.full((layers, heads + 1), np.nan)
    ordinary = _log_softmax(trace.logits(asked.position))
    probability = math.exp(ordinary[asked.token_id])
    with torch.inference_mode(), passes.failures_told():
        for done, (layer, columns, logits) in enumerate(_rows(trace, trace.model, asked, should_stop), start=1):
            for column, row in zip(columns, logits, strict=True):
                changed = _log_softmax(row)
                delta[layer, column] = changed[asked.token_id] - ordinary[asked.token_id]
                kl[layer, column] = _kl(ordinary, changed)
            progress(done / layers, "importance")
            if on_row is not None:
                on_row(HeadImportance(asked, probability, delta.copy(), kl.copy()))
    return HeadImportance(asked, probability, delta, kl)


def _log_softmax(logits: NDArray[Any]) -> Floats:
    values = logits.astype(np.float64)
    values -= values.max()
    return values - math.log(np.exp(values).sum())


def _kl(ordinary: Floats, changed: Floats) -> float:
    """Bits; never below zero, whatever rounding says."""
    seen = np.isfinite(ordinary)  # a token that a model never says adds nothing
    return max(0.0, float((np.exp(ordinary[seen]) * (ordinary[seen] - changed[seen])).sum()) / math.log(2))


# --- the passes --------------------------------------------------------------------------------


def _rows(
    trace: Trace, loaded: LoadedModel, asked: Question, should_stop: ShouldStop
) -> Iterator[tuple[int, list[int], NDArray[np.float32]]]:
    """(layer, columns, logits [column, vocabulary]) from the last layer to the first."""
    off = _parts_off(trace, loaded, asked)
    every = [change for layer in off for _, change in layer]
    with_all_off = capture.interventions_of(loaded, trace.request, should_stop, every)
    assert with_all_off is not None
    runner = _Runner(trace, loaded, asked, with_all_off.less(len(every)), should_stop)
    for layer in range(len(off) - 1, -1, -1):
        columns, changes = [c for c, _ in off[layer]], [change for _, change in off[layer]]
        states = runner.states(layer, changes)  # [column, width]
        yield layer, columns, trace.output_layer.logits(states, range(len(columns))).cpu().numpy()


def rows_of(trace: Trace, kind: str) -> int:
    """All layers of the model, those without attention too: their feed-forward part can be switched off."""
    stream = trace.residual.get(kind)
    return trace.depth(kind) if stream is None else max(trace.depth(kind), len(stream) - 1)


def _parts_off(trace: Trace, loaded: LoadedModel, asked: Question) -> list[list[tuple[int, acting.Off]]]:
    """For each layer its columns and what is switched off for each."""
    from visualizer.core.anatomy import feed_forward

    kind, heads = asked.kind, trace.heads(asked.kind)
    parts = () if kind == "cross" else feed_forward.of(loaded).get(kind, ())
    found = []
    attending = trace.layer_numbers(kind)
    for layer in range(rows_of(trace, kind)):
        row = []
        if layer in attending:
            row = [(h, acting.Off(Site("head_output", kind, (layer,), (h,)), asked.how)) for h in range(heads)]
        if layer < len(parts) and parts[layer] is not None:
            row.append((heads, acting.Off(Site("feed_forward", kind, (layer,)), asked.how)))
        found.append(row)
    return found


class _Runner:
    """Runs changed passes over one trace's inputs: from the changed layer on where that gives the same."""

    def __init__(
        self, trace: Trace, loaded: LoadedModel, asked: Question, ordinary: acting.Acting, should_stop: ShouldStop
    ) -> None:
        self.ordinary, self.asked = ordinary, asked
        self.side = "decoder" if asked.kind == "cross" else asked.kind
        self.restarts = {name: Restart(name, stack) for name, stack in passes.stacks(loaded).items()}
        for restart in self.restarts.values():
            restart.should_stop = should_stop
        self.stack_inputs = passes.stack_inputs(loaded, trace.inputs)
        self.tokens = max(trace.n_positions, len(trace.tokens))
        memory = None
        with acting.at_work(ordinary.plus(())):
            for name, restart in self.restarts.items():
                if name == "decoder":
                    self.stack_inputs[name]["encoder_hidden_states"] = memory
                memory = restart.record(self.stack_inputs[name])
        assert memory is not None
        self.final = memory
        self.is_whole = not self._can_restart(loaded)

    def states(self, layer: int, changes: Sequence[acting.Off]) -> torch.Tensor:
        """Final states at the position, one change a row: [change, width]."""
        step = 1 if self.is_whole else max(1, BATCH_TOKENS // self.tokens)
        found = []
        for start in range(0, len(changes), step):
            some = [acting.Off(c.site, c.how, (row,)) for row, c in enumerate(changes[start : start + step])]
            found.append(self._run(0 if self.is_whole else layer, some, len(some))[:, self.asked.position])
        return torch.cat(found)

    def _run(self, layer: int, changes: Sequence[acting.Off], rows: int) -> torch.Tensor:
        """[row, token, width]"""
        with acting.at_work(self.ordinary.plus(changes)):
            states = self.restarts[self.side].run(self.stack_inputs[self.side], layer, rows)
            if self.side == "encoder":
                given = self.stack_inputs["decoder"] | {"encoder_hidden_states": states}
                states = self.restarts["decoder"].run(given, 0, rows)
        return states

    def _can_restart(self, loaded: LoadedModel) -> bool:
        """Whether a pass that begins in the middle, of two rows, ends as the ordinary one does."""
        layers = self.restarts[self.side].layers
        try:
            # Late: what a later layer needs of earlier ones beside the stream (a shared cache) is missed there at once.
            found = self._run(layers * 3 // 4, (), 2)[:, self.asked.position].float()
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError):
            return False
        expected = self.final[:, self.asked.position].float()
        limit = _TOLERANCE.get(loaded.model.dtype, 1e-5) * max(1.0, float(expected.abs().max()))
        return found.shape[1:] == expected.shape[1:] and float((found - expected).abs().max()) <= limit


# --- beside attention --------------------------------------------------------------------------


def rank_correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Spearman's rho, -1 to 1: the correlation of the ranks, ties sharing their mean rank; pairs with nan are left out.

    nan where fewer than two pairs are left or one side is all ties. Spearman 1904.
    """
    a, b = np.asarray(first, dtype=np.float64).ravel(), np.asarray(second, dtype=np.float64).ravel()
    known = ~(np.isnan(a) | np.isnan(b))
    if known.sum() < 2:
        return math.nan
    x, y = _ranks(a[known]), _ranks(b[known])
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size else math.nan


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def correlations(importance: HeadImportance, statistics: HeadStatistics) -> Mapping[str, float]:
    """Measure of `head_statistics` -> rank correlation with what a head is worth (`kl`), over all heads of the kind.

    nan for a measure that has no value in this text.
    """
    kind = importance.question.kind
    rows = [n for n, name in enumerate(statistics.kinds) if name == kind]
    worth = [importance.kl[int(statistics.layers[n]), int(statistics.heads[n])] for n in rows]
    return {name: rank_correlation(np.array(worth), values[rows]) for name, values in statistics.values.items()}


# --- as a table --------------------------------------------------------------------------------

CSV_COLUMNS = ("layer", "part", "delta_log_probability", "kl")


def as_rows(importance: HeadImportance) -> list[dict[str, Any]]:
    """One dictionary a part, layer by layer, "mlp" after the heads; None where nothing is known. Nine digits."""
    rows: list[dict[str, Any]] = []
    for layer, column in np.ndindex(importance.delta.shape):
        values = (float(importance.delta[layer, column]), float(importance.kl[layer, column]))
        if column == importance.heads and all(map(math.isnan, values)):
            continue  # cross attention has none
        part = "mlp" if column == importance.heads else str(column)
        delta, kl = (None if math.isnan(value) else float(f"{value:.9g}") for value in values)
        rows.append({"layer": layer, "part": part, "delta_log_probability": delta, "kl": kl})
    return rows
