"""Where in a model something is: one head of one layer of one kind of attention. No torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One attention head. kind: "self", "encoder", "decoder" or "cross"; layer, head: of that kind, from 0."""

    kind: str
    layer: int
    head: int
