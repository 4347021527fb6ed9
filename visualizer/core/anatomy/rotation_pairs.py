"""Which dimensions a model's rotary encoding turns together, found by watching it.

Rotary encoding (Su et al. 2021, RoFormer, section 3.4) turns pairs of dimensions by angles that grow with the position.
Which dimensions make a pair differs from family to family, and is found by a pass over one token said again and again:
without positions all its queries would be equal, so the rotation that makes them equal when it is turned back is the
one that the model used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from visualizer.core.anatomy import positions, probe
from visualizer.core.attention import AttentionRecord
from visualizer.core.positions import LEAST_POSITIONS, PositionPart, PositionScheme
from visualizer.core.positions.rotation import part_of, turned_back
from visualizer.core.system import memo

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel

_PROBE_TOKENS = 8

_PAIRINGS = ("halves", "interleaved")


def scheme_of(loaded: LoadedModel, n_positions: int) -> PositionScheme:
    """The position scheme of a loaded model, for at least `n_positions` positions where its tables have so many.

    Found by watching short passes through the model and by asking its own modules, so that scaled rotary frequencies,
    offsets into tables and biases are those that the model uses. Runs the model: call it where passes may run.
    """
    return with_pairing(loaded, positions.describe(loaded.model, max(n_positions, LEAST_POSITIONS)))


def with_pairing(loaded: LoadedModel, scheme: PositionScheme) -> PositionScheme:
    """The scheme with `pairing` and `first_dimension` of its rotary parts filled in where they could be found.

    Runs the model once over a few tokens, the first time; a model outside the attention registry is left as it is.
    """
    rotary = [n for n, part in enumerate(scheme.parts) if part.kind == "rotary"]
    if not rotary or not loaded.registry:
        return scheme
    known = memo.ask(loaded, "rotation pairs", lambda: _find(loaded, {n: scheme.parts[n] for n in rotary}))
    parts = [
        replace(part, pairing=known[n][0], first_dimension=known[n][1]) if n in known else part
        for n, part in enumerate(scheme.parts)
    ]
    return replace(scheme, parts=tuple(parts))


def _find(loaded: LoadedModel, parts: dict[int, PositionPart]) -> dict[int, tuple[str, int]]:
    records = probe.short_pass(loaded, probe.plain_ids_of(loaded, 1) * _PROBE_TOKENS)
    if not records:
        return {}
    found = {}
    tolerance = probe.tolerance(loaded.model.dtype)
    for number, part in parts.items():
        places = [
            record
            for kind, layers in records.items()
            for layer, record in enumerate(probe.by_number(layers))
            if record is not None and part_of(PositionScheme((part,)), layer, kind) is not None
        ]
        states = [t for record in places for t in _states(record)]
        # Where rows do not sum to 1 (attention sinks), equal tokens stay equal only up to the first layer.
        choice = _choose(part, states, tolerance) or _choose(part, states[:2], tolerance)
        if choice is not None:
            found[number] = choice
    return found


def _states(record: AttentionRecord) -> Iterable[torch.Tensor]:
    return (t for t in (record.query, record.key) if t is not None)


def _choose(part: PositionPart, states: list[torch.Tensor], tolerance: float) -> tuple[str, int] | None:
    if not states or part.rotated > states[0].shape[-1]:
        return None
    width = states[0].shape[-1]
    for first in dict.fromkeys((0, width - part.rotated)):
        for pairing in _PAIRINGS:
            if all(_is_equal(turned_back(part, pairing, first, t, None), tolerance) for t in states):
                return pairing, first
    return None


def _is_equal(states: torch.Tensor, tolerance: float) -> bool:
    """Whether all tokens have the same state."""
    return bool((states - states[:, :1]).abs().max() <= tolerance * max(1.0, float(states.abs().max())))
