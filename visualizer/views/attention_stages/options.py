"""What a person may choose in the steps of attention alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.core.analyses.attention_stages.names import STAGES
from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """stage: step of the attention's computation, one of `STAGES`."""

    stage: str = option("weights", "step of the computation", choices=STAGES, flag="--stage", kept=False)
