from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.widgets.conftest import Passes
from visualizer.core.loaded_model import LoadedModel
from visualizer.session.selection import Hover
from visualizer.widgets.main_window import MainWindow
from visualizer.widgets.token_row import CHIP
from visualizer.widgets.token_strip import TokenCanvas

Make = Callable[..., MainWindow]


def middle_of(canvas: TokenCanvas, row: int, token: int) -> QPoint:
    placed = canvas.rows[row]
    x = (placed.left[token] + placed.right[token]) // 2 + canvas._gutter - canvas.horizontalScrollBar().value()
    return QPoint(int(x), canvas._row_top(row) + CHIP // 2)


def test_a_click_locks_a_token_and_its_prediction_and_another_unlocks(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot, passes: Passes
) -> None:
    window = make_window(tiny_llama, "abcd")
    canvas = window.tokens.canvas
    at = middle_of(canvas, 0, 2)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert (window.session.selection.query, window.session.selection.position) == (2, 2)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at)
    assert window.session.selection.key == 2
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert (window.session.selection.query, window.session.selection.position) == (None, -1)
    assert len(passes.asked) == 1, "looking must not run the model"


def test_hovering_a_chip_is_a_hover_of_the_session_and_leaving_ends_it(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    canvas = window.tokens.canvas
    qtbot.mouseMove(canvas.viewport(), middle_of(canvas, 0, 1))
    qtbot.waitUntil(lambda: window.session.hover == Hover(query=1))
    qtbot.mouseMove(canvas.viewport(), QPoint(canvas.viewport().width() - 2, middle_of(canvas, 0, 1).y()))
    qtbot.waitUntil(lambda: window.session.hover == Hover())


def test_a_locked_token_stays_marked_while_another_is_hovered(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama, "abcd")
    canvas, accent = window.tokens.canvas, window.session.theme.accent

    def fill(token: int) -> str:
        image = canvas.viewport().grab().toImage()
        at = middle_of(canvas, 0, token)
        return image.pixelColor(int(canvas.rows[0].left[token]) + canvas._gutter + 4, at.y()).name()

    window.session.select(query=2)
    assert fill(2) == accent
    window.session.set_hover(Hover(query=1, key=0))
    assert fill(2) == accent
    assert fill(1) == window.session.theme.hover
    assert fill(3) not in (accent, window.session.theme.hover)


def test_rows_of_an_encoder_decoder_model_take_the_side_of_the_chosen_kind(
    make_window: Make, tiny_marian: LoadedModel
) -> None:
    window = make_window(tiny_marian, "abc")
    canvas, session = window.tokens.canvas, window.session
    assert len(canvas.rows) == 2
    sides = {}
    for kind in ("encoder", "decoder", "cross"):
        session.select(kind=kind)
        sides[kind] = (canvas.side(0), canvas.side(1))
    assert sides == {"encoder": ("query", ""), "decoder": ("", "query"), "cross": ("key", "query")}
    canvas.lock(0, 1)
    assert (session.selection.query, session.selection.key) == (None, 1)
    canvas.lock(1, 2)
    assert (session.selection.query, session.selection.position) == (2, 2)


def test_the_keyboard_walks_and_locks(make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot) -> None:
    window = make_window(tiny_llama, "abcd")
    canvas = window.tokens.canvas
    layer_before, head_before = window.session.selection.layer, window.session.selection.head
    canvas.setFocus()
    for key in (Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Return):
        qtbot.keyClick(canvas, key)
    last = len(canvas.rows[0].tokens) - 1
    assert window.session.selection.query == last - 1
    assert (window.session.selection.layer, window.session.selection.head) == (layer_before, head_before)


def test_tooltips_tell_id_and_reading(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama, "図書館")
    canvas = window.tokens.canvas
    trace = window.session.trace
    assert trace is not None
    assert str(trace.tokens[-1].id) in canvas.describe_token(trace.tokens[-1])
    words = canvas.describe_morpheme(trace.morphemes[0])
    assert "図書館" in words
    assert "トショカン" in words
    assert "noun" in words


def test_three_thousand_tokens_repaint_within_a_frame(make_window: Make, tiny_llama: LoadedModel) -> None:
    window = make_window(tiny_llama, "abcd")
    canvas = window.tokens.canvas
    row = canvas.rows[0]
    canvas.rows = [type(row)(row.tokens * 750, (), *_tiled(row, 750))]
    canvas._set_range()
    image = QImage(canvas.viewport().size(), QImage.Format.Format_ARGB32_Premultiplied)
    times = []
    for step in range(20):
        canvas.horizontalScrollBar().setValue(step * canvas.horizontalScrollBar().maximum() // 20)
        began = time.process_time()
        canvas.viewport().render(image)
        times.append(time.process_time() - began)
    assert sorted(times)[10] < 0.016, f"median {sorted(times)[10] * 1000:.1f} ms"


def _tiled(row: object, times: int) -> tuple[object, ...]:
    import numpy as np

    from visualizer.widgets.token_row import TokenRow

    assert isinstance(row, TokenRow)
    left = np.arange(len(row.left) * times) * 32
    return left, left + 28, np.empty(0), np.empty(0)


def test_a_text_without_morphemes_leaves_their_band_to_the_figure(
    make_window: Make, tiny_llama: LoadedModel, qtbot: QtBot
) -> None:
    window = make_window(tiny_llama, "abcd")
    bare = window.tokens.height()
    with qtbot.waitSignal(window.session.trace_changed, timeout=20_000):
        window.session.set_text("本を読む")
    assert window.session.trace.morphemes
    assert window.tokens.height() > bare
    window.resize(960, 600)
    with qtbot.waitSignal(window.session.trace_changed, timeout=20_000):
        window.session.set_text("abcd" * 30)
    assert window.tokens.height() > bare, "a scroll bar has its place below the chips"


def test_two_strips_are_lower_than_120_pixels(make_window: Make, tiny_marian: LoadedModel) -> None:
    window = make_window(tiny_marian, "私は本を読む" * 9)
    assert len(window.tokens.canvas.rows) == 2
    assert window.tokens.canvas.horizontalScrollBar().maximum() > 0
    assert window.tokens.height() < 120
