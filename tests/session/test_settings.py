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
