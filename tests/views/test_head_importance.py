from __future__ import annotations

import csv
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.core.families import FALLBACK, build, plain_tokenizer
from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture, models
from visualizer.core.analyses import head_importance, head_statistics
from visualizer.core.errors import CannotIntervene
from visualizer.core.interventions import parse
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session import switching
from visualizer.session.session import Session
from visualizer.ui import errors
from visualizer.ui import export as exporter
from visualizer.ui.heatmap import HeatmapWidget
from visualizer.views import export_dialog, head_words
from visualizer.views.head_importance import work
from visualizer.views.head_importance.table import DELTA, KL, PartTable
from visualizer.views.head_importance.view import HeadImportanceView


@pytest.fixture
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat"))


def column(view: HeadImportanceView, number: int) -> list[str]:
    model = view.table.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def test_the_map_holds_the_core_s_numbers(trace: Trace, qtbot) -> None:
    expected = head_importance.measure(trace)
    with shown(HeadImportanceView, trace, qtbot) as view:
        np.testing.assert_allclose(view.heatmap.values[::-1], expected.delta, atol=1e-5)
        assert view.heatmap.scale.kind == "signed"
        view.set_options(value="kl")
        np.testing.assert_allclose(view.heatmap.values[::-1], expected.kl, atol=1e-5)
        assert view.heatmap.scale.kind == "linear"
        assert view.heatmap.values.shape == (3, 5), "four heads and the feed-forward part"


def test_the_table_is_sorted_by_what_parts_are_worth(trace: Trace, qtbot) -> None:
    importance = head_importance.measure(trace)
    with shown(HeadImportanceView, trace, qtbot) as view:
        layer, part = np.unravel_index(int(importance.delta.argmin()), importance.delta.shape)
        first = f"L{layer} H{part}" if part < 4 else f"L{layer} feed-forward"
        assert column(view, 0)[0] == first
        view.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
        numbers = [view.table.model().index(row, 2).data(int(Qt.ItemDataRole.UserRole)) for row in range(15)]
        assert numbers == sorted(numbers, reverse=True)


def test_parts_have_their_whole_names_while_rows_are_still_coming(trace: Trace, qtbot) -> None:
    with shown(HeadImportanceView, trace, qtbot) as view:
        part, table = view.current, view.table
        view.clear()
        table.set_found(replace(part, statistics=None), frozenset())
        longest = max(column(view, 0), key=len)
        assert longest.endswith("feed-forward")
        assert table.columnWidth(0) > table.fontMetrics().horizontalAdvance(longest)


def test_the_statistics_of_heads_stand_beside_it(trace: Trace, qtbot) -> None:
    statistics = head_statistics.measure(trace)
    with shown(HeadImportanceView, trace, qtbot) as view:
        parts = view.table.parts
        at = 3 + parts.measures.index("entropy")
        row = parts.row_of(1, 2)
        assert parts.value(row, at) == pytest.approx(float(statistics.values["entropy"][1 * 4 + 2]))
        assert np.isnan(parts.value(parts.row_of(1, 4), at)), "a feed-forward part looks at nothing"


def test_the_note_tells_the_rank_correlation_and_what_importance_is_not(trace: Trace, qtbot) -> None:
    found = head_importance.correlations(head_importance.measure(trace), head_statistics.measure(trace))
    known = {name: value for name, value in found.items() if not np.isnan(value)}
    strongest = max(known, key=lambda name: abs(known[name]))
    with shown(HeadImportanceView, trace, qtbot) as view:
        text = view._note.text()
        assert f"{head_words.measure_name(strongest)} {known[strongest]:+.2f}" in text
        assert "not what the part does" in text


def test_another_token_and_another_position_are_measured(trace: Trace, qtbot) -> None:
    with shown(HeadImportanceView, trace, qtbot) as view:
        view.set_options(token=7)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        expected = head_importance.measure(trace, head_importance.question(trace, -1, 7))
        np.testing.assert_allclose(view.data()["delta_log_probability"], expected.delta, atol=1e-6)
        view.showing.select(position=2)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        expected = head_importance.measure(trace, head_importance.question(trace, 2, 7))
        np.testing.assert_allclose(view.data()["kl"], expected.kl, atol=1e-6)
        view.set_options(how="mean")
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        expected = head_importance.measure(trace, head_importance.question(trace, 2, 7, how="mean"))
        np.testing.assert_allclose(view.data()["kl"], expected.kl, atol=1e-6)


