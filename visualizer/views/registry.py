"""The only list of views, as data, in the order in which the window offers them.

Another package adds views by an entry point of the group `transformer_visualizer.views` that names a `ViewInfo`, or a
tuple of them. Importing this module imports what those entry points name, so let that be a small module; it imports
no view and no torch.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from visualizer.core.errors import BrokenView
from visualizer.core.system import paths
from visualizer.session.translation import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from visualizer.views.base import View
    from visualizer.views.help.data import Help

log = logging.getLogger(__name__)

API = 1  # what a `View` may rely on; grows when a view written for the present number would no longer work
ENTRY_POINTS = "transformer_visualizer.views"
DEFAULT = "attention_map"  # what a first start shows
RESERVED = ("second", "dock", "window")  # names that commands and the command line use beside those of views


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A group of views. title: source string in the context "Views"; icon: a name in `assets/icons`."""

    id: str
    title: str
    icon: str

    def label(self) -> str:
        """Its name in the interface's language."""
        return QCoreApplication.translate("Views", self.title)


@dataclass(frozen=True, slots=True)
class ViewInfo:
    """All that is known of a view before it is imported.

    id: as code, files and the command line call it. title: source string in the context "Views". group: id of one of
    `GROUPS`. view: its class, "module:Class". icon: a name in `assets/icons`, "" for the group's. key: one of its own,
    as QKeySequence writes it, "" for none (the group's key reaches it). options: the class of its frozen options,
    "module:Options", "" for none. help: its explanation, "module:HELP"; "" for none, as another package's view may
    have. masked_title: its title with a model that fills blanks, where that is another one. twice: whether two of it
    may stand side by side. api: the `API` it was written for.
    """

    id: str
    title: str
    group: str
    view: str
    icon: str = ""
    key: str = ""
    options: str = ""
    help: str = ""
    masked_title: str = ""
    twice: bool = True
    api: int = API

    def label(self, task: str = "") -> str:
        """Its name in the interface's language. task: of the model that is looked at, where there is one."""
        title = self.masked_title if task == "masked" else ""
        return QCoreApplication.translate("Views", title or self.title)


@dataclass(frozen=True, slots=True)
class Refused:
    """A view of another package that cannot be offered. reason: "broken", "type", "taken", "newer" or "value"."""

    name: str
    reason: str
    detail: str = ""


GROUPS = MappingProxyType(
    {
        group.id: group
        for group in (
            GroupInfo("text", QT_TRANSLATE_NOOP("Views", "Text"), "text"),
            GroupInfo("attention", QT_TRANSLATE_NOOP("Views", "Attention"), "map"),
            GroupInfo("heads", QT_TRANSLATE_NOOP("Views", "Heads"), "grid"),
            GroupInfo("layers", QT_TRANSLATE_NOOP("Views", "Layers"), "layers"),
            GroupInfo("laboratory", QT_TRANSLATE_NOOP("Views", "Laboratory"), "flask"),
        )
    }
)

