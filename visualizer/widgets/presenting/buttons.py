"""The tools of a talk as a row of buttons, or as one button with a menu where there is no room for the row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from visualizer.session.session import Session
from visualizer.ui.theme import Theme
from visualizer.widgets.actions import key_text
from visualizer.widgets.commands import BY_ID
from visualizer.widgets.part import Part, flat_button, theme_button
from visualizer.widgets.presenting.presenting import Presenting

# Command -> what `Presenting.is_on` calls it.
SWITCHES = {
    "present.pointer": "pointer",
    "present.spotlight": "spotlight",
    "present.pen": "pen",
    "present.freeze": "frozen",
    "present.black": "black",
}


class PresentingButtons(Part):
    """run: does a command by its id. words: whether the buttons bear their names beside their icons."""

    def __init__(
        self, session: Session, presenting: Presenting, run: Callable[[str], object], parent: QWidget,
        words: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(session, parent)
        self._presenting, self._words = presenting, words
        self.buttons = {command: flat_button(self, BY_ID[command].icon) for command in SWITCHES}
        self.menu = QMenu(self)
        self.one = flat_button(self, BY_ID["present.pen"].icon)
        self.one.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.one.setMenu(self.menu)
        self.one.hide()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for button in (*self.buttons.values(), self.one):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setCheckable(button is not self.one)
            if words:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self._row.addWidget(button)
        for command, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, command=command: run(command))
            action = self.menu.addAction("")
            action.setData(command)
            action.setCheckable(True)
        self.menu.triggered.connect(lambda action: run(action.data()))
        presenting.changed.connect(self._show)
        self.settle()

    def set_compact(self, compact: bool) -> None:
        """One button with a menu instead of the row."""
        for button in self.buttons.values():
            button.setVisible(not compact)
        self.one.setVisible(compact)

    def width_of(self, compact: bool) -> int:
        """What it needs, in pixels."""
        shown = (self.one,) if compact else tuple(self.buttons.values())
        return sum(one.sizeHint().width() for one in shown) + self._row.spacing() * (len(shown) - 1)

    def retranslate(self) -> None:
        for command, button in self.buttons.items():
            name = BY_ID[command].label()
            button.setToolTip(f"{name} ({key_text(command)})")
            button.setAccessibleName(name)
            if self._words:
                button.setText(name)
        self.one.setToolTip(self.tr("Tools of a talk"))
        self.one.setAccessibleName(self.tr("Tools of a talk"))
        for action in self.menu.actions():
            action.setText(BY_ID[action.data()].label())

    def apply_theme(self, theme: Theme) -> None:
        self._row.setSpacing(theme.px(2))
        for button in (*self.buttons.values(), self.one):
            theme_button(button, theme)
        self._show()

    def _show(self) -> None:
        for command, button in self.buttons.items():
            button.setChecked(self._presenting.is_on(SWITCHES[command]))
        for action in self.menu.actions():
            action.setChecked(self._presenting.is_on(SWITCHES[action.data()]))
