"""Movement that explains: short, and none at all where the system asks for less of it."""

from __future__ import annotations

from PySide6.QtCore import QAbstractAnimation, QRect, Qt, QVariantAnimation
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QStyle, QWidget

from visualizer.ui import guard

CROSS_FADE = 150  # milliseconds


def is_reduced() -> bool:
    """Whether the system asks for less motion (its widgets are not animated either)."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return True
    return app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) <= 0


@guard.overrides
class CrossFade(QWidget):
    """The old picture of a widget, which fades over the new one. It takes no clicks, and hides when it is done."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._pixmap = QPixmap()
        self._animation = QVariantAnimation(self)
        self._animation.setDuration(CROSS_FADE)
        self._animation.setStartValue(1.0)
        self._animation.setEndValue(0.0)
        self._animation.valueChanged.connect(lambda _: self.update())
        self._animation.finished.connect(self.hide)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def begin(self, widget: QWidget) -> None:
        """Take the widget's picture as it is now; the caller changes it next."""
        if is_reduced() or not widget.isVisible() or widget.size().isEmpty():
            return
        self._pixmap = widget.grab()
        self.setGeometry(QRect(widget.mapTo(self._parent, widget.rect().topLeft()), widget.size()))
        self.raise_()
        self.show()
        self._animation.stop()
        self._animation.start()

    def is_running(self) -> bool:
        """Whether the old picture can still be seen."""
        return self._animation.state() == QAbstractAnimation.State.Running

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setOpacity(float(self._animation.currentValue() or 0.0))
        painter.drawPixmap(0, 0, self._pixmap)
