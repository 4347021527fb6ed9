"""The table of heads: which columns it shows, in which order, and the text on which induction was measured."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QHeaderView

from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.analyses import repeated_tokens
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.ui import style
from visualizer.ui import theme as themes
from visualizer.ui.two_lines import in_two
from visualizer.views.head_statistics.view import HeadStatisticsView


@pytest.fixture(scope="module")
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat on the mat"))


def header(view: HeadStatisticsView) -> QHeaderView:
    return view.table.horizontalHeader()


def test_chosen_columns_are_shown_in_the_chosen_order_also_in_a_picture(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        assert view.table.columns() == view.table.heads.measures
        view.set_options(columns="induction, entropy, nonsense")
        assert view.table.columns() == ("induction", "entropy")
        assert view.table.copy_for(view).columns() == ("induction", "entropy")
        view.set_options(columns="")
        assert view.table.columns() == view.table.heads.measures


def test_dragging_the_head_of_a_column_is_remembered(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        last = header(view).count() - 1
        header(view).moveSection(last, 2)
        assert view.options.measures[0] == view.table.heads.measures[-1]
        assert view.table.columns() == view.options.measures


def test_the_menu_hides_and_brings_back_a_measure_but_never_the_last(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        marks = view._columns._marks
        marks["entropy"].trigger()
        assert "entropy" not in view.table.columns()
        view.set_options(columns="induction")
        view._columns._marks["induction"].trigger()
        assert view.table.columns() == ("induction",)
        view._columns._menu.actions()[-1].trigger()
        assert view.table.columns() == view.table.heads.measures


@pytest.fixture
def own_look(qapp) -> Iterator[None]:
    """The font and the style of the real window."""
    font, theme = qapp.font(), themes.current()
    style.apply(qapp, themes.named("light"))
    yield
    style.apply(qapp, theme)
    qapp.setFont(font)


def test_at_the_width_of_a_small_window_every_column_is_in_sight(trace: Trace, qtbot, own_look: None) -> None:
    with shown(HeadStatisticsView, trace, qtbot, size=(905, 620)) as view:
        assert header(view).length() <= view.table.viewport().width()


def test_every_column_has_room_for_its_name_with_the_arrow(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        model, metrics = view.table.model(), view.table.fontMetrics()
        for column in range(model.columnCount()):
            view.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
            name = str(model.headerData(column, Qt.Orientation.Horizontal))
            assert "↓" in name
            needed = max(metrics.horizontalAdvance(line) for line in name.split("\n"))
            assert needed <= view.table.columnWidth(column), name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Part of speech", "Part of\nspeech"),
        ("エントロピー", "エント\nロピー"),
        ("Itself", "Itself"),
        ("KL(ビット)", "KL\n(ビット)"),
    ],
)
def test_a_name_breaks_where_both_lines_are_narrowest_but_not_within_brackets(name: str, expected: str) -> None:
    assert in_two(name, lambda text: sum(2 if ord(c) > 255 else 1 for c in text), 3) == expected


def test_the_repeated_tokens_can_be_looked_at_on_the_chosen_head(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        best = int(np.nanargmax(view.table.heads.column("induction")))
        layer, head = view.table.heads.head_of(best)
        view.showing.select(layer=layer, head=head)
        score = float(view.table.heads.column("induction")[best])
        with qtbot.waitSignal(view.view_requested, timeout=PATIENCE) as asked:
            view._measured.click()
        assert asked.args == ["attention_map"]
        found = view.session.trace
        ids = [token.id for token in found.tokens if not token.special]
        assert ids[: len(ids) // 2] == ids[len(ids) // 2 :] and len(ids) >= 8
        assert (view.selection.layer, view.selection.head) == (layer, head)
        start = next(n for n, token in enumerate(found.tokens) if not token.special)
        again, _ = repeated_tokens.scores_on_copies(found, "self", start, len(ids) // 2)
        assert float(again[layer, head]) == pytest.approx(score, abs=1e-6), "the very pass that was measured"


def test_a_double_click_on_an_induction_number_shows_where_it_was_measured(trace: Trace, qtbot) -> None:
    with shown(HeadStatisticsView, trace, qtbot) as view:
        model = view.table.model()
        column = 2 + view.table.heads.measures.index("induction")
        index = model.index(3, column)
        view.table.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        with qtbot.waitSignal(view.view_requested, timeout=PATIENCE):
            view.table.doubleClicked.emit(index)
        with qtbot.assertNotEmitted(view.view_requested, wait=200):
            view.table.doubleClicked.emit(model.index(3, 0))
