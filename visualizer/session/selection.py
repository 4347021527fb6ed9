"""What is being looked at: frozen values, and the pure rule that fits them to a trace.

A selection says where one looks, and how numbers are read and coloured everywhere. Whatever only one view needs is in
that view's own `Options`, so that a new view adds nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from visualizer.core.place import Place
from visualizer.core.reading.rule import PLAIN, Rule
from visualizer.core.text.units import UNIT_KINDS

if TYPE_CHECKING:
    from visualizer.core.trace import Trace

Scale = Literal["linear", "log"]

SCALES: tuple[Scale, ...] = ("linear", "log")


@dataclass(frozen=True, slots=True)
class Sampling:
    """Filters over the full vocabulary. temperature 0 is greedy; top_k, top_p, min_p: None: off; penalty 1: off."""

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0

    @property
    def filters(self) -> tuple[float, int | None, float | None, float | None]:
        """What `core.prediction.distribution` takes."""
        return self.temperature, self.top_k, self.top_p, self.min_p


@dataclass(frozen=True, slots=True)
class Look:
    """How numbers become a picture, the same in every view.

    scale: of the colours. parts_of_speech: coarse parts of speech (名詞) that stay bright while all others are dimmed;
    empty: none is dimmed. difference: two texts that are compared are shown as B - A.
    """

    scale: Scale = "linear"
    parts_of_speech: frozenset[str] = field(default_factory=frozenset)
    difference: bool = False


_OPEN, _ORDINARY = Sampling(), Look()


@dataclass(frozen=True, slots=True)
class Selection:
    """What every view shows; none of it ever needs another forward pass.

    kind: of attention, one of `trace.kinds`.
    layer, head: of that kind.
    query, key: the locked tokens (indices into `trace.query_tokens(kind)` and `trace.key_tokens(kind)`), None: free.
    position: where the next token is predicted, an index into the positions that have predictions; -1: the last.
    rule: how attention is read. sampling: how the next token would be drawn. look: how numbers are coloured.
    """

    kind: str = "self"
    layer: int = 0
    head: int = 0
    query: int | None = None
    key: int | None = None
    position: int = -1
    rule: Rule = PLAIN
    sampling: Sampling = _OPEN
    look: Look = _ORDINARY

    @property
    def place(self) -> Place:
        """The chosen head."""
        return Place(self.kind, self.layer, self.head)


PARTS: Mapping[str, type] = {"rule": Rule, "sampling": Sampling, "look": Look}
_PART_OF = {item.name: part for part, kind in PARTS.items() for item in fields(kind)}


def changed(selection: Selection, changes: Mapping[str, Any]) -> Selection:
    """The selection with fields changed, those of its parts by their own names: `changed(s, {"unit": "word"})`.

    Raises TypeError for a name that no part has.
    """
    own: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        part = _PART_OF.get(name)
        if part is None:
            own[name] = value
        else:
            inner.setdefault(part, {})[name] = value
    for part, values in inner.items():
        own[part] = replace(own.get(part, getattr(selection, part)), **values)
    return replace(selection, **own)


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
    rule, sampling, look = selection.rule, selection.sampling, selection.look
    return replace(
        selection,
        kind=kind,
        layer=_nearest(selection.layer, trace.layer_numbers(kind)),
        head=_clamp(selection.head, trace.heads(kind)),
        query=_inside(selection.query, len(trace.query_tokens(kind))),
        key=_inside(selection.key, len(trace.key_tokens(kind))),
        position=selection.position if 0 <= selection.position < trace.n_positions else -1,
        rule=replace(
            rule,
            unit=rule.unit if rule.unit in UNIT_KINDS else "token",
            quadrant=rule.quadrant if rule.quadrant and rule.quadrant in _quadrants(trace, kind) else None,
        ),
        sampling=Sampling(
            temperature=max(0.0, sampling.temperature),
            top_k=sampling.top_k if sampling.top_k and 0 < sampling.top_k < trace.card.vocabulary else None,
            top_p=sampling.top_p if sampling.top_p is not None and 0.0 < sampling.top_p < 1.0 else None,
            min_p=sampling.min_p if sampling.min_p is not None and 0.0 < sampling.min_p <= 1.0 else None,
            repetition_penalty=sampling.repetition_penalty if sampling.repetition_penalty > 0 else 1.0,
        ),
        look=replace(look, scale=look.scale if look.scale in SCALES else "linear"),
    )


def opened(trace: Trace, wanted: Selection) -> Selection:
    """The wish of somebody who has not chosen a head yet: the head on which this text opens, where that is known."""
    from visualizer.core.analyses import first_look

    look = first_look.known(trace)
    return wanted if look is None else replace(wanted, kind=look.kind, layer=look.layer, head=look.head)


def _quadrants(trace: Trace, kind: str) -> tuple[str, ...]:
    from visualizer.core import reading

    return reading.quadrants(trace, kind)


def _clamp(index: int, count: int) -> int:
    return max(0, min(index, count - 1))


def _nearest(number: int, numbers: tuple[int, ...]) -> int:
    return min(numbers, key=lambda other: (abs(other - number), other))


def _inside(index: int | None, count: int) -> int | None:
    return index if index is not None and 0 <= index < count else None
