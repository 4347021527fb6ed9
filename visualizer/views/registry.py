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


def view_class(name: str) -> type[View]:
    """The class of a view, imported when first asked for; raises KeyError for an unknown name."""
    module, _, attribute = VIEWS[name].partition(":")
    result: type[View] = getattr(import_module(module), attribute)
    return result
