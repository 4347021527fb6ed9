"""What changed most, as a row of words to click that goes on below where there is no more room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from visualizer.ui.flow_layout import FlowLayout
from visualizer.ui.theme import Theme


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
        self.hide()

    def show_entries(self, title: str, texts: Sequence[str], tooltip: str = "") -> None:
        """Show these, biggest change first; hidden where there are none."""
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
        for index, button in enumerate(self.entries):
            button.setVisible(index < len(texts))
            if index < len(texts):
                button.setText(texts[index])
                button.setToolTip(tooltip)
        self.setVisible(bool(texts) or bool(title))
        self.updateGeometry()

    def texts(self) -> list[str]:
        """What is shown, in order."""
        return [button.text() for button in self.entries if not button.isHidden()]

    def sentence(self) -> str:
        """All of it in one line, for a picture without buttons."""
        return "" if self.isHidden() else f"{self._title.text()}: {' · '.join(self.texts())}".removesuffix(": ")

    def apply_theme(self, theme: Theme) -> None:
        """Sizes of this theme."""
        self._flow.setContentsMargins(theme.px(16), theme.px(2), theme.px(16), theme.px(2))
        self._flow.setSpacing(theme.px(4))
