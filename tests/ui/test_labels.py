from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFontMetricsF

from visualizer.ui import fonts, labels


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("図書館", ("図", "書", "館")),
        ("コーヒー", ("コ", "ー", "ヒ", "ー")),
        ("「日」1/3", ("「", "日", "」", "1/3")),
        ("第12回", ("第", "12", "回")),
        ("the", ()),
        ("日本Transformer", ()),
        ("", ()),
    ],
)
def test_japanese_is_written_downwards_and_latin_words_are_not(text: str, parts: tuple[str, ...]) -> None:
    assert labels.vertical_parts(text) == parts


@given(st.floats(0.01, 100), st.floats(8, 60))
def test_labels_that_carry_text_never_touch(cell: float, pitch: float) -> None:
    step = labels.step_for(cell, pitch)
    assert step * cell >= pitch * (1 - 1e-9)


@given(st.floats(0, 500), st.floats(1, 500), st.integers(1, 1000), st.sampled_from([1, 2, 5, 10, 100]))
def test_labelled_cells_are_multiples_in_sight(first: float, width: float, count: int, step: int) -> None:
    shown = list(labels.visible(first, first + width, count, step))
    assert all(i % step == 0 and 0 <= i < count for i in shown)
    assert all(first - step <= i <= first + width for i in shown)


def test_vertical_labels_need_room_for_each_sign(qapp) -> None:
    metrics = QFontMetricsF(fonts.base_font())
    assert labels.length("図書館", metrics) == pytest.approx(3 * metrics.height() * 0.86)
    assert labels.length("library", metrics) == metrics.horizontalAdvance("library")
