from __future__ import annotations

import pytest

from visualizer.core.text import scripts


@pytest.mark.parametrize(
    ("label", "script"),
    [
        ("図書館", "kanji"),
        ("食べ", "kanji"),
        ("読んでいる", "kana"),
        ("ﾃｽﾄ", "kana"),
        ("the", "latin"),
        ("Ｔｈｅ", "latin"),
        ("été", "latin"),
        ("書くx", "kanji"),
        ("42", "other"),
        ("。", "other"),
        ("<E6 97>", "other"),
        ("<s>", "other"),
        ("да", "other"),
        ("", "other"),
    ],
)
def test_a_token_counts_for_the_script_of_most_of_its_letters(label: str, script: str) -> None:
    assert scripts.SCRIPTS[scripts.of_labels([label])[0]] == script
