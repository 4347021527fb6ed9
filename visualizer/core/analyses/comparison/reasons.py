"""Why two runs cannot be compared: data, no prose. No torch and no numpy here."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.errors import RequestError


@dataclass(frozen=True, slots=True)
class DifferentModelKinds:
    """A decoder, an encoder and a model with both look in different ways: a, b are the kinds of the two models."""

    a: str
    b: str


@dataclass(frozen=True, slots=True)
class DifferentLayers:
    """The numbers of layers with this kind of attention differ."""

    kind: str
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class DifferentHeads:
    """The numbers of heads in a layer differ."""

    kind: str
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class NothingAligned:
    """No unit of one text has a partner in the other one. kind: of attention; unit: by which the texts were read."""

    kind: str
    unit: str


@dataclass(frozen=True, slots=True)
class NoPrediction:
    """At least one of the two models predicts nothing. a, b: whether A and B do."""

    a: bool
    b: bool


Reason = DifferentModelKinds | DifferentLayers | DifferentHeads | NothingAligned | NoPrediction


@dataclass(eq=False)
class NotComparable(RequestError):
    """Two runs that cannot be compared in this way; `reason` says why."""

    reason: Reason
