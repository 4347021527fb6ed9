from __future__ import annotations

import csv
import math
import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel

from tests.core.attention_patterns import looking_back, trace_of, uniform
from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.analyses import first_look, head_statistics
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.ui import export as exporter
from visualizer.ui import whole_picture
from visualizer.ui.number_table import NumberTable
from visualizer.ui.scatter import ScatterWidget
from visualizer.ui.whole_picture import WholePicture
from visualizer.views import export_dialog, head_words
from visualizer.views.head_statistics.view import HeadStatisticsView


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat on the mat"))


def texts(view: HeadStatisticsView, column: int) -> list[str]:
    model = view.table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def column_of(view: HeadStatisticsView, measure: str) -> int:
    return 2 + view.table.heads.measures.index(measure)


def test_every_head_has_a_row_with_the_measured_numbers(trace: Trace, qtbot) -> None:
    table = head_statistics.measure(trace)
    with shown(HeadStatisticsView, trace, qtbot) as view:
        assert texts(view, 0) == [f"L{layer} H{head}" for layer in range(3) for head in range(4)]
        for measure in ("entropy", "previous_token", "induction"):
            found = texts(view, column_of(view, measure))
            expected = [head_words.measure_text(measure, float(value)) for value in table.values[measure]]
            assert found == expected, measure


def test_a_click_on_a_column_sorts_by_size_and_what_cannot_be_measured_comes_last(tiny_bert, qtbot) -> None:
    heads = np.stack([uniform(4), looking_back(4), 0.5 * uniform(4) + 0.5 * looking_back(4)])
    trace = trace_of(tiny_bert, {"self": [heads]}, tuple("abcd"))
    with shown(HeadStatisticsView, trace, qtbot) as view:
        column = column_of(view, "previous_token")
        view.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
        assert texts(view, 0) == ["L0 H1", "L0 H2", "L0 H0"]
        view.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
        assert texts(view, 0) == ["L0 H0", "L0 H2", "L0 H1"]
        values = view.table.heads.table.values["previous_token"]
        values[2] = math.nan
        for order in (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder):
            view.table.model().invalidate()
            view.table.sortByColumn(column, order)
            assert texts(view, 0)[-1] == "L0 H2", order


