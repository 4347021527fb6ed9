"""The views of a group as a row of words above the panes, and the switch for a second view."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from visualizer.session.session import Session
from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.views.registry import VIEWS, in_group
from visualizer.widgets.commands import BY_ID
from visualizer.widgets.part import Part, flat_button, theme_button


@guard.overrides
class ViewTabs(Part):
    """chosen: the id of a view. second_switched, dock_switched: whether a second view, the dock shall be shown.

    What does not fit is in a menu at the end, and where not even that fits, the group's key and button go on to the
    next view; a word is never cut. A group of one view needs no tabs.
    """

    chosen = Signal(str)
    second_switched = Signal(bool)
    dock_switched = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.tabs: dict[str, QToolButton] = {}
        self._shown = self._task = ""
        self.menu = QMenu(self)
        self.more = self._word()
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self.menu)
        self.second = flat_button(self, "second")
        self.second.setCheckable(True)
        self.second.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.second.clicked.connect(self.second_switched)
        self.dock = flat_button(self, "bars")
        self.dock.setCheckable(True)
        self.dock.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.dock.clicked.connect(self.dock_switched)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        session.trace_changed.connect(lambda *_: self._show_task())
        session.model_changed.connect(lambda *_: self._show_task())
        self.settle()

    def show_view(self, view_id: str) -> None:
        """Offer the group of this view, the view itself marked."""
        self._shown = view_id
        wanted = in_group(VIEWS[view_id].group) if view_id else ()
        if tuple(self.tabs) != wanted:
            for tab in self.tabs.values():
                tab.hide()
                tab.deleteLater()
            self.tabs = {name: self._tab(name) for name in wanted}
            self.retranslate()
        else:
            self._arrange()

    def _show_task(self) -> None:
        """Some views are called otherwise where the model fills blanks."""
        if (task := self.session.showing.task) != self._task:
            self._task = task
            self.retranslate()

    def show_second(self, second: str) -> None:
        """Mark the switch."""
        self.second.setChecked(bool(second))

    def show_dock(self, shown: bool) -> None:
        """Mark the dock's switch."""
        self.dock.setChecked(shown)

    def hidden(self) -> list[str]:
        """The views that stand in the menu because the row is too short."""
        return [name for name, tab in self.tabs.items() if tab.isHidden()] if len(self.tabs) > 1 else []

    def retranslate(self) -> None:
        for name, tab in self.tabs.items():
            tab.setText(VIEWS[name].label(self._task))
        self.more.setText(self.tr("More") + " ▾")
        self.more.setToolTip(self.tr("More views of this group"))
        for button, name in ((self.second, "view.second"), (self.dock, "view.dock")):
            command = BY_ID[name]
            button.setToolTip(f"{command.label(self._task)} ({command.keys[0]})")
            button.setAccessibleName(command.label(self._task))
        self._arrange()
        self.updateGeometry()

    def apply_theme(self, theme: Theme) -> None:
        for button in (self.second, self.dock):
            theme_button(button, theme, 16)
        self._arrange()
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def sizeHint(self) -> QSize:
        """Little: whatever stands beside the tabs shall have all it wants, and they take the rest."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._end(), self._height())

    # --- where they stand ------------------------------------------------------------------------

    def _word(self) -> QToolButton:
        button = flat_button(self)
        button.setProperty("role", "tab")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _tab(self, view_id: str) -> QToolButton:
        tab = self._word()
        tab.setCheckable(True)
        tab.clicked.connect(lambda _checked=False: self._on_tab_clicked(view_id))
        return tab

    def _on_tab_clicked(self, view_id: str) -> None:
        self.tabs[view_id].setChecked(view_id == self._shown)  # what is shown decides, not the click
        self.chosen.emit(view_id)

    def _width(self, button: QToolButton) -> int:
        button.ensurePolished()
        return button.sizeHint().width()

    def _height(self) -> int:
        return self.theme.px(28)

    def _end(self) -> int:
        """The room of the switches at the right end."""
        return 2 * self.theme.px(28) + self.theme.px(8)

    def _arrange(self) -> None:
        if not self._settled:
            return
        height, width = self._height(), self.width() - self._end()
        side = self.theme.px(28)
        for place, button in enumerate((self.dock, self.second), 1):
            button.setGeometry(QRect(self.width() - place * side, 0, side, height))
        names = list(self.tabs) if len(self.tabs) > 1 else []
        widths = {name: self._width(self.tabs[name]) for name in names}
        visible = self._fitting(widths, width)
        rest = [name for name in names if name not in visible]
        x = width - sum(widths[name] for name in visible) - (self._width(self.more) if rest else 0)
        for name, tab in self.tabs.items():
            tab.setChecked(name == self._shown)
            tab.setVisible(name in visible)
            if name in visible:
                tab.setGeometry(QRect(x, 0, widths[name], height))
                x += widths[name]
        self.more.setVisible(bool(rest) and x >= 0)
        self.more.setGeometry(QRect(x, 0, self._width(self.more), height))
        self.menu.clear()
        for name in rest:
            action = self.menu.addAction(VIEWS[name].label(self._task))
            action.setCheckable(True)
            action.setChecked(name == self._shown)
            action.triggered.connect(lambda _checked=False, name=name: self.chosen.emit(name))

    def _fitting(self, widths: dict[str, int], room: int) -> list[str]:
        """The views that can stand in the row, in order; the one that is shown goes before the others."""
        if sum(widths.values()) <= room:
            return list(widths)
        room -= self._width(self.more)
        fitting: list[str] = []
        for name in sorted(widths, key=lambda name: name != self._shown):
            if widths[name] > room:
                if not fitting and room >= self.theme.px(48):  # cut at its end rather than away
                    widths[name] = room
                    fitting.append(name)
                break
            fitting.append(name)
            room -= widths[name]
        return [name for name in widths if name in fitting]
