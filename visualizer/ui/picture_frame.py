"""What most views are: controls, and below them a picture with a note on how its numbers were made."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget


def small_text(parent: QWidget) -> QLabel:
    """A note in small type, of plain text, as many lines as it needs."""
    label = QLabel(parent)
    label.setProperty("role", "small")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


class PictureFrame(QWidget):
    """Controls above, the picture below; without margins, so that a view's theme gives them.

    picture: what an exported file holds, the parent of all that is put into it. note: in the picture, so that a file
    says it too.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.picture = QWidget(self)
        self.note = small_text(self.picture)
        self.inner, self.outer = QVBoxLayout(self.picture), QVBoxLayout(self)
        for box in (self.inner, self.outer):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)

    def fill(self, controls: QWidget, *parts: QWidget, growing: QWidget) -> None:
        """Put the controls on top, and the parts of the picture below each other; `growing` takes the room."""
        for part in parts:
            self.inner.addWidget(part, int(part is growing))
        self.outer.addWidget(controls)
        self.outer.addWidget(self.picture, 1)
