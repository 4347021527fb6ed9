"""The column of views at the left."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from visualizer.session.session import Session
from visualizer.ui.theme import Theme
from visualizer.widgets.commands import BY_ID
from visualizer.widgets.part import Part, fix_size, flat_button, theme_button


class ActivityBar(Part):
    """chosen: the id of a view. second_switched: whether a second view stands beside the first."""

    chosen = Signal(str)
    second_switched = Signal(bool)

    def __init__(self, session: Session, view_ids: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setObjectName("activity_bar")
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._column = QVBoxLayout(self)
        for view_id in view_ids:
            button = flat_button(self, BY_ID[f"view.{view_id}"].icon)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, view_id=view_id: self.chosen.emit(view_id))
            self.buttons[view_id] = button
            self._group.addButton(button)
            self._column.addWidget(button)
        self._column.addStretch(1)
        self.second = flat_button(self, "second")
        self.second.setCheckable(True)
        self.second.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.second.clicked.connect(self.second_switched)
        self._column.addWidget(self.second)
        self.settle()

    def show_chosen(self, first: str, second: str) -> None:
        """Mark the views that are shown."""
        for view_id, button in self.buttons.items():
            button.setChecked(view_id in (first, second))
        self.second.setChecked(bool(second))

    def retranslate(self) -> None:
        for view_id, button in self.buttons.items():
            command = BY_ID[f"view.{view_id}"]
            button.setToolTip(f"{command.label()} ({command.keys[0]})")
            button.setAccessibleName(command.label())
        command = BY_ID["view.second"]
        self.second.setToolTip(f"{command.label()} ({command.keys[0]})")
        self.second.setAccessibleName(command.label())

    def apply_theme(self, theme: Theme) -> None:
        self._column.setContentsMargins(theme.px(4), theme.px(8), theme.px(4), theme.px(8))
        self._column.setSpacing(theme.px(4))
        self.setFixedWidth(theme.px(48))
        for button in (*self.buttons.values(), self.second):
            theme_button(button, theme, 20)
            fix_size(button, theme.px(40), theme.px(40))
