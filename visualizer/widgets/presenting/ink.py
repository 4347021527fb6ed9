"""The colours of pen and pointer: none of them is one that the data have, and a rim keeps them apart from anything."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from visualizer.session.translation import QT_TRANSLATE_NOOP

RED, GREEN, VIOLET = "#e23b1a", "#12883f", "#b02aa8"
COLORS = {
    RED: QT_TRANSLATE_NOOP("Ink", "Red"),
    GREEN: QT_TRANSLATE_NOOP("Ink", "Green"),
    VIOLET: QT_TRANSLATE_NOOP("Ink", "Violet"),
}


def name_of(color: str) -> str:
    """What a colour is called, in the interface's language."""
    return QCoreApplication.translate("Ink", COLORS[color])
