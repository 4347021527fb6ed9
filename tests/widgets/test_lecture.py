"""Lecture mode is for the back row: the figure never smaller than in the window, every word large and whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontInfo, QFontMetrics, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QStackedWidget, QTableView, QWidget
from pytestqt.qtbot import QtBot

from visualizer.core.loaded_model import LoadedModel
from visualizer.ui import fonts
from visualizer.ui import lecture as rules
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.ui.numbers import short_probability
from visualizer.views.base import View
from visualizer.views.registry import VIEWS
from visualizer.widgets.lecture_mode import LectureMode
from visualizer.widgets.main_window import MainWindow

Make = Callable[..., MainWindow]

SIZES = ((1280, 800), (1366, 768), (1920, 1080))
SHARE = 0.025

# What of a view is its figure, where it has no heat map of its own.
FIGURES = {
    "next_token": "_bars",
    "attention_lines": "canvas",
    "head_grid": "mosaic",
    "head_statistics": "_panes",
    "similar_heads": "_panes",
    "feed_forward": "_panes",
    "whole_model_attention": "bars",
}


def figure(view: View) -> float:
    """Area of what is looked at, in square pixels."""
    if view.id in FIGURES:
        size = getattr(view, FIGURES[view.id]).size()
        return float(size.width() * size.height())
    maps = [one for one in view.findChildren(HeatmapWidget) if one.isVisible() and one.values.size]
    pictures = [one.arrangement().picture for one in maps]
    if pictures:
        return sum(one.width() * one.height() for one in pictures)
    size = view.export_widget().size()
    return float(size.width() * size.height())


def visible(window: MainWindow) -> list[QWidget]:
    overlay = [one for one in (window.lecture_bar, window.lecture_bar and window.lecture_bar.edge) if one is not None]
    return [
        one
        for one in window.findChildren(QWidget)
        if one.isVisible()
        and one.window() is window
        and not any(layer is one or layer.isAncestorOf(one) for layer in overlay)
    ]


def written(widget: QWidget) -> str:
    """The words on a widget; "" where it paints none by itself."""
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text()
    return ""


def look(window: MainWindow, view_id: str, qtbot: QtBot) -> View:
    window.views.show_views(view_id)
    view = window.views.view(view_id)
    qtbot.waitUntil(lambda: view.is_complete() or bool(view.message()), timeout=20_000)
    for _ in range(3):
        QApplication.processEvents()
    return view


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all fonts that painters ask for, in pixels."""
    sizes: list[int] = []
    ask = fonts.base_font

    def base_font(*arguments: float) -> object:
        font = ask(*arguments)
        sizes.append(font.pixelSize())
        return font

    monkeypatch.setattr(fonts, "base_font", base_font)
    return sizes


def faults(window: MainWindow, view: View, least: float) -> Iterator[str]:
    """What is wrong with what is seen."""
    room = window.rect()
    needed = window.centralWidget().minimumSizeHint()
    if needed.width() > room.width() or needed.height() > room.height():
        yield f"needs {needed.toTuple()} of {room.size().toTuple()}"
    shown = visible(window)
    for widget in shown:
        name = f"{type(widget).__name__} {written(widget)!r}"
        place = QRect(widget.mapTo(window, QPoint()), widget.size())
        text = written(widget)
        if text or isinstance(widget, QTableView):
            if QFontInfo(widget.font()).pixelSize() < least:
                yield f"{name} is written with {QFontInfo(widget.font()).pixelSize()} px"
            if not room.contains(place):
                yield f"{name} at {place.getRect()} leaves the window"
        if isinstance(widget, QLabel) and text and widget.textFormat() is not Qt.TextFormat.RichText:
            if not widget.wordWrap() and QFontMetrics(widget.font()).horizontalAdvance(text) > widget.width() + 1:
                yield f"{name} is cut"
            if widget.wordWrap() and widget.heightForWidth(widget.width()) > widget.height() + 1:
                yield f"{name} is cut below"
        if not isinstance(widget, QStackedWidget):
            children = [one for one in widget.children() if isinstance(one, QWidget) and one in shown]
            for one, other in combinations(children, 2):
                if one.geometry().intersects(other.geometry()) and (written(one) or written(other)):
                    yield f"{type(one).__name__} {written(one)!r} lies over {type(other).__name__} {written(other)!r}"


