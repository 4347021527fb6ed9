"""What a person may choose in the logit lens alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option

COLORS = ("probability", "rank", "entropy", "kl")
PARTS = ("block", "attention")
BESIDE = ("tokens", "scripts")


@dataclass(frozen=True, slots=True)
class Options:
    """color: what the cells' colours show. part: after which part of a block the stream is read. beside: what is shown
    of the chosen position: the probability of tokens through the layers, or of the scripts. pinned: ids of the tokens
    that are followed; none: the most probable ones.
    """

    color: str = option("probability", "what the lens's colours show", choices=COLORS, flag="--lens-color")
    part: str = option("block", "after which part of a block is read", choices=PARTS, flag="--lens-part")
    beside: str = option("tokens", "what is shown of one position", choices=BESIDE, flag="--lens-beside")
    pinned: frozenset[int] = option(
        frozenset(), "ids of tokens that are followed through the layers", items="int", flag="--lens-tokens", kept=False
    )
