"""A picture as it will be in its file, on grey paper; what is transparent shows squares."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from visualizer.ui import guard, theme
from visualizer.ui.theme import Theme

_SQUARE = 8  # pixels of the design


@guard.overrides
class PaperPreview(QWidget):
    """Shows one image. resized: there is another place for it now."""

    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.current()
        self._image = QImage()
        self._text = ""

    def apply_theme(self, theme: Theme) -> None:
        """Colours and sizes of this theme."""
        self._theme = theme
        self.update()

    def room(self) -> QSize:
        """Pixels that a picture may have."""
        edge = 2 * self._theme.px(16)
        return (self.size() - QSize(edge, edge)).expandedTo(QSize(1, 1))

    def image(self) -> QImage:
        """What is shown."""
        return self._image

    def show_image(self, image: QImage) -> None:
        """Show this."""
        self._image, self._text = image, ""
        self.update()

    def show_text(self, text: str) -> None:
        """Words in its place."""
        self._image, self._text = QImage(), text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(520), self._theme.px(480))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), self._theme
        painter.fillRect(self.rect(), QColor(look.hover))
        if self._image.isNull():
            painter.setPen(QColor(look.text))
            inner = self.rect().adjusted(look.px(16), look.px(16), -look.px(16), -look.px(16))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(inner, flags, self._text)
            return
        size = self._image.deviceIndependentSize()
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(QRectF(self.rect()).center())
        if self._image.hasAlphaChannel():
            painter.fillRect(place, _squares(look.px(_SQUARE)))
        painter.drawImage(place, self._image)
        painter.setPen(QPen(QColor(look.border), 1))
        painter.drawRect(place.adjusted(-0.5, -0.5, 0.5, 0.5))


def _squares(side: int) -> QPixmap:
    pixmap = QPixmap(2 * side, 2 * side)
    pixmap.fill(QColor("#ffffff"))
    painter = QPainter(pixmap)
    for x, y in ((0, 0), (side, side)):
        painter.fillRect(x, y, side, side, QColor("#dcdcdc"))
    painter.end()
    return pixmap