def test_measures_that_the_text_has_not_are_named_and_not_shown(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        assert "separator" not in view.table.heads.measures
        assert head_words.measure_name("separator") in view._note.text()


def test_a_row_selects_its_head_everywhere(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        view.table.selectRow(6)
        assert (view.session.selection.layer, view.session.selection.head) == (1, 2)
        assert view.scatter._selected == 6
        view.table.setFocus()
        qtbot.keyClick(view.table, Qt.Key.Key_Down)
        assert (view.session.selection.layer, view.session.selection.head) == (1, 3)


def test_a_selection_from_elsewhere_moves_the_row(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        view.table.sortByColumn(column_of(view, "entropy"), Qt.SortOrder.DescendingOrder)
        view.session.select(layer=2, head=1)
        assert view.table.currentIndex().siblingAtColumn(0).data() == "L2 H1"


def test_a_point_selects_its_head(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        place = view.scatter.points()[9]
        target = view.scatter.point_at(QPointF(*place))
        layer, head = view.table.heads.head_of(target)
        qtbot.mouseMove(view.scatter, QPoint(*map(round, place)))
        qtbot.mouseClick(view.scatter, Qt.MouseButton.LeftButton, pos=QPoint(*map(round, place)))
        assert (view.session.selection.layer, view.session.selection.head) == (layer, head)


def test_the_axes_can_be_chosen(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        view._choices[0].chosen.emit("induction")
        values = view.scatter._values[:, 0]
        np.testing.assert_allclose(values, view.table.heads.column("induction"))
        assert view.scatter._titles[0] == head_words.measure_title("induction")


def test_an_encoder_decoder_shows_the_selected_kind(tiny_marian, qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="de"))
    with shown(HeadStatisticsView, trace, qtbot) as view:
        assert view.table.heads.rowCount() == 8
        view.session.select(kind="cross")
        assert view.table.heads.rowCount() == 6
        assert "previous_token" not in view.table.heads.measures
        assert len(view.data()["kind"]) == 20, "the file holds all kinds"


def test_another_text_is_measured_again(trace: Trace, tiny_llama, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        before = texts(view, column_of(view, "entropy"))
        view.session.show_trace(capture.run(tiny_llama, RunRequest("Two")))
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert texts(view, column_of(view, "entropy")) != before


def test_nothing_of_the_text_before_is_exported(trace: Trace, tiny_llama, qtbot, monkeypatch) -> None:
    gate = threading.Event()
    real = head_statistics.measure
    with shown(HeadStatisticsView, trace, qtbot) as view:
        monkeypatch.setattr(head_statistics, "measure", lambda *a: (gate.wait(20), real(*a))[1])
        view.session.show_trace(capture.run(tiny_llama, RunRequest("Two")))
        assert view.data() == {}
        view.export_widget()
        assert not view.table.heads.rowCount() and not len(view.scatter._values)
        gate.set()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.table.heads.rowCount() == 12 and view.data()


def test_measuring_that_takes_long_shows_nothing_of_the_text_before(
    trace: Trace, tiny_llama, qtbot, monkeypatch
) -> None:
    gate = threading.Event()
    real = head_statistics.measure
    with shown(HeadStatisticsView, trace, qtbot) as view:
        monkeypatch.setattr(head_statistics, "measure", lambda *a: (gate.wait(20), real(*a))[1])
        view.session.show_trace(capture.run(tiny_llama, RunRequest("Two")))
        qtbot.waitUntil(lambda: view.table.heads.rowCount() == 0, timeout=5000)
        gate.set()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)


@pytest.mark.parametrize("choice", [{"unit": "word"}, {"hide_sinks": True}])
def test_it_says_that_units_and_sinks_do_not_matter_here(trace: Trace, choice: dict[str, object], qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        assert "By token" not in view._note.text()
        view.session.select(**choice)
        assert "By token, nothing hidden." in view._note.text() and view.is_complete()


def test_the_exported_picture_holds_every_row_and_column(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot, (700, 420)) as view:
        view.table.sortByColumn(column_of(view, "entropy"), Qt.SortOrder.DescendingOrder)
        assert not view.table.is_whole()
        widget = view.export_widget()
        assert isinstance(widget, WholePicture) and not widget.isVisible()
        exporter.render(widget, view.theme, scale=1.0)
        table, scatter = widget.findChild(NumberTable), widget.findChild(ScatterWidget)
        assert table.is_whole()
        assert widget.rect().contains(table.geometry())
        order = [table.model().index(row, 0).data() for row in range(12)]
        assert order == texts(view, 0), "in the order that was chosen"
        np.testing.assert_array_equal(scatter._values, view.scatter._values)


def test_a_table_too_high_for_a_picture_says_what_is_left_out(trace: Trace, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(whole_picture, "_HIGHEST", 260)
    with shown(HeadStatisticsView, trace, qtbot, (700, 420)) as view:
        widget = view.export_widget()
        assert widget.findChild(NumberTable).height() <= 260
        note = widget.findChild(QLabel, options=Qt.FindChildOption.FindDirectChildrenOnly).text()
        assert "of 12 rows" in note


def test_captions_of_different_kinds_differ(tiny_marian, qtbot) -> None:
    with shown(HeadStatisticsView, capture.run(tiny_marian, RunRequest("abc", target="de")), qtbot) as view:
        captions = set()
        for kind in ("encoder", "decoder", "cross"):
            view.session.select(kind=kind)
            captions.add(view.caption())
        assert len(captions) == 3


def test_a_trace_from_a_file_has_no_induction(trace: Trace, tmp_path: Path, qtbot) -> None:
    trace.save(tmp_path / "t.safetensors")
    with shown(HeadStatisticsView, Trace.open(tmp_path / "t.safetensors"), qtbot) as view:
        assert "induction" not in view.table.heads.measures


@pytest.mark.parametrize("size", [(1000, 700), (480, 700)])
def test_one_head_one_layer_one_token(tiny_bert, size: tuple[int, int], qtbot) -> None:
    with shown(HeadStatisticsView, trace_of(tiny_bert, {"self": [uniform(1)[None]]}, ("a",)), qtbot, size) as view:
        assert view.table.heads.rowCount() == 1
        assert not view.grab().isNull()


def test_picture_and_numbers_are_saved(trace: Trace, tmp_path: Path, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        for name in ("a.png", "a.svg", "a.pdf", "a.csv", "a.npz", "a.json"):
            export_dialog.save(view, tmp_path / name)
    assert QImage(str(tmp_path / "a.png")).width() > 1000
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0][1:8] == list(head_statistics.ON_TEXT)
    assert rows[1][0] == "layer 0, head 0" and len(rows) == 13


def test_every_label_and_measure_has_words() -> None:
    assert set(head_words._SENTENCES) == set(first_look.PATTERNS) >= set(head_statistics.LABELS)
    assert head_words.MEASURES == head_statistics.MEASURES


def test_the_order_of_the_table_is_an_option_by_name(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        view.table.horizontalHeader().setSortIndicator(column_of(view, "entropy"), Qt.SortOrder.DescendingOrder)
        assert (view.options.sort, view.options.falling) == ("entropy", True)
        values = view.table.heads.column("entropy")
        best = view.table.heads.head_of(int(values.argmax()))
        assert texts(view, 0)[0] == head_words.short_name(*best)
        view.set_options(sort="head", falling=False)
        assert texts(view, 0)[0] == "L0 H0"
        view.set_options(sort="separator", falling=True)
        assert texts(view, 0)[0] == "L0 H0", "this text has no separator"
