from __future__ import annotations

import os
from pathlib import Path

import pytest

from visualizer.core.errors import MissingFile, NoOrdinaryFile, WriteFailed
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


def test_a_link_stays_and_the_file_that_it_names_is_replaced(tmp_path: Path) -> None:
    there, link, second = tmp_path / "there", tmp_path / "link.csv", tmp_path / "second.csv"
    there.mkdir()
    link.symlink_to(Path("there") / "numbers.csv")
    second.symlink_to(link)
    for content in ("new", "newer"):  # the first time the link leads to nothing yet
        with replacing(second) as scratch:
            assert scratch.parent == there, "in place in one step: in the folder of the file itself"
            scratch.write_text(content, encoding="utf-8")
        assert (there / "numbers.csv").read_text(encoding="utf-8") == content
    assert link.is_symlink() and second.is_symlink()
    assert sorted(path.name for path in there.iterdir()) == ["numbers.csv"]


def test_a_link_that_leads_nowhere_is_a_typed_error(tmp_path: Path) -> None:
    circle, lost = tmp_path / "circle", tmp_path / "lost"
    circle.symlink_to(circle)
    lost.symlink_to(tmp_path / "nowhere" / "x")
    with pytest.raises(WriteFailed), replacing(circle):
        pass
    with pytest.raises(MissingFile), replacing(lost):
        pass
    assert circle.is_symlink() and lost.is_symlink()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_or_a_device_is_refused_and_stays(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link, Path(os.devnull)):
        with pytest.raises(NoOrdinaryFile), replacing(path):
            pass
    assert pipe.is_fifo() and not Path(os.devnull).is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe"]


@pytest.mark.parametrize("name", ["無" * 80 + ".csv", "a" * 250 + ".csv", "a\udcff.csv", "a\0b.csv"])
def test_any_name_is_written_or_refused_by_a_typed_error(tmp_path: Path, name: str) -> None:
    try:
        with replacing(tmp_path / name) as scratch:
            scratch.write_text("1", encoding="utf-8")
    except WriteFailed:
        assert list(tmp_path.iterdir()) == []
    else:
        assert [path.name for path in tmp_path.iterdir()] == [name]
