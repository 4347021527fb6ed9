"""What the attention laboratory computes of a whole model, beside one plain forward pass."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import harness, subjects
from tests.benchmarks.harness import Figure

TOKENS = 512


def figures(repetitions: int) -> Iterator[Figure]:
    from tests.benchmarks import ways
    from visualizer.core.analyses import head_statistics, repeated_tokens

    model = subjects.llama_135m()
    ways.use_kernel(model, "captured")
    trace = subjects.trace_of(model, TOKENS)
    repeated_tokens.scores(trace)  # once a model

    def plain() -> float:
        ways.use_kernel(model, "plain")
        return harness.seconds(lambda: ways.plain(model, TOKENS))

    measured, passes = harness.in_pairs(
        lambda: harness.seconds(lambda: head_statistics.measure(trace)), plain, repetitions
    )
    heads = subjects.LAYERS * subjects.HEADS
    yield Figure(
        f"statistics of all {heads} heads / plain forward, {TOKENS} tokens",
        harness.median_ratio(measured, passes),
        "",
        1.0,
        detail={"seconds": {"statistics": measured, "plain": passes}},
    )
