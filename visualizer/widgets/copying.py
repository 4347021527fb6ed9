"""Copying what the pointer is over, wherever it is in the window; and the menu of the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint
from PySide6.QtGui import QContextMenuEvent, QCursor
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget

from visualizer.ui import guard
from visualizer.ui.number_table import NumberTable
from visualizer.ui.pointed import Pointed
from visualizer.views import context_menu

if TYPE_CHECKING:
    from visualizer.widgets.main_window import MainWindow
    from visualizer.widgets.token_strip import TokenCanvas


def copy(window: MainWindow) -> None:
    """Copy what is selected, else the number or text under the pointer, else what is locked or chosen.

    In a table that has the keys, its chosen row.
    """
    text = _selected() or _row_of_table() or _value_at(window, QCursor.pos())
    if text:
        context_menu.copy(window.session, text)
    else:
        window.session.notice_raised.emit("nothing_to_copy", {})


def _selected() -> str:
    """What was marked with the mouse in a line of text."""
    focus = QApplication.focusWidget()
    return focus.selectedText() if isinstance(focus, QLabel) else ""


def _row_of_table() -> str:
    table = QApplication.focusWidget()
    found = table.pointed() if isinstance(table, NumberTable) else None
    return "" if found is None else found.row


def _value_at(window: MainWindow, where: QPoint) -> str:
    canvas = window.tokens.canvas
    if (found := token_at(canvas, canvas.viewport().mapFromGlobal(where))) is not None:
        return found.value
    views = window.views.shown_views()
    for view in views:
        inside = view.mapFromGlobal(where)
        if view.rect().contains(inside) and view.trace is not None:
            found = view.pointed_at(inside)
            return "" if found is None else found.value
    active = window.views.active_view()
    found = active.pointed_at(None) if active is not None and active.trace is not None else None
    return "" if found is None else found.value


def token_at(canvas: TokenCanvas, point: QPoint) -> Pointed | None:
    """The token of the strip at a point of its viewport."""
    if not canvas.isVisible() or not canvas.viewport().rect().contains(point):
        return None
    row, token, _ = canvas._hit(point.x(), point.y())
    if token < 0:
        return None
    found = canvas.rows[row].tokens[token]
    translate = QCoreApplication.translate
    names = translate("TokenMenu", "Token"), translate("TokenMenu", "Id"), translate("TokenMenu", "Position")
    return Pointed(found.text, names, (found.text, str(found.id), str(token)))


@guard.overrides
class TokenMenu(QObject):
    """Opens the menu of a token of the strip."""

    def __init__(self, canvas: TokenCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QContextMenuEvent) and isinstance(watched, QWidget):
            menu = self.menu(event.pos())
            if menu is not None:
                menu.aboutToHide.connect(menu.deleteLater)
                menu.popup(event.globalPos())
                return True
        return False

    def menu(self, point: QPoint) -> QMenu | None:
        """The menu at a point of the strip; None where there is no token."""
        canvas = self._canvas
        found = token_at(canvas, point)
        if found is None:
            return None
        menu = QMenu(canvas)
        context_menu.add_copying(menu, canvas.showing.session, found)
        row, token, _ = canvas._hit(point.x(), point.y())
        side = canvas.side(row)
        if side:
            menu.addSeparator()
            is_locked = getattr(canvas.showing.selection, side) == token
            text = self.tr("Unlock “{token}”") if is_locked else self.tr("Lock “{token}”")
            action = menu.addAction(text.format(token=found.value.strip()).replace("&", "&&"))
            action.triggered.connect(lambda _checked=False: canvas.lock(row, token))
        return menu
