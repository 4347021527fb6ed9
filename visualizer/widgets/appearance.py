"""Language, theme and lecture mode of the whole application."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from visualizer.session.session import Session
from visualizer.ui import i18n, style, theme


class Appearance(QObject):
    """Gives the application its look from `session.settings`, and follows the system where that is asked for."""

    def __init__(self, app: QApplication, session: Session) -> None:
        super().__init__(session)
        self._app, self._session = app, session
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_scheme_changed)

    def apply(self) -> None:
        """Language, then theme."""
        self._apply_language()
        self._apply_theme()

    def set_language(self, language: str) -> None:
        """ "ja", "en", or "system"."""
        self._session.settings.language = language
        self._apply_language()

    def switch_language(self) -> None:
        self.set_language("en" if self._session.language == "ja" else "ja")

    def set_theme(self, name: str) -> None:
        """ "light", "dark", or "system"."""
        self._session.settings.theme = name
        self._apply_theme()

    def switch_theme(self) -> None:
        """The other look; the one that the system asks for is followed from then on."""
        shown = self._session.theme
        other = "light" if shown is not None and shown.name == "dark" else "dark"
        self.set_theme("system" if theme.system_name() == other else other)

    def set_lecture(self, wanted: bool) -> None:
        """Everything larger, for the back row."""
        self._session.settings.lecture = wanted
        self._apply_theme()

    def _apply_language(self) -> None:
        wanted = self._session.settings.language
        language = wanted if wanted in i18n.LANGUAGES else i18n.system_language()
        i18n.install_language(self._app, language)
        self._session.set_language(language)

    def _apply_theme(self) -> None:
        settings = self._session.settings
        name = settings.theme if settings.theme in ("light", "dark") else theme.system_name()
        scale = min(max(settings.lecture_scale, 1.25), 2.0) if settings.lecture else 1.0
        look = theme.named(name)
        look = look.scaled(scale) if scale != 1.0 else look
        if look is self._session.theme:
            return
        style.apply(self._app, look)
        self._session.set_theme(look)

    def _on_system_scheme_changed(self) -> None:
        if self._session.settings.theme not in ("light", "dark"):
            self._apply_theme()
