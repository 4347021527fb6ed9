from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.views.laboratory import PATIENCE, shown
from visualizer.core import capture
from visualizer.core.analyses import surprisal
from visualizer.core.request import RunRequest
from visualizer.session.session import Session
from visualizer.ui import theme as themes
from visualizer.views.surprisal.view import SurprisalView


def click(view: SurprisalView, piece: int, qtbot) -> None:
    qtbot.mouseClick(view.text.viewport(), Qt.MouseButton.LeftButton, pos=view.text.rect_of(piece).center().toPoint())


def test_the_text_is_coloured_by_the_core_s_numbers(tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat sat"))
    found = surprisal.measure(trace)
    with shown(SurprisalView, trace, qtbot) as view:
        np.testing.assert_array_equal(view.text.values, found.surprisal)
        assert "".join(piece.before + piece.text for piece in view.text.pieces).replace("␣", " ") == "The cat sat"
        assert view.text.fill_of(0) is None, "nothing predicts the first token"
        view.set_options(color="entropy")
        np.testing.assert_array_equal(view.text.values, found.entropy)
        assert f"{found.perplexity:.3g}"[:3] in view.caption()


def test_by_word_the_bits_of_tokens_add_up(tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat sat"))
    with shown(SurprisalView, trace, qtbot) as view:
        view.showing.select(unit="word")
        units = surprisal.units_of(trace, "word")
        np.testing.assert_array_equal(view.text.values, surprisal.by_unit(surprisal.measure(trace), units)[0])
        view.showing.select(unit="character")
        assert len(view.text.values) == len(trace.tokens), "by character it stays by token"


def test_a_click_opens_the_distribution_that_predicted_the_token(tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat sat"))
    with shown(SurprisalView, trace, qtbot) as view:
        with qtbot.waitSignal(view.view_requested) as opened:
            click(view, 3, qtbot)
        assert opened.args == ["next_token"]
        assert view.selection.position == 2
        assert view.text.selected == 3
        with qtbot.assertNotEmitted(view.view_requested):
            click(view, 0, qtbot)


def test_a_masked_model_s_token_is_blanked_to_show_its_distribution(tiny_bert, qtbot) -> None:
    session = Session()
    session.set_theme(themes.named("light"))
    view = SurprisalView(session)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    try:
        session.set_model(tiny_bert)
        session.set_text("the cat sat")
        qtbot.waitUntil(lambda: view.is_complete() and view.current is not None, timeout=PATIENCE)
        assert "seudo" in view._note.text()
        assert np.isnan(view.text.values[0]), "[CLS] is not scored"
        with qtbot.waitSignal(view.view_requested):
            click(view, 2, qtbot)
        assert session.text == "the [MASK] sat"
        assert view.selection.position == 2
    finally:
        assert session.shutdown()


def test_what_is_under_the_pointer_is_said_with_rank_and_entropy(tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("The cat sat"))
    found = surprisal.measure(trace)
    with shown(SurprisalView, trace, qtbot) as view:
        view.text.hovered.emit(4)
        text = view._readout.text()
        assert f"{found.surprisal[4]:.2f} bits" in text
        assert f"rank {found.rank[4]}" in text
        point = view.text.viewport().mapTo(view, view.text.rect_of(4).center().toPoint())
        pointed = view.pointed_at(QPoint(point))
        assert pointed is not None
        assert pointed.value == str(found.surprisal[4])


def test_a_long_text_scrolls_and_a_short_one_is_large(tiny_llama, qtbot) -> None:
    long = capture.run(tiny_llama, RunRequest("the cat sat on the mat " * 10))
    with shown(SurprisalView, long, qtbot, size=(500, 360)) as view:
        assert view.text.verticalScrollBar().maximum() > 0
        high = view.text.rect_of(0).height()
        view.showing.session.show_trace(capture.run(tiny_llama, RunRequest("the cat")))
        qtbot.waitUntil(view.is_complete, timeout=PATIENCE)
        assert view.text.verticalScrollBar().maximum() == 0
        assert view.text.rect_of(0).height() > high


def test_no_word_is_divided_where_it_fits_on_a_line(tiny_llama, qtbot) -> None:
    trace = capture.run(tiny_llama, RunRequest("extraordinary circumstances require extraordinary measures"))
    with shown(SurprisalView, trace, qtbot, size=(420, 500)) as view:
        tops = [view.text.rect_of(n).top() for n in range(len(view.text.pieces))]
        starts = [n for n, piece in enumerate(view.text.pieces) if not piece.glued]
        assert len(set(tops)) > 1
        for start, end in zip(starts, [*starts[1:], len(tops)], strict=True):
            assert len(set(tops[start:end])) == 1


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_can_be_read_on_every_colour(name: str, tiny_llama, qtbot) -> None:
    theme = themes.named(name)
    from visualizer.ui.color import contrast, to_hex

    for entry in theme.attention_lut:
        fill = to_hex(entry[:3] / 255.0)
        assert max(contrast(ink, fill) for ink in (theme.text, theme.paper)) > 3
