"""Token labels along the axes of a matrix: thinned out, never overlapping, Japanese columns in vertical writing."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

# Signs that lie on their side in vertical writing, and those that move to the upper right of their square.
_TURNED = frozenset("ー−–—―~〜～…‥「」『』（）()［］[]｛｝{}〈〉《》【】〔〕：:；;=＝-－|｜→←")
_RAISED = frozenset("、。，．")
_SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ")

_PITCH = 0.86  # distance of two signs in vertical writing, in line heights

# An index is easier to read when labels stand at round distances.
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@lru_cache(maxsize=16384)
def vertical_parts(text: str) -> tuple[str, ...]:
    """A label as the squares of vertical writing, top to bottom: one Japanese sign each, or up to three Latin ones.

    Empty when the label is not to be written that way: it has no Japanese (or Chinese) sign, or a longer Latin word.
    """
    parts: list[str] = []
    for char in text:
        is_wide = unicodedata.east_asian_width(char) in "WF" or char in _TURNED
        if is_wide or not parts or _is_wide_part(parts[-1]):
            parts.append(char)
        else:
            parts[-1] += char
    parts = [part for part in parts if not part.isspace()]
    has_wide = any(unicodedata.east_asian_width(char) in "WF" for char in text)
    return tuple(parts) if has_wide and all(len(part) <= 3 for part in parts) else ()


def _is_wide_part(part: str) -> bool:
    return unicodedata.east_asian_width(part[0]) in "WF" or part in _TURNED


def step_for(cell: float, pitch: float) -> int:
    """Every how many cells of `cell` pixels a label of `pitch` pixels may stand without touching the next."""
    needed = pitch / max(cell, 1e-9)
    return next((step for step in _STEPS if step >= needed), _STEPS[-1] * math.ceil(needed / _STEPS[-1]))


def visible(first: float, last: float, count: int, step: int) -> Iterator[int]:
    """Indices of the cells between `first` and `last` (in cells) that carry a label."""
    start = -(-max(0, int(first)) // step) * step
    yield from range(start, min(count, int(last) + 1), step)


def length(text: str, metrics: QFontMetricsF) -> float:
    """Room along the column that a label needs when it does not lie flat, in pixels."""
    if _is_single(text):
        return metrics.height()
    parts = vertical_parts(text)
    return len(parts) * metrics.height() * _PITCH if parts else metrics.horizontalAdvance(text)


def _is_single(text: str) -> bool:
    """One sign needs no turning."""
    return len(text) <= 1


_LEFT, _RIGHT, _MIDDLE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter
_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_FLAGS = {side: side | _LINE for side in (_LEFT, _RIGHT, _MIDDLE)}  # joining enums costs as much as drawing a label


def draw_flat(painter: QPainter, text: str, area: QRectF, align: Qt.AlignmentFlag) -> None:
    """A horizontal label in `area`, cut off with an ellipsis where it is too long."""
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(area.width()) + 1))
    painter.drawText(area, _FLAGS[align], shown)


def draw_upright(painter: QPainter, text: str, center: float, bottom: float, room: float) -> None:
    """A column label that ends at `bottom`, `room` pixels long at most: vertical writing, or turned as a whole."""
    metrics = QFontMetricsF(painter.font())
    if _is_single(text):
        baseline = bottom - metrics.descent()
        painter.drawText(QPointF(center - metrics.horizontalAdvance(text) / 2, baseline), text)
        return
    parts = vertical_parts(text)
    if parts:
        _draw_vertical(painter, parts, center, bottom, room, metrics)
        return
    painter.save()
    painter.translate(center, bottom)
    painter.rotate(-90)
    height = metrics.height()
    draw_flat(painter, text, QRectF(0, -height / 2, room, height), Qt.AlignmentFlag.AlignLeft)
    painter.restore()


def _draw_vertical(
    painter: QPainter, parts: tuple[str, ...], center: float, bottom: float, room: float, metrics: QFontMetricsF
) -> None:
    pitch = metrics.height() * _PITCH
    fitting = max(1, int(room / pitch + 0.01))
    shown = parts if len(parts) <= fitting else (*parts[: fitting - 1], "…")
    top = bottom - pitch * len(shown)
    em = metrics.horizontalAdvance("国")
    for i, part in enumerate(shown):
        painter.save()
        painter.translate(center, top + (i + 0.5) * pitch)
        width = metrics.horizontalAdvance(part)
        if part in _TURNED:
            painter.rotate(90)
        elif part in _RAISED:
            painter.translate(em * 0.6, -em * 0.6)
        elif part in _SMALL_KANA:
            painter.translate(em * 0.1, -em * 0.08)
        elif width > em * 1.25:  # Latin signs side by side in one square
            painter.scale(em * 1.25 / width, 1.0)
        painter.drawText(QPointF(-width / 2, (metrics.ascent() - metrics.descent()) / 2), part)
        painter.restore()
