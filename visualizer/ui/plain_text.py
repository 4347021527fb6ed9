"""Texts of users and models as they are: Qt takes what looks like a tag for one, and 「<s>」 is a token."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def tip(text: str) -> str:
    """A text for a tooltip, shown character for character; tooltips have no text format of their own."""
    if "<" not in text:
        return text
    return f'<p style="white-space: pre-wrap">{html.escape(text, quote=False)}</p>'


def keep_plain(*labels: QLabel) -> None:
    """These labels show their text and never read it as HTML."""
    for label in labels:
        label.setTextFormat(Qt.TextFormat.PlainText)
