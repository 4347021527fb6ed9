"""The column of groups at the left: an icon each, and its word under it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QToolButton, QWidget

from visualizer.session.session import Session
from visualizer.ui import guard
from visualizer.ui.theme import Theme
from visualizer.views.registry import GROUPS, VIEWS, in_group
from visualizer.widgets.actions import key_text
from visualizer.widgets.part import Part, flat_button, theme_button

WORD = 12  # size of a word
STEPS = ((20, 12), (16, 4), (0, 4))  # size of an icon and what is around it: the first that fits; 0: the word alone
UNDER_ICON = 4  # what Qt leaves between an icon and its word, in pixels


@guard.overrides
class ActivityBar(Part):
    """chosen: the id of a group. As wide as its widest word; where the height is short, icons shrink, then go."""

    chosen = Signal(str)

    def __init__(self, session: Session, groups: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setObjectName("activity_bar")
        self.buttons: dict[str, QToolButton] = {}
        for group in groups:
            button = flat_button(self, GROUPS[group].icon)
            button.setProperty("role", "group")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, group=group: self._on_button_clicked(group))
            self.buttons[group] = button
        session.trace_changed.connect(lambda *_: self.retranslate())
        session.model_changed.connect(lambda *_: self.retranslate())
        self.settle()

    def show_view(self, view_id: str) -> None:
        """Mark the group of the view that is worked in."""
        for group, button in self.buttons.items():
            button.setChecked(group == VIEWS[view_id].group)

    def retranslate(self) -> None:
        for group, button in self.buttons.items():
            name = GROUPS[group].label()
            views = " · ".join(VIEWS[view_id].label(self.session.showing.task) for view_id in in_group(group))
            button.setText(name)
            button.setAccessibleName(name)
            button.setToolTip(f"{name} ({key_text(f'group.{group}')}): {views}")
        self._arrange()

    def apply_theme(self, theme: Theme) -> None:
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _on_button_clicked(self, group: str) -> None:
        self.buttons[group].setChecked(True)  # what is shown decides, not the click
        self.chosen.emit(group)

    def _arrange(self) -> None:
        theme, count = self.theme, len(self.buttons)
        font = QFont(self.font())
        font.setPixelSize(theme.px(WORD))
        words = QFontMetrics(font)
        gap = theme.px(4)
        width = max(
            theme.px(52),
            max(words.horizontalAdvance(button.text()) for button in self.buttons.values()) + theme.px(8),
        )
        sizes = [theme.px(icon) + UNDER_ICON * (icon > 0) + theme.px(around) for icon, around in STEPS]
        heights = [words.height() + size for size in sizes]
        fits = [count * height + gap * (count + 1) <= self.height() for height in heights]
        step = fits.index(True) if any(fits) else len(STEPS) - 1
        icon, height = STEPS[step][0], heights[step]
        style = Qt.ToolButtonStyle.ToolButtonTextUnderIcon if icon else Qt.ToolButtonStyle.ToolButtonTextOnly
        for row, button in enumerate(self.buttons.values()):
            button.setToolButtonStyle(style)
            theme_button(button, theme, icon or STEPS[0][0])
            button.setGeometry(QRect(gap, gap + row * (height + gap), width, height))
        self.setFixedWidth(width + 2 * gap)
        self.setMinimumHeight(count * (heights[-1] + gap) + gap)

    def sizeHint(self) -> QSize:
        return self.minimumSize()
