"""Texts that are data and come in both languages: explanations of views, and the glossary."""

from __future__ import annotations

from dataclasses import dataclass

from visualizer.ui import i18n


@dataclass(frozen=True, slots=True)
class Both:
    """One text in both languages: rich text, in which [[id]] or [[id|words]] names an entry of the glossary."""

    en: str
    ja: str

    def here(self) -> str:
        """The text in the interface's language."""
        return self.ja if i18n.shown_language() == "ja" else self.en
