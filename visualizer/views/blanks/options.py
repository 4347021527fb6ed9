"""What a person may choose in the view of blanks alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option


@dataclass(frozen=True, slots=True)
class Options:
    """blanked: tokens of the text that are blanks, beside those that are typed."""

    blanked: frozenset[int] = option(
        frozenset(), "tokens to be blanked, counted from 0, as 2,5", items="int", flag="--blank", kept=False
    )
