"""The explanations in the window: opening and closing their panel, how wide it is, and doing what they propose."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from visualizer.session.showing import Showing
from visualizer.ui import guard
from visualizer.views.base import View
from visualizer.views.help.data import Do
from visualizer.views.registry import VIEWS, options_class
from visualizer.widgets.explanation import NARROWEST, WIDTH
from visualizer.widgets.view_area import DOCK_WIDTH

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow

FIGURE = 600  # pixels of the design that a figure has beside dock and panel; else the dock makes room
PANE = 300  # pixels of the design that each of two views has beside the panel; else only one of the three wishes is met
LARGEST_SHARE = 0.45  # of the window, however large the text is: the figure stays the larger part
_KEPT = "explanation"  # under which the width is remembered, in pixels of the design
WIDEST = 1200


@guard.overrides
class Explaining(QObject):
    """Keeps the panel and the views together."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._panel = window, window.explanation
        kept = window.session.settings.splitters.get(_KEPT, "")
        self._width = int(kept) if kept.isdecimal() and NARROWEST <= int(kept) <= WIDEST else WIDTH
        self._is_of_dock = False  # the dock's view is explained: then it stays
        self._followed: tuple[str, Showing | None] = ("", None)
        self._panel.done.connect(self._do)
        self._panel.closed.connect(self.close)
        window.views.help_requested.connect(self.open_view)
        window.views.active_changed.connect(self._follow)
        window.views.shown_changed.connect(self._on_views_shown_changed)
        window.session.theme_changed.connect(lambda _theme: self._set_width())
        window.across.splitterMoved.connect(self._on_splitter_moved)
        window.across.installEventFilter(self)

    @property
    def is_open(self) -> bool:
        """Whether the panel stands beside the views."""
        return not self._panel.isHidden()

    def switch(self) -> None:
        """Explain the view that is worked in; fold the panel away where it does so already."""
        if self.is_open and self._panel.page[0] == "view":
            self.close()
        elif (view := self._window.views.active_view()) is not None:
            self.open_view(view)

    def open_view(self, view: View) -> None:
        """Explain this view."""
        views = self._window.views
        self._is_of_dock = view.showing is self._window.session.showing and view.id == views.dock
        self._panel.show()
        views.set_alone(self._is_crowded())  # asked for last: what it explains stays, the other view makes room
        self._set_width()
        self._panel.show_view(view.id, view.showing, view.how_to_read())

    def open_term(self, term_id: str = "") -> None:
        """Explain a term; show all of them for ""."""
        if not self.is_open and (view := self._window.views.active_view()) is not None:
            self.open_view(view)
        self._panel.show_term(term_id)

    def close(self) -> None:
        """Give the room back to the figure, and the keys to whom they belong."""
        had_focus = self._panel.isAncestorOf(QApplication.focusWidget() or self._window)
        self._panel.hide()
        self._window.views.set_tight(False)
        self._window.views.set_alone(False)
        if had_focus:
            self._window.views.setFocus()

    def leave(self) -> bool:
        """Whether there was a panel to close."""
        if not self.is_open:
            return False
        self.close()
        return True

    # --- beside the views ------------------------------------------------------------------------

    def _wanted_width(self) -> int:
        return min(self._panel.theme.px(self._width), round(LARGEST_SHARE * self._window.width()))

    def _is_crowded(self) -> bool:
        """Whether two views and the panel would leave none of the figures large enough to be read."""
        room = self._window.across.width() - self._wanted_width()
        return bool(self._window.views.second) and room < 2 * self._panel.theme.px(PANE)

    def _on_views_shown_changed(self, _first: str, _second: str) -> None:
        if self.is_open:
            self._make_room()

    def _make_room(self) -> None:
        """A second view, lecture mode or a smaller window came last: the figures stay, the words go."""
        views, is_crowded = self._window.views, self._is_crowded()
        if is_crowded and not views.is_alone:
            self.close()
        elif not is_crowded:
            views.set_alone(False)

    def _set_width(self) -> None:
        if self.is_open:
            self._make_room()
        if not self.is_open:
            return
        theme, room, width = self._panel.theme, self._window.across.width(), self._wanted_width()
        self._panel.setMinimumWidth(min(theme.px(NARROWEST), width))
        is_narrow = room - width < theme.px(FIGURE + DOCK_WIDTH)
        self._window.views.set_tight(is_narrow and not self._is_of_dock)
        self._window.across.setSizes([max(1, room - width), width])

    def _on_splitter_moved(self, _position: int, _index: int) -> None:
        self._width = min(max(round(self._panel.width() / self._panel.theme.scale), NARROWEST), WIDEST)
        self._window.session.settings.splitters[_KEPT] = str(self._width)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._set_width()
        return False

    def _follow(self, active: str) -> None:
        """Explain another view as soon as another one is worked in; told again of the same one, go on explaining."""
        view = self._window.views.active_view()
        now = (active, view.showing if view is not None else None)
        is_new, self._followed = now != self._followed, now
        if self.is_open and is_new and view is not None:
            self._is_of_dock = False
            self._panel.show_view(view.id, view.showing, view.how_to_read())

    # --- what is tried ---------------------------------------------------------------------------

    def _do(self, wanted: Do, pane: Showing) -> None:
        """Do what was proposed, in the pane whose view is explained."""
        window, session = self._window, self._window.session
        if wanted.text is not None:
            session.ask(replace(pane.request, text=wanted.text), pane)
        if wanted.view:
            window.views.choose(wanted.view)
        view_id = wanted.view or self._panel.page[1]
        if wanted.options and view_id in VIEWS:
            kind = options_class(view_id)
            known = {item.name for item in fields(kind)}
            session.set_options(view_id, kind, **{k: v for k, v in wanted.options.items() if k in known})
        if wanted.select:
            pane.select(**wanted.select)
