"""What counts as not held: everything that went wrong and is no typed error of ours."""

from __future__ import annotations

import logging
import re
import sys
import threading
import tomllib
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from visualizer.core.errors import VisualizerError

ROOT = Path(__file__).resolve().parent.parent.parent


class Injected(Exception):
    """What a test raises on purpose, wherever it is then logged."""


class Oracle(logging.Handler):
    """Listens wherever an error can come out: hooks of Python, messages of Qt, and what the guard and the views log.

    Each fault is told once a process: the same exception at the same place is one fault.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._found: list[tuple[str, str]] = []
        self._known: set[str] = set()
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        # What the tests overlook as well: the offscreen platform's words about itself.
        self._ignored = [re.compile(p) for p in settings["tool"]["pytest"]["ini_options"]["qt_log_ignore"]]

    def listen(self) -> None:
        """From now on, for the whole process."""
        sys.excepthook = lambda kind, error, trace: self._on_error("excepthook", error, trace)
        threading.excepthook = lambda args: self._on_error("thread", args.exc_value, args.exc_traceback)
        sys.unraisablehook = lambda args: self._on_error("unraisable", args.exc_value, args.exc_traceback)
        qInstallMessageHandler(self._on_qt_message)
        root = logging.getLogger()
        root.addHandler(self)
        root.setLevel(logging.WARNING)
        logging.getLogger("visualizer.ui.guard").setLevel(logging.DEBUG)  # it tells each place once, at a higher level

    def judge(self, error: BaseException, where: str) -> None:
        """An exception that reached the caller: typed ones are as it should be."""
        if not isinstance(error, VisualizerError):
            self._on_error(where, error, error.__traceback__)

    def take(self) -> list[tuple[str, str]]:
        """What was found since the last time: in a few words, and the whole story."""
        found, self._found = self._found, []
        return found

    def add(self, key: str, story: str) -> None:
        """A fault under a name by which it is known again."""
        if key not in self._known:
            self._known.add(key)
            self._found.append((key, story))

    def _on_error(self, where: str, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or isinstance(error, Injected):
            return
        frames = traceback.extract_tb(trace)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        story = "".join(traceback.format_exception(type(error), error, trace))
        self.add(f"{type(error).__name__} {place} {str(error)[:120]!r}", f"{where}: {story}")

    def _on_qt_message(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) or any(p.search(text) for p in self._ignored):
            return
        stack = "".join(traceback.format_stack(limit=12)[:-1])
        self.add(f"qt {re.sub(r'[0-9]+', '0', text)[:80]}", f"message of Qt: {text}\n{stack}")

    def emit(self, record: logging.LogRecord) -> None:
        error: Any = record.exc_info[1] if record.exc_info else None
        ours = record.name.startswith("visualizer")
        if ours and isinstance(error, BaseException) and not isinstance(error, VisualizerError):
            self._on_error(f"log of {record.name}: {record.getMessage()[:200]}", error, record.exc_info[2])  # type: ignore[index]
