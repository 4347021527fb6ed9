"""A process that is killed leaves scratch files; the next start clears those, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from visualizer.core.system import leftovers
from visualizer.core.system.files import replacing

WRITER = """
import os, sys
from pathlib import Path
from visualizer.core.system import csv_file, leftovers
from visualizer.core.system.files import replacing
folder = Path(sys.argv[1])
icons = leftovers.new_folder("transformer-visualizer-", folder)
(icons / "a.svg").write_text("x")
with replacing(folder / "numbers.csv") as scratch:
    scratch.write_text("half")
    scratch.with_name(scratch.name + ".marked").write_text("half")
    print("ready", flush=True)
    sys.stdin.read()
"""


def start(folder: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdin=pipe, stdout=pipe, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate(timeout=30)


def test_what_a_killed_process_left_is_cleared_and_what_lies_beside_it_stays(tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text("old")
    (tmp_path / ".numbers-mine.csv").write_text("somebody's own")
    child = start(tmp_path)
    assert len(list(tmp_path.iterdir())) == 5
    assert leftovers.clear() == 0, "its owner still writes"
    assert len(list(tmp_path.iterdir())) == 5
    end(child)
    assert leftovers.clear() == 3, "the scratch, the file beside it, and the folder"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".numbers-mine.csv", "numbers.csv"]
    assert (tmp_path / "numbers.csv").read_text() == "old"
    assert list(leftovers.folder_of_notes().iterdir()) == []


def test_an_orderly_end_leaves_no_note(tmp_path: Path) -> None:
    with replacing(tmp_path / "x.csv"):
        assert len(list(leftovers.folder_of_notes().iterdir())) == 1
    leftovers.remove(leftovers.new_folder("a-", tmp_path))
    with pytest.raises(OSError):
        leftovers.new_folder("a-", tmp_path / "nowhere")
    assert list(leftovers.folder_of_notes().iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_a_note_has_nothing_removed_but_what_bears_its_mark(tmp_path: Path) -> None:
    precious, notes = tmp_path / "precious", leftovers.folder_of_notes()
    precious.write_text("stay")
    notes.mkdir(parents=True)
    gone = {"process": 2**22 + 1, "time": time.time()}
    bad = ["", "[]", "{", "\udcff", json.dumps({"path": str(precious)}), "9" * 100_000, json.dumps({**gone, "path": 3})]
    for number, content in enumerate(bad):
        (notes / f"{number:016x}").write_text(content, errors="surrogateescape")
    for name in ("precious", "e", "", "*"):
        (notes / f"note-{name or 'x'}".replace("*", "star")).write_text(
            json.dumps({**gone, "path": str(tmp_path / (name or "precious"))})
        )
    assert leftovers.clear() == 0
    assert precious.read_text() == "stay"
    assert list(notes.iterdir()) == []


def test_a_number_that_another_process_has_got_meanwhile_is_not_its_owner(tmp_path: Path) -> None:
    mark = leftovers.new_mark()
    path = tmp_path / f".x-{mark}"
    path.write_text("half")
    leftovers.note(mark, path)
    note = leftovers.folder_of_notes() / mark
    note.write_text(json.dumps({"path": str(path), "process": os.getppid(), "time": 1.0}))
    assert leftovers.clear() == 1
    assert not path.exists()


def test_without_a_place_for_notes_files_are_written_all_the_same(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with replacing(tmp_path / "x.csv") as scratch:
        scratch.write_text("1")
    assert (tmp_path / "x.csv").read_text() == "1"
    assert leftovers.clear() == 0


