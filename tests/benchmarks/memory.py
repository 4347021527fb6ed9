"""Extra peak memory of one way in a process of its own: python -m tests.benchmarks.memory WAY TOKENS."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import subjects

STATUS = Path("/proc/self/status")


def status(field: str) -> int:
    """VmRSS or VmHWM in bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def extra_peak(work: Callable[[], object]) -> int:
    """How far resident memory rises above its level before a call, in bytes."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = status("VmRSS")
    kept = work()
    extra = status("VmHWM") - before
    del kept
    return extra


def main(way: str, tokens: int) -> None:
    from tests.benchmarks import ways

    model = subjects.llama_135m()
    ways.use_kernel(model, way)
    ways.WAYS[way](model, 16)
    print(json.dumps({"extra": extra_peak(lambda: ways.WAYS[way](model, tokens))}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
