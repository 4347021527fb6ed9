"""The work that one view has running: keys of its own, so that two views of one kind do not cancel each other's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from visualizer.session.jobs import Jobs, Work

_numbers = itertools.count(1)


class OwnJobs:
    """Jobs of one view, by the names that the view gives them; the newest of a name wins."""

    def __init__(self, jobs: Jobs, view_id: str) -> None:
        self._jobs = jobs
        self._prefix = f"{view_id}#{next(_numbers)}."
        self._running: set[str] = set()

    def __contains__(self, full_key: object) -> bool:
        return full_key in self._running

    def __bool__(self) -> bool:
        return bool(self._running)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._running))

    def start(
        self,
        name: str,
        work: Work,
        on_done: Callable[[Any], None],
        on_error: Callable[[Exception], None],
        on_progress: Callable[[float, Any], None],
    ) -> None:
        """Run `work` on the worker; every callback comes on the interface's thread."""
        key = self._prefix + name
        self._running.add(key)

        def done(result: Any) -> None:
            self._running.discard(key)
            on_done(result)

        def failed(error: Exception) -> None:
            self._running.discard(key)
            on_error(error)

        self._jobs.submit(key, work, done, failed, on_progress=on_progress)

    def is_running(self, name: str) -> bool:
        return self._prefix + name in self._running

    def cancel(self, name: str) -> None:
        key = self._prefix + name
        self._jobs.cancel(key)
        self._running.discard(key)  # only now: the last word about the job must still be heard

    def cancel_all(self) -> bool:
        """Forget everything; whether there was anything."""
        found = bool(self._running)
        for key in self:
            self._jobs.cancel(key)
        self._running.clear()
        return found
