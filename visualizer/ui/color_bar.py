"""A colour scale that lies on its side, with its title and ticks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from visualizer.ui import fonts, guard, images
from visualizer.ui.colorscale import ColorScale
from visualizer.ui.theme import Theme, current

_WIDE, _HIGH = 220, 8


@guard.overrides
class ColorBar(QWidget):
    """Title at the left, then the colours from zero to the highest value, with numbers below them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._scale, self._title = current(), ColorScale(1.0), ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_scale(self, scale: ColorScale, title: str) -> None:
        """What the colours mean."""
        self._scale, self._title = scale, title
        self.setAccessibleName(title)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        line = QFontMetricsF(fonts.base_font(self._theme.scale, 12)).height()
        return QSize(self._theme.px(320), round(line) + self._theme.px(_HIGH + 10))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        painter.setFont(fonts.base_font(theme.scale, 12))
        metrics = QFontMetricsF(painter.font())
        left = float(theme.px(16))
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(left, theme.px(4) + metrics.ascent()), self._title)
        left += metrics.horizontalAdvance(self._title) + theme.px(16)
        wide = min(float(theme.px(_WIDE)), self.width() - left - theme.px(24))
        if wide < theme.px(40):
            return
        bar = QRectF(left, theme.px(6), wide, theme.px(_HIGH))
        images.draw_cells(painter, bar, images.packed(theme.attention_lut)[None, :])
        painter.setPen(QColor(theme.border))
        painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.setPen(QColor(theme.text_quiet))
        for tick in self._scale.ticks(5):
            x = bar.left() + self._scale.fraction(tick) * bar.width()
            text = self._scale.tick_text(tick, 5)
            at = QPointF(x - metrics.horizontalAdvance(text) / 2, bar.bottom() + theme.px(2) + metrics.ascent())
            painter.drawText(at, text)
