"""What was open when the program ended without being asked to: every window its place, and no start twice the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from visualizer.core.request import RunRequest
from visualizer.session import document_file
from visualizer.session.document import Document, Pane
from visualizer.session.last_session import LastSession

OPEN = Document((Pane(RunRequest("図書館")),))


def _crash(where: Path) -> None:
    """A program that keeps what is open and ends at once, without a word."""
    code = f"""
import os
from pathlib import Path
from tests.session.test_last_session import OPEN
from visualizer.session.last_session import LastSession
last = LastSession(Path({str(where)!r}))
last.claim()
last.keep(OPEN)
os._exit(9)
"""
    root = Path(__file__).resolve().parent.parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60).returncode == 9


def test_an_orderly_end_leaves_nothing_to_restore(tmp_path: Path) -> None:
    first = LastSession(tmp_path)
    assert not first.claim()
    first.keep(OPEN)
    first.end()
    assert list(tmp_path.iterdir()) == []
    second = LastSession(tmp_path)
    assert not second.claim()
    second.end()


def test_a_crash_leaves_what_was_open_and_it_is_offered_once(tmp_path: Path) -> None:
    _crash(tmp_path)
    second = LastSession(tmp_path)
    assert second.claim()
    assert document_file.read(second.left) == OPEN
    second.end()
    third = LastSession(tmp_path)
    assert not third.claim(), "a start that ends badly again must not find the same session waiting"
    assert document_file.read(third.left) == OPEN, "it can still be opened by hand"
    third.end()


def test_two_windows_keep_their_own_and_take_nothing_from_each_other(tmp_path: Path) -> None:
    first, second = LastSession(tmp_path), LastSession(tmp_path)
    assert not first.claim()
    first.keep(OPEN)
    assert not second.claim(), "what another window has open was not left by a crash"
    second.keep(Document())
    second.end()
    assert [document_file.read(path) for path in tmp_path.glob("*.tvsession")] == [OPEN]
    first.end()


def test_a_damaged_rest_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "open-1.tvsession").write_bytes(b"{")
    last = LastSession(tmp_path)
    assert not last.claim()
    last.end()


def test_a_disk_that_refuses_is_borne(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder is needed")
    last = LastSession(tmp_path / "file" / "deep")
    assert not last.claim()
    last.keep(OPEN)
    last.end()
