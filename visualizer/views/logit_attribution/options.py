"""What a person may choose in the view of who said it alone."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.session.options import option

ORDERS = ("size", "layers")
GROUPS = ("all", "layers", "heads")


@dataclass(frozen=True, slots=True)
class Options:
    """token: whose logit is split, an id or a text; None: the most probable one. against: the one whose logit is taken
    away; None: none. group: every part by itself, all of a layer together, or the heads alone. sources: the
    chosen head is unfolded into the tokens that its share came from.
    """

    token: int | str | None = option(None, "the token whose logit is split", low=0, flag="--say", kept=False)
    against: int | str | None = option(None, "the token it is held against", low=0, flag="--say-against", kept=False)
    order: str = option("size", "order of the parts", choices=ORDERS, flag="--say-order")
    sources: bool = option(False, "unfold the head into its source tokens", flag="--say-sources", kept=False)
    group: str = option("all", "what one bar stands for", choices=GROUPS, flag="--say-group")
