"""How numbers are written, everywhere the same: as they are read alone, and as they stand in a column.

Alone (`format_…`), a number is exact: a tiny one is written with an exponent. In a column or a cell (`in_column`,
`short_…`), all have the same number of decimals, so that they stand below each other, and one that is too small for
them is "<.001". Below zero the sign is a minus (−), not a hyphen.
"""

from __future__ import annotations

import math

MINUS = "\u2212"
_THOUSANDTH = 0.001


def format_weight(weight: float) -> str:
    """A weight or another plain number with three decimals: 0.342; below a thousandth as 6.0e-4; exactly zero as 0."""
    return _plain(weight, 3)


def short_weight(weight: float) -> str:
    """A weight where little room is: as `format_weight`, below a thousandth as <.001."""
    return in_column(weight, 3)


def in_column(value: float, decimals: int = 3, *, is_change: bool = False) -> str:
    """A number among others of its kind: 0.342, <.001, >−.001, 0; with its sign where it is a change. "" for nan."""
    if value != value:
        return ""
    if not math.isfinite(value) or value == 0.0:
        return format_number(value)
    least = 10.0**-decimals
    if abs(value) < least:
        text = f"{least:.{decimals}f}"[1:] if decimals else "1"
        return f"<{text}" if value > 0 else f">{MINUS}{text}"
    return signed(value, f"{abs(value):.{decimals}f}") if is_change else with_minus(f"{value:.{decimals}f}")


def signed(value: float, text: str) -> str:
    """A number with its sign, whether it is above zero or below: "+0.12", "−0.12"; without one where it reads as zero.

    text: the number as it is written, or its size.
    """
    text = text.lstrip(f"-{MINUS}")
    is_zero = value == 0 or not any(digit in text for digit in "123456789")
    return text if is_zero or text.startswith(("<", ">")) else f"{'+' if value > 0 else MINUS}{text}"


def fixed(value: float, decimals: int = 2) -> str:
    """A number with so many decimals, for a measure between -1 and 1: 0.33, −0.24, 0.00 (never −0.00)."""
    text = f"{abs(value):.{decimals}f}"
    return signed(value, text).removeprefix("+")


def with_minus(text: str) -> str:
    """A number that Python has written, with a minus instead of a hyphen."""
    return f"{MINUS}{text[1:]}" if text.startswith("-") else text


def format_probability(probability: float) -> str:
    """A share as percent with one decimal: 34.2 %; a tiny one as 1.2e-5 %."""
    if probability != 0.0 and abs(probability) < _THOUSANDTH / 2:
        return f"{_tiny(100.0 * probability)} %"
    return with_minus(f"{100.0 * probability:.1f} %")


def short_probability(probability: float) -> str:
    """A share in a column of percents: 34.2 %, below a tenth of a percent as <0.1 %."""
    return "<0.1 %" if 0.0 < probability < _THOUSANDTH else format_probability(probability)


def format_points(change: float) -> str:
    """The size of a change between two shares, in percentage points: 4.6 pt."""
    return format_probability(abs(change)).replace("%", "pt")


def short_points(change: float) -> str:
    """A change between two shares in a column of such: +4.6 pt, −27.7 pt, <0.1 pt, >−0.1 pt, 0.0 pt."""
    if 0.0 < abs(change) < _THOUSANDTH:
        return "<0.1 pt" if change > 0 else f">{MINUS}0.1 pt"
    return signed(change, format_points(change))


def format_number(value: float, digits: int = 3) -> str:
    """Any number in about `digits` significant digits: 1234, 12.3, 0.00457, 1.2e-7."""
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: f"{MINUS}∞"}.get(value, "NaN")
    if value == 0.0:
        return "0"
    size = abs(value)
    if size < 1e-3 or size >= 1e6:
        return _tiny(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    return with_minus(f"{value:.{decimals}f}")


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
    return _tiny(value) if abs(value) < 10.0**-decimals else with_minus(f"{value:.{decimals}f}")


def _tiny(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return with_minus(f"{mantissa}e{int(exponent)}")
