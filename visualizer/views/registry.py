"""The only list of views, in the order in which the window offers them."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualizer.views.base import View

VIEWS = MappingProxyType(
    {
        "attention_map": "visualizer.views.attention_map:AttentionMapView",
        "head_grid": "visualizer.views.head_grid:HeadGridView",
        "positions": "visualizer.views.positions.view:PositionsView",
        "next_token": "visualizer.views.next_token.view:NextTokenView",
        "attention_lines": "visualizer.views.attention_lines.view:AttentionLinesView",
        "attention_stages": "visualizer.views.attention_stages.view:AttentionStagesView",
        "head_statistics": "visualizer.views.head_statistics.view:HeadStatisticsView",
        "whole_model_attention": "visualizer.views.whole_model_attention.view:WholeModelAttentionView",
        "similar_heads": "visualizer.views.similar_heads:SimilarHeadsView",
    }
)


OPTIONS = MappingProxyType(
    {
        "attention_lines": "visualizer.views.attention_lines.options:Options",
        "attention_stages": "visualizer.views.attention_stages.options:Options",
        "head_statistics": "visualizer.views.head_statistics.options:Options",
    }
)


def options_class(name: str) -> type:
    """The options of a view; `NoOptions` where it has none. Imports no Qt. Raises KeyError for an unknown name."""
    module, _, attribute = OPTIONS.get(name, "visualizer.session.options:NoOptions").partition(":")
    VIEWS[name]  # an unknown name is told, whatever it is asked for
    result: type = getattr(import_module(module), attribute)
    return result


def view_class(name: str) -> type[View]:
    """The class of a view, imported when first asked for; raises KeyError for an unknown name."""
    module, _, attribute = VIEWS[name].partition(":")
    result: type[View] = getattr(import_module(module), attribute)
    return result
