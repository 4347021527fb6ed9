"""What it costs to watch a model write, to read every layer, and to say who wrote a logit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tests.benchmarks import harness, subjects
from tests.benchmarks.harness import Figure

PROMPT, WRITTEN = 64, 256
MANY, SHORT = 16, 64
LENS_TOKENS = 512


def figures(repetitions: int) -> Iterator[Figure]:
    from tests.benchmarks import ways

    model = subjects.llama_135m()
    ways.use_kernel(model, "captured")
    model.model.generation_config.eos_token_id = None  # random weights would end where they please
    yield from _writing(model, max(2, repetitions // 2))
    yield from _many(model, max(2, repetitions // 2))
    yield from _reading(model, max(2, repetitions // 3))


def _start(model: Any) -> Any:
    from visualizer.core.analyses.generation import writer
    from visualizer.core.request import RunRequest

    return writer.Writing(model, RunRequest("benchmark"), tuple(subjects.ids(PROMPT)[0].tolist()))


def _writing(model: Any, repetitions: int) -> Iterator[Figure]:
    import torch

    from tests.benchmarks import ways
    from visualizer.core.analyses.generation import writer

    ids = subjects.ids(PROMPT)
    settings = {"max_new_tokens": WRITTEN, "do_sample": False, "use_cache": True}

    def watched() -> float:
        ways.use_kernel(model, "captured")
        writing = _start(model)
        taken = harness.seconds(lambda: writer.go_on(writing, max_new_tokens=WRITTEN))
        assert writing.trace() is not None
        return taken

    def alone() -> float:
        ways.use_kernel(model, "plain")
        with torch.inference_mode():
            return harness.seconds(lambda: model.model.generate(ids, attention_mask=torch.ones_like(ids), **settings))

    ours, theirs = harness.in_pairs(watched, alone, repetitions)
    weights = sum(p.numel() * p.element_size() for p in model.model.parameters())
    speed = _reading_speed()
    share = weights / speed / (harness.median(ours) / WRITTEN)
    detail = {"seconds": {"watched": ours, "generate": theirs}, "bytes per second of memory": speed}
    name = f"writing with attention kept / generate alone, {WRITTEN} tokens"
    yield Figure(name, harness.median_ratio(ours, theirs), "", 1.05, detail=detail)
    yield Figure("share of the limit when weights are read once a token", share, "", 0.0, "above", detail)
    ways.use_kernel(model, "captured")
    writing = writer.go_on(_start(model), max_new_tokens=WRITTEN)

    def looked_at() -> float:
        began = time.perf_counter()
        trace = writing.trace(WRITTEN // 2)
        assert trace is not None
        trace.attention(0, 0)
        return 1000 * (time.perf_counter() - began)

    times = [looked_at() for _ in range(9)]
    yield Figure("an earlier step, to its weights", harness.median(times), "ms", 16.0, detail={"milliseconds": times})


def _reading_speed() -> float:
    """Bytes a second with which this machine reads memory: the fastest of some sums over 512 MB."""
    import torch

    block = torch.ones(128 * 1024 * 1024, dtype=torch.float32)
    return block.numel() * block.element_size() / min(harness.seconds(lambda: block.sum()) for _ in range(4))


def _many(model: Any, repetitions: int) -> Iterator[Figure]:
    from visualizer.core.analyses.generation import many
    from visualizer.core.analyses.generation.step import Manner
    from visualizer.core.request import RunRequest

    request = RunRequest("benchmark " * 6)

    def seconds(count: int) -> float:
        return harness.seconds(lambda: many.write(model, request, count, Manner(1.0), SHORT))

    batch, one = harness.in_pairs(lambda: seconds(MANY), lambda: seconds(1), repetitions)
    name = f"{MANY} continuations of {SHORT} tokens / one"
    yield Figure(name, harness.median_ratio(batch, one), "", 4.0, detail={"seconds": {f"{MANY}": batch, "one": one}})


def _reading(model: Any, repetitions: int) -> Iterator[Figure]:
    from tests.benchmarks import ways
    from visualizer.core.analyses import logit_attribution, logit_lens

    trace = subjects.trace_of(model, LENS_TOKENS)
    logit_lens.read(trace, [0])  # finds the final norm, once a model
    logit_attribution.attribute(trace, 5, position=0)
    token = iter(range(10, 10_000))

    def plain() -> float:
        ways.use_kernel(model, "plain")
        taken = harness.seconds(lambda: ways.plain(model, LENS_TOKENS))
        ways.use_kernel(model, "captured")
        return taken

    def lens() -> float:
        fresh = subjects.trace_of(model, LENS_TOKENS)  # nothing is remembered of it
        return harness.seconds(lambda: logit_lens.read(fresh, range(LENS_TOKENS)))

    def attribution() -> float:
        return harness.seconds(lambda: logit_attribution.attribute(trace, next(token)))

    found, passes = harness.in_pairs(lens, plain, repetitions)
    name = f"logit lens, 31 layers x {LENS_TOKENS} positions / forward pass"
    detail = {"seconds": {"lens": found, "pass": passes}}
    yield Figure(name, harness.median_ratio(found, passes), "", 2.0, detail=detail)
    found, passes = harness.in_pairs(attribution, plain, repetitions + 2)
    name = f"logit attribution / forward pass, {LENS_TOKENS} tokens"
    detail = {"seconds": {"attribution": found, "pass": passes}}
    yield Figure(name, harness.median_ratio(found, passes), "", 0.5, detail=detail)
