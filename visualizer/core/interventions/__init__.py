"""What may be done to a model while it runs: frozen parts of a `RunRequest`, without torch.

    request = RunRequest("The cat sat", interventions=(ablation.head(layer=2, head=3), *parse("4,mlp.1")))

`forward.acting` does them inside the recorder, so that what a trace holds is what the model then used.
"""

from __future__ import annotations

from visualizer.core.interventions.ablation import HOWS, Ablate
from visualizer.core.interventions.document import from_json, request_from_json, request_to_json, to_json
from visualizer.core.interventions.hiding import HideTokens
from visualizer.core.interventions.patching import Patch
from visualizer.core.interventions.position import MovedPositions, WithoutPositions
from visualizer.core.interventions.site import PLACES, Site
from visualizer.core.interventions.words import name, parse, short

__all__ = [
    "HOWS",
    "PLACES",
    "Ablate",
    "HideTokens",
    "MovedPositions",
    "Patch",
    "Site",
    "WithoutPositions",
    "from_json",
    "name",
    "parse",
    "request_from_json",
    "request_to_json",
    "short",
    "to_json",
]
