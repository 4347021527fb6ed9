"""Morphemes, words and characters, and how tokens fall into them."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.core.text import Token, Unit, alignment, find_morphemes, segment
from visualizer.core.text.morphemes import has_japanese
from visualizer.core.text.units import UnitKind


def tokens_at(*spans: tuple[int, int]) -> tuple[Token, ...]:
    return tuple(Token(n, f"t{n}", span, False, f"t{n}") for n, span in enumerate(spans))


def units_of(unit: UnitKind, string: str, *spans: tuple[int, int]) -> tuple[Unit, ...]:
    return segment(unit, tokens_at(*spans), find_morphemes(string), string)


def labels_by_character(unit: UnitKind, string: str) -> list[str]:
    return [u.label for u in units_of(unit, string, *((n, n + 1) for n in range(len(string)))) if u.label != "␣"]


def test_morphemes_have_class_reading_base_form_and_place() -> None:
    string = "東京で本を読んだ。"
    found = find_morphemes(string)
    assert [m.surface for m in found] == ["東京", "で", "本", "を", "読ん", "だ", "。"]
    assert (found[0].part_of_speech, found[0].word_class) == ("名詞,固有名詞,地域,一般", "名詞")
    assert (found[0].reading, found[4].base_form) == ("トウキョウ", "読む")
    assert all(string[slice(*m.span)] == m.surface for m in found)


@pytest.mark.parametrize("string", ["", "the cat", "1234 !?", "Привет", "한국어", "\ud800"])
def test_text_without_japanese_has_no_morphemes(string: str) -> None:
    assert find_morphemes(string) == ()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from([*"私は本を読む。、　 \n\t!?ab1Ａ👍🏽が\u0301\ud800\x00", "Transformer", "図書館"]), max_size=30
    )
)
def test_morphemes_lie_exactly_in_any_text(parts: list[str]) -> None:
    string = "".join(parts)
    cursor = 0
    for morpheme in find_morphemes(string):
        start, end = morpheme.span
        assert cursor <= start < end <= len(string)
        assert not morpheme.surface.isspace()
        between = string[cursor:start]
        # Words of other scripts are no morphemes: the dictionary would call them all nouns.
        assert not has_japanese(between), f"{between!r} belongs to no morpheme"
        cursor = end


def test_morphemes_of_a_long_text_are_found_in_time() -> None:
    string = "私は図書館で本を読みました。それから、友だちと駅まで歩いて帰りました。" * 150
    find_morphemes("暖機")
    start = time.perf_counter()
    found = find_morphemes(string)
    assert time.perf_counter() - start < 20
    assert len(found) == 150 * len(find_morphemes(string[: len(string) // 150]))


def test_a_long_text_without_marks_is_not_lost() -> None:
    assert find_morphemes("本" * 2_500)[-1].span[1] == 2_500


def test_morphemes_may_be_asked_for_by_many_threads() -> None:
    strings = [f"私は{n}冊の本を読みました。" for n in range(20)]
    found: list[bool] = []

    def work() -> None:
        found.extend(bool(find_morphemes(s)) for s in strings)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80


def test_words_are_morphemes_in_japanese_and_words_elsewhere() -> None:
    string = "私はPyTorch 2.13で don't-stop を使う。"
    assert labels_by_character("word", string) == [
        "私",
        "は",
        "PyTorch",
        "2.13",
        "で",
        "don't-stop",
        "を",
        "使う",
        "。",
    ]


@pytest.mark.parametrize(
    ("string", "words"),
    [
        ("The cat, didn't sit!", ["The", "cat", ",", "didn't", "sit", "!"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("عَرَبِيّ نص", ["عَرَبِيّ", "نص"]),
        ("a…b", ["a", "…", "b"]),
    ],
)
def test_words_of_other_scripts(string: str, words: list[str]) -> None:
    assert labels_by_character("word", string) == words
    assert labels_by_character("morpheme", string) == words


def test_characters_are_what_a_reader_sees() -> None:
    string = "e\u0301👍🏽👨‍👩‍👧🇯🇵か\u3099"
    assert labels_by_character("character", string) == ["e\u0301", "👍🏽", "👨‍👩‍👧", "🇯🇵", "か\u3099"]


@pytest.mark.parametrize("unit", ["morpheme", "word"])
@pytest.mark.parametrize("emoji", ["👨‍👩‍👧", "❤️", "1️⃣", "🇯🇵", "👍🏽"])
def test_no_morpheme_cuts_a_character_in_two(unit: UnitKind, emoji: str) -> None:
    labels = labels_by_character(unit, f"猫{emoji}が好き")
    assert labels == ["猫", emoji, "が", "好き"]


def test_a_token_over_two_morphemes_is_shared_by_its_characters() -> None:
    string = "私は図書館で"
    units = units_of("morpheme", string, (0, 1), (1, 3), (3, 6))
    assert [u.label for u in units] == ["私", "は", "図書館", "で"]
    expected = [[1, 0, 0], [0, 0.5, 0], [0, 0.5, 2 / 3], [0, 0, 1 / 3]]
    np.testing.assert_allclose(alignment(units, 3), expected, atol=1e-6)
    assert [u.part_of_speech.split(",")[0] for u in units if u.part_of_speech] == ["名詞", "助詞", "名詞", "助詞"]


def test_blanks_before_a_word_take_nothing_from_it() -> None:
    units = units_of("word", "the cat", (0, 3), (3, 7))
    assert [(u.label, u.tokens, u.shares) for u in units] == [("the", (0,), (1.0,)), ("cat", (1,), (1.0,))]


def test_the_parts_of_a_character_stay_together() -> None:
    units = units_of("character", "日本", (0, 1), (0, 1), (0, 1), (1, 2))
    assert [(u.label, u.tokens) for u in units] == [("日", (0, 1, 2)), ("本", (3,))]


def test_special_tokens_keep_their_places_and_pairs_stay_apart() -> None:
    tokens = (
        Token(0, "[CLS]", (0, 0), True, "[CLS]"),
        Token(1, "私", (0, 1), False, "私"),
        Token(2, "[MASK]", (1, 7), True, "[MASK]"),
        Token(3, "本", (7, 8), False, "本"),
        Token(4, "[SEP]", (8, 8), True, "[SEP]"),
        Token(5, "a", (0, 1), False, "a", 1),
        Token(6, "[SEP]", (1, 1), True, "[SEP]", 1),
    )
    morphemes = find_morphemes("私[MASK]本")
    for unit in ("morpheme", "word", "character", "token"):
        units = segment(unit, tokens, morphemes, "私[MASK]本", "a")
        assert [u.label for u in units] == ["[CLS]", "私", "[MASK]", "本", "[SEP]", "a", "[SEP]"]
        assert [u.special for u in units] == [True, False, True, False, True, False, True]
        assert [u.sequence for u in units] == [0, 0, 0, 0, 0, 1, 1]


def test_another_unit_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="sentence"):
        segment("sentence", (), (), "")  # type: ignore[arg-type]
