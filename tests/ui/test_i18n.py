from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget

from visualizer.session.session import Session
from visualizer.ui import i18n
from visualizer.views.attention_map import AttentionMapView

translate = QCoreApplication.translate


@pytest.fixture
def app(qapp) -> Iterator[object]:
    yield qapp
    i18n.install_language(qapp, "en")


def test_the_language_changes_while_the_program_runs(app) -> None:
    assert i18n.install_language(app, "ja")
    assert translate("Frame", "Type a sentence above.") == "上の欄に文を入力してください。"
    assert i18n.install_language(app, "en")
    assert translate("Frame", "Type a sentence above.") == "Type a sentence above."


def test_a_text_without_translation_is_shown_as_it_is(app) -> None:
    i18n.install_language(app, "ja")
    assert translate("Nowhere", "Unheard of") == "Unheard of"


def test_widgets_hear_of_the_change(app, qtbot) -> None:
    heard: list[QEvent.Type] = []

    class Listener(QWidget):
        def changeEvent(self, event: QEvent) -> None:
            heard.append(event.type())

    listener = Listener()
    qtbot.addWidget(listener)
    i18n.install_language(app, "ja")
    qtbot.waitUntil(lambda: QEvent.Type.LanguageChange in heard, timeout=2000)


def test_a_view_speaks_its_own_and_its_base_class_language(app, qtbot) -> None:
    session = Session()
    view = AttentionMapView(session)
    qtbot.addWidget(view)
    view.show()
    i18n.install_language(app, "ja")
    qtbot.waitUntil(lambda: view.header.title() == "注意マップ", timeout=2000)
    assert view.message() == "はじめにモデルを選んでください。"
    i18n.install_language(app, "en")
    qtbot.waitUntil(lambda: view.header.title() == "Attention map", timeout=2000)
    assert view.message() == "Choose a model to begin."
    assert session.shutdown()


def test_unfinished_translations_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "ja.ts"
    path.write_text(
        "<TS><context><name>A</name>"
        "<message><source>one</source><translation>一</translation></message>"
        '<message><source>two</source><translation type="unfinished">二</translation></message>'
        "</context></TS>",
        encoding="utf-8",
    )
    assert i18n.read_ts(path) == {("A", "one"): "一"}
