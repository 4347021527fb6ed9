"""Formulas become rich text."""

from __future__ import annotations

import pytest

from visualizer.ui.formula import display, inline


def test_letters_are_symbols_and_words_and_numbers_are_not() -> None:
    assert inline("a2") == "<i>a</i>2"
    assert inline(r"\log x") == "log&nbsp;<i>x</i>"
    assert inline("τ") == "<i>τ</i>"


def test_indices_and_powers_take_one_sign_or_braces() -> None:
    assert inline("a_{ij}^2") == "<i>a</i><sub><i>i</i><i>j</i></sub><sup>2</sup>"


def test_a_fraction_in_the_line_has_two_rows_and_one_inside_a_stroke() -> None:
    shown = display(r"x = \frac{a}{b + c}")
    assert shown.count("<tr>") == 2 and "border-bottom" in shown
    assert inline(r"\frac{a}{b + c}").replace("&nbsp;", " ") == "<i>a</i> / (<i>b</i> + <i>c</i>)"


def test_a_root_says_how_far_it_reaches() -> None:
    assert inline(r"\sqrt{d_k}") == "√<i>d</i><sub><i>k</i></sub>"
    assert inline(r"\sqrt{a+b}") == "√(<i>a</i>+<i>b</i>)"


def test_what_looks_like_a_tag_is_none() -> None:
    assert inline("<") == "&lt;"


def test_a_brace_left_open_is_told() -> None:
    with pytest.raises(ValueError, match="brace"):
        inline("a_{ij")
