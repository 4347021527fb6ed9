"""The views that a model of one text has something to show in, whatever else it has learned."""

from __future__ import annotations

from visualizer.views.registry import VIEWS

# These are for models that fill blanks, and for checkpoints with another head than that of a language model.
OF_OTHER_MODELS = ("blanks", "classification", "answer_span")

CAUSAL_VIEWS = tuple(view_id for view_id in VIEWS if view_id not in OF_OTHER_MODELS)
