"""Extra peak memory of one way in a process of its own: python -m tests.benchmarks.memory WAY TOKENS."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

from tests.benchmarks import subjects

STATUS = Path("/proc/self/status")


def _status(field: str) -> int:
    """VmRSS or VmHWM in bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def extra_peak(work: object) -> int:
    """How far resident memory rises above its level before a call, in bytes."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = _status("VmRSS")
    kept = work()  # type: ignore[operator]
    extra = _status("VmHWM") - before
    del kept
    return extra


def main(way: str, tokens: int) -> None:
    model = subjects.llama_135m()
    if way == "grid":
        trace = subjects.trace_of(model, tokens)
        size = max(1, 1024 // subjects.LAYERS)
        trace.thumbnails(0, size)

        def work() -> object:
            return [trace.thumbnails(layer, size) for layer in range(subjects.LAYERS)]
    else:
        from tests.benchmarks import ways

        ways.use_kernel(model, way)
        ways.WAYS[way](model, 16)

        def work() -> object:
            return ways.WAYS[way](model, tokens)

    print(json.dumps({"extra": extra_peak(work)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