OWN = (
    ViewInfo(
        "next_token",
        QT_TRANSLATE_NOOP("Views", "Next token"),
        "text",
        "visualizer.views.next_token.view:NextTokenView",
        "bars",
        masked_title=QT_TRANSLATE_NOOP("Views", "Fill the blank"),
        help="visualizer.views.help.next_token:HELP",
    ),
    ViewInfo(
        "surprisal",
        QT_TRANSLATE_NOOP("Views", "Surprisal"),
        "text",
        "visualizer.views.surprisal.view:SurprisalView",
        "surprisal",
        options="visualizer.views.surprisal.options:Options",
        help="visualizer.views.help.surprisal:HELP",
    ),
    ViewInfo(
        "generation",
        QT_TRANSLATE_NOOP("Views", "Generation"),
        "text",
        "visualizer.views.generation.view:GenerationView",
        "write",
        options="visualizer.views.generation.options:Options",
        help="visualizer.views.help.generation:HELP",
    ),
    ViewInfo(
        "blanks",
        QT_TRANSLATE_NOOP("Views", "Several blanks"),
        "text",
        "visualizer.views.blanks.view:BlanksView",
        "blanks",
        options="visualizer.views.blanks.options:Options",
        help="visualizer.views.help.blanks:HELP",
    ),
    ViewInfo(
        "classification",
        QT_TRANSLATE_NOOP("Views", "Classes"),
        "text",
        "visualizer.views.classification:ClassificationView",
        "classes",
        help="visualizer.views.help.classification:HELP",
    ),
    ViewInfo(
        "answer_span",
        QT_TRANSLATE_NOOP("Views", "Answer in a passage"),
        "text",
        "visualizer.views.answer_span.view:AnswerSpanView",
        "answer",
        options="visualizer.views.answer_span.options:Options",
        help="visualizer.views.help.answer_span:HELP",
    ),
    ViewInfo(
        "attention_map",
        QT_TRANSLATE_NOOP("Views", "Attention map"),
        "attention",
        "visualizer.views.attention_map:AttentionMapView",
        "map",
        options="visualizer.views.reading_options:MapOptions",
        help="visualizer.views.help.attention_map:HELP",
    ),
    ViewInfo(
        "attention_lines",
        QT_TRANSLATE_NOOP("Views", "Attention lines"),
        "attention",
        "visualizer.views.attention_lines.view:AttentionLinesView",
        "lines",
        options="visualizer.views.attention_lines.options:Options",
        help="visualizer.views.help.attention_lines:HELP",
    ),
    ViewInfo(
        "attention_stages",
        QT_TRANSLATE_NOOP("Views", "Attention step by step"),
        "attention",
        "visualizer.views.attention_stages.view:AttentionStagesView",
        "stages",
        options="visualizer.views.attention_stages.options:Options",
        help="visualizer.views.help.attention_stages:HELP",
    ),
    ViewInfo(
        "head_grid",
        QT_TRANSLATE_NOOP("Views", "All heads"),
        "heads",
        "visualizer.views.head_grid:HeadGridView",
        "grid",
        options="visualizer.views.reading_options:GridOptions",
        help="visualizer.views.help.head_grid:HELP",
    ),
    ViewInfo(
        "head_statistics",
        QT_TRANSLATE_NOOP("Views", "Head statistics"),
        "heads",
        "visualizer.views.head_statistics.view:HeadStatisticsView",
        "table",
        options="visualizer.views.head_statistics.options:Options",
        help="visualizer.views.help.head_statistics:HELP",
    ),
    ViewInfo(
        "head_importance",
        QT_TRANSLATE_NOOP("Views", "Importance of heads"),
        "heads",
        "visualizer.views.head_importance.view:HeadImportanceView",
        "importance",
        options="visualizer.views.head_importance.options:Options",
        help="visualizer.views.help.head_importance:HELP",
    ),
    ViewInfo(
        "similar_heads",
        QT_TRANSLATE_NOOP("Views", "Similar heads"),
        "heads",
        "visualizer.views.similar_heads:SimilarHeadsView",
        "scatter",
        help="visualizer.views.help.similar_heads:HELP",
    ),
    ViewInfo(
        "whole_model_attention",
        QT_TRANSLATE_NOOP("Views", "Attention through all layers"),
        "layers",
        "visualizer.views.whole_model_attention.view:WholeModelAttentionView",
        "network",
        options="visualizer.views.whole_model_attention.options:Options",
        help="visualizer.views.help.whole_model_attention:HELP",
    ),
    ViewInfo(
        "feed_forward",
        QT_TRANSLATE_NOOP("Views", "Feed-forward neurons"),
        "layers",
        "visualizer.views.feed_forward.view:FeedForwardView",
        "neurons",
        options="visualizer.views.feed_forward.options:Options",
        help="visualizer.views.help.feed_forward:HELP",
    ),
    ViewInfo(
        "logit_lens",
        QT_TRANSLATE_NOOP("Views", "Logit lens"),
        "layers",
        "visualizer.views.logit_lens.view:LogitLensView",
        "lens",
        options="visualizer.views.logit_lens.options:Options",
        help="visualizer.views.help.logit_lens:HELP",
    ),
    ViewInfo(
        "logit_attribution",
        QT_TRANSLATE_NOOP("Views", "Who said it"),
        "layers",
        "visualizer.views.logit_attribution.view:LogitAttributionView",
        "who",
        options="visualizer.views.logit_attribution.options:Options",
        help="visualizer.views.help.logit_attribution:HELP",
    ),
    ViewInfo(
        "model_map",
        QT_TRANSLATE_NOOP("Views", "Map of the model"),
        "layers",
        "visualizer.views.model_map.view:ModelMapView",
        "diagram",
        options="visualizer.views.model_map.options:Options",
        help="visualizer.views.help.model_map:HELP",
    ),
    ViewInfo(
        "positions",
        QT_TRANSLATE_NOOP("Views", "Positions"),
        "laboratory",
        "visualizer.views.positions.view:PositionsView",
        "wave",
        options="visualizer.views.positions.options:Options",
        help="visualizer.views.help.positions:HELP",
    ),
    ViewInfo(
        "prompts",
        QT_TRANSLATE_NOOP("Views", "Prompts side by side"),
        "laboratory",
        "visualizer.views.prompts.view:PromptsView",
        "prompts",
        options="visualizer.views.prompts.options:Options",
        help="visualizer.views.help.prompts:HELP",
    ),
    ViewInfo(
        "spans",
        QT_TRANSLATE_NOOP("Views", "Budget of attention"),
        "laboratory",
        "visualizer.views.spans.view:SpansView",
        "spans",
        options="visualizer.views.spans.options:Options",
        help="visualizer.views.help.spans:HELP",
    ),
)


