"""The interface's language, changed while the program runs."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from visualizer.core.system import paths

LANGUAGES = ("ja", "en")

log = logging.getLogger(__name__)


class TsTranslator(QTranslator):
    """Translations read from a Qt Linguist .ts file as it is: no compiled copy that could be out of date."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = read_ts(path)

    def isEmpty(self) -> bool:  # noqa: N802
        return not self._texts

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:  # type: ignore[override]
        return self._texts.get((context, source))  # None: Qt asks the next translator, then shows the source


def read_ts(path: Path) -> dict[tuple[str, str], str]:
    """(context, source) -> translation, finished ones only; raises OSError or ElementTree.ParseError."""
    texts = {}
    for context in ElementTree.parse(path).getroot().iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is not None and translation.get("type") is None and translation.text:
                texts[name, message.findtext("source", "")] = translation.text
    return texts


def in_japanese(context: str, source: str) -> str:
    """A text in Japanese, whatever language is shown; the text itself where there is no translation."""
    return _japanese().get((context, source), source)


@cache
def _japanese() -> dict[tuple[str, str], str]:
    try:
        return read_ts(paths.assets() / "i18n" / "ja.ts")
    except (OSError, ElementTree.ParseError) as error:
        log.error("no translation: %s", error)
        return {}


def system_language() -> str:
    """ "ja" where the system speaks Japanese, otherwise "en"."""
    return "ja" if QLocale.system().language() == QLocale.Language.Japanese else "en"


def shown_language() -> str:
    """The language that `install_language` set last."""
    return "ja" if QLocale().language() == QLocale.Language.Japanese else "en"


def install_language(app: QCoreApplication, language: str) -> bool:
    """Show every text in "ja" or "en"; widgets hear of it by QEvent.LanguageChange. False: no translation found."""
    for old in app.property("visualizer_translators") or []:
        app.removeTranslator(old)
        old.deleteLater()
    app.setProperty("visualizer_translators", [])
    QLocale.setDefault(QLocale(QLocale.Language.Japanese if language == "ja" else QLocale.Language.English))
    if language == "en":  # the sources are English
        return True
    translators: list[QTranslator] = []
    of_qt = QTranslator(app)  # the buttons of Qt's own dialogs
    if of_qt.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        translators.append(of_qt)
    try:
        translators.append(TsTranslator(paths.assets() / "i18n" / f"{language}.ts", app))
        found = True
    except (OSError, ElementTree.ParseError) as error:
        log.error("no translation: %s", error)
        found = False
    app.setProperty("visualizer_translators", translators)
    for translator in translators:
        app.installTranslator(translator)
    return found
