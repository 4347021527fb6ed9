"""Where the chips of a row of tokens stand, and the morphemes beneath them. Pure arithmetic, in pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visualizer.core.text.tokens import Morpheme, Token

TOP, CHIP, GAP_BELOW_CHIP, BAND, LABEL, BELOW = 6, 28, 3, 3, 16, 4  # heights of the design, in pixels
SCROLL_BAR = 10


@dataclass(frozen=True, eq=False)
class TokenRow:
    """left, right: int [token], edges of the chips in order; morpheme_left, morpheme_right: float [morpheme]."""

    tokens: tuple[Token, ...]
    morphemes: tuple[Morpheme, ...]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    morpheme_left: NDArray[np.float64]
    morpheme_right: NDArray[np.float64]

    @property
    def height(self) -> int:
        """Pixels of the design: chips, and a band where there are morphemes."""
        return CHIP + BELOW + (GAP_BELOW_CHIP + BAND + LABEL if self.morphemes else 0)

    @property
    def width(self) -> int:
        return int(self.right[-1]) if len(self.right) else 0

    def visible(self, left: float, right: float) -> range:
        """The tokens that touch the stretch from left to right."""
        return range(int(np.searchsorted(self.right, left)), int(np.searchsorted(self.left, right, side="right")))

    def token_at(self, x: float) -> int:
        """The token whose chip is at x, -1 between chips."""
        index = int(np.searchsorted(self.right, x))
        return index if index < len(self.left) and self.left[index] <= x else -1

    def visible_morphemes(self, left: float, right: float) -> range:
        return range(
            int(np.searchsorted(self.morpheme_right, left)),
            int(np.searchsorted(self.morpheme_left, right, side="right")),
        )

    def morpheme_at(self, x: float) -> int:
        """The morpheme whose band is at x, -1 where there is none."""
        index = int(np.searchsorted(self.morpheme_right, x))
        return index if index < len(self.morpheme_left) and self.morpheme_left[index] <= x else -1


def lay_out(
    tokens: Sequence[Token],
    morphemes: Sequence[Morpheme],
    text_width: Callable[[str], int],
    *,
    padding: int,
    gap: int,
    narrowest: int,
    widest: int,
    break_gap: int,
) -> TokenRow:
    """Chips side by side; `break_gap` more where the second sentence begins. Sizes in pixels."""
    known: dict[str, int] = {}
    widths = np.empty(len(tokens), dtype=np.int64)
    breaks = np.zeros(len(tokens), dtype=np.int64)
    for index, token in enumerate(tokens):
        width = known.get(token.text)
        if width is None:
            width = known[token.text] = min(max(text_width(token.text.strip()) + 2 * padding, narrowest), widest)
        widths[index] = width
        breaks[index] = break_gap if index and tokens[index - 1].sequence != token.sequence else 0
    right = np.cumsum(widths + gap + breaks) - gap
    left = right - widths
    edges = [_edges(tokens, left, right, sequence) for sequence in (0, 1)]
    placed = [
        (edges[m.sequence][0](m.span[0]), edges[m.sequence][1](m.span[1]), m) for m in morphemes if m.sequence in (0, 1)
    ]
    seen = [(a, b, m) for a, b, m in placed if b > a]
    return TokenRow(
        tuple(tokens),
        tuple(m for _, _, m in seen),
        left,
        right,
        np.array([a for a, _, _ in seen], dtype=np.float64),
        np.array([b for _, b, _ in seen], dtype=np.float64),
    )


def _edges(
    tokens: Sequence[Token], left: NDArray[np.int64], right: NDArray[np.int64], sequence: int
) -> tuple[Callable[[int], float], Callable[[int], float]]:
    """x of the character that starts at an offset, and of the one that ends there; inside a chip in proportion.

    Special tokens hold no words: what Janome reads into a typed [MASK] finds no chip.
    """
    chosen = [i for i, t in enumerate(tokens) if t.sequence == sequence and t.span[1] > t.span[0] and not t.special]
    starts = np.array([tokens[i].span[0] for i in chosen], dtype=np.int64)
    ends = np.array([tokens[i].span[1] for i in chosen], dtype=np.int64)
    lefts, rights = left[chosen], right[chosen]

    def inside(index: int, offset: int) -> float:
        share = (offset - starts[index]) / (ends[index] - starts[index])
        return float(lefts[index] + min(max(share, 0.0), 1.0) * (rights[index] - lefts[index]))

    def start_edge(offset: int) -> float:
        index = int(np.searchsorted(ends, offset, side="right"))  # first token that ends after it
        return inside(index, offset) if index < len(chosen) else float("inf")

    def end_edge(offset: int) -> float:
        index = int(np.searchsorted(starts, offset)) - 1  # last token that starts before it
        return inside(index, offset) if index >= 0 else float("-inf")

    return start_edge, end_edge
