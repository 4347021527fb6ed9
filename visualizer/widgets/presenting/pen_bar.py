"""The pen's own few buttons, beside the views' title while it is in the hand: there they cover no figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QWidget

from visualizer.session.session import Session
from visualizer.ui.theme import Theme
from visualizer.widgets.actions import key_text
from visualizer.widgets.commands import BY_ID
from visualizer.widgets.part import Part, flat_button, theme_button
from visualizer.widgets.presenting import ink

if TYPE_CHECKING:
    from visualizer.widgets.presenting.presenting import Presenting

_GAP = 4  # to the edge of the views, in pixels of the design


class PenBar(Part):
    """Three colours, the last stroke back, everything away, the pen away. run: does a command by its id."""

    def __init__(
        self, session: Session, presenting: Presenting, run: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__(session, parent)
        self._presenting = presenting
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Button)
        self.colors = {color: flat_button(self) for color in ink.COLORS}
        for color, button in self.colors.items():
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, color=color: presenting.set_color(color))
        names = {"undo": "present.undo", "erase": "present.erase", "close": "present.pen"}
        self.tools = {command: flat_button(self, icon) for icon, command in names.items()}
        for command, button in self.tools.items():
            button.clicked.connect(lambda _checked=False, command=command: run(command))
        self._row = QHBoxLayout(self)
        for button in (*self.colors.values(), *self.tools.values()):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._row.addWidget(button)
        presenting.changed.connect(self._show)
        self.hide()
        self.settle()

    def place(self, room: QRect) -> None:
        """At the right end of the upper edge of its parent's `room`."""
        self.adjustSize()
        gap = self.theme.px(_GAP)
        self.move(room.right() - self.width() - gap, room.top() + gap)

    def retranslate(self) -> None:
        for color, button in self.colors.items():
            button.setToolTip(f"{ink.name_of(color)} ({key_text('present.color')})")
            button.setAccessibleName(ink.name_of(color))
        for command, button in self.tools.items():
            name = BY_ID[command].label() if command != "present.pen" else self.tr("Put the pen away")
            button.setToolTip(f"{name} ({key_text(command)})")
            button.setAccessibleName(name)

    def apply_theme(self, theme: Theme) -> None:
        self._row.setContentsMargins(theme.px(6), theme.px(1), theme.px(6), theme.px(1))
        self._row.setSpacing(theme.px(2))
        for color, button in self.colors.items():
            button.setIcon(_dot(color, theme.px(16)))
            button.setIconSize(QSize(theme.px(16), theme.px(16)))
        for button in self.tools.values():
            theme_button(button, theme)
        self._show()

    def _show(self) -> None:
        if not self._settled:
            return
        chosen = self._presenting.marks.color
        for color, button in self.colors.items():
            button.setChecked(color == chosen)
        for command in ("present.undo", "present.erase"):
            self.tools[command].setEnabled(bool(self._presenting.marks.strokes))


def _dot(color: str, size: int) -> QIcon:
    """A filled circle, with a rim that keeps it apart from the colour of a chosen button."""
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor("white"))
    painter.setBrush(QColor(color))
    painter.drawEllipse(picture.rect().adjusted(1, 1, -2, -2))
    painter.end()
    return QIcon(picture)


