"""The words below a picture: as many lines as they need, up to some, and then an ellipsis."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextLayout, QTextOption

from visualizer.ui import fonts
from visualizer.ui.theme import Theme

MOST_LINES = 8  # a caption holds the text that the model read, which can be pages long
_MARGIN, _ABOVE, _BELOW = 8, 6, 8  # pixels of the design


class Caption:
    """A text set in lines of a width. height: what it needs, in pixels, with its margins; 0 for no text."""

    def __init__(self, text: str, width: float, theme: Theme) -> None:
        self._theme = theme
        self.font = fonts.base_font(theme.scale, 12)
        self._metrics = QFontMetricsF(self.font)
        self.lines = _broken(text, self.font, max(1.0, width - 2 * theme.px(_MARGIN))) if text else []
        self.height = 0
        if self.lines:
            self.height = round(len(self.lines) * self._metrics.height()) + theme.px(_ABOVE) + theme.px(_BELOW)

    def paint(self, painter: QPainter, top: float) -> None:
        """Paint the lines below `top`."""
        painter.setFont(self.font)
        painter.setPen(QColor(self._theme.text_quiet))
        baseline = top + self._theme.px(_ABOVE) + self._metrics.ascent()
        for number, line in enumerate(self.lines):
            painter.drawText(QPointF(self._theme.px(_MARGIN), baseline + number * self._metrics.height()), line)


def _broken(text: str, font: QFont, width: float) -> list[str]:
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    shown = " ".join(text.split())
    lines: list[tuple[int, int]] = []
    layout = QTextLayout(shown, font)
    layout.setTextOption(option)
    layout.beginLayout()
    while len(lines) < MOST_LINES and (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        lines.append((line.textStart(), line.textLength()))
    layout.endLayout()
    # Qt counts in UTF-16, Python in characters.
    units = shown.encode("utf-16-le")
    found = [units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace").rstrip() for start, length in lines]
    if lines and sum(lines[-1]) < len(units) // 2:
        rest = units[2 * lines[-1][0] :].decode("utf-16-le", "replace")
        found[-1] = QFontMetricsF(font).elidedText(rest, Qt.TextElideMode.ElideRight, width)
    return found
