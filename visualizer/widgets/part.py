"""What every part of the window shares: it follows the session's theme and the interface's language."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QToolButton, QWidget

from visualizer.session.session import Session
from visualizer.ui import guard, icons, theme
from visualizer.ui.theme import Theme


@guard.overrides
class Part(QWidget):
    """A piece of the window. A subclass builds itself, overrides the two hooks, and calls `settle` when it is built."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.theme: Theme = session.theme or theme.current()
        self._settled = False
        session.theme_changed.connect(self._on_theme_changed)

    def retranslate(self) -> None:
        """Set every text again."""

    def apply_theme(self, theme: Theme) -> None:
        """Take icons and sizes from this theme."""

    def settle(self) -> None:
        """Texts, icons and sizes for the first time."""
        self._settled = True
        self.retranslate()
        self.apply_theme(self.theme)

    def _on_theme_changed(self, theme: object) -> None:
        if isinstance(theme, Theme):
            self.theme = theme
            self.apply_theme(theme)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange and getattr(self, "_settled", False):
            self.retranslate()
        super().changeEvent(event)


def flat_button(parent: QWidget, icon: str = "") -> QToolButton:
    """A quiet button: a frame only when the pointer or the focus is on it."""
    button = QToolButton(parent)
    button.setProperty("flat", True)
    button.setProperty("icon_name", icon)
    return button


def fix_size(widget: QWidget, width: int, height: int) -> None:
    """Give a widget exactly this size; before it is polished, the style sheet would still change it."""
    widget.ensurePolished()
    widget.setFixedSize(width, height)


def theme_button(button: QToolButton, theme: Theme, size: int = 16) -> None:
    """Give a flat button its icon in this theme's colour and size."""
    name = button.property("icon_name")
    if name:
        button.setIcon(icons.icon(name, theme))
    button.setIconSize(QSize(theme.px(size), theme.px(size)))
