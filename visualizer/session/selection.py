"""What is being looked at: frozen values, and the pure rule that fits them to a trace."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Unit = Literal["token", "morpheme", "word", "character"]
Scale = Literal["linear", "log"]

UNITS: tuple[Unit, ...] = ("token", "morpheme", "word", "character")
SCALES: tuple[Scale, ...] = ("linear", "log")


@dataclass(frozen=True, slots=True)
class Selection:
    """What every view shows; none of it ever needs another forward pass.

    kind: of attention, one of `trace.kinds`.
    layer, head: of that kind.
    query, key: the locked tokens (indices into `trace.query_tokens(kind)` and `trace.key_tokens(kind)`), None: free.
    position: where the next token is predicted, an index into the positions that have predictions; -1: the last.
    unit: by which attention is read; scale: of the colours.
    temperature, top_k, top_p: sampling filters over the full vocabulary, None: off; temperature 0 is greedy.
    heads: heads of the layer that are shown where several can be; empty: all of them.
    hide_sinks: leave out the columns that only soak up attention (first token, separators, punctuation).
    quadrant: of a pair of sentences, "AB": A looks at B; None: all.
    parts_of_speech: coarse parts of speech (名詞) that stay bright while all others are dimmed; empty: none is dimmed.
    mass: share of the attention that the drawn lines carry together.
    stage: step of the attention's computation, one of `core.stages.STAGES`.
    """

    kind: str = "self"
    layer: int = 0
    head: int = 0
    query: int | None = None
    key: int | None = None
    position: int = -1
    unit: Unit = "token"
    scale: Scale = "linear"
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    heads: frozenset[int] = field(default_factory=frozenset)
    hide_sinks: bool = False
    quadrant: str | None = None
    parts_of_speech: frozenset[str] = field(default_factory=frozenset)
    mass: float = 0.7
    stage: str = "weights"


@dataclass(frozen=True, slots=True)
class Hover:
    """What the pointer is over; None: nothing.

    query, key: indices into the selected kind's query and key tokens; layer, head: where a view shows several.
    """

    query: int | None = None
    key: int | None = None
    layer: int | None = None
    head: int | None = None


NOTHING = Hover()


def resolve(trace: Trace | None, selection: Selection) -> Selection:
    """The selection nearest to the one wanted that this trace can show; idempotent, and the identity for no trace."""
    if trace is None:
        return selection
    kind = selection.kind if selection.kind in trace.kinds else trace.kinds[0]
    layer = _clamp(selection.layer, trace.layers(kind))
    n_heads = trace.heads(kind)
    return replace(
        selection,
        kind=kind,
        layer=layer,
        head=_clamp(selection.head, n_heads),
        query=_inside(selection.query, len(trace.query_tokens(kind))),
        key=_inside(selection.key, len(trace.key_tokens(kind))),
        position=selection.position if 0 <= selection.position < trace.n_positions else -1,
        unit=selection.unit if selection.unit in UNITS else "token",
        scale=selection.scale if selection.scale in SCALES else "linear",
        temperature=max(0.0, selection.temperature),
        top_k=selection.top_k if selection.top_k and 0 < selection.top_k < trace.card.vocabulary else None,
        top_p=selection.top_p if selection.top_p is not None and 0.0 < selection.top_p < 1.0 else None,
        heads=frozenset(head for head in selection.heads if 0 <= head < n_heads),
        quadrant=selection.quadrant if selection.quadrant and selection.quadrant in _quadrants(trace, kind) else None,
        mass=max(0.0, min(1.0, selection.mass)),
    )


def _quadrants(trace: Trace, kind: str) -> tuple[str, ...]:
    from visualizer.core import reading

    return reading.quadrants(trace, kind)


def _clamp(index: int, count: int) -> int:
    return max(0, min(index, count - 1))


def _inside(index: int | None, count: int) -> int | None:
    return index if index is not None and 0 <= index < count else None


RULE = ("kind", "unit", "hide_sinks", "quadrant")  # names in a `Selection`, in the order of `Rule`
Rule = tuple[str, Unit, bool, str | None]


def rule_of(selection: Selection) -> Rule:
    """The arguments after layer and head of `core.reading.read`."""
    return (selection.kind, selection.unit, selection.hide_sinks, selection.quadrant)
