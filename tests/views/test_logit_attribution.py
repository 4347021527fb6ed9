from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.analyses import logit_attribution
from visualizer.core.errors import CannotRead, UnknownChoice
from visualizer.core.interventions import parse
from visualizer.core.place import Place
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.session.session import Session
from visualizer.ui import errors
from visualizer.views import export_dialog
from visualizer.views.logit_attribution import work
from visualizer.views.logit_attribution.view import LogitAttributionView


@pytest.fixture
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat"))


def bars(view: LogitAttributionView) -> np.ndarray:
    values = view.bars.readings[0].values
    assert values is not None
    return values


@pytest.mark.parametrize("group", ["all", "layers", "heads"])
@pytest.mark.parametrize("order", ["size", "layers"])
def test_bars_add_up_to_the_logit_however_they_are_grouped(trace: Trace, qtbot, group: str, order: str) -> None:
    with shown(LogitAttributionView, trace, qtbot) as view:
        view.set_options(group=group, order=order)
        logit = float(trace.logits(-1).max())
        assert bars(view).sum() == pytest.approx(logit, abs=1e-3)
        labels = [row.label for row in view.bars.rows]
        assert len(set(labels)) == len(labels)
        if order == "size":
            assert (np.diff(np.abs(bars(view))) <= 1e-6).all()
        elif group == "layers":
            assert labels[:2] == ["Layer 2", "Layer 1"], "layers rise"


def test_two_tokens_are_held_against_each_other(trace: Trace, qtbot) -> None:
    expected = logit_attribution.attribute(trace, 7, 11)
    with shown(LogitAttributionView, trace, qtbot) as view:
        view.set_options(token=7, against=11)
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.current.attribution.logit == pytest.approx(expected.logit)
        assert "less" in view.bars.readings[0].title
        assert f"{expected.logit:.3f}"[:4].replace("-", "−") in view._total.text()


def test_few_enough_bars_are_shown_and_the_others_are_summed(trace: Trace, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(work, "MOST", 5)
    with shown(LogitAttributionView, trace, qtbot) as view:
        assert len(bars(view)) == 6
        assert view.bars.rows[-1].label.endswith("others")
        assert bars(view).sum() == pytest.approx(float(trace.logits(-1).max()), abs=1e-3)


def test_a_click_selects_the_head_and_unfolds_its_sources(trace: Trace, qtbot) -> None:
    with shown(LogitAttributionView, trace, qtbot) as view:
        place = Place("self", 2, 3)
        view.bars.row_clicked.emit(view._row_of(place))
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.selection.place == place
        at = view._row_of(place)
        sources = [row.value for row in view._rows if row.is_source]
        assert len(sources) == len(trace.tokens)
        assert sum(sources) == pytest.approx(view._rows[at].value, abs=1e-4)
        view.bars.row_clicked.emit(view._row_of(place))
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert not any(row.is_source for row in view._rows), "once more folds it"


def test_a_double_click_opens_the_head_s_map_and_folds_nothing(trace: Trace, qtbot) -> None:
    with shown(LogitAttributionView, trace, qtbot) as view:
        asked: list[str] = []
        view.view_requested.connect(asked.append)
        row = next(n for n, one in enumerate(view._rows) if one.place not in (None, view.selection.place))
        place = view._rows[row].place
        body = view.bars._body
        point = QPoint(body.width() // 2, round(view.bars.tops()[row] + view.bars.row_height() / 2))
        qtbot.mouseDClick(body, Qt.MouseButton.LeftButton, pos=point)
        qtbot.mouseRelease(body, Qt.MouseButton.LeftButton, pos=point)
        assert asked == ["attention_map"]
        assert view.selection.place == place


def test_every_bar_has_its_label(trace: Trace, qtbot) -> None:
    with shown(LogitAttributionView, trace, qtbot, (700, 300)) as view:
        assert view.bars.row_height() > view.bars.metrics().height()


def test_what_cannot_be_split_is_said(tiny_bert, tiny_llama, qtbot) -> None:
    with shown(LogitAttributionView, capture.run(tiny_bert, RunRequest("the [MASK] sat")), qtbot) as view:
        assert "no sum of their parts" in view._note.text()
        assert any("whole block" in row.label for row in view.bars.rows)
    changed = capture.run(tiny_llama, RunRequest("abc", interventions=parse("0.1")))
    with shown(LogitAttributionView, changed, qtbot) as view:
        assert "switched off" in view._note.text()
        assert bars(view).sum() == pytest.approx(float(changed.logits(-1).max()), abs=1e-3)


def test_both_attentions_of_a_decoder_have_their_heads(tiny_marian, qtbot) -> None:
    with shown(LogitAttributionView, capture.run(tiny_marian, RunRequest("abc", target="abcd")), qtbot) as view:
        total = sum(one.contribution for one in view.current.attribution.components)
        assert bars(view).sum() == pytest.approx(total, abs=1e-3)
        assert len({row.label for row in view.bars.rows}) == len(view.bars.rows)


def test_a_typed_text_that_is_no_token_is_told_and_another_one_ends_it(trace: Trace, qtbot) -> None:
    with shown(LogitAttributionView, trace, qtbot) as view:
        view._typed.setText("no such token")
        view._typed.returnPressed.emit()
        qtbot.waitUntil(lambda: view.error is not None, timeout=PATIENCE)
        assert isinstance(view.error, UnknownChoice)
        assert view.message().startswith(errors.present(view.error)[0])
        view._typed.setText("7")
        view._typed.returnPressed.emit()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.current.attribution.token == 7


def test_a_trace_without_its_model_is_refused_in_words(trace: Trace, tmp_path: Path, qtbot) -> None:
    trace.save(tmp_path / "a.safetensors")
    session = Session()
    try:
        view = LogitAttributionView(session)
        qtbot.addWidget(view)
        view.show()
        session.show_trace(Trace.open(tmp_path / "a.safetensors"))
        qtbot.waitUntil(lambda: view.error is not None, timeout=PATIENCE)
        assert isinstance(view.error, CannotRead)
    finally:
        assert session.shutdown()


def test_numbers_and_picture_are_exported(trace: Trace, tmp_path: Path, qtbot) -> None:
    with shown(LogitAttributionView, trace, qtbot) as view:
        for ending in ("csv", "npz", "png", "svg"):
            export_dialog.save(view, tmp_path / f"a.{ending}")
        expected = view.current.attribution
    with np.load(tmp_path / "a.npz") as archive:
        assert float(archive["sum"]) == pytest.approx(expected.total)
        assert len(archive["contribution"]) == len(expected.components)
