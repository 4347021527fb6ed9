"""Scratch files and folders, each noted until it is gone: what an ended process left is cleared at the next start.

A note is a small file in the state folder that holds a path, the process and the time. Its name stands in the scratch's
own name, so that a note can never have anything else removed. Nothing here raises: a note that cannot be written only
means that a file may stay behind after the power went.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

_MOST_NOTES = 1000  # looked at in one start
_MOST_BYTES = 1 << 16
_CLOCK = 2.0  # seconds by which two clocks of one machine may differ


def folder_of_notes() -> Path:
    """Where notes lie."""
    from platformdirs import user_state_path

    return Path(user_state_path("transformer-visualizer", appauthor=False)) / "scratch"


def new_mark() -> str:
    """What a scratch file has in its name, and its note is called: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def note(mark: str, path: Path) -> None:
    """From now on a process that is gone leaves nothing at this path, which has the mark in its name."""
    folder = folder_of_notes()
    content = {"path": os.path.abspath(path), "process": os.getpid(), "time": time.time()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / mark).write_text(json.dumps(content), encoding="utf-8")
    except (OSError, ValueError):
        return


def forget(mark: str) -> None:
    """The scratch with this mark is gone, or has got its real name."""
    try:
        (folder_of_notes() / mark).unlink(missing_ok=True)
    except OSError:
        return


def new_folder(prefix: str, parent: Path | None = None) -> Path:
    """A new noted folder, for whoever removes it by `remove`; in the system's place for such by default.

    Raises OSError.
    """
    mark = new_mark()
    path = Path(tempfile.gettempdir() if parent is None else parent) / f"{prefix}{mark}"
    note(mark, path)
    try:
        path.mkdir(mode=0o700)
    except OSError:
        forget(mark)
        raise
    return path


def remove(folder: Path) -> None:
    """Remove a folder of `new_folder`, and its note."""
    shutil.rmtree(folder, ignore_errors=True)
    forget(folder.name[-16:])


def clear() -> int:
    """Remove what processes that are gone left behind; how many files and folders that were."""
    try:
        notes = sorted(folder_of_notes().iterdir())[:_MOST_NOTES]
    except OSError:
        return 0
    count = 0
    for one in notes:
        try:
            if one.stat().st_size > _MOST_BYTES:
                raise ValueError("no note of ours")
            content = json.loads(one.read_text(encoding="utf-8"))
            path, process, begun = Path(content["path"]), int(content["process"]), float(content["time"])
            if _is_running(process, begun):
                continue
            count += _removed(path, one.name)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            pass  # a drive that is not there, a note that is none: not looked at again
        forget(one.name)
    return count


def _removed(path: Path, mark: str) -> int:
    if len(mark) != 16 or mark not in path.name:
        return 0
    # A writer may have had a file of its own beside the scratch, named after it.
    found = [one for one in path.parent.glob(f"*{mark}*") if mark in one.name]
    for one in found:
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)
    return len(found)


def _is_running(process: int, begun: float) -> bool:
    """Whether the process that wrote a note at this time still runs: another one may have got its number."""
    if process == os.getpid():
        return True
    import psutil  # comes with accelerate

    try:
        return float(psutil.Process(process).create_time()) <= begun + _CLOCK
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # somebody else's
        return True
