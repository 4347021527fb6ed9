"""One worker thread for everything that takes longer than a frame.

A job is a function of its own arguments. The latest submission under a key wins; results reach the
interface's thread; a job that was replaced or cancelled never delivers.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from visualizer.core.errors import Cancelled
from visualizer.core.system import frames
from visualizer.core.system.progress import ShouldStop

log = logging.getLogger(__name__)

# A share of the work, 0 to 1, and the name of the step or a part of the answer.
Progress = Callable[[float, Any], None]
Work = Callable[[ShouldStop, Progress], Any]


@dataclass(eq=False)
class _Job:
    key: str
    ticket: int
    work: Work
    on_done: Callable[[Any], None]
    on_error: Callable[[Exception], None] | None
    on_progress: Callable[[float, Any], None] | None
    urgent: bool
    stop: threading.Event = field(default_factory=threading.Event)
    yielded: bool = False  # told to stop only to let an urgent job pass; starts again afterwards


class Jobs(QObject):
    """Runs work on one thread, one job a key; every callback comes on the thread that this object lives in.

    busy_changed: key, whether something under it waits or runs.
    progress_changed: key, fraction in 0..1, what is being done (empty when the job reports data instead of words).
    """

    busy_changed = Signal(str, bool)
    progress_changed = Signal(str, float, str)
    _reported = Signal(object, str, object)  # job, "done" | "error" | "progress" | "dropped", payload

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tickets = itertools.count(1)
        self._latest: dict[str, int] = {}
        self._condition = threading.Condition()
        self._waiting: OrderedDict[str, _Job] = OrderedDict()
        self._running: _Job | None = None
        self._closed = False
        self._thread: threading.Thread | None = None
        self._reported.connect(self._on_job_reported, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        key: str,
        work: Work,
        on_done: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
        *,
        on_progress: Callable[[float, Any], None] | None = None,
        urgent: bool = False,
    ) -> None:
        """Run `work(should_stop, progress)`, hand its result to `on_done`; replaces what waits or runs under `key`.

        progress(fraction, payload): payload is a text for `progress_changed`, or data (a partial result) for
        `on_progress`.
        urgent: goes before everything that is not; a running job that is not urgent makes way and starts again later.
        """
        if self._closed:
            return
        job = _Job(key, next(self._tickets), work, on_done, on_error, on_progress, urgent)
        was_busy = key in self._latest
        self._latest[key] = job.ticket
        with self._condition:
            self._waiting.pop(key, None)
            self._waiting[key] = job
            running = self._running
            if running is not None and running.key == key:
                running.yielded = False
                running.stop.set()
            elif running is not None and urgent and not running.urgent and not running.stop.is_set():
                running.yielded = True
                running.stop.set()
            self._condition.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="visualizer-worker", daemon=True)
            self._thread.start()
        if not was_busy:
            self.busy_changed.emit(key, True)

    def cancel(self, key: str) -> None:
        """Forget what waits or runs under `key`; it never delivers."""
        if self._latest.pop(key, None) is None:
            return
        with self._condition:
            self._waiting.pop(key, None)
            if self._running is not None and self._running.key == key:
                self._running.yielded = False
                self._running.stop.set()
        self.busy_changed.emit(key, False)

    def is_busy(self, key: str) -> bool:
        return key in self._latest

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Cancel everything and wait for the thread; False when it did not end in time (seconds)."""
        self._closed = True
        self._latest.clear()
        with self._condition:
            self._waiting.clear()
            if self._running is not None:
                self._running.yielded = False
                self._running.stop.set()
            self._condition.notify()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # --- on the worker thread --------------------------------------------------------------------

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            outcome, payload = self._run(job)
            with self._condition:
                self._running = None
                again = outcome == "dropped" and job.yielded and job.key not in self._waiting and not self._closed
                if again:
                    job.stop.clear()
                    job.yielded = False
                    self._waiting[job.key] = job
            if not again:
                self._report(job, outcome, payload)
            del job, payload  # a waiting thread must not keep the last result alive

    def _next(self) -> _Job | None:
        with self._condition:
            while not self._waiting and not self._closed:
                self._condition.wait()
            if self._closed:
                return None
            key = next((key for key, job in self._waiting.items() if job.urgent), next(iter(self._waiting)))
            self._running = self._waiting.pop(key)
            return self._running

    def _run(self, job: _Job) -> tuple[str, object]:
        def progress(fraction: float, payload: Any = "") -> None:
            self._report(job, "progress", (fraction, payload))

        try:
            result = job.work(job.stop.is_set, progress)
        except Cancelled:
            return "dropped", None
        except Exception as error:  # handled by on_error, on the interface's thread
            return ("dropped", None) if job.stop.is_set() else ("error", error)
        return ("dropped", None) if job.stop.is_set() else ("done", result)

    def _report(self, job: _Job, outcome: str, payload: object) -> None:
        if self._closed:
            return
        try:
            self._reported.emit(job, outcome, payload)
        except RuntimeError:  # the interface was deleted while the job ran
            self._closed = True

    # --- on the interface's thread ---------------------------------------------------------------

    def _on_job_reported(self, job: _Job, outcome: str, payload: Any) -> None:
        if self._closed or self._latest.get(job.key) != job.ticket:
            return
        if outcome == "progress":
            fraction, what = payload
            if isinstance(what, str):
                self.progress_changed.emit(job.key, fraction, what)
            if job.on_progress is not None:
                job.on_progress(fraction, what)
            return
        del self._latest[job.key]
        self.busy_changed.emit(job.key, False)
        if outcome == "done":
            job.on_done(payload)
        elif outcome == "error":
            if job.on_error is not None:
                job.on_error(payload)
            else:
                log.error("job %s failed", job.key, exc_info=payload)
            frames.let_go(payload)  # whoever keeps the error keeps nothing of the work
