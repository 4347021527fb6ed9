"""Signals that ask the program to end, heard by Qt's loop: SIGTERM, SIGINT, and a terminal that goes away."""

from __future__ import annotations

import contextlib
import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal

NAMES = ("SIGTERM", "SIGINT", "SIGHUP")  # the last one is not known everywhere


class EndSignals(QObject):
    """Says that the program shall end, on the interface's thread, also while a dialog has a loop of its own.

    Python hears of a signal only between two of its own instructions, which Qt's loop may keep away for minutes; so
    the number of the signal comes through a socket that the loop watches. The second time a signal ends the process
    at once, as it does without this class: the first may have found a window that hangs.

    ended: the number of the signal.
    """

    ended = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_notifier_activated)
        self._heard = [found for name in NAMES if (found := getattr(signal, name, None)) is not None]
        for number in self._heard:
            signal.signal(number, self._heard_once)

    def _heard_once(self, number: int, _frame: object) -> None:
        """What is to be done is done where the number arrives."""
        signal.signal(number, signal.SIG_DFL)

    def _on_notifier_activated(self) -> None:
        with contextlib.suppress(OSError):
            for number in self._reader.recv(64):
                if number in self._heard:
                    self.ended.emit(number)
