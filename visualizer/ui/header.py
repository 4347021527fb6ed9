"""The head that all views share: title, what is selected, controls, how to read it, export."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QToolTip, QWidget

from visualizer.ui import icons
from visualizer.ui.theme import Theme


class Header(QWidget):
    """export_requested: one of "png", "svg", "pdf", "copy", "csv", "npz", "json"."""

    export_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._badge = QLabel(self)
        self._badge.setProperty("role", "badge")
        self._badge.hide()
        self._title = QLabel(self)
        self._title.setProperty("role", "title")
        self._selection = QLabel(self)
        self._selection.setProperty("role", "quiet")
        self._selection.setTextFormat(Qt.TextFormat.PlainText)
        self._selection.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._help = QToolButton(self)
        self._export = QToolButton(self)
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for button in (self._help, self._export):
            button.setProperty("flat", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._help.clicked.connect(self._on_help_clicked)
        self._menu = QMenu(self)
        self._actions: dict[str, QAction] = {}
        for name in ("png", "svg", "pdf", "copy", "", "csv", "npz", "json"):
            if not name:
                self._menu.addSeparator()
                continue
            action = self._menu.addAction(name)
            action.triggered.connect(lambda _checked=False, name=name: self.export_requested.emit(name))
            self._actions[name] = action
        self._export.setMenu(self._menu)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._badge)
        self._row.addWidget(self._title)
        self._row.addWidget(self._selection, 1)
        self._row.addWidget(self._help)
        self._row.addWidget(self._export)

    def title(self) -> str:
        """The view's name as it is shown."""
        return self._title.text()

    def set_badge(self, letter: str) -> None:
        """A letter before the title: which of two texts this is; "" for none."""
        self._badge.setText(letter)
        self._badge.setVisible(bool(letter))

    def add_control(self, widget: QWidget) -> None:
        """Add a control left of the question mark."""
        self._row.insertWidget(self._row.count() - 2, widget)

    def set_selection(self, text: str) -> None:
        """What is selected; cut off at its end when there is no room."""
        self._selection.setText(text)
        self._selection.setToolTip(text)

    def set_enabled(self, enabled: bool) -> None:
        """Whether there is a picture to export."""
        self._export.setEnabled(enabled)

    def apply_theme(self, theme: Theme) -> None:
        """Icons and sizes of this theme."""
        self._row.setContentsMargins(theme.px(16), theme.px(8), theme.px(8), theme.px(8))
        self._row.setSpacing(theme.px(8))
        self._help.setIcon(icons.icon("help", theme))
        self._export.setIcon(icons.icon("export", theme))
        for button in (self._help, self._export):
            button.setIconSize(QSize(theme.px(16), theme.px(16)))

    def retranslate(self, title: str, how_to_read: str) -> None:
        """Every text in the interface's language."""
        self._title.setText(title)
        self._help.setVisible(bool(how_to_read))
        self._help.setToolTip(how_to_read)
        self._help.setAccessibleName(self.tr("How to read this picture"))
        self._export.setToolTip(self.tr("Save or copy the picture, or its numbers"))
        self._export.setAccessibleName(self.tr("Export"))
        texts = {
            "png": self.tr("Save as PNG picture…"),
            "svg": self.tr("Save as SVG drawing…"),
            "pdf": self.tr("Save as PDF…"),
            "copy": self.tr("Copy picture"),
            "csv": self.tr("Save numbers as CSV…"),
            "npz": self.tr("Save numbers as NPZ…"),
            "json": self.tr("Save numbers as JSON…"),
        }
        for name, text in texts.items():
            self._actions[name].setText(text)

    def _on_help_clicked(self) -> None:
        below = self._help.mapToGlobal(QPoint(0, self._help.height()))
        QToolTip.showText(below, self._help.toolTip(), self._help)
