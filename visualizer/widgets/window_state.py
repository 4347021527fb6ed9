"""What of the window is remembered: sizes, views, texts, model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from visualizer.session.settings import Settings

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow

FIRST_SIZE = (1280, 800)
RECENT = 8
NARROWEST_DOCK, WIDEST_DOCK = 120, 1200


def restore(window: MainWindow, settings: Settings) -> None:
    """Sizes and views as they were, or those of a first start."""
    geometry = QByteArray.fromBase64(settings.geometry.encode(errors="replace"))
    if not (settings.geometry and window.restoreGeometry(geometry)):
        window.resize(*FIRST_SIZE)
    window.views.dock_wanted = settings.dock
    width = settings.splitters.get("dock", "")
    if width.isdecimal() and NARROWEST_DOCK <= int(width) <= WIDEST_DOCK:
        window.views.dock_width = int(width)
    window.views.show_views(settings.view, settings.second_view if settings.views.get("two") else "")
    if not window.views.restore_sizes(settings.splitters.get("views", "")):
        window.views.lay_out_first_time()
    window.set_lecture(settings.lecture)


def remember(window: MainWindow, settings: Settings) -> None:
    """Put the window's present state into the settings."""
    if not window.isFullScreen():
        settings.geometry = bytes(window.saveGeometry().toBase64().data()).decode()
    views, session = window.views, window.session
    session.texts.commit()
    settings.view, settings.dock = views.first, views.dock_wanted
    settings.views["two"] = bool(views.ordinary_second)
    if views.ordinary_second:
        settings.second_view = views.ordinary_second
    settings.splitters["views"] = views.save_sizes()
    settings.splitters["dock"] = str(views.dock_width)
    settings.text, settings.pair, settings.target = session.text, session.pair or "", session.target or ""
    if session.model is not None:
        source = session.model.origin
        settings.model, settings.base = source, session.model.base_source
        settings.device, settings.dtype = session.model.device, session.model.dtype
        others = [one for one in settings.recent_models if one != source]
        settings.recent_models = [source, *others][:RECENT]
