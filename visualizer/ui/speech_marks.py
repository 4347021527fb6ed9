"""Parts of speech as marks without a hue: hues belong to the heads, and no colour means two things in one window.

Words that carry meaning have a full line, those that join others a light one; what is told apart further is told
apart by how the line is broken. The word for it stands below wherever there is room.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from visualizer.ui.theme import Theme

# Janome's coarse part of speech -> how strong its line is (share of the text's colour), and dash and gap in pixels.
_MARKS: dict[str, tuple[float, tuple[float, float] | None]] = {
    "名詞": (0.90, None),
    "動詞": (0.90, (8.0, 2.0)),
    "形容詞": (0.90, (4.0, 2.0)),
    "副詞": (0.90, (2.0, 2.0)),
    "連体詞": (0.66, (8.0, 2.0)),
    "接頭詞": (0.66, (4.0, 2.0)),
    "感動詞": (0.66, (2.0, 2.0)),
    "助詞": (0.48, None),
    "助動詞": (0.48, (8.0, 2.0)),
    "接続詞": (0.48, (4.0, 2.0)),
}
_OTHER = (0.48, (2.0, 3.0))  # signs, fillers


def mark(part_of_speech: str) -> tuple[float, tuple[float, float] | None]:
    """(strength, dash and gap) of a part of speech; "名詞,固有名詞" counts as "名詞"."""
    return _MARKS.get(part_of_speech.split(",")[0], _OTHER)


def paint(painter: QPainter, area: QRectF, part_of_speech: str, theme: Theme) -> None:
    """Fill a band with the mark of a part of speech."""
    strength, dashes = mark(part_of_speech)
    color = QColor(theme.text)
    color.setAlphaF(strength)
    if dashes is None:
        painter.fillRect(area, color)
        return
    dash, gap = (theme.px(length) for length in dashes)
    at = area.left()
    while at < area.right():
        painter.fillRect(QRectF(at, area.top(), min(dash, area.right() - at), area.height()), color)
        at += dash + gap


def swatch(part_of_speech: str, theme: Theme, side: int) -> QPixmap:
    """The mark as a small picture, for menus: two lines of it."""
    found = QPixmap(side, side)
    found.fill(QColor(0, 0, 0, 0))
    painter = QPainter(found)
    paint(painter, QRectF(0, side / 2 - theme.px(2), side, theme.px(4)), part_of_speech, theme)
    painter.end()
    return found