def test_an_equal_question_is_answered_at_once(trace: Trace, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    with shown(HeadImportanceView, trace, qtbot) as view:
        first = view.current
        view.set_options(token=7)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        monkeypatch.setattr(head_importance, "measure", None)
        view.set_options(token=None)
        assert view.is_complete()
        assert view.current is first


def test_a_cell_and_a_row_select_their_head(trace: Trace, qtbot) -> None:
    with shown(HeadImportanceView, trace, qtbot) as view:
        layout = view.heatmap.arrangement()
        at = layout.cell_rect(1, 2).center()
        qtbot.mouseClick(view.heatmap, Qt.MouseButton.LeftButton, pos=QPoint(round(at.x()), round(at.y())))
        assert (view.selection.layer, view.selection.head) == (1, 2)
        at = layout.cell_rect(0, 4).center()
        qtbot.mouseClick(view.heatmap, Qt.MouseButton.LeftButton, pos=QPoint(round(at.x()), round(at.y())))
        assert (view.selection.layer, view.selection.head) == (2, 2), "a feed-forward part has no head"
        place = view.place_at(view.heatmap.mapTo(view, QPoint(round(at.x()), round(at.y()))))
        assert place is not None and (place.layer, place.head) == (2, -1)
        row = view.table.parts.row_of(0, 3)
        view.table.setCurrentIndex(view.table._order.mapFromSource(view.table.parts.index(row, 0)))
        assert (view.selection.layer, view.selection.head) == (0, 3)


@pytest.mark.parametrize(("kind", "shape"), [("encoder", (2, 5)), ("decoder", (3, 3)), ("cross", (3, 2))])
def test_every_kind_of_a_model_with_two_sides(tiny_marian, kind: str, shape: tuple[int, int], qtbot) -> None:
    trace = capture.run(tiny_marian, RunRequest("abc", target="de"))
    with shown(HeadImportanceView, trace, qtbot) as view:
        view.showing.select(kind=kind)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.heatmap.values.shape == shape
        assert view.table.model().rowCount() == shape[0] * shape[1]


def test_rows_come_one_by_one_and_it_can_be_stopped_and_go_on(tiny_llama, qtbot, monkeypatch) -> None:
    trace = capture.run(tiny_llama, RunRequest("stop here"))
    gate, real = threading.Event(), head_importance.measure

    def held(trace, asked, should_stop, on_row):
        def row(part):
            on_row(part)
            while not gate.wait(0.005) and not should_stop():
                pass

        return real(trace, asked, should_stop, on_row=row)

    monkeypatch.setattr(head_importance, "measure", held)
    session = Session()
    try:
        view = HeadImportanceView(session)
        qtbot.addWidget(view)
        view.resize(900, 600)
        view.show()
        session.show_trace(trace)
        qtbot.waitUntil(lambda: view._found is not None and view._found.done == 1, timeout=PATIENCE)
        assert np.isnan(view._found.importance.kl[:2]).all() and np.isfinite(view._found.importance.kl[2]).all()
        assert not view._stop.isHidden()
        qtbot.mouseClick(view._stop, Qt.MouseButton.LeftButton)
        assert not session.jobs.is_busy("run") and not view.is_running("answer")
        assert "1 of 3" in view._note.text()
        assert view.data() == {}, "half of it is no answer"
        session.select(layer=2, head=1)
        assert not view.is_running("answer"), "looking does not start it again"
        gate.set()
        qtbot.mouseClick(view._stop, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: view.current is not None, timeout=PATIENCE)
        assert view._stop.isHidden()
    finally:
        gate.set()
        assert session.shutdown()


def test_another_model_while_it_is_computed_breaks_nothing(tiny_llama, tiny_bert, qtbot, monkeypatch) -> None:
    gate, real = threading.Event(), head_importance.measure
    started = threading.Event()

    def held(trace, asked, should_stop, on_row):
        started.set()
        gate.wait(10)
        return real(trace, asked, should_stop, on_row=on_row)

    monkeypatch.setattr(head_importance, "measure", held)
    found = {"llama": tiny_llama, "bert": tiny_bert}
    session = Session(load=lambda source, *_: found[source])
    try:
        view = HeadImportanceView(session)
        qtbot.addWidget(view)
        view.show()
        session.set_text("a switch of models")
        session.load_model("llama")
        qtbot.waitUntil(started.is_set, timeout=PATIENCE)
        session.load_model("bert")
        gate.set()
        qtbot.waitUntil(lambda: view.trace is not None and view.trace.model is tiny_bert, timeout=PATIENCE)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.error is None
        assert view.heatmap.values.shape == (2, 5)
    finally:
        gate.set()
        assert session.shutdown()


def test_a_token_chosen_in_one_model_is_not_meant_in_another(trace: Trace, tiny_bert, qtbot) -> None:
    with shown(HeadImportanceView, trace, qtbot) as view:
        view.set_options(token=7)
        view.session.show_trace(capture.run(tiny_bert, RunRequest("the cat")))
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.options.token is None


def test_a_trace_without_its_model_is_refused_in_words(trace: Trace, tmp_path: Path, qtbot) -> None:
    trace.save(tmp_path / "a.safetensors")
    session = Session()
    try:
        view = HeadImportanceView(session)
        qtbot.addWidget(view)
        view.show()
        session.show_trace(Trace.open(tmp_path / "a.safetensors"))
        qtbot.waitUntil(lambda: view.error is not None, timeout=PATIENCE)
        assert isinstance(view.error, CannotIntervene)
        assert view.message().startswith(errors.present(CannotIntervene("no_model"))[0])
        session.show_trace(trace)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
    finally:
        assert session.shutdown()


def test_a_family_outside_the_registry_is_refused_in_words(qtbot) -> None:
    loaded = models.wrap(build(FALLBACK[0]), plain_tokenizer(), source="outside")
    session = Session()
    try:
        view = HeadImportanceView(session)
        qtbot.addWidget(view)
        view.show()
        session.show_trace(capture.run(loaded, RunRequest("w1 w2 w3")))
        qtbot.waitUntil(lambda: view.error is not None or view.message() != "", timeout=PATIENCE)
        expected = errors.present(CannotIntervene("outside_registry"))[0]
        assert view.message().startswith(expected) or not view.is_compatible(session.trace)
    finally:
        assert session.shutdown()


def test_importance_is_measured_in_the_run_that_is_shown(tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat sat", interventions=parse("1.2")))
    with shown(HeadImportanceView, trace, qtbot) as view:
        assert abs(view.heatmap.values[1, 2]) < 1e-6, "it is off already"
        assert "1.2 off" in view.whole_caption()
        font = view.table.parts.index(view.table.parts.row_of(1, 2), 0).data(Qt.ItemDataRole.FontRole)
        assert font.strikeOut()


def test_the_exported_picture_holds_every_part_and_nothing_to_scroll(trace: Trace, qtbot) -> None:
    with shown(HeadImportanceView, trace, qtbot, (700, 420)) as view:
        view.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
        assert not view.table.is_whole()
        widget = view.export_widget()
        assert not widget.isVisible()
        exporter.render(widget, view.theme, scale=1.0)
        table, heatmap = widget.findChild(PartTable), widget.findChild(HeatmapWidget)
        assert table.is_whole() and widget.rect().contains(table.geometry())
        order = [table.model().index(row, 0).data() for row in range(15)]
        assert order == column(view, 0), "in the order that was chosen"
        assert table.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        np.testing.assert_array_equal(heatmap.values, view.heatmap.values)
        assert heatmap.readout() == view.heatmap.readout() != ""


def test_the_numbers_are_exported(trace: Trace, tmp_path: Path, qtbot) -> None:
    expected = head_importance.measure(trace)
    with shown(HeadImportanceView, trace, qtbot) as view:
        export_dialog.save(view, tmp_path / "a.csv")
        export_dialog.save(view, tmp_path / "a.npz")
        export_dialog.save(view, tmp_path / "a.png")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + 15
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_allclose(archive["kl"], expected.kl, atol=1e-6)


def test_work_is_remembered_with_its_trace(trace: Trace) -> None:
    asked = work.Asked(-1, None, "self", "zero")
    assert work.known(trace, asked) is None
    found = work.measure(trace, asked, lambda: False, lambda *_: None)
    assert work.known(trace, asked) is found
    assert not switching.heads_off(trace, "self")


def test_a_part_that_is_off_already_has_no_number_rather_than_noise(tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("abcdefgh", interventions=parse("1.2,mlp.0")))
    with shown(HeadImportanceView, trace, qtbot) as view:
        heads = view.current.importance.heads
        hatched = {(view._layer(row), column) for row, column in np.argwhere(view.heatmap._contents.mask).tolist()}
        assert hatched == {(1, 2), (0, heads)}
        parts = view.table.parts
        for layer, column in ((1, 2), (0, heads)):
            row = parts.row_of(layer, column)
            assert [parts.index(row, n).data() for n in (DELTA, KL)] == ["", ""]
            assert "off already" in view._readout(layer, column)
        texts = [parts.index(row, n).data() for row in range(parts.rowCount()) for n in (DELTA, KL)]
        assert not any("e-" in text or text.startswith("-") for text in texts), "one way to write a column"
        exact = parts.index(parts.row_of(0, 0), KL).data(Qt.ItemDataRole.ToolTipRole)
        assert float(exact) == pytest.approx(float(view.current.importance.kl[0, 0]), rel=1e-3)
