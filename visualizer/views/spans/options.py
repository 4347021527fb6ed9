"""What a person may choose in the budget of attention alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option

SHOWN = ("attention", "weighted")
OVER = ("model", "layer", "head")


@dataclass(frozen=True, slots=True)
class Options:
    """spans: as `core.analyses.spans.parse` reads them; "": the text's sentences. share: what the map's colours show.

    over: the bars are the mean over all heads of the "model" or of the chosen "layer", or the chosen "head".
    """

    spans: str = option(
        "", "stretches of the text by token, NAME=FIRST-LAST;NAME=FIRST-LAST", flag="--spans", kept=False
    )
    share: str = option("attention", "what is shared out between the spans", choices=SHOWN, flag="--span-share")
    over: str = option("model", "which heads the bars are the mean of", choices=OVER, flag="--span-heads")
