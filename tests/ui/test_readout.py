"""The line that says what is pointed at: large, always there, honest about what it is, and never moving anything."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from visualizer.ui import fonts, readout, theme
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.readout import ReadoutLine


def test_it_is_larger_than_other_text_in_the_window_and_larger_still_in_a_lecture(
    qapp: QApplication,
) -> None:
    plain = theme.named("light")
    for look in (plain, plain.scaled(27 / 12, lecture=True)):
        assert fonts.readout_font(look).pixelSize() > fonts.base_font(look.scale).pixelSize()
    assert fonts.readout_font(plain.scaled(27 / 12, lecture=True)).pixelSize() >= 0.025 * 1080


def test_the_last_one_stays_and_is_told_as_that(qtbot: QtBot) -> None:
    heatmap = HeatmapWidget()
    qtbot.addWidget(heatmap)
    heatmap.set_data(np.eye(3))
    heatmap.set_readout("a looks at b: 0.5")
    heatmap.set_readout("")
    assert heatmap.readout() == "Last: a looks at b: 0.5"
    heatmap.set_readout("")
    assert heatmap.readout() == "Last: a looks at b: 0.5", "not the last of the last"
    heatmap.set_data(np.zeros((3, 3)))
    assert heatmap.readout() == "", "those numbers are no more"


@pytest.mark.parametrize("lines", [1, 2])
def test_no_text_changes_the_height_of_the_line(qtbot: QtBot, lines: int) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    line = ReadoutLine(parent, lines)
    line.apply_theme(theme.named("light"))
    heights = set()
    for text in ("", "short", "長い" * 300):
        line.say(text, "otherwise")
        heights.add((line.height(), line.minimumHeight(), line.maximumHeight()))
    assert len(heights) == 1
    assert line.height() >= lines * line.fontMetrics().height()


def test_a_line_says_something_else_before_anything_was_pointed_at(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    line = ReadoutLine(parent)
    line.say("", "9 lines")
    assert line.text() == "9 lines"
    line.say("x 0.5", "9 lines")
    line.say("", "9 lines")
    assert line.text() == "Last: x 0.5"
    readout.forget_last(parent)
    assert line.text() == "9 lines", "a saved picture says nothing of where the pointer was"
