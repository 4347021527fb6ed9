from __future__ import annotations

from pathlib import Path

import pytest

from visualizer.core.errors import MissingFile, WriteFailed
from visualizer.core.system.files import replacing


def test_the_file_appears_only_when_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "numbers.csv"
    with replacing(target) as scratch:
        scratch.write_text("1,2,3", encoding="utf-8")
        assert not target.exists(), "readers must never see a half-written file"
        assert scratch.suffix == ".csv", "writers that look at the suffix must see the real one"
    assert target.read_text(encoding="utf-8") == "1,2,3"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "numbers.csv"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError, match="stop"), replacing(target) as scratch:
        scratch.write_text("half", encoding="utf-8")
        raise RuntimeError("stop")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile) as caught, replacing(tmp_path / "nowhere" / "x.csv"):
        pass
    assert caught.value.fields["path"] == str(tmp_path / "nowhere")


def test_a_full_disk_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed) as caught, replacing(tmp_path / "x.csv"):
        raise OSError(28, "No space left on device")
    assert caught.value.fields["detail"] == "No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("", encoding="utf-8")
    with replacing(tmp_path / "x.csv") as scratch:
        scratch.write_text("", encoding="utf-8")
    assert (tmp_path / "x.csv").stat().st_mode == plain.stat().st_mode
