"""A part of a model that takes its values from another run."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.interventions.site import Site
from visualizer.core.request import Intervention, RunRequest


@dataclass(frozen=True, slots=True)
class Patch(Intervention):
    """At a site the values of another run stand in for this one's (Vig et al. 2020, "Causal Mediation Analysis").

    source: the other run, named by its question. Tokens are matched by their numbers: without `site.tokens` both runs
    must have equally many. Patched from its own request, a run stays as it is.
    """

    site: Site
    source: RunRequest
