"""Which part of a quantity is meant, and what every file says of its trace."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.core import interventions
from visualizer.core.errors import NoSuchKind, NoSuchPart
from visualizer.core.export.streams import add_array

if TYPE_CHECKING:
    from visualizer.core.text import Token
    from visualizer.core.trace import Trace


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a quantity is meant; None: all of it.

    kind, layer, head: of attention. position, temperature, top_k, top_p, min_p, repetition_penalty, limit: of
    probabilities; `limit` candidates a position go into CSV and JSON, while NPZ holds the full vocabulary. token: an
    id, or a text that is one token, whose prediction heads are worth something to, or whose logit is split; against: as
    token, the one whose logit is taken from that; ablate_how: how heads are switched off for it, "zero" (None) or
    "mean". spans: stretches of the text, as `analyses.spans.parse` reads them. max_new_tokens, seed, beams,
    continuations: of generation. is_greedy: None: by the other settings, which say how to draw, or that nothing is
    drawn.
    """

    kind: str | None = None
    layer: int | None = None
    head: int | None = None
    position: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    limit: int = 20
    token: str | None = None
    max_new_tokens: int = 32
    seed: int | None = None
    beams: int | None = None
    continuations: int | None = None
    is_greedy: bool | None = None
    ablate_how: str | None = None
    spans: str | None = None
    against: str | None = None


def check_part(trace: Trace, part: Part) -> None:
    """Raises NoSuchKind or NoSuchPart, naming what exists, when the trace does not hold the part."""
    if part.kind is not None and part.kind not in trace.kinds:
        raise NoSuchKind("attention kind", part.kind, trace.kinds)
    for kind in kinds_of(trace, part):
        if part.layer is not None:
            trace.record(part.layer, kind)  # raises for a layer that has no attention of this kind
        if part.head is not None and not 0 <= part.head < trace.heads(kind):
            raise NoSuchPart("head", part.head, trace.heads(kind), kind)


# --- attention ---------------------------------------------------------------------------------


def kinds_of(trace: Trace, part: Part) -> tuple[str, ...]:
    return trace.kinds if part.kind is None else (part.kind,)


def range_of(chosen: int | None, count: int) -> range:
    return range(count) if chosen is None else range(chosen, chosen + 1)


def layers_of(trace: Trace, part: Part, kind: str) -> tuple[int, ...]:
    """The model's own numbers of the layers that are meant."""
    return trace.layer_numbers(kind) if part.layer is None else (part.layer,)


def labels_of(tokens: tuple[Token, ...]) -> list[str]:
    return [token.text for token in tokens]


def which(part: Part) -> dict[str, Any]:
    return {"kind": part.kind, "layer": part.layer, "head": part.head}


# --- files -------------------------------------------------------------------------------------


def about_trace(trace: Trace) -> dict[str, Any]:
    """Where the numbers come from."""
    about: dict[str, Any] = {"model": trace.card.source, "text": trace.text}
    if trace.pair is not None:
        about["pair"] = trace.pair
    if trace.target_tokens:
        about["target"] = trace.target_text
    if trace.card.adapter:
        about["adapter"] = trace.card.adapter
    if trace.request.interventions:
        about["interventions"] = interventions.to_json(trace.request.interventions)
    if trace.cut:
        about["tokens_left_out"] = trace.cut
    return about


def add_token_arrays(archive: zipfile.ZipFile, trace: Trace) -> None:
    """The labels along the axes: `tokens`, and `target_tokens` where there is a decoder's side."""
    add_array(archive, "tokens", np.array(labels_of(trace.tokens), dtype=np.str_))
    if trace.target_tokens:
        add_array(archive, "target_tokens", np.array(labels_of(trace.target_tokens), dtype=np.str_))