@pytest.mark.parametrize(
    ("language", "kind", "sizes"),
    [
        ("en", "tiny_llama", SIZES),
        ("ja", "tiny_llama", SIZES),
        ("en", "tiny_bert", SIZES[1:2]),
        ("ja", "tiny_marian", SIZES[2:]),
    ],
)
def test_the_figure_is_never_smaller_and_every_word_is_large_and_whole(
    make_window: Make,
    request: pytest.FixtureRequest,
    qtbot: QtBot,
    asked: list[int],
    language: str,
    kind: str,
    sizes: tuple[tuple[int, int], ...],
) -> None:
    window = make_window(request.getfixturevalue(kind), "abcdefg")
    mode = window.findChild(LectureMode)
    assert mode is not None
    if language == "ja":
        window.run("language.switch")
    found = []
    for width, height in sizes:
        window.resize(width, height)
        ordinary = {view_id: figure(look(window, view_id, qtbot)) for view_id in VIEWS}
        mode.set(True)
        for view_id in VIEWS:
            view = look(window, view_id, qtbot)
            where = f"{view_id} at {width} x {height}"
            assert window.size().toTuple() == (width, height)
            asked.clear()
            window.grab()
            if figure(view) < ordinary[view_id]:
                found.append(f"{where}: figure of {figure(view):.0f} instead of {ordinary[view_id]:.0f}")
            # The map of the model is drawn in its own units and enlarged as a whole.
            if view_id != "model_map" and min(asked, default=99) < SHARE * height:
                found.append(f"{where}: painted with {min(asked)} px")
            found += [f"{where}: {fault}" for fault in faults(window, view, SHARE * height)]
        mode.set(False)
        window.resize(width, height)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("size", [(960, 600), (1280, 800), (1920, 1080), (3840, 2160)])
@pytest.mark.parametrize("lecture", [False, True])
def test_no_size_of_text_makes_the_parts_larger_than_the_window(size: tuple[int, int], lecture: bool) -> None:
    scales = [rules.scale_for(*size, lecture=lecture, size=wanted) for wanted in (0.1, 1.0, 1.2, 9.0)]
    assert scales == sorted(scales)
    if lecture:
        assert round(rules.SMALLEST_TEXT * scales[0]) >= SHARE * size[1], "not even when smaller text was asked for"
        assert scales[-1] * 560 <= size[0] or scales[-1] == scales[0]
    else:
        assert scales[1] == 1.0
        assert scales[-1] * 960 <= size[0] and scales[-1] * 600 <= size[1]


