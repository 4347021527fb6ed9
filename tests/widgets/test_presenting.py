"""Tools of a talk: pointer, spotlight, pen, a frozen picture, a black screen; none of them is ever in the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.ui import export, motion
from visualizer.views import export_dialog
from visualizer.widgets.commands import BY_ID, COMMANDS, Reach
from visualizer.widgets.lecture_mode import LectureMode
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.presenting import ink
from visualizer.widgets.presenting.buttons import SWITCHES, PresentingButtons

Make = Callable[..., MainWindow]
LEFT = Qt.MouseButton.LeftButton


def shown(window: MainWindow, qtbot: QtBot) -> None:
    view = window.views.active_view()
    assert view is not None
    qtbot.waitUntil(view.is_complete, timeout=20_000)
    QApplication.processEvents()


def write(window: MainWindow, start: QPoint, end: QPoint) -> None:
    marks = window.presenting.marks
    QTest.mousePress(marks, LEFT, pos=start)
    for step in range(1, 11):
        QTest.mouseMove(marks, start + (end - start) * step / 10)
    QTest.mouseRelease(marks, LEFT, pos=end)


def has_ink(image: QImage, color: str) -> bool:
    wanted = QColor(color).rgb()
    return any(image.pixel(x, y) == wanted for y in range(0, image.height(), 2) for x in range(0, image.width(), 2))


@pytest.fixture
def window(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> MainWindow:
    made = make_window(tiny_llama, "abcdefg")
    made.views.setFocus()
    shown(made, qtbot)
    return made


def test_no_key_of_a_talk_is_one_that_something_else_has() -> None:
    keys = [(QKeySequence(key), command.id) for command in COMMANDS for key in command.keys]
    for command in COMMANDS:
        if command.id.startswith("present."):
            for key in command.keys:
                others = [name for one, name in keys if one == QKeySequence(key) and name != command.id]
                assert not others, f"{key} of {command.id}: {others}"
            letters = [key for key in command.keys if len(key) == 1 or key == "Backspace"]
            assert not letters or command.reach is Reach.NOT_TYPING, f"{command.id} would write and act at once"
    of_steps = {"P", "[", "]", "Alt+Left", "Alt+Right"}  # attention step by step has them
    assert not of_steps & {key for command in COMMANDS for key in command.keys}


def test_a_letter_typed_into_a_field_switches_nothing(window: MainWindow, qtbot: QtBot) -> None:
    field = window.top_bar.prompt.text_field
    field.setFocus()
    qtbot.keyClicks(field, "bsdlfce")
    talk = window.presenting
    assert field.text().endswith("bsdlfce")
    assert not talk.tool and not talk.is_black and not talk.is_frozen


def test_the_pointer_follows_with_a_trail_and_takes_nothing_from_what_is_below(
    window: MainWindow, qtbot: QtBot
) -> None:
    talk, heard = window.presenting, []
    heatmap = window.views.active_view().heatmap
    heatmap.cell_hovered.connect(lambda row, column: heard.append((row, column)))
    qtbot.keyClick(window.views, Qt.Key.Key_L)
    assert talk.tool == "pointer" and talk.pointer.isVisible()
    middle = heatmap.mapTo(window, heatmap.arrangement().picture.center().toPoint())
    for step in range(6):
        QTest.mouseMove(window.windowHandle(), middle + QPoint(step * 6, 0))
        qtbot.wait(1)
    place = window.centralWidget().mapFrom(window, middle + QPoint(30, 0))
    assert talk.pointer.at == QPointF(place)
    assert motion.is_reduced() or talk.pointer.trail(), "where it was a moment ago"
    assert any(row >= 0 for row, _ in heard), "cells are still pointed at"
    qtbot.waitUntil(lambda: not talk.pointer.trail(), timeout=5_000)
    qtbot.keyClick(window.views, Qt.Key.Key_L)
    assert not talk.tool and not talk.pointer.isVisible()


def test_the_spotlight_dims_all_but_a_circle_whose_size_the_wheel_and_keys_change(
    window: MainWindow, qtbot: QtBot
) -> None:
    before = window.grab().toImage()
    window.run("present.spotlight")
    talk = window.presenting
    center = window.rect().center()
    QTest.mouseMove(window.windowHandle(), center)
    radius = talk.pointer.radius()
    image = window.grab().toImage()
    inside, outside = center + QPoint(round(radius / 2), 0), QPoint(window.width() // 2, window.height() - 40)
    assert image.pixelColor(outside).lightness() < before.pixelColor(outside).lightness() / 2
    assert image.pixelColor(inside).lightness() > 0.5 * before.pixelColor(inside).lightness()
    at = QPointF(center)
    turned = QWheelEvent(
        at, window.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ShiftModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(window.windowHandle(), turned)
    larger = talk.pointer.radius()
    assert larger > radius
    assert not window.views.active_view().heatmap.is_zoomed(), "the wheel meant the spotlight"
    window.run("present.smaller")
    assert talk.pointer.radius() == pytest.approx(radius)
    for _ in range(40):
        window.run("present.larger")
    assert talk.pointer.radius() < window.height(), "it stays a spotlight"


def test_marks_are_written_in_colours_and_taken_back_one_by_one(window: MainWindow, qtbot: QtBot) -> None:
    talk = window.presenting
    qtbot.keyClick(window.views, Qt.Key.Key_D)
    write(window, QPoint(100, 200), QPoint(400, 260))
    qtbot.keyClick(window.views, Qt.Key.Key_C)
    write(window, QPoint(100, 300), QPoint(400, 360))
    first, second = talk.marks.strokes
    assert first.color == ink.RED and second.color != ink.RED
    assert has_ink(window.grab().toImage(), ink.RED)
    header, bar = window.views.active_view().header, talk.pen_bar
    covered = bar.geometry().height() - (header.mapTo(window.views, header.rect().bottomLeft()).y() + 1)
    assert covered <= header.height() / 2, "the bar of the pen covers no figure"
    qtbot.keyClick(window.views, Qt.Key.Key_Backspace)
    assert talk.marks.strokes == (first,)
    write(window, QPoint(100, 400), QPoint(100, 400))
    assert len(talk.marks.strokes) == 2, "a touch leaves a dot"
    qtbot.keyClick(window.views, Qt.Key.Key_E)
    assert not talk.marks.strokes
    assert not has_ink(window.grab().toImage(), ink.RED) or talk.pen_bar.isVisible()


def test_marks_stay_when_the_pen_is_put_away_and_let_the_pointer_through(window: MainWindow, qtbot: QtBot) -> None:
    talk, heatmap = window.presenting, window.views.active_view().heatmap
    window.run("present.pen")
    center = heatmap.mapTo(window.views, heatmap.arrangement().picture.center().toPoint())
    write(window, center - QPoint(50, 0), center + QPoint(50, 0))
    assert window.views.childAt(center) is talk.marks
    window.run("unlock")
    assert not talk.tool and talk.marks.strokes and talk.marks.isVisible()
    assert window.views.childAt(center) is heatmap
    row, column = heatmap.cell_at(heatmap.mapFrom(window.views, QPointF(center)))
    QTest.mouseClick(window.windowHandle(), LEFT, pos=window.views.mapTo(window, center))
    assert heatmap.locked() == (row, column), "a click goes through the glass"


def test_marks_go_with_the_next_view_and_with_the_words_and_stay_for_another_head(
    window: MainWindow, qtbot: QtBot
) -> None:
    talk = window.presenting
    window.run("present.pen")
    for change in ("view.head_grid", "view.attention_map"):
        write(window, QPoint(100, 200), QPoint(200, 200))
        window.run(change)
        assert not talk.marks.strokes, change
    write(window, QPoint(100, 200), QPoint(200, 200))
    window.session.select(head=1)
    shown(window, qtbot)
    assert talk.marks.strokes
    with qtbot.waitSignal(window.session.trace_changed, timeout=20_000):
        window.session.set_text("gfedcb")
    assert not talk.marks.strokes, "they were around other words"
    write(window, QPoint(100, 200), QPoint(200, 200))
    window.resize(1100, 700)
    assert not talk.marks.strokes, "and around another place"


def test_the_views_stand_still_while_one_types_and_show_the_new_state_at_once(
    window: MainWindow, qtbot: QtBot
) -> None:
    talk, view = window.presenting, window.views.active_view()
    before = window.views.grab().toImage()
    qtbot.keyClick(window.views, Qt.Key.Key_F)
    word = talk.frozen.word_area()
    assert talk.is_frozen and window.views.rect().contains(word)
    with qtbot.waitSignal(window.session.trace_changed, timeout=20_000):
        window.session.set_text("gfed")
    shown(window, qtbot)
    window.run("view.head_grid")
    shown(window, qtbot)
    held = window.views.grab().toImage()
    differing = [
        (x, y)
        for y in range(0, before.height(), 3)
        for x in range(0, before.width(), 3)
        if held.pixel(x, y) != before.pixel(x, y) and not word.contains(x, y)
    ]
    assert not differing, "the picture stands"
    window.run("present.freeze")
    assert not talk.is_frozen and window.views.first == "head_grid"
    assert window.views.grab().toImage() != held
    assert view.trace is not None


def test_marks_on_a_frozen_picture_go_when_another_one_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    talk = window.presenting
    window.run("present.pen")
    write(window, QPoint(100, 200), QPoint(200, 200))
    window.run("present.freeze")
    window.run("view.head_grid")
    assert talk.marks.strokes, "what they are around still stands there"
    window.run("present.freeze")
    assert not talk.marks.strokes


@pytest.mark.parametrize("key", [Qt.Key.Key_B, Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Escape, Qt.Key.Key_F11])
def test_any_key_returns_from_black_and_does_nothing_else(window: MainWindow, qtbot: QtBot, key: Qt.Key) -> None:
    talk, before = window.presenting, window.session.selection
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    window.views.setFocus()
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_B)
    assert talk.is_black
    image = window.grab().toImage()
    corners = ((5, 5), (window.width() // 2, window.height() // 2), (window.width() - 5, window.height() - 5))
    assert all(image.pixelColor(x, y) == QColor("black") for x, y in corners)
    QTest.keyClick(window.windowHandle(), key)
    assert not talk.is_black
    assert window.session.selection == before and not window.session.settings.lecture
    assert window.focusWidget() is window.views, "the focus is where it was"


def test_a_key_held_down_leaves_black_black(window: MainWindow) -> None:
    window.run("present.black")
    QTest.keyPress(window.presenting.black, Qt.Key.Key_Shift)
    assert window.presenting.is_black, "Shift alone is on the way to another key"
    QTest.mouseClick(window.presenting.black, LEFT)
    assert not window.presenting.is_black


def test_pictures_of_views_are_without_marks_and_that_of_the_window_with_them(
    window: MainWindow, qtbot: QtBot, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    window.run("present.pen")
    write(window, QPoint(100, 200), QPoint(500, 260))
    window.run("present.freeze")
    view = window.views.active_view()
    export_dialog.save(view, folder / "view.png", scale=1.0)
    assert not has_ink(QImage(str(folder / "view.png")), ink.RED)
    from visualizer.widgets import controller

    monkeypatch.setattr(
        controller.QFileDialog, "getSaveFileName", lambda *_: (str(folder / "window.png"), "PNG (*.png)")
    )
    window.run("window.save")
    assert has_ink(QImage(str(folder / "window.png")), ink.RED)
    assert window.presenting.pen_bar.isVisible(), "tools are back when the picture is made"
    assert export is not None


def test_the_bar_of_a_lecture_has_the_tools_as_buttons_and_says_which_is_on(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    mode = window.findChild(LectureMode)
    assert mode is not None
    for size, is_menu in (((960, 900), True), ((1280, 800), False), ((1920, 1080), False)):
        window.resize(*size)
        mode.set(True)
        window.run("lecture.bar")
        buttons = window.lecture_bar.present
        assert buttons.one.isVisible() is is_menu
        assert all(button.isVisible() is not is_menu for button in buttons.buttons.values())
        for command, name in SWITCHES.items():
            window.run(command)
            assert window.presenting.is_on(name)
            assert buttons.buttons[command].isChecked()
            assert next(a for a in buttons.menu.actions() if a.data() == command).isChecked()
            window.run(command)
            assert not buttons.buttons[command].isChecked()
        mode.set(False)


def test_the_bar_of_a_lecture_stays_within_reach_of_the_pen(window: MainWindow, qtbot: QtBot) -> None:
    window.run("lecture.switch")
    window.run("present.pen")
    edge, bar = window.lecture_bar.edge, window.lecture_bar
    assert window.centralWidget().childAt(QPoint(300, 1)) is edge, "the upper edge still calls the bar"
    window.run("lecture.bar")
    at = window.centralWidget().childAt(bar.views.mapTo(window.centralWidget(), bar.views.rect().center()))
    assert at is bar.views
    window.run("view.head_grid")
    assert window.centralWidget().childAt(QPoint(300, 1)) is not window.presenting.marks


def test_every_tool_has_its_words_in_both_languages(window: MainWindow) -> None:
    texts = {command.id: command.label() for command in COMMANDS if command.id.startswith("present.")}
    window.run("language.switch")
    QApplication.processEvents()
    try:
        for name, text in texts.items():
            assert BY_ID[name].label() != text, f"{name} has no Japanese"
        assert all(ink.name_of(color) not in ("Red", "Green", "Violet") for color in ink.COLORS)
        for part in (window.presenting.pen_bar, *window.findChildren(PresentingButtons)):
            for button in part.findChildren(QWidget):
                if button.accessibleName():
                    assert not button.accessibleName().isascii(), button.accessibleName()
    finally:
        window.run("language.switch")
