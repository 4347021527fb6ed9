"""What was open when the program ended without being asked to: written while it runs, gone after an orderly end.

Every window of the program has a place of its own, which a lock marks as taken; what lies in a place that nobody holds
was left by a crash. It is moved aside before anybody opens it, so that what made the program end cannot do so at every
start.
"""

from __future__ import annotations

import logging
from pathlib import Path

import platformdirs
from PySide6.QtCore import QLockFile

from visualizer.core.errors import VisualizerError
from visualizer.session import document_file
from visualizer.session.document import Document
from visualizer.session.settings import APPLICATION

PLACES = 8  # windows that are remembered at the same time

log = logging.getLogger(__name__)


def folder() -> Path:
    return Path(platformdirs.user_state_dir(APPLICATION, appauthor=False))


class LastSession:
    """One place. Nothing here raises: a disk that refuses only means that nothing can be restored."""

    def __init__(self, where: Path | None = None) -> None:
        self._folder = where or folder()
        self._path: Path | None = None
        self._lock: QLockFile | None = None
        self.left = self._folder / f"before-crash{document_file.SUFFIX}"

    def claim(self) -> bool:
        """Take a place; whether a session was left in it, which lies at `left` from now on."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, PLACES + 1):
                lock = QLockFile(str(self._folder / f"open-{number}.lock"))
                lock.setStaleLockTime(0)  # however long its owner runs: only one that is gone has left it
                if lock.tryLock(0):
                    self._lock, self._path = lock, self._folder / f"open-{number}{document_file.SUFFIX}"
                    break
            if self._path is None or not self._path.exists():
                return False
            self._path.replace(self.left)
            document_file.read(self.left)
        except (OSError, VisualizerError) as error:
            log.warning("what was open before cannot be restored: %s", error)
            return False
        return True

    def keep(self, document: Document) -> None:
        """Write what is open now."""
        if self._path is None:
            return
        try:
            document_file.write(document, self._path)
        except VisualizerError as error:
            log.warning("what is open was not kept: %s", error)

    def end(self, keep: bool = False) -> None:
        """An orderly end: nothing to restore, unless what was kept last is to be offered all the same."""
        if self._path is not None and not keep:
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("%s", error)
        self._path = None
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
