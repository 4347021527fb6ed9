"""Language, theme and lecture mode of the whole application."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from visualizer.session.session import Session
from visualizer.ui import i18n, lecture, style, theme


class Appearance(QObject):
    """Gives the application its look from `session.settings`, and follows the system where that is asked for."""

    def __init__(self, app: QApplication, session: Session, room: QSize | None = None) -> None:
        super().__init__(session)
        self._app, self._session = app, session
        self._room = room or QSize(1280, 800)
        self._look: tuple[str, float, bool] | None = None
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

    def set_lecture(self, wanted: bool, room: QSize | None = None) -> None:
        """Everything larger, for the back row. room: size of the window, when it changes as well."""
        self._session.settings.lecture = wanted
        self._room = room or self._room
        self._apply_theme()

    def set_room(self, room: QSize) -> None:
        """The window has this size: what is larger than it needs becomes smaller."""
        self._room = room
        self._apply_theme()

    def step_text(self, by: int) -> None:
        """Text larger (1), smaller (-1), or as large as the program makes it (0)."""
        settings = self._session.settings
        name = "lecture_text_size" if settings.lecture else "text_size"
        plain = self._scale(1.0)
        # Where the window has set a limit, the next step starts from what is seen.
        seen = self._scale(getattr(settings, name)) / plain
        wanted = seen * lecture.STEP**by if by else 1.0
        setattr(settings, name, self._scale(wanted) / plain)
        self._apply_theme()

    def _scale(self, size: float) -> float:
        room, in_lecture = self._room, self._session.settings.lecture
        return lecture.scale_for(room.width(), room.height(), lecture=in_lecture, size=size)

    def _apply_language(self) -> None:
        wanted = self._session.settings.language
        language = wanted if wanted in i18n.LANGUAGES else i18n.system_language()
        i18n.install_language(self._app, language)
        self._session.set_language(language)

    def _apply_theme(self) -> None:
        settings = self._session.settings
        name = settings.theme if settings.theme in ("light", "dark") else theme.system_name()
        scale = self._scale(settings.lecture_text_size if settings.lecture else settings.text_size)
        if self._look == (name, scale, settings.lecture) and self._session.theme is theme.current():
            return
        self._look = (name, scale, settings.lecture)
        look = theme.named(name)
        look = look.scaled(scale, settings.lecture) if scale != 1.0 or settings.lecture else look
        style.apply(self._app, look)
        self._session.set_theme(look)

    def _on_system_scheme_changed(self) -> None:
        if self._session.settings.theme not in ("light", "dark"):
            self._apply_theme()
