"""A budget of attention: what part of a text an answer looks at, and what it loses when that part is hidden.

Spans are named stretches of the tokens that are looked at. Of one query, `attention` is the sum of its weights over a
span; `weighted` is the same with each weight times the length of what it carries, |w * v * W_O| (Kobayashi et al. 2020,
"Attention is Not Only a Weight", equation 5), as a share of the sum over all keys. The last column is
what is in no span.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from visualizer.core import attention, capture, prediction
from visualizer.core.anatomy import projections
from visualizer.core.errors import Cancelled, CannotIntervene, CannotRead, UnknownChoice
from visualizer.core.interventions import HideTokens
from visualizer.core.system import memo
from visualizer.core.system.progress import Progress, ShouldStop, never, unheard
from visualizer.core.writing import places

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

MOST = 12
_PART = re.compile(r"\s*([^=;]*?)\s*=\s*([0-9]{1,7})(?:\s*-\s*([0-9]{1,7}))?\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens first to last, both in it, counted from 0."""

    name: str
    first: int
    last: int

    @property
    def tokens(self) -> tuple[int, ...]:
        """The numbers of its tokens."""
        return tuple(range(self.first, self.last + 1))


def parse(written: str) -> tuple[Span, ...]:
    """Spans from "instruction=0-5;question=6-9". Raises UnknownChoice for anything else, and for spans that overlap.

    >>> parse("question=6-9")
    (Span(name='question', first=6, last=9),)
    """
    found: list[Span] = []
    for part in written.split(";"):
        if not part.strip():
            continue
        match = _PART.fullmatch(part)
        if match is None or not match[1]:
            raise UnknownChoice("span", part.strip()[:80], ("NAME=FIRST-LAST",))
        span = Span(match[1], int(match[2]), int(match[3] or match[2]))
        if span.last < span.first or any(span.first <= one.last and one.first <= span.last for one in found):
            raise UnknownChoice("span", part.strip()[:80], ("NAME=FIRST-LAST",))
        found.append(span)
    if len(found) > MOST:
        raise UnknownChoice("number of spans", str(len(found)), tuple(map(str, range(1, MOST + 1))))
    return tuple(found)


def written(spans: Sequence[Span]) -> str:
    """What `parse` reads."""
    return ";".join(f"{span.name}={span.first}-{span.last}" for span in spans)


@dataclass(frozen=True, eq=False)
class Budget:
    """Shares of one query. layers: their numbers. attention, weighted: float64 [layer, head, span + 1], the rest last.

    weighted is nan in layers whose W_O was not found. Rows sum to 1, with attention sinks to less.
    """

    spans: tuple[Span, ...]
    kind: str
    query: int
    layers: tuple[int, ...]
    attention: np.ndarray
    weighted: np.ndarray


@dataclass(frozen=True, slots=True)
class Without:
    """The answer's token when a span is hidden. before, after: its probability; nan where it cannot be asked."""

    before: float
    after: float

    @property
    def change(self) -> float:
        """ln after - ln before."""
        if not (self.before > 0 and self.after > 0):
            return math.nan
        return math.log(self.after) - math.log(self.before)


@dataclass(frozen=True, eq=False)
class Effects:
    """token: whose probability at `position` is followed. without: one a span, fewer while others are on their way."""

    position: int
    token: int
    without: tuple[Without, ...] = ()


def keys_of(trace: Trace) -> str:
    """The kind of attention whose keys are the text: cross-attention where there is an encoder."""
    return "cross" if trace.kind == "encoder_decoder" else trace.kinds[0]


