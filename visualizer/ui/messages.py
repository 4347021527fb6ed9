"""What stands in for a picture: one sentence, a thin bar, a veil over the old picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from visualizer.ui import guard
from visualizer.ui.theme import Theme

# Work that ends sooner than this shows no sign of having run: flicker would say less than nothing.
PATIENCE_MS = 200


class Message(QWidget):
    """One sentence in the middle of an empty page, and a quiet second one that says what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline = QLabel(self)
        self._advice = QLabel(self)
        self._advice.setProperty("role", "quiet")
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        for label in (self._headline, self._advice):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)
        layout.addStretch(3)

    def show_text(self, headline: str, advice: str = "", *, is_error: bool = False) -> None:
        """Say this; an error's headline takes the error colour."""
        role = "error" if is_error else "plain"
        if self._headline.property("role") != role:
            self._headline.setProperty("role", role)
            self._headline.style().polish(self._headline)
        self._headline.setText(headline)
        self._advice.setText(advice)
        self._advice.setVisible(bool(advice))

    def text(self) -> str:
        """What stands there, both sentences."""
        return "\n".join(part for part in (self._headline.text(), self._advice.text()) if part)


class ThinBar(QProgressBar):
    """Progress of two pixels height that always keeps its place, so that nothing moves when work begins."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._is_shown = False
        self.setTextVisible(False)
        self.setFixedHeight(2)
        self.setRange(0, 1000)
        self.stop()

    def set_fraction(self, fraction: float) -> None:
        """How much is done, 0 to 1; shown only when the work takes a while."""
        self._fraction = min(max(fraction, 0.0), 1.0)
        if self._is_shown:
            self.setValue(round(1000 * self._fraction))
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Show nothing."""
        self._timer.stop()
        self._is_shown = False
        self.setValue(0)

    def _on_timer_timeout(self) -> None:
        self._is_shown = True
        self.setValue(round(1000 * self._fraction))


@guard.overrides
class Veil(QWidget):
    """Dims what it lies on while newer data are on their way; takes no mouse events."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._below = parent
        self._color = QColor(0, 0, 0, 0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        parent.installEventFilter(self)

    def apply_theme(self, theme: Theme) -> None:
        """Dim towards the surface."""
        self._color = QColor(theme.surface)
        self._color.setAlpha(140)

    def lower_soon(self) -> None:
        """Dim after a short patience."""
        if not self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def lift(self) -> None:
        """Show what lies below as it is."""
        self._timer.stop()
        self.hide()

    def _on_timer_timeout(self) -> None:
        self.setGeometry(self._below.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._below.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._color)
