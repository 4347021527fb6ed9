"""What noting everything down costs, and what the usual way costs beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.benchmarks import harness, subjects
from tests.benchmarks.harness import Figure

TOKENS = 1024


def figures(repetitions: int) -> Iterator[Figure]:
    from tests.benchmarks import ways

    model = subjects.llama_135m()

    def seconds(way: str) -> float:
        ways.use_kernel(model, way)
        return harness.seconds(lambda: ways.WAYS[way](model, TOKENS))

    captured, plain = harness.in_pairs(lambda: seconds("captured"), lambda: seconds("plain"), repetitions)
    ratios = [c / p for c, p in zip(captured, plain, strict=True)]
    detail: dict[str, Any] = {"seconds": {"captured": captured, "plain": plain}, "ratios": ratios}
    name = f"forward with capture / plain forward, {TOKENS} tokens"
    yield Figure(f"{name}, median", harness.median(ratios), "", 1.05, detail=detail)
    yield Figure(f"{name}, worst of {repetitions}", max(ratios), "", 1.15, detail=detail)
    eager, captured = harness.in_pairs(lambda: seconds("eager"), lambda: seconds("captured"), repetitions)
    yield Figure(
        f"eager with output_attentions / ours, time, {TOKENS} tokens",
        harness.median_ratio(eager, captured),
        "",
        1.8,
        "above",
        {"seconds": {"eager": eager, "captured": captured}},
    )

    extra: dict[str, list[float]] = {way: [] for way in ways.WAYS}
    for _ in range(3):  # where the allocator finds room for temporaries differs from process to process
        for way, values in extra.items():
            values.append(harness.fresh_process("tests.benchmarks.memory", way, str(TOKENS))["extra"])
    yield Figure(
        f"eager with output_attentions / ours, extra peak memory, {TOKENS} tokens",
        harness.median(extra["eager"]) / harness.median(extra["captured"]),
        "",
        5.0,
        "above",
        {"bytes": extra},
    )
