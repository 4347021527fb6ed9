"""How far a download is, in words: bytes, speed and the time that is left."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QCoreApplication

from visualizer.ui.numbers import format_bytes

WINDOW = 8.0  # seconds over which the speed is taken: long enough to be calm, short enough to be true
ENOUGH = 1.0  # seconds that have to be known before a speed is said

translate = QCoreApplication.translate


class Download:
    """What is known of one download; times in seconds of any one clock."""

    def __init__(self) -> None:
        self._known: deque[tuple[float, int]] = deque()
        self._total = 0

    def add(self, now: float, done: int, total: int) -> None:
        """So many bytes of so many have come until now."""
        if self._known and (done < self._known[-1][1] or total != self._total):
            self._known.clear()  # another one: a base model after its adapter
        self._known.append((now, done))
        self._total = total
        while len(self._known) > 2 and now - self._known[1][0] >= WINDOW:
            self._known.popleft()

    def wait(self, now: float) -> None:
        """Nothing more has come until now."""
        if self._known:
            self.add(now, self._known[-1][1], self._total)

    @property
    def speed(self) -> float | None:
        """Bytes a second of late; None while too little is known."""
        if not self._known:
            return None
        (begin, first), (end, last) = self._known[0], self._known[-1]
        return (last - first) / (end - begin) if end - begin >= ENOUGH else None

    def words(self) -> str:
        """ "1.2 GB of 3.4 GB · 12 MB/s · 3 min left"."""
        done = self._known[-1][1] if self._known else 0
        amount = translate("Download", "{done} of {total}")
        parts = [amount.format(done=format_bytes(done), total=format_bytes(self._total))]
        speed = self.speed
        if speed is not None and speed >= 1:
            parts.append(f"{format_bytes(int(speed))}/s")
            parts.append(_left((self._total - done) / speed))
        elif speed is not None:
            parts.append(translate("Download", "nothing is coming"))
        return " · ".join(parts)


def _left(seconds: float) -> str:
    if seconds < 60:
        return translate("Download", "{count} s left").format(count=max(1, round(seconds)))
    if seconds < 5400:
        return translate("Download", "{count} min left").format(count=round(seconds / 60))
    return translate("Download", "{count} h left").format(count=round(seconds / 3600))
