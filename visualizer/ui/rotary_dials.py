"""Dials: one circle for each pair of dimensions that rotary encoding turns, with its hand at one position."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.ui import fonts, guard
from visualizer.ui.numbers import format_number
from visualizer.ui.theme import Theme, current


@guard.overrides
class RotaryDials(QWidget):
    """Shows some pairs, from the fastest to the slowest: a grey hand at position 0, a coloured one at the position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = current()
        self._angles = np.zeros(0)
        self._wavelengths = np.zeros(0)
        self._pair_text, self._wave_text = "{pair}", "{length}"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_angles(self, angles: np.ndarray, wavelengths: np.ndarray) -> None:
        """Radians and positions for a whole turn: float [pair] each."""
        self._angles, self._wavelengths = angles, wavelengths
        self.update()

    def set_texts(self, pair: str, wavelength: str) -> None:
        """Words above and below a dial, with {pair} and {length}."""
        self._pair_text, self._wave_text = pair, wavelength
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def shown(self) -> list[int]:
        """The pairs that have a dial: spread evenly over all of them."""
        count = len(self._angles)
        longest = max((self._length_text(pair) for pair in range(count)), key=len, default="")
        metrics = QFontMetricsF(fonts.base_font(self._theme.scale, 12))
        widest = max(self._theme.px(92), metrics.horizontalAdvance(longest) + self._theme.px(12))
        room = max(1, min(12, int(self.width() / widest)))
        if count <= room:
            return list(range(count))
        return sorted({round(i) for i in np.linspace(0, count - 1, room)})

    def _length_text(self, pair: int) -> str:
        length = float(self._wavelengths[pair])
        return self._wave_text.format(length=f"{length:,.0f}" if 1000 <= length < 1e6 else format_number(length))

    def _height(self) -> int:
        return self._theme.px(84 if self._theme.lecture else 116)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(320), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(96), self._height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = fonts.base_font(theme.scale, 12)
        painter.setFont(font)
        line = QFontMetricsF(font).height()
        shown = self.shown()
        if not shown:
            return
        width = self.width() / len(shown)
        radius = min(width / 2 - theme.px(6), (self.height() - 2 * line - theme.px(8)) / 2)
        for place, pair in enumerate(shown):
            center = QPointF((place + 0.5) * width, line + theme.px(3) + radius)
            painter.setPen(QPen(QColor(theme.border), theme.px(2)))
            painter.setBrush(QColor(theme.surface))
            painter.drawEllipse(center, radius, radius)
            self._draw_hand(painter, center, radius, 0.0, theme.masked)
            self._draw_hand(painter, center, radius, float(self._angles[pair]), theme.accent)
            painter.setPen(QColor(theme.text))
            area = QRectF(place * width, 0, width, line)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._pair_text.format(pair=pair))
            painter.setPen(QColor(theme.text_quiet))
            area.moveBottom(self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._length_text(pair))

    def _draw_hand(self, painter: QPainter, center: QPointF, radius: float, angle: float, color: str) -> None:
        # Counter-clockwise from the right, as angles are drawn in mathematics; the screen's y axis points down.
        tip = center + QPointF(np.cos(angle) * radius, -np.sin(angle) * radius) * 0.86
        painter.setPen(QPen(QColor(color), self._theme.px(3)))
        painter.drawLine(center, tip)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawEllipse(tip, self._theme.px(3), self._theme.px(3))
