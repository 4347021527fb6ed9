"""Every string for a person has its Japanese, and none is put together before it is translated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import update_translations as tool


def test_every_string_has_its_japanese_and_no_call_is_untranslatable() -> None:
    lines = tool.missing(tool.read(), tool.extract())
    assert lines == [], "\n" + "\n".join(lines)


def test_no_entry_is_left_over() -> None:
    found = tool.extract().strings
    left = [(c, s) for c, messages in tool.read().items() for s in messages if (c, s) not in found]
    assert left == [], "run python tools/update_translations.py"


def test_both_languages_fill_in_the_same_fields() -> None:
    for context, messages in tool.read().items():
        for source, japanese in messages.items():
            fields = [sorted(re.findall(r"{\w*", text)) for text in (source, japanese)]
            assert fields[0] == fields[1], f"{context}: {source!r} and {japanese!r}"


@pytest.mark.parametrize(
    "call", ['self.tr(f"{n} tokens")', 'self.tr("a" + b)', 'self.tr("{n}".format(n=1))', 'self.tr("%d" % n)']
)
def test_a_string_put_together_before_translation_is_found(call: str, tmp_path: Path) -> None:
    (tmp_path / "visualizer").mkdir()
    (tmp_path / "visualizer" / "x.py").write_text(f"class A:\n    def f(self, n, b):\n        return {call}\n")
    assert tool.extract(tmp_path).problems


def test_the_file_survives_writing_and_reading(tmp_path: Path) -> None:
    catalogue = {"A": {"x < y & z": "x < y & z です", "new": ""}}
    tool.write(catalogue, tmp_path / "ja.ts")
    assert tool.read(tmp_path / "ja.ts") == catalogue
    assert 'type="unfinished"' in (tmp_path / "ja.ts").read_text(encoding="utf-8")


def test_brackets_are_narrow_and_colons_wide_in_all_japanese_words() -> None:
    texts = [japanese for context in tool.read().values() for japanese in context.values()]
    assert len(texts) > 500
    assert [text for text in texts if re.search("[（）]", text)] == []
    assert [text for text in texts if re.search("[\u3040-\u30ff\u4e00-\u9fff」)]: ", text)] == []


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ("アテンション", "注意"),
        ("セッション", "作業状態"),
        ("記録です", "トレース"),
        ("驚き", "サプライザル"),
        ("区画", "象限"),
        ("くり返", "繰り返"),
        ("切ったこと", "無効化"),
        ("アダプタの", "アダプターの"),
    ],
)
def test_one_thing_has_one_name_in_japanese(other: str, name: str) -> None:
    found = [japanese for messages in tool.read().values() for japanese in messages.values() if other in japanese]
    assert found == [], f"it is called {name} elsewhere"
