"""Tokens that look like tags are shown as they are: 「<s>」 is one of a bundled model's own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QLabel

from visualizer.ui import plain_text


@pytest.mark.parametrize("text", ["<s>", "<b>x</b>", "<s> → </s>\n2 < 3 & 4", "a\nb", "私 <unk> は"])
def test_a_tooltip_shows_every_character(qapp, text: str) -> None:
    shown = plain_text.tip(text)
    if shown.startswith("<p"):
        assert QTextDocumentFragment.fromHtml(shown).toPlainText().replace("\u2028", "\n") == text
    else:
        assert shown == text


def test_a_label_shows_every_character(qtbot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    plain_text.keep_plain(label)
    label.setText("<b>x</b>")
    assert label.textFormat() == Qt.TextFormat.PlainText
