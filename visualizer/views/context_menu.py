"""What a right click offers, the same in every view: copy, lock, look closer, switch off, save."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from visualizer.core.place import Place
from visualizer.session.selection import NOTHING, Hover
from visualizer.session.session import Session
from visualizer.ui import pointed
from visualizer.ui.pointed import Pointed
from visualizer.views.head_menu import add_switches

if TYPE_CHECKING:
    from visualizer.views.base import View

HELP = "help.view"  # the command that explains a view, where the window has one
translate = QCoreApplication.translate
_SHOWN = 24  # characters of a value in an entry


def copy(session: Session, text: str) -> None:
    """Put a text into the clipboard, and say so."""
    QGuiApplication.clipboard().setText(text)
    session.notice_raised.emit("copied_text", {"text": _short(text)})


def add_copying(menu: QMenu, session: Session, found: Pointed | None) -> None:
    """The entries that copy a value, and the row that it stands in."""
    if found is None:
        return
    if found.value:
        text = translate("ContextMenu", "Copy “{value}”").format(value=_short(found.value))
        _add(menu, text, partial(copy, session, found.value))
    if found.words:
        _add(menu, translate("ContextMenu", "Copy the sentence"), partial(copy, session, found.words))
    if found.row:
        _add(menu, translate("ContextMenu", "Copy the row as a table"), partial(copy, session, found.row))


def build(view: View, point: QPoint) -> QMenu:
    """The menu at a point of a view; (-1, -1): asked for by a key, so it speaks of what is chosen."""
    menu, pane = QMenu(view), view.showing
    is_by_key = point.x() < 0
    found = view.pointed_at(None if is_by_key else point)
    add_copying(menu, view.session, found)
    _end(menu)
    hover = Hover(query=view.selection.query, key=view.selection.key) if is_by_key else pane.hover
    _add_locking(menu, view, hover)
    place = view.place_at(point)
    if place is None and found is not None and found.head is not None:
        place = Place(view.selection.kind, *found.head)
    if place is not None and place.head >= 0:
        text = translate("ContextMenu", "Open head {head} of layer {layer}").format(layer=place.layer, head=place.head)
        _add(menu, text, partial(_open, view, place))
    _end(menu)
    if place is not None:
        add_switches(menu, pane, place)
        _end(menu)
    _add(menu, translate("ContextMenu", "Save the picture…"), partial(view.export_requested.emit, ""))
    _add(menu, translate("ContextMenu", "Copy the picture"), partial(view.export_requested.emit, "copy"))
    if has_command(view, HELP):
        _add(menu, translate("ContextMenu", "What is this?"), partial(view.window().run, HELP))  # type: ignore[attr-defined]
    return menu


def has_command(view: View, command: str) -> bool:
    """Whether the window around a view has this command."""
    ask = getattr(view.window(), "has_command", None)
    return callable(ask) and bool(ask(command))


def _add_locking(menu: QMenu, view: View, hover: Hover) -> None:
    trace, selection = view.trace, view.selection
    if hover == NOTHING or trace is None or (hover.query is None and hover.key is None):
        return
    names = []
    sides = trace.query_tokens(selection.kind), trace.key_tokens(selection.kind)
    for index, tokens in zip((hover.query, hover.key), sides, strict=True):
        if index is not None and index < len(tokens):
            names.append(translate("ContextMenu", "“{token}”").format(token=tokens[index].text.strip()))
    is_locked = (hover.query, hover.key) == (selection.query, selection.key)
    text = translate("ContextMenu", "Unlock {what}") if is_locked else translate("ContextMenu", "Lock {what}")
    changes: dict[str, int | None] = {"query": hover.query, "key": hover.key}
    if is_locked:
        changes = {"query": None, "key": None}
    _add(menu, text.format(what=" → ".join(names)), partial(_select, view, changes))
    if hover.query is not None and hover.key is not None and names:
        text = translate("ContextMenu", "Only what {token} looks at").format(token=names[0])
        _add(menu, text, partial(_select, view, {"query": hover.query, "key": None}))


def _select(view: View, changes: dict[str, int | None]) -> None:
    view.showing.select(**changes)


def _open(view: View, place: Place) -> None:
    view.showing.select(kind=place.kind, layer=place.layer, head=place.head)
    view.view_requested.emit("attention_map")


def _add(menu: QMenu, text: str, work: Callable[[], object]) -> None:
    action = menu.addAction(text.replace("&", "&&"))
    action.triggered.connect(lambda _checked=False: work())


def _end(menu: QMenu) -> None:
    if not menu.isEmpty() and not menu.actions()[-1].isSeparator():
        menu.addSeparator()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def at(view: View, point: QPoint | None) -> Pointed | None:
    """What a view has at a point of it; without one, or where nothing is, what is chosen or locked."""
    found = pointed.at(view, point) if point is not None else None
    if found is not None:
        return found
    parts = (getattr(widget, "pointed", None) for widget in view.parts())
    known = (ask(None) for ask in parts if callable(ask))
    return next((one for one in known if one is not None), None)
