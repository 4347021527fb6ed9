"""Two compared runs as B - A in every view that can: true numbers, labelled axes, and a sentence where they differ."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from visualizer.core import capture, prediction
from visualizer.core.loaded_model import LoadedModel
from visualizer.core.request import RunRequest
from visualizer.session.session import Session
from visualizer.views.base import View
from visualizer.views.registry import VIEWS, view_class

WITH_DIFFERENCE = [name for name in VIEWS if view_class(name).has_difference]


def compare(session: Session, model: LoadedModel, first: str, second: str, other: LoadedModel | None = None) -> None:
    session.show_trace(capture.run(model, RunRequest(first)), model)
    pane = session.compare()
    session.show_trace(capture.run(other or model, RunRequest(second)), other or model, pane)


def shown(session: Session, qtbot: QtBot, view_id: str, second: bool = False) -> View:
    view = view_class(view_id)(session, showing=session.other if second else session.showing)
    qtbot.addWidget(view)
    view.resize(900, 700)
    view.showing.select(difference=True)
    view.show()
    qtbot.waitUntil(lambda: view.is_complete() or view.error is not None, timeout=20_000)
    return view


def test_the_views_that_show_differences_are_those() -> None:
    named = {"attention_map", "attention_lines", "head_grid", "head_statistics", "next_token"}
    assert set(WITH_DIFFERENCE) == named


@pytest.mark.parametrize("view_id", WITH_DIFFERENCE)
def test_the_difference_of_a_run_with_itself_is_zero_everywhere(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel, view_id: str
) -> None:
    compare(session, tiny_llama, "abcdef", "abcdef")
    view = shown(session, qtbot, view_id)
    assert view.error is None
    changed = {name: values for name, values in view.data().items() if name in CHANGES}
    assert changed, f"{view_id} gives no numbers of the difference"
    for name, values in changed.items():
        numbers = np.asarray(values, dtype=np.float64)
        assert np.nanmax(np.abs(numbers)) == 0, name


CHANGES = ("difference", "jensen_shannon_distance", "thumbnails", "head_statistics_change", "change")


def test_the_map_of_a_difference_is_b_minus_a_on_both_texts_axes(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abcd", "abXd")
    session.select(layer=1, head=2)
    for second in (False, True):
        view = shown(session, qtbot, "attention_map", second)
        data = view.data()
        a, b = session.showing.trace, session.other.trace  # type: ignore[union-attr]
        assert a is not None and b is not None
        assert np.array_equal(data["difference"], b.attention(1, 2) - a.attention(1, 2))
        assert data["rows"] == ["a", "b", "c → X", "d"]
        assert "B − A" in view.readout() or view.readout() == ""
        assert view.heatmap.scale.kind == "signed"  # type: ignore[attr-defined]


def test_what_only_one_text_has_is_hatched_and_nothing_is_made_up(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abc", "abcde")
    view = shown(session, qtbot, "attention_map")
    change = view.data()["difference"]
    assert change.shape == (5, 5)
    assert np.isnan(change[3:]).all() and np.isnan(change[:, 3:]).all()
    mask = view.heatmap._contents.mask  # type: ignore[attr-defined]
    assert mask[3:].all() and mask[:, 3:].all()
    view._on_heatmap_cell_clicked(4, 1)  # type: ignore[attr-defined]
    assert (session.selection.query, session.selection.key) == (None, 1)


def test_the_heads_that_changed_most_are_listed_and_a_click_chooses_one(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abcdef", "fedcba")
    for view_id in ("head_grid", "head_statistics"):
        view = shown(session, qtbot, view_id)
        row = view.changes  # type: ignore[attr-defined]
        distances = [float(text.split()[-1]) for text in row.texts()]
        assert distances and distances == sorted(distances, reverse=True)
        row.entries[0].click()
        layer, head = session.selection.layer, session.selection.head
        assert row.texts()[0].startswith(f"L{layer} H{head} ")
        view.close()


def test_models_that_have_no_counterparts_are_told_in_the_view_and_its_own_numbers_come_back(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel, tiny_bert: LoadedModel, tiny_marian: LoadedModel
) -> None:
    for other in (tiny_bert, tiny_marian):
        compare(session, tiny_llama, "the cat", "the cat", other)
        for view_id in WITH_DIFFERENCE:
            view = shown(session, qtbot, view_id)
            assert view.error is not None, view_id
            assert view.message(), "a sentence stands in the view"
            view._choice.own.click()  # type: ignore[union-attr]
            qtbot.waitUntil(view.is_complete, timeout=20_000)
            view.close()


def test_a_view_of_a_difference_follows_the_other_text_and_shows_its_own_when_it_is_gone(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abcd", "abXd")
    view = shown(session, qtbot, "attention_map")
    before = view.data()["difference"]
    session.show_trace(capture.run(tiny_llama, RunRequest("aXcd")), tiny_llama, session.other)
    assert not np.array_equal(view.data()["difference"], before)
    session.stop_comparing()
    assert "attention" in view.data()
    assert view._asked is None or session.link.second is None
    assert view._choice is not None and view._choice.isHidden()


def test_a_hidden_view_lets_go_of_a_run_that_nobody_compares_any_more(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abcd", "abXd")
    view = shown(session, qtbot, "attention_map")
    view.hide()
    session.stop_comparing()
    assert view._asked is None


def test_the_caption_names_both_texts(session: Session, qtbot: QtBot, tiny_llama: LoadedModel) -> None:
    compare(session, tiny_llama, "abcd", "abXd")
    for view_id in WITH_DIFFERENCE:
        view = shown(session, qtbot, view_id)
        assert "A: abcd" in view.caption() and "B: abXd" in view.caption(), view_id


def test_candidates_are_listed_by_change_of_probability(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abcd", "abXd")
    view = shown(session, qtbot, "next_token")
    data = view.data()
    a, b = (prediction.distribution(pane.trace.logits(-1)) for pane in session.panes)
    ids = {session.trace.label(n).strip(): n for n in range(len(a))}
    sizes = np.abs(data["change"])
    assert (sizes[:-1] >= sizes[1:]).all()
    for name, change in zip(data["rows"][:5], data["change"][:5], strict=True):
        assert change == pytest.approx(b[ids[name.strip()]] - a[ids[name.strip()]], abs=1e-7)
    rows = view.changes.changes()
    for row in rows:
        signs = ("+", "<") if row.change > 0 else ("\u2212", ">")
        assert row.text.startswith(signs[abs(row.change) < 0.001]), row.text
        assert row.text.endswith(" pt") and "e" not in row.text, "a column of points"


def test_a_position_in_one_text_is_compared_with_the_position_that_lines_up(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abcd", "XYabcd")
    session.select(position=1)
    for second in (False, True):
        view = shown(session, qtbot, "next_token", second)
        assert view.data()["positions"].tolist() == [1, 3]


def test_lines_of_a_difference_are_solid_where_b_looks_more_and_dashed_where_a_does(
    session: Session, qtbot: QtBot, tiny_llama: LoadedModel
) -> None:
    compare(session, tiny_llama, "abcd", "abXd")
    session.select(layer=1, head=2)
    view = shown(session, qtbot, "attention_lines")
    change, picture = view.data()["difference"], view.canvas.picture
    assert len(picture.lines)
    for n in range(len(picture.lines)):
        value = change[picture.lines.queries[n], picture.lines.keys[n]]
        assert (value < 0) == bool(picture.styles[picture.lines.heads[n]].dash)
    assert picture.lines.weights[-1] == 1, "the thickest line is the largest change"
    session.select(query=3, key=1)
    assert "B − A" in view.readout.text()