def test_two_views_at_the_largest_text_stand_side_by_side_in_a_small_window(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcdefg")
    window.resize(960, 600)
    for lecture in (False, True):
        mode = window.findChild(LectureMode)
        assert mode is not None
        mode.set(lecture)
        for _ in range(9):
            window.run("text.larger")
        window.views.set_second(True, "head_grid")
        qtbot.wait(20)
        assert window.size().toTuple() == (960, 600)
        places = [QRect(view.mapTo(window, QPoint()), view.size()) for view in window.views.shown_views()]
        for one, other in combinations(places, 2):
            assert not one.intersects(other), f"{one.getRect()} and {other.getRect()}"
        assert all(window.rect().contains(place) for place in places)
        window.views.set_second(False)


def test_the_size_of_text_is_chosen_by_keys_in_both_modes_and_remembered(
    make_window: Make, tiny_llama: LoadedModel
) -> None:
    window = make_window(tiny_llama)
    window.resize(1920, 1080)
    mode, settings = window.findChild(LectureMode), window.session.settings
    assert mode is not None
    for lecture, name in ((False, "text_size"), (True, "lecture_text_size")):
        mode.set(lecture)
        plain = window.session.theme.scale
        window.run("text.larger")
        assert window.session.theme.scale > plain
        assert getattr(settings, name) == pytest.approx(rules.STEP)
        window.run("text.smaller")
        assert window.session.theme.scale == pytest.approx(plain)
        window.run("text.larger")
    mode.set(False)
    assert window.session.theme.scale == pytest.approx(rules.STEP), "each mode has its own"
    window.run("text.normal")
    assert settings.text_size == 1.0 and settings.lecture_text_size > 1.0


def test_escape_lets_go_what_is_locked_then_leaves(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.run("lecture.switch")
    window.session.select(query=1, key=0)
    window.run("unlock")
    assert window.session.settings.lecture and window.session.selection.query is None
    window.run("lecture.bar")
    window.run("unlock")
    assert window.session.settings.lecture and not window.lecture_bar.isVisible()
    window.run("unlock")
    assert not window.session.settings.lecture and window.top_bar.isVisible()


def test_the_bar_has_what_is_away_in_whole_words(make_window: Make, tiny_marian: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_marian)
    mode = window.findChild(LectureMode)
    assert mode is not None
    for size in ((960, 600), *SIZES):
        window.resize(*size)
        mode.set(True)
        window.run("lecture.bar")
        bar = window.lecture_bar
        assert bar.isVisible() and bar.height() < 0.12 * window.height(), "slim"
        qtbot.wait(30)
        parts = [part for part in (bar.leave, bar.views, bar.selectors, bar.prompt) if part.isVisible()]
        assert bar.leave in parts and bar.views in parts and bar.selectors in parts
        for part in bar.findChildren(QWidget):
            if part.isVisible() and written(part):
                assert part.width() >= QFontMetrics(part.font()).horizontalAdvance(written(part)), written(part)
                assert bar.rect().contains(QRect(part.mapTo(bar, QPoint()), part.size()))
        mode.set(False)


def test_the_controls_of_a_view_can_be_called_back(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama)
    window.run("lecture.switch")
    view = look(window, "attention_map", qtbot)
    controls = view.header.findChildren(QComboBox)
    assert controls and not any(one.isVisible() for one in controls)
    window.lecture_bar.controls.click()
    assert any(one.isVisible() for one in controls)
    window.run("lecture.switch")
    window.run("lecture.switch")
    assert not any(one.isVisible() for one in controls), "a new lecture begins with the figure alone"


def test_the_keys_are_those_of_every_program() -> None:
    from visualizer.widgets.commands import BY_ID

    for name, key in (("text.larger", "Ctrl++"), ("text.smaller", "Ctrl+-"), ("text.normal", "Ctrl+0")):
        assert QKeySequence(key) in [QKeySequence(one) for one in BY_ID[name].keys]


def test_a_comparison_gives_its_bar_to_the_figures_and_gets_it_back(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama)
    window.run("lecture.switch")
    window.run("lecture.switch")
    assert not window.comparison.isVisible(), "nothing is compared"
    window.session.compare()
    assert window.comparison.isVisible()
    window.run("lecture.switch")
    assert not window.comparison.isVisible() and window.views.is_comparing
    window.run("lecture.switch")
    assert window.comparison.isVisible()
    qtbot.waitUntil(lambda: window.session.other.trace is not None, timeout=20_000)


def test_the_dock_of_a_lecture_is_one_line_with_the_most_probable_tokens(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcdefg")
    line = window.views.line
    assert not line.isVisible(), "the ordinary window has its dock"
    window.run("lecture.switch")
    look(window, "attention_map", qtbot)
    trace, sampling = window.session.trace, window.session.selection.sampling
    best = trace.next_tokens(-1, sampling.temperature, sampling.top_k, sampling.top_p, 3)
    assert line.isVisible() and line.height() <= 0.08 * window.height()
    for candidate in best:
        assert short_probability(candidate.probability) in line.text() and candidate.text.strip() in line.text()
    before = line.text()
    window.session.select(temperature=0.2)
    assert line.text() != before, "it follows the temperature"
    window.session.select(position=2)
    first = trace.next_tokens(2, 0.2, limit=1)[0]
    assert first.text.strip() in line.text().split("  ")[1]
    window.run("view.dock")
    assert not line.isVisible(), "Ctrl+J folds it away, too"
    window.run("view.dock")
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    assert window.views.first == "next_token" and not line.isVisible(), "the view itself says more"
    window.run("view.attention_map")
    assert line.isVisible()
    window.run("lecture.switch")
    assert not line.isVisible()


def test_a_model_that_predicts_nothing_here_has_no_such_line(
    make_window: Make, tiny_bert: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_bert, "abc")
    window.run("lecture.switch")
    look(window, "attention_map", qtbot)
    assert not window.views.line.isVisible(), "there is no blank"
    window.session.select(position=2)
    assert window.views.line.isVisible()


@pytest.mark.parametrize("size", [(1000, 600), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_tables_show_six_rows_and_no_column_cut_in_two(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, size: tuple[int, int], language: str
) -> None:
    window = make_window(tiny_llama, "abcdefg")
    mode = window.findChild(LectureMode)
    assert mode is not None
    if language == "ja":
        window.run("language.switch")
    window.resize(*size)
    for lecture in (False, True):
        mode.set(lecture)
        for view_id in ("head_statistics", "head_importance"):
            view = look(window, view_id, qtbot)
            where = f"{view_id} in {'a lecture' if lecture else 'the window'} at {size}"
            room, header, table = view.table.viewport(), view.table.horizontalHeader(), view.table
            if lecture:
                rows = room.height() / table.verticalHeader().defaultSectionSize()
                assert rows >= min(6, table.model().rowCount()), f"{where}: {rows:.1f} rows"
            edges = [header.sectionPosition(n) + header.sectionSize(n) for n in range(header.count())]
            whole = [edge for edge in edges if edge <= room.width()]
            assert len(whole) >= 2, f"{where}: {edges} in {room.width()}"
            assert len(whole) == len(edges) or whole[-1] == room.width(), f"{where}: {edges} in {room.width()}"
    mode.set(False)


def test_the_note_of_importance_gives_way_in_a_low_window_and_is_under_the_pointer(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcdefg")
    window.resize(1600, 1000)
    view = look(window, "head_importance", qtbot)
    whole = view._note.text()
    assert "Spearman" in whole and not view._note.toolTip()
    window.resize(1000, 600)
    look(window, "head_importance", qtbot)
    assert "Spearman" not in view._note.text() and "Spearman" in view._note.toolTip()
    assert view._note.height() < 3 * view._note.fontMetrics().height()
    window.resize(1600, 1000)
    look(window, "head_importance", qtbot)
    assert view._note.text() == whole


def test_a_lecture_says_which_of_two_texts_a_figure_shows(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama)
    window.resize(800, 600)
    window.run("compare")
    window.findChild(LectureMode).set(True)
    letters = [
        [label.text() for label in view.header.findChildren(QLabel) if label.isVisible() and label.text() in ("A", "B")]
        for view in window.views.shown_views()[:2]
    ]
    assert letters == [["A"], ["B"]]
