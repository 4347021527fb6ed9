"""Figures with their targets, measured side by side in one run so that a busy machine slows both sides alike."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

A = TypeVar("A")
B = TypeVar("B")

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Figure:
    """One measured number beside its target.

    better: on which side of the target it must lie. detail: what it was made from.
    """

    name: str
    value: float
    unit: str
    target: float
    better: Literal["below", "above"] = "below"
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether the number lies on the right side of its target."""
        return self.value <= self.target if self.better == "below" else self.value >= self.target


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes; what it returned is freed outside the clock."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    elapsed = time.perf_counter() - start
    del result
    return elapsed


def in_pairs(one: Callable[[], A], other: Callable[[], B], repetitions: int) -> tuple[list[A], list[B]]:
    """What two works measured of themselves, `repetitions` times each, in the order A B B A A B B A.

    Only these two run, once each unmeasured first: a third between them would leave one of them its memory, pages
    that need not be fetched again, and would flatter whichever follows it.
    """
    one()
    other()
    ones: list[A] = []
    others: list[B] = []
    for turn in range(repetitions):
        if turn % 2:
            others.append(other())
            ones.append(one())
        else:
            ones.append(one())
            others.append(other())
    return ones, others


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the ratios within each turn: what slowed one turn slowed both sides of it."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def fresh_process(module: str, *arguments: str, timeout: float = 600) -> dict[str, Any]:
    """Runs `python -m module arguments` with nothing warm, and reads the JSON object on its last line."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{module} {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def machine() -> dict[str, Any]:
    """Where the figures were taken."""
    import torch

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def table(figures: Sequence[Figure]) -> str:
    """One line a figure: its name, value, target and whether it is met."""
    lines = []
    for figure in figures:
        sign = "≤" if figure.better == "below" else "≥"
        verdict = "ok" if figure.met else "MISSED"
        unit = f" {figure.unit}" if figure.unit else ""
        lines.append(f"{figure.name:<70} {figure.value:>9.3f}{unit:<4} {sign} {figure.target:g}{unit:<4} {verdict}")
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path, before: dict[str, Any]) -> None:
    """The figures as JSON, with the machine they were taken on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [asdict(figure) | {"met": figure.met} for figure in figures]
    path.write_text(json.dumps({"machine": before, "figures": entries}, ensure_ascii=False, indent=1), encoding="utf-8")
