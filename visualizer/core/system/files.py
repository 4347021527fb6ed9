"""Writing files whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visualizer.core.errors import MissingFile, NoOrdinaryFile, WriteFailed
from visualizer.core.system import leftovers


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a scratch path in the same folder; it takes the place of `path` only when the block ends well.

    A link is followed: the file that it names is replaced, and the link stays. Raises MissingFile when the folder does
    not exist, NoOrdinaryFile for a pipe or a device, and WriteFailed when nothing can be written there.
    Nothing half-written stays behind, and an older file under that name survives a failure.

    >>> with replacing("numbers.csv") as scratch:
    ...     scratch.write_text("1,2,3")
    """
    target = followed(Path(path))
    mark = leftovers.new_mark()
    scratch = target.parent / f".{_short(target.stem)}-{mark}{target.suffix}"
    leftovers.note(mark, scratch)
    try:
        try:
            scratch.touch(mode=0o600, exist_ok=False)
        except (OSError, ValueError) as error:
            raise WriteFailed(str(target), getattr(error, "strerror", None) or str(error)) from error
        try:
            yield scratch
            # Nobody reads what is half written; a result is an ordinary file.
            umask = os.umask(0)
            os.umask(umask)
            scratch.chmod(0o666 & ~umask)
            scratch.replace(target)
        except OSError as error:
            raise WriteFailed(str(target), error.strerror or str(error)) from error
        finally:
            scratch.unlink(missing_ok=True)
    finally:
        leftovers.forget(mark)


def followed(path: Path) -> Path:
    """The file that is meant to be written, which need not be there yet: where links lead.

    Raises MissingFile (no such folder), NoOrdinaryFile (a pipe or a device), WriteFailed.
    """
    try:
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        if not target.parent.is_dir():
            raise MissingFile(str(target.parent), "the folder does not exist")
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    except (OSError, ValueError) as error:  # a link that leads to itself, a name that no file can have
        raise WriteFailed(str(path), getattr(error, "strerror", None) or str(error)) from error
    if stat.S_ISDIR(mode):
        raise WriteFailed(str(target), "a folder has this name")
    if not stat.S_ISREG(mode):
        raise NoOrdinaryFile(str(target))
    return target


def _short(stem: str) -> str:
    """As much of a name as leaves room for the rest: a name has at most 255 bytes."""
    return stem.encode("utf-8", "surrogateescape")[:120].decode("utf-8", "ignore")
