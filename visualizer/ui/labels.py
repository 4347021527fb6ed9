"""Token labels along the axes of a matrix: thinned out, never overlapping, Japanese columns in vertical writing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

# Signs that lie on their side in vertical writing, and those that move to the upper right of their square.
_TURNED = frozenset("ー−–—―~〜～…‥「」『』（）()［］[]｛｝{}〈〉《》【】〔〕：:；;=＝-－|｜→←")
_RAISED = frozenset("、。，．")
_SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ")

# An index is easier to read when labels stand at round distances.
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@lru_cache(maxsize=16384)
def is_vertical(text: str) -> bool:
    """Whether a label is written top to bottom: it has Japanese (or Chinese) signs and no Latin words."""
    wide = [char for char in text if unicodedata.east_asian_width(char) in "WF"]
    rest = [char for char in text if char.isalnum() and char not in wide]
    return bool(wide) and not rest


def step_for(cell: float, pitch: float) -> int:
    """Every how many cells of `cell` pixels a label of `pitch` pixels may stand without touching the next."""
    needed = pitch / max(cell, 1e-9)
    return next((step for step in _STEPS if step >= needed), _STEPS[-1] * max(1, round(needed / _STEPS[-1])))


def visible(first: float, last: float, count: int, step: int) -> Iterator[int]:
    """Indices of the cells between `first` and `last` (in cells) that carry a label."""
    start = -(-max(0, int(first)) // step) * step
    yield from range(start, min(count, int(last) + 1), step)


def length(text: str, metrics: QFontMetricsF) -> float:
    """Room along the column that a label needs when it does not lie flat, in pixels."""
    return len(text) * metrics.height() * 0.86 if is_vertical(text) else metrics.horizontalAdvance(text)


def draw_flat(painter: QPainter, text: str, area: QRectF, align: Qt.AlignmentFlag) -> None:
    """A horizontal label in `area`, cut off with an ellipsis where it is too long."""
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(area.width()) + 1))
    painter.drawText(area, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)


def draw_upright(painter: QPainter, text: str, center: float, bottom: float, room: float) -> None:
    """A column label that ends at `bottom`, `room` pixels long at most: vertical writing, or turned as a whole."""
    metrics = QFontMetricsF(painter.font())
    if is_vertical(text):
        _draw_vertical(painter, text, center, bottom, room, metrics)
        return
    painter.save()
    painter.translate(center, bottom)
    painter.rotate(-90)
    height = metrics.height()
    draw_flat(painter, text, QRectF(0, -height / 2, room, height), Qt.AlignmentFlag.AlignLeft)
    painter.restore()


def _draw_vertical(
    painter: QPainter, text: str, center: float, bottom: float, room: float, metrics: QFontMetricsF
) -> None:
    pitch = metrics.height() * 0.86
    fitting = max(1, int(room / pitch + 0.01))
    shown = text if len(text) <= fitting else text[: fitting - 1] + "…"
    top = bottom - pitch * len(shown)
    em = metrics.horizontalAdvance("国")
    for i, char in enumerate(shown):
        middle = QPointF(center, top + (i + 0.5) * pitch)
        if char in _TURNED:
            painter.save()
            painter.translate(middle)
            painter.rotate(90)
            _draw_centered(painter, char, QPointF(0, 0), metrics)
            painter.restore()
            continue
        if char in _RAISED:
            middle += QPointF(em * 0.6, -em * 0.6)
        elif char in _SMALL_KANA:
            middle += QPointF(em * 0.1, -em * 0.08)
        _draw_centered(painter, char, middle, metrics)


def _draw_centered(painter: QPainter, char: str, middle: QPointF, metrics: QFontMetricsF) -> None:
    width = metrics.horizontalAdvance(char)
    baseline = middle.y() + (metrics.ascent() - metrics.descent()) / 2
    painter.drawText(QPointF(middle.x() - width / 2, baseline), char)