def fitting(trace: Trace, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans that lie in this text."""
    count = len(trace.key_tokens(keys_of(trace)))
    return tuple(span for span in spans if span.last < count)


def budget(trace: Trace, spans: Sequence[Span], position: int = -1) -> Budget:
    """What the query at a position spends on each span, in every layer and head. Runs the model once over a few tokens.

    Raises NoSuchPart.
    """
    kind, query = keys_of(trace), places.checked_position(trace, places.place(trace, position))
    chosen, keys = fitting(trace, spans), len(trace.key_tokens(keys_of(trace)))
    rows = np.zeros((keys, len(chosen) + 1))
    rows[:, -1] = 1.0
    for n, span in enumerate(chosen):
        rows[list(span.tokens), n], rows[list(span.tokens), -1] = 1.0, 0.0
    matrices = projections.outputs(trace.model).get(kind, ()) if trace.model is not None else ()
    layers, heads = trace.layer_numbers(kind), trace.heads(kind)
    shares, weighted = (np.full((len(layers), heads, rows.shape[1]), math.nan) for _ in range(2))
    with torch.inference_mode():
        for at, layer in enumerate(layers):
            record = trace.record(layer, kind)
            matrix = matrices[layer] if layer < len(matrices) else None
            for head in range(record.heads):
                weights = attention.weights(record, head, query, query + 1)[0].double()
                shares[at, head] = weights.cpu().numpy() @ rows
                if matrix is None or record.value is None:
                    continue
                values = record.value[record.key_head(head)].float()
                lengths = (values @ matrix.of_head(head, values.shape[-1]).T.to(values.device)).norm(dim=1).double()
                carried = (weights * lengths).cpu().numpy()
                if carried.sum() > 0:
                    weighted[at, head] = carried @ rows / carried.sum()
    return Budget(chosen, kind, query, layers, shares, weighted)


def effects(
    trace: Trace,
    spans: Sequence[Span],
    position: int = -1,
    token: int | None = None,
    should_stop: ShouldStop = never,
    progress: Callable[[float, Effects], Any] | Progress = unheard,
) -> Effects:
    """Hides each span in a run of its own, and follows a token's probability; token None: the most probable one.

    A span that holds the position itself, in the text that predicts, is nan: what would be asked is hidden.

    Raises CannotRead (no model, no prediction), CannotIntervene, Cancelled, and what `capture.run` raises.
    """
    if trace.model is None:
        raise CannotRead("no_model", trace.card.name)
    if not trace.n_positions:
        raise CannotRead("no_output", trace.card.name)
    at = places.checked_position(trace, places.place(trace, position))
    logits = trace.logits(at)
    token = int(logits.argmax()) if token is None else token
    before = float(prediction.distribution(logits)[token])
    found = Effects(at, token)
    chosen = fitting(trace, spans)
    side = "encoder" if trace.kind == "encoder_decoder" else "self"
    target = trace.target_text if trace.kind == "encoder_decoder" else None
    for n, span in enumerate(chosen):
        if should_stop():
            raise Cancelled
        if side == "self" and span.first <= at <= span.last:
            after = math.nan
        else:
            hide = HideTokens(span.tokens, side)
            request = replace(trace.request, target=target, interventions=(*trace.request.interventions, hide))
            key = ("without a span", hide, at, token)
            after = memo.find(trace, key, None)
            if after is None:
                after = memo.keep(trace, key, _after(trace, request, at, token, should_stop), 64)
        found = replace(found, without=(*found.without, Without(before, after)))
        progress((n + 1) / len(chosen), found)  # type: ignore[arg-type]
    return found


def _after(trace: Trace, request: capture.RunRequest, at: int, token: int, should_stop: ShouldStop) -> float:
    assert trace.model is not None
    inputs = trace.inputs
    changed = capture.run_ids(
        trace.model,
        request,
        inputs["input_ids"],
        attention_mask=inputs.get("attention_mask"),
        token_type_ids=inputs.get("token_type_ids"),
        decoder_ids=inputs.get("decoder_input_ids"),
        should_stop=should_stop,
    )
    if changed.method != "registry":  # a pass that was not done with the mask says nothing
        raise CannotIntervene("outside_registry")
    return float(prediction.distribution(changed.logits(at))[token])
