from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visualizer.core.text.tokens import Morpheme, Token
from visualizer.widgets.token_row import TokenRow, lay_out

SIZES = {"padding": 8, "gap": 4, "narrowest": 28, "widest": 160, "break_gap": 16}


def row_of(tokens: list[Token], morphemes: list[Morpheme] | None = None) -> TokenRow:
    return lay_out(tokens, morphemes or [], lambda text: 10 * len(text), **SIZES)


def token(text: str, start: int, end: int, sequence: int = 0, special: bool = False) -> Token:
    return Token(0, text, (start, end), special, text, sequence)


def morpheme(start: int, end: int) -> Morpheme:
    return Morpheme("x" * (end - start), "名詞", "", "", (start, end))


@given(st.lists(st.text(max_size=30), max_size=50), st.floats(-10, 5000))
def test_chips_stand_apart_in_order_and_every_point_finds_its_chip(texts: list[str], x: float) -> None:
    row = row_of([token(text, i, i + 1) for i, text in enumerate(texts)])
    assert np.all(row.right - row.left >= 28)
    assert np.all(row.right - row.left <= 160)
    assert np.all(row.left[1:] - row.right[:-1] == 4)
    found = row.token_at(x)
    inside = [i for i in range(len(texts)) if row.left[i] <= x <= row.right[i]]
    assert found == (inside[0] if inside else -1)


@given(st.integers(1, 200), st.floats(0, 5000), st.floats(0, 2000))
def test_the_visible_tokens_are_those_that_touch_the_stretch(count: int, left: float, width: float) -> None:
    row = row_of([token("ab", i, i + 1) for i in range(count)])
    touching = [i for i in range(count) if row.right[i] >= left and row.left[i] <= left + width]
    assert list(row.visible(left, left + width)) == touching


def test_a_morpheme_spans_the_chips_of_its_characters() -> None:
    row = row_of([token("図", 0, 1), token("書", 1, 2), token("館で", 2, 4)], [morpheme(0, 3), morpheme(3, 4)])
    assert row.morpheme_left[0] == row.left[0]
    middle = (row.left[2] + row.right[2]) / 2
    assert row.morpheme_right[0] == middle
    assert row.morpheme_left[1] == middle
    assert row.morpheme_right[1] == row.right[2]


def test_a_morpheme_covers_all_byte_tokens_of_its_character() -> None:
    row = row_of([token("「本」1/3", 0, 1), token("「本」2/3", 0, 1), token("「本」3/3", 0, 1)], [morpheme(0, 1)])
    assert (row.morpheme_left[0], row.morpheme_right[0]) == (row.left[0], row.right[2])


def test_special_tokens_carry_no_morpheme_and_the_pair_starts_after_a_wider_gap() -> None:
    tokens = [token("[CLS]", 0, 0, special=True), token("本", 0, 1), token("[SEP]", 1, 1, special=True)]
    row = row_of([*tokens, token("a", 0, 1, sequence=1)], [morpheme(0, 1)])
    assert (row.morpheme_left[0], row.morpheme_right[0]) == (row.left[1], row.right[1])
    assert row.left[3] - row.right[2] == 4 + 16


def test_a_typed_mask_holds_no_words() -> None:
    tokens = [token("で", 0, 1), token("[MASK]", 1, 7, special=True), token("を", 7, 8)]
    row = row_of(tokens, [morpheme(0, 1), morpheme(1, 2), morpheme(2, 6), morpheme(6, 7), morpheme(7, 8)])
    assert [m.span for m in row.morphemes] == [(0, 1), (7, 8)]


def test_no_tokens_make_an_empty_row() -> None:
    row = row_of([], [morpheme(0, 1)])
    assert row.width == 0
    assert row.token_at(5) == -1
    assert list(row.visible(0, 100)) == []
