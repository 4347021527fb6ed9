from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture, prediction
from visualizer.core.analyses import blanks
from visualizer.core.request import RunRequest
from visualizer.views.blanks.view import BlanksView


def click(view: BlanksView, piece: int, qtbot) -> None:
    qtbot.mouseClick(view.text.viewport(), Qt.MouseButton.LeftButton, pos=view.text.rect_of(piece).center().toPoint())
    qtbot.waitUntil(view.is_complete, timeout=PATIENCE)


def test_clicked_tokens_are_blanks_and_clicked_again_they_are_restored(tiny_bert, qtbot) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat on the mat"))
    with shown(BlanksView, trace, qtbot) as view:
        assert "Click a token" in view._note.text()
        click(view, 2, qtbot)
        click(view, 5, qtbot)
        assert view.options.blanked == {2, 5}
        expected = blanks.measure(trace, (2, 5))
        np.testing.assert_array_equal(view.current.logits, expected.logits)
        shown_bars = [bars for bars in view.bars if bars.isVisible()]
        assert len(shown_bars) == 2
        p = prediction.distribution(expected.logits[1])
        assert shown_bars[1]._bars[0].share == pytest.approx(p.max())
        assert "others blank" in view._note.text()
        click(view, 2, qtbot)
        assert view.current.positions == (5,)
        view._restore.click()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.current.positions == ()


def test_special_tokens_stay(tiny_bert, qtbot) -> None:
    with shown(BlanksView, capture.run(tiny_bert, RunRequest("the cat")), qtbot) as view:
        click(view, 0, qtbot)
        assert view.options.blanked == frozenset()


def test_another_text_begins_without_blanks_but_typed_ones(tiny_bert, qtbot) -> None:
    with shown(BlanksView, capture.run(tiny_bert, RunRequest("the cat sat")), qtbot) as view:
        click(view, 2, qtbot)
        view.session.show_trace(capture.run(tiny_bert, RunRequest("the [MASK] on the mat")))
        qtbot.waitUntil(lambda: view.is_complete() and view.current is not None, timeout=PATIENCE)
        assert view.options.blanked == frozenset()
        assert view.current.positions == (2,)


def test_the_token_that_stands_there_is_marked_with_its_rank(tiny_bert, qtbot) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat"))
    with shown(BlanksView, trace, qtbot) as view:
        click(view, 2, qtbot)
        rank = prediction.rank_of(view.current.logits[0], trace.tokens[2].id)
        marked = [bar for bar in view.bars[0]._bars if bar.mark]
        assert [bar.rank for bar in marked] == [rank]
        assert f"rank {rank}" in view._titles[0].text()


def test_numbers_are_the_candidates_of_every_blank(tiny_bert, qtbot) -> None:
    trace = capture.run(tiny_bert, RunRequest("the cat sat"))
    with shown(BlanksView, trace, qtbot) as view:
        assert view.data() == {}
        click(view, 2, qtbot)
        data = view.data()
        assert data["candidates"][0][:2].tolist() == [2, 1]
        assert len(data["rows"]) == len(data["candidates"])


def test_a_model_that_writes_has_no_blanks(tiny_llama, qtbot) -> None:
    assert not BlanksView.is_compatible(capture.run(tiny_llama, RunRequest("the cat")))
