"""From numbers to entries of a colour map: linear, logarithmic, or signed around zero; and the ticks of its bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from visualizer.ui.numbers import with_minus

Floats = NDArray[np.float32]

# A logarithmic scale shows so many decades below its largest value; what is smaller has the colour of zero.
LOG_DECADES = 4


@dataclass(frozen=True)
class ColorScale:
    """What colour a value has. `high` has the last entry of the map; zero the first ("signed": the middle one)."""

    high: float
    kind: Literal["linear", "log", "signed"] = "linear"

    @property
    def low(self) -> float:
        """The value of the first entry."""
        if self.kind == "signed":
            return -self.high
        return self.high * 10.0**-LOG_DECADES if self.kind == "log" else 0.0

    def indices(self, values: Floats) -> NDArray[np.uint8]:
        """Entries of a 256-entry map for values of any shape; what is not finite counts as zero."""
        high = self.high if self.high > 0 else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "log":
                share = np.log10(values / np.float32(high))
                share *= 255.0 / LOG_DECADES
                share += 255.0
            elif self.kind == "signed":
                share = values * np.float32(127.0 / high)
                share += 128.0
            else:
                share = values * np.float32(255.0 / high)
            share += 0.5
            np.clip(share, 0.0, 255.0, out=share)
            if not np.isfinite(share).all():
                share[~np.isfinite(share)] = 128.0 if self.kind == "signed" else 0.0
            return share.astype(np.uint8)

    def fraction(self, value: float) -> float:
        """Where a value stands on the bar, 0 (first entry) to 1 (last)."""
        return float(self.indices(np.array([value], dtype=np.float32))[0]) / 255.0

    def ticks(self, limit: int = 6) -> tuple[float, ...]:
        """About `limit` round values for the bar, ascending: zero (or the lowest decade) and one more at least."""
        if self.high <= 0 or not math.isfinite(self.high):
            return (0.0,)
        if self.kind == "log":
            top = math.floor(math.log10(self.high) + 1e-9)
            return tuple(10.0**e for e in range(top - LOG_DECADES + 1, top + 1))[-limit:]
        step = _round_step(self.high / max(1, limit // 2 if self.kind == "signed" else limit - 1))
        if step > self.high * (1 + 1e-6):  # zero alone says nothing about the other colours
            step = _round_step(self.high / 2.5)
        count = math.floor(self.high / step + 1e-6)
        first = -count if self.kind == "signed" else 0
        return tuple(i * step for i in range(first, count + 1))

    def tick_text(self, tick: float, limit: int = 6) -> str:
        """A tick as the bar writes it: all with the same number of decimals, powers of ten as 1e-3."""
        if tick == 0:
            return "0"
        if self.kind == "log":
            exponent = round(math.log10(tick))
            return f"{tick:.{max(0, -exponent)}f}" if -3 <= exponent < 4 else f"1e{exponent}"
        ticks = self.ticks(limit)
        exponent = math.floor(math.log10(max(ticks[-1] - ticks[-2], 1e-30)) + 1e-9) if len(ticks) > 1 else 0
        text = f"{tick:.{max(0, -exponent)}f}" if exponent >= -3 else f"{tick:.0e}".replace("e-0", "e-")
        return with_minus(text)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= least * (1 - 1e-9)), 10 * power)


def pool(values: Floats, rows: int, columns: int, *, signed: bool = False) -> Floats:
    """Shrink a matrix so that it has at most `rows` x `columns` cells; each keeps its strongest value.

    Whole cells are taken together (the same number everywhere, fewer in the last), so no strong weight vanishes.
    signed: the strongest is the one farthest from zero.
    """
    row_step, column_step = (-(-n // max(1, limit)) for n, limit in zip(values.shape, (rows, columns), strict=True))
    if signed and (row_step > 1 or column_step > 1):
        high, low = pool(values, rows, columns), -pool(-values, rows, columns)
        return np.where(high >= -low, high, low)
    return _pool_columns(_pool_rows(values, row_step), column_step)


def _pool_rows(values: Floats, step: int) -> Floats:
    if step == 1:
        return values
    result = values[::step].copy()
    for offset in range(1, step):
        part = values[offset::step]
        np.maximum(result[: len(part)], part, out=result[: len(part)])
    return result


def _pool_columns(values: Floats, step: int) -> Floats:
    if step == 1:
        return values
    result = values[:, ::step].copy()
    for offset in range(1, step):
        part = values[:, offset::step]
        np.maximum(result[:, : part.shape[1]], part, out=result[:, : part.shape[1]])
    return result
