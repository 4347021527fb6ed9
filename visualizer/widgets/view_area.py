"""The centre: one view, or two side by side, and the next token in the dock at the right.

While two runs are compared the second view looks at the other run, and is chosen freely.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget

from visualizer.core.errors import BrokenView
from visualizer.session.session import Session
from visualizer.session.showing import Showing
from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.views.base import View
from visualizer.views.making import make
from visualizer.views.registry import DEFAULT, VIEWS, in_group, view_class
from visualizer.widgets.next_tokens_line import NextTokensLine
from visualizer.widgets.part import Part

log = logging.getLogger(__name__)

DOCK_VIEW = "next_token"
DOCK_WIDTH = 304
HANDLE = 5  # pixels between panes: enough for a pointer
COMPARED_WITH_DOCK = 1000  # width from which two texts leave room for the dock
LEAST_WIDTHS = {"first": 320, "second": 320, "dock": 240}


@guard.overrides
class ViewArea(Part):
    """Views are made when first shown, and kept.

    shown_changed: ids of the first and second view, "" for none. active_changed: the id of the view that keys mean.
    export_requested: a view, and what of it is wanted. dock_changed: whether the dock is shown. help_requested: a view
    that shall be explained.
    """

    shown_changed = Signal(str, str)
    active_changed = Signal(str)
    dock_changed = Signal(bool)
    export_requested = Signal(object, str)
    help_requested = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._views: dict[str, View] = {}
        self._others: dict[str, View] = {}  # those of the run that is compared
        self._before: str | None = None  # the second view before a comparison began; None: nothing is compared
        self.first, self.second, self._dock = "", "", ""
        self.dock_wanted = True
        self.dock_width = DOCK_WIDTH  # pixels of the design, as it was dragged
        self._active = "first"
        self._in_lecture = self._unfolded = self._is_tight = self._is_alone = False
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(HANDLE)
        self._panes = {name: QWidget(self.splitter) for name in ("first", "second", "dock")}
        for stretch, pane in zip((1, 1, 0), self._panes.values(), strict=True):
            layout = QVBoxLayout(pane)
            layout.setContentsMargins(0, 0, 0, 0)
            self.splitter.addWidget(pane)
            self.splitter.setStretchFactor(self.splitter.indexOf(pane), stretch)
        self._panes["second"].hide()
        self.splitter.setCollapsible(2, True)  # dragged to the edge, the dock folds away
        self.splitter.splitterMoved.connect(self._on_splitter_moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.splitter, 1)
        self.line = NextTokensLine(session, self)
        self.line.clicked.connect(lambda: self.choose(DOCK_VIEW))
        layout.addWidget(self.line)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_app_focus_changed)
        session.compared.connect(self._on_session_compared)
        self.settle()

    def apply_theme(self, theme: Theme) -> None:
        self._set_least_widths()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        active = self.active_view()
        views = sorted(self.shown_views(), key=lambda view: view is not active)
        if event.key() != Qt.Key.Key_Space or not any(view.on_space() for view in views):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_least_widths()

    def _set_least_widths(self) -> None:
        """The least that panes are of use with, and never more than there is."""
        shown = [name for name, pane in self._panes.items() if not pane.isHidden()]
        wanted = {name: self.theme.px(LEAST_WIDTHS[name]) for name in shown}
        share = min(1.0, (self.width() - 2 * len(shown)) / max(1, sum(wanted.values())))
        for name, width in wanted.items():
            self._panes[name].setMinimumWidth(int(width * share))

    # --- which views -----------------------------------------------------------------------------

    def view(self, view_id: str, compared: bool = False) -> View:
        """The view with this id, made now if it was not yet; raises BrokenView where that cannot be done.

        compared: the one that looks at the run that is compared.
        """
        kept = self._others if compared else self._views
        if view_id not in kept:
            found = view_class(view_id)
            try:
                view = make(found, self.session, self, showing=self.session.other if compared else None)
            except Exception as error:  # of another package, most likely: the window goes on without it
                log.error("view %s", view_id, exc_info=error)
                raise BrokenView(view_id, f"{type(error).__name__}: {error}") from error
            kept[view_id] = view
            view.hide()
            view.unfold(self._unfolded)
            view.view_requested.connect(self._choose_beside if compared else self.choose)
            view.export_requested.connect(lambda name, view=view: self.export_requested.emit(view, name))
            view.help_requested.connect(lambda view=view: self.help_requested.emit(view))
        return kept[view_id]

    @property
    def is_comparing(self) -> bool:
        """Whether the second pane looks at another run."""
        return self._before is not None

    @property
    def ordinary_second(self) -> str:
        """The second view as it is without a comparison; "" for none."""
        return self.second if self._before is None else self._before

    def active_view(self) -> View | None:
        """The view that keys and export mean: the one last worked in."""
        is_other = self.is_comparing and self._active == "second"
        return (self._others if is_other else self._views).get(self.active_id)

    @property
    def active_id(self) -> str:
        """The id of the active view, "" before there is one."""
        return self.second if self._active == "second" and self.second else self.first

    @property
    def dock(self) -> str:
        """The id of the view in the dock, "" while it is away."""
        return self._dock

    def shown_views(self) -> list[View]:
        """The views on the screen now, the dock's last."""
        second = self._others if self.is_comparing else self._views
        shown = ((self._views, self.first), (second, self.second), (self._views, self._dock))
        return [kept[name] for kept, name in shown if name]

    def choose(self, view_id: str) -> None:
        """Show this view where the person works; one that is already shown elsewhere changes places."""
        if view_id not in VIEWS:
            return
        is_second = self._active == "second" and bool(self.second)
        if self.is_comparing:
            self.show_views(*(self.first, view_id) if is_second else (view_id, self.second))
        elif is_second:
            self.show_views(self.second if view_id == self.first else self.first, view_id)
        else:
            self.show_views(view_id, self.first if view_id == self.second else self.second)

    def _choose_beside(self, view_id: str) -> None:
        self._active = "second"
        self.choose(view_id)

    def choose_group(self, group: str) -> None:
        """Show the view of this group that was last used; the next one where one of the group is shown already."""
        names, active = in_group(group), self.active_id
        elsewhere = "" if self.is_comparing else self.first if active == self.second else self.second
        free = [name for name in names if name != elsewhere] or list(names)
        last = self.session.settings.last_views.get(group)
        if active in free:
            self.choose(free[(free.index(active) + 1) % len(free)])
        elif free:
            self.choose(last if last in free else free[0])

    def set_second(self, wanted: bool, view_id: str = "") -> None:
        """Put a second view beside the first, or take it away; a comparison ends with it."""
        if self.is_comparing:
            if not wanted:
                self.session.stop_comparing()
            return
        others = [one for one in (view_id, self.session.settings.second_view, *VIEWS) if one in VIEWS]
        second = next((one for one in others if one not in (self.first, DOCK_VIEW)), "")
        self._active = "second" if wanted else "first"
        if self.second:
            self.session.settings.second_view = self.second
        self.show_views(self.first, second if wanted else "")

    def set_dock(self, wanted: bool) -> None:
        self.dock_wanted = wanted
        self.show_views(self.first, self.second)

    def show_views(self, first: str, second: str = "") -> None:
        """Exactly these in the centre; the dock gives its view away when the centre wants it."""
        first = first if self._can_show(first) else self.first or DEFAULT
        if self.is_comparing:
            second = second if self._can_show(second, compared=True) else self.second or first
        else:
            second = second if second != first and self._can_show(second) else ""
        had_dock = bool(self._dock)
        centre = (first,) if self.is_comparing else (first, second)
        is_tight = self.is_comparing and self.isVisible() and self.width() < self.theme.px(COMPARED_WITH_DOCK)
        wanted = self.dock_wanted and DOCK_VIEW in VIEWS and DOCK_VIEW not in centre
        self.line.set_on(wanted and self._in_lecture and not self.is_comparing)
        dock = DOCK_VIEW if wanted and not self._in_lecture and not is_tight and not self._is_tight else ""
        self.first, self.second, self._dock = first, second, dock
        self.setUpdatesEnabled(False)
        for name, view_id in (("first", first), ("second", second), ("dock", dock)):
            self._fill(name, view_id)
        self._set_least_widths()
        if dock and not had_dock:
            self._give_dock_its_width()
        self.setUpdatesEnabled(True)
        self.dock_changed.emit(bool(dock))
        self.shown_changed.emit(first, second)
        self._announce_active()

    def set_lecture(self, lecture: bool) -> None:
        """In lecture mode the dock becomes one line, and the views come without their controls."""
        self._in_lecture = lecture
        self.show_views(self.first, self.second)

    def set_tight(self, is_tight: bool) -> None:
        """Whether something else stands beside the views now, so that the dock has no room."""
        if is_tight != self._is_tight:
            self._is_tight = is_tight
            self.show_views(self.first, self.second)

    @property
    def is_alone(self) -> bool:
        """Whether the view that is worked in has the room of both."""
        return self._is_alone

    def set_alone(self, is_alone: bool) -> None:
        """Whether the view that is worked in has the room of both now; the other one comes back as it was."""
        if is_alone != self._is_alone:
            self._is_alone = is_alone
            self.show_views(self.first, self.second)

    def set_unfolded(self, wanted: bool) -> None:
        """Whether the views show their controls in lecture mode."""
        self._unfolded = wanted
        for view in (*self._views.values(), *self._others.values()):
            view.unfold(wanted)

    def _can_show(self, view_id: str, compared: bool = False) -> bool:
        """Whether there is such a view; one that is broken is told, once for each time that it is asked for."""
        if view_id not in VIEWS:
            return False
        try:
            self.view(view_id, compared)
        except BrokenView as error:
            self.session.report_error(error)
            return False
        return True

    def _announce_active(self) -> None:
        active = self.active_id
        self.session.settings.last_views[VIEWS[active].group] = active
        self._mark_active()
        self.active_changed.emit(active)

    def _mark_active(self) -> None:
        """Where two views stand side by side, the one that keys mean is marked."""
        active = self.active_view()
        for view in self.shown_views():
            view.header.set_marked(bool(self.second) and view is active)

    def _fill(self, name: str, view_id: str) -> None:
        pane = self._panes[name]
        layout = pane.layout()
        assert layout is not None
        wanted = self.view(view_id, self.is_comparing and name == "second") if view_id else None
        while (item := layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not wanted and widget.parentWidget() is pane:
                widget.hide()
        if wanted is not None:
            layout.addWidget(wanted)
            wanted.show()
        makes_room = self._is_alone and name in ("first", "second") and name != self._active and bool(self.second)
        pane.setVisible(wanted is not None and not makes_room)

    def _on_session_compared(self, showing: Showing | None) -> None:
        self._active = "first"
        if showing is not None:
            self._before = self.second
            self.show_views(self.first, self.first)
            self._share_out()
            return
        second, self._before = self._before, None
        self.show_views(self.first, second or "")
        for view in self._others.values():
            view.hide()
            view.deleteLater()
        self._others = {}

    # --- sizes -----------------------------------------------------------------------------------

    def lay_out_first_time(self) -> None:
        """The proportions of a first start."""
        dock = self.theme.px(self.dock_width)
        rest = max(self.width() - dock, dock)
        self.splitter.setSizes([rest // 2, rest // 2, dock] if self.second else [rest, 0, dock])

    def _give_dock_its_width(self) -> None:
        sizes = self.splitter.sizes()
        dock = self.theme.px(self.dock_width)
        rest, before = max(sum(sizes) - dock, 0), max(1, sizes[0] + sizes[1])
        self.splitter.setSizes([rest * sizes[0] // before, rest * sizes[1] // before, dock])

    def _on_splitter_moved(self, _position: int, _index: int) -> None:
        width = self.splitter.sizes()[2]
        if self._dock and width == 0:
            self.set_dock(False)
        elif self._dock:
            self.dock_width = round(width / self.theme.scale)

    def _share_out(self) -> None:
        """The same room for both texts."""
        first, second, dock = self.splitter.sizes()
        self.splitter.setSizes([(first + second) // 2, (first + second) // 2, dock])

    def save_sizes(self) -> str:
        return bytes(self.splitter.saveState().toBase64().data()).decode()

    def restore_sizes(self, state: str) -> bool:
        return bool(state) and self.splitter.restoreState(QByteArray.fromBase64(state.encode(errors="replace")))

    def _on_app_focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        for name in ("first", "second"):
            if new is not None and self._panes[name].isAncestorOf(new):
                before, self._active = self.active_id, name
                if self.active_id != before:
                    self._announce_active()
                self._mark_active()
