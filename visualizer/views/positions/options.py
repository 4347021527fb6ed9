"""What a person may choose in the view of positions alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option

WIDEST = 4096
HIGHEST_BASE = 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """part: of a scheme that has several, from 0. formula: show the paper's formula instead of the model's own scheme.

    pair, width, base: i, d and 10000 of the formula; a width of 0 is the model's own.
    """

    part: int = option(0, "part of the position scheme, from 0", low=0, high=99, flag="--position-part", kept=False)
    formula: bool = option(False, "positions by the sinusoidal formula", flag="--formula", kept=False)
    pair: int = option(
        8, "pair of dimensions of the formula", low=0, high=WIDEST // 2 - 1, flag="--formula-pair", kept=False
    )
    width: int = option(
        0, "width of the formula, 0 for the model's", low=0, high=WIDEST, flag="--formula-width", kept=False
    )
    base: int = option(10_000, "base of the formula", low=2, high=HIGHEST_BASE, flag="--formula-base", kept=False)
