"""Sentences are restored, compared and kept apart as the model cards say."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundled import data

NATURAL = [
    "I met Tom in Tokyo on Monday.",
    "She said that Ken was in Tokyo.",
    "He told Ken that the game was over.",
    "Mary is my friend.",
    "The dog saw Mr. White.",
]


@pytest.fixture(scope="module")
def capitals() -> data.Capitals:
    return data.Capitals(NATURAL)


@pytest.mark.parametrize(
    ("filed", "natural"),
    [
        ("i can 't swim at all .", "I can't swim at all."),
        ("no . i 'm sorry , i 've got to go .", "No. I'm sorry, I've got to go."),
        ("is ken in tokyo ?", "Is Ken in Tokyo?"),
        ("he came at five o 'clock with mary .", "He came at five o'clock with Mary."),
        ("she said , '' hello . ''", 'She said, "hello."'),
        ("ten minutes ' walk .", "Ten minutes' walk."),
        ("the dog saw mr. white .", "The dog saw Mr. White."),
    ],
)
def test_restoring_gives_the_natural_spelling(capitals: data.Capitals, filed: str, natural: str) -> None:
    assert data.restore(filed, capitals) == natural


@pytest.mark.parametrize("sentence", ["I can't swim at all.", "Is Ken in Tokyo?", "Well, I don't know."])
def test_lower_split_and_restore_undo_each_other(capitals: data.Capitals, sentence: str) -> None:
    assert data.restore(data.lower_split(sentence), capitals) == sentence


def test_split_leaves_no_measured_sentence_in_training(tmp_path: Path) -> None:
    natural, filed, dev = (tmp_path / name for name in ("natural.tsv", "filed.tsv", "dev.tsv"))
    natural.write_text("".join(f"Tom has {n} dogs.\tトムは犬を{n}匹飼う。\n" for n in range(40)), encoding="utf-8")
    filed.write_text("".join(f"mary has {n} cats .\tメアリは猫を{n}匹飼う。\n" for n in range(40)), encoding="utf-8")
    dev.write_text("tom has 3 dogs .\t犬が三匹いる。\ni see .\tメアリは猫を7匹飼う。\n", encoding="utf-8")
    split = data.make_split([natural, filed], dev, held_out=5)
    trained_english = {data.key(pair.english) for pair in split.train}
    trained_japanese = {data.key(pair.japanese) for pair in split.train}
    for pair in (*split.dev, *split.held_out):
        assert data.key(pair.english) not in trained_english, f"trained on {pair.english}"
        assert data.key(pair.japanese) not in trained_japanese, f"trained on {pair.japanese}"
    assert len(split.held_out) == 5
    assert len(split.train) == 80 - 2 - 5


def test_a_line_without_two_columns_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text("Hello.\tこんにちは。\nHello.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.tsv:2"):
        data.read_tsv(path)
