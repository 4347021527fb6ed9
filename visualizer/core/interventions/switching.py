"""Switching parts of a model off and on again: what a request becomes. Pure, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from visualizer.core.interventions.ablation import Ablate
from visualizer.core.interventions.site import Site
from visualizer.core.request import Intervention, RunRequest

OF_HEADS = ("head_output", "attention")


@dataclass(frozen=True, slots=True)
class Extent:
    """How many layers a kind of attention has, and how many heads each of them."""

    layers: int
    heads: int


def heads_off(interventions: Iterable[Intervention], kind: str, extent: Extent) -> frozenset[tuple[int, int]]:
    """(layer, head) of every head of a kind that is switched off at all tokens, alone or with its layer."""
    found: set[tuple[int, int]] = set()
    for one in _whole(interventions):
        if one.site.place in OF_HEADS and one.site.kind == kind:
            layers, heads = _numbers(one.site.layers, extent.layers), _numbers(one.site.heads, extent.heads)
            found.update((layer, head) for layer in layers for head in heads)
    return frozenset(found)


def feed_forward_off(interventions: Iterable[Intervention], kind: str, layers: int) -> frozenset[int]:
    """The layers whose feed-forward part is switched off; kind names the side of a model that has two."""
    sites = [one.site for one in _whole(interventions)]
    own = [site for site in sites if site.place == "feed_forward" and site.kind == kind]
    return frozenset(layer for site in own for layer in _numbers(site.layers, layers))


def is_off(interventions: Iterable[Intervention], site: Site, extent: Extent) -> bool:
    """Whether all of a head, a layer's heads or a feed-forward part is switched off."""
    layers = _numbers(site.layers, extent.layers)
    if site.place not in OF_HEADS:
        return set(layers) <= feed_forward_off(interventions, site.kind, extent.layers)
    heads = _numbers(site.heads, extent.heads)
    return {(layer, head) for layer in layers for head in heads} <= heads_off(interventions, site.kind, extent)


def toggle(request: RunRequest, site: Site, extent: Extent, how: str = "zero") -> RunRequest:
    """The same question with a part switched off, or on again where it is off; all else stays.

    A head that is off with its whole layer comes back alone. What is switched off as a whole takes the place of its
    single parts.
    """
    rest = tuple(part for one in request.interventions for part in _without(one, site, extent))
    if is_off(request.interventions, site, extent):
        return replace(request, interventions=rest)
    return replace(request, interventions=(*rest, Ablate(site, how)))


def all_on(request: RunRequest) -> RunRequest:
    """The same question with nothing switched off; what else is done to the model stays."""
    return replace(request, interventions=tuple(one for one in request.interventions if not isinstance(one, Ablate)))


def with_how(request: RunRequest, how: str) -> RunRequest:
    """The same parts switched off in another way, "zero" or "mean"."""
    changed = (Ablate(one.site, how) if isinstance(one, Ablate) else one for one in request.interventions)
    return replace(request, interventions=tuple(changed))


def without(request: RunRequest, intervention: Intervention) -> RunRequest:
    """The same question without one of its interventions."""
    return replace(request, interventions=tuple(one for one in request.interventions if one != intervention))


def _whole(interventions: Iterable[Intervention]) -> Iterator[Ablate]:
    """What is switched off at every token."""
    for one in interventions:
        if isinstance(one, Ablate) and one.site.tokens is None:
            yield one


def _numbers(chosen: tuple[int, ...] | None, count: int) -> tuple[int, ...]:
    return tuple(range(count)) if chosen is None else chosen


def _without(one: Intervention, site: Site, extent: Extent) -> Iterator[Intervention]:
    """What is left of an intervention when a part comes back."""
    if not isinstance(one, Ablate) or one.site.tokens is not None or not _meet(one.site, site, extent):
        yield one
        return
    freed = _numbers(site.layers, extent.layers)
    layers = tuple(n for n in _numbers(one.site.layers, extent.layers) if n not in freed)
    if layers:
        yield Ablate(replace(one.site, layers=layers), one.how)
    if site.place in OF_HEADS and site.heads is not None:
        heads = tuple(n for n in _numbers(one.site.heads, extent.heads) if n not in site.heads)
        shared = tuple(n for n in _numbers(one.site.layers, extent.layers) if n in freed)
        for layer in shared:
            yield from (Ablate(Site("head_output", site.kind, (layer,), (head,)), one.how) for head in heads)


def _meet(a: Site, b: Site, extent: Extent) -> bool:
    """Whether two sites have something in common."""
    same = a.kind == b.kind and (a.place == b.place or (a.place in OF_HEADS and b.place in OF_HEADS))
    if not same or not set(_numbers(a.layers, extent.layers)) & set(_numbers(b.layers, extent.layers)):
        return False
    return bool(set(_numbers(a.heads, extent.heads)) & set(_numbers(b.heads, extent.heads))) or a.place not in OF_HEADS
