"""How numbers are written, everywhere the same."""

from __future__ import annotations

import math

_SUPERSCRIPT_FREE_LIMIT = 0.0005  # below this a weight would read 0.000
_THOUSANDTH = 0.001


def format_weight(weight: float) -> str:
    """A weight or another plain number with three decimals: 0.342; a tiny one as 1.2e-7; exactly zero as 0."""
    return _plain(weight, 3)


def short_weight(weight: float) -> str:
    """A weight where little room is: as `format_weight`, below a thousandth as <.001."""
    if 0.0 < abs(weight) < _THOUSANDTH:
        return "<.001" if weight > 0 else ">-.001"
    return format_weight(weight)


def format_probability(probability: float) -> str:
    """A share as percent with one decimal: 34.2 %; a tiny one as 1.2e-5 %."""
    if probability != 0.0 and abs(probability) < _SUPERSCRIPT_FREE_LIMIT:
        return f"{_tiny(100.0 * probability)} %"
    return f"{100.0 * probability:.1f} %"


def short_probability(probability: float) -> str:
    """A share in a column of percents: 34.2 %, below a tenth of a percent as <0.1 %."""
    return "<0.1 %" if 0.0 < probability < _THOUSANDTH else format_probability(probability)


def format_points(change: float) -> str:
    """The size of a change between two shares, in percentage points: 4.6 pt."""
    return format_probability(abs(change)).replace("%", "pt")


def format_number(value: float, digits: int = 3) -> str:
    """Any number in about `digits` significant digits: 1234, 12.3, 0.00457, 1.2e-7."""
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "-∞"}.get(value, "NaN")
    if value == 0.0:
        return "0"
    size = abs(value)
    if size < 1e-3 or size >= 1e6:
        return _tiny(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    return f"{value:.{decimals}f}"


def format_count(count: int) -> str:
    """A whole number with thin groups: 32,000."""
    return f"{count:,}"


def format_bytes(count: int) -> str:
    """An amount of memory: 512 MB, 1.4 GB (powers of ten)."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            amount = count / size
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
    return f"{count} B"


def format_seconds(seconds: float) -> str:
    """A duration: 12 ms, 1.4 s."""
    if seconds < 0.9995:
        return f"{1000.0 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _plain(value: float, decimals: int) -> str:
    if not math.isfinite(value):
        return format_number(value)
    if value == 0.0:
        return "0"
    return _tiny(value) if abs(value) < 0.5 * 10.0**-decimals else f"{value:.{decimals}f}"


def _tiny(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"
