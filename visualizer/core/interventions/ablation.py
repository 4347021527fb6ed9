"""A part of a model switched off."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.errors import BadIntervention
from visualizer.core.interventions.site import Site
from visualizer.core.request import Intervention

HOWS = ("zero", "mean")


@dataclass(frozen=True, slots=True)
class Ablate(Intervention):
    """Switches a site off (Michel et al. 2019, "Are Sixteen Heads Really Better than One?", section 2.2: zero).

    how: "zero", or "mean": every token gets the mean over the text's tokens, as they are in this run, so that what the
    part says of all tokens alike stays. A head's weights stay what the model computed; its output is replaced.
    """

    site: Site
    how: str = "zero"

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise BadIntervention("way of switching off", self.how, HOWS)


def head(layer: int, head: int, kind: str = "self", how: str = "zero") -> Ablate:
    """One head switched off."""
    return Ablate(Site("head_output", kind, (layer,), (head,)), how)


def layer(layer: int, kind: str = "self", how: str = "zero") -> Ablate:
    """All heads of a layer switched off: its attention adds its output bias only."""
    return Ablate(Site("attention", kind, (layer,)), how)


def feed_forward(layer: int, kind: str = "self", how: str = "zero") -> Ablate:
    """The feed-forward part of a layer switched off; kind names the side of a model that has two."""
    return Ablate(Site("feed_forward", kind, (layer,)), how)
