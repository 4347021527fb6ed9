"""What most views are: controls for their head, and a picture with a note on how its numbers were made."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from visualizer.ui import terms


def small_text(parent: QWidget) -> QLabel:
    """A note in small type, of plain text, as many lines as it needs."""
    label = QLabel(parent)
    label.setProperty("role", "small")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    terms.gloss(label)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class PictureFrame(QWidget):
    """The picture without margins, so that a view's theme gives them.

    controls: what goes to the view's head, which has room for them beside its title or below it.
    picture: what an exported file holds, the parent of all that is put into it. note: in the picture, so that a file
    says it too.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.controls: QWidget | None = None
        self.picture = QWidget(self)
        self.note = small_text(self.picture)
        self.inner, self.outer = QVBoxLayout(self.picture), QVBoxLayout(self)
        for box in (self.inner, self.outer):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)

    def fill(self, controls: QWidget, *parts: QWidget, growing: QWidget) -> None:
        """Keep the controls for the view's head, and put the parts of the picture below each other.

        growing: the part that takes the room.
        """
        self.controls = controls
        for part in parts:
            self.inner.addWidget(part, int(part is growing))
        self.outer.addWidget(self.picture, 1)
