"""The head that all views share: title, what is selected, controls, how to read it, export."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from visualizer.ui import guard, icons
from visualizer.ui.elided import ElidedLabel
from visualizer.ui.plain_text import tip
from visualizer.ui.theme import Theme

MARK = 3  # height of the line over an active view, in pixels


@guard.overrides
class Header(QWidget):
    """export_requested: one of "png", "svg", "pdf", "copy", "csv", "npz", "json". help_requested: the question mark."""

    export_requested = Signal(str)
    help_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._badge = QLabel(self)
        self._badge.setProperty("role", "badge")
        self._badge.hide()
        self._is_narrow = False
        self._selected = ""
        self._title = QLabel(self)
        self._title.setProperty("role", "title")
        self._selection = ElidedLabel(self)
        self._selection.setProperty("role", "quiet")
        self._help = QToolButton(self)
        self._export = QToolButton(self)
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for button in (self._help, self._export):
            button.setProperty("flat", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._help.clicked.connect(self.help_requested)
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
        self._readable = False
        self._controls = QWidget(self)
        self._controls_row = QHBoxLayout(self._controls)
        self._controls_row.setContentsMargins(0, 0, 0, 0)
        self._tools: QWidget | None = None
        self._gap = 8
        self._slim = self._enabled = self._marked = False
        self._accent = QColor()
        self._row = QHBoxLayout()
        self._row.addWidget(self._badge)
        self._row.addWidget(self._title)
        self._row.addWidget(self._selection, 1)
        for widget in (self._controls, self._help, self._export):
            self._row.addWidget(widget)
        self._rows = QVBoxLayout(self)
        self._rows.addLayout(self._row)

    def title(self) -> str:
        """The view's name as it is shown."""
        return self._title.text()

    def set_title(self, title: str) -> None:
        """Another name, where it depends on the model."""
        if title != self._title.text():
            self._title.setText(title)

    def set_badge(self, letter: str) -> None:
        """A letter before the title: which of two texts this is; "" for none."""
        self._badge.setText(letter)
        # Where there are no controls beside it, nothing else says it.
        self._badge.setVisible(bool(letter) and (self._slim or not self._is_narrow))

    def set_narrow(self, is_narrow: bool) -> None:
        """Whether the title needs all the room that there is."""
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self.set_badge(self._badge.text())
            self.set_selection(self._selected)

    def add_control(self, widget: QWidget) -> None:
        """Add a control left of the question mark."""
        self._controls_row.addWidget(widget)

    def set_tools(self, tools: QWidget) -> None:
        """The view's row of controls: beside the title where that has room for all of them, else below it."""
        self._tools = tools
        self._rows.addWidget(tools)
        self._arrange()

    def set_marked(self, marked: bool) -> None:
        """A line in the accent colour: keys mean this view and not the one beside it."""
        if marked != self._marked:
            self._marked = marked
            self.update()

    def set_slim(self, slim: bool) -> None:
        """Only the words, in one line."""
        if slim != self._slim:
            self._slim = slim
            self._title.setProperty("role", "token" if slim else "title")
            self._title.style().polish(self._title)
            self.set_badge(self._badge.text())
            self._show_parts()

    def set_selection(self, text: str) -> None:
        """What is selected; it ends in an ellipsis when there is no room."""
        self._selected = text
        self._selection.setText("" if self._is_narrow else text)
        self._selection.setToolTip(tip(text))

    def set_enabled(self, enabled: bool) -> None:
        """Whether there is a picture to export."""
        self._enabled = enabled
        self._export.setEnabled(enabled)
        self._show_parts()

    def apply_theme(self, theme: Theme) -> None:
        """Icons and sizes of this theme."""
        edge = theme.px(4 if theme.lecture else 6)
        self._gap = theme.px(8)
        self._accent = QColor(theme.accent)
        self._rows.setContentsMargins(theme.px(16), edge, theme.px(8), edge)
        self._rows.setSpacing(theme.px(4))
        for row in (self._row, self._controls_row):
            row.setSpacing(self._gap)
        self._help.setIcon(icons.icon("help", theme))
        self._export.setIcon(icons.icon("export", theme))
        for button in (self._help, self._export):
            button.setIconSize(QSize(theme.px(16), theme.px(16)))

    def retranslate(self, title: str, how_to_read: str) -> None:
        """Every text in the interface's language."""
        self._title.setText(title)
        self._readable = bool(how_to_read)
        self._show_parts()
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

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._marked:
            QPainter(self).fillRect(0, 0, self.width(), MARK, self._accent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _show_parts(self) -> None:
        self._help.setVisible(self._readable and not self._slim)
        self._export.setVisible(not self._slim)
        self._controls.setVisible(not self._slim)
        if self._tools is not None:
            self._tools.setVisible(self._enabled and not self._slim)

    def _arrange(self) -> None:
        """Put the tools where they fit."""
        tools = self._tools
        if tools is None:
            return
        words = min(self._selection.sizeHint().width(), self._title.sizeHint().width() + 12 * self._gap)
        others = (self._title, self._controls, self._help, self._export)
        taken = words + sum(one.sizeHint().width() for one in others) + 8 * self._gap
        row = self._row if taken + tools.sizeHint().width() <= self.width() else self._rows
        if row.indexOf(tools) < 0:
            self._rows.removeWidget(tools)
            self._row.removeWidget(tools)
            row.insertWidget(self._row.indexOf(self._controls) if row is self._row else 1, tools)