def collect(found: Iterable[EntryPoint]) -> tuple[Mapping[str, ViewInfo], tuple[Refused, ...]]:
    """Our views and those that entry points name, by id and in order of groups; and what had to be refused."""
    views = {info.id: info for info in OWN}
    refused: list[Refused] = []
    for point in found:
        try:
            named = point.load()
        except (Exception, SystemExit) as error:  # whatever a foreign module does while it is imported
            refused.append(Refused(point.name, "broken", f"{type(error).__name__}: {error}"))
            continue
        for info in named if isinstance(named, (tuple, list)) else (named,):
            reason, detail = _what_is_wrong(info, views)
            if reason:
                refused.append(Refused(point.name, reason, detail))
            else:
                views[info.id] = info if _has_icon(info.icon) else replace(info, icon=GROUPS[info.group].icon)
    ordered = sorted(views.values(), key=lambda info: list(GROUPS).index(info.group))
    return MappingProxyType({info.id: info for info in ordered}), tuple(refused)


def _what_is_wrong(info: object, taken: Mapping[str, ViewInfo]) -> tuple[str, str]:
    """(reason, detail), both "" for data that can be used."""
    if not isinstance(info, ViewInfo):
        return "type", type(info).__name__
    if type(info.api) is not int or info.api > API:
        return "newer", str(info.api)
    kinds = {field.name: {"twice": bool, "api": int}.get(field.name, str) for field in fields(ViewInfo)}
    wrong = next((name for name, kind in kinds.items() if type(getattr(info, name)) is not kind), "")
    if wrong:
        return "value", wrong
    if info.id in taken or info.id in RESERVED:
        return "taken", info.id
    for name, pattern in (("id", r"[a-z][a-z0-9_]*"), ("title", r".*\S.*"), ("view", r"[\w.]+:\w+")):
        if not re.fullmatch(pattern, getattr(info, name)):
            return "value", name
    return ("", "") if info.group in GROUPS else ("value", "group")


def _has_icon(name: str) -> bool:
    return bool(re.fullmatch(r"\w+", name)) and (paths.assets() / "icons" / f"{name}.svg").is_file()


def _found() -> Iterable[EntryPoint]:
    try:
        return entry_points(group=ENTRY_POINTS)
    except Exception:  # one damaged installation among all that Python knows
        return ()


VIEWS, REFUSED = collect(_found())


def in_group(group: str) -> tuple[str, ...]:
    """The ids of a group's views, in order."""
    return tuple(name for name, info in VIEWS.items() if info.group == group)


def options_class(name: str) -> type:
    """The options of a view, `NoOptions` where it has none; imported when first asked for.

    Raises KeyError for an unknown name, BrokenView where another package's options cannot be had.
    """
    module, _, attribute = (VIEWS[name].options or "visualizer.session.options:NoOptions").partition(":")
    try:
        result: type = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        raise BrokenView(name, f"{type(error).__name__}: {error}") from error
    return result


def help_of(name: str) -> Help | None:
    """The explanation of a view, imported when first asked for; None where there is none, or it cannot be had.

    Raises KeyError for an unknown name.
    """
    module, _, attribute = VIEWS[name].help.partition(":")
    if not module:
        return None
    try:
        found = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # of another package: the window goes on without it
        log.error("the explanation of %s cannot be had", name, exc_info=error)
        return None
    from visualizer.views.help.data import Help

    return found if isinstance(found, Help) else None


def view_class(name: str) -> type[View]:
    """The class of a view, imported when first asked for.

    Raises KeyError for an unknown name, BrokenView where another package's module or class cannot be had.
    """
    module, _, attribute = VIEWS[name].view.partition(":")
    try:
        result: type[View] = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        raise BrokenView(name, f"{type(error).__name__}: {error}") from error
    return result
