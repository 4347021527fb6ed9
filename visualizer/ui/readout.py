"""The line that says in words what is pointed at: it stays when the pointer leaves, and is told as what it is."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from visualizer.ui.theme import Theme


def last(text: str) -> str:
    """What was pointed at last, while nothing is."""
    return QCoreApplication.translate("Readout", "Last: {text}").format(text=text)


def strongest(text: str) -> str:
    """What nobody has pointed at, but is the strongest of what is shown."""
    return QCoreApplication.translate("Readout", "Strongest: {text}").format(text=text)


def forget_last(picture: QWidget) -> None:
    """A picture for somebody else says nothing of where a pointer was."""
    for widget in picture.findChildren(QWidget):
        forget = getattr(widget, "forget_last", None)
        if forget is not None:
            forget()


class ReadoutLine(QLabel):
    """That line below a picture that is no heat map. Its height is the same with every text, and with none."""

    def __init__(self, parent: QWidget, lines: int = 1) -> None:
        """lines: for how many there is room."""
        super().__init__(parent)
        self._lines = lines
        self._last = self._otherwise = ""
        self.setProperty("role", "readout")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(lines > 1)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)

    def say(self, text: str, otherwise: str = "") -> None:
        """What is pointed at or locked; "" for nothing: the last one stays, or `otherwise` before there was one."""
        self._last, self._otherwise = text or self._last, otherwise
        self.setText(text or (last(self._last) if self._last else otherwise))

    def forget_last(self) -> None:
        """What was pointed at last is of no interest any more: other numbers, or a picture for somebody else."""
        if self._last and self.text() == last(self._last):
            self.setText(self._otherwise)
        self._last = ""

    def apply_theme(self, theme: Theme) -> None:
        """Its height."""
        self.ensurePolished()
        margins = self.contentsMargins()
        self.setFixedHeight(self._lines * self.fontMetrics().lineSpacing() + margins.top() + margins.bottom())
