"""What a person may choose where a model writes."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option

MODES = ("steps", "beams", "many")
HEADS = ("selected", "mean")


@dataclass(frozen=True, slots=True)
class Options:
    """mode: steps on a timeline, the tree of a beam search, or many draws. draws: by temperature, top-k and top-p, as
    the selection has them, instead of greedily. tokens: to write at most. heads: whose attention is shown: the
    selected one's, or the mean of its layer. at_once: write without being told to, as a picture for a file does.
    """

    mode: str = option("steps", "how the model writes", choices=MODES, flag="--generation")
    draws: bool = option(False, "draw by temperature, top-k and top-p instead of greedily", flag="--draw")
    tokens: int = option(24, "how many tokens are written", low=1, high=4096, flag="--max-new-tokens")
    seed: int = option(0, "of the draw", low=0, high=2**31 - 1, flag="--seed")
    beams: int = option(4, "beams of the search", low=1, high=16, flag="--beams")
    continuations: int = option(16, "how many draws", low=1, high=64, flag="--continuations")
    heads: str = option("selected", "whose attention is shown", choices=HEADS, flag="--looked-at")
    at_once: bool = option(False, "write at once", kept=False)
