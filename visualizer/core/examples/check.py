"""Whether a trace shows what an example claims, figure by figure."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np

from visualizer.core import prediction
from visualizer.core.analyses import head_statistics, next_token
from visualizer.core.errors import VisualizerError
from visualizer.core.examples.claims import (
    Doubts,
    Expects,
    Gathers,
    Judges,
    Looks,
    Measures,
    Positions,
    Prefers,
    Repeats,
    Splits,
    Spot,
    Surprises,
    Writes,
)
from visualizer.core.writing import places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visualizer.core.examples.claims import Claim
    from visualizer.core.examples.example import Example
    from visualizer.core.text import Token
    from visualizer.core.trace import Trace


class _Otherwise(Exception):
    """What was found instead."""


def check(example: Example, trace: Trace) -> tuple[str, ...]:
    """What of an example's claims this trace does not bear out, a sentence each, for a developer; () when all hold.

    Costs a head's matrix or a distribution for each claim; a measure of induction runs the model once more. A part
    that the trace has not (a layer, a kind of attention, a pair head) counts as not borne out.
    """
    found = []
    for claim in example.claims:
        try:
            _hold(claim, trace)
        except (_Otherwise, VisualizerError) as error:
            found.append(f"{claim}: {error}")
    return tuple(found)


@singledispatch
def _hold(claim: Claim, trace: Trace) -> None:
    """Raises _Otherwise when the trace shows something else."""
    raise _Otherwise(f"no claim that can be checked: {type(claim).__name__}")


@_hold.register(Looks)
def _(claim: Looks, trace: Trace) -> None:
    kind = claim.place.kind
    query, key = _in(trace.query_tokens(kind), claim.query), _in(trace.key_tokens(kind), claim.key)
    row = trace.attention(claim.place.layer, claim.place.head, kind)[query]
    if row[key] < claim.least or row.argmax() != key:
        raise _Otherwise(f"{row[key]:.3f}, and most ({row.max():.3f}) on token {row.argmax()}")


@_hold.register(Gathers)
def _(claim: Gathers, trace: Trace) -> None:
    key = _in(trace.key_tokens(claim.place.kind), claim.key)
    column = trace.attention(claim.place.layer, claim.place.head, claim.place.kind)[key + 1 :, key]
    if not len(column) or column.mean() < claim.least:
        raise _Otherwise(f"{column.mean():.3f}" if len(column) else "no query after it")


@_hold.register(Measures)
def _(claim: Measures, trace: Trace) -> None:
    on_repeated = claim.measure in head_statistics.ON_REPEATED
    values, _even = head_statistics.measure_head(trace, claim.place, on_repeated)
    if not values[claim.measure] >= claim.least:
        raise _Otherwise(f"{values[claim.measure]:.3f}")


@_hold.register(Expects)
def _(claim: Expects, trace: Trace) -> None:
    at = _in(places.predicting_tokens(trace), claim.at)
    best = trace.next_tokens(at, limit=claim.among)
    probability = next((one.probability for one in best if one.text.strip() == claim.token), 0.0)
    if probability < claim.least or not probability:
        raise _Otherwise(f"best are {[(one.text, round(one.probability, 3)) for one in best]}")


@_hold.register(Prefers)
def _(claim: Prefers, trace: Trace) -> None:
    at = _in(places.predicting_tokens(trace), claim.at)
    one, other = _probability(trace, at, claim.token), _probability(trace, at, claim.over)
    if not other or one < claim.times * other or one <= other:
        raise _Otherwise(f"{one:.4f} and {other:.4f}")


@_hold.register(Doubts)
def _(claim: Doubts, trace: Trace) -> None:
    found = _probability(trace, _in(places.predicting_tokens(trace), claim.at), claim.token)
    if not 0 < found <= claim.most:
        raise _Otherwise(f"{found:.4f}")


@_hold.register(Surprises)
def _(claim: Surprises, trace: Trace) -> None:
    at = _in(trace.tokens, claim.token)
    bits = _bits(trace)
    others = np.delete(bits, [0, at - 1])  # the first has nothing before it
    if bits[at - 1] < claim.least or (len(others) and bits[at - 1] <= others.max()):
        raise _Otherwise(f"{bits[at - 1]:.2f} bits; the others up to {others.max() if len(others) else 0:.2f}")


@_hold.register(Repeats)
def _(claim: Repeats, trace: Trace) -> None:
    again = _in(trace.tokens, claim.again)
    bits = _bits(trace)
    before, after = float(bits[1 : again - 1].mean()), float(bits[again - 1 :].mean())
    if before < claim.least or after > claim.most:
        raise _Otherwise(f"{before:.2f} bits, then {after:.2f}")


@_hold.register(Splits)
def _(claim: Splits, trace: Trace) -> None:
    start = trace.text.find(claim.text)
    end = start + len(claim.text)
    inside = [t for t in trace.tokens if t.sequence == 0 and t.span[0] < end and t.span[1] > start]
    fits = bool(inside) and min(t.span[0] for t in inside) >= start - 1 and max(t.span[1] for t in inside) == end
    if start < 0 or not fits or len(inside) != claim.count:
        raise _Otherwise(f"tokens {[token.text for token in inside]}")


@_hold.register(Judges)
def _(claim: Judges, trace: Trace) -> None:
    logits = trace.pair_logits
    if logits is None:
        raise _Otherwise("no pair head")
    found = float(prediction.distribution(logits)[0 if claim.same else 1])
    if found < claim.least:
        raise _Otherwise(f"{found:.3f}")


@_hold.register(Writes)
def _(claim: Writes, trace: Trace) -> None:
    if trace.request.target is not None or trace.target_text != claim.text:
        raise _Otherwise(repr(trace.target_text))


@_hold.register(Positions)
def _(claim: Positions, trace: Trace) -> None:
    kinds = {part.kind for part in trace.positions.parts}
    if kinds != {claim.kind}:
        raise _Otherwise(", ".join(sorted(kinds)))


def _in(tokens: Sequence[Token], spot: Spot) -> int:
    """The number of a token that must be there, under this name."""
    if spot.index >= len(tokens) or tokens[spot.index].text != spot.text:
        there = tokens[spot.index].text if spot.index < len(tokens) else "nothing"
        raise _Otherwise(f"token {spot.index} is {there!r}")
    return spot.index


def _probability(trace: Trace, at: int, token: str) -> float:
    """Of the most probable token with this label; 0 when the vocabulary has none."""
    for one in trace.next_tokens(at, limit=trace.card.vocabulary):
        if one.text.strip() == token:
            return one.probability
    return 0.0


def _bits(trace: Trace) -> np.ndarray:
    """Surprisal of every token but the first of a causal model: [token - 1], in bits."""
    if trace.task != "causal":
        raise _Otherwise("no model that reads from left to right")
    return next_token.surprisals(trace)[:-1]
