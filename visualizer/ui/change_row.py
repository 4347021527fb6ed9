"""What changed most, as one row of words to click, or two: the biggest changes, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from visualizer.ui import guard
from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.theme import Theme, current

_TWO_ROWS_FROM = 520  # pixels of the design: a narrow view is a low one as well, and its picture goes first


@guard.overrides
class ChangeRow(QWidget):
    """chosen: the index of the entry that was clicked."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(self)
        self._title.setProperty("role", "small")
        self._flow = FlowLayout(self)
        self._flow.addWidget(self._title)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.entries: list[QToolButton] = []
        self._texts: tuple[str, ...] = ()
        self._theme = current()
        self.hide()

    def show_entries(self, title: str, texts: Sequence[str], tooltip: str = "") -> None:
        """Show these, biggest change first; hidden where there are none."""
        self._texts = tuple(texts)
        self._title.setText(title)
        self._title.setToolTip(tooltip)
        for _ in range(len(self.entries), len(texts)):
            button = QToolButton(self)
            button.setProperty("flat", True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            index = len(self.entries)
            button.clicked.connect(lambda _checked=False, index=index: self.chosen.emit(index))
            self._flow.addWidget(button)
            self.entries.append(button)
        for button, text in zip(self.entries, texts, strict=False):
            button.setText(text)
            button.setToolTip(tooltip)
        self._fit()
        self.setVisible(bool(texts) or bool(title))
        self.updateGeometry()

    def texts(self) -> list[str]:
        """All of it in order, with room or without."""
        return list(self._texts)

    def sentence(self) -> str:
        """All of it in one line, for a picture without buttons."""
        return "" if self.isHidden() else f"{self._title.text()}: {' · '.join(self.texts())}".removesuffix(": ")

    def apply_theme(self, theme: Theme) -> None:
        """Sizes of this theme."""
        self._flow.setContentsMargins(theme.px(16), theme.px(2), theme.px(16), theme.px(2))
        self._flow.setSpacing(theme.px(4))
        self._theme = theme
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Hide the smallest changes that would need one more row."""
        margins, gap = self._flow.contentsMargins(), self._flow.spacing()
        room = self.width() - margins.left() - margins.right()
        rows = 2 if self.width() >= self._theme.px(_TWO_ROWS_FROM) else 1
        row, x = 1, self._title.sizeHint().width() + gap
        for index, button in enumerate(self.entries):
            width = button.sizeHint().width()
            if x > 0 and x + width > room:
                row, x = row + 1, 0
            x += width + gap
            button.setVisible(index < len(self._texts) and (row <= rows or index == 0))
