"""Terms of the glossary where they stand in the window: dots under them, and their meaning when they are pointed at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractButton, QLabel, QToolTip, QWidget

from visualizer.ui import glossary, guard, i18n
from visualizer.ui.theme import current

UNDER = 3  # pixels from the foot of the letters to the dots
Box = tuple[str, QRectF]  # a term, and where it stands

_are_shown = True


@contextmanager
def without_dots() -> Iterator[None]:
    """While a picture is saved: its words cannot be pointed at."""
    global _are_shown
    before, _are_shown = _are_shown, False
    try:
        yield
    finally:
        _are_shown = before


def gloss(*labels: QLabel | QAbstractButton, term: str = "") -> None:
    """Every term that these labels and buttons name can be pointed at, now and whenever their text changes.

    term: an entry's id for which the whole text stands, such as a symbol.
    """
    for label in labels:
        _Dots(label, term)


def boxes(
    text: str, font: QFont, area: QRectF, alignment: Qt.AlignmentFlag, wrap: bool = True, term: str = ""
) -> list[Box]:
    """Where the terms of a text stand that Qt draws into an area with these flags: down to the dots below them.

    term: for which the whole text stands.
    """
    found = ((term, 0, len(text)),) if term else glossary.found_in(text, i18n.shown_language())
    if not found:
        return []
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    layout.setTextOption(QTextOption(alignment & Qt.AlignmentFlag.AlignHorizontal_Mask))
    option = layout.textOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap if wrap else QTextOption.WrapMode.ManualWrap)
    layout.setTextOption(option)
    leading, height = QFontMetricsF(font).leading(), 0.0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(area.width())
        line.setPosition(QPointF(0.0, height))
        height += line.height() + leading
    layout.endLayout()
    above = area.height() - height + leading
    is_centred = bool(alignment & Qt.AlignmentFlag.AlignVCenter)
    top = area.top() + (above / 2 if is_centred else above if alignment & Qt.AlignmentFlag.AlignBottom else 0.0)
    result = []
    for name, first, last in found:
        for line in (layout.lineAt(number) for number in range(layout.lineCount())):
            start, end = max(first, line.textStart()), min(last, line.textStart() + line.textLength())
            if start < end:
                left, right = _x(line, start), _x(line, end)
                above, below = top + line.y(), top + line.y() + line.ascent() + UNDER
                box = QRectF(area.left() + left, above, right - left, min(below, area.bottom()) - above)
                result.append((name, box))
    return result


def _x(line: QTextLine, at: int) -> float:
    """Where a letter of a line begins; PySide gives the letter as well, which is typed as an object."""
    found: Any = line.cursorToX(at)
    return float(found[0] if isinstance(found, tuple) else found)


def paint_dots(painter: QPainter, found: list[Box]) -> None:
    """A dotted line under each; nothing while a picture is saved."""
    if not _are_shown:
        return
    painter.setPen(QPen(painter.pen().color(), 1, Qt.PenStyle.DotLine))
    for _, box in found:
        y = round(box.bottom()) - 0.5
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))


def show_tip(event: QHelpEvent, found: list[Box], widget: QWidget, also: str = "") -> bool:
    """Whether a term was pointed at: then its meaning stands there."""
    for term, box in found:
        if box.contains(QPointF(event.pos())):
            QToolTip.showText(event.globalPos(), glossary.tip(term, also), widget, box.toAlignedRect())
            return True
    return False


@guard.overrides
class _Dots(QWidget):
    """Lies over a label or button, lets everything through, and knows where its terms stand."""

    def __init__(self, label: QLabel | QAbstractButton, term: str) -> None:
        super().__init__(label)
        self._label, self._term = label, term
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(label.rect())
        label.installEventFilter(self)

    def found(self) -> list[Box]:
        """The label's terms and their places."""
        label, term = self._label, self._term
        if isinstance(label, QAbstractButton):
            middle = Qt.AlignmentFlag.AlignCenter
            return boxes(label.text(), label.font(), QRectF(label.rect()), middle, wrap=False, term=term)
        if label.textFormat() == Qt.TextFormat.RichText or "<a " in label.text():
            return []
        margin = label.margin()
        area = QRectF(label.contentsRect()).adjusted(margin, margin, -margin, -margin)
        return boxes(label.text(), label.font(), area, label.alignment(), label.wordWrap(), term)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self.setGeometry(self._label.rect())
        elif kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return show_tip(event, self.found(), self._label, self._label.toolTip())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        found = self.found()
        if found:
            painter = QPainter(self)
            painter.setPen(QPen(current().text_quiet))
            paint_dots(painter, found)
