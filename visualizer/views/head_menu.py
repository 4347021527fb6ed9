"""What a right click on a head offers: switching it, its layer or the feed-forward part off, and on again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from visualizer.core.interventions import HOWS, Ablate
from visualizer.core.place import Place
from visualizer.session import switching
from visualizer.session.showing import Showing
from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.ui import errors
from visualizer.ui.intervention_words import how_name

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_TEXTS = {
    "head": (
        QT_TRANSLATE_NOOP("HeadMenu", "Switch off head {head} of layer {layer}"),
        QT_TRANSLATE_NOOP("HeadMenu", "Switch head {head} of layer {layer} on again"),
    ),
    "layer": (
        QT_TRANSLATE_NOOP("HeadMenu", "Switch off all heads of layer {layer}"),
        QT_TRANSLATE_NOOP("HeadMenu", "Switch all heads of layer {layer} on again"),
    ),
    "feed_forward": (
        QT_TRANSLATE_NOOP("HeadMenu", "Switch off the feed-forward part of layer {layer}"),
        QT_TRANSLATE_NOOP("HeadMenu", "Switch the feed-forward part of layer {layer} on again"),
    ),
}


def head_menu(parent: QWidget, pane: Showing, place: Place) -> QMenu:
    """The menu of one head, or of a layer's feed-forward part where `place.head` is -1.

    Greyed where nothing can be switched off, with the reason on top.
    """
    menu = QMenu(parent)
    add_switches(menu, pane, place)
    return menu


def add_switches(menu: QMenu, pane: Showing, place: Place) -> None:
    """Add those entries to a menu."""
    translate = QCoreApplication.translate
    refused = switching.why_not(pane.trace)
    if refused is not None:
        reason = menu.addAction(errors.present(refused)[0])
        reason.setEnabled(False)
        menu.addSeparator()
    for name, site in switching.sites(place.kind, place.layer, max(0, place.head)).items():
        if name == "head" and place.head < 0:
            continue
        text = translate("HeadMenu", _TEXTS[name][switching.is_off(pane, site)])
        action = menu.addAction(text.format(layer=place.layer, head=place.head))
        action.setEnabled(refused is None)
        action.triggered.connect(partial(_switch, pane, site))
    menu.addSeparator()
    everything = menu.addAction(translate("HeadMenu", "Switch everything on again"))
    everything.setEnabled(any(isinstance(one, Ablate) for one in pane.request.interventions))
    everything.triggered.connect(lambda _checked=False: switching.all_on(pane))
    menu.addSeparator()
    group = QActionGroup(menu)
    for how in HOWS:
        text = translate("HeadMenu", "In its place: {what}").format(what=how_name(how))
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(how == switching.how(pane))
        action.setEnabled(refused is None)
        action.triggered.connect(partial(_set_how, pane, how))
        group.addAction(action)


def _switch(pane: Showing, site: switching.Site, _checked: bool = False) -> None:
    switching.switch(pane, site)


def _set_how(pane: Showing, how: str, _checked: bool = False) -> None:
    switching.set_how(pane, how)
