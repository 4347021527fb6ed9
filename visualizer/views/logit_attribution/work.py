"""What the view of a logit's parts has computed, and the rows that it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualizer.core import prediction
from visualizer.core.analyses import logit_attribution
from visualizer.core.analyses.logit_attribution import Component, LogitAttribution
from visualizer.core.errors import VisualizerError
from visualizer.core.export.lens import chosen_token
from visualizer.core.place import Place
from visualizer.views.logit_attribution import words

if TYPE_CHECKING:
    from visualizer.core.trace import Trace
    from visualizer.session.jobs import ShouldStop

_CANDIDATES = 12
MOST = 40  # rows in the order of size; all others are summed in one
MOST_SOURCES = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """token, against: ids or texts; None: the most probable one, and none. unfolded: a head with its source tokens."""

    position: int
    token: int | str | None
    against: int | str | None
    unfolded: Place | None


@dataclass(frozen=True, eq=False)
class Found:
    """candidates: (id, label, probability). sources: float32 [key] of the unfolded head, None for none."""

    asked: Asked
    attribution: LogitAttribution
    label: str
    against: str
    candidates: tuple[tuple[int, str, float], ...]
    sources: NDArray[np.float32] | None
    source_labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One bar. place: the head that it is; is_source: below it, what came from one token."""

    label: str
    value: float
    place: Place | None = None
    is_source: bool = False


def measure(trace: Trace, asked: Asked, should_stop: ShouldStop) -> Found:
    """All of it. Raises as `logit_attribution.attribute` does, UnknownChoice and NoSuchPart for a token."""
    logits = trace.logits(asked.position)
    best = prediction.ranking(logits, _CANDIDATES).tolist()
    chances = prediction.distribution(logits)
    token = best[0] if asked.token is None else chosen_token(trace, str(asked.token))
    against = None if asked.against is None else chosen_token(trace, str(asked.against))
    against = None if against == token else against
    found = logit_attribution.attribute(trace, token, against, asked.position, should_stop)
    sources: NDArray[np.float32] | None = None
    labels: tuple[str, ...] = ()
    place = asked.unfolded
    if place is not None and any(_place(one) == place for one in found.components):
        try:
            sources = logit_attribution.by_source(trace, found, place)
            labels = tuple(one.text for one in trace.key_tokens(place.kind))
        except VisualizerError:  # that head stays one bar
            sources = None
    candidates = tuple((n, trace.label(n), float(chances[n])) for n in best)
    name = "" if against is None else trace.label(against)
    return Found(asked, found, trace.label(token), name, candidates, sources, labels)


def _place(one: Component) -> Place | None:
    return Place(one.kind, one.layer, one.head) if one.name == "head" else None


def rows(found: Found, order: str, group: str, *, has_kinds: bool) -> tuple[Row, ...]:
    """The bars from the top. They add up to the sum, sources not counted.

    In the order of layers the last one stands at the top, as layers rise.
    """
    parts = found.attribution.components
    if group == "layers":
        grouped = _summed((words.of_layer(one), one) for one in parts)
    elif group == "heads":
        names = (words.of_part(one, has_kinds) if one.name == "head" else words.of_kind(one) for one in parts)
        grouped = _summed(zip(names, parts, strict=True))
    else:
        grouped = [Row(words.of_part(one, has_kinds), one.contribution, _place(one)) for one in parts]
    if order == "size":
        grouped.sort(key=lambda row: -abs(row.value))
        if len(grouped) > MOST + 1:
            kept, rest = grouped[:MOST], grouped[MOST:]
            chosen = [row for row in rest if row.place is not None and row.place == found.asked.unfolded]
            rest = [row for row in rest if row not in chosen]
            grouped = [*kept, *chosen, Row(words.others(len(rest)), sum(row.value for row in rest))]
    else:
        grouped.reverse()
    return tuple(_with_sources(found, grouped))


def _summed(named: Iterable[tuple[str, Component]]) -> list[Row]:
    """Parts of one name together, in the order in which the first of each writes."""
    sums: dict[str, tuple[float, Place | None]] = {}
    for name, one in named:
        before = sums.get(name)
        sums[name] = (one.contribution, _place(one)) if before is None else (before[0] + one.contribution, None)
    return [Row(name, value, place) for name, (value, place) in sums.items()]


def _with_sources(found: Found, grouped: list[Row]) -> Iterable[Row]:
    for row in grouped:
        yield row
        if found.sources is None or row.place is None or row.place != found.asked.unfolded:
            continue
        order = np.argsort(-np.abs(found.sources), kind="stable")
        shown = order if len(order) <= MOST_SOURCES + 1 else order[:MOST_SOURCES]
        for key in shown.tolist():
            yield Row(f"↳ {found.source_labels[key].strip()} ({key})", float(found.sources[key]), row.place, True)
        if len(shown) < len(order):
            rest = float(found.sources[order[len(shown) :]].sum())
            yield Row(f"↳ {words.others(len(order) - len(shown))}", rest, row.place, True)
