"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visualizer.core.errors import MissingFile, WriteFailed


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a scratch path in the same folder; it takes the place of `path` only when the block ends well.

    Raises MissingFile when the folder does not exist and WriteFailed when nothing can be written there.
    Nothing half-written stays behind, and an older file under that name survives a failure.

    >>> with replacing("numbers.csv") as scratch:
    ...     scratch.write_text("1,2,3")
    """
    target = Path(path)
    folder = target.parent
    if not folder.is_dir():
        raise MissingFile(str(folder), "the folder does not exist")
    if target.is_dir():
        raise WriteFailed(str(target), "a folder has this name")
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=f".{target.stem[:40]}-", suffix=target.suffix)
    except OSError as error:
        raise WriteFailed(str(target), error.strerror or str(error)) from error
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        # mkstemp makes files that only their owner reads; a result is an ordinary file.
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)
        scratch.replace(target)
    except OSError as error:
        raise WriteFailed(str(target), error.strerror or str(error)) from error
    finally:
        scratch.unlink(missing_ok=True)
