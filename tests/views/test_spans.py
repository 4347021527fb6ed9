from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from tests.core.families import FALLBACK, build, plain_tokenizer
from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture, models
from visualizer.core.analyses import spans
from visualizer.core.analyses.spans import Span
from visualizer.core.request import RunRequest
from visualizer.core.trace import Trace
from visualizer.ui import errors
from visualizer.views.spans import work
from visualizer.views.spans.view import SpansView

TWO = (Span("start", 0, 2), Span("rest of it", 3, 8))


@pytest.fixture
def trace(tiny_llama) -> Trace:
    return capture.run(tiny_llama, RunRequest("The cat sat"))


def test_bars_and_map_hold_the_core_s_numbers(trace: Trace, qtbot) -> None:
    budget, effects = spans.budget(trace, TWO), spans.effects(trace, TWO)
    with shown(SpansView, trace, qtbot) as view:
        view.set_options(spans=spans.written(TWO))
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        values = view.data()["spans"]
        np.testing.assert_allclose(values[:, 0], budget.attention.mean(axis=(0, 1)), atol=1e-9)
        np.testing.assert_allclose(values[:, 1], budget.weighted.mean(axis=(0, 1)), atol=1e-9)
        np.testing.assert_allclose(values[:2, 2], [one.after for one in effects.without], atol=1e-6)
        np.testing.assert_allclose(view.heatmap.values[::-1], budget.attention.mean(axis=1), atol=1e-6)
        view.set_options(over="head", share="weighted")
        view.showing.select(layer=1, head=2)
        assert view.is_complete(), "looking runs nothing"
        np.testing.assert_allclose(view.data()["spans"][:, 0], budget.attention[1, 2], atol=1e-9)
        np.testing.assert_allclose(view.heatmap.values[::-1], budget.weighted.mean(axis=1), atol=1e-6)


def test_a_drag_over_tokens_asks_for_a_name_and_marks_them(trace: Trace, qtbot) -> None:
    with shown(SpansView, trace, qtbot) as view:
        strip = view.strip
        start, end = (strip.box_of(n).center() for n in (1, 4))
        QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(strip, QPoint(end))
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=end)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        menu.actions()[0].trigger()
        menu.close()
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        first, last = spans.parse(view.options.spans)[0].first, spans.parse(view.options.spans)[0].last
        assert last == 4 and first in (1, 4), "a platform without a pointer may not move it"
        view.mark("Instruction", 6, 7)
        view.mark("Instruction", 8, 9)
        assert [one.name for one in spans.parse(view.options.spans)][-2:] == ["Instruction 2", "Instruction 3"]
        view.mark("", 6, 9)
        assert len(spans.parse(view.options.spans)) == 1


def test_at_first_the_sentences_are_the_spans(trace: Trace, tiny_llama, qtbot) -> None:
    two = capture.run(tiny_llama, RunRequest("It is. So."))
    assert [(one.first, one.last) for one in work.proposed(two, 9)] == [(0, 5), (6, 8)]
    assert [(one.first, one.last) for one in work.proposed(trace, 10)] == [(0, 4), (5, 9)]
    with shown(SpansView, trace, qtbot) as view:
        assert "Nothing is marked yet" in view._note.text()


def test_a_family_that_cannot_hide_tokens_still_shows_its_shares_and_says_why(qtbot) -> None:
    loaded = models.wrap(build(FALLBACK[0]), plain_tokenizer())
    other = capture.run(loaded, RunRequest("5 9 13 21"))
    with shown(SpansView, other, qtbot) as view:
        refusal = view.current.refusal
        assert refusal is not None and errors.present(refusal)[0] in view._note.text()
        assert not np.isnan(view.data()["spans"][:, 0]).any()
        assert np.isnan(view.data()["spans"][:, 2]).all()


def test_an_encoder_decoder_looks_at_its_source(tiny_marian, qtbot) -> None:
    both = capture.run(tiny_marian, RunRequest("ab cd", target="xy"))
    with shown(SpansView, both, qtbot) as view:
        assert view.current.budget.kind == "cross"
        assert view.current.effects is not None
