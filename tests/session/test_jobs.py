from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from visualizer.core.errors import Cancelled
from visualizer.session.jobs import Jobs


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    assert jobs.shutdown(), "the worker must end"


def until_stopped(should_stop: Any, progress: Any) -> None:
    while not should_stop():
        time.sleep(0.002)
    raise Cancelled


def test_work_runs_elsewhere_and_its_result_comes_back_here(jobs: Jobs, qtbot: QtBot) -> None:
    threads: list[threading.Thread] = []
    results: list[threading.Thread] = []
    jobs.submit(
        "a",
        lambda stop, progress: threads.append(threading.current_thread()),
        lambda _: results.append(threading.current_thread()),
    )
    qtbot.waitUntil(lambda: bool(results))
    assert threads[0] is not threading.main_thread()
    assert results[0] is threading.main_thread()


def test_the_latest_submission_under_a_key_wins(jobs: Jobs, qtbot: QtBot) -> None:
    results: list[int] = []
    jobs.submit("a", until_stopped, lambda _: results.append(-1))
    for number in range(10):
        jobs.submit("a", lambda stop, progress, number=number: number, results.append)
    jobs.submit("b", lambda stop, progress: 99, results.append)
    qtbot.waitUntil(lambda: 99 in results)
    assert results == [9, 99]


def test_a_result_that_arrives_after_a_newer_submission_is_dropped(jobs: Jobs, qtbot: QtBot) -> None:
    results: list[str] = []
    done = threading.Event()
    jobs.submit("a", lambda stop, progress: done.set() or "old", results.append)
    assert done.wait(5)
    time.sleep(0.05)  # the old result is on its way; nothing has handled it yet
    jobs.submit("a", lambda stop, progress: "new", results.append)
    qtbot.waitUntil(lambda: "new" in results)
    assert results == ["new"]


def test_a_cancelled_job_never_delivers_and_is_no_longer_busy(jobs: Jobs, qtbot: QtBot) -> None:
    busy: list[tuple[str, bool]] = []
    results: list[Any] = []
    jobs.busy_changed.connect(lambda key, on: busy.append((key, on)))
    jobs.submit("a", until_stopped, results.append, results.append)
    jobs.cancel("a")
    jobs.submit("b", lambda stop, progress: "b", results.append)
    qtbot.waitUntil(lambda: bool(results))
    assert results == ["b"]
    assert busy == [("a", True), ("a", False), ("b", True), ("b", False)]


def test_an_error_reaches_its_handler(jobs: Jobs, qtbot: QtBot) -> None:
    errors: list[Exception] = []

    def fail(should_stop: Any, progress: Any) -> None:
        raise ValueError("no")

    jobs.submit("a", fail, lambda _: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ValueError)
    assert not jobs.is_busy("a")


def test_an_urgent_job_passes_a_slow_one_which_then_starts_again(jobs: Jobs, qtbot: QtBot) -> None:
    order: list[str] = []
    began = threading.Event()
    passed = threading.Event()

    def slow(should_stop: Any, progress: Any) -> str:
        began.set()
        while not passed.is_set():
            if should_stop():
                raise Cancelled
            time.sleep(0.002)
        return "slow"

    jobs.submit("grid", slow, order.append)
    assert began.wait(5)
    jobs.submit("run", lambda stop, progress: passed.set() or "urgent", order.append, urgent=True)
    qtbot.waitUntil(lambda: len(order) == 2)
    assert order == ["urgent", "slow"]


def test_partial_results_and_words_come_through_progress(jobs: Jobs, qtbot: QtBot) -> None:
    words: list[tuple[str, float, str]] = []
    parts: list[tuple[float, Any]] = []
    done: list[Any] = []
    jobs.progress_changed.connect(lambda *args: words.append(args))

    def work(should_stop: Any, progress: Any) -> str:
        progress(0.25, "reading")
        progress(0.5, [1, 2])
        return "end"

    jobs.submit("a", work, done.append, on_progress=lambda fraction, payload: parts.append((fraction, payload)))
    qtbot.waitUntil(lambda: bool(done))
    assert words == [("a", 0.25, "reading")]
    assert parts == [(0.25, "reading"), (0.5, [1, 2])]


def test_shutdown_stops_the_running_job_at_once(qtbot: QtBot) -> None:
    jobs = Jobs()
    results: list[Any] = []
    jobs.submit("a", until_stopped, results.append)
    began = time.monotonic()
    assert jobs.shutdown()
    assert time.monotonic() - began < 1.0
    jobs.submit("a", lambda stop, progress: 1, results.append)
    qtbot.wait(20)
    assert results == [], "nothing is delivered or accepted after shutdown"
