"""Where tokens and lines lie between two sides: two columns of horizontal text, or two rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QFontMetricsF

from visualizer.core.reading.strongest import Lines
from visualizer.ui import heatmap_layout
from visualizer.ui.theme import Theme

Edges = NDArray[np.float64]
Which = Literal["query", "key"]

# A token's row: enough for the text and a little air; smaller only when zoomed out.
_ROW = 22.0
_HIGHEST_ROW = 96.0
_SPREAD = 3.0


@dataclass(frozen=True, eq=False)
class SideLayout:
    """One side's tokens. The axis runs along the tokens, before scrolling; across it lie labels, strips and lines.

    edges: float64 [token + 1] along the axis. labels, strips: from and to across it. line: where lines end, across it.
    """

    edges: Edges
    labels: tuple[float, float]
    strips: tuple[float, float]
    line: float

    def middle(self, index: NDArray[np.int32]) -> Edges:
        """Middle of tokens along the axis."""
        middles: Edges = (self.edges[index] + self.edges[index + 1]) / 2
        return middles

    def spread(self, index: NDArray[np.int32], n_heads: int) -> Edges:
        """Distance between the lines of neighbouring heads at tokens, so that equal lines do not hide each other."""
        spread: Edges = np.minimum(_SPREAD, 0.7 * (self.edges[index + 1] - self.edges[index]) / max(1, n_heads))
        return spread

    def at(self, place: float) -> int:
        """The token at a place of the axis, or -1."""
        found = int(np.searchsorted(self.edges, place, side="right")) - 1
        return found if 0 <= found < len(self.edges) - 1 else -1

    def between(self, low: float, high: float) -> range:
        """The tokens that touch a stretch of the axis."""
        last = len(self.edges) - 1
        first = max(0, int(np.searchsorted(self.edges, low, side="right")) - 1)
        return range(min(first, last), min(last, int(np.searchsorted(self.edges, high, side="left"))))


@dataclass(frozen=True, eq=False)
class LinesLayout:
    """Both sides. vertical: two columns, the axis runs down. start: where the axis' zero lies in the widget.

    length: of the axis. titles: the areas of the two axis titles, in the widget.
    """

    vertical: bool
    query: SideLayout
    key: SideLayout
    start: float
    length: float
    titles: tuple[QRectF, QRectF]

    def side(self, which: Which) -> SideLayout:
        """The side that looks, or the one that is looked at."""
        return self.query if which == "query" else self.key

    def rect(self, across: tuple[float, float], low: float, high: float, scrolled: float) -> QRectF:
        """A stretch of the axis as a rectangle of the widget."""
        begin = self.start + low - scrolled
        if self.vertical:
            return QRectF(across[0], begin, across[1] - across[0], high - low)
        return QRectF(begin, across[0], high - low, across[1] - across[0])

    def ends(self, lines: Lines, scrolled: float, n_heads: int) -> NDArray[np.float64]:
        """float64 [line, 4]: x and y of both ends, in the widget; each head has its own place beside the token."""
        moved = lines.heads - (n_heads - 1) / 2
        begin, end = (
            side.middle(tokens) + moved * side.spread(tokens, n_heads) + (self.start - scrolled)
            for side, tokens in ((self.query, lines.queries), (self.key, lines.keys))
        )
        result = np.empty((len(lines), 4))
        along, across = (1, 0) if self.vertical else (0, 1)
        result[:, along], result[:, across] = begin, self.query.line
        result[:, 2 + along], result[:, 2 + across] = end, self.key.line
        return result

    def visible(self, lines: Lines, scrolled: float, extent: float) -> NDArray[np.bool_]:
        """bool [line]: those that touch the visible stretch of the axis, `extent` long."""
        begin, end = self.query.middle(lines.queries), self.key.middle(lines.keys)
        low, high = scrolled, scrolled + extent
        seen: NDArray[np.bool_] = (np.maximum(begin, end) >= low) & (np.minimum(begin, end) <= high)
        return seen


def arrange(
    size: QSize,
    query_labels: Sequence[str],
    key_labels: Sequence[str],
    n_heads: int,
    vertical: bool,
    zoom: float,
    theme: Theme,
    metrics: QFontMetricsF,
) -> LinesLayout:
    """Fits both sides into a widget of this size; `zoom` 1 is the readable size."""
    return (_columns if vertical else _rows)(size, query_labels, key_labels, n_heads, zoom, theme, metrics)


def _columns(
    size: QSize, queries: Sequence[str], keys: Sequence[str], n_heads: int, zoom: float, theme: Theme, m: QFontMetricsF
) -> LinesLayout:
    width, gap, margin = float(size.width()), theme.px(8), theme.px(12)
    title = m.height() + gap
    count = max(len(queries), len(keys), 1)
    row = min(max((size.height() - title - gap) / count, theme.px(_ROW)), theme.px(_HIGHEST_ROW)) * zoom
    widest = 0.22 * width
    around = 2 * theme.px(4) + 2  # what a mark has around a label, rounded as the painter rounds it
    left, right = (min(heatmap_layout.widest(labels, m)[0] + around, widest) for labels in (queries, keys))
    strip = _strip_width(n_heads, width, theme)
    x0, x1 = margin + strip, margin + strip + left
    x3, x2 = width - margin - strip, width - margin - strip - right
    query = SideLayout(np.arange(len(queries) + 1.0) * row, (x0, x1), (margin, x0 - gap), x1 + gap / 2)
    key = SideLayout(np.arange(len(keys) + 1.0) * row, (x2, x3), (x3 + gap, width - margin), x2 - gap / 2)
    # A narrow pane leaves each title half of the width.
    half = width / 2 - margin
    titles = QRectF(margin, 0, half, title), QRectF(width / 2, 0, half, title)
    return LinesLayout(True, query, key, title, count * row + gap, titles)


def _rows(
    size: QSize, queries: Sequence[str], keys: Sequence[str], n_heads: int, zoom: float, theme: Theme, m: QFontMetricsF
) -> LinesLayout:
    height, gap, margin = float(size.height()), theme.px(8), theme.px(12)
    title = m.height() + gap
    strip = min(theme.px(44), 0.12 * height)
    label = m.height() + gap
    edges = [_edges(labels, zoom, theme, m) for labels in (queries, keys)]
    length = max(edge[-1] for edge in edges)
    # A short text stands in the middle, and the shorter side in the middle of the longer one.
    start = max(float(margin), (size.width() - length) / 2)
    moved = [edge + (length - edge[-1]) / 2 for edge in edges]
    y1 = title + strip
    y2 = y1 + label
    y4 = height - title - strip
    y3 = y4 - label
    query = SideLayout(moved[0], (y1, y2), (title, y1 - gap / 2), y2 + gap / 2)
    key = SideLayout(moved[1], (y3, y4), (y4 + gap / 2, height - title), y3 - gap / 2)
    inner = size.width() - 2.0 * margin
    titles = QRectF(margin, 0, inner, title), QRectF(margin, height - title, inner, title)
    return LinesLayout(False, query, key, start, length + margin, titles)


def _edges(labels: Sequence[str], zoom: float, theme: Theme, metrics: QFontMetricsF) -> Edges:
    widths = [max(theme.px(24), min(_width(text, metrics), theme.px(160)) + theme.px(10)) * zoom for text in labels]
    return np.concatenate([[0.0], np.cumsum(widths)])


def _strip_width(n_heads: int, width: float, theme: Theme) -> float:
    """Room for the bars of all heads beside a token."""
    wanted = theme.px(64) if n_heads == 1 else n_heads * theme.px(10)
    return min(max(wanted, theme.px(40)), 0.15 * width) + theme.px(8)


def _width(text: str, metrics: QFontMetricsF) -> float:
    return metrics.horizontalAdvance(text)
