"""What a person may choose in the view of surprisal alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option

COLORS = ("surprisal", "entropy")


@dataclass(frozen=True, slots=True)
class Options:
    """color: what the text is coloured by."""

    color: str = option("surprisal", "what the text is coloured by", choices=COLORS, flag="--color-by")
