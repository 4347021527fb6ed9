"""Where in a forward pass something is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from visualizer.core.errors import BadIntervention
from visualizer.core.names import KINDS

PLACES = (
    "embedding", "query", "key", "value", "scores", "head_output", "attention", "neurons", "feed_forward", "residual",
)  # fmt: skip
OF_HEADS = ("query", "key", "value", "scores", "head_output")
OF_ATTENTION = (*OF_HEADS, "attention")
# No model and no text comes near these; they bound what a file may ask for.
MOST_LAYERS = 10_000
MOST_TOKENS = 1 << 20


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the forward pass.

    place: "embedding" (what the first block reads), "query", "key" (after position encoding), "value", "scores",
    "head_output" (weights times values, before W_O), "attention" (the outputs of all heads), "neurons" (inside the
    feed-forward part), "feed_forward" (what it adds to the residual stream), "residual" (the stream after a block).
    kind: of attention; "self", or "encoder", "decoder", "cross" in a model that has both sides; where the place is not
    in the attention, the side. layers, heads, tokens: which ones, counted from 0; None: all. Heads of keys and values
    are the key heads, of which a model may have fewer. tokens are those of the place's own side.

    Raises BadIntervention for what no model could have.
    """

    place: str
    kind: str = "self"
    layers: tuple[int, ...] | None = None
    heads: tuple[int, ...] | None = None
    tokens: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.place not in PLACES:
            raise BadIntervention("place", self.place, PLACES)
        if self.kind not in KINDS:
            raise BadIntervention("attention kind", self.kind, KINDS)
        if self.kind == "cross" and self.place not in OF_ATTENTION:
            raise BadIntervention("attention kind", self.kind, tuple(k for k in KINDS if k != "cross"))
        if self.heads is not None and self.place not in OF_HEADS:
            raise BadIntervention("place of heads", self.place, OF_HEADS)
        if self.layers is not None and self.place == "embedding":
            raise BadIntervention("layer of embedding", str(self.layers))
        for name, most in (("layers", MOST_LAYERS), ("heads", MOST_LAYERS), ("tokens", MOST_TOKENS)):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, numbers(value, name, most))


def numbers(values: Iterable[int], what: str, most: int) -> tuple[int, ...]:
    """Sorted, each once. Raises BadIntervention for none at all, and for what is not a whole number from 0 to most."""
    found = tuple(values)
    for value in found:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < most:
            raise BadIntervention(what, str(value)[:80])
    if not found:
        raise BadIntervention(what, "()")
    return tuple(sorted(set(found)))
