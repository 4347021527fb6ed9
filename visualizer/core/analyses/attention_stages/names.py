"""Names of the steps of attention. No torch here: the command line and the view read them before it is imported."""

from __future__ import annotations

# In the order of the computation.
STAGES = (
    "query_before", "query", "key_before", "key", "dot", "scaled", "capped", "biased", "masked", "weights",
    "value", "output", "concatenation", "contribution", "block",
)  # fmt: skip

# Rows of these are the tokens that are looked at; of all others, those that look.
KEY_ROWS = frozenset(("key_before", "key", "value"))

SQUARE = frozenset(("dot", "scaled", "capped", "biased", "masked", "weights"))
