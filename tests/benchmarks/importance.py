"""What every head is worth to a prediction, beside as many plain forward passes as there are heads."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.benchmarks import harness, subjects
from tests.benchmarks.harness import Figure

TOKENS = 64
PLAIN_PASSES = 9  # one takes too little time to be timed alone
TARGET = 0.4
FIRST_ROW_TARGET = 1.0  # seconds


def figures(repetitions: int) -> Iterator[Figure]:
    from tests.benchmarks import ways
    from visualizer.core.analyses import head_importance

    model = subjects.llama_135m()
    ways.use_kernel(model, "captured")
    trace = subjects.trace_of(model, TOKENS)
    heads = subjects.LAYERS * subjects.HEADS
    first_rows: list[float] = []

    def measured() -> float:
        ways.use_kernel(model, "captured")
        rows: list[float] = []
        start = time.perf_counter()
        head_importance.measure(trace, on_row=lambda _: rows.append(time.perf_counter() - start))
        first_rows.append(rows[0])
        return time.perf_counter() - start

    def plain() -> float:
        ways.use_kernel(model, "plain")
        passes = harness.seconds(lambda: [ways.plain(model, TOKENS) for _ in range(PLAIN_PASSES)])
        return passes / PLAIN_PASSES * heads

    times, passes = harness.in_pairs(measured, plain, max(2, repetitions // 3))
    detail = {"seconds": {"importance": times, f"{heads} plain passes": passes, "first row": first_rows}}
    yield Figure(
        f"importance of all {heads} heads / {heads} plain forward passes, {TOKENS} tokens",
        harness.median_ratio(times, passes),
        "",
        TARGET,
        detail=detail,
    )
    yield Figure(
        f"importance, until the first layer is there, {TOKENS} tokens",
        harness.median(first_rows[1:]),
        "s",
        FIRST_ROW_TARGET,
        detail=detail,
    )
