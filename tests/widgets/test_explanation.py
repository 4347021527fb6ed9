"""The panel that explains: beside the figure, by key, and what it proposes happens in one click."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QFontInfo, QTextCharFormat
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.causal_views import CAUSAL_VIEWS
from visualizer.core.loaded_model import LoadedModel
from visualizer.ui import glossary, lecture
from visualizer.views.registry import OWN, VIEWS
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]


def click(window: MainWindow, link: str) -> None:
    window.explanation.text.anchorClicked.emit(QUrl(link))


def shown(window: MainWindow) -> str:
    return str(window.explanation.text.toPlainText())


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_Question])
def test_f1_and_the_question_mark_open_it_and_close_it(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, key: Qt.Key
) -> None:
    window = make_window(tiny_llama)
    window.views.setFocus()
    qtbot.keyClick(window.views, key)
    assert window.explanation.isVisible()
    assert VIEWS["attention_map"].label() == window.explanation.title.text()
    qtbot.keyClick(window.views, key)
    assert not window.explanation.isVisible()


def test_a_question_mark_that_is_typed_stays_a_question_mark(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, text="ab")
    window.focus_text()
    qtbot.keyClicks(window.focusWidget(), "?")
    assert not window.explanation.isVisible()
    qtbot.waitUntil(lambda: "?" in window.session.text)


def test_escape_lets_a_lock_go_first_and_then_closes_it(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.run("help.view")
    window.views.setFocus()
    window.session.select(query=1)
    window.run("unlock")
    assert window.explanation.isVisible() and window.session.selection.query is None
    window.run("unlock")
    assert not window.explanation.isVisible()


def test_escape_in_the_panel_closes_it_whatever_is_locked(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.run("help.view")
    window.session.select(query=1)
    window.explanation.text.setFocus()
    window.run("unlock")
    assert not window.explanation.isVisible() and window.session.selection.query == 1
    assert window.views.hasFocus(), "the keys go back to the views"


@pytest.mark.parametrize("view_id", [info.id for info in OWN])
def test_it_follows_the_view_that_is_worked_in(make_window: Make, tiny_llama: LoadedModel, view_id: str) -> None:
    window = make_window(tiny_llama)
    window.run("help.view")
    window.views.choose(view_id)
    assert window.explanation.title.text() == VIEWS[view_id].label()
    for heading in ("What is shown", "How to read it", "Formula", "Try it with this text", "Where it misleads"):
        assert heading in shown(window)


def test_the_question_mark_of_the_dock_explains_the_dock_which_stays(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    dock = window.views.view("next_token")
    assert dock.isVisible()
    dock.header.help_requested.emit()
    assert window.explanation.title.text() == VIEWS["next_token"].label()
    assert dock.isVisible()
    qtbot.wait(10)
    assert dock.isVisible() and window.explanation.title.text() == VIEWS["next_token"].label()


def test_it_stands_beside_the_figure_and_the_dock_makes_room(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    assert window.views.dock
    window.run("help.view")
    view, panel = window.views.active_view(), window.explanation
    assert view is not None
    right = view.mapTo(window, QPoint(view.width(), 0)).x()
    assert right <= panel.mapTo(window, QPoint(0, 0)).x()
    assert not window.views.dock, "at 1280 pixels figure, dock and panel have no room together"
    window.run("help.view")
    assert window.views.dock, "the dock comes back"


def test_its_width_is_remembered(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.run("help.view")
    left, right = window.across.sizes()
    window.across.moveSplitter(left - 60, 1)
    assert window.explanation.width() > right
    width = window.explanation.width()
    window.run("help.view")
    window.run("help.view")
    assert window.explanation.width() == width
    assert window.session.settings.splitters["explanation"] == str(width)


@pytest.mark.parametrize("view_id", CAUSAL_VIEWS)
def test_what_it_proposes_happens_in_one_click_and_runs_no_model(
    make_window: Make, tiny_llama: LoadedModel, passes, view_id: str, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, text="abab")
    window.views.choose(view_id)
    window.run("help.view")
    asked = len(passes.asked)
    for number in range(len(window.explanation.tries)):
        window.views.choose(view_id)
        wanted = window.explanation.tries[number].do
        if wanted.text:  # another text is run, and says so
            continue
        click(window, f"try:{number}")
        selection = window.session.selection
        for name, value in wanted.select.items():
            rule, look = selection.rule, selection.look
            part = {"hide_sinks": rule, "unit": rule, "scale": look, "temperature": selection.sampling}
            assert getattr(part.get(name, selection), name) == value
        view = window.views.view(wanted.view or view_id)
        assert view.isVisible()
        for name, value in wanted.options.items():
            assert getattr(view.options, name) == value
        qtbot.wait(5)
    assert len(passes.asked) == asked


def test_a_text_that_it_proposes_is_read(make_window: Make, tiny_bert: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_bert, text="a b a")
    window.views.choose("next_token")
    window.run("help.view")
    with qtbot.waitSignal(window.session.trace_changed, timeout=20_000):
        click(window, "try:0")
    assert "[MASK]" in window.session.text


def test_what_it_proposes_follows_the_text(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama, text="ab")
    window.views.choose("head_statistics")
    window.run("help.view")
    assert "2 tokens" in shown(window)
    with qtbot.waitSignal(window.session.trace_changed, timeout=20_000):
        window.session.set_text("abcd")
    qtbot.waitUntil(lambda: "4 tokens" in shown(window))


def test_without_a_text_it_says_that_one_is_wanted(make_window: Make) -> None:
    window = make_window()
    window.run("help.view")
    assert "Type a sentence" in shown(window)


def test_a_term_opens_and_back_leads_to_the_view(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.run("help.view")
    before = shown(window)
    click(window, "term:softmax")
    assert window.explanation.page == ("term", "softmax")
    assert "Turns any numbers into shares" in shown(window)
    window.explanation.back.click()
    assert shown(window) == before and not window.explanation.back.isVisible()


def test_the_glossary_lists_every_term_in_the_language_of_the_window(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.run("help.glossary")
    assert all(term.name.en in shown(window) for term in glossary.terms().values())
    window.run("language.switch")
    qtbot.waitUntil(lambda: all(term.name.ja in shown(window) for term in glossary.terms().values()))
    assert window.explanation.title.text() == "用語集"


def test_terms_are_underlined_with_dots(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.run("help.view")
    block, dotted = window.explanation.text.document().begin(), set()
    while block.isValid():
        parts = block.begin()
        while not parts.atEnd():
            look = parts.fragment().charFormat()
            if look.underlineStyle() == QTextCharFormat.UnderlineStyle.DotLine:
                dotted.add(look.anchorHref())
            parts += 1
        block = block.next()
    assert {"term:softmax", "term:query"} <= dotted
    assert all(link.startswith("term:") for link in dotted)


def test_in_lecture_mode_no_letter_is_smaller_than_the_back_row_can_read(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.resize(1920, 1080)
    window.session.settings.lecture = True
    window.run("help.view")
    window.set_lecture(True)
    from visualizer.widgets.appearance import Appearance

    window.session.findChild(Appearance).set_lecture(True, window.size())
    qtbot.wait(20)
    block, sizes = window.explanation.text.document().begin(), set()
    while block.isValid():
        parts = block.begin()
        while not parts.atEnd():
            sizes.add(QFontInfo(parts.fragment().charFormat().font()).pixelSize())
            parts += 1
        block = block.next()
    assert min(sizes) >= lecture.SMALLEST_SHARE * 1080 - 1
    assert window.explanation.width() <= 0.46 * window.width(), "the figure stays the larger part"
    window.session.settings.lecture = False


def test_every_button_has_a_name_and_a_tip(make_window: Make) -> None:
    window = make_window()
    window.run("help.view")
    for button in window.explanation.findChildren(QToolButton):
        assert button.accessibleName() and button.toolTip()


def panes(window: MainWindow) -> list[bool]:
    return [view.isVisible() for view in window.views.shown_views()[:2]]


def test_beside_two_views_it_never_leaves_both_too_small_to_be_read(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    """What was asked for last wins: the explained view has the room of both, or the panel goes."""
    window = make_window(tiny_llama)
    window.resize(960, 600)
    window.run("compare")
    window.run("help.view")
    assert window.explanation.isVisible() and panes(window) == [True, False]
    window.run("help.view")
    assert panes(window) == [True, True], "the comparison comes back as it was"
    window.run("compare")

    window.run("help.view")
    window.run("compare")
    assert not window.explanation.isVisible() and panes(window) == [True, True]
    window.run("help.view")
    window.run("compare")
    assert window.explanation.isVisible() and not window.views.is_alone, "one view alone: there is room again"

    window.resize(1600, 900)
    window.run("view.second")
    qtbot.waitUntil(lambda: window.explanation.isVisible() and panes(window) == [True, True])
    window.resize(960, 600)
    qtbot.waitUntil(lambda: not window.explanation.isVisible() and panes(window) == [True, True])
