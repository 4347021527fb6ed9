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
from weakref import WeakKeyDictionary

import torch

from visualizer.core.positions import PositionPart, PositionScheme
from visualizer.core.positions.rotation import part_of, turned_back
from visualizer.core.request import RunRequest

if TYPE_CHECKING:
    from visualizer.core.loaded_model import LoadedModel
    from visualizer.core.trace import Trace

_PROBE_TOKENS = 8

_PAIRINGS = ("halves", "interleaved")

_TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-4, torch.float16: 5e-3, torch.bfloat16: 3e-2}

_found: WeakKeyDictionary[LoadedModel, dict[int, tuple[str, int]]] = WeakKeyDictionary()


def with_pairing(loaded: LoadedModel, scheme: PositionScheme) -> PositionScheme:
    """The scheme with `pairing` and `first_dimension` of its rotary parts filled in where they could be found.

    Runs the model once over a few tokens, the first time; a model outside the attention registry is left as it is.
    """
    rotary = [n for n, part in enumerate(scheme.parts) if part.kind == "rotary"]
    if not rotary or not loaded.registry:
        return scheme
    known = _found.get(loaded)
    if known is None:
        known = _found[loaded] = _find(loaded, {n: scheme.parts[n] for n in rotary})
    parts = [
        replace(part, pairing=known[n][0], first_dimension=known[n][1]) if n in known else part
        for n, part in enumerate(scheme.parts)
    ]
    return replace(scheme, parts=tuple(parts))


def _find(loaded: LoadedModel, parts: dict[int, PositionPart]) -> dict[int, tuple[str, int]]:
    trace = _probe(loaded)
    if trace is None or trace.method != "registry":
        return {}
    found = {}
    for number, part in parts.items():
        places = [
            (kind, layer)
            for kind in trace.kinds
            for layer in range(trace.layers(kind))
            if part_of(PositionScheme((part,)), layer, kind) is not None
        ]
        states = [t for kind, layer in places for t in _states(trace, kind, layer)]
        tolerance = _TOLERANCE.get(loaded.model.dtype, 1e-4)
        # Where rows do not sum to 1 (attention sinks), equal tokens stay equal only up to the first layer.
        choice = _choose(part, states, tolerance) or _choose(part, states[:2], tolerance)
        if choice is not None:
            found[number] = choice
    return found


def _states(trace: Trace, kind: str, layer: int) -> Iterable[torch.Tensor]:
    record = trace.record(layer, kind)
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


def _probe(loaded: LoadedModel) -> Trace | None:
    """A pass over one token, several times."""
    from visualizer.core import capture
    from visualizer.core.errors import VisualizerError

    special = set(getattr(loaded.tokenizer, "all_special_ids", ()) or ())
    plain = next((i for i in range(loaded.card.vocabulary - 1, -1, -1) if i not in special), 0)
    ids = torch.full((1, _PROBE_TOKENS), plain, device=loaded.model.device)
    decoder = ids if loaded.kind == "encoder_decoder" else None
    try:
        return capture.run_ids(loaded, RunRequest("x"), ids, decoder_ids=decoder)
    except VisualizerError:
        return None
