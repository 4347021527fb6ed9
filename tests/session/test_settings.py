from __future__ import annotations

from pathlib import Path

import pytest

from visualizer.session import settings
from visualizer.session.settings import Settings


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    kept = Settings(
        language="ja", theme="dark", lecture=True, recent_models=["a", "b"], text="私は", splitters={"x": "y"}
    )
    assert settings.save(kept, path)
    assert settings.load(path) == (kept, False)
    assert [item.name for item in path.parent.iterdir()] == ["settings.json"]


def test_a_first_start_has_defaults_and_is_no_damage(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "none.json") == (Settings(), False)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"language": 3}', "\x00\x01"])
def test_a_damaged_file_is_left_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content, encoding="utf-8")
    assert settings.load(path) == (Settings(), True)


def test_what_is_right_in_a_damaged_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"language": "ja", "lecture": "yes", "unknown": 1}', encoding="utf-8")
    assert settings.load(path) == (Settings(language="ja"), True)


def test_a_disk_that_refuses_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder is needed")
    assert not settings.save(Settings(), blocked / "settings.json")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "bad",
    [
        '"text_size": NaN',
        '"text_size": -Infinity',
        '"text_size": 1e999',
        '"text_size": ' + "9" * 5000,
        '"text_size": ' + "9" * 39,
        '"geometry": "\\ud800"',
        '"text": "\\udfff"',
        '"text": "\\u0000"',
        '"splitters": [1]',
        '"splitters": {"views": 3}',
        '"splitters": {"views": {"a": "b"}}',
        '"splitters": {"\\ud800": "b"}',
        '"recent_models": [1, null, {}]',
        '"last_views": {"heads": []}',
        '"views": {"positions": {"a": NaN}}',
        '"views": {"positions": ' + "[" * 400 + "]" * 400 + "}",
        '"language": "xx"',
        '"theme": "pink"',
        '"dtype": "float128"',
        '"device": null',
    ],
)
def test_every_value_is_checked_alone_and_a_bad_one_falls_back_to_its_default(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(f'{{"model": "bundled:x", "dock": false, {bad}}}', encoding="utf-8")
    found, damaged = settings.load(path)
    assert damaged
    assert found == Settings(model="bundled:x", dock=False)
    assert settings.save(found, path)


def test_good_parts_of_a_damaged_value_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"splitters": {"views": "QQ==", "other": 4}, "recent_models": ["a", 3, "b"]}', encoding="utf-8")
    found, damaged = settings.load(path)
    assert damaged
    assert (found.splitters, found.recent_models) == ({"views": "QQ=="}, ["a", "b"])


def test_json_that_exhausts_the_stack_is_damage_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"views": ' + "[" * 100_000, encoding="utf-8")
    assert settings.load(path) == (Settings(), True)


def test_what_cannot_be_written_does_not_keep_the_rest_from_being_saved(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    endless: list[object] = []
    endless.append(endless)
    views = {"a": object(), "b": {"bins": 20}, "c": float("nan"), "d": endless}
    assert settings.save(Settings(text="\ud800", geometry="\udc00", language="ja", views=views), path)
    assert settings.load(path) == (Settings(language="ja", views={"b": {"bins": 20}}), False)
