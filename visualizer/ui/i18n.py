"""The interface's language, changed while the program runs."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from visualizer.core import paths

LANGUAGES = ("ja", "en")


def system_language() -> str:
    """ "ja" where the system speaks Japanese, otherwise "en"."""
    return "ja" if QLocale.system().language() == QLocale.Language.Japanese else "en"


def install_language(app: QApplication, language: str) -> bool:
    """Show every text in "ja" or "en"; widgets hear of it through QEvent.LanguageChange. False: no translation found."""
    old = app.property("visualizer_translator")
    if isinstance(old, QTranslator):
        app.removeTranslator(old)
        app.setProperty("visualizer_translator", None)
    QLocale.setDefault(QLocale(QLocale.Language.Japanese if language == "ja" else QLocale.Language.English))
    if language == "en":  # the sources are English
        return True
    translator = QTranslator(app)
    loaded = translator.load(str(paths.assets() / "i18n" / f"{language}.qm"))
    if loaded:
        app.installTranslator(translator)
        app.setProperty("visualizer_translator", translator)
    return loaded
