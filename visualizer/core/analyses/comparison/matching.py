"""What can be compared between two runs, and how their units line up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from visualizer.core.analyses.comparison.alignment import Alignment, align
from visualizer.core.analyses.comparison.reasons import (
    DifferentHeads,
    DifferentLayers,
    DifferentModelKinds,
    NotComparable,
    NothingAligned,
    Reason,
)
from visualizer.core.place import Place
from visualizer.core.reading import matrix as reading
from visualizer.core.reading.rule import PLAIN, Rule

if TYPE_CHECKING:
    from visualizer.core.text.units import UnitKind
    from visualizer.core.trace import Trace


@dataclass(frozen=True, slots=True)
class Match:
    """What can be compared between two runs.

    obstacle: why nothing can be, or None. head_by_head: why not every head of one has a partner, or None; then only
    the places that both models have can be compared (`has`). is_same_model: whether both come from one model; heads
    of two different models of equal shape have equal numbers, and nothing else in common.
    shapes: (kind, layers, heads) that both models have; numbers: for each of these kinds the layers' own numbers.
    """

    obstacle: Reason | None
    head_by_head: Reason | None
    is_same_model: bool
    shapes: tuple[tuple[str, int, int], ...]
    numbers: tuple[frozenset[int], ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of attention that both have."""
        return tuple(kind for kind, _, _ in self.shapes)

    def has(self, place: Place) -> bool:
        """Whether both models have this head."""
        return any(
            place.kind == kind and place.layer in numbers and 0 <= place.head < heads
            for (kind, _, heads), numbers in zip(self.shapes, self.numbers, strict=True)
        )


def match(a: Trace, b: Trace, unit: UnitKind = "token") -> Match:
    """What can be compared between two runs; costs no more than aligning their texts."""
    is_same = is_same_model(a, b)
    if a.kind != b.kind or a.kinds != b.kinds:
        reason = DifferentModelKinds(a.kind, b.kind)
        return Match(reason, reason, is_same, ())
    shapes, numbers = [], []
    differing: Reason | None = None
    for kind in a.kinds:
        layers, heads = (a.layers(kind), b.layers(kind)), (a.heads(kind), b.heads(kind))
        if differing is None and layers[0] != layers[1]:
            differing = DifferentLayers(kind, *layers)
        if differing is None and heads[0] != heads[1]:
            differing = DifferentHeads(kind, *heads)
        both = set(a.layer_numbers(kind)) & set(b.layer_numbers(kind))
        if differing is None and len(both) != layers[0]:
            differing = DifferentLayers(kind, a.depth(kind), b.depth(kind))
        shapes.append((kind, len(both), min(heads)))
        numbers.append(frozenset(both))
    aligned = [any(not len(found) for found in align_sides(a, b, kind, Rule(unit))) for kind in a.kinds]
    obstacle = NothingAligned(a.kinds[0], unit) if all(aligned) else None
    return Match(obstacle, obstacle or differing, is_same, tuple(shapes), tuple(numbers))


def is_same_model(a: Trace, b: Trace) -> bool:
    """Whether two traces come from one model, as far as their cards say: its source, device and dtype."""
    return a.card == b.card


def align_sides(a: Trace, b: Trace, kind: str = "self", rule: Rule = PLAIN) -> tuple[Alignment, Alignment]:
    """How the units that look, and those that are looked at, line up; indices are those of a reading by this rule.

    Raises NoSuchKind (kind, quadrant).
    """
    axes_a, axes_b = (reading.axes(trace, kind, rule) for trace in (a, b))
    queries = align(axes_a.query_units, axes_b.query_units)
    if axes_a.query_units == axes_a.key_units and axes_b.query_units == axes_b.key_units:
        return queries, queries
    return queries, align(axes_a.key_units, axes_b.key_units)


def check_place(a: Trace, b: Trace, place: Place) -> None:
    """Raises NotComparable when the two models look in different ways; NoSuchPart, NoSuchKind for a head that is not
    in both."""
    if a.kind != b.kind:
        raise NotComparable(DifferentModelKinds(a.kind, b.kind))
    for trace in (a, b):
        trace.record_of_head(place.layer, place.head, place.kind)


def check_head_by_head(a: Trace, b: Trace) -> None:
    """Raises NotComparable when not every head of A has one of B with the same number."""
    found = match(a, b)
    if found.head_by_head is not None:
        raise NotComparable(found.head_by_head)
