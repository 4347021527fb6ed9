from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from visualizer.ui.controls import Choice


@pytest.fixture
def choice(qtbot) -> Choice:
    choice = Choice()
    qtbot.addWidget(choice)
    choice.set_texts("Unit", {"token": "Token", "word": "Word", None: "None"})
    return choice


def test_only_a_persons_choice_is_announced(choice: Choice, qtbot) -> None:
    heard: list[object] = []
    choice.chosen.connect(heard.append)
    choice.set_value("word")
    assert heard == []
    box = choice.findChild(QComboBox)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert heard == [None]


def test_another_language_keeps_the_value(choice: Choice) -> None:
    choice.set_value("word")
    choice.set_texts("単位", {"token": "トークン", "word": "単語", None: "なし"})
    assert choice.value() == "word"
    assert choice.findChild(QComboBox).currentText() == "単語"
    assert choice.findChild(QComboBox).accessibleName() == "単位"


def test_an_unknown_value_changes_nothing(choice: Choice) -> None:
    choice.set_value("word")
    choice.set_value("sentence")
    assert choice.value() == "word"


def test_values_that_a_trace_has_not_are_greyed_out(choice: Choice) -> None:
    choice.set_available({"token"})
    model = choice.findChild(QComboBox).model()
    assert [model.item(row).isEnabled() for row in range(3)] == [True, False, False]
